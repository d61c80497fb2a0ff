"""Secrets and personal data in outputs."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cursus_readiness.objectstore.archives import pack
from cursus_readiness.rules import no_personal_data, no_secrets, scanning
from rule_files import judge, put, table

# Written in two parts, so that nobody's scanner takes this file for a leak.
SECRETS = {
    "aws access key": "AKIA" + "Q3EGRF7ZXNSLTUV2",
    "aws secret key": "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "github token": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "slack token": "xoxb-" + "123456789012-abcdef",
    "json web token": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.abcDEF123456",
    "password in a url": "postgresql://user:" + "hunter22@db/churn",
    "password": 'password: "' + 'correcthorse"',
}
PERSONAL = {
    "e-mail address": "jane.doe+news@mail.example.co.uk",
    "payment card": "4111 1111 1111 1111",
    "social security number": "123-45-6789",
    "iban": "DE89 3704 0044 0532 0130 00",
    "phone number": "+49 170 1234567",
}
HARMLESS = (
    "C0001,0.4111111111111111,4111111111111112,2026-01-05 12:30:00,1e-10,-12-34-5678,AKIA,a@b,+1.5,"
    "https://example.com/a:b@c,password,DE00370400440532013000,00:11:22,10.0.0.1,git@,token=,eyJ.x.y,123-45-678"
)


def test_every_form_is_tried() -> None:
    assert list(SECRETS) == list(no_secrets.FORMS)
    assert list(PERSONAL) == list(no_personal_data.FORMS)


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found_and_not_repeated(kind: str, tmp_path: Path) -> None:
    found = judge("no_secrets", True, put(tmp_path / "a.txt", f"x\n{SECRETS[kind]}\ny\n"))
    assert (found.held, found.message) == (False, f"1 x {kind} in a.txt")
    assert SECRETS[kind] not in str(found)


@pytest.mark.parametrize("kind", PERSONAL)
@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "tar.gz", "json"])
def test_personal_data_are_found_in_every_format(kind: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    text = f"id,note\n1,{PERSONAL[kind]}\n"
    if suffix == "parquet":
        table(path, note=[PERSONAL[kind], None])
    elif suffix == "tar.gz":
        put(tmp_path / "in/rows.csv", text)
        pack(tmp_path / "in", path)
    else:
        put(path, gzip.compress(text.encode()) if suffix == "csv.gz" else text)
    found = judge("no_personal_data", True, path)
    assert found.held is False
    assert kind in found.message
    assert PERSONAL[kind] not in str(found)
    assert judge("no_personal_data", {"except": [kind]}, path).held


@pytest.mark.parametrize("key", ["no_secrets", "no_personal_data"])
def test_what_only_looks_alike_is_left_alone(key: str, tmp_path: Path) -> None:
    assert judge(key, True, put(tmp_path / "a.csv", HARMLESS)).message.startswith("none of")


@pytest.mark.parametrize("position", [0, 60, 64, 100, 1000])
def test_a_text_across_two_blocks_is_found_once(position: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_BLOCK_BYTES", 64)
    monkeypatch.setattr(scanning, "_OVERLAP_BYTES", 48)
    path = put(tmp_path / "a.txt", "-" * position + "\n" + SECRETS["aws access key"] + "\n" + "-" * 500)
    assert judge("no_secrets", True, path).message == "1 x aws access key in a.txt"


def test_bytes_that_are_no_text_are_not_searched(tmp_path: Path) -> None:
    assert judge("no_secrets", True, put(tmp_path / "a.bin", b"\x00" + SECRETS["aws access key"].encode())).held


def test_at_most_five_of_many_are_shown(tmp_path: Path) -> None:
    found = judge("no_personal_data", True, put(tmp_path / "a.csv", "a@b.example\n" * 1000))
    assert found.message == "1,000 x e-mail address in a.csv"
    assert found.examples == ("a.csv: e-mail address x@x.xxxxxxx",) * 5
