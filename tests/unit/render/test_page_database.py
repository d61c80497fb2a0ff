"""What the page unpacks is what was measured: names, numbers, series with their peaks."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest

from builders import a_report, a_result, a_rule, a_step, a_step_that_never_ran, a_usage
from cursus_readiness.analysis.critical_path import critical_path
from cursus_readiness.model.attachments import Attachments, LogTail, StepDetail, StepInput, StepSeries
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import StepStatus
from cursus_readiness.render.anchors import anchor
from cursus_readiness.render.database import PageDatabase, page_database
from cursus_readiness.render.packing import packed
from cursus_readiness.render.series import WIDE, largest, levels, series_bytes
from cursus_readiness.units import GIB, KIB, MIB
from report_pages import a_flow


def unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b85decode(text.translate(str.maketrans(",.:", "<>&"))), -15)


def opened(report: ReadinessReport, attachments: Attachments | None = None) -> tuple[dict[str, Any], PageDatabase]:
    found = page_database(report, attachments or Attachments(), ["<p>a section</p>"])
    return json.loads(unpacked(found.index)), found


def words_of(index: dict[str, Any], database: PageDatabase, step: int) -> dict[str, Any]:
    start, end = index["parts"][step // index["partSize"]][0]
    words = json.loads(unpacked(database.parts[start:end]))
    place = step % index["partSize"]
    facts = {label: told[place] for label, told in words.pop("facts").items()}
    return {**{key: values[place] for key, values in words.items()}, "facts": facts}


def a_series(values: list[int], **changes: Any) -> StepSeries:
    count = len(values)
    fields: dict[str, Any] = {
        "scenario": "churn",
        "step": "Train",
        "sample_count": count,
        "elapsed_s": tuple(0.1 * place for place in range(count)),
        "memory_bytes": tuple(values),
        "cpu_ratio": tuple(1.0 for _ in values),
    }
    return StepSeries(**{**fields, **changes})


def planes_of(content: bytes, count: int) -> list[list[int]]:
    """The planes of one series, each byte the sum of the differences before it."""
    planes = []
    for start in range(0, len(content), count):
        total, plane = 0, []
        for difference in content[start : start + count]:
            total = (total + difference) % 256
            plane.append(total)
        planes.append(plane)
    return planes


def test_no_packed_text_is_markup() -> None:
    text = packed(bytes(range(256)) * 400)
    assert not set(text) & set("<>&\"'\\")
    assert unpacked(text) == bytes(range(256)) * 400


@pytest.mark.parametrize("count", [1, 2, WIDE, WIDE + 1, 240])
def test_a_spike_of_one_sample_is_drawn_at_its_full_height(count: int) -> None:
    values = [100 * MIB] * count
    values[count // 2] = 7 * GIB
    planes = planes_of(series_bytes([a_series(values)], 254, 254), count)
    memory = planes[-2]
    assert memory.index(254) == count // 2
    assert memory.count(254) == 1 or count == 1


def test_what_was_not_measured_is_not_drawn_as_nothing() -> None:
    series = a_series([MIB] * 3, cpu_ratio=(float("nan"), 2.0, 0.0))
    assert planes_of(series_bytes([series], 254, 254), 3)[-1] == [255, 254, 0]
    assert largest(series.cpu_ratio) == 2.0
    assert largest((float("nan"),)) == 0.0


def test_very_many_points_are_drawn_with_fewer_levels_and_peaks_stay_at_the_top() -> None:
    many = [a_series([MIB] * 200)] * 2000
    memory_levels, cpu_levels = levels(many)
    assert memory_levels < levels([a_series([MIB])])[0]
    assert planes_of(series_bytes([a_series([MIB, 2 * MIB])], memory_levels, cpu_levels), 2)[-2][1] == memory_levels


def test_a_run_without_series_has_no_bytes_for_them() -> None:
    assert series_bytes([], 254, 254) == b""


def test_the_index_has_every_step_with_what_was_measured() -> None:
    train = a_step("Train", depends_on=("Prep",), offset_s=11.0, process_offset_s=11.5, wall_s=10.0)
    steps = [a_step("Prep"), train, a_step_that_never_ran("Evaluate", StepStatus.BLOCKED)]
    result = a_result(steps).model_copy(update={"critical_path": critical_path(steps)})
    index, _ = opened(a_report(result))
    assert index["steps"]["name"] == ["Prep", "Train", "Evaluate"]
    assert index["steps"]["depends"] == [[], [1], []]
    assert index["steps"]["staging"] == [None, 0.5, None]
    assert index["steps"]["wall"] == [10.0, 10.0, None]
    assert index["steps"]["peak"] == [GIB // KIB, GIB // KIB, None]
    assert [index["statuses"][code][1] for code in index["steps"]["status"]] == ["succeeded", "succeeded", "blocked"]
    assert index["steps"]["slack"] == [0.0, 0.0, None]
    assert index["scenarios"]["path"][0]["steps"] == [0, 1]


@pytest.mark.parametrize("status", list(StepStatus))
def test_every_status_has_its_own_word(status: StepStatus) -> None:
    index, _ = opened(a_report(a_result([a_step(status=status)])))
    assert index["statuses"][index["steps"]["status"][0]][1] == status.value.replace("_", " ")


def test_pages_of_files_above_the_limit_do_not_count_against_it() -> None:
    usage = a_usage(peak_memory_bytes=5 * GIB, peak_anonymous_bytes=2 * GIB)
    index, _ = opened(a_report(a_result([a_step(usage=usage)])))
    assert index["steps"]["counted"] == [2 * GIB // KIB]


def test_a_step_is_told_in_words() -> None:
    log = LogTail(
        scenario="churn", step="Train", stream="stderr", text="\U0001f600 so\nValueError: bad\nend", dropped_bytes=2048
    )
    given = StepInput(name="data", uri="s3://bucket/data", path="/opt/ml/input")
    detail = StepDetail(
        scenario="churn", step="Train", variables={"B": "2", "A": "1"}, inputs=(given,), rerun="readiness run"
    )
    report = a_report(a_result([a_step(command=("python3", "train.py"))]))
    index, database = opened(report, Attachments(logs=(log,), details=(detail,), series=(a_series([MIB]),)))
    words = words_of(index, database, 0)
    assert words["command"] == "python3 train.py"
    assert words["variables"] == [["A", "1"], ["B", "2"]]
    assert words["inputs"] == [["data", "s3://bucket/data", "/opt/ml/input", *["not known"] * 3]]
    assert words["facts"]["Memory limit"] == "4 GiB"
    stream, text, places, dropped = words["logs"][0]
    assert (stream, dropped) == ("stderr", "2 KiB")
    in_javascript = text.encode("utf-16-le")
    assert in_javascript[2 * places[0] : 2 * places[1]].decode("utf-16-le") == "ValueError: bad"


def test_what_came_to_an_input_stands_beside_it() -> None:
    given = StepInput(name="in", uri="s3://bucket/x", path="/opt/ml/input")
    detail = StepDetail(scenario="churn", step="Prep", inputs=(given,))
    report = a_report(a_result([a_step("Prep")], data_flow=a_flow("Prep")))
    index, database = opened(report, Attachments(details=(detail,)))
    assert words_of(index, database, 0)["inputs"][0][3:] == ["90", "7", "2 KiB"]


def test_a_step_without_a_process_has_no_facts_of_one() -> None:
    index, database = opened(a_report(a_result([a_step_that_never_ran("Late", StepStatus.NOT_EXECUTED)])))
    facts = words_of(index, database, 0)["facts"]
    assert all(told is None for told in facts.values())


def test_steps_of_many_parts_are_found_again() -> None:
    steps = [a_step(f"S{number}", command=(f"run-{number}",)) for number in range(70)]
    index, database = opened(a_report(a_result(steps)))
    assert len(index["parts"]) > 1
    assert [words_of(index, database, number)["command"] for number in range(70)] == [f"run-{n}" for n in range(70)]


def test_what_stands_in_the_way_comes_first_among_the_judgements() -> None:
    rules = (a_rule(held=True), a_rule(held=False, examples=tuple("abcdefg")), a_rule(held=None))
    index, database = opened(a_report(a_result([a_step()], rules=rules)))
    judged = json.loads(unpacked(database.parts[slice(*index["judgements"])]))
    looks = judged["look"]
    assert looks == sorted(
        looks, key=("fail", "error", "no-evidence", "warn", "waived", "pass", "not-applicable").index
    )
    assert max(map(len, judged["examples"])) == 5
    assert index["judged"] == len(looks)


@pytest.mark.parametrize(
    ("names", "address"),
    [
        (("churn", "Train"), "churn/Train"),
        (("churn",), "churn/"),
        (("a b/c", "x#y"), "a%20b%2Fc/x%23y"),
        (("\u202eevil", "s"), "%E2%9F%A8U%2B202E%E2%9F%A9evil/s"),
    ],
)
def test_an_address_is_that_of_encode_uri_component(names: tuple[str, ...], address: str) -> None:
    assert anchor(*names) == address
