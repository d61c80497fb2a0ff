"""What trials have shown, as a page, as Markdown, and as the part of a scenario file that keeps it."""

from __future__ import annotations

from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cursus_readiness.model.optimization import Goal, Optimization, ParameterTrial, TrialOutcome
from cursus_readiness.render.assets import policy
from cursus_readiness.render.text import visible
from cursus_readiness.resources import templates_dir
from cursus_readiness.units import format_bytes, format_ratio, format_seconds, one_line

_ORDER = (TrialOutcome.KEPT, TrialOutcome.BEATEN, TrialOutcome.REJECTED, TrialOutcome.NO_GAIN)
HEAD = ("parameters", "outcome", "runs", "peak memory", "wall time", "gain", "why")


def rows(found: Optimization) -> list[tuple[str, ...]]:
    """The baseline, then every trial: the best first, then what was rejected, then what is within the noise."""
    trials = sorted(found.trials, key=lambda trial: (_ORDER.index(trial.outcome), -(trial.gain_ratio or 0.0)))
    return [_row(found.baseline, ""), *(_row(trial, trial.outcome.value) for trial in trials)]


def render_override(found: Optimization) -> str:
    """The winning parameters as the fields that belong into the scenario file."""
    variables = dict(found.winner.variables) if found.winner else {}
    text: str = yaml.safe_dump(
        {"steps": {found.step_name: {"environment_variables": variables}}}, sort_keys=False, allow_unicode=True
    )
    return f"# {one_line(found.conclusion)}\n{text}"


def render_markdown(found: Optimization) -> str:
    """A table of all trials."""
    cells = [[one_line(cell).replace("|", "\\|") for cell in row] for row in rows(found)]
    lines = [f"| {' | '.join(row)} |" for row in (HEAD, ["---"] * len(HEAD), *cells)]
    override = f"\n```yaml\n{render_override(found)}```\n" if found.winner else ""
    return "\n".join((f"# {one_line(_title(found))}", "", one_line(found.conclusion), "", *lines, "")) + override


def render_html(found: Optimization) -> str:
    """A page of its own: before, after, and every trial; no script, and nothing from anywhere else."""
    folder = templates_dir()
    style = (folder / "assets" / "plain.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    return environment.get_template("trials.html.jinja").render(
        title=_title(found),
        policy=policy(scripts=(), styles=(style,)),
        style=Markup(style),  # noqa: S704 - our own file
        conclusion=found.conclusion,
        is_complete=found.is_complete,
        facts=_facts(found),
        bars=_bars(found),
        head=HEAD,
        rows=rows(found),
        override=render_override(found) if found.winner else None,
    )


def _visible(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _title(found: Optimization) -> str:
    return f"Execution parameters of {found.step_name} in {found.scenario_name}"


def _facts(found: Optimization) -> list[str]:
    machine = found.environment
    return [
        f"started {found.started_at:%Y-%m-%d %H:%M} UTC",
        f"goal: less {found.goal.value}",
        f"{machine.cpu_count or 'unknown number of'} CPUs, {format_bytes(machine.memory_bytes)}, {machine.platform}",
        f"Python {machine.python_version} (the tool's)",
    ]


def _bars(found: Optimization) -> list[tuple[str, str, int]]:
    """Before and after: label, value, and width in percent."""
    before, winner = found.baseline.median(found.goal), found.winner
    after = winner.median(found.goal) if winner else None
    if before is None or after is None:
        return []
    return [
        ("before", _shown(before, found.goal), 100),
        ("after", _shown(after, found.goal), round(100 * after / before)),
    ]


def _shown(value: float, goal: Goal) -> str:
    return format_bytes(value) if goal is Goal.MEMORY else format_seconds(value)


def _row(trial: ParameterTrial, outcome: str) -> tuple[str, ...]:
    variables = " ".join(f"{name}={value}" for name, value in trial.variables.items())
    return (
        f"{trial.name}: {variables}" if variables else trial.name,
        outcome,
        str(len(trial.runs)),
        format_bytes(trial.median(Goal.MEMORY)) if trial.runs else "",
        format_seconds(trial.median(Goal.TIME)) if trial.runs else "",
        "" if trial.gain_ratio is None else format_ratio(trial.gain_ratio),
        trial.reason,
    )
