"""What is worth a trial for a step."""

from __future__ import annotations

from pathlib import Path

import pytest

from cursus_readiness.trials.parameters import Parameters, candidates


def names(environment: dict[str, str], *folders: Path) -> list[str]:
    return [item.name for item in candidates(environment, [str(folder) for folder in folders])]


def test_a_steps_own_switches_come_first() -> None:
    found = candidates({"BATCH_SIZE": "1000", "N_JOBS": "4", "EPOCHS": "9", "MODE": "fast"}, [])
    assert [dict(item.variables) for item in found[:3]] == [
        {"BATCH_SIZE": "500"},
        {"BATCH_SIZE": "250"},
        {"N_JOBS": "1"},
    ]
    assert all("EPOCHS" not in item.variables for item in found)


@pytest.mark.parametrize("value", ["1", "0", "-4", "many", "", "2.5", "²"])
def test_a_switch_needs_a_whole_number_above_one(value: str) -> None:
    assert names({"CHUNK_ROWS": value}) == names({})


def test_a_batch_of_two_can_only_be_halved() -> None:
    assert names({"CHUNK": "2"})[0] == "CHUNK 1 instead of 2"
    assert "CHUNK 0 instead of 2" not in names({"CHUNK": "2"})


def test_what_the_step_sets_already_is_left_out() -> None:
    assert "one malloc arena" in names({})
    assert "one malloc arena" not in names({"MALLOC_ARENA_MAX": "1"})


def test_an_allocator_is_tried_only_where_its_library_is(tmp_path: Path) -> None:
    assert not [name for name in names({}, tmp_path) if "jemalloc" in name]
    (tmp_path / "libjemalloc.so.2").touch()
    found = [item for item in candidates({}, [str(tmp_path)]) if "jemalloc" in item.name]
    assert found[0].variables["LD_PRELOAD"] == str(tmp_path / "libjemalloc.so.2")


def test_parameters_that_set_the_same_variable_are_not_combined() -> None:
    one, same, other = Parameters("a", {"X": "1"}), Parameters("b", {"X": "2"}), Parameters("c", {"Y": "1"})
    assert one.clashes_with(same)
    assert not one.clashes_with(other)
    both = one.with_other(other)
    assert dict(both.variables) == {"X": "1", "Y": "1"}
    assert both.parts == ("a", "c")


def test_settings_of_malloc_mean_nothing_to_another_allocator() -> None:
    library, glibc = Parameters("lib", {"LD_PRELOAD": "/x.so"}), Parameters("glibc", {"MALLOC_ARENA_MAX": "1"})
    assert library.clashes_with(glibc)
    assert glibc.clashes_with(library)
