"""Errors that end a command, each with its exit code and a remedy."""

from __future__ import annotations

import errno

_MACHINES_OWN = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)


class ReadinessError(Exception):
    """Something the tool cannot go on from: *what and where*, and one thing to do about it.

    A failing step of a pipeline is never an exception, it is data. ``exit_code`` is the code the
    command line ends with.
    """

    exit_code = 1

    def __init__(self, message: str, *, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class UsageError(ReadinessError):
    """The command was asked for something that makes no sense."""

    exit_code = 2


class NothingSelectedError(ReadinessError):
    """No scenario is left to run."""

    exit_code = 3


class InvalidInputError(ReadinessError):
    """A scenario, definition or configuration file is invalid.

    ``problems`` holds one ``place: field: message`` line per mistake.
    """

    exit_code = 4

    def __init__(self, message: str, *, fix: str | None = None, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, fix=fix)
        self.problems = problems


class CannotRunError(ReadinessError):
    """The run could not be carried out: executor, disk, interpreter, object store."""

    exit_code = 5


class InterruptedRunError(ReadinessError):
    """Somebody stopped the run; what was measured is kept."""

    exit_code = 130


def is_machines_fault(error: OSError) -> bool:
    """Whether an error says that the disk has given out, rather than that a file is not as it should be."""
    return error.errno in _MACHINES_OWN
