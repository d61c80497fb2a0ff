"""What is looked up about a project: each audit has a project in which it fails for its own reason."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import START, FakeClock
from cursus_readiness.evidence.collecting import collect
from cursus_readiness.model.evidence import Fact
from cursus_readiness.model.policy import ProjectSettings
from judged_projects import HEALTHY, WORKFLOW, put, write_project

SETTINGS = ProjectSettings(user_pages=("README.md",), operator_pages=("docs/operate.md",))
TOKEN = "ghp_" + "a1B2" * 9
CI, OTHER = ".github/workflows/ci.yml", ".github/workflows/other.yml"
RULES = "deploy/monitoring/rules.yml"
GRANTED = "permissions: {contents: read}\n"


def facts(root: Path, **changes: Any) -> dict[str, Fact]:
    arguments: dict[str, Any] = {
        "settings": SETTINGS,
        "run": root / "reports/run",
        "pipelines": ["pipelines/*.json"],
        "covered": [root / "pipelines/definition.json"],
        "health": HEALTHY,
        "variables": {},
        "clock": FakeClock(),
        **changes,
    }
    settings = arguments.pop("settings")
    return {fact.id: fact for fact in collect(root, settings, **arguments).facts}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", START.date())


def test_a_good_project_has_no_problem(project: Path) -> None:
    found = facts(project)
    assert {name: fact.problems for name, fact in found.items() if fact.problem_count} == {}
    assert [name for name, fact in found.items() if not fact.examined_count] == []


@pytest.mark.parametrize(
    ("path", "text", "name", "problem"),
    [
        ("pipelines/other.json", "{}", "uncovered-pipeline", "pipelines/other.json has no scenario in this run"),
        (OTHER, "a: [\n", "invalid-workflow", f"{OTHER}: line "),
        (OTHER, "- a\n", "invalid-workflow", "a workflow is a mapping with jobs"),
        (OTHER, "jobs: {a: {uses: x}}\n", "invalid-workflow", "it has no `on`"),
        (OTHER, "on: push\njobs: {a: {runs-on: x}}\n", "invalid-workflow", "job a has neither"),
        (OTHER, WORKFLOW + "      - name: x\n", "invalid-workflow", "step 3 needs one of"),
        ("Makefile", "gate:\n\ttrue\n", "unwired-gate", "no workflow calls readiness"),
        (CI, WORKFLOW.replace(GRANTED, ""), "wide-permissions", "it does not say which permissions"),
        (CI, WORKFLOW.replace(GRANTED, "permissions: write-all\n"), "wide-permissions", "may write everything"),
        (RULES, "groups: []", "invalid-alert-rules", "it has no groups"),
        (RULES, "groups: [{rules: []}]", "invalid-alert-rules", "a group has no rules"),
        (RULES, "groups: [{rules: [{alert: x}]}]", "invalid-alert-rules", "a rule needs expr"),
        (RULES, "{", "invalid-alert-rules", "line 1"),
        ("docs/operate.md", "", "missing-page", "docs/operate.md is missing or empty"),
        ("docs/operate.md", None, "broken-link", "README.md: docs/operate.md"),
        ("src/b.py", '"""B."""\nclass A:\n    def b(self): ...\n', "undocumented-code", "A has no docstring"),
        ("src/b.py", "def (", "undocumented-code", "src/b.py: "),
        ("new.txt", f"x\n{TOKEN}\n", "leaked-secret", "new.txt: line 2 looks like a secret (github token)"),
        ("reports/run/a/stdout.log", TOKEN, "leaked-secret", "run folder: a/stdout.log: line 1"),
    ],
)
def test_what_is_wrong_is_found(path: str, text: str | None, name: str, problem: str, project: Path) -> None:
    if text is None:
        (project / path).unlink()
    else:
        put(project / path, text)
    fact = facts(project)[name]
    assert fact.problem_count >= 1
    assert any(problem in found for found in fact.problems), fact.problems


def test_a_secret_itself_is_never_told(project: Path) -> None:
    put(project / "new.txt", TOKEN)
    assert TOKEN not in str(facts(project))


def test_files_that_the_policy_leaves_out_are_not_searched(project: Path) -> None:
    put(project / "tests/a.txt", TOKEN)
    settings = SETTINGS.model_copy(update={"secrets_exclude": ("tests/*",)})
    assert facts(project, settings=settings)["leaked-secret"].problem_count == 0


def test_an_unhealthy_machine_is_found(project: Path) -> None:
    check = {"id": "disk", "outcome": "FAIL", "message": "full"}
    found = facts(project, health={"status": "FAIL", "checks": {"disk": check}})["unhealthy-system"]
    assert found.problems == ("disk: full",)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"health": None}, "unhealthy-system"),
        ({"settings": SETTINGS.model_copy(update={"workflows": ()})}, "invalid-workflow"),
        ({"settings": SETTINGS.model_copy(update={"workflows": ()})}, "unwired-gate"),
        ({"settings": SETTINGS.model_copy(update={"workflows": ()})}, "wide-permissions"),
        ({"settings": SETTINGS.model_copy(update={"alert_rules": ()})}, "invalid-alert-rules"),
        ({"settings": SETTINGS.model_copy(update={"operator_pages": ()})}, "missing-page"),
        ({"settings": SETTINGS.model_copy(update={"sources": ()})}, "undocumented-code"),
    ],
)
def test_what_there_is_nothing_of_is_not_known(changes: dict[str, Any], name: str, project: Path) -> None:
    fact = facts(project, **changes)[name]
    assert fact.examined_count is None
    assert fact.missing


def test_without_patterns_no_pipeline_is_asked_for(project: Path) -> None:
    assert not facts(project, pipelines=[])["uncovered-pipeline"].is_applicable


def test_outside_of_a_repository_nothing_can_be_said_of_its_secrets(tmp_path: Path) -> None:
    assert facts(tmp_path)["leaked-secret"].examined_count is None


def test_a_run_within_a_workflow_is_its_own_evidence(project: Path) -> None:
    variables = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "7", "GITHUB_REPOSITORY": "a/b"}
    found = facts(project, variables=variables)["missing-ci-run"]
    assert (found.source, found.expires_on) == ("a/b run 7", START.date())


def test_what_git_ignores_is_not_searched(project: Path) -> None:
    put(project / "reports/other.txt", TOKEN)
    assert facts(project)["leaked-secret"].problem_count == 0


def test_records_come_with_their_dates(project: Path) -> None:
    drill = facts(project)["missing-drill"]
    assert (drill.recorded_on, drill.expires_on) == (START.date(), START.date() + timedelta(days=5))


def test_a_lost_git_is_not_known(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", gone)
    assert facts(project)["leaked-secret"].examined_count is None
