"""What serves the inputs that no step writes."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_job, a_scenario, an_input, an_output
from cursus_readiness.model.job import Job
from cursus_readiness.planning.serving import serve


def served(*jobs: Job, **scenario: Any) -> dict[str, str]:
    found, _ = serve(a_scenario(**scenario), list(jobs), {})
    return {item.uri: item.binding.source for item in found if not item.is_for_scripts}


def findings(*jobs: Job, **scenario: Any) -> list[tuple[str, str]]:
    _, found = serve(a_scenario(**scenario), list(jobs), {})
    return [(item.id, item.place) for item in found]


def reader(*uris: str, **changes: Any) -> Job:
    return a_job(inputs=tuple(an_input(uri, **changes) for uri in uris))


def writer(*uris: str) -> Job:
    return a_job("Prep", outputs=tuple(an_output(uri) for uri in uris))


@pytest.mark.parametrize(
    ("uri", "prefix", "is_covered"),
    [
        ("s3://b/in", "s3://b/in", True),
        ("s3://b/in/", "s3://b/in", True),
        ("s3://b/in", "s3://b/in/", True),
        ("s3://b/in/x.csv", "s3://b/in", True),
        ("s3://b/in/x.csv", "s3://b/", True),
        ("s3://b/input", "s3://b/in", False),
        ("s3://bb/in", "s3://b", False),
    ],
)
def test_a_binding_covers_what_lies_below_it(uri: str, prefix: str, is_covered: bool) -> None:
    found = served(reader(uri), inputs={prefix: "local:x"})
    assert found == {uri: "local:x" if is_covered else "synthetic:"}


def test_the_longest_binding_wins() -> None:
    inputs = {"s3://b/": "local:wide", "s3://b/in/": "local:narrow"}
    assert served(reader("s3://b/in/x", "s3://b/y"), inputs=inputs) == {
        "s3://b/in/x": "local:narrow",
        "s3://b/y": "local:wide",
    }


def test_bindings_below_a_wanted_prefix_serve_their_part() -> None:
    inputs = {"s3://b/in/a": "local:a", "s3://b/in/c": "local:c"}
    assert served(reader("s3://b/in"), inputs=inputs) == {"s3://b/in/a": "local:a", "s3://b/in/c": "local:c"}


@pytest.mark.parametrize("uri", ["s3://b/out", "s3://b/out/", "s3://b/out/part.csv", "s3://b"])
def test_what_an_earlier_step_writes_needs_nothing_else(uri: str) -> None:
    assert served(writer("s3://b/out"), reader(uri)) == {}


def test_a_prefix_that_is_written_in_part_is_served_in_part() -> None:
    found = served(writer("s3://b/all/out"), reader("s3://b/all"), inputs={"s3://b/all/extra": "local:x"})
    assert found == {"s3://b/all/extra": "local:x"}


def test_what_only_a_later_step_writes_is_served() -> None:
    jobs = (reader("s3://b/state"), writer("s3://b/state"))
    assert served(*jobs, inputs={"s3://b/state": "local:state"}) == {"s3://b/state": "local:state"}
    assert findings(*jobs, inputs={"s3://b/state": "local:state"}) == []


def test_what_a_step_reads_before_it_writes_it_itself_is_served() -> None:
    job = a_job(inputs=(an_input("s3://b/state"),), outputs=(an_output("s3://b/state"),))
    assert served(job, inputs={"s3://b/state": "local:state"}) == {"s3://b/state": "local:state"}


@pytest.mark.parametrize(
    ("data_source", "source"), [("synthetic", "synthetic:"), ("local", "local:data/b/in/x"),]
)  # fmt: skip
def test_data_that_nothing_serves_comes_from_the_data_source(data_source: str, source: str) -> None:
    job = reader("s3://b/in/x")
    assert served(job, data_source=data_source) == {"s3://b/in/x": source}
    assert findings(job, data_source=data_source) == [("default-data", "inputs")]


def test_code_that_nothing_serves_is_a_mistake_with_a_remedy() -> None:
    found, problems = serve(a_scenario(), [reader("s3://b/code/a.py", is_code=True)], {})
    assert found == []
    assert (problems[0].id, problems[0].severity.value) == ("invalid-scenario", "error")
    assert problems[0].remedy == 'add to inputs:  "s3://b/code/a.py": "local:PATH"'


def test_a_binding_that_nobody_reads_is_told_and_served_for_scripts() -> None:
    found = findings(reader("s3://b/x"), inputs={"s3://b/x": "local:x", "s3://b/unused": "local:y"})
    assert found == [("unused-input", "inputs.s3://b/unused")]
    whole, _ = serve(a_scenario(inputs={"s3://b/": "local:x", "s3://c/": "synthetic:"}), [reader("s3://b/in")], {})
    assert [(item.uri, item.is_for_scripts) for item in whole] == [
        ("s3://b/in", False),
        ("s3://b/", True),
        ("s3://c/", True),
    ]


def test_an_input_of_several_steps_is_served_once() -> None:
    first, second = reader("s3://b/x"), reader("s3://b/x")
    assert served(first, second, inputs={"s3://b/x": "local:x"}) == {"s3://b/x": "local:x"}


def test_inputs_are_served_in_the_order_of_need() -> None:
    assert list(served(reader("s3://b/2"), reader("s3://b/1"))) == ["s3://b/2", "s3://b/1"]
