"""A secret that a pipeline is given, and tells everybody, is in no file of the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cursus_readiness import workflow
from pipelines import processing, write_pipeline

pytestmark = pytest.mark.slow

PASSWORD = "correct-horse-battery"
KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"
TELLS = """
import os, sys
print("connecting with", os.environ["DB_PASSWORD"], sys.argv)
open("/opt/ml/processing/output/x/v.csv", "w").write("a\\n1\\n")
sys.exit(f"refused: {os.environ['DB_PASSWORD']} KEY")
""".replace("KEY", KEY_ID)


def test_a_secret_is_in_no_file_and_in_no_event(tmp_path: Path) -> None:
    step = processing(
        "S",
        "s.py",
        outputs={"x": "s3://bucket/S"},
        arguments=["--api-key", PASSWORD],
        environment={"DB_PASSWORD": PASSWORD},
    )
    path = write_pipeline(tmp_path / "pipeline", [step], {"s.py": TELLS})
    heard: list[dict[str, object]] = []
    outcome = workflow.run(path, tmp_path / "reports", listener=heard.append)
    (failed,) = outcome.report.scenarios[0].steps
    assert failed.reason == "exit code 1: refused: *** ***"
    assert "***" in failed.command
    assert PASSWORD not in json.dumps(heard)
    files = [file for file in outcome.layout.folder.rglob("*") if file.is_file() and ".work" not in file.parts]
    assert {"plan.json", "stdout.log", "stderr.log", "readiness.html"} <= {file.name for file in files}
    leaks = [file.name for file in files if any(it.encode() in file.read_bytes() for it in (PASSWORD, KEY_ID))]
    assert leaks == []
