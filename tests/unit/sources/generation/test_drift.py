"""Parts of a table, and how they drift."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv
import pytest
import yaml
from pydantic import ValidationError

from builders import a_scenario, a_served
from cursus_readiness.sources.base import Dataset, SourceError
from cursus_readiness.sources.synthetic import SyntheticSource
from synthetic_tables import NUMBER, a_schema, draw_table

COLUMNS = {
    "id": {"type": "id", "prefix": "C"},
    "a": {"type": "number", "mean": 10, "std": 2},
    "kind": {"type": "category", "values": {"x": 1, "y": 1}},
}
LABEL = {"name": "label", "positive_ratio": 0.3, "weights": {"a": 1}}


def drifted(**drift: Any) -> Any:
    return draw_table(a_schema(rows=10_000, columns=COLUMNS, label=LABEL, drift=drift))


def serve(folder: Path, uri: str, **changes: Any) -> tuple[Path, Dataset]:
    schema = {"columns": COLUMNS, "rows": 10, **changes}
    (folder / "schema.yaml").write_text(yaml.safe_dump(schema, sort_keys=False), encoding="utf-8")
    served = a_served(uri, "synthetic:schema.yaml", prefix="s3://b/raw/")
    SyntheticSource().check(served, a_scenario(folder))
    target = folder / "store" / uri.removeprefix("s3://").rstrip("/")
    return target, SyntheticSource().materialise(served, a_scenario(folder), target)


def test_a_shift_is_in_standard_deviations_and_a_scale_about_the_middle() -> None:
    drawn = drifted(a={"shift": 0.5, "scale": 2}).column("a").to_numpy()
    assert (drawn.mean(), drawn.std()) == (pytest.approx(11, abs=0.15), pytest.approx(4, rel=0.05))


def test_drift_stays_within_the_range() -> None:
    columns = {"a": {"type": "number", "low": 0, "high": 1}}
    drawn = draw_table(a_schema(columns=columns, drift={"a": {"shift": 3}})).column("a").to_numpy()
    assert drawn.max() == 1


def test_frequencies_may_bring_values_that_nobody_has_seen() -> None:
    kinds = drifted(kind={"frequencies": {"y": 1, "z": 3}}).column("kind").to_pylist()
    assert kinds.count("z") / len(kinds) == pytest.approx(0.75, abs=0.02)
    assert "x" not in kinds


def test_values_may_go_missing_more_often() -> None:
    assert drifted(a={"missing_ratio": 0.4}).column("a").null_count / 10_000 == pytest.approx(0.4, abs=0.02)


def test_what_a_column_says_of_the_label_stays_true_when_it_drifts() -> None:
    plain, moved = drifted(), drifted(a={"shift": 1})
    assert moved.column("label").to_numpy().mean() > plain.column("label").to_numpy().mean() + 0.15
    shares = []
    for table in (plain, moved):
        drawn = table.column("a").to_numpy()
        shares.append(table.column("label").to_numpy()[(drawn > 10) & (drawn < 11)].mean())
    assert shares[0] == pytest.approx(shares[1], abs=0.05)


def test_the_label_may_drift_itself() -> None:
    assert drifted(label={"positive_ratio": 0.6}).column("label").to_numpy().mean() == pytest.approx(0.6, abs=0.02)
    chance = drifted(label={"strength": 0})
    assert np.corrcoef(chance.column("a").to_numpy(), chance.column("label").to_numpy())[0, 1] == pytest.approx(
        0, abs=0.03
    )


@pytest.mark.parametrize(
    ("drift", "message"),
    [
        ({"b": {"shift": 1}}, "drift.b: the column 'b' is not declared"),
        ({"kind": {"shift": 1}}, "drift.kind: type 'category' has no shift"),
        ({"a": {"frequencies": {"x": 1}}}, "drift.a: type 'number' has no frequencies"),
        ({"id": {"missing_ratio": 0.1}}, "drift.id: type 'id' has no missing_ratio"),
        ({"label": {"shift": 1}}, "drift.label: a binary label has no shift"),
        ({"a": {"scale": 0}}, "scale"),
    ],
)
def test_drift_of_what_cannot_drift_is_refused(drift: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        a_schema(columns=COLUMNS, label=LABEL, drift=drift)
    with pytest.raises(ValidationError, match=message):
        a_schema(columns=COLUMNS, label=LABEL, parts={"late": {"drift": drift}})


PARTS = {
    "training": {"rows": 30, "files": 2},
    "calibration": {"drift": {"a": {"shift": 50}}},
    "signature": {"format": "signature"},
}


def test_every_part_lies_in_its_folder(tmp_path: Path) -> None:
    target, dataset = serve(tmp_path, "s3://b/raw/", parts=PARTS)
    files = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    assert files == [
        "calibration/part-00000.csv", "signature/signature", "training/part-00000.csv", "training/part-00001.csv"
    ]  # fmt: skip
    assert (dataset.row_count, dataset.file_count) == (40, 4)
    assert (target / "signature" / "signature").read_text(encoding="utf-8") == "id,a,kind"


def test_identifiers_go_on_from_part_to_part(tmp_path: Path) -> None:
    target, _ = serve(tmp_path, "s3://b/raw/", parts=PARTS)
    training = [pyarrow.csv.read_csv(path).column("id").to_pylist() for path in sorted((target / "training").iterdir())]
    calibration = pyarrow.csv.read_csv(target / "calibration" / "part-00000.csv").column("id").to_pylist()
    assert [*training[0], *training[1], *calibration] == [f"C{number:02d}" for number in range(40)]


def test_a_part_drifts_alone(tmp_path: Path) -> None:
    target, _ = serve(tmp_path, "s3://b/raw/", parts=PARTS)
    means = {
        name: np.mean(pyarrow.csv.read_csv(target / name / "part-00000.csv").column("a").to_numpy())
        for name in ("training", "calibration")
    }
    assert means["training"] < 15
    assert means["calibration"] > 80


def test_a_step_that_reads_one_part_is_given_the_same_rows(tmp_path: Path) -> None:
    whole, _ = serve(tmp_path, "s3://b/raw", parts=PARTS)
    before = (whole / "calibration" / "part-00000.csv").read_bytes()
    part, dataset = serve(tmp_path, "s3://b/raw/calibration/", parts=PARTS)
    assert (part / "part-00000.csv").read_bytes() == before
    assert dataset.row_count == 10


def test_a_place_that_is_no_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"parts .*: training, calibration, signature \(did you mean 'training'"):
        serve(tmp_path, "s3://b/raw/trainin", parts=PARTS)


def test_parts_may_be_files_and_lie_deeper(tmp_path: Path) -> None:
    parts = {"in/train.parquet": {}, "in/test.csv": {"rows": 3}}
    target, dataset = serve(tmp_path, "s3://b/raw/in", parts=parts)
    assert sorted(path.name for path in target.iterdir()) == ["test.csv", "train.parquet"]
    assert pyarrow.csv.read_csv(target / "test.csv").num_rows == 3
    assert pyarrow.parquet.read_table(target / "train.parquet").num_rows == 10
    assert dataset.row_count == 13


def test_a_step_may_read_one_part_that_is_a_file(tmp_path: Path) -> None:
    target, _ = serve(tmp_path, "s3://b/raw/in/test.csv", parts={"in/train.parquet": {}, "in/test.csv": {"rows": 3}})
    assert target.is_file()
    assert pyarrow.csv.read_csv(target).num_rows == 3


def test_a_part_stays_below_its_input() -> None:
    with pytest.raises(ValidationError, match="does not lie below the input"):
        a_schema(parts={"../other": {}})


def test_without_parts_two_places_of_one_input_hold_different_rows(tmp_path: Path) -> None:
    first, _ = serve(tmp_path, "s3://b/raw/training/")
    second, _ = serve(tmp_path, "s3://b/raw/calibration/")
    names = [(folder / "part-00000.csv").read_text(encoding="utf-8") for folder in (first, second)]
    assert names[0] != names[1]


def test_the_columns_of_a_part_are_drawn_alike_whatever_the_other_parts_are(tmp_path: Path) -> None:
    schema = a_schema(columns={"a": NUMBER})
    assert draw_table(schema, "training") != draw_table(schema, "calibration")
    assert draw_table(schema, "training") == draw_table(schema, "training")
