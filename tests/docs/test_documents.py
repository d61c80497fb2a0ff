"""The documents say what the code does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import get_args

import pytest
import yaml

from cursus_readiness import errors
from cursus_readiness.audits.registry import AUDITS
from cursus_readiness.audits.scoring import EXIT_CODES
from cursus_readiness.cli.app import app
from cursus_readiness.health.checker import HealthChecker
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.model.s3 import S3Options
from cursus_readiness.model.scenario import E2ETestScenario, StepOverride
from cursus_readiness.rules.registry import RULES
from cursus_readiness.sampling.sampler import SAMPLE_COLUMNS
from cursus_readiness.sources.generation.columns import COLUMN_TYPES, Column
from cursus_readiness.sources.generation.correlation import CorrelatedGroup
from cursus_readiness.sources.generation.schema import Drift, LabelColumn, Part, TableSchema


def read(repository: Path, name: str) -> str:
    return (repository / name).read_text(encoding="utf-8")


def test_the_readmes_help_block_lists_every_command_with_its_help(repository: Path) -> None:
    block = read(repository, "README.md").split("<!-- help:begin -->")[1].split("<!-- help:end -->")[0]
    shown = dict(re.findall(r"^readiness (\S+)\s+(.+)$", block, flags=re.MULTILINE))
    commands = {
        command.name: (command.callback.__doc__ or "").strip().splitlines()[0]
        for command in app.registered_commands
        if command.name and command.callback
    }
    groups = {str(group.name): group.typer_instance for group in app.registered_groups}
    commands |= {name: str(group.info.help) for name, group in groups.items() if group}
    assert shown == commands


def test_the_readmes_exit_codes_are_those_of_the_code(repository: Path) -> None:
    table = {int(code) for code in re.findall(r"^\| (\d+) \|", read(repository, "README.md"), flags=re.MULTILINE)}
    kinds: list[type[errors.ReadinessError]] = [errors.ReadinessError, *errors.ReadinessError.__subclasses__()]
    raised = {kind.exit_code for kind in kinds}
    assert table == raised | set(EXIT_CODES.values())


def test_every_rule_is_documented(repository: Path) -> None:
    documented = re.findall(r"^\| `(\w+):", read(repository, "docs/rules.md"), flags=re.MULTILINE)
    assert documented == list(RULES)


def test_every_audit_is_documented_with_its_level_and_item(repository: Path) -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \| (\d) \|", read(repository, "docs/audits.md"), flags=re.MULTILINE)
    metas = [audit.meta for audit in AUDITS]
    assert rows == [(meta.id, meta.level.value, str(meta.checklist_item)) for meta in metas]


def test_every_health_check_is_documented(repository: Path, tmp_path: Path) -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|", read(repository, "docs/health.md"), flags=re.MULTILINE)
    checks = list(HealthChecker(tmp_path).check_system_health()["checks"])
    assert rows[: len(checks)] == checks


def test_every_field_of_a_scenario_is_documented(repository: Path) -> None:
    text = read(repository, "docs/scenarios.md")
    fields = [*E2ETestScenario.model_fields, *StepOverride.model_fields]
    assert [name for name in fields if name != "source_file" and f"`{name}`" not in text] == []


def test_every_field_of_an_input_and_of_a_table_is_documented(repository: Path) -> None:
    text = read(repository, "docs/data.md") + read(repository, "docs/s3.md")
    models = [InputBinding, TableSchema, Part, Drift, LabelColumn, CorrelatedGroup, *get_args(get_args(Column)[0])]
    fields = {name for model in models for name in model.model_fields}
    assert sorted(name for name in fields if not re.search(rf"\b{name}\b", text)) == []
    assert [name for name in COLUMN_TYPES if f"`{name}`" not in text] == []


def test_the_example_of_a_schema_is_one(repository: Path) -> None:
    schema, *more = re.findall(r"```yaml\n(.+?)```", read(repository, "docs/data.md"), flags=re.DOTALL)[1:]
    additions = [text for text in more if text.startswith(("drift:", "parts:"))]
    assert len(additions) == 2
    TableSchema.model_validate(yaml.safe_load(schema + "".join(additions)))


def test_every_option_of_a_source_on_s3_is_documented(repository: Path) -> None:
    text = read(repository, "docs/s3.md")
    assert [name for name in S3Options.model_fields if f"`{name}`" not in text] == []


def test_every_column_of_the_samples_is_documented(repository: Path) -> None:
    text = read(repository, "docs/run-folder.md")
    assert [name for name in SAMPLE_COLUMNS if f"`{name}`" not in text] == []


def test_links_between_documents_lead_somewhere(repository: Path) -> None:
    broken = []
    for page in [repository / "README.md", repository / "CONTRIBUTING.md", *repository.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_ci_calls_the_readmes_commands(repository: Path) -> None:
    script = read(repository, ".ci/run").splitlines()
    assert "make run" in script
    assert "make test" in script


def test_make_alone_lists_the_targets(repository: Path) -> None:
    listed = subprocess.run(["make"], cwd=repository, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^\.PHONY: (\S+)$", read(repository, "Makefile"), flags=re.MULTILINE)
    assert re.findall(r"^  make (\S+)", listed, flags=re.MULTILINE) == targets


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_lines_can_be_read_in_a_terminal(repository: Path, name: str) -> None:
    assert all(len(line) <= 130 for line in read(repository, name).splitlines())
