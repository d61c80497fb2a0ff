"""Input files become records, records become payloads, answers become an output file: as batch transform does it."""

from __future__ import annotations

import gzip
import struct

from readiness_artifact import MistakeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO, Any

_MIB = 1 << 20
_RECORDIO_MAGIC = 0xCED7230A


def records(path: str, split: str, compression: str, *, is_single: bool) -> Iterator[bytes]:
    """The records of a file; a line keeps its end.

    Binary records are taken out of their frames when each is sent alone (``is_single``). Raises MistakeError for a
    file that is not of the kind that it is said to be.
    """
    opened: Any = gzip.open(path) if compression == "Gzip" else open(path, "rb")  # noqa: SIM115
    with opened as file:
        try:
            if split == "Line":
                yield from file
            elif split == "RecordIO":
                yield from _recordio(file, is_single=is_single)
            elif split == "TFRecord":
                yield from _tfrecord(file, is_single=is_single)
            else:
                whole = file.read()
                if whole:
                    yield whole
        except (OSError, EOFError) as error:
            raise MistakeError(f"it is not gzip: {error}") from error


def _recordio(file: IO[bytes], *, is_single: bool) -> Iterator[bytes]:
    """Frames of MXNet's RecordIO: a magic number, a length, the record, padding to a multiple of four."""
    for header in iter(lambda: file.read(8), b""):
        magic, length = struct.unpack("<II", header) if len(header) == 8 else (0, 0)
        if magic != _RECORDIO_MAGIC:
            raise MistakeError("it is not RecordIO")
        length &= (1 << 29) - 1  # the three upper bits tell parts of one record apart
        record, padding = _exactly(file, length, "RecordIO"), _exactly(file, -length % 4, "RecordIO")
        yield record if is_single else header + record + padding


def _tfrecord(file: IO[bytes], *, is_single: bool) -> Iterator[bytes]:
    """Frames of TensorFlow: a length and its sum, the record and its sum."""
    for header in iter(lambda: file.read(12), b""):
        if len(header) != 12:
            raise MistakeError("it is not TFRecord")
        record = _exactly(file, struct.unpack("<Q", header[:8])[0], "TFRecord")
        record_sum = _exactly(file, 4, "TFRecord")
        yield record if is_single else header + record + record_sum


def _exactly(file: IO[bytes], count: int, kind: str) -> bytes:
    found = bytearray()
    while len(found) < count:
        part = file.read(min(count - len(found), _MIB))  # the length may be nonsense, too much to ask for at once
        if not part:
            raise MistakeError(f"it is not {kind}, or cut off")
        found += part
    return bytes(found)


def batches(
    pairs: Iterable[tuple[bytes, bytes]], *, is_single: bool, max_payload_mb: int
) -> Iterator[list[tuple[bytes, bytes]]]:
    """Pairs of a record and what is sent of it, grouped into payloads; 0 MiB mean no limit.

    Raises MistakeError for a record that is larger than a payload may be.
    """
    limit_bytes = max_payload_mb * _MIB
    batch: list[tuple[bytes, bytes]] = []
    size_bytes = 0
    for number, pair in enumerate(pairs, 1):
        sent_bytes = len(pair[1])
        if limit_bytes and sent_bytes > limit_bytes:
            raise MistakeError(
                f"record {number} has {sent_bytes} bytes, more than MaxPayloadInMB ({max_payload_mb}) allows"
            )
        if batch and (is_single or (limit_bytes and size_bytes + sent_bytes > limit_bytes)):
            yield batch
            batch, size_bytes = [], 0
        batch.append(pair)
        size_bytes += sent_bytes
    if batch:
        yield batch


def assembled(answer: bytes, assemble: str) -> bytes:
    """An answer as it stands in the output file."""
    return answer + b"\n" if assemble == "Line" and not answer.endswith(b"\n") else answer
