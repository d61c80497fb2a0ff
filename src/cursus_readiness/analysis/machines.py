"""Whether figures of two machines can be compared."""

from __future__ import annotations

from collections.abc import Callable

from cursus_readiness.model.report import RunEnvironment
from cursus_readiness.units import format_bytes

_UNKNOWN = "not known"
_CPUS, _SYSTEM = "CPUs", "system"
_SAME_MEMORY_RATIO = 0.02  # kernels keep a little of it for themselves, not always as much


def obstacles(before: RunEnvironment, now: RunEnvironment) -> tuple[str, ...]:
    """Differences of two machines for which times are not compared; empty when there is none.

    What is not known of one of them is a difference: only machines that are known to be alike are alike.
    """
    return tuple(
        f"{name}: {before_text} before, {now_text} now"
        for name, text in _TRAITS.items()
        if (before_text := text(before)) != (now_text := text(now)) or before_text == _UNKNOWN
    ) + _other_memory(before, now)


def memory_obstacles(before: RunEnvironment, now: RunEnvironment) -> tuple[str, ...]:
    """Differences for which memory is not compared: pools have a worker for each CPU, and pages and code differ."""
    return tuple(text for text in obstacles(before, now) if text.startswith((_CPUS, _SYSTEM)))


def differences(before: RunEnvironment, now: RunEnvironment) -> tuple[str, ...]:
    """What else is not the same: it may be the very change that one wants to compare."""
    found = [
        f"{name}: {one or _UNKNOWN} before, {other or _UNKNOWN} now"
        for name, one, other in (
            ("tool", before.tool_version, now.tool_version),
            ("Python", before.python_version, now.python_version),
            ("platform", before.platform, now.platform),
        )
        if one != other and not (name == "platform" and _system(before) != _system(now))
    ]
    for package in sorted({*before.packages, *now.packages}):
        one, other = before.packages.get(package, "absent"), now.packages.get(package, "absent")
        if one != other:
            found.append(f"{package}: {one} before, {other} now")
    return tuple(found)


def _system(machine: RunEnvironment) -> str:
    """``Linux 6.18.3-cloud x86_64`` without the patch level, which says little about speed."""
    name, _, rest = machine.platform.partition(" ")
    release, _, architecture = rest.rpartition(" ")
    return " ".join((name, *release.split(".")[:2], architecture)).strip()


_TRAITS: dict[str, Callable[[RunEnvironment], str]] = {
    "processor": lambda machine: machine.cpu_model or _UNKNOWN,
    _CPUS: lambda machine: str(machine.cpu_count or _UNKNOWN),
    _SYSTEM: _system,
}


def _other_memory(before: RunEnvironment, now: RunEnvironment) -> tuple[str, ...]:
    one, other = before.memory_bytes, now.memory_bytes
    if one and other and abs(one - other) <= _SAME_MEMORY_RATIO * max(one, other):
        return ()
    return (f"memory: {format_bytes(one)} before, {format_bytes(other)} now",)
