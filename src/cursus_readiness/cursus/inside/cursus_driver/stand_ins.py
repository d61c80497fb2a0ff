"""Stand-ins for the steps that Cursus takes from an in-house SDK."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from typing import Any

SDK = "secure_ai_sandbox_workflow_python_sdk"
CONSTANTS = "mods_workflow_core.utils.constants"
# Module and class of each step that Cursus takes from the in-house SDK, with the outputs that its interface declares
# (Cursus 2.9.32: step_catalog/sdk_bindings.py and steps/interfaces/*.step.yaml).
STAND_INS = {
    "cradle_data_loading.cradle_data_loading_step": ("CradleDataLoadingStep", ("DATA", "METADATA", "SIGNATURE")),
    "redshift_data_loading.redshift_data_loading_step": ("RedshiftDataLoadingStep", ("output",)),
    "mims_model_registration.mims_model_registration_processing_step": ("MimsModelRegistrationProcessingStep", ()),
    "data_uploading.data_uploading_step": ("DataUploadingStep", ()),
}


def add_stand_ins(compiler: Any) -> None:
    """Put stand-ins where the in-house packages are not installed.

    ``compiler`` is Cursus's module, which defines the constants of the second package itself when it is not there.
    """
    if importlib.util.find_spec(SDK) is None:
        for module, (name, outputs) in STAND_INS.items():
            _module(f"{SDK}.{module}", {name: _stand_in(name, outputs)})
    if importlib.util.find_spec(CONSTANTS.partition(".")[0]) is None:
        _module(CONSTANTS, {name: value for name, value in vars(compiler).items() if name.isupper()})


def _module(name: str, content: dict[str, Any]) -> None:
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        parent = sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
        parent.__path__ = []
    sys.modules[name].__dict__.update(content)


def _stand_in(name: str, outputs: tuple[str, ...]) -> Any:
    """A Processing step with the interface's outputs and no entry point: its image alone would know what to do."""
    processing = importlib.import_module("sagemaker.processing")
    steps = importlib.import_module("sagemaker.workflow.steps")

    def construct(
        self: Any,
        *,
        step_name: str,
        role: str,
        sagemaker_session: Any,
        processing_input: Any = None,
        depends_on: Any = None,
        cache_config: Any = None,
        **_: Any,
    ) -> None:
        processor = processing.Processor(
            role=role,
            image_uri="stand-in/" + name,
            instance_count=1,
            instance_type="ml.m5.large",
            sagemaker_session=sagemaker_session,
        )
        folder = "/opt/ml/processing/output/"
        steps.ProcessingStep.__init__(
            self,
            name=step_name,
            processor=processor,
            inputs=processing_input,
            outputs=[processing.ProcessingOutput(output_name=item, source=folder + item) for item in outputs],
            depends_on=depends_on,
            cache_config=cache_config or steps.CacheConfig(enable_caching=False),
        )

    return type(name, (steps.ProcessingStep,), {"__init__": construct, "is_stand_in": True})
