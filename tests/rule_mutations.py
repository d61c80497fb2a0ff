"""Corruptions of the bundled churn pipeline's outputs that cost somebody a release, and variations that cost nobody."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

EXECUTION = "churn-demo/executions/readiness"
LOADED = "dataloading/training/DATA"
LOADED_TO_CALIBRATE = "dataloading/calibration/DATA"
SPLITS = "tabularpreprocessing/training/processed_data"
TRAIN, VAL, TEST = (f"{SPLITS}/{name}/{name}_processed_data.csv" for name in ("train", "val", "test"))
TO_CALIBRATE = "tabularpreprocessing/calibration/processed_data/calibration/calibration_processed_data.csv"
TRAINING = "gradient_boosting_training/pipelines-readiness-GradientBoostingTraining/output"
SCORED = "modelevaluation/calibration/eval_output/eval_predictions.csv"
METRICS = "modelevaluation/calibration/metrics/metrics.json"
CALIBRATION = "modelcalibration/calibration"
CALIBRATED = f"{CALIBRATION}/calibrated_data/calibrated_predictions.csv"
MODEL, PACKAGE = f"{TRAINING}/model.tar.gz", "package/model_package/model.tar.gz"
PAYLOAD = "payload/payload_sample"

Row = dict[str, str]
Case = Callable[["Outputs"], None]
CORRUPTIONS: list[Case] = []
VARIATIONS: list[Case] = []


def corruption(case: Case) -> Case:
    CORRUPTIONS.append(case)
    return case


def variation(case: Case) -> Case:
    VARIATIONS.append(case)
    return case


class Outputs:
    """The outputs in a store, to be read and replaced; the same seed for every case."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.random = random.Random(2026)

    def path(self, name: str) -> Path:
        return self.root / EXECUTION / name

    def shards(self, folder: str = LOADED) -> list[str]:
        return [f"{folder}/{path.name}" for path in sorted(self.path(folder).glob("*.csv"))]

    def read(self, name: str) -> bytes:
        return self.path(name).read_bytes()

    def write(self, name: str, content: bytes | str) -> None:
        path = self.path(name)
        path.unlink(missing_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def rows(self, name: str) -> list[Row]:
        return list(csv.DictReader(io.StringIO(self.read(name).decode())))

    def write_rows(self, name: str, rows: list[Row], columns: list[str] | None = None, **dialect: Any) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, columns or list(rows[0]), **{"lineterminator": "\n", **dialect})
        writer.writeheader()
        writer.writerows(rows)
        self.write(name, text.getvalue())

    def change(self, name: str, edit: Callable[[list[Row]], list[Row] | None]) -> None:
        """Edit the rows of a file, in place or by returning others."""
        rows = self.rows(name)
        self.write_rows(name, edit(rows) or rows)

    def change_json(self, name: str, edit: Callable[[Any], None]) -> None:
        document = json.loads(self.read(name))
        edit(document)
        self.write(name, json.dumps(document, indent=2) + "\n")

    def members(self, name: str) -> dict[str, bytes]:
        with tarfile.open(self.path(name)) as tar:
            return {item.name: tar.extractfile(item).read() for item in tar if item.isfile()}  # type: ignore[union-attr]

    def pack(self, name: str, members: dict[str, bytes], *, level: int = 6, prefix: str = "") -> None:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as tar:
            for member, data in members.items():
                header = tarfile.TarInfo(prefix + member)
                header.size = len(data)
                tar.addfile(header, io.BytesIO(data))
        self.write(name, gzip.compress(content.getvalue(), compresslevel=level, mtime=0))

    def some(self, rows: list[Row], share: float) -> list[Row]:
        return self.random.sample(rows, max(1, round(len(rows) * share)))

    def swap(self, one: str, other: str) -> None:
        first, second = self.read(one), self.read(other)
        self.write(one, second)
        self.write(other, first)


# --- What the loading step may do wrong ---


@corruption
def a_column_is_dropped(outputs: Outputs) -> None:
    for name in outputs.shards():
        outputs.change(name, lambda rows: [{k: v for k, v in row.items() if k != "region"} for row in rows])


@corruption
def a_column_is_renamed(outputs: Outputs) -> None:
    for name in outputs.shards():
        outputs.write(name, outputs.read(name).replace(b"support_calls", b"calls", 1))


@corruption
def the_names_of_two_columns_are_swapped(outputs: Outputs) -> None:
    for name in outputs.shards():
        outputs.write(name, outputs.read(name).replace(b"age,tenure_months", b"tenure_months,age", 1))


@corruption
def ids_are_duplicated(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in outputs.some(rows, 0.01):
            row["customer_id"] = rows[0]["customer_id"]

    outputs.change(outputs.shards()[1], edit)


@corruption
def rows_are_there_twice(outputs: Outputs) -> None:
    outputs.change(outputs.shards()[2], lambda rows: rows + outputs.some(rows, 0.005))


@corruption
def a_shard_is_lost(outputs: Outputs) -> None:
    outputs.path(outputs.shards()[1]).unlink()


@corruption
def a_shard_is_truncated_within_a_row(outputs: Outputs) -> None:
    name = outputs.shards()[2]
    content = outputs.read(name)
    outputs.write(name, content[: len(content) // 2])


@corruption
def a_shard_is_truncated_at_the_end_of_a_row(outputs: Outputs) -> None:
    name = outputs.shards()[2]
    content = outputs.read(name).splitlines(keepends=True)
    outputs.write(name, b"".join(content[:-7]))


@corruption
def a_shard_has_no_content(outputs: Outputs) -> None:
    outputs.write(outputs.shards()[0], b"")


@corruption
def labels_are_shifted_by_a_row(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        labels = [row["churned"] for row in rows]
        for row, label in zip(rows, labels[-1:] + labels[:-1], strict=True):
            row["churned"] = label

    outputs.change(outputs.shards()[0], edit)


@corruption
def some_labels_are_flipped(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in outputs.some(rows, 0.005):
            row["churned"] = str(1 - int(row["churned"]))

    outputs.change(outputs.shards()[1], edit)


@corruption
def labels_are_missing(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in outputs.some(rows, 0.002):
            row["churned"] = "NaN"

    outputs.change(outputs.shards()[1], edit)


@corruption
def a_shard_is_in_another_unit(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in rows:
            row["monthly_charges"] = f"{float(row['monthly_charges'] or 65) * 100:.2f}"

    outputs.change(outputs.shards()[1], edit)


@corruption
def values_of_a_full_column_go_missing(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in outputs.some(rows, 0.01):
            row["tenure_months"] = ""

    outputs.change(outputs.shards()[0], edit)


@corruption
def a_category_is_new(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        outputs.some(rows, 0.0001)[0]["contract"] = "weekly"

    outputs.change(outputs.shards()[2], edit)


@corruption
def a_shard_of_the_other_branch_is_written(outputs: Outputs) -> None:
    outputs.swap(outputs.shards()[0], outputs.shards(LOADED_TO_CALIBRATE)[0])


@corruption
def a_shard_is_in_another_encoding(outputs: Outputs) -> None:
    name = outputs.shards()[1]
    outputs.write(name, outputs.read(name).replace(b"north", "nørth".encode("latin-1"), 3))


@corruption
def a_shard_is_utf_16(outputs: Outputs) -> None:
    name = outputs.shards()[1]
    outputs.write(name, outputs.read(name).decode().encode("utf-16"))


@corruption
def two_columns_have_the_same_name(outputs: Outputs) -> None:
    for name in outputs.shards():
        outputs.write(name, outputs.read(name).replace(b"late_payments", b"support_calls", 1))


@corruption
def a_header_stands_in_the_middle(outputs: Outputs) -> None:
    name = outputs.shards()[0]
    content = outputs.read(name).splitlines(keepends=True)
    outputs.write(name, b"".join([*content[:900], content[0], *content[900:]]))


@corruption
def missing_numbers_are_written_as_a_word(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in rows:
            row["age"] = row["age"] or "unknown"

    outputs.change(outputs.shards()[0], edit)


@corruption
def an_address_is_written_in_place_of_an_id(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        rows[17]["customer_id"] = "jane.doe@example.com"

    outputs.change(outputs.shards()[0], edit)


@corruption
def ids_lose_their_prefix(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in rows:
            row["customer_id"] = row["customer_id"].removeprefix("C").lstrip("0") or "0"

    for name in outputs.shards():
        outputs.change(name, edit)


@corruption
def the_metadata_tell_another_number_of_rows(outputs: Outputs) -> None:
    outputs.change_json("dataloading/training/METADATA/metadata.json", lambda found: found.update(rows=5999))


@corruption
def a_cell_of_ten_megabytes_is_written(outputs: Outputs) -> None:
    outputs.change(outputs.shards()[0], lambda rows: rows[5].update(region="x" * 10_000_000))


# --- What the preprocessing step may do wrong ---


@corruption
def rows_of_the_test_split_leak_into_train(outputs: Outputs) -> None:
    leaked = outputs.some(outputs.rows(TEST), 0.02)
    outputs.change(TRAIN, lambda rows: rows + leaked)


@corruption
def rows_of_the_test_split_replace_some_of_train(outputs: Outputs) -> None:
    leaked = outputs.some(outputs.rows(TEST), 0.02)
    outputs.change(TRAIN, lambda rows: rows[len(leaked) :] + leaked)


@corruption
def train_and_test_are_swapped(outputs: Outputs) -> None:
    outputs.swap(TRAIN, TEST)


@corruption
def the_split_goes_by_tenure(outputs: Outputs) -> None:
    rows = [row for name in (TRAIN, VAL, TEST) for row in outputs.rows(name)]
    rows.sort(key=lambda row: int(row["tenure_months"]))
    for name, part in ((TRAIN, rows[:4200]), (VAL, rows[4200:5100]), (TEST, rows[5100:])):
        outputs.write_rows(name, part)


@corruption
def the_test_split_has_hardly_a_positive(outputs: Outputs) -> None:
    rows = outputs.rows(TEST)
    others = [row for row in rows if row["churned"] == "1"][20:]
    outputs.write_rows(TEST, [row for row in rows if row not in others])
    outputs.change(TRAIN, lambda train: train + others)


@corruption
def a_column_is_constant(outputs: Outputs) -> None:
    outputs.change(TO_CALIBRATE, lambda rows: [{**row, "support_calls": "0"} for row in rows])


@corruption
def a_column_is_shuffled(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        values = [row["discount_percent"] for row in rows]
        outputs.random.shuffle(values)
        for row, value in zip(rows, values, strict=True):
            row["discount_percent"] = value

    outputs.change(VAL, edit)


@corruption
def the_split_to_calibrate_is_that_of_the_test(outputs: Outputs) -> None:
    outputs.write(TO_CALIBRATE, outputs.read(TEST))


@corruption
def numbers_lose_their_fractions(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in rows:
            row["monthly_charges"] = row["monthly_charges"].partition(".")[0]

    outputs.change(TRAIN, edit)


@corruption
def a_row_in_a_thousand_is_lost(outputs: Outputs) -> None:
    lost = outputs.some(outputs.rows(TO_CALIBRATE), 0.001)
    outputs.change(TO_CALIBRATE, lambda rows: [row for row in rows if row not in lost])


@corruption
def numbers_have_a_decimal_comma(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in rows:
            row["data_usage_gb"] = row["data_usage_gb"].replace(".", ",")

    outputs.change(TRAIN, edit)


@corruption
def one_region_is_gone(outputs: Outputs) -> None:
    outputs.change(TEST, lambda rows: [{**row, "region": "north"} for row in rows])


# --- What training and packaging may do wrong ---


@corruption
def the_models_archive_is_truncated(outputs: Outputs) -> None:
    outputs.write(MODEL, outputs.read(MODEL)[:-1000])


@corruption
def the_model_breaks_off_in_a_whole_archive(outputs: Outputs) -> None:
    members = outputs.members(MODEL)
    outputs.pack(MODEL, {**members, "model.joblib": members["model.joblib"][:-300]})


@corruption
def the_model_is_a_pickle_of_a_class_that_is_not_there(outputs: Outputs) -> None:
    broken = b"\x80\x04cmodels_of_last_year\nChurnModel\n."
    outputs.pack(MODEL, {**outputs.members(MODEL), "model.joblib": broken})


@corruption
def the_model_is_missing_from_its_archive(outputs: Outputs) -> None:
    members = outputs.members(MODEL)
    outputs.pack(MODEL, {name: data for name, data in members.items() if name != "model.joblib"})


@corruption
def a_packaged_model_cannot_predict(outputs: Outputs) -> None:
    import joblib  # of the extra 'scenarios', without which no case is run

    content = io.BytesIO()
    joblib.dump({"weights": [0.1, 0.2]}, content)
    outputs.pack(PACKAGE, {**outputs.members(PACKAGE), "model.joblib": content.getvalue()})


@corruption
def the_serving_script_does_not_parse(outputs: Outputs) -> None:
    members = outputs.members(PACKAGE)
    outputs.pack(PACKAGE, {**members, "code/inference.py": members["code/inference.py"][:-40] + b"def (:\n"})


@corruption
def the_serving_script_lacks_a_function(outputs: Outputs) -> None:
    members = outputs.members(PACKAGE)
    script = members["code/inference.py"].replace(b"def predict_fn", b"def predict")
    outputs.pack(PACKAGE, {**members, "code/inference.py": script})


@corruption
def the_calibration_curve_is_not_a_number(outputs: Outputs) -> None:
    members = outputs.members(PACKAGE)
    curve = json.loads(members["calibration/calibration.json"])
    curve["y"] = [float("nan")] * len(curve["y"])
    outputs.pack(PACKAGE, {**members, "calibration/calibration.json": json.dumps(curve).encode()})


@corruption
def a_key_is_left_in_the_package(outputs: Outputs) -> None:
    members = outputs.members(PACKAGE)
    script = members["code/inference.py"] + b"\nAWS_ACCESS_KEY_ID = 'AKIA" + b"Q3EGRF7ZXNSLTUV2'\n"
    outputs.pack(PACKAGE, {**members, "code/inference.py": script})


# --- What evaluation, calibration and payloads may do wrong ---


@corruption
def predictions_are_constant(outputs: Outputs) -> None:
    outputs.change(SCORED, lambda rows: [{**row, "prob_class_0": "0.7", "prob_class_1": "0.3"} for row in rows])


@corruption
def predictions_are_shuffled(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        scores = [row["prob_class_1"] for row in rows]
        outputs.random.shuffle(scores)
        for row, score in zip(rows, scores, strict=True):
            row["prob_class_1"], row["prob_class_0"] = score, str(1 - float(score))

    outputs.change(SCORED, edit)


@corruption
def the_classes_are_swapped(outputs: Outputs) -> None:
    outputs.change(
        SCORED,
        lambda rows: [
            {**row, "prob_class_0": row["prob_class_1"], "prob_class_1": row["prob_class_0"]} for row in rows
        ],
    )


@corruption
def some_predictions_are_not_a_number(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in outputs.some(rows, 0.001):
            row["prob_class_1"] = "nan"

    outputs.change(SCORED, edit)


@corruption
def predictions_belong_to_other_customers(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        ids = [row["customer_id"] for row in rows]
        for row, name in zip(rows, ids[1:] + ids[:1], strict=True):
            row["customer_id"] = name

    outputs.change(SCORED, edit)


@corruption
def the_metrics_are_those_of_a_guess(outputs: Outputs) -> None:
    outputs.change_json(METRICS, lambda found: found.update(auc=0.52, average_precision=0.31))


@corruption
def the_metrics_are_half_written(outputs: Outputs) -> None:
    outputs.write(METRICS, outputs.read(METRICS)[:60])


@corruption
def a_metric_is_not_a_number(outputs: Outputs) -> None:
    outputs.change_json(METRICS, lambda found: found.update(log_loss=float("nan")))


@corruption
def calibrated_scores_are_halved(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in rows:
            row["calibrated_prob_class_1"] = str(float(row["calibrated_prob_class_1"]) / 2)

    outputs.change(CALIBRATED, edit)


@corruption
def calibration_gives_everybody_the_base_rate(outputs: Outputs) -> None:
    outputs.change(CALIBRATED, lambda rows: [{**row, "calibrated_prob_class_1": "0.3046"} for row in rows])


@corruption
def the_calibration_curve_is_half_written(outputs: Outputs) -> None:
    name = f"{CALIBRATION}/calibration_output/calibration.json"
    outputs.write(name, outputs.read(name)[:500])


@corruption
def a_payload_lacks_a_feature(outputs: Outputs) -> None:
    name = f"{PAYLOAD}/payload_text_csv_0.csv"
    outputs.write(name, outputs.read(name).partition(b",")[2])


@corruption
def a_payload_of_a_kind_is_missing(outputs: Outputs) -> None:
    members = outputs.members(f"{PAYLOAD}/payload.tar.gz")
    outputs.pack(f"{PAYLOAD}/payload.tar.gz", {name: data for name, data in members.items() if name.endswith(".csv")})


# --- What is nobody's business ---


def _vary(name: str, case: Case) -> None:
    case.__name__ = name
    VARIATIONS.append(case)


def _shuffled(name: str) -> Case:
    def case(outputs: Outputs) -> None:
        rows = outputs.rows(name)
        outputs.random.shuffle(rows)
        outputs.write_rows(name, rows)

    return case


def _split(name: str, count: int) -> Case:
    """A file becomes several, as a writer with more partitions would have it."""

    def case(outputs: Outputs) -> None:
        rows, stem = outputs.rows(name), name.removesuffix(".csv")
        outputs.path(name).unlink()
        for index in range(count):
            outputs.write_rows(f"{stem}-{index}.csv", rows[index::count])

    return case


def _column_order(*names: str, change: Callable[[list[str]], list[str]]) -> Case:
    def case(outputs: Outputs) -> None:
        for name in names:
            rows = outputs.rows(name)
            outputs.write_rows(name, rows, change(list(rows[0])))

    return case


def _rewritten(name: str, **dialect: Any) -> Case:
    def case(outputs: Outputs) -> None:
        outputs.write_rows(name, outputs.rows(name), **dialect)

    return case


def _repacked(name: str, *, level: int = 6, prefix: str = "", is_reversed: bool = False) -> Case:
    def case(outputs: Outputs) -> None:
        members = outputs.members(name)
        order = sorted(members, reverse=is_reversed)
        outputs.pack(name, {member: members[member] for member in order}, level=level, prefix=prefix)

    return case


def _json(name: str, **options: Any) -> Case:
    def case(outputs: Outputs) -> None:
        outputs.write(name, json.dumps(json.loads(outputs.read(name)), **options))

    return case


_vary("rows_of_train_in_another_order", _shuffled(TRAIN))
_vary("rows_of_val_in_another_order", _shuffled(VAL))
_vary("rows_of_test_in_another_order", _shuffled(TEST))
_vary("rows_to_calibrate_in_another_order", _shuffled(TO_CALIBRATE))
_vary("scored_rows_in_another_order", _shuffled(SCORED))
_vary("calibrated_rows_in_another_order", _shuffled(CALIBRATED))
_vary("rows_of_a_shard_in_another_order", _shuffled(f"{LOADED}/part-00001.csv"))
_vary("train_in_two_files", _split(TRAIN, 2))
_vary("test_in_five_files", _split(TEST, 5))
_vary("rows_to_calibrate_in_three_files", _split(TO_CALIBRATE, 3))
_vary("scored_rows_in_two_files", _split(SCORED, 2))
_vary("calibrated_rows_in_seven_files", _split(CALIBRATED, 7))
_vary("a_shard_in_four", _split(f"{LOADED}/part-00002.csv", 4))
_vary("columns_of_all_splits_backwards", _column_order(TRAIN, VAL, TEST, change=lambda names: names[::-1]))
_vary("columns_of_one_split_by_name", _column_order(VAL, change=sorted))
_vary("columns_to_calibrate_by_name", _column_order(TO_CALIBRATE, change=sorted))
_vary("columns_of_calibrated_rows_backwards", _column_order(CALIBRATED, change=lambda names: names[::-1]))
_vary("everything_quoted_in_train", _rewritten(TRAIN, quoting=csv.QUOTE_ALL))
_vary("text_quoted_in_a_shard", _rewritten(f"{LOADED}/part-00000.csv", quoting=csv.QUOTE_NONNUMERIC))
_vary("lines_of_train_end_as_on_windows", _rewritten(TRAIN, lineterminator="\r\n"))
_vary("lines_of_scored_rows_end_as_on_windows", _rewritten(SCORED, lineterminator="\r\n"))
_vary("the_model_packed_harder", _repacked(MODEL, level=9))
_vary("the_model_packed_faster", _repacked(MODEL, level=1))
_vary("members_of_the_package_in_another_order", _repacked(PACKAGE, is_reversed=True))
_vary("members_of_the_model_with_a_leading_dot", _repacked(MODEL, prefix="./"))
_vary("payloads_packed_without_compression", _repacked(f"{PAYLOAD}/payload.tar.gz", level=0))
_vary("the_trainings_output_packed_harder", _repacked(f"{TRAINING}/output.tar.gz", level=9, is_reversed=True))
_vary("metrics_on_one_line", _json(METRICS))
_vary("metrics_sorted_by_name", _json(METRICS, sort_keys=True, indent=4))
_vary("metadata_on_one_line", _json("dataloading/training/METADATA/metadata.json", separators=(",", ":")))
_vary("the_curve_on_many_lines", _json(f"{CALIBRATION}/calibration_output/calibration.json", indent=1))
_vary("a_payload_on_one_line", _json(f"{PAYLOAD}/payload_application_json_0.json"))


@variation
def calibrated_rows_are_compressed(outputs: Outputs) -> None:
    content = outputs.read(CALIBRATED)
    outputs.path(CALIBRATED).unlink()
    outputs.write(f"{CALIBRATED}.gz", gzip.compress(content))


@variation
def all_shards_are_one(outputs: Outputs) -> None:
    first, *others = outputs.shards()
    rows = [row for name in (first, *others) for row in outputs.rows(name)]
    for name in others:
        outputs.path(name).unlink()
    outputs.write_rows(first, rows)


@variation
def shards_have_other_names(outputs: Outputs) -> None:
    for number, name in enumerate(outputs.shards()):
        content = outputs.read(name)
        outputs.path(name).unlink()
        outputs.write(f"{LOADED}/part-{9 - number}-2026.csv", content)


@variation
def rows_are_dealt_to_the_shards_anew(outputs: Outputs) -> None:
    names = outputs.shards()
    rows = [row for name in names for row in outputs.rows(name)]
    outputs.random.shuffle(rows)
    for index, name in enumerate(names):
        outputs.write_rows(name, rows[index :: len(names)])


@variation
def a_shard_has_a_header_and_no_rows(outputs: Outputs) -> None:
    header = outputs.read(outputs.shards()[0]).partition(b"\n")[0]
    outputs.write(f"{LOADED}/part-00009.csv", header + b"\n")


@variation
def the_last_line_of_a_shard_has_no_end(outputs: Outputs) -> None:
    name = outputs.shards()[2]
    outputs.write(name, outputs.read(name).rstrip(b"\n"))


@variation
def a_shard_starts_with_a_byte_order_mark(outputs: Outputs) -> None:
    name = outputs.shards()[0]
    outputs.write(name, b"\xef\xbb\xbf" + outputs.read(name))


@variation
def numbers_have_more_zeros(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in rows:
            row["monthly_charges"] += "00" if "." in row["monthly_charges"] else ""

    outputs.change(TRAIN, edit)


@variation
def numbers_are_written_with_an_exponent(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in rows:
            row["data_usage_gb"] = f"{float(row['data_usage_gb']):.12e}" if row["data_usage_gb"] else ""

    outputs.change(TO_CALIBRATE, edit)


@variation
def scores_are_rounded_to_eight_digits(outputs: Outputs) -> None:
    for name in (SCORED, CALIBRATED):
        rows = outputs.rows(name)
        for row in rows:
            row.update({column: f"{float(row[column]):.8f}" for column in row if column.startswith("prob_")})
        outputs.write_rows(name, rows)


@variation
def the_split_is_that_of_another_seed(outputs: Outputs) -> None:
    rows = [row for name in (TRAIN, VAL, TEST) for row in outputs.rows(name)]
    outputs.random.shuffle(rows)
    for name, part in ((TRAIN, rows[:4200]), (VAL, rows[4200:5100]), (TEST, rows[5100:])):
        outputs.write_rows(name, part)


@variation
def the_model_is_a_little_better(outputs: Outputs) -> None:
    outputs.change_json(
        METRICS, lambda found: found.update(auc=found["auc"] + 0.004, log_loss=found["log_loss"] - 0.01)
    )


@variation
def the_metrics_tell_more(outputs: Outputs) -> None:
    outputs.change_json(METRICS, lambda found: found.update(recall_at_ten_percent=0.31, notes="first run of the week"))


@variation
def calibrated_scores_are_a_little_noisy(outputs: Outputs) -> None:
    def edit(rows: list[Row]) -> None:
        for row in rows:
            noisy = float(row["calibrated_prob_class_1"]) + outputs.random.uniform(-0.002, 0.002)
            row["calibrated_prob_class_1"] = str(min(1.0, max(0.0, noisy)))

    outputs.change(CALIBRATED, edit)


@variation
def a_payload_has_another_typical_customer(outputs: Outputs) -> None:
    outputs.write(f"{PAYLOAD}/payload_text_csv_0.csv", "31,4,80.5,120.0,0,3,1,12,one-year,dsl,bank-transfer,east\n")
