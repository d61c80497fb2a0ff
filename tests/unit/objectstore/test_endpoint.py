"""What boto3 asks of S3 is answered as S3 answers it, from the folder of the store."""

from __future__ import annotations

import hashlib
import io
import socket
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from cursus_readiness.model.job import JobInput
from cursus_readiness.objectstore.endpoint import S3Endpoint
from cursus_readiness.objectstore.store import ObjectStore

MIB = 1 << 20
IN_PARTS = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
NOISE = hashlib.shake_256(b"noise").digest(12 * MIB)


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def keys(s3: Any, **arguments: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="data", **arguments)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def test_what_is_put_is_what_a_later_step_is_given(s3: Any, root: Path, tmp_path: Path) -> None:
    s3.put_object(Bucket="data", Key="train/part 0+é.csv", Body=b"a,b\n")
    assert (root / "data" / "train" / "part 0+é.csv").read_bytes() == b"a,b\n"
    (tmp_path / "container" / "in").mkdir(parents=True)
    ObjectStore(root).place(JobInput(name="in", uri="s3://data/train/", path="/in"), tmp_path / "container")
    assert (tmp_path / "container" / "in" / "part 0+é.csv").read_bytes() == b"a,b\n"


def test_an_object_comes_back_with_what_it_was_put_with(s3: Any) -> None:
    kinds = {
        "ContentType": "text/csv",
        "ContentEncoding": "gzip",
        "CacheControl": "no-cache",
        "Metadata": {"rows": "1"},
    }
    made = s3.put_object(Bucket="data", Key="a.csv", Body=b"hello", **kinds)
    found = s3.get_object(Bucket="data", Key="a.csv")
    assert {name: found[name] for name in kinds} == kinds
    assert made["ETag"] == found["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert found["ContentLength"] == 5
    assert found["Body"].read() == b"hello"
    head = s3.head_object(Bucket="data", Key="a.csv")
    assert head["LastModified"] == found["LastModified"]
    assert s3.list_objects_v2(Bucket="data")["Contents"][0]["LastModified"] == head["LastModified"]


def test_inputs_that_a_source_linked_are_read_through_the_link(s3: Any, root: Path, tmp_path: Path) -> None:
    (root / "data").mkdir(parents=True)
    (root / "data" / "in.csv").symlink_to(put(tmp_path / "user" / "in.csv", b"precious"))
    found = s3.get_object(Bucket="data", Key="in.csv")
    assert found["Body"].read() == b"precious"
    assert found["ContentType"] == "binary/octet-stream"
    assert found["ETag"].endswith('-1"')  # nobody takes it for an MD5
    assert s3.head_object(Bucket="data", Key="in.csv", IfMatch=found["ETag"])["ContentLength"] == 8


def test_writing_over_a_linked_input_replaces_the_link(s3: Any, root: Path, tmp_path: Path) -> None:
    (root / "data").mkdir(parents=True)
    user = put(tmp_path / "user" / "in.csv", b"precious")
    for name in ("put", "copy", "upload", "delete"):
        (root / "data" / name).symlink_to(user)
    s3.put_object(Bucket="data", Key="put", Body=b"new")
    s3.copy_object(Bucket="data", Key="copy", CopySource="data/put")
    s3.upload_fileobj(io.BytesIO(NOISE), "data", "upload", Config=IN_PARTS)
    s3.delete_object(Bucket="data", Key="delete")
    assert user.read_bytes() == b"precious"
    assert [path.name for path in sorted((root / "data").iterdir()) if path.is_symlink()] == []


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 12 * MIB])
def test_files_go_up_and_come_down_in_parts(size: int, s3: Any, root: Path, tmp_path: Path) -> None:
    s3.upload_file(str(put(tmp_path / "up", NOISE[:size])), "data", "big", Config=IN_PARTS)
    s3.copy({"Bucket": "data", "Key": "big"}, "data", "copied/big", Config=IN_PARTS)
    s3.download_file("data", "copied/big", str(tmp_path / "down"), Config=IN_PARTS)
    assert (tmp_path / "down").read_bytes() == NOISE[:size]
    assert s3.head_object(Bucket="data", Key="big")["ETag"].endswith('-3"') is (size == 12 * MIB)
    assert list((root / ".uploads").iterdir()) == []


def test_parts_are_listed_replaced_and_forgotten(s3: Any, root: Path) -> None:
    def begin() -> dict[str, str]:
        made = s3.create_multipart_upload(Bucket="data", Key="a", ContentType="text/plain")
        return {"Bucket": "data", "Key": "a", "UploadId": made["UploadId"]}

    upload = begin()
    s3.upload_part(**upload, PartNumber=2, Body=b"wrong")
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in ((2, b"end"), (1, NOISE[: 5 * MIB]))
    ]
    listed = s3.list_parts(**upload, MaxParts=1)
    assert (listed["IsTruncated"], listed["NextPartNumberMarker"]) == (True, 1)
    assert [part["Size"] for part in s3.list_parts(**upload, PartNumberMarker=1)["Parts"]] == [3]
    with pytest.raises(ClientError) as unordered:
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert code_of(unordered) == "InvalidPartOrder"
    with pytest.raises(ClientError) as unknown:
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 3, "ETag": '"0"'}]})
    assert code_of(unknown) == "InvalidPart"
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts[::-1]})
    found = s3.get_object(Bucket="data", Key="a")
    assert found["Body"].read() == NOISE[: 5 * MIB] + b"end"
    assert found["ContentType"] == "text/plain"
    small = begin()
    tags = [s3.upload_part(**small, PartNumber=number, Body=b"x")["ETag"] for number in (1, 2)]
    chosen = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
    with pytest.raises(ClientError) as too_small:
        s3.complete_multipart_upload(**small, MultipartUpload={"Parts": chosen})
    assert code_of(too_small) == "EntityTooSmall"
    s3.abort_multipart_upload(**small)
    with pytest.raises(ClientError) as gone:
        s3.list_parts(**small)
    assert code_of(gone) == "NoSuchUpload"
    assert list((root / ".uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("wanted", "content", "described"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=-99", b"0123456789", "bytes 0-9/10"),
        pytest.param("bytes=4-2", b"0123456789", None, id="not understood"),
        pytest.param("lines=1-2", b"0123456789", None, id="of another unit"),
    ],
)
def test_a_range_is_read(wanted: str, content: bytes, described: str | None, s3: Any) -> None:
    s3.put_object(Bucket="data", Key="a", Body=b"0123456789")
    found = s3.get_object(Bucket="data", Key="a", Range=wanted)
    assert found["Body"].read() == content
    assert found.get("ContentRange") == described


@pytest.mark.parametrize(("wanted", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_a_range_outside_is_refused(wanted: str, size: int, s3: Any) -> None:
    s3.put_object(Bucket="data", Key="a", Body=b"x" * size)
    with pytest.raises(ClientError, match="requested range is not satisfiable") as error:
        s3.get_object(Bucket="data", Key="a", Range=wanted)
    assert code_of(error) == "InvalidRange"


def test_conditions_are_held(s3: Any) -> None:
    etag = s3.put_object(Bucket="data", Key="a", Body=b"x", IfNoneMatch="*")["ETag"]
    modified = s3.head_object(Bucket="data", Key="a")["LastModified"]
    before, where = modified - timedelta(seconds=1), {"Bucket": "data", "Key": "a"}
    s3.get_object(**where, IfMatch=etag, IfUnmodifiedSince=before)
    s3.get_object(**where, IfNoneMatch='"0"', IfModifiedSince=modified)
    s3.get_object(**where, IfModifiedSince=before, IfUnmodifiedSince=modified)
    for refused, expected in (
        ({"IfMatch": '"0"'}, "PreconditionFailed"),
        ({"IfUnmodifiedSince": before}, "PreconditionFailed"),
        ({"IfNoneMatch": etag}, "304"),
        ({"IfModifiedSince": modified}, "304"),
    ):
        with pytest.raises(ClientError) as error:
            s3.get_object(**where, **refused)
        assert code_of(error) == expected
    for refused in ({"IfNoneMatch": "*"}, {"IfMatch": '"0"'}):
        with pytest.raises(ClientError) as error:
            s3.put_object(**where, Body=b"y", **refused)
        assert code_of(error) == "PreconditionFailed"
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="data", Key="new", Body=b"y", IfMatch=etag)
    assert code_of(error) == "NoSuchKey"
    with pytest.raises(ClientError) as error:
        s3.copy_object(**where, CopySource="data/a", CopySourceIfNoneMatch=etag)
    assert s3.get_object(**where)["Body"].read() == b"x"


def test_what_is_not_there_is_named_as_s3_names_it(s3: Any, root: Path) -> None:
    with pytest.raises(s3.exceptions.NoSuchBucket, match="The specified bucket does not exist"):
        s3.get_object(Bucket="other", Key="a")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket="other")
    (root / "data" / "folder").mkdir(parents=True)
    for key in ("a", "a/b", "folder", "folder/", "/a", "a//b", "a/../b", "x" * 300):
        with pytest.raises(s3.exceptions.NoSuchKey, match="The specified key does not exist"):
            s3.get_object(Bucket="data", Key=key)
        with pytest.raises(ClientError, match="Not Found"):
            s3.head_object(Bucket="data", Key=key)
        s3.delete_object(Bucket="data", Key=key)


def test_a_copy_names_the_source_that_is_missing(s3: Any, endpoint: S3Endpoint, root: Path) -> None:
    (root / "data").mkdir(parents=True)
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.copy_object(Bucket="data", Key="to", CopySource={"Bucket": "data", "Key": "from"})
    assert [(access.operation, access.uri, access.status) for access in endpoint.take()] == [
        ("CopyObject", "s3://data/from", 404)
    ]


def test_a_copy_keeps_or_replaces_what_it_was_put_with(s3: Any) -> None:
    s3.put_object(Bucket="data", Key="a b?", Body=b"x", Metadata={"is": "old"})
    source = {"Bucket": "data", "Key": "a b?"}
    s3.copy_object(Bucket="data", Key="kept", CopySource=source)
    s3.copy_object(Bucket="data", Key="new", CopySource=source, Metadata={"is": "new"}, MetadataDirective="REPLACE")
    found = [s3.head_object(Bucket="data", Key=key)["Metadata"]["is"] for key in ("kept", "new")]
    assert found == ["old", "new"]


def test_what_the_store_has_no_place_for_is_not_implemented(s3: Any) -> None:
    s3.put_object(Bucket="data", Key="a", Body=b"x", Tagging="k=v")
    for call in (s3.get_object_tagging, s3.get_object_acl):
        with pytest.raises(ClientError, match="is not answered in a readiness run") as error:
            call(Bucket="data", Key="a")
        assert code_of(error) == "NotImplemented"
    with pytest.raises(ClientError, match="keeps no versions"):
        s3.copy_object(Bucket="data", Key="b", CopySource={"Bucket": "data", "Key": "a", "VersionId": "1"})


def test_presigned_urls_need_no_client(s3: Any) -> None:
    where = {"Bucket": "data", "Key": "a b+c"}
    up = urllib.request.Request(s3.generate_presigned_url("put_object", where), data=b"hello", method="PUT")
    with urllib.request.urlopen(up) as answer:
        assert answer.status == 200
    shown = {**where, "ResponseContentType": "text/plain", "ResponseContentDisposition": "a\r\nX-Evil: é√"}
    with urllib.request.urlopen(s3.generate_presigned_url("get_object", shown)) as answer:
        assert answer.read() == b"hello"
        assert answer.headers["Content-Type"] == "text/plain"
        assert answer.headers["X-Evil"] is None


def test_a_body_without_an_end_in_sight_is_taken(s3: Any) -> None:
    s3.upload_fileobj(io.BytesIO(b"hello"), "data", "a")
    s3.put_object(Bucket="data", Key="b", Body=b"hello", ChecksumAlgorithm="SHA256")
    assert keys(s3) == ["a", "b"]


def test_accesses_are_counted_by_what_was_asked_for(s3: Any, endpoint: S3Endpoint, root: Path) -> None:
    put(root / "data" / "in", b"12345")
    for wanted in ("bytes=0-1", "bytes=2-4"):
        s3.get_object(Bucket="data", Key="in", Range=wanted)["Body"].read()
    with pytest.raises(ClientError):
        s3.head_object(Bucket="data", Key="missing")
    s3.put_object(Bucket="data", Key="out", Body=b"123")
    taken = [(it.operation, it.uri, it.status, it.request_count, it.size_bytes) for it in endpoint.take()]
    assert taken == [
        ("GetObject", "s3://data/in", 206, 2, 5),
        ("HeadObject", "s3://data/missing", 404, 1, 0),
        ("PutObject", "s3://data/out", 200, 1, 3),
    ]
    assert endpoint.take() == []


def test_an_endpoint_that_has_ended_answers_nobody(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with S3Endpoint(ObjectStore(root)) as endpoint:
        for name, value in endpoint.environment("eu-west-1").items():
            monkeypatch.setenv(name, value)
        s3: Any = boto3.Session().client("s3")
        s3.create_multipart_upload(Bucket="data", Key="a")
        s3.put_object(Bucket="data", Key="a", Body=b"x")
        s3.upload_part(Bucket="data", Key="b", UploadId=_begin(s3), PartNumber=1, Body=b"x")
    with pytest.raises(Exception, match=r"Could not connect|Connection was closed"):
        s3.get_object(Bucket="data", Key="a")
    s3.close()
    assert [path.name for path in root.iterdir()] == ["data"]
    with pytest.raises(RuntimeError, match="not started"):
        _ = endpoint.url


def _begin(s3: Any) -> str:
    return str(s3.create_multipart_upload(Bucket="data", Key="b")["UploadId"])


def test_the_endpoint_answers_on_another_socket_too_until_it_is_closed(root: Path) -> None:
    other = socket.create_server(("127.0.0.2", 0))
    address = other.getsockname()
    asked: list[int] = []

    def listen(port: int) -> socket.socket:
        asked.append(port)
        return other

    with S3Endpoint(ObjectStore(root)) as endpoint:
        for _ in range(2):
            endpoint.answer_in_seclusion(listen)
        host = {"Host": endpoint.url.removeprefix("http://")}
        url = f"http://{address[0]}:{address[1]}/data/a"
        urllib.request.urlopen(urllib.request.Request(url, data=b"1", headers=host, method="PUT")).close()
        assert asked == [int(endpoint.url.rpartition(":")[2])]
        assert [access.operation for access in endpoint.take()] == ["PutObject"]
    assert (root / "data/a").read_bytes() == b"1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_where_no_other_socket_can_be_had_the_endpoint_asks_again_next_time(root: Path) -> None:
    asked: list[int] = []

    def refuse(port: int) -> socket.socket:
        asked.append(port)
        raise PermissionError(1, "refused")

    with S3Endpoint(ObjectStore(root)) as endpoint:
        for _ in range(2):
            with pytest.raises(PermissionError):
                endpoint.answer_in_seclusion(refuse)
    assert len(asked) == 2
