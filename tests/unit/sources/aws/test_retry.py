"""What may well succeed a little later is tried again, after pauses that grow."""

from __future__ import annotations

import threading

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, SSLError

from cursus_readiness.sources.aws.retry import CancelledError, Retry

BUSY = ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")
DENIED = ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
AWAY = EndpointConnectionError(endpoint_url="http://x")


def failing(*errors: Exception) -> tuple[list[int], object]:
    """Work that fails with one error after the other, then succeeds; and how often it was called."""
    left, calls = list(errors), []

    def work() -> str:
        calls.append(1)
        if left:
            raise left.pop(0)
        return "done"

    return calls, work


def test_pauses_double_and_are_shared_out() -> None:
    pauses: list[float] = []
    _, work = failing(*[BUSY] * 4)
    assert Retry(wait=pauses.append, share=lambda: 0.5).call(work) == "done"  # type: ignore[arg-type]
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8])


def test_no_pause_is_longer_than_20_seconds() -> None:
    pauses: list[float] = []
    _, work = failing(*[AWAY] * 11)
    Retry(attempt_count=12, wait=pauses.append, share=lambda: 1.0).call(work)  # type: ignore[arg-type]
    assert max(pauses) == 20.0


def test_the_last_error_is_raised_when_all_attempts_fail() -> None:
    calls, work = failing(*[BUSY] * 9)
    with pytest.raises(ClientError):
        Retry(wait=lambda _: None).call(work)  # type: ignore[arg-type]
    assert len(calls) == 6


@pytest.mark.parametrize("error", [DENIED, SSLError(endpoint_url="https://x", error=ValueError("self-signed"))])
def test_what_stays_as_it_is_is_not_tried_again(error: Exception) -> None:
    calls, work = failing(error)
    with pytest.raises(type(error)):
        Retry(wait=lambda _: pytest.fail("no pause is wanted")).call(work)  # type: ignore[arg-type]
    assert len(calls) == 1


def test_nothing_is_tried_when_nobody_waits_any_more() -> None:
    stop = threading.Event()
    calls, work = failing(BUSY, BUSY)
    with pytest.raises(CancelledError):
        Retry(stop=stop, wait=lambda _: stop.set()).call(work)  # type: ignore[arg-type]
    assert len(calls) == 1
