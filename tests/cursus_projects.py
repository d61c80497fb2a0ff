"""A small Cursus project, and a stand-in for Cursus that compiles it with the real SageMaker SDK."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cursus_readiness.model.scenario import E2ETestScenario

PREPARE = "open('/opt/ml/processed_data/train.csv', 'w').write('1')\n"
NODES = ["CradleDataLoading_training", "TabularPreprocessing_training", "Package"]
EDGES = [["CradleDataLoading_training", "TabularPreprocessing_training"], ["TabularPreprocessing_training", "Package"]]


def a_config(**entries: dict[str, Any] | None) -> dict[str, Any]:
    """A saved configuration for the three nodes; an entry given as ``None`` is left out."""
    plain: dict[str, dict[str, Any]] = {
        "CradleDataLoading_training": {"__model_type__": "CradleDataLoadingConfig", "job_type": "training"},
        "TabularPreprocessing_training": {
            "__model_type__": "TabularPreprocessingConfig",
            "job_type": "training",
            "processing_source_dir": "dockers/scripts",
            "processing_entry_point": "prepare.py",
        },
        "Package": {
            "__model_type__": "PackageConfig",
            "processing_source_dir": "dockers/scripts",
            "processing_entry_point": "package.py",
        },
    }
    for key, fields in entries.items():
        if fields is None:
            plain.pop(key)
        else:
            plain[key] = {"__model_type__": f"{key.partition('_')[0]}Config", **plain.get(key, {}), **fields}
    shared = {"bucket": "team-bucket", "region": "EU", "role": "r", "source_dir": "dockers"}
    return {
        "configuration": {"shared": shared, "specific": plain},
        "metadata": {"config_types": {key: fields["__model_type__"] for key, fields in plain.items()}},
    }


def a_graph(nodes: list[str] | None = None, edges: list[list[str]] | None = None) -> dict[str, Any]:
    """A graph as Cursus saves it."""
    return {"dag": {"nodes": nodes or NODES, "edges": EDGES if edges is None else edges}, "metadata": {}}


def a_project(
    folder: Path, config: dict[str, Any] | None = None, graph: dict[str, Any] | None = None, **settings: Any
) -> E2ETestScenario:
    """A project on disk and its scenario; ``settings`` are fields of the scenario."""
    scripts = folder / "project" / "dockers" / "scripts"
    scripts.mkdir(parents=True, exist_ok=True)
    (scripts / "prepare.py").write_text(PREPARE, encoding="utf-8")
    (scripts / "package.py").write_text("print('package.py')\n", encoding="utf-8")
    (folder / "project" / "pipeline_config").mkdir(exist_ok=True)
    file = folder / "project" / "pipeline_config" / "config.json"
    file.write_text(json.dumps(config or a_config()), encoding="utf-8")
    (folder / "dag.json").write_text(json.dumps(graph or a_graph()), encoding="utf-8")
    fields = {"dag_path": "dag.json", **settings}
    scenario = E2ETestScenario(
        scenario_name="small", pipeline_config_path="project/pipeline_config/config.json", expected_steps=[], **fields
    )
    return scenario.model_copy(update={"source_file": folder / "scenario.yaml"})


def a_cursus(checkout: Path, body: str = "") -> Path:
    """A checkout of a stand-in for Cursus; ``body`` runs when it compiles."""
    package = checkout / "src" / "cursus"
    files = {
        "__init__.py": "",
        "core/__init__.py": "",
        "core/compiler/__init__.py": "",
        "core/compiler/dag_compiler.py": _COMPILER.replace("        # BODY\n", body),
        "api/__init__.py": "",
        "api/dag.py": _DAG,
        "steps/scripts/prepare.py": "print('of the package')\n",
        "pipeline_catalog/shared_dags/small/three.dag.json": json.dumps(a_graph()),
    }
    for name, text in files.items():
        file = package / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (checkout / "VERSION").write_text("9.9.9\n", encoding="utf-8")
    return checkout


_DAG = """
import json
from types import SimpleNamespace

def import_dag_from_json(path):
    dag = json.load(open(path))["dag"]
    edges = dag["edges"]
    sources = lambda node: [edge[0] for edge in edges if edge[1] == node]
    return SimpleNamespace(nodes=dag["nodes"], edges=edges, get_dependencies=sources)
"""

_COMPILER = """
import json
from pathlib import Path
from types import SimpleNamespace as Simple

from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.workflow.functions import Join
from sagemaker.workflow.parameters import ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.steps import ProcessingStep

PREFIX = ParameterString(name="EXECUTION_S3_PREFIX")


class Config:
    def __init__(self, fields, root):
        self.__dict__.update(fields, root=root)

    def get_script_path(self):
        own = Path(self.root, self.processing_source_dir or "", self.processing_entry_point)
        of_package = Path(__file__).parents[2] / "steps" / "scripts" / self.processing_entry_point
        return str(own if own.exists() or not of_package.exists() else of_package)


class Resolver:
    def _calculate_compatibility(self, wanted, output, spec):
        return wanted.scores.get(output.name, 0.0)

    def _normalize_step_type_for_compatibility(self, kind):
        return kind

    def _provider_in_compatible_sources(self, kind, listed):
        return kind in listed


def interface(kind, outputs, inputs):
    path = "properties.ProcessingOutputConfig.Outputs['{}'].S3Output.S3Uri"
    return Simple(spec=Simple(
        step_type=kind,
        outputs={name: Simple(name=name, property_path=path.format(name)) for name in outputs},
        dependencies={
            name: Simple(required=required, scores=scores, compatible_sources=["CradleDataLoading"])
            for name, (required, scores) in inputs.items()
        },
    ))


INTERFACES = {
    "CradleDataLoading": (["DATA", "METADATA", "SIGNATURE"], {}),
    "TabularPreprocessing": (
        ["processed_data"],
        {"DATA": (True, {"DATA": 1.0}), "DATA_SECONDARY": (False, {"METADATA": 0.765})},
    ),
    "Package": (["packaged"], {"model": (True, {"processed_data": 1.0}), "extra": (False, {"processed_data": 0.55})}),
}


class PipelineDAGCompiler:
    def __init__(self, config_path, sagemaker_session, role, project_root):
        document = json.loads(Path(config_path).read_text())
        shared, specific = document["configuration"]["shared"], document["configuration"]["specific"]
        self.configs = {key: Config({**shared, **fields}, project_root) for key, fields in specific.items()}
        self.session, self.role = sagemaker_session, role

    def get_last_template(self):
        return self.template

    def compile(self, graph):
        # BODY
        steps, builders, messages = {}, {}, {}
        for node in graph.nodes:
            kind = node.partition("_")[0]
            builders[node] = interface(kind, *INTERFACES[kind])
            steps[node] = self.step(node, kind, [steps[it] for it in graph.get_dependencies(node)])
            messages[node] = {
                "DATA": {"compatibility": 1.0, "source_step": graph.nodes[0], "source_output": "DATA"}
            } if kind == "TabularPreprocessing" else {}
        self.template = Simple(configs=self.configs, assembler=Simple(
            config_map=self.configs, step_instances=steps, step_builders=builders, step_messages=messages,
            _dependency_resolver=Resolver(),
        ))
        self.session.boto_session.client("sts").get_caller_identity()
        assert [it.name for it in self.session.boto_session.resource("s3").buckets.all()] == ["team-bucket"]
        self.session.upload_data(str(Path(__file__)), key_prefix="tree/a", bucket="team-bucket")
        return Pipeline(name="small", steps=list(steps.values()), parameters=[PREFIX], sagemaker_session=self.session)

    def step(self, node, kind, sources):
        name = node.replace("_training", "-Training")
        if kind == "CradleDataLoading":
            from secure_ai_sandbox_workflow_python_sdk.cradle_data_loading.cradle_data_loading_step import (
                CradleDataLoadingStep,
            )

            return CradleDataLoadingStep(step_name=name, role=self.role, sagemaker_session=self.session)
        outputs, inputs = INTERFACES[kind]
        source = sources[0].properties.ProcessingOutputConfig.Outputs
        taken = {"DATA": "DATA", "DATA_SECONDARY": "METADATA", "model": "processed_data"}
        given = [
            ProcessingInput(input_name=name, source=source[taken[name]].S3Output.S3Uri, destination="/opt/ml/" + name)
            for name in inputs if name in taken
        ] + [ProcessingInput(input_name="tree", source="s3://team-bucket/tree", destination="/opt/ml/tree")]
        processor = SKLearnProcessor(
            framework_version="1.2-1", role=self.role, instance_type="ml.m5.large", instance_count=1,
            sagemaker_session=self.session,
        )
        written = [
            ProcessingOutput(output_name=it, source="/opt/ml/" + it, destination=Join(on="/", values=[PREFIX, it]))
            for it in outputs
        ]
        return ProcessingStep(
            name=name, processor=processor, inputs=given, outputs=written, code=self.configs[node].get_script_path()
        )
"""
