"""What a step imports as ``pip``: it answers what is installed, notes what is asked for, and installs nothing.

The submodules of the environment's own pip, where it has one, stay importable.
"""

from __future__ import annotations

import os
import sys

_OWN = os.path.dirname(os.path.abspath(__file__))
__path__ = [_OWN] + [
    os.path.join(folder, "pip")
    for folder in sys.path
    if os.path.isdir(os.path.join(folder, "pip")) and os.path.realpath(os.path.join(folder, "pip")) != _OWN
]


def main(args: list[str] | None = None) -> int:
    """What ``pip.main`` has always been to scripts that call it."""
    from ._stand_in import run

    return run(sys.argv[1:] if args is None else args)


def __getattr__(name: str) -> str:
    if name == "__version__":
        from ._stand_in import installed_version

        return installed_version("pip") or "0"
    raise AttributeError(name)
