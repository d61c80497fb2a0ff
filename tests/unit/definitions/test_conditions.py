"""What conditions come to."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.definitions.conditions import ConditionError, check_conditions, decide, describe


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def within(value: Any, *values: Any) -> dict[str, Any]:
    return {"Type": "In", "QueryValue": value, "Values": list(values)}


TRUE, FALSE = compare("Equals", 1, 1), compare("Equals", 1, 2)


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        pytest.param([TRUE], True, id="one that holds"),
        pytest.param([TRUE, FALSE], False, id="all must hold"),
        pytest.param([compare("GreaterThan", 2, 2)], False, id="equal is not greater"),
        pytest.param([compare("GreaterThanOrEqualTo", 2, 2)], True, id="equal is greater or equal"),
        pytest.param([compare("LessThan", 2, 2.5)], True, id="whole numbers and fractions"),
        pytest.param([compare("LessThanOrEqualTo", 3, 2.5)], False, id="more is not less or equal"),
        pytest.param([compare("LessThan", "a", "b")], True, id="texts"),
        pytest.param([compare("Equals", True, True)], True, id="true and true"),
        pytest.param([within("a", "b", "a")], True, id="in"),
        pytest.param([within("a", "b")], False, id="not in"),
        pytest.param([within("a", 1, True, "a")], True, id="in values of other types"),
        pytest.param([within(1, "1", True)], False, id="the type counts"),
        pytest.param([{"Type": "In", "Value": 1, "In": [1]}], True, id="in as the schema spells it"),
        pytest.param([{"Type": "Not", "Expression": FALSE}], True, id="not"),
        pytest.param([{"Type": "Not", "Condition": TRUE}], False, id="not as the schema spells it"),
        pytest.param([{"Type": "Or", "Conditions": [FALSE, TRUE]}], True, id="or"),
        pytest.param([{"Type": "Or", "Conditions": [FALSE, {"Type": "Not", "Expression": TRUE}]}], False, id="nested"),
    ],
)
def test_conditions_hold_or_do_not(conditions: list[Any], holds: bool) -> None:
    assert check_conditions(conditions, "$", "Check") == []
    assert decide(conditions) is holds


@pytest.mark.parametrize(("left", "right"), [("1", 1), (True, 1), (None, 1), ([1], [1]), ("a", True)], ids=repr)
def test_values_of_different_sorts_are_not_compared(left: Any, right: Any) -> None:
    with pytest.raises(ConditionError, match="cannot compare"):
        decide([compare("Equals", left, right)])
    assert check_conditions([compare("Equals", left, right)], "$", "Check")


def test_true_is_not_more_than_false() -> None:
    with pytest.raises(ConditionError, match="cannot compare true and false"):
        decide([compare("GreaterThan", True, False)])


def test_conditions_are_told_as_people_write_them() -> None:
    conditions = [compare("GreaterThanOrEqualTo", 0.9, 0.8), {"Type": "Not", "Expression": within("a", "b", "c")}]
    assert describe(conditions) == "0.9 >= 0.8 and not ('a' in 'b', 'c')"
    assert describe([{"Type": "Or", "Conditions": [TRUE, FALSE]}]) == "(1 == 1 or 1 == 2)"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.fixed_dictionaries(
            {"Type": st.sampled_from(["Equals", "LessThan", "In", "Not", "Or", "Nope"])},
            optional=dict.fromkeys(
                ("LeftValue", "RightValue", "QueryValue", "Values", "Expression", "Conditions"), inner
            ),
        )
    ),
    max_leaves=10,
)


@given(ANYTHING)
def test_whatever_passes_the_check_is_decided_or_refused(conditions: Any) -> None:
    if check_conditions(conditions, "$", "Check"):
        return
    with suppress(ConditionError):  # members of a list are compared one by one, when their turn comes
        assert decide(conditions) in (True, False)
    assert describe(conditions)
