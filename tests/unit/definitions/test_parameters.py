"""Values of pipeline parameters."""

from __future__ import annotations

from typing import Any

import pytest

from cursus_readiness.definitions.model import Parameter, PipelineDefinition
from cursus_readiness.definitions.parameters import parameter_values


def values_of(*parameters: Parameter, **overrides: Any) -> tuple[dict[str, Any], list[str]]:
    definition = PipelineDefinition(parameters={item.name: item for item in parameters})
    values, findings = parameter_values(definition, overrides)
    return values, [finding.message for finding in findings]


def test_an_override_comes_before_the_default() -> None:
    a, b = Parameter("A", "String", "default"), Parameter("B", "String", "default")
    assert values_of(a, b, A="given") == ({"A": "given", "B": "default"}, [])


def test_a_parameter_without_any_value_is_left_out() -> None:
    assert values_of(Parameter("A", "String")) == ({}, [])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("String", ""),
        ("Integer", 0),
        ("Float", 0.5),
        ("Float", 2),
        ("Boolean", False),
    ],
)
def test_a_value_of_its_type_is_taken(kind: str, value: Any) -> None:
    assert values_of(Parameter("A", kind), A=value) == ({"A": value}, [])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("String", 3),
        ("Integer", "3"),
        ("Integer", 3.0),
        ("Integer", True),
        ("Float", "0.5"),
        ("Float", False),
        ("Boolean", 1),
        ("Boolean", "true"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, value: Any) -> None:
    _, (message,) = values_of(Parameter("A", kind), A=value)
    assert message == f"parameter 'A' is of type {kind}, but its value is {value!r}"


def test_a_wrong_default_is_refused_with_a_remedy() -> None:
    definition = PipelineDefinition(parameters={"A": Parameter("A", "Integer", "x", at="$.Parameters[0]")})
    _, (finding,) = parameter_values(definition, {})
    assert finding.place == "$.Parameters[0]"
    assert finding.remedy == "set parameters.A in the scenario"


@pytest.mark.parametrize(("value", "is_fine"), [("a", True), ("c", False)])
def test_an_enumeration_is_kept(value: str, is_fine: bool) -> None:
    _, messages = values_of(Parameter("A", "String", enum=("a", "b")), A=value)
    assert messages == ([] if is_fine else ["parameter 'A' must be one of 'a', 'b', not 'c'"])


def test_an_unknown_override_gets_a_hint() -> None:
    _, messages = values_of(Parameter("Bucket", "String"), Buckett="x", Zzz="y")
    assert messages == [
        "the definition has no parameter 'Buckett' (did you mean 'Bucket'?)",
        "the definition has no parameter 'Zzz'",
    ]
