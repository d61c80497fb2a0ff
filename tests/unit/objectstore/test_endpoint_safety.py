"""Whatever a script sends: nothing outside the store is read or written, and what cannot be answered is refused."""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cursus_readiness.objectstore.endpoint import S3Endpoint

SECRET = b"precious"


@pytest.fixture
def outside(tmp_path: Path, root: Path) -> Path:
    """What lies around the store, with links in the store that lead there."""
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "secret").write_bytes(SECRET)
    (root / "data").mkdir(parents=True)
    (root / "data" / "linked").symlink_to(tmp_path / "folder")
    (root / "data" / "circle").symlink_to("circle")
    (root / "data" / "nowhere").symlink_to(tmp_path / "nowhere")
    (root / "linked").symlink_to(tmp_path / "folder")
    os.mkfifo(root / "data" / "pipe")
    return tmp_path


def around(outside: Path) -> dict[str, str]:
    """Everything outside the store, with its content."""
    return {
        path.relative_to(outside).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(outside.rglob("*"))
        if not path.is_relative_to(outside / "s3")
    }


@pytest.fixture
def wire(endpoint: S3Endpoint) -> Iterator[http.client.HTTPConnection]:
    """A client that sends what it is told."""
    connection = http.client.HTTPConnection(urlsplit(endpoint.url).netloc, timeout=30)
    yield connection
    connection.close()


def ask(wire: http.client.HTTPConnection, method: str, target: str, body: bytes | None = None, **headers: str) -> Any:
    """Status and body of an answer."""
    wire.putrequest(method, target, skip_accept_encoding=True)
    for name, value in {**headers, "Content-Length": str(len(body or b""))}.items():
        wire.putheader(name.replace("_", "-"), value)
    wire.endheaders(body)
    answer = wire.getresponse()
    return answer.status, answer.read()


TRICKS = [
    "/../secret",
    "/data/../../secret",
    "/data/..%2f..%2fsecret",
    "/data/%2e%2e/%2e%2e/secret",
    "/data/a/..%2F../../secret",
    "/%2e%2e/secret",
    "/..%2fsecret",
    "/.uploads/x",
    "/data//etc/passwd",
    "/data/%2Fetc/passwd",
    "//etc/passwd",
    "/data/a%00b",
    "/data%00/a",
    "/data/./secret",
    "/data/linked/secret",
    "/linked/secret",
    "/data/%ff",
    "/data/circle",
    "/data/nowhere",
    "/data/pipe",
    "/data/linked",
    "http://127.0.0.1/data/../../secret",
    "/data/%C0%AE%C0%AE/secret",
]


@pytest.mark.parametrize("target", TRICKS)
def test_no_way_leads_out_of_the_store(target: str, wire: http.client.HTTPConnection, outside: Path) -> None:
    before = around(outside)
    for method, body in (("GET", None), ("PUT", b"evil"), ("DELETE", None), ("POST", b"")):
        status, content = ask(wire, method, target + ("?uploads" if method == "POST" else ""), body)
        assert SECRET not in content
        assert method in ("DELETE", "PUT", "POST") or status in (400, 403, 404)
    for source in (target.removeprefix("/"), target):
        status, _ = ask(wire, "PUT", "/data/copy", b"", x_amz_copy_source=source)
        assert status in (400, 403, 404, 411)
    assert around(outside) == before
    assert not (outside / "s3" / "data" / "copy").exists()


def test_listing_looks_into_no_link(s3: Any, outside: Path, root: Path) -> None:
    (root / "data" / "file").symlink_to(outside / "secret")
    (root / "data" / os.fsdecode(b"\xff")).touch()
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="data")["Contents"]] == ["file"]
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["data"]


def test_writing_below_a_linked_folder_is_refused(s3: Any, outside: Path) -> None:
    before = around(outside)
    for bucket, key in (("data", "linked/new"), ("data", "linked/"), ("linked", "new")):
        with pytest.raises(ClientError, match="a folder cannot be a file too"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"")
    with pytest.raises(ClientError):
        s3.create_bucket(Bucket="linked")
    s3.delete_object(Bucket="data", Key="linked/secret")
    assert around(outside) == before


segments = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=30)
keys = st.lists(segments, min_size=1, max_size=5).map("/".join)
hostile = st.text(string.ascii_letters + "./%\\~\0é +&?#=<>\"'\n\t", min_size=1, max_size=40)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=keys | hostile, content=st.binary(max_size=100))
def test_what_is_put_is_what_is_got_whatever_the_key(
    key: str, content: bytes, wire: http.client.HTTPConnection, outside: Path
) -> None:
    before, target = around(outside), f"/fuzz/{quote(key, safe='/')}"
    status, _ = ask(wire, "PUT", target, content)
    if status == 200:
        assert ask(wire, "GET", target) == (200, content)
        assert ask(wire, "DELETE", target)[0] == 204
        assert list((outside / "s3" / "fuzz").iterdir()) == []
    else:
        parts = key.removesuffix("/").split("/")
        is_storable = "\0" not in key and all(
            part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts
        )
        assert status == 501
        assert not is_storable or key.endswith("/")  # a marker with content
        assert ask(wire, "GET", target)[0] == 404
    assert around(outside) == before


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.dictionaries(st.sampled_from(["list-type", "prefix", "delimiter", "max-keys", "marker", "start-after",
    "continuation-token", "encoding-type", "uploadId", "partNumber", "part-number-marker", "max-parts"]), hostile),
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]), key=st.sampled_from(["", "/", "/a"]),
    body=st.binary(max_size=50))  # fmt: skip
def test_every_request_is_answered(
    query: dict[str, str], method: str, key: str, body: bytes, wire: http.client.HTTPConnection, outside: Path
) -> None:
    before = around(outside)
    target = f"/data{key}?" + "&".join(f"{name}={quote(value)}" for name, value in query.items())
    status, _ = ask(wire, method, target, body)
    assert status in (200, 204, 400, 404, 409, 501)
    assert around(outside) == before


def connect(netloc: str) -> socket.socket:
    host, _, port = netloc.partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example:80"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Content_Length": "x"}, 400),
        ({"Content_Length": "9" * 5000}, 400),
        ({"Range": "bytes=" + "9" * 5000 + "-"}, 404),
        ({"Content_MD5": "AAAA"}, 400),
        ({"x_amz_decoded_content_length": "7"}, 400),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(headers: dict[str, str], status: int, endpoint: S3Endpoint) -> None:
    netloc = urlsplit(endpoint.url).netloc
    lines = {"Host": netloc, "Content-Length": "1", **{name.replace("_", "-"): text for name, text in headers.items()}}
    method = "GET" if "Range" in headers else "PUT"
    head = f"{method} /data/a HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with connect(netloc) as client:
        client.sendall(f"{head}\r\nx".encode())
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.status == status
        assert b"<Error>" in answer.read()
        answer.close()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<Delete>", id="half"),
        pytest.param(b"<Delete></Delete>", id="no keys"),
        pytest.param(b"\xff\xfe<\x00", id="no UTF-8"),
        pytest.param(b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>", id="too many keys"),
        pytest.param(
            b'<!DOCTYPE d [<!ENTITY a "' + b"a" * 99 + b'">]><Delete><Object><Key>&a;</Key></Object></Delete>',
            id="entities",
        ),
    ],
)
def test_xml_that_is_not_what_s3_expects_is_malformed(body: bytes, wire: http.client.HTTPConnection) -> None:
    assert b"<Code>MalformedXML</Code>" in ask(wire, "POST", "/data?delete", body)[1]


def test_more_xml_than_a_thousand_keys_take_is_refused(wire: http.client.HTTPConnection) -> None:
    status, content = ask(wire, "POST", "/data?delete", b" " * (5 << 20))
    assert (status, b"InvalidArgument" in content) == (400, True)
    assert ask(wire, "PUT", "/data/a", b"x")[0] == 200  # the rest was read, the connection goes on


def test_an_upload_that_breaks_off_leaves_nothing_behind(endpoint: S3Endpoint, s3: Any, root: Path) -> None:
    s3.put_object(Bucket="data", Key="a", Body=b"old")
    netloc = urlsplit(endpoint.url).netloc
    with connect(netloc) as client:
        client.sendall(f"PUT /data/a HTTP/1.1\r\nHost: {netloc}\r\nContent-Length: 100\r\n\r\nhalf".encode())
        client.shutdown(socket.SHUT_WR)
        assert b"IncompleteBody" in b"".join(iter(lambda: client.recv(1000), b""))
    assert s3.get_object(Bucket="data", Key="a")["Body"].read() == b"old"
    assert list((root / ".uploads").iterdir()) == []


def test_a_client_that_is_refused_need_not_send_its_content(endpoint: S3Endpoint, root: Path) -> None:
    netloc = urlsplit(endpoint.url).netloc
    expecting = f"HTTP/1.1\r\nHost: {netloc}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    with connect(netloc) as client:
        client.sendall(f"PUT /data/ok {expecting}".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"hello")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
        client.sendall(f"PUT /data/a//b {expecting}".encode())
        refused = b"".join(iter(lambda: client.recv(1000), b""))  # and the connection ends
    assert refused.count(b"HTTP/1.1 ") == 1
    assert b"501 Not Implemented" in refused
    assert (root / "data" / "ok").read_bytes() == b"hello"


def test_an_object_that_must_not_be_read_is_denied(s3: Any, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put_object(Bucket="data", Key="a", Body=b"x")

    def deny(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "denied", str(path))

    monkeypatch.setattr(Path, "open", deny)  # root can read everything
    with pytest.raises(ClientError, match="Access Denied"):
        s3.get_object(Bucket="data", Key="a")


def test_a_full_disk_is_said_to_be_one(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fill)
    with pytest.raises(ClientError, match="the run's object store: No space left on device"):
        s3.put_object(Bucket="data", Key="a", Body=b"x")
