"""``probe OUT.json`` says what the interpreter has; ``compile REQUEST.json`` writes the pipeline into its folder.

Every outcome but a crash of this driver ends with code 0 and is told in the written file.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from .aws import local_session, refuse_network
from .outcome import steps, wiring
from .probe import probe
from .stand_ins import add_stand_ins

COMPILER = "cursus.core.compiler.dag_compiler"
_CHAIN_COUNT = 20


class Compilation:
    """One compile, which tells what is known whether it succeeds or not."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._request = request
        self._stage = "import"
        self._known: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """Write ``definition.json`` and ``uploads/<bucket>/<key>``; return the rest."""
        try:
            self._compile()
        except Exception as error:  # noqa: BLE001 - whatever Cursus or a project raises is the outcome
            told = {"stage": self._stage, "errors": _chain(error), "traceback": traceback.format_exc()[-8000:]}
            return {"status": "failed", **self._known, **told}
        return {"status": "compiled", **self._known}

    def _compile(self) -> None:
        request, out = self._request, Path(self._request["out"])
        refuse_network()
        for name in ("boto3", "sagemaker.workflow.pipeline_context", COMPILER):
            importlib.import_module(name)
        compiling = importlib.import_module(COMPILER)
        add_stand_ins(compiling)
        self._stage = "compile"
        graph = importlib.import_module("cursus.api.dag").import_dag_from_json(request["dag_path"])
        compiler = compiling.PipelineDAGCompiler(
            config_path=request["config_path"],
            sagemaker_session=local_session(request["region"], request["bucket"], out / "uploads"),
            role=request["role"],
            project_root=request["project_root"],
        )
        pipeline = compiler.compile(graph)
        template = compiler.get_last_template()
        assembler = getattr(template, "assembler", None)
        self._known["pipeline_name"] = pipeline.name
        self._known["steps"] = steps(template, assembler, graph)
        self._stage = "definition"
        (out / "definition.json").write_text(pipeline.definition(), encoding="utf-8")
        with suppress(AttributeError, KeyError, TypeError):  # looks into what another Cursus may have otherwise
            self._known["wiring"] = wiring(assembler, graph)


def _chain(error: BaseException) -> list[str]:
    """What was raised, and what it was raised for, outermost first."""
    said: list[str] = []
    link: BaseException | None = error
    while link is not None and len(said) < _CHAIN_COUNT:
        said.append(f"{type(link).__name__}: {str(link).strip()}")
        link = link.__cause__ or link.__context__
    return said


def main(command: str, file: str) -> None:
    """Answer ``probe`` or ``compile``."""
    if command == "probe":
        Path(file).write_text(json.dumps(probe()), encoding="utf-8")
        return
    request = json.loads(Path(file).read_text(encoding="utf-8"))
    os.environ.update(
        AWS_ACCESS_KEY_ID="x",
        AWS_SECRET_ACCESS_KEY="x",  # noqa: S106 - nothing is signed for anybody
        AWS_DEFAULT_REGION=request["region"],
        AWS_EC2_METADATA_DISABLED="true",
        AWS_REQUEST_CHECKSUM_CALCULATION="when_required",  # else bodies are chunked with a trailer
        SAGEMAKER_TELEMETRY_OPT_OUT="true",
        SAGEMAKER_SUPPRESS_V2_WARNING="1",
    )
    os.chdir(request["project_root"])  # only now: the folder that Python starts in comes first on its path
    result = Compilation(request).run()
    Path(request["out"], "result.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
