"""A small project that has all the evidence that production asks for."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

from cursus_readiness.evidence.records import record_evidence
from cursus_readiness.model.evidence import EvidenceKind
from pipelines import processing, write_pipeline

HEALTHY: dict[str, Any] = {
    "status": "PASS",
    "checks": {"core-components": {"id": "core-components", "outcome": "PASS", "message": "steps run"}},
}
JUNIT = '<testsuite><testcase name="a"/><testcase name="b"><skipped/></testcase></testsuite>'
FILES: dict[EvidenceKind, tuple[str, str]] = {
    EvidenceKind.CI_RUN: ("junit.xml", JUNIT),
    EvidenceKind.DOCUMENTED_COMMANDS: ("commands.xml", JUNIT),
    EvidenceKind.IMAGE: (
        "image.json",
        json.dumps({"image": "x", "digest": "sha256:1", "user": "cursus", "is_linted": True, "exit_code": 0}),
    ),
    EvidenceKind.VULNERABILITIES: (
        "audit.json",
        json.dumps({"dependencies": [{"name": "a", "version": "1", "vulns": []}], "fixes": []}),
    ),
    EvidenceKind.CODE_SECURITY: (
        "bandit.json",
        json.dumps({"errors": [], "metrics": {"_totals": {}, "src/a.py": {}}, "results": []}),
    ),
    EvidenceKind.BILL_OF_MATERIALS: (
        "sbom.json",
        json.dumps({"bomFormat": "CycloneDX", "components": [{"name": "a", "version": "1"}]}),
    ),
    EvidenceKind.RECOVERY_DRILL: ("drill.json", json.dumps({"file_count": 3, "problems": []})),
    EvidenceKind.MEMORY_REDUCTION: ("memory.json", json.dumps({"before_bytes": 100, "now_bytes": 70})),
}
POLICY = """\
[validation]
pipelines = ["pipelines/*.json"]

[project]
user_pages = ["README.md"]
operator_pages = ["docs/operate.md"]
"""
WORKFLOW = """\
on: push
permissions: {contents: read}
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: ci/check
"""
RULES = "groups:\n- name: readiness\n  rules:\n  - {alert: NotReady, expr: readiness_verdict == 0}\n"
SCRIPT = "open('/opt/ml/processing/output/x/metrics.json', 'w').write('{\"auc\": 0.9}')"


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def record_all(root: Path, today: date) -> None:
    for kind, (name, text) in FILES.items():
        file = put(root.parent / "made" / name, text)
        record_evidence(root / "evidence", kind, file, source="a tool", valid_days=5, by=None, today=today)


def write_project(root: Path, today: date, *, policy: str = POLICY, auc: str = "auc >= 0.8") -> Path:
    """The project; its folder of scenarios is ``pipelines``."""
    put(root / "readiness.toml", policy)
    put(root / "README.md", "See [how to operate](docs/operate.md).\n")
    put(root / "docs/operate.md", "Operate it.\n")
    put(root / "src/thing.py", '"""A thing."""\n\n\ndef act() -> None:\n    """Act."""\n')
    put(root / "ci/check", "make gate\n")
    put(root / "Makefile", "gate:\n\treadiness validate-system scenarios/\n")
    put(root / ".github/workflows/ci.yml", WORKFLOW)
    put(root / "deploy/monitoring/rules.yml", RULES)
    put(root / ".gitignore", "/reports/\n")
    steps = [processing("Train", "train.py", outputs={"x": "s3://bucket/x"})]
    rules = {"Train": {"x/metrics.json": auc}}
    write_pipeline(root / "pipelines", steps, {"train.py": SCRIPT}, validation_rules=rules)
    record_all(root, today)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root
