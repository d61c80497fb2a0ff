"""What a check is told, and how it ends: a violation that counts fails it, and is its reason."""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class MistakeError(Exception):
    """What keeps a check from being made, in one sentence."""


def instructions() -> dict[str, Any]:
    """What the job tells its program."""
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "instructions.json"), encoding="utf-8") as file:
        told: dict[str, Any] = json.load(file)
    return told


def end_with(main: Callable[[dict[str, Any]], None]) -> None:
    """Run a program; a mistake is its message, the last line that it says, and exit code 1."""
    told = instructions()
    try:
        main(told)
    except ImportError as error:
        fail(told, f"the check is calculated with {error.name}, which the step's environment does not have: {error}")
    except MistakeError as error:
        fail(told, str(error))


def fail(told: dict[str, Any], message: str) -> None:
    """End the program with that reason."""
    message = " ".join(message.split())
    say(told, message)
    print(message, file=sys.stderr, flush=True)
    sys.exit(1)


def say(told: dict[str, Any], message: str) -> None:
    """Leave a message with the job, which the service would show as its ExitMessage."""
    with open(told["message_file"], "w", encoding="utf-8") as file:
        file.write(message)


def write(told: dict[str, Any], name: str, content: dict[str, Any]) -> None:
    """Write a JSON file to the job's output."""
    os.makedirs(told["output"], exist_ok=True)
    with open(os.path.join(told["output"], name), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)


def baseline(told: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """The baseline file of that kind; nothing when none was supplied or nothing is to be compared.

    Raises MistakeError when it cannot be read.
    """
    folder = told["baseline"].get(kind)
    if folder is None:
        return None
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    if len(paths) != 1:
        raise MistakeError(f"the supplied baseline {kind} are {len(paths)} files; one is expected")
    try:
        with open(paths[0], encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError) as error:
        raise MistakeError(f"the supplied baseline {kind} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise MistakeError(f"the supplied baseline {kind} hold no JSON object")
    return found


def end(told: dict[str, Any], violations: list[dict[str, Any]], compared_count: int | None) -> None:
    """Write what was violated, say it, and fail if that is asked for.

    ``compared_count`` is how many constraints were compared; ``None`` when there was nothing to compare with.
    """
    if compared_count is None:
        why = (
            "the check is skipped"
            if told["is_skipped"]
            else "no baseline is supplied, and there is no model registry here"
        )
        print(f"nothing was compared: {why}", flush=True)
        say(told, f"Completed: nothing was compared, {why}.")
        return
    write(told, "constraint_violations.json", {"violations": violations})
    for violation in violations:
        print(f"violation: {describe(violation)}", flush=True)
    if not violations:
        print(f"{compared_count} constraints of the baseline hold", flush=True)
        say(told, "Completed: Job completed successfully with no violations.")
        return
    count = f"{len(violations)} violation{'s' if len(violations) > 1 else ''}"
    if told["fails_on_violation"]:
        fail(told, f"{count} of the baseline's constraints, the first: {describe(violations[0])}")
    say(told, f"CompletedWithViolations: Job completed successfully with {count}.")


def describe(violation: dict[str, Any]) -> str:
    """A violation as one line."""
    named = [violation[key] for key in ("feature_name", "facet", "facet_value", "metric_name") if key in violation]
    return f"{' '.join(named)}: {violation['constraint_check_type']}: {violation['description']}"
