"""Run the driver in Cursus's interpreter: one process group, one time limit, no network."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from cursus_readiness.cursus.installation import DRIVER, DRIVER_DIR, Installation
from cursus_readiness.errors import CannotRunError


def driver_sources() -> list[str]:
    """The text of the driver, on which what it writes depends."""
    return [path.read_text(encoding="utf-8") for path in sorted((DRIVER_DIR / DRIVER).glob("*.py"))]


def run_driver(
    installation: Installation, request: dict[str, str], home: Path, *, bytecode: Path, timeout_s: float | None
) -> dict[str, Any]:
    """What the driver tells of one compile; the pipeline is in the request's ``out``.

    Raises CannotRunError when it does not end in time, ends otherwise than by telling, or cannot import Cursus.
    """
    asked, log = home / "request.json", home / "log.txt"
    asked.write_text(json.dumps(request), encoding="utf-8")
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [str(installation.interpreter), "-m", DRIVER, "compile", str(asked)],
            cwd=home,
            env=installation.environment(home, bytecode),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            message = f"compiling in {installation.interpreter} did not end within {timeout_s:g} s"
            raise CannotRunError(message, fix="set cursus.timeout_minutes higher") from error
        finally:
            if process.poll() is None:  # the whole group: nothing is left behind
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if code != 0:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["nothing"]
        raise CannotRunError(f"compiling in {installation.interpreter} exits {code}, saying: {said[-1]}")
    result: dict[str, Any] = json.loads((Path(request["out"]) / "result.json").read_text(encoding="utf-8"))
    if result["status"] == "failed" and result["stage"] == "import":
        message = f"{installation.interpreter} cannot import Cursus: {result['errors'][-1]}"
        raise CannotRunError(message, fix="install what Cursus needs: its pyproject.toml lists it")
    return result
