"""Programs of the tool that run as steps, in the place of a container's own."""

from __future__ import annotations

from dataclasses import dataclass

from cursus_readiness.resources import stand_in_program

PROGRAM_DIR = "/opt/ml/stand-in"


@dataclass(frozen=True, slots=True)
class Program:
    """A program as a job brings it along: its path in the container, its files, and what to call it in results."""

    path: str
    files: dict[str, str]
    stand_in: str


def program(name: str, stand_in: str, *beside: str) -> Program:
    """The program of that file name; ``stand_in`` says in a few words what runs in the place of what.

    ``beside`` are the files of programs that it imports.
    """
    files = {f"{PROGRAM_DIR}/{file}": stand_in_program(file) for file in (name, *beside)}
    return Program(f"{PROGRAM_DIR}/{name}", files, stand_in)
