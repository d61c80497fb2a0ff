"""Search logs for metrics, in a process of its own: a regular expression of a definition may never come to an end.

Run as a program: patterns and files come on standard input as JSON, the last value of each metric goes to standard
output.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_TIMEOUT_S = 30.0
_LONGEST_LINE = 100_000


def last_values(patterns: Mapping[str, str], logs: Iterable[Path]) -> dict[str, float] | None:
    """The last value of each metric that the logs tell; ``None`` when the search does not end."""
    question = {"patterns": dict(patterns), "logs": [str(log) for log in logs if log.exists()]}
    try:
        outcome = subprocess.run(
            [sys.executable, "-I", "-S", __file__],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=True,
        )
        found: dict[str, float] = json.loads(outcome.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
    return found


def search(patterns: Mapping[str, str], logs: Iterable[str]) -> dict[str, float]:
    """The last value of each metric; the service searches every line, too, and shows a tab as ``#011``."""
    values: dict[str, float] = {}
    compiled = {name: re.compile(pattern) for name, pattern in patterns.items()}
    for log in logs:
        with open(log, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                for name, pattern in compiled.items():
                    value = _value(pattern, line[:_LONGEST_LINE])
                    if value is not None:
                        values[name] = value
    return values


def _value(pattern: re.Pattern[str], line: str) -> float | None:
    found = pattern.search(line) or pattern.search(line.replace("\t", "#011"))
    try:
        return float(found[1]) if found and found.groups() else None
    except (TypeError, ValueError):
        return None


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump(search(asked["patterns"], asked["logs"]), sys.stdout)
