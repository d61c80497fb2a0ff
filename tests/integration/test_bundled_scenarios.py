"""The bundled pipelines: real work that is found ready, and what is wrong is found not ready."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn", reason="the bundled pipelines need the extra 'scenarios'")
pytestmark = pytest.mark.slow


def run(*arguments: str | Path, cwd: Path) -> tuple[int, dict[str, Any]]:
    """Run the command; its exit code and report."""
    command = [sys.executable, "-m", "cursus_readiness", "run", *map(str, arguments)]
    outcome = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=280, check=False)
    assert "Traceback" not in outcome.stderr, outcome.stderr
    report = Path(outcome.stdout.strip().splitlines()[-1]).with_suffix(".json")
    return outcome.returncode, json.loads(report.read_text(encoding="utf-8"))


def test_the_default_run_is_ready(repository: Path, tmp_path: Path) -> None:
    code, report = run("--out", tmp_path, cwd=repository)
    assert (code, report["verdict"]) == (0, "READY")
    assert [scenario["scenario_name"] for scenario in report["scenarios"]] == ["churn-e2e", "store-sales"]
    assert [len(scenario["steps"]) for scenario in report["scenarios"]] == [9, 5]
    steps = [step for scenario in report["scenarios"] for step in scenario["steps"]]
    assert all(step["status"] == "succeeded" for step in steps)
    assert all(step["peak_memory_bytes"] for step in steps)
    assert [item["outcome"] for item in report["checklist"]][2:] == ["NO_EVIDENCE"] * 6


def test_failing_scenarios_are_not_ready_for_their_own_reasons(repository: Path, tmp_path: Path) -> None:
    code, report = run("scenarios/failing", "--out", tmp_path, cwd=repository)
    assert (code, report["verdict"]) == (10, "NOT_READY")
    statuses = {
        scenario["scenario_name"]: [step["status"] for step in scenario["steps"]] for scenario in report["scenarios"]
    }
    assert statuses["crash"].count("failed") == 1
    assert statuses["crash"].count("blocked") == 1
    assert statuses["memory-leak"].count("out_of_memory") == 1
    failed = {audit["id"] for audit in report["audits"] if audit["outcome"] == "FAIL"}
    assert {"failed-scenario", "missing-step", "memory-over-limit"} <= failed


def test_a_model_that_has_learned_nothing_breaks_the_rule(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(repository / "scenarios", tmp_path / "scenarios")
    schema = tmp_path / "scenarios/pipelines/churn/customers.yaml"
    text = schema.read_text(encoding="utf-8")
    strength = next(line for line in text.splitlines() if line.strip().startswith("strength:"))
    schema.write_text(text.replace(strength, "  strength: 0.0"), encoding="utf-8")
    code, report = run("scenarios/churn-e2e.yaml", cwd=tmp_path)
    assert (code, report["verdict"]) == (10, "NOT_READY")
    rules = report["scenarios"][0]["rules"]
    broken = [rule for rule in rules if rule["held"] is False]
    assert any(rule["rule"] == "metric" and "auc" in rule["message"] for rule in broken)


def test_only_one_step_runs_what_it_needs_and_leaves_the_verdict_open(repository: Path, tmp_path: Path) -> None:
    code, report = run("--only", "store-sales/Aggregate-North", "--out", tmp_path, cwd=repository)
    assert (code, report["verdict"]) == (11, "INCONCLUSIVE")
    statuses = {step["step_name"]: step["status"] for step in report["scenarios"][0]["steps"]}
    assert statuses["Split"] == statuses["Aggregate-North"] == "succeeded"
    assert statuses["Report"] == "not_executed"


def test_a_report_made_again_from_the_run_folder_says_the_same(repository: Path, tmp_path: Path) -> None:
    _, report = run("--tag", "smoke", "--only", "store-sales", "--out", tmp_path, cwd=repository)
    folder = tmp_path / report["run_id"]
    kept = {
        path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".json", ".md", ".xml", ".html")
    }
    command = [sys.executable, "-m", "cursus_readiness", "report", str(folder)]
    subprocess.run(command, cwd=repository, capture_output=True, timeout=120, check=False)
    assert {name: (folder / name).read_bytes() for name in kept} == kept
