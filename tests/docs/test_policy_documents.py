"""The pages on policy and checklist say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cursus_readiness.audits.criteria import CRITERIA
from cursus_readiness.audits.project_policy import ProjectPolicy, parse_policy, policy_schema
from cursus_readiness.evidence.records import LONGEST_DAYS


def test_the_schema_in_the_documents_is_up_to_date(repository: Path) -> None:
    stored = (repository / "docs/policy.schema.json").read_text(encoding="utf-8")
    assert json.loads(stored) == policy_schema(), "write it again: python tools/policy_schema.py"


def test_every_audit_of_the_project_is_documented_with_its_item(repository: Path) -> None:
    text = (repository / "docs/checklist.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| `([\w-]+)` \|", text, flags=re.MULTILINE)
    assert rows == [(str(item.meta.checklist_item), item.meta.id) for item in CRITERIA]


def test_every_kind_of_evidence_is_documented_with_how_long_it_counts(repository: Path) -> None:
    text = (repository / "docs/checklist.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| .+ \| (\d+) days \|", text, flags=re.MULTILINE)
    assert {name: int(days) for name, days in rows} == {kind.value: days for kind, days in LONGEST_DAYS.items()}


def test_every_section_of_the_policy_is_documented_and_the_example_is_valid(repository: Path) -> None:
    text = (repository / "docs/policy.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    whole = "\n".join(examples).replace("BASE64", "A" * 43 + "=").replace('failed-scenario = "must"', "")
    policy, problems = parse_policy(whole, "readiness.toml")
    assert [problem.line() for problem in problems] == []
    assert policy is not None
    assert [name for name in ProjectPolicy.model_fields if f"[{name}" not in text] == []


def test_this_projects_own_policy_is_valid(repository: Path) -> None:
    text = (repository / "readiness.toml").read_text(encoding="utf-8")
    assert parse_policy(text, "readiness.toml")[1] == ()
