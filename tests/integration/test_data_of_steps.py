"""Steps that read what sources serve: parts, packed lines, samples, subsets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pytest

from cursus_readiness import workflow
from cursus_readiness.store.layout import RunLayout
from pipelines import processing, write_pipeline

pytestmark = pytest.mark.slow

READ = """
import gzip, json, pathlib
root = pathlib.Path("/opt/ml/processing/input")
names = (root / "raw/signature/signature").read_text().split(",")
rows = {}
for part in ("training", "calibration"):
    files = sorted((root / "raw" / part).glob("part-*.json.gz"))
    rows[part] = [json.loads(line) for file in files for line in gzip.open(file, "rt", encoding="utf-8")]
    assert all(list(row) == names for row in rows[part])
means = {part: sum(row["age"] for row in found) / len(found) for part, found in rows.items()}
cells = (root / "like/part-00000.csv").read_text().splitlines()
drawn = sum(len(file.read_text().splitlines()) - 1 for file in (root / "drawn").glob("*.csv"))
result = {"rows": [len(rows["training"]), len(rows["calibration"])], "means": means, "like": len(cells), "drawn": drawn}
pathlib.Path("/opt/ml/processing/output/report/report.json").write_text(json.dumps(result))
"""


def test_a_step_reads_parts_a_table_like_a_sample_and_rows_that_were_drawn(tmp_path: Path) -> None:
    sample = {"a": [index * 0.5 for index in range(100)], "b": ["x", "y"] * 50}
    pa.csv.write_csv(pa.table(sample), tmp_path / "sample.csv")
    (tmp_path / "data").mkdir()
    for name in "12":
        text = "k\n" + "".join(f"{index % 2}\n" for index in range(500))
        (tmp_path / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
    table: dict[str, Any] = {
        "format": "jsonl", "gzip": True, "suffix": ".json", "rows": 300, "files": 2,
        "columns": {"id": {"type": "id"}, "age": {"type": "number", "mean": 40, "std": 5}},
        "label": {"name": "churned", "weights": {"age": 1}},
        "parts": {
            "training": {}, "calibration": {"rows": 200, "drift": {"age": {"shift": 2}}},
            "signature": {"format": "signature"},
        },
    }  # fmt: skip
    inputs = {
        "s3://bucket/code/": "local:code/",
        "s3://bucket/raw/": {"source": "synthetic:", "table": table, "seed": 3},
        "s3://bucket/like/": {"source": "synthetic:sample.csv", "rows": 30},
        "s3://bucket/drawn/": {"source": "local:data/*.csv", "rows": 100, "stratify": "k"},
    }
    uris = {name: f"s3://bucket/{name}/" for name in ("raw", "like", "drawn")}
    step = processing("Read", "read.py", inputs=uris, outputs={"report": "s3://bucket/report"})
    rules = {"Read": {"report/report.json": ["rows[0] == 300", "rows[1] == 200", "like == 31", "drawn == 100"]}}
    path = write_pipeline(tmp_path, [step], {"read.py": READ}, inputs=inputs, validation_rules=rules)
    ran = workflow.run(path, tmp_path / "reports")
    assert ran.report.scenarios[0].success, ran.report.scenarios[0]

    layout = RunLayout(next(folder.parent for folder in (tmp_path / "reports").glob("*/run.json")))
    datasets = json.loads(layout.scenario("pipeline").dataset.read_text(encoding="utf-8"))["datasets"]
    found = {item["uri"]: item for item in datasets}
    assert (found["s3://bucket/raw/"]["row_count"], found["s3://bucket/raw/"]["seed"]) == (500, 3)
    assert found["s3://bucket/drawn/"]["row_count"] == 100
    assert len(found["s3://bucket/drawn/"]["sha256"]) == 64
