"""Memory limits that the kernel holds: a control group for each step (cgroups(7), v1 and v2).

The launcher itself is in the group when it starts a step, which is born where it belongs. It leaves a little later: a
kernel that finds no more of a step to kill would kill the launcher. When the tool has been told of the end it enters
the group of the next step. To move a process may take as long as the kernel needs until all processors have taken
notice (14 ms were measured): at these points nobody waits for it.
"""

from __future__ import annotations

import os

from cursus_readiness.sandbox.cgroup_places import PREFIX, Place, find_places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SWITCH = "READINESS_CGROUP"
_FILES = {
    "cgroup v1": ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.max_usage_in_bytes"),
    "cgroup v2": ("memory.max", "memory.swap.max", "memory.peak"),
}


class MemoryGroups:
    """The groups of one launcher, one after the other. ``kind`` is ``cgroup v1`` or ``cgroup v2``.

    ``event`` is a descriptor that becomes readable (v1), or has an exceptional condition (v2), when a limit is reached.
    Raises OSError when no group can be made.
    """

    def __init__(self, place: Place) -> None:
        self.kind = place.kind
        self._parent = os.open(place.folder, os.O_RDONLY | os.O_DIRECTORY)
        self._limit, self._swap_limit, self._peak = _FILES[place.kind]
        self._prefix = f"{PREFIX}{os.getpid()}-"
        self._number = 0
        self._has_swap = _has_swap()
        self._has_exhausted = False
        self._home = self._make()
        self._group = self._make()

    def enter(self) -> None:
        """Move this process into the group that was made."""
        self._group.enter()

    @property
    def event(self) -> int:
        """The descriptor to wait on while a step runs."""
        return self._group.event

    def leave(self) -> None:
        """Move this process out of it, to where no limit is; what it has started stays."""
        self._home.enter()

    def hold(self, limit_bytes: int) -> None:
        """Hold the next step to ``limit_bytes``, of memory and swap together."""
        self._group.write(self._limit, limit_bytes)
        if self._has_swap:
            try:
                self._group.write(self._swap_limit, limit_bytes if self.kind == "cgroup v1" else 0)
            except FileNotFoundError:
                pass  # this kernel does not account for swap

    def is_exhausted(self) -> bool:
        """Whether the step has been refused memory because of its limit; the event is over with this."""
        self._has_exhausted |= self._group.is_exhausted()
        return self._has_exhausted

    def totals(self) -> dict[str, Any]:
        """What the kernel says of the step that has ended; ``None`` is *not measured*."""
        exhausted, kills = self._group.counts()
        return {
            "cgroup_peak_bytes": self._group.number(self._peak),
            "cgroup_cpu_s": self._group.cpu_s(),
            "oom_kill_count": kills,
            # the event comes before the kernel kills: then the launcher may have been faster
            "has_exhausted_memory": self._has_exhausted or bool(exhausted and kills),
        }

    def renew(self) -> None:
        """Go on in a new group: what the last step has left in the page cache is not the next one's."""
        last, self._has_exhausted = self._group, False
        self._group = self._make()
        self._group.enter()
        last.remove()

    def remove_all(self) -> None:
        """Remove the groups that are left, from a process that is in none of them."""
        remove_groups(self._parent, self._prefix)

    def _make(self) -> _Group:
        self._number += 1
        return _GROUPS[self.kind](self._parent, f"{self._prefix}{self._number}")


class _Group:
    """One group; its files are reached by the descriptor of its parent, as paths are those of a step."""

    def __init__(self, parent: int, name: str) -> None:
        self._parent = parent
        self._name = name
        os.mkdir(name, dir_fd=parent)
        self._descriptors: list[int] = []
        try:
            self._open_events()
        except OSError:
            self.remove()
            raise

    event = -1

    def _open_events(self) -> None:
        raise NotImplementedError

    def counts(self) -> tuple[int, int]:
        """How often its limit has kept a process from getting memory, and how many processes were killed."""
        raise NotImplementedError

    def is_exhausted(self) -> bool:
        """Whether its limit has been reached and nothing could be given back."""
        raise NotImplementedError

    def cpu_s(self) -> float | None:
        """CPU time of all that were in it."""
        return None

    def enter(self) -> None:
        """Move this process into it."""
        self.write("cgroup.procs", 0)

    def write(self, file: str, value: int | str) -> None:
        """Set one of its files."""
        descriptor = self._open(file, os.O_WRONLY)
        try:
            os.write(descriptor, str(value).encode())
        finally:
            os.close(descriptor)

    def number(self, file: str) -> int | None:
        """One of its files that holds a number; ``None`` where this kernel does not have it."""
        try:
            return int(self._read(file))
        except FileNotFoundError:
            return None

    def remove(self) -> None:
        """Remove it; nothing may be in it any more."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        try:
            os.rmdir(self._name, dir_fd=self._parent)
        except OSError:
            pass  # the next run tries again

    def _open(self, file: str, flags: int) -> int:
        return os.open(f"{self._name}/{file}", flags, dir_fd=self._parent)

    def _keep_open(self, file: str, flags: int) -> int:
        descriptor = self._open(file, flags)
        self._descriptors.append(descriptor)
        return descriptor

    def _read(self, file: str) -> bytes:
        descriptor = self._open(file, os.O_RDONLY)
        try:
            return os.read(descriptor, 8192)
        finally:
            os.close(descriptor)


class _GroupV1(_Group):
    """Words come by an eventfd that is registered with the group."""

    def _open_events(self) -> None:
        self._control = self._keep_open("memory.oom_control", os.O_RDONLY)
        self.event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._descriptors.append(self.event)
        self.write("cgroup.event_control", f"{self.event} {self._control}")

    def counts(self) -> tuple[int, int]:
        kills = _fields(os.pread(self._control, 4096, 0)).get(b"oom_kill", 0)
        return self._refusals() if kills else 0, kills

    def is_exhausted(self) -> bool:
        try:
            os.eventfd_read(self.event)
        except BlockingIOError:
            return False
        return self._refusals() > 0  # or it was the limit of a group above

    def _refusals(self) -> int:
        counted = (self.number(f"memory.{name}failcnt") for name in ("", "memsw."))  # whichever limit is asked first
        return sum(count or 0 for count in counted)


class _GroupV2(_Group):
    """A change of ``memory.events`` is an exceptional condition on its descriptor until it is read again."""

    def _open_events(self) -> None:
        self.event = self._keep_open("memory.events", os.O_RDONLY)
        os.pread(self.event, 4096, 0)

    def counts(self) -> tuple[int, int]:
        events = _fields(os.pread(self.event, 4096, 0))
        return events.get(b"oom", 0), events.get(b"oom_kill", 0)

    def is_exhausted(self) -> bool:
        return self.counts()[0] > 0

    def cpu_s(self) -> float | None:
        usec = _fields(self._read("cpu.stat")).get(b"usage_usec")
        return None if usec is None else usec / 1e6


_GROUPS: dict[str, type[_Group]] = {"cgroup v1": _GroupV1, "cgroup v2": _GroupV2}


def find_groups() -> MemoryGroups | None:
    """Groups for the steps of one launcher; ``None`` where none can be had, or none are wanted."""
    if os.environ.get(_SWITCH) == "off":
        return None
    for place in find_places():
        try:
            groups = MemoryGroups(place)
        except OSError:
            continue
        _remove_leftovers(place.folder)
        return groups
    return None


def remove_groups(parent: int, prefix: str) -> None:
    """Remove every empty group whose name begins with ``prefix``."""
    for name in os.listdir(parent):
        if name.startswith(prefix):
            try:
                os.rmdir(name, dir_fd=parent)
            except OSError:
                pass  # not empty, or gone


def _remove_leftovers(folder: str) -> None:
    """Remove the groups of launchers that were killed."""
    parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in os.listdir(parent):
            owner = name.removeprefix(PREFIX).partition("-")[0]
            if name.startswith(PREFIX) and owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
                remove_groups(parent, name)
    finally:
        os.close(parent)


def _has_swap() -> bool:
    try:
        with open("/proc/swaps") as file:
            return len(file.readlines()) > 1
    except OSError:
        return False


def _fields(text: bytes) -> dict[bytes, int]:
    words = text.split()
    return {name: int(value) for name, value in zip(words[::2], words[1::2], strict=False)}
