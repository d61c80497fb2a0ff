"""Whether two runs left the same."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from cursus_readiness.model.result import OutputRecord
from cursus_readiness.objectstore.store import ObjectStore
from cursus_readiness.trials.outputs import difference

OUTPUT = OutputRecord(name="data", uri="s3://bucket/data", file_count=1, size_bytes=1)


def write(store: Path, name: str, content: bytes) -> None:
    path = ObjectStore(store).path_of(OUTPUT.uri) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def compared(tmp_path: Path, *ignored: str) -> str | None:
    return difference([OUTPUT], ObjectStore(tmp_path / "a"), ObjectStore(tmp_path / "b"), ignored)


def parquet(codec: str) -> bytes:
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table({"x": [1.0, 2.0], "y": ["a", "b"]}), sink, compression=codec)
    return bytes(sink.getvalue())


def archive(content: bytes, changed_at: int) -> Callable[[Path], bytes]:
    def made(folder: Path) -> bytes:
        (folder / "metrics.json").write_bytes(content)
        path = folder / f"{changed_at}.tar.gz"
        with tarfile.open(path, "w:gz") as opened:
            info = opened.gettarinfo(folder / "metrics.json", "metrics.json")
            info.mtime = changed_at
            with (folder / "metrics.json").open("rb") as file:
                opened.addfile(info, file)
        return path.read_bytes()

    return made


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        pytest.param("a.csv", b"x,y\n1,a\n", b"x,y\n1,a\n", id="the same bytes"),
        pytest.param("a.csv", b"x,y\n1.0,a\n", b"x,y\n1.0000000001,a\n", id="a rounding"),
        pytest.param("a.parquet", parquet("snappy"), parquet("gzip"), id="another compression"),
        pytest.param("m.json", b'{"a": 1, "b": 2}', b'{"b": 2, "a": 1.00000000001}', id="another order"),
    ],
)
def test_these_are_the_same(tmp_path: Path, name: str, one: bytes, other: bytes) -> None:
    write(tmp_path / "a", name, one)
    write(tmp_path / "b", name, other)
    assert compared(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "one", "other", "said"),
    [
        pytest.param("a.csv", b"x,y\n1,a\n", b"x,y\n2,a\n", "x differs in 1 rows", id="a value"),
        pytest.param("a.csv", b"x,y\n1,a\n", b"x,y\n1,a\n1,a\n", "2 rows, expected 1", id="rows"),
        pytest.param("a.csv", b"x,y\n1,a\n", b"x,z\n1,a\n", "other columns", id="columns"),
        pytest.param("m.json", b'{"auc": 0.9}', json.dumps({"auc": 0.91}).encode(), "1 values differ", id="a metric"),
        pytest.param("m.json", b'{"auc": 0.9}', b"{", "not readable JSON", id="unreadable"),
        pytest.param("model.bin", b"1", b"2", "has other bytes", id="bytes"),
    ],
)
def test_what_differs_is_named(tmp_path: Path, name: str, one: bytes, other: bytes, said: str) -> None:
    write(tmp_path / "a", name, one)
    write(tmp_path / "b", name, other)
    assert said in (compared(tmp_path) or "")
    assert name in (compared(tmp_path) or "")
    assert compared(tmp_path, "data/*") is None


def test_a_file_too_few_or_too_many_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a", "x/1.csv", b"a\n1\n")
    assert compared(tmp_path) == "data/x/1.csv is missing"
    write(tmp_path / "b", "x/1.csv", b"a\n1\n")
    write(tmp_path / "b", "x/2.csv", b"a\n1\n")
    assert compared(tmp_path) == "data/x/2.csv is new"


def test_archives_are_compared_by_what_they_hold(tmp_path: Path) -> None:
    write(tmp_path / "a", "model.tar.gz", archive(b'{"auc": 0.9}', 1)(tmp_path))
    write(tmp_path / "b", "model.tar.gz", archive(b'{"auc": 0.9}', 2)(tmp_path))
    assert compared(tmp_path) is None
    write(tmp_path / "b", "model.tar.gz", archive(b'{"auc": 0.8}', 3)(tmp_path))
    assert "data/model.tar.gz/metrics.json" in (compared(tmp_path) or "")
