"""Splitting, batching and assembling: every record is delivered once and in order."""

from __future__ import annotations

import gzip
import struct
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readiness_artifact import MistakeError
from readiness_records import assembled, batches, records

LINES = st.lists(st.binary(max_size=30).map(lambda text: text.replace(b"\n", b" ")), max_size=20)


def split(content: bytes, kind: str, *, compression: str = "None", is_single: bool = False) -> list[bytes]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return list(records(file.name, kind, compression, is_single=is_single))


def recordio(payloads: list[bytes]) -> bytes:
    return b"".join(struct.pack("<II", 0xCED7230A, len(item)) + item + b"\0" * (-len(item) % 4) for item in payloads)


def tfrecord(payloads: list[bytes]) -> bytes:
    return b"".join(struct.pack("<QI", len(item), 1) + item + struct.pack("<I", 2) for item in payloads)


@given(LINES, st.booleans(), st.booleans(), st.sampled_from(["None", "Gzip"]))
def test_every_line_is_sent_once_and_in_order(
    lines: list[bytes], ends: bool, is_single: bool, compression: str
) -> None:
    content = b"\n".join(lines) + (b"\n" if ends and lines else b"")
    written = gzip.compress(content) if compression == "Gzip" else content
    found = split(written, "Line", compression=compression)
    assert b"".join(found) == content
    assert all(record.count(b"\n") <= 1 and record.rstrip(b"\n") == record.replace(b"\n", b"") for record in found)
    sent = list(batches([(record, record) for record in found], is_single=is_single, max_payload_mb=6))
    assert [record for batch in sent for record, _ in batch] == found
    assert all(sent)
    assert len(sent) == (len(found) if is_single else min(len(found), 1))


@given(st.lists(st.integers(0, 3 << 19), max_size=8), st.integers(0, 3))
def test_payloads_are_as_large_as_they_may_be_and_no_larger(sizes: list[int], limit_mb: int) -> None:
    pairs = [(b"", bytes(size)) for size in sizes]
    limit_bytes = limit_mb << 20
    if limit_bytes and any(size > limit_bytes for size in sizes):
        with pytest.raises(MistakeError, match="MaxPayloadInMB"):
            list(batches(pairs, is_single=False, max_payload_mb=limit_mb))
        return
    payloads = [[len(sent) for _, sent in batch] for batch in batches(pairs, is_single=False, max_payload_mb=limit_mb)]
    assert [size for payload in payloads for size in payload] == sizes
    if not limit_bytes:
        assert len(payloads) <= 1
        return
    assert all(sum(payload) <= limit_bytes for payload in payloads)
    assert all(sum(one) + other[0] > limit_bytes for one, other in pairwise(payloads))


@given(st.lists(st.binary(max_size=20), max_size=6))
def test_binary_records_are_sent_in_their_frames_or_alone_without(payloads: list[bytes]) -> None:
    for kind, framed in (("RecordIO", recordio(payloads)), ("TFRecord", tfrecord(payloads))):
        assert split(framed, kind, is_single=True) == payloads
        assert b"".join(split(framed, kind)) == framed


@pytest.mark.parametrize("kind", ["RecordIO", "TFRecord"])
@pytest.mark.parametrize("content", [b"1,2,3\n4,5,6\n" * 3, b"x"])
def test_a_file_of_another_kind_is_named(kind: str, content: bytes) -> None:
    with pytest.raises(MistakeError, match=f"it is not {kind}"):
        split(content, kind)


def test_a_file_that_is_cut_off_is_named() -> None:
    with pytest.raises(MistakeError, match="cut off"):
        split(recordio([b"12345678"])[:-3], "RecordIO")


def test_a_file_that_is_not_gzip_is_named() -> None:
    with pytest.raises(MistakeError, match="it is not gzip"):
        split(b"1,2\n", "Line", compression="Gzip")


def test_a_file_that_is_not_split_is_one_record_and_an_empty_one_none(tmp_path: Path) -> None:
    assert split(b"1,2\n3,4", "None") == [b"1,2\n3,4"]
    assert split(b"", "None") == []


@pytest.mark.parametrize(
    ("answer", "assemble", "expected"),
    [(b"1", "Line", b"1\n"), (b"1\n", "Line", b"1\n"), (b"", "Line", b"\n"), (b"1", "None", b"1")],
)
def test_a_line_ends_where_lines_are_assembled(answer: bytes, assemble: str, expected: bytes) -> None:
    assert assembled(answer, assemble) == expected
