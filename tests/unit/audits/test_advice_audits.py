"""Each piece of advice on hand-built evidence, both sides of each threshold."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_step, a_step_that_never_ran, a_usage, some_evidence
from cursus_readiness.audits.base import Audit, Product
from cursus_readiness.audits.performance.idle_cpu import IdleCpu
from cursus_readiness.audits.performance.io_wait import IoWait
from cursus_readiness.audits.performance.memory_pressure import MemoryPressure
from cursus_readiness.audits.performance.oversized_instance import OversizedInstance
from cursus_readiness.audits.policy import Policy
from cursus_readiness.model.audit import Outcome, Unit
from cursus_readiness.model.result import StepResult, StepStatus
from cursus_readiness.units import GIB

POLICY = Policy()


def judge(audit: Audit, *steps: StepResult) -> list[Product]:
    return list(audit.evaluate(some_evidence(*steps)))


def warned(audit: Audit, step: StepResult) -> bool:
    found = [product for product in judge(audit, step) if product.outcome is Outcome.WARN]
    for product in found:
        assert product.advice
        assert product.remedy
        assert product.measured
        assert product.threshold
        assert product.step == step.step_name
    return bool(found)


def step(*, wall_s: float = 10.0, instance: str | None = None, status: str = "succeeded", **usage: Any) -> StepResult:
    return a_step(wall_s=wall_s, instance_type=instance, status=StepStatus(status), usage=a_usage(**usage))


class TestMemoryPressure:
    @pytest.mark.parametrize(
        ("peak", "is_warned"),
        [
            pytest.param(799, False, id="below four fifths"),
            pytest.param(800, True, id="exactly four fifths"),
            pytest.param(1000, True, id="all of it"),
        ],
    )
    def test_the_threshold_is_inclusive(self, peak: int, is_warned: bool) -> None:
        found = a_step(usage=a_usage(peak_memory_bytes=peak), memory_limit_bytes=1000)
        assert warned(MemoryPressure(), found) is is_warned

    @pytest.mark.parametrize("status", ["failed", "out_of_memory", "timed_out"])
    def test_a_step_that_failed_is_not_advised(self, status: str) -> None:
        assert not warned(MemoryPressure(), step(status=status, peak_memory_bytes=4 * GIB))

    def test_each_step_is_judged_by_itself(self) -> None:
        steps = [a_step(name, usage=a_usage(peak_memory_bytes=3900), memory_limit_bytes=4000) for name in "AB"]
        assert [product.step for product in judge(MemoryPressure(), *steps)] == ["A", "B"]

    def test_the_advice_is_about_memory(self) -> None:
        (found,) = judge(MemoryPressure(), step(peak_memory_bytes=4 * GIB))
        assert found.advice
        assert found.measured
        assert (found.advice.category, found.measured.unit, found.measured.value) == ("memory", Unit.RATIO, 1.0)


class TestIdleCpu:
    @pytest.mark.parametrize(
        ("cpu_s", "is_warned"),
        [
            pytest.param(2.999, True, id="just idle"),
            pytest.param(3.0, False, id="exactly three tenths of a core"),
            pytest.param(0.0, True, id="asleep"),
            pytest.param(40.0, False, id="four cores"),
        ],
    )
    def test_the_busy_share_decides(self, cpu_s: float, is_warned: bool) -> None:
        assert warned(IdleCpu(), step(cpu_s=cpu_s)) is is_warned

    @pytest.mark.parametrize(("wall_s", "is_warned"), [(1.999, False), (2.0, True)])
    def test_short_steps_are_not_judged(self, wall_s: float, is_warned: bool) -> None:
        assert warned(IdleCpu(), step(wall_s=wall_s, cpu_s=0.1)) is is_warned

    @pytest.mark.parametrize(("ratio", "is_warned"), [(POLICY.io_wait_ratio, True), (0.301, False)])
    def test_a_step_that_waits_for_storage_is_not_called_idle(self, ratio: float, is_warned: bool) -> None:
        assert warned(IdleCpu(), step(cpu_s=0.1, io_wait_ratio=ratio)) is is_warned

    def test_the_advice_says_how_much_time_is_idle(self) -> None:
        (found,) = judge(IdleCpu(), step(cpu_s=1.0))
        assert found.advice
        assert (found.advice.category, found.advice.improvement) == ("cpu", "up to 9.0 s of 10.0 s")


class TestIoWait:
    @pytest.mark.parametrize(("ratio", "is_warned"), [(0.3, False), (0.301, True), (1.0, True)])
    def test_the_share_of_waiting_samples_decides(self, ratio: float, is_warned: bool) -> None:
        assert warned(IoWait(), step(io_wait_ratio=ratio)) is is_warned

    @pytest.mark.parametrize(("count", "is_warned"), [(9, False), (10, True)])
    def test_few_samples_are_not_judged(self, count: int, is_warned: bool) -> None:
        assert warned(IoWait(), step(io_wait_ratio=0.9, sample_count=count)) is is_warned

    @pytest.mark.parametrize(("wall_s", "is_warned"), [(1.999, False), (2.0, True)])
    def test_short_steps_are_not_judged(self, wall_s: float, is_warned: bool) -> None:
        assert warned(IoWait(), step(wall_s=wall_s, io_wait_ratio=0.9)) is is_warned

    def test_bytes_that_were_not_counted_are_said_so(self) -> None:
        (found,) = judge(IoWait(), step(io_wait_ratio=0.5, read_bytes=None))
        assert "not measured read" in found.message


class TestOversizedInstance:
    @pytest.mark.parametrize(
        ("peak", "cpu_s", "is_warned"),
        [
            pytest.param(1 * GIB, 10.0, True, id="little of both"),
            pytest.param(16 * GIB - 1, 10.0, True, id="just below a quarter of the memory"),
            pytest.param(16 * GIB, 10.0, False, id="a quarter of the memory"),
            pytest.param(1 * GIB, 39.9, True, id="just below a quarter of the vCPUs"),
            pytest.param(1 * GIB, 40.0, False, id="a quarter of the vCPUs"),
        ],
    )
    def test_both_shares_must_be_small(self, peak: int, cpu_s: float, is_warned: bool) -> None:
        found = step(instance="ml.m5.4xlarge", peak_memory_bytes=peak, cpu_s=cpu_s)
        assert warned(OversizedInstance(), found) is is_warned

    @pytest.mark.parametrize(
        ("peak", "cpu_s", "fitting"),
        [
            pytest.param(int(8 * GIB / 1.3), 10.0, "ml.m5.large", id="the smallest with headroom"),
            pytest.param(int(8 * GIB / 1.3) + 2, 10.0, "ml.m5.xlarge", id="the next when headroom is short"),
            pytest.param(1 * GIB, 20.0, "ml.m5.large", id="two busy cores"),
            pytest.param(1 * GIB, 20.1, "ml.m5.xlarge", id="a little more than two"),
        ],
    )
    def test_the_smallest_of_the_family_that_fits_is_proposed(self, peak: int, cpu_s: float, fitting: str) -> None:
        (found,) = judge(OversizedInstance(), step(instance="ml.m5.4xlarge", peak_memory_bytes=peak, cpu_s=cpu_s))
        assert found.remedy
        assert f"Use {fitting} " in found.remedy

    @pytest.mark.parametrize(
        ("instance", "severity"), [("ml.m5.xlarge", "low"), ("ml.m5.4xlarge", "medium"), ("ml.m5.12xlarge", "medium")]
    )
    def test_a_much_larger_instance_matters_more(self, instance: str, severity: str) -> None:
        (found,) = judge(OversizedInstance(), step(instance=instance, peak_memory_bytes=1000, cpu_s=0.1))
        assert found.advice
        assert found.advice.severity == severity

    @pytest.mark.parametrize("instance", ["ml.m5.large", "ml.c5.large"])
    def test_the_smallest_of_its_family_is_never_too_large(self, instance: str) -> None:
        assert not warned(OversizedInstance(), step(instance=instance, peak_memory_bytes=1000, cpu_s=0.1))

    def test_a_gpu_is_not_judged_by_memory_and_vcpus(self) -> None:
        assert not warned(OversizedInstance(), step(instance="ml.g5.xlarge", peak_memory_bytes=1000, cpu_s=0.1))

    def test_an_unknown_instance_type_is_no_evidence(self) -> None:
        (found,) = judge(OversizedInstance(), step(instance="ml.zz9.large"))
        assert (found.outcome, found.step) == (Outcome.NO_EVIDENCE, "Train")

    @pytest.mark.parametrize(("wall_s", "is_warned"), [(1.999, False), (2.0, True)])
    def test_short_steps_are_not_judged(self, wall_s: float, is_warned: bool) -> None:
        found = step(instance="ml.m5.4xlarge", wall_s=wall_s, peak_memory_bytes=1000, cpu_s=0.1)
        assert warned(OversizedInstance(), found) is is_warned

    def test_cpu_that_was_not_measured_is_not_taken_for_none(self) -> None:
        assert not warned(OversizedInstance(), step(instance="ml.m5.4xlarge", peak_memory_bytes=1000, cpu_s=None))


@pytest.mark.parametrize("audit", [MemoryPressure(), IdleCpu(), IoWait(), OversizedInstance()], ids=lambda a: a.meta.id)
@pytest.mark.parametrize("status", [StepStatus.BLOCKED, StepStatus.NOT_EXECUTED, StepStatus.INTERRUPTED])
def test_a_step_that_did_not_run_to_its_end_gets_no_advice(audit: Audit, status: StepStatus) -> None:
    assert judge(audit, a_step_that_never_ran("A", status)) == []
