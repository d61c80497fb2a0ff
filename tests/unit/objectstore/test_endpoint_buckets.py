"""Buckets, the keys in them and the folders that stand for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def keys(s3: Any, **arguments: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="data", **arguments)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def test_buckets_are_made_found_and_removed(s3: Any, root: Path) -> None:
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket="data")
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="data", CreateBucketConfiguration=where)
    with pytest.raises(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket="data", CreateBucketConfiguration=where)
    s3.head_bucket(Bucket="data")
    assert s3.get_bucket_location(Bucket="data")["LocationConstraint"] == "eu-west-1"
    (root / ".hidden").mkdir()
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["data"]
    s3.put_object(Bucket="data", Key="a/b", Body=b"")
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket="data")
    assert code_of(error) == "BucketNotEmpty"
    s3.delete_object(Bucket="data", Key="a/b")
    s3.delete_bucket(Bucket="data")
    assert not (root / "data").exists()


def test_a_bucket_of_the_oldest_region_can_be_made_twice(session: boto3.Session) -> None:
    s3: Any = session.client("s3", region_name="us-east-1")
    for _ in range(2):
        s3.create_bucket(Bucket="data")
    assert s3.get_bucket_location(Bucket="data")["LocationConstraint"] is None
    s3.close()


def test_thousands_of_keys_are_listed_page_by_page(s3: Any, root: Path) -> None:
    expected = sorted(f"p{number % 3}/{number}" for number in range(2500))
    for key in expected:
        put(root / "data" / key, b"")
    assert keys(s3) == expected
    assert keys(s3, Prefix="p1/", StartAfter="p1/2") == [key for key in expected if "p1/2" < key < "p2"]
    first = s3.list_objects(Bucket="data", Delimiter="/", MaxKeys=2)
    assert [item["Prefix"] for item in first["CommonPrefixes"]] == ["p0/", "p1/"]
    rest = s3.list_objects(Bucket="data", Delimiter="/", Marker=first["NextMarker"])
    assert [item["Prefix"] for item in rest["CommonPrefixes"]] == ["p2/"]
    assert not rest["IsTruncated"]


def test_a_whole_prefix_is_deleted_and_leaves_no_folders(session: boto3.Session, s3: Any, root: Path) -> None:
    for key in ("a/b/1", "a/b/2", "a/c", "d"):
        s3.put_object(Bucket="data", Key=key, Body=b"")
    bucket: Any = session.resource("s3").Bucket("data")
    assert sum(len(answer["Deleted"]) for answer in bucket.objects.filter(Prefix="a/").delete()) == 3
    assert [path.name for path in (root / "data").iterdir()] == ["d"]
    refused = s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": "d"}, {"Key": "x" * 2000}], "Quiet": True})
    assert [error["Code"] for error in refused["Errors"]] == ["KeyTooLongError"]
    bucket.meta.client.close()


def test_a_folder_marker_is_an_empty_object_and_a_folder(s3: Any, root: Path) -> None:
    s3.put_object(Bucket="data", Key="a/b/")
    assert (root / "data" / "a" / "b").is_dir()
    assert s3.get_object(Bucket="data", Key="a/b/")["Body"].read() == b""
    s3.put_object(Bucket="data", Key="a/b/c", Body=b"x")
    assert keys(s3) == ["a/b/", "a/b/c"]
    assert [item["Prefix"] for item in s3.list_objects_v2(Bucket="data", Delimiter="/")["CommonPrefixes"]] == ["a/"]
    s3.delete_object(Bucket="data", Key="a/b/c")
    assert keys(s3) == ["a/b/"]
    s3.delete_object(Bucket="data", Key="a/b/")
    assert list((root / "data").iterdir()) == []


def test_an_empty_folder_that_nobody_asked_for_is_no_object(s3: Any, root: Path) -> None:
    (root / "data" / "a" / "b").mkdir(parents=True)
    assert keys(s3) == []
    assert "CommonPrefixes" not in s3.list_objects_v2(Bucket="data", Delimiter="/")


@pytest.mark.parametrize(
    ("key", "body", "message"),
    [
        pytest.param("a/b", b"x", "a folder cannot be a file too, and 'data/a' is a file", id="below an object"),
        pytest.param("a/b/", b"", "a folder cannot be a file too", id="a marker below an object"),
        pytest.param("folder", b"x", "there are objects below 'folder/'", id="over a folder"),
        pytest.param("c/", b"x", "a key that ends in '/' is a folder, without content", id="a marker with content"),
        pytest.param("c//d", b"x", "a segment that is empty", id="an empty segment"),
        pytest.param("/c", b"x", "use another key", id="a slash at the beginning"),
        pytest.param("é" * 200, b"x", "longer than 255 bytes", id="a segment that no file can be named"),
    ],
)
def test_a_key_that_the_folder_cannot_hold_is_refused_at_once(key: str, body: bytes, message: str, s3: Any) -> None:
    s3.put_object(Bucket="data", Key="a", Body=b"old")
    s3.put_object(Bucket="data", Key="folder/x", Body=b"old")
    with pytest.raises(ClientError, match=message) as error:
        s3.put_object(Bucket="data", Key=key, Body=body)
    assert code_of(error) == "NotImplemented"
    assert "S3 can do this" in str(error.value)
    assert keys(s3) == ["a", "folder/x"]


def test_a_key_that_is_too_long_for_s3_is_too_long_here(s3: Any) -> None:
    longest = "/".join("x" * 40 for _ in range(25))
    s3.put_object(Bucket="data", Key=longest[:1024], Body=b"x")
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="data", Key="x/" * 512 + "x", Body=b"x")
    assert code_of(error) == "KeyTooLongError"
