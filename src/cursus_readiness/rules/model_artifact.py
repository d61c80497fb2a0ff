"""A model that opens, and answers."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules import model_program
from cursus_readiness.rules.base import Judgement, RuleSyntaxError, fields, texts
from cursus_readiness.rules.schemas import NAME, NAME_OR_NAMES, closed
from cursus_readiness.rules.soundness import flaw
from cursus_readiness.rules.target import Target
from cursus_readiness.rules.unpacking import is_archive, members, unpacked
from cursus_readiness.sandbox import syscalls
from cursus_readiness.units import one_line

_FORM = "true, {loads: true}, or {serves: 'STEP:OUTPUT/requests/*.json', script: code/inference.py}"
_LOADABLE = (".joblib", ".pkl", ".pickle", ".ubj", ".bst", ".onnx", ".pt", ".pth")
_MODELS = (*_LOADABLE, ".safetensors", ".h5", ".keras", ".pb", ".cbm", ".txt", ".json", ".bin", ".model")
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class _ModelArtifactCheck:
    loads: bool = False
    requests: tuple[str, ...] = ()
    script: str = "code/inference.py"

    @property
    def references(self) -> tuple[str, ...]:
        return self.requests

    def judge(self, target: Target) -> Judgement:
        results = [self._one(path, target) for path in target.files]
        worst = [item for item in results if item.held is False] or [item for item in results if item.held is None]
        return worst[0] if worst else results[0]

    def _one(self, path: Path, target: Target) -> Judgement:
        name = printable(path.name)
        if not is_archive(path):
            problem = flaw(path)
            return Judgement.broken(f"{name} {problem}") if problem else Judgement.kept(f"{name} is whole")
        with unpacked(path) as folder:
            names = members(folder)
            flaws = [f"{printable(item)} {problem}" for item in names if (problem := flaw(folder / item))]
            if flaws:
                return Judgement.broken(f"{name}: {'; '.join(flaws[:5])}")
            models = [item for item in names if Path(item).suffix in _MODELS or Path(item).name == "xgboost-model"]
            if not models:
                return Judgement.broken(f"{name} holds no model among {len(names)} members")
            if not self.loads and not self.requests:
                return Judgement.kept(f"{name}: {len(names)} members are whole")
            requests = [item for of in self.requests for item in target.refer(of).files]
            return self._run(name, folder, names, requests, target.interpreter)

    def _run(self, name: str, folder: Path, names: list[str], requests: list[Path], interpreter: str) -> Judgement:
        """Load, and serve where that is asked for, in a process of its own."""
        script = self.script if requests else ""
        if script and script not in names:
            return Judgement.broken(f"{name} lacks {script}")
        models = [item for item in names if item.endswith(_LOADABLE) or item.rpartition("/")[2] == "xgboost-model"]
        if not models and not script:
            return Judgement.open(f"{name} has no model of a kind that can be loaded here")
        copies = []
        for number, request in enumerate(requests):  # the folder of the archive is all that the process needs
            copy = folder / f".request-{number}{request.suffix}"
            shutil.copyfile(request, copy)
            copies.append(str(copy))
        wanted = {"models": models, "script": script, "requests": copies, "kernel": syscalls.__file__}
        found = _ask(interpreter, folder, wanted)
        if "unavailable" in found:
            return Judgement.open(f"{name}: {found['unavailable']}")
        if "failed" in found:
            return Judgement.broken(f"{name}: {one_line(printable(found['failed']))[:300]}")
        answers = f", {len(requests)} requests answered with {found['count']} numbers" if requests else ""
        return Judgement.kept(f"{name}: {len(models)} models loaded{answers}")


def _ask(interpreter: str, folder: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    command = [interpreter, "-I", "-B", "-W", "ignore", model_program.__file__, str(folder)]
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/run", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}
    try:
        outcome = subprocess.run(
            command,
            input=json.dumps(wanted).encode(),
            capture_output=True,
            env=environment,
            cwd=folder,
            timeout=_TIMEOUT_S,
            check=False,
        )
        found: dict[str, Any] = json.loads(outcome.stdout)
    except subprocess.TimeoutExpired:
        return {"failed": f"no answer after {_TIMEOUT_S} s"}
    except OSError as error:
        return {"unavailable": f"cannot start {interpreter}: {error.strerror}"}
    except ValueError:
        return {"failed": f"the process that loads it ended with code {outcome.returncode}"}
    return found


class ModelArtifact:
    """``model_artifact: true`` opens it; ``{loads: true}`` loads it, ``{serves: requests}`` asks it, in a sandbox."""

    key = "model_artifact"
    schema: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {"const": True},
            closed({}, {"loads": {"type": "boolean"}, "serves": NAME_OR_NAMES, "script": NAME}),
        ]
    }

    def parse(self, written: Any) -> _ModelArtifactCheck:
        """Read what is asked of the model."""
        if written is True:
            return _ModelArtifactCheck()
        found = fields(written, _FORM, optional=("loads", "serves", "script"))
        loads, script = found.get("loads", False), found.get("script", "code/inference.py")
        if not found or not isinstance(loads, bool) or not isinstance(script, str) or ".." in script.split("/"):
            raise RuleSyntaxError(f"{_FORM} is expected")
        if "script" in found and "serves" not in found:
            raise RuleSyntaxError("script needs serves: the requests that it answers")
        return _ModelArtifactCheck(loads, texts(found["serves"], "a reference") if "serves" in found else (), script)
