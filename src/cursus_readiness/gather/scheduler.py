"""Run the steps of scenarios side by side, as far as they depend on nothing that still runs and the budget allows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from cursus_readiness.executors.base import StepExecutor, StopRequest
from cursus_readiness.gather.budget import Budget
from cursus_readiness.gather.interruption import Interruptions, interrupted
from cursus_readiness.gather.scenario import ScenarioRun
from cursus_readiness.gather.step import StepOutcome, StepRun
from cursus_readiness.gather.workplace import Workplace

OpenExecutor = Callable[[ExitStack, StopRequest], StepExecutor]


@dataclass(frozen=True, slots=True)
class _Started:
    """A step that runs, and where."""

    scenario: ScenarioRun
    work: StepRun
    slot: _Slot


@dataclass(frozen=True, slots=True)
class _Ended:
    """A step that has come to an end, or to an error of the tool."""

    started: _Started
    outcome: StepOutcome | None
    error: BaseException | None


@dataclass(slots=True)
class _Slot:
    """An executor and the thread that waits for its steps."""

    number: int
    executor: StepExecutor
    inbox: SimpleQueue[tuple[_Started, Workplace] | None] = field(default_factory=SimpleQueue)


class Scheduler:
    """Runs scenarios; all but the steps themselves in the thread that calls. A context manager.

    Executors are opened as they are needed, one for each step that runs at the same time, in the thread that calls: the
    kernel ends the children of a thread with it.
    """

    def __init__(self, budget: Budget, open_executor: OpenExecutor, interruptions: Interruptions) -> None:
        self._budget = budget
        self._open_executor = open_executor
        self._interruptions = interruptions
        self._stop = StopRequest()
        self._stack = ExitStack()
        self._inbox: SimpleQueue[_Ended | None] = SimpleQueue()
        self._idle: list[_Slot] = []
        self._slots: list[_Slot] = []
        self._threads: list[threading.Thread] = []
        self._running: dict[int, _Started] = {}
        self._fatal: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for slot in self._slots:
            slot.inbox.put(None)
        self._stack.close()
        for thread in self._threads:
            thread.join()

    def run(self, scenarios: Sequence[ScenarioRun]) -> None:
        """Run them, the steps of earlier ones first; what was measured is on disk when this returns or raises.

        Raises InterruptedRunError when somebody stopped it, CannotRunError when a step cannot be run at all, OSError
        when the disk gives out.
        """
        waiting, active = deque(scenarios), list[ScenarioRun]()
        with self._interruptions.told_to(self._interrupt):
            try:
                while self._fatal is None:
                    self._start_what_fits(active)
                    if waiting and self._budget.has_room:
                        self._open(waiting.popleft(), active)
                    elif self._running:
                        self._wait()
                    elif not active:
                        break
                    for scenario in [item for item in active if item.is_over]:
                        scenario.close()
                        active.remove(scenario)
            except BaseException as error:  # noqa: BLE001 - raised again when the steps that run have ended
                self._fatal = error
            self._wind_down(active)
        if self._fatal is not None:
            raise self._fatal

    def _open(self, scenario: ScenarioRun, active: list[ScenarioRun]) -> None:
        slot = self._take_slot()
        self._idle.append(slot)
        active.append(scenario)
        with self._interruptions.told_to(None):  # what takes long here is not watched by anybody
            scenario.open(slot.executor.findings)

    def _start_what_fits(self, active: list[ScenarioRun]) -> None:
        for scenario in active:
            for work in scenario.ready():
                if not self._budget.has_room:
                    break
                if self._budget.fits(work.memory_bytes):
                    self._start(scenario, work)

    def _start(self, scenario: ScenarioRun, work: StepRun) -> None:
        slot = self._take_slot()
        place = scenario.start(work, slot.number, slot.executor)
        started = _Started(scenario, work, slot)
        self._running[slot.number] = started
        self._budget.take(slot.number, work.memory_bytes)
        for other in self._running.values():
            other.work.concurrent_steps = max(other.work.concurrent_steps, len(self._running))
        if self._budget.jobs == 1:  # nobody else has anything to do meanwhile, and to hand it over would cost more
            self._inbox.put(_carry_out(started, place))
        else:
            slot.inbox.put((started, place))

    def _wait(self) -> None:
        """Until a step has ended, or somebody wants the run to."""
        ended = self._inbox.get()
        if ended is None:
            self._fatal = self._fatal or interrupted()
            return
        slot = ended.started.slot
        del self._running[slot.number]
        self._budget.give_back(slot.number)
        self._idle.append(slot)
        if ended.outcome is not None:
            ended.started.scenario.finish(ended.started.work, ended.outcome)
        error = ended.error or (ended.outcome.fatal if ended.outcome else None)
        if error is not None:
            self._fatal = self._fatal or error

    def _wind_down(self, active: Sequence[ScenarioRun]) -> None:
        """After an error: the steps that run are stopped, and what was measured of them is kept."""
        if self._running and not self._stop.is_asked:
            self._stop.ask()
        while self._running:
            try:
                self._wait()
            except OSError as error:  # the disk is full: others may still have their result stored
                self._fatal = self._fatal or error
        for scenario in active:
            scenario.abandon()

    def _interrupt(self) -> None:
        self._stop.ask()
        self._inbox.put(None)

    def _take_slot(self) -> _Slot:
        if self._idle:
            return self._idle.pop()
        slot = _Slot(len(self._slots), self._open_executor(self._stack, self._stop))
        self._slots.append(slot)
        if slot.executor.is_exclusive:
            self._budget.jobs = 1
        if self._budget.jobs > 1:
            thread = threading.Thread(target=self._work, args=(slot,), daemon=True, name=f"slot-{slot.number}")
            self._threads.append(thread)
            thread.start()
        return slot

    def _work(self, slot: _Slot) -> None:
        """What the thread of a slot does."""
        while (item := slot.inbox.get()) is not None:
            self._inbox.put(_carry_out(*item))


def _carry_out(started: _Started, place: Workplace) -> _Ended:
    try:
        return _Ended(started, started.work.run(place, started.slot.executor), None)
    except BaseException as error:  # noqa: BLE001 - the scheduler raises it when all else has ended
        return _Ended(started, None, error)
