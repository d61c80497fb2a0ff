"""Execution parameters that need no change to a script: environment variables, each with what it is known to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LIBRARY_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/local/lib")
_ALLOCATORS: tuple[tuple[str, str, dict[str, str]], ...] = (  # file, name, its own settings
    ("libmimalloc.so*", "mimalloc, memory given back at once", {"MIMALLOC_PURGE_DELAY": "0"}),
    ("libjemalloc.so*", "jemalloc, memory given back at once", {"MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0"}),
    ("libtcmalloc_minimal.so*", "tcmalloc", {}),
)
_BATCH = re.compile(r"(?:^|_)(?:BATCH|CHUNK|BLOCK)(?:_?(?:SIZE|ROWS|LEN|LENGTH))?$", re.IGNORECASE)
_WORKERS = re.compile(r"(?:^|_)(?:WORKERS|N_?JOBS|NUM_?PROC(?:ESSE)?S|PROCESSES|NUM_?THREADS)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Variables that belong together, under a name for people; ``parts`` are the names of those that were combined."""

    name: str
    variables: Mapping[str, str]
    parts: tuple[str, ...] = ()

    def clashes_with(self, other: Parameters) -> bool:
        """Whether both set a variable, or both bring an allocator and settings for another one."""
        has_library = ["LD_PRELOAD" in item.variables for item in (self, other)]
        has_glibc = [any(name.startswith("MALLOC_") for name in item.variables) for item in (self, other)]
        return (
            bool(self.variables.keys() & other.variables.keys())
            or (has_library[0] and has_glibc[1])
            or (has_library[1] and has_glibc[0])
        )

    def with_other(self, other: Parameters) -> Parameters:
        """Both together."""
        return Parameters(
            f"{self.name} + {other.name}",
            {**self.variables, **other.variables},
            (*(self.parts or (self.name,)), *(other.parts or (other.name,))),
        )


_GENERAL = (
    Parameters("malloc gives large blocks back (64 KiB)", {"MALLOC_MMAP_THRESHOLD_": "65536"}),
    Parameters("malloc trims its heap (128 KiB)", {"MALLOC_TRIM_THRESHOLD_": "131072"}),
    Parameters("one malloc arena", {"MALLOC_ARENA_MAX": "1"}),
    Parameters("Arrow takes memory from malloc", {"ARROW_DEFAULT_MEMORY_POOL": "system"}),
    Parameters("pandas copies on write", {"PANDAS_COPY_ON_WRITE": "1"}),
    Parameters("pandas infers text columns", {"PANDAS_FUTURE_INFER_STRING": "1"}),
    Parameters("pandas keeps text as objects", {"PANDAS_FUTURE_INFER_STRING": "0"}),
    Parameters("Python takes memory from malloc", {"PYTHONMALLOC": "malloc"}),
    Parameters(
        "one thread in each pool", {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    ),
    Parameters("one worker of joblib", {"LOKY_MAX_CPU_COUNT": "1"}),
)


def candidates(environment: Mapping[str, str], folders: Sequence[str] = _LIBRARY_FOLDERS) -> list[Parameters]:
    """What is worth a trial for a step whose definition (and scenario) sets ``environment``.

    Its own switches come first: variables named like sizes of batches or numbers of workers that hold a number. An
    allocator is there where the machine has its library. What the step sets so already is left out.
    """
    found = [*_switches(environment), *_GENERAL, *_allocators(folders)]
    return [item for item in found if any(environment.get(name) != value for name, value in item.variables.items())]


def _switches(environment: Mapping[str, str]) -> list[Parameters]:
    found = []
    for name, value in environment.items():
        if not value.isascii() or not value.isdigit() or int(value) < 2:
            continue
        if _BATCH.search(name):
            smaller = dict.fromkeys(str(int(value) // divisor) for divisor in (2, 4) if int(value) >= divisor)
            found += [Parameters(f"{name} {item} instead of {value}", {name: item}) for item in smaller]
        elif _WORKERS.search(name):
            found.append(Parameters(f"{name} 1 instead of {value}", {name: "1"}))
    return found


def _allocators(folders: Sequence[str]) -> list[Parameters]:
    found = []
    for pattern, name, settings in _ALLOCATORS:
        files = sorted(file for folder in folders for file in Path(folder).glob(pattern))
        if files:
            found.append(Parameters(name, {"LD_PRELOAD": str(files[0]), **settings}))
    return found
