"""Samples of local tables."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from builders import a_scenario, a_served
from cursus_readiness.sources import subset, tables
from cursus_readiness.sources.base import Dataset, SourceError
from cursus_readiness.sources.local import LocalSource


def row(index: int) -> str:
    return f'{index},"cell, {index}\nof two lines",{"yes" if index % 10 == 0 else "no"}\r\n'


CSV = "id,remark,label\n" + "".join(map(row, range(1000)))


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def serve(folder: Path, source: str = "local:data", name: str = "store", **binding: Any) -> tuple[Path, Dataset]:
    scenario, served = a_scenario(folder), a_served("s3://b/in/", source, **{"rows": 100, **binding})
    LocalSource().check(served, scenario)
    return folder / name, LocalSource().materialise(served, scenario, folder / name)


def rows_of(path: Path) -> list[dict[str, Any]]:
    options = pa.csv.ParseOptions(newlines_in_values=True)
    return list(pa.csv.read_csv(path, parse_options=options).to_pylist())


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that rows, and what is drawn, go over many of them."""
    monkeypatch.setattr(tables, "_BLOCK_BYTES", 1000)
    monkeypatch.setattr(subset, "_BATCH_ROWS", 64)


@pytest.mark.usefixtures("small_blocks")
def test_so_many_rows_are_drawn_as_they_are_written(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.csv", CSV)
    target, dataset = serve(tmp_path)
    text = (target / "a.csv").read_bytes().decode()
    assert text.startswith("id,remark,label\n")
    found = rows_of(target / "a.csv")
    assert len({row["id"] for row in found}) == len(found) == dataset.row_count == 100
    assert [row["id"] for row in found] == sorted(row["id"] for row in found)
    assert text == "id,remark,label\n" + "".join(row(item["id"]) for item in found)


@pytest.mark.usefixtures("small_blocks")
def test_any_row_may_be_drawn(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.csv", CSV)
    drawn: Counter[int] = Counter()
    for seed in range(100):
        target, _ = serve(tmp_path, name=f"store-{seed}", seed=seed)
        drawn.update(row["id"] for row in rows_of(target / "a.csv"))
    assert len(drawn) == 1000
    first, last = (sum(drawn[index] for index in part) for part in (range(500), range(500, 1000)))
    assert first / last == pytest.approx(1, abs=0.1)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "parquet"])
def test_strata_keep_their_shares_exactly(kind: str, tmp_path: Path) -> None:
    table = pa.table({"id": range(1000), "label": ["yes" if index % 10 == 0 else "no" for index in range(1000)]})
    path = tmp_path / "data" / f"a.{kind}"
    if kind == "parquet":
        path.parent.mkdir()
        pa.parquet.write_table(table, path, compression="zstd", row_group_size=300)
    elif kind == "jsonl":
        put(path, "".join(f'{{"id": {row["id"]}, "label": "{row["label"]}"}}\n' for row in table.to_pylist()))
    else:
        text = "id,label\n" + "".join(f"{row['id']},{row['label']}\n" for row in table.to_pylist())
        put(path, gzip.compress(text.encode()) if kind == "csv.gz" else text)
    target, dataset = serve(tmp_path, stratify="label")
    found = target / f"a.{kind}"
    if kind == "parquet":
        labels = pa.parquet.read_table(found).column("label").to_pylist()
        assert pa.parquet.read_metadata(found).row_group(0).column(0).compression == "ZSTD"
    else:
        text = (gzip.decompress(found.read_bytes()) if kind == "csv.gz" else found.read_bytes()).decode()
        labels = re.findall("yes|no", text)
    assert Counter(labels) == {"yes": 10, "no": 90}
    assert dataset.row_count == 100


def test_shares_that_do_not_come_out_even_are_rounded_to_the_rows_asked_for(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.csv", "k\n" + "".join(f"{name}\n" * 11 for name in "abc"))
    target, _ = serve(tmp_path, rows=10, stratify="k")
    assert sorted(Counter(row["k"] for row in rows_of(target / "a.csv")).values()) == [3, 3, 4]


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_the_same_seed_gives_the_same_bytes_and_another_other_ones(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "data" / f"a.{kind}"
    path.parent.mkdir()
    if kind == "parquet":
        pa.parquet.write_table(pa.table({"a": range(1000)}), path)
    else:
        put(path, gzip.compress(CSV.encode()) if kind == "csv.gz" else CSV)
    digests = []
    for name, seed in (("1", 4), ("2", 4), ("3", 5)):
        target, dataset = serve(tmp_path, name=name, seed=seed)
        digests.append(hashlib.sha256((target / path.name).read_bytes()).hexdigest())
        assert dataset.sha256 == digests[-1]
        assert dataset.seed == seed
    assert digests[0] == digests[1] != digests[2]


def test_rows_are_drawn_of_all_files_together_and_the_layout_stays(tmp_path: Path) -> None:
    put(tmp_path / "data" / "part-0.csv", "a\n" + "1\n" * 900)
    put(tmp_path / "data" / "sub" / "part-1.csv", "a\n" + "2\n" * 100)
    put(tmp_path / "data" / "signature", "a")
    target, dataset = serve(tmp_path)
    counts = [len(rows_of(target / name)) for name in ("part-0.csv", "sub/part-1.csv")]
    assert sum(counts) == 100
    assert counts[0] == pytest.approx(90, abs=10)
    assert (target / "signature").read_text(encoding="utf-8") == "a"
    assert dataset.file_count == 3


def test_a_file_without_a_header_keeps_none(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.csv", "".join(f"{index},0\n" for index in range(50)))
    target, dataset = serve(tmp_path, rows=50)
    assert (target / "a.csv").read_text(encoding="utf-8").count("\n") == dataset.row_count == 50


def test_more_rows_than_there_are_means_all(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.csv", CSV)
    target, dataset = serve(tmp_path, rows=5000)
    assert (target / "a.csv").read_bytes().decode() == CSV
    assert dataset.row_count == 1000


def test_libsvm_rows_can_be_drawn(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.libsvm", "".join(f"{index % 2} 1:{index}\n" for index in range(300)))
    target, _ = serve(tmp_path)
    assert (target / "a.libsvm").read_text(encoding="utf-8").count("\n") == 100


def test_the_users_files_stay_as_they_are(tmp_path: Path) -> None:
    path = put(tmp_path / "data" / "a.csv", CSV)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    target, _ = serve(tmp_path)
    assert not (target / "a.csv").is_symlink()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_what_a_narrower_binding_serves_is_not_replaced(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.csv", CSV)
    mine = put(tmp_path / "mine.csv", "a\n1\n")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "a.csv").symlink_to(mine)
    _, dataset = serve(tmp_path)
    assert mine.read_text(encoding="utf-8") == "a\n1\n"
    assert dataset.row_count == 1


@pytest.mark.parametrize(
    ("name", "content", "binding", "message"),
    [
        ("a.csv", CSV, {"stratify": "lable"}, r"has no column 'lable' to stratify by \(did you mean 'label'"),
        ("a.csv", "1,2\n", {"stratify": "label"}, "has no column 'label'"),
        ("a.jsonl", '{"a": 1}\n', {"stratify": "label"}, "has no column 'label'"),
        ("a.libsvm", "1 1:1\n", {"stratify": "label"}, "has no column 'label'"),
        ("a.txt", "x", {}, "there is no table among the files"),
        ("a.csv", "", {}, "has no row"),
        ("a.csv", "a,a\n1,2\n", {}, "two columns named 'a'"),
        ("a.csv", b"\xe9,b\n", {}, "not UTF-8"),
        ("a.parquet", "PAR1", {}, "not a whole Parquet file"),
        ("a.csv.gz", b"\x1f\x8b nothing", {}, "not a whole gzip file"),
    ],
)
def test_what_cannot_be_drawn_of_is_refused_before_anything_runs(
    name: str, content: str | bytes, binding: dict[str, Any], message: str, tmp_path: Path
) -> None:
    put(tmp_path / "data" / name, content)
    with pytest.raises(SourceError, match=message):
        LocalSource().check(a_served("s3://b/in/", "local:data", **{"rows": 5, **binding}), a_scenario(tmp_path))


def test_a_parquet_table_without_the_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    pa.parquet.write_table(pa.table({"a": [1]}), tmp_path / "data" / "a.parquet")
    with pytest.raises(SourceError, match="has no column 'label'"):
        serve(tmp_path, stratify="label")


def test_too_many_strata_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.csv", "k\n" + "".join(f"v{index}\n" for index in range(2000)))
    with pytest.raises(SourceError, match="'k' has more than 1000 values"):
        serve(tmp_path, stratify="k")


def test_rows_that_do_not_fit_their_header_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.csv", "a,k\n" + "1,x\n" * 10 + "1,x,y\n")
    with pytest.raises(SourceError, match=r"a\.csv cannot be read: .*Expected 2 columns, got 3"):
        serve(tmp_path, rows=5, stratify="k")


def test_a_line_that_was_not_written_to_its_end_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.jsonl", '{"label": 1}\n{"lab')
    with pytest.raises(SourceError, match=r"a\.jsonl cannot be read"):
        serve(tmp_path, stratify="label")


def test_a_column_that_has_no_single_values_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    pa.parquet.write_table(pa.table({"k": [{"x": 1}] * 30}), tmp_path / "data" / "a.parquet")
    with pytest.raises(SourceError, match=r"a\.parquet cannot be read"):
        serve(tmp_path, rows=5, stratify="k")


def test_gaps_are_a_stratum_of_their_own(tmp_path: Path) -> None:
    put(tmp_path / "data" / "a.csv", "a,k\n" + "1,x\n" * 80 + "1,\n" * 20)
    target, _ = serve(tmp_path, rows=10, stratify="k")
    assert Counter(line.split(",")[1] for line in (target / "a.csv").read_text().splitlines()[1:]) == {"x": 8, "": 2}


def test_hypergeometric_draws_never_ask_for_more_than_is_there() -> None:
    sizes = {None: 5, "a": 1}
    draw = subset._Draw(sizes, tables.Sampling(rows=6))
    assert np.array_equal(draw.taken(pa.array([None, None, "a", None, None, None], pa.string())), np.arange(6))
