"""A review as Markdown: what happened, and what somebody has to look at."""

from __future__ import annotations

from collections.abc import Sequence

from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.care import CareReview, ScenarioReview
from cursus_readiness.render.text import markdown_text
from cursus_readiness.units import format_bytes, format_ratio, format_seconds

_MOST = 50


def render_review(review: CareReview) -> str:
    """The review of one period; the same runs give the same text."""
    duty = review.duty
    parts = [
        f"# {duty.title}",
        f"{review.since:%Y-%m-%d %H:%M} to {review.until:%Y-%m-%d %H:%M} UTC.",
        _runs(review),
        _scenarios(review.scenarios),
        _listed("Worse than the baseline, in the newest run", review.regressions),
        _recommendations(review),
        _listed("Other versions than before", review.changes),
        _listed("Steps that the newest run did not execute", review.not_executed),
        _health(review),
        "## To do\n\n" + "\n".join(f"- [ ] {task}" for task in duty.tasks) if duty.tasks else "",
        f"When it is done: `readiness care done {duty.id} --by NAME`",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _runs(review: CareReview) -> str:
    counts = [f"{count} {verdict.value.replace('_', ' ')}" for verdict, count in sorted(review.verdicts.items())]
    counts += [f"{review.incomplete_count} incomplete"] if review.incomplete_count else []
    counts += [f"{len(review.unreadable)} unreadable"] if review.unreadable else []
    if not counts:
        return "**No run in this period.** `readiness run` makes one; without runs there is nothing to review."
    newest = review.newest
    last = f" The newest is {markdown_text(newest.run_id)}: {markdown_text(newest.reason)}" if newest else ""
    return f"Runs: {', '.join(counts)}.{last}" + "".join(f"\n- {markdown_text(it)}" for it in review.unreadable)


def _scenarios(scenarios: Sequence[ScenarioReview]) -> str:
    if not scenarios:
        return ""
    head = ("Scenario", "Passed", "Time", "Before", "Peak memory", "Before", "")
    rows = [head, tuple("---" for _ in head), *(_row(item) for item in scenarios)]
    return "## Trends\n\n" + "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(item: ScenarioReview) -> tuple[str, ...]:
    return (
        markdown_text(item.scenario_name),
        f"{item.passed_count} of {item.run_count}",
        format_seconds(item.wall_s) + _change(item.wall_s, item.wall_before_s),
        format_seconds(item.wall_before_s),
        format_bytes(item.peak_memory_bytes) + _change(item.peak_memory_bytes, item.peak_memory_before_bytes),
        format_bytes(item.peak_memory_before_bytes),
        "**another level**" if item.has_shifted else "",
    )


def _change(now: float | None, before: float | None) -> str:
    if now is None or not before:
        return ""
    ratio = now / before - 1
    return f" ({'+' if ratio > 0 else ''}{format_ratio(ratio)})"


def _recommendations(review: CareReview) -> str:
    return _listed(
        "Open recommendations",
        [f"{item.severity}: {item.description}. {item.suggested_action}" for item in review.recommendations],
    )


def _health(review: CareReview) -> str:
    if review.health is None:
        return "## Health\n\nNever checked: `readiness health-check`."
    bad = [it for it in review.health.checks if it.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)]
    said = f"{review.health.status.value.replace('_', ' ')}, checked {review.health.checked_at:%Y-%m-%d %H:%M} UTC."
    return f"## Health\n\n{said}" + "".join(f"\n- {item.id}: {markdown_text(item.message)}" for item in bad)


def _listed(title: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    left = f"\n- and {len(items) - _MOST} more" if len(items) > _MOST else ""
    return f"## {title}\n\n" + "\n".join(f"- {markdown_text(item)}" for item in items[:_MOST]) + left
