"""What ends a run from outside."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

import pytest

from cursus_readiness.errors import InterruptedRunError
from cursus_readiness.gather.interruption import Interruptions

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda item: item.name)
def test_the_first_signal_raises_and_later_ones_do_nothing(number: signal.Signals) -> None:
    with Interruptions() as heard:
        with pytest.raises(InterruptedRunError):
            send(number)
        send(number)
        assert heard.count == 2


@pytest.mark.parametrize("number", SIGNALS, ids=lambda item: item.name)
def test_who_asked_to_be_told_is_told_and_nothing_is_raised(number: signal.Signals) -> None:
    told: list[int] = []
    with Interruptions() as heard, heard.told_to(lambda: told.append(1)):
        send(number)
        send(number)
    assert told == [1, 1]


def test_after_one_was_told_a_signal_does_not_cost_the_report() -> None:
    with Interruptions() as heard:
        with heard.told_to(lambda: None):
            send(signal.SIGINT)
        send(signal.SIGINT)
        assert heard.count == 2


def test_the_handlers_from_before_are_back_afterwards() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with suppress(InterruptedRunError), Interruptions():
        send(signal.SIGTERM)
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_hangup_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruptions() as heard:
            send(signal.SIGHUP)
        assert heard.count == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_it_does_nothing() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def enter() -> None:
        with Interruptions():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]
