"""A container engine for tests: an executable that notes what it is told and runs commands as plain processes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ENGINE = """#!{python}
import json, os, subprocess, sys
from pathlib import Path

here = Path({folder!r})
answers = json.loads((here / "answers.json").read_text())
with (here / "told.jsonl").open("a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
name = sys.argv[1]
if name in answers:
    said, code = answers[name]
    print(said, file=sys.stderr if code else sys.stdout)
    sys.exit(code)
state = here / "state.json"

def put(found):
    (here / "next.json").write_text(json.dumps(found))
    os.replace(here / "next.json", state)

if name == "create":
    at = sys.argv.index("--entrypoint")
    (here / "argv.json").write_text(json.dumps([sys.argv[at + 1], *sys.argv[at + 3:]]))
    print("pulled it first\\n0123456789abcdef")
elif name == "start":
    running = {{"Running": True, "Pid": {pid}, "ExitCode": 0, "StartedAt": "2026-03-14T09:00:00.123456789Z"}}
    put(running)
    code = subprocess.run(json.loads((here / "argv.json").read_text())).returncode
    ended = {{"Running": {forgets}, "Pid": 0, "ExitCode": code, "FinishedAt": "2026-03-14T09:00:02.123456789Z"}}
    put({{**running, **ended}})
    sys.exit(code)
elif name == "container":
    print(state.read_text() if state.exists() else json.dumps({{"Running": False, "Pid": 0, "ExitCode": 0}}))
"""


class FakeEngine:
    """An engine of that name in a folder. ``answers`` are command -> (what it says, its exit code)."""

    def __init__(
        self, folder: Path, name: str, answers: dict[str, Any], *, pid: int = 0, forgets: bool = False
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.program = folder / name
        (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
        text = ENGINE.format(python=sys.executable, folder=str(folder), pid=pid, forgets=forgets)
        self.program.write_text(text, encoding="utf-8")
        self.program.chmod(0o755)

    @property
    def told(self) -> list[list[str]]:
        """The arguments of every call."""
        lines = (self.folder / "told.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]
