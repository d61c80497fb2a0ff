"""Logs to which nothing was written, for the next step: a new file may take longer than all else done for a step."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from cursus_readiness.sandbox.view import remove
from cursus_readiness.store.layout import StepLayout


class SpareLogs:
    """The spare logs of one place where steps run one after the other, kept in ``folder``.

    A step that has ended without a word has names of one empty file instead, to which nobody ever writes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty = folder / "empty"
        self._spares = (folder / "stdout", folder / "stderr")

    def lend(self, files: StepLayout) -> None:
        """Give them to a step that is about to start."""
        for spare, log in self._pairs(files):
            with suppress(OSError):  # there is none: whoever opens the log makes one
                os.rename(spare, log)

    def take_back(self, files: StepLayout) -> None:
        """Take those that a step has left empty. It has ended: nothing can write to them any more."""
        for spare, log in self._pairs(files):
            with suppress(OSError):  # links are not everywhere: then the step keeps its own
                if os.stat(log).st_size == 0:
                    self._take(log, spare)

    def close(self) -> None:
        """Nothing is left of them."""
        remove(self._folder)

    def _take(self, log: Path, spare: Path) -> None:
        if not self._empty.exists():
            self._folder.mkdir(exist_ok=True)
            self._empty.touch()
        os.rename(log, spare)
        try:
            os.link(self._empty, log)
        except OSError:
            os.rename(spare, log)
            raise

    def _pairs(self, files: StepLayout) -> tuple[tuple[Path, Path], ...]:
        return tuple(zip(self._spares, (files.stdout, files.stderr), strict=True))
