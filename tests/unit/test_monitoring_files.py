"""Alert rules and the dashboard: their metrics exist, the rules fire when they should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cursus_readiness.render.prometheus import HEALTH_METRICS, RUN_METRICS

METRICS = RUN_METRICS | HEALTH_METRICS
RULES, RULE_TESTS, DASHBOARD = "readiness.rules.yml", "readiness.rules.test.yml", "grafana-dashboard.json"


@pytest.fixture
def folder(repository: Path) -> Path:
    return repository / "deploy" / "monitoring"


@pytest.fixture
def rules(folder: Path) -> list[dict[str, Any]]:
    groups = yaml.safe_load((folder / RULES).read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture
def panels(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / DASHBOARD).read_text(encoding="utf-8"))["panels"])


def unknown(expressions: list[str]) -> set[str]:
    """Metrics that are named and not written, and labels that they do not have."""
    found = set()
    for expression in expressions:
        for name, labels in re.findall(r"\b(readiness_\w+)(?:\{([^}]*)\})?", expression):
            known = {"instance", *METRICS[name].labels} if name in METRICS else set()
            found |= set() if name in METRICS else {name}
            found |= {f"{name}{{{label}}}" for label in re.findall(r"(\w+)\s*[=!]~?", labels) if label not in known}
    return found


def test_every_metric_of_an_alert_exists(rules: list[dict[str, Any]]) -> None:
    assert unknown([rule["expr"] for rule in rules]) == set()


def test_every_alert_says_what_to_do_and_how_bad_it_is(rules: list[dict[str, Any]]) -> None:
    assert all({"summary", "action"} <= set(rule["annotations"]) for rule in rules)
    assert {rule["labels"]["severity"] for rule in rules} <= {"info", "warning", "critical"}


def test_every_alert_has_a_test_in_which_it_fires(rules: list[dict[str, Any]], folder: Path) -> None:
    tests = yaml.safe_load((folder / RULE_TESTS).read_text(encoding="utf-8"))["tests"]
    fired = {item["alertname"] for test in tests for item in test["alert_rule_test"] if item["exp_alerts"]}
    assert fired == {rule["alert"] for rule in rules}


def test_every_alert_is_documented(rules: list[dict[str, Any]], repository: Path) -> None:
    text = (repository / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(Readiness\w+)` \|", text, flags=re.MULTILINE) == [rule["alert"] for rule in rules]


def test_every_metric_is_documented(repository: Path) -> None:
    text = (repository / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(readiness_\w+)` \|", text, flags=re.MULTILINE) == list(METRICS)


def test_every_metric_of_the_dashboard_exists(panels: list[dict[str, Any]]) -> None:
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    assert unknown(expressions) == set()


def test_panels_have_numbers_of_their_own_and_do_not_overlap(panels: list[dict[str, Any]]) -> None:
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for grid in (panel["gridPos"] for panel in panels)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    return found


@pytest.mark.parametrize("arguments", [("check", "rules", RULES), ("test", "rules", RULE_TESTS)], ids=["valid", "fire"])
def test_promtool_agrees(arguments: tuple[str, ...], promtool: str, folder: Path) -> None:
    outcome = subprocess.run([promtool, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("> 0.9", "> 0.95"),
        ("36 * 3600", "48 * 3600"),
        ("25 * 3600", "30 * 3600"),
        ("for: 24h", "for: 48h"),
        ("for: 1h", "for: 2h"),
        ("> 1.5 *", "> 2 *"),
        ("> 5\n", "> -5\n"),
        ('verdict="NOT_READY"', 'verdict="READY"'),
        ("FAIL|ERROR", "WARN|ERROR"),
    ],
)
def test_a_rule_that_is_changed_fails_its_test(
    before: str, after: str, promtool: str, folder: Path, tmp_path: Path
) -> None:
    text = (folder / RULES).read_text(encoding="utf-8")
    assert before in text
    (tmp_path / RULES).write_text(text.replace(before, after), encoding="utf-8")
    shutil.copy(folder / RULE_TESTS, tmp_path)
    outcome = subprocess.run([promtool, "test", "rules", RULE_TESTS], cwd=tmp_path, capture_output=True, check=False)
    assert outcome.returncode != 0
