"""Keys and envelopes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from cursus_readiness.errors import CannotRunError, InvalidInputError, UsageError
from cursus_readiness.signing.envelope import unwrap, wrap
from cursus_readiness.signing.keys import generate, key_id, public_text, read_private, read_public


def test_a_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    private, text = generate(tmp_path / "keys")
    assert private.stat().st_mode & 0o777 == 0o600
    assert public_text(read_private(private)) == text == read_public(tmp_path / "keys/readiness.pub")


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    private, _ = generate(tmp_path)
    before = private.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        generate(tmp_path)
    assert private.read_bytes() == before


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o644])
def test_a_key_that_others_can_read_or_change_is_refused(mode: int, tmp_path: Path) -> None:
    private, _ = generate(tmp_path)
    private.chmod(mode)
    with pytest.raises(InvalidInputError, match=f"its permissions are {mode:04o}") as caught:
        read_private(private)
    assert caught.value.fix is not None
    assert caught.value.fix.startswith(f"chmod 600 {private}")


def test_what_is_no_key_is_told(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content, message in ((b"hello", "no private key"), (other, "a key of ed25519 is expected")):
        path = tmp_path / "key"
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(InvalidInputError, match=message):
            read_private(path)
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_private(tmp_path / "missing")


@pytest.mark.parametrize("text", ["", "hello", "AAAA", "ä"])
def test_what_is_no_public_key_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pub"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError, match="no public key"):
        read_public(path)


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(CannotRunError) as caught:
        generate(tmp_path)
    assert caught.value.fix == "pip install 'cursus-readiness[signing]'"


def signed(tmp_path: Path, public: str | None = None) -> tuple[str, dict[str, Any]]:
    private, own = generate(tmp_path)
    statement = {"predicate": {"readiness": {"signer": {"public_key": public or own}}}, "name": "ä"}
    return wrap(statement, read_private(private)), statement


def test_what_was_wrapped_is_unwrapped(tmp_path: Path) -> None:
    text, statement = signed(tmp_path)
    assert unwrap(text, "a") == statement
    envelope = json.loads(text)
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    public = statement["predicate"]["readiness"]["signer"]["public_key"]
    assert envelope["signatures"][0]["keyid"] == key_id(public)


def test_every_byte_of_an_envelope_counts(tmp_path: Path) -> None:
    text, _ = signed(tmp_path)
    content = text.encode()
    for place, byte in enumerate(content):
        other = b" " if byte in b"\n\t" else bytes([byte ^ 1])
        changed = content[:place] + other + content[place + 1 :]
        with pytest.raises(InvalidInputError):
            unwrap(changed.decode("utf-8", "replace"), "a")


def test_the_key_of_somebody_else_does_not_fit(tmp_path: Path) -> None:
    _, other = generate(tmp_path / "other")
    text, _ = signed(tmp_path, other)
    with pytest.raises(InvalidInputError, match=r"it was changed|is not that of its key"):
        unwrap(text, "a")
