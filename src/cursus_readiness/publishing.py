"""Everything that a judged run is shown with: each file is made whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cursus_readiness.errors import ReadinessError
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.render.badge import render_badge
from cursus_readiness.render.json import render_json
from cursus_readiness.render.junit import render_junit
from cursus_readiness.render.markdown import render_markdown
from cursus_readiness.render.stubs import stub
from cursus_readiness.render.trace import render_trace
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.metrics import write_metrics
from cursus_readiness.store.writing import write_text

_FORMATS: dict[str, Callable[[ReadinessReport], str]] = {
    "json": render_json,
    "md": render_markdown,
    "xml": render_junit,
    "svg": render_badge,
    "trace": render_trace,
}


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A file that is missing, and what kept it from being made."""

    path: Path
    error: Exception

    @property
    def why(self) -> str:
        """The error in a few words."""
        if isinstance(self.error, ReadinessError):
            return self.error.message
        if isinstance(self.error, OSError) and self.error.strerror:
            return self.error.strerror
        return f"{type(self.error).__name__}: {self.error}"


def publish(layout: RunLayout, report: ReadinessReport, page: Callable[[], str]) -> tuple[Unwritten, ...]:
    """Write every file of a judged run; ``page`` makes the HTML page.

    What cannot be made is returned, and a stub in its place says so, where even that can be written.
    """
    unwritten = []
    texts = {layout.rendered(suffix): lambda render=render: render(report) for suffix, render in _FORMATS.items()}
    for path, make in {**texts, layout.rendered("html"): page}.items():
        try:
            write_text(path, make())
        except Exception as error:  # noqa: BLE001 - whatever it is, the other files are for those who look for it
            unwritten.append(Unwritten(path, error))
            _replace(path, unwritten[-1].why)
    try:
        write_metrics(
            layout, [(item.scenario_name, step.step_name) for item in report.scenarios for step in item.steps]
        )
    except Exception as error:  # noqa: BLE001 - likewise
        unwritten.append(Unwritten(layout.metrics, error))
    return tuple(unwritten)


def _replace(path: Path, why: str) -> None:
    """A stub takes the place of what an earlier report may have left: that must not be taken for this one's."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        write_text(path, stub(path.name, why))
