"""What files hold: their checksums, and how many rows where that is cheap to count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.tables import TableForm, form_of, header_of, text_rows
from cursus_readiness.units import MIB


@dataclass(frozen=True, slots=True)
class Content:
    """Checksum of some files, and the rows of the tables among them; ``None`` where nobody counted."""

    sha256: str
    row_count: int | None


def content_of(files: Iterable[tuple[str, Path]]) -> Content:
    """What files hold together, each with the name that counts; one file alone has its own checksum."""
    found = [(name, form_of(path.name), _content(path)) for name, path in files]
    if len(found) == 1:
        return found[0][2]
    digest = hashlib.sha256()
    for name, _, content in sorted(found, key=lambda item: item[0]):
        digest.update(name.encode("utf-8", "surrogateescape") + b"\0" + bytes.fromhex(content.sha256))
    counts = [content.row_count for _, form, content in found if form]
    known = [count for count in counts if count is not None]
    return Content(digest.hexdigest(), sum(known) if counts and len(known) == len(counts) else None)


def _content(path: Path) -> Content:
    facts = path.stat()
    return _read(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=4096)
def _read(path: Path, mtime_ns: int, size_bytes: int) -> Content:  # noqa: ARG001 - another time or size is another file
    """Read a file once: several inputs, and several scenarios, may be served by the same."""
    form = form_of(path.name)
    digest = hashlib.sha256()
    if form and form.kind != "parquet" and not form.is_gzip:
        try:
            count = sum(len(rows) for rows in text_rows(path, form, digest.update))
            has_header = form.has_cells and count > 0 and header_of(path, form) is not None
            return Content(digest.hexdigest(), count - has_header)
        except SourceError:  # whatever it is, it is not a table whose rows can be counted
            digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(MIB):
            digest.update(block)
    return Content(digest.hexdigest(), _parquet_rows(path, form))


def _parquet_rows(path: Path, form: TableForm | None) -> int | None:
    if form is None or form.kind != "parquet":
        return None
    import pyarrow as pa
    import pyarrow.parquet

    try:
        return int(pa.parquet.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return None
