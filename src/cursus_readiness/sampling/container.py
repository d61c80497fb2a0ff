"""A probe over the processes of a container whose engine runs on this machine."""

from __future__ import annotations

from collections.abc import Callable

from cursus_readiness.sampling.probe import Reading, Share
from cursus_readiness.sampling.procfs import ProcfsProbe


class ContainerProbe:
    """The processes of one container, once it has any.

    ``pid_of`` asks its engine for its first process, 0 before it has started and after it has ended. ``is_hidden`` is
    set when that is no process of this machine: the engine runs elsewhere, and nothing can be measured.
    """

    def __init__(self, container_id: str, pid_of: Callable[[], int]) -> None:
        self._id = container_id
        self._pid_of = pid_of
        self._tree: ProcfsProbe | None = None
        self.is_hidden = False

    def read(self) -> Reading | None:
        """Walk the tree once."""
        if self._tree is None and not self.is_hidden:
            self._look()
        return self._tree.read() if self._tree else None

    def read_shares(self) -> tuple[Share, ...] | None:
        """As ProcfsProbe does it."""
        return self._tree.read_shares() if self._tree else None

    def close(self) -> None:
        """As ProcfsProbe does it."""
        if self._tree:
            self._tree.close()

    def _look(self) -> None:
        pid = self._pid_of()
        if pid and self._id in _cgroups(pid):  # the cgroup of a container has its id in its name
            self._tree = ProcfsProbe(pid, with_root=True)
        elif pid:
            self.is_hidden = self._pid_of() == pid  # else it has ended meanwhile


def _cgroups(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
