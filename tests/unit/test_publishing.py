"""Every file of a run is made whatever becomes of the others, and what is missing is told."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from builders import a_report, a_result
from cursus_readiness import publishing
from cursus_readiness.errors import CannotRunError
from cursus_readiness.publishing import Unwritten, publish
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.writing import write_text
from cursus_readiness.workflow import RunOutcome

FILES = {
    "readiness.json", "readiness.md", "readiness.html", "junit.xml", "badge.svg", "trace.json", "metrics.parquet"
}  # fmt: skip


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    return RunLayout(tmp_path)


def published(layout: RunLayout, page: Callable[[], str] = lambda: "<p>page") -> dict[str, str]:
    """Publish a report: what is missing, and why."""
    return {item.path.name: item.why for item in publish(layout, a_report(a_result()), page)}


def breaks() -> str:
    raise ZeroDivisionError("of the page")


def text_of(layout: RunLayout, name: str) -> str:
    return (layout.folder / name).read_text(encoding="utf-8")


def test_every_file_is_there(layout: RunLayout) -> None:
    assert published(layout) == {}
    assert {entry.name for entry in layout.folder.iterdir()} == FILES


def test_the_same_run_gives_the_same_bytes(layout: RunLayout) -> None:
    published(layout)
    before = {name: (layout.folder / name).read_bytes() for name in FILES}
    published(layout)
    assert {name: (layout.folder / name).read_bytes() for name in FILES} == before


def test_a_page_that_cannot_be_made_is_told_and_the_others_are_there(layout: RunLayout) -> None:
    published(layout, lambda: "an earlier page")
    assert published(layout, breaks) == {"readiness.html": "ZeroDivisionError: of the page"}
    assert {entry.name for entry in layout.folder.iterdir()} == FILES
    page = text_of(layout, "readiness.html")
    assert "<p>readiness.html could not be written: ZeroDivisionError: of the page</p>" in page
    assert "an earlier page" not in page


@pytest.mark.parametrize("suffix", ["json", "md", "xml", "svg", "trace"])
def test_whichever_format_breaks_the_others_are_there(
    suffix: str, layout: RunLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(publishing._FORMATS, suffix, lambda _: breaks())
    name = layout.rendered(suffix).name
    assert published(layout) == {name: "ZeroDivisionError: of the page"}
    assert {entry.name for entry in layout.folder.iterdir()} == FILES
    stub = text_of(layout, name)
    if suffix == "xml":
        assert ElementTree.fromstring(stub).find("testsuite/testcase/error") is not None
    elif suffix == "svg":
        assert "readiness: missing" in stub
    elif suffix == "md":
        assert stub.startswith("# MISSING\n")
    else:
        assert json.loads(stub) == {"error": f"{name} could not be written: ZeroDivisionError: of the page"}


def test_a_disk_that_is_full_is_told_of_every_file(layout: RunLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_full(path: Path, text: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(publishing, "write_text", is_full)
    found = published(layout)
    assert set(found) == FILES - {"metrics.parquet"}
    assert set(found.values()) == {"No space left on device"}


def test_what_an_earlier_report_left_makes_room_for_the_stub(
    layout: RunLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_nearly_full(path: Path, text: str) -> None:
        if path.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_text(path, text)

    published(layout)
    monkeypatch.setattr(publishing, "write_text", is_nearly_full)
    published(layout)
    assert "No space left on device" in text_of(layout, "readiness.md")


def test_metrics_that_cannot_be_written_keep_nothing_else_from_it(layout: RunLayout) -> None:
    layout.metrics.mkdir()
    (layout.metrics / "in the way").touch()
    assert list(published(layout)) == ["metrics.parquet"]
    assert {entry.name for entry in layout.folder.iterdir()} == FILES


def test_an_outcome_with_missing_files_is_an_error_that_names_them(layout: RunLayout) -> None:
    missing = Unwritten(layout.rendered("md"), CannotRunError("no templates", fix="install again"))
    RunOutcome(a_report(), layout).check()
    with pytest.raises(CannotRunError, match=r"readiness\.md: no templates") as caught:
        RunOutcome(a_report(), layout, (missing,)).check()
    assert caught.value.fix
    assert "readiness report" in caught.value.fix
