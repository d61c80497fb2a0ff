"""Rows of text files, and what files hold."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cursus_readiness.sources import tables
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.checksums import content_of
from cursus_readiness.sources.tables import TableForm, form_of, header_of, text_rows

CSV = TableForm("csv", is_gzip=False)


def rows(path: Path, form: TableForm = CSV) -> list[bytes]:
    return [
        block.data[int(start) : int(end)]
        for block in text_rows(path, form)
        for start, end in zip(block.bounds[:-1], block.bounds[1:], strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.csv", "csv"), ("A.CSV.GZ", "csv"), ("a.tsv", "tsv"), ("a.ndjson", "jsonl"), ("x/a.snappy.parquet", "parquet")],
)
def test_a_name_says_what_kind_of_table_it_is(name: str, kind: str) -> None:
    form = form_of(name)
    assert form is not None
    assert (form.kind, form.is_gzip) == (kind, name.lower().endswith(".gz"))


@pytest.mark.parametrize("name", ["a.json", "a.txt", "csv", "a.parquet.gz", "a.tar.gz", ".csv"])
def test_other_names_are_none_of_tables(name: str) -> None:
    assert form_of(name) is None


@pytest.mark.parametrize("block_bytes", [1, 3, 7, 100])
def test_line_breaks_within_quotes_end_no_row(
    block_bytes: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tables, "_BLOCK_BYTES", block_bytes)
    path = tmp_path / "a.csv"
    path.write_bytes(b'a,b\n1,"x\ny"\n\n2,"""\n"""\r\n\r\n3,z')
    assert rows(path) == [b"a,b\n", b'1,"x\ny"\n', b'2,"""\n"""\r\n', b"3,z\n"]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.text('ab",\n\ré', max_size=5), min_size=1, max_size=9))
def test_every_row_that_is_written_is_found(cells: list[str], tmp_path: Path) -> None:
    lines = ["{},{}\n".format(index, '"' + cell.replace('"', '""') + '"') for index, cell in enumerate(cells)]
    path = tmp_path / "a.csv"
    path.write_bytes("".join(lines).encode())
    assert rows(path) == [line.encode() for line in lines]


def test_lines_of_json_have_no_quotes_to_look_at(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "5\\" high"}\n{"a": 2}\n', encoding="utf-8")
    assert len(rows(path, TableForm("jsonl", is_gzip=False))) == 2


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert header_of(path, CSV) == ("a", "b")


def test_a_first_row_of_numbers_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,-2.5e3\n")
    assert header_of(path, CSV) is None


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("a.csv", b"a,b\n1,2\n3,4\n", 2),
        ("a.csv", b"1,2\n3,4\n", 2),
        ("a.csv", b'a\n"x\ny"\n', 1),
        ("a.csv", b"", 0),
        ("a.csv", b'a\n"never ends\n', None),
        ("a.csv", b"\xff\n1\n", None),
        ("a.tsv", b"a\tb\n1\t2", 1),
        ("a.jsonl", b'{"a": 1}\n\n{"a": 2}\n', 2),
        ("a.libsvm", b"1 1:2\n", 1),
        ("a.csv.gz", gzip.compress(b"a\n1\n", mtime=0), None),
        ("a.parquet", b"no table", None),
        ("train.py", b"print()\n", None),
    ],
)
def test_rows_are_counted_where_that_is_cheap(name: str, content: bytes, count: int | None, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = content_of([("", path)])
    assert found.row_count == count
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_a_parquet_file_knows_its_rows(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table({"a": [1, 2, 3]}), tmp_path / "a.parquet")
    assert content_of([("a", tmp_path / "a.parquet")]).row_count == 3


def test_files_together_have_a_checksum_of_names_and_contents(tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("a\n1\n", encoding="utf-8")
    two.write_text("a\n2\n3\n", encoding="utf-8")
    found = content_of([("x", one), ("y", two)])
    assert found == content_of([("y", two), ("x", one)])
    assert found.row_count == 3
    assert found.sha256 != content_of([("x", two), ("y", one)]).sha256


def test_tables_of_which_one_is_not_counted_are_not_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"a\n1\n", mtime=0))
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    files = [(path.name, path) for path in sorted(tmp_path.iterdir())]
    assert content_of(files).row_count is None
    assert content_of([files[0], files[2]]).row_count == 1


def test_a_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"a": 1}) + "\n", encoding="utf-8")
    before = content_of([("a", path)])
    path.write_text(json.dumps({"a": 1}) + "\n" + json.dumps({"a": 2}) + "\n", encoding="utf-8")
    after = content_of([("a", path)])
    assert (before.row_count, after.row_count) == (1, 2)
    assert before.sha256 != after.sha256


def test_a_row_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tables, "_BLOCK_BYTES", 10)
    monkeypatch.setattr(tables, "_LONGEST_ROW_BYTES", 100)
    (tmp_path / "a.csv").write_bytes(b"x" * 1000)
    with pytest.raises(SourceError, match="has a row of more than"):
        rows(tmp_path / "a.csv")
