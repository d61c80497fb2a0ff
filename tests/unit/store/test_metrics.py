"""All samples of a run in one file."""

from __future__ import annotations

import math
from array import array
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from cursus_readiness.sampling.sampler import SAMPLE_COLUMNS
from cursus_readiness.store import metrics
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.metrics import write_metrics
from cursus_readiness.store.writing import write_samples

NAN = math.nan


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    return RunLayout(tmp_path)


def sample(layout: RunLayout, step: str, **columns: list[float]) -> None:
    """Write samples of a step; columns that are not given are the number of the row."""
    count = len(next(iter(columns.values())))
    plain = {name: [float(row) for row in range(count)] for name in SAMPLE_COLUMNS}
    filled = {name: array("d", values) for name, values in {**plain, **columns}.items()}
    write_samples(layout.scenario("churn").step(step).samples, filled)


def written(layout: RunLayout, *steps: str) -> pd.DataFrame:
    write_metrics(layout, [("churn", step) for step in steps])
    return pd.read_parquet(layout.metrics)


def test_every_sample_stands_with_its_scenario_and_step(layout: RunLayout) -> None:
    sample(layout, "A", rss_bytes=[5, 6])
    sample(layout, "Ünï/😀", rss_bytes=[7])
    found = written(layout, "A", "no samples", "Ünï/😀")
    assert found["step"].tolist() == ["A", "A", "Ünï/😀"]
    assert found["scenario"].tolist() == ["churn"] * 3
    assert found["rss_bytes"].tolist() == [5, 6, 7]
    assert found.columns.tolist() == ["scenario", "step", *SAMPLE_COLUMNS]


def test_what_was_not_measured_is_null_and_not_zero(layout: RunLayout) -> None:
    sample(layout, "A", pss_bytes=[NAN, 0.0], cpu_ratio=[NAN, 0.5])
    write_metrics(layout, [("churn", "A")])
    table = pq.read_table(layout.metrics)
    assert table.column("pss_bytes").to_pylist() == [None, 0]
    assert table.column("cpu_ratio").to_pylist() == [None, 0.5]


def test_a_column_that_was_not_sampled_then_is_null(layout: RunLayout) -> None:
    write_samples(layout.scenario("churn").step("Old").samples, {"elapsed_s": array("d", [1.0])})
    sample(layout, "New", rss_bytes=[5])
    write_metrics(layout, [("churn", "Old"), ("churn", "New")])
    assert pq.read_table(layout.metrics).column("rss_bytes").to_pylist() == [None, 5]


def test_every_column_says_its_unit(layout: RunLayout) -> None:
    write_metrics(layout, [])
    schema = pq.read_schema(layout.metrics)
    assert {name: schema.field(name).metadata[b"unit"] for name in SAMPLE_COLUMNS} == {
        name: b"s" if name.endswith("_s") else b"byte" if name.endswith("_bytes") else b"1" for name in SAMPLE_COLUMNS
    }


def test_a_run_without_samples_has_no_rows(layout: RunLayout) -> None:
    assert len(written(layout)) == 0


def test_many_steps_are_written_piece_by_piece(layout: RunLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_ROWS_AT_A_TIME", 3)
    names = [f"S{number}" for number in range(7)]
    for number, name in enumerate(names):
        sample(layout, name, rss_bytes=[float(number)] * 2)
    found = written(layout, *names)
    assert found["step"].tolist() == [name for name in names for _ in range(2)]
    assert found["rss_bytes"].tolist() == [number for number in range(7) for _ in range(2)]
    assert pq.ParquetFile(layout.metrics).num_row_groups == 4


def test_samples_that_cannot_be_read_are_left_out(layout: RunLayout) -> None:
    sample(layout, "A", rss_bytes=[5])
    sample(layout, "B", rss_bytes=[6])
    layout.scenario("churn").step("A").samples.write_bytes(b"PAR1PAR1")
    assert written(layout, "A", "B")["rss_bytes"].tolist() == [6]


def test_the_file_is_written_whole_or_not_at_all(layout: RunLayout) -> None:
    before = len(written(layout))

    def breaks() -> object:
        yield "churn", "A"
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        write_metrics(layout, breaks())  # type: ignore[arg-type]
    assert len(pd.read_parquet(layout.metrics)) == before
    assert [entry.name for entry in layout.folder.iterdir()] == ["metrics.parquet"]
