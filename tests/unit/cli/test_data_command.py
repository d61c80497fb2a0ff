"""``readiness data``: what a scenario runs on, looked at and written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pytest

from cursus_readiness.cli.app import run_app
from pipelines import processing, write_pipeline

CUSTOMERS: dict[str, Any] = {
    "rows": 40,
    "columns": {
        "id": {"type": "id", "prefix": "C"},
        "age": {"type": "integer", "mean": 40, "std": 9, "low": 18, "missing_ratio": 0.25},
        "income": {"type": "number", "distribution": "lognormal", "median": 30000, "sigma": 0.5, "decimals": 0},
        "visits": {"type": "integer", "distribution": "poisson", "mean": 2},
        "score": {"type": "number", "quantiles": [0, 1, 5]},
        "plan": {"type": "category", "values": {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}},
        "ok": {"type": "boolean"},
        "since": {"type": "date", "low": "2020-01-01", "high": "2020-12-31", "order": "ascending"},
        "remark": {"type": "text", "least_words": 15, "most_words": 20},
        "market": {"type": "constant", "value": "EU"},
    },
    "label": {"name": "churned", "positive_ratio": 0.3, "weights": {"age": 1}},
}


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The command as the shell starts it: exit code, standard output, standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["readiness", "data", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            run_app()
        captured = capsys.readouterr()
        return int(caught.value.code or 0), captured.out, captured.err

    return call


def a_scenario_file(folder: Path, inputs: dict[str, Any], uris: tuple[str, ...] = ("s3://bucket/raw/",)) -> Path:
    given = {f"data{index}": uri for index, uri in enumerate(uris)}
    step = processing("Prep", "prep.py", inputs=given, outputs={"out": "s3://bucket/out"})
    return write_pipeline(folder, [step], {"prep.py": ""}, inputs={"s3://bucket/code/": "local:code/", **inputs})


def synthetic(**changes: Any) -> dict[str, Any]:
    return {"source": "synthetic:", "table": {**CUSTOMERS, **changes}}


def test_a_preview_shows_size_columns_and_rows_that_are_made_up(data: Any, tmp_path: Path) -> None:
    code, out, _ = data("preview", a_scenario_file(tmp_path, {"s3://bucket/raw/": synthetic()}))
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "s3://bucket/raw/ <- synthetic:"
    assert lines[1] == "  declared in the scenario"
    assert lines[2].startswith("  40 rows in 1 file (csv), about ")
    told = {line.split()[0]: " ".join(line.split()) for line in lines[4:]}
    assert told["id"] == "id id sequential 0% C00 C01 C02"
    assert told["age"].startswith("age integer normal 40 and 9 from 18 25%")
    assert told["income"].startswith("income number lognormal 30000 and 0.5 0%")
    assert told["visits"].startswith("visits integer poisson 2 0%")
    assert told["score"].startswith("score number quantiles 0, 1, 5 0%")
    assert told["plan"].startswith("plan category a 20%, b 20%, c 20%, d 20% and 1 more")
    assert told["ok"].startswith("ok boolean true 50%")
    assert told["since"].startswith("since date 2020-01-01 to 2020-12-31, ascending")
    assert told["remark"].startswith("remark text 15 to 20 words")
    assert told["market"] == "market constant always EU 0% EU EU EU"
    assert told["churned"].startswith("churned label binary, 30% positive, strength 2")


def test_a_preview_shows_each_part(data: Any, tmp_path: Path) -> None:
    parts = {
        "training": {"files": 3}, "late": {"rows": 7, "drift": {"age": {"missing_ratio": 0.5}}},
        "signature": {"format": "signature"},
    }  # fmt: skip
    binding = synthetic(parts=parts, gzip=True, header=False)
    _, out, _ = data("preview", a_scenario_file(tmp_path, {"s3://bucket/raw/": binding}))
    assert "s3://bucket/raw/training <- synthetic:" in out
    assert "  40 rows in 3 files (csv, gzip, no header), about " in out
    assert "  7 rows in 1 file" in out
    assert "  one signature file" in out
    ages = [" ".join(line.split()) for line in out.splitlines() if "normal 40" in line]
    assert ages[0].startswith("age integer normal 40 and 9 from 18 25%")
    assert ages[1].startswith("age integer normal 40 and 9 from 18, drifts 50%")


def test_a_preview_of_local_tables_shows_what_they_are_like_and_none_of_their_values(data: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    people = {"name": [f"person {index}" for index in range(100)], "age": [20.5 + index for index in range(100)]}
    pa.csv.write_csv(pa.table(people), tmp_path / "data" / "people.csv")
    inputs = {"s3://bucket/raw/": {"source": "local:data/*.csv", "rows": 50}}
    _, out, _ = data("preview", a_scenario_file(tmp_path, inputs))
    assert "s3://bucket/raw/ <- local:data/*.csv" in out
    assert ", of which 50 rows are drawn" in out
    assert "person" not in out
    assert "quantiles" in out


@pytest.mark.parametrize("content", ["a,b\n1,x\n", ""])
def test_a_local_table_that_says_nothing_is_shown_without_columns(content: str, data: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    code, out, _ = data("preview", a_scenario_file(tmp_path, {"s3://bucket/raw/": "local:a.csv"}))
    assert code == 0
    assert "1 file, " in out


def test_the_built_in_table_is_told_as_such(data: Any, tmp_path: Path) -> None:
    _, out, _ = data("preview", a_scenario_file(tmp_path, {}))
    assert "  the built-in table" in out


def test_generated_files_are_those_of_a_run_by_bucket_and_key(data: Any, tmp_path: Path) -> None:
    uris = ("s3://bucket/raw/", "s3://other/more.csv")
    inputs = {uris[0]: synthetic(files=2), uris[1]: synthetic()}
    out = tmp_path / "data"
    code, told, _ = data("generate", a_scenario_file(tmp_path, inputs, uris), "--out", out)
    assert code == 0
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert files == ["bucket/raw/part-00000.csv", "bucket/raw/part-00001.csv", "other/more.csv"]
    assert "s3://bucket/raw/: 40 rows, 2 files, " in told
    assert f"wrote {out}" in told


def test_rows_and_seeds_may_be_others(data: Any, tmp_path: Path) -> None:
    uris = ("s3://bucket/a/", "s3://bucket/b/")
    path = a_scenario_file(tmp_path, dict.fromkeys(uris, synthetic()), uris)
    for name, seed in (("1", "5"), ("2", "5"), ("3", "6")):
        assert data("generate", path, "--out", tmp_path / name, "--rows", "9", "--seed", seed)[0] == 0
    texts = {
        (name, key): (tmp_path / name / "bucket" / key / "part-00000.csv").read_text() for name in "123" for key in "ab"
    }
    assert len(texts["1", "a"].splitlines()) == 10
    assert texts["1", "a"] == texts["2", "a"] != texts["3", "a"]
    assert texts["1", "a"] != texts["1", "b"]


def test_a_folder_that_holds_something_is_never_written_to(data: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine").write_text("precious", encoding="utf-8")
    path = a_scenario_file(tmp_path, {"s3://bucket/raw/": synthetic()})
    code, _, err = data("generate", path, "--out", tmp_path / "data")
    assert code == 2
    assert "is there already and not empty" in err
    assert [item.name for item in (tmp_path / "data").iterdir()] == ["mine"]


def test_an_empty_folder_may_be_there(data: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = a_scenario_file(tmp_path, {"s3://bucket/raw/": synthetic()})
    assert data("generate", path, "--out", tmp_path / "data")[0] == 0


def test_a_scenario_without_synthetic_inputs_is_told(data: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n", encoding="utf-8")
    path = a_scenario_file(tmp_path, {"s3://bucket/raw/": "local:a.csv"})
    code, _, err = data("generate", path, "--out", tmp_path / "out")
    assert (code, "has no synthetic input" in err) == (2, True)


def test_a_place_that_cannot_be_written_is_told(data: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    path = a_scenario_file(tmp_path, {"s3://bucket/raw/": synthetic()})
    code, _, err = data("generate", path, "--out", tmp_path / "file" / "out")
    assert (code, "cannot write to" in err) == (5, True)


@pytest.mark.parametrize("command", ["preview", "generate"])
def test_a_mistake_in_a_table_is_told_with_the_line_of_its_input(command: str, data: Any, tmp_path: Path) -> None:
    path = a_scenario_file(tmp_path, {"s3://bucket/raw/": synthetic(columns={"a": {"type": "nuber"}})})
    more = ["--out", tmp_path / "out"] if command == "generate" else []
    code, _, err = data(command, path, *more)
    assert code == 4
    assert "pipeline.yaml:6: inputs.s3://bucket/raw/: table: columns.a: unknown column type 'nuber'" in err
    assert "did you mean 'number'" in err
