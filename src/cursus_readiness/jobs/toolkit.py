"""What the SageMaker training toolkit makes of a job: arguments of the script and its ``SM_*`` environment.

Source: the public package ``sagemaker-training`` 5.1, modules ``mapping`` and ``environment``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from cursus_readiness.jobs.base import HOST_NAME, JobContext, arn_of, resource_config
from cursus_readiness.model.job import JobInput

Json = Any
_GROUP = "homogeneousCluster"
# The toolkit's own hyperparameters: none of them is forwarded to the script. Others named ``sagemaker_...`` go to the
# framework.
_OWN = (
    *("sagemaker_program", "sagemaker_submit_directory", "sagemaker_enable_cloudwatch_metrics", "sagemaker_region"),
    *("sagemaker_container_log_level", "sagemaker_job_name", "default_user_module_name", "_tuning_objective_metric"),
    "sagemaker_s3_output",
)
_DISTRIBUTIONS = (
    *("sagemaker_mpi_enabled", "sagemaker_parameter_server_enabled", "sagemaker_distributed_dataparallel_enabled"),
    *("sagemaker_pytorch_ddp_enabled", "sagemaker_pytorch_xla_multi_worker_enabled"),
    *("sagemaker_multi_worker_mirrored_strategy_enabled", "sagemaker_torch_distributed_enabled"),
)


def decode(value: str) -> Json:
    """A hyperparameter as the SDK wrote it (JSON), else the text itself."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def user_hyperparameters(hyperparameters: Mapping[str, str]) -> dict[str, Json]:
    """The hyperparameters that the script sees, decoded."""
    return {
        key: decode(value)
        for key, value in hyperparameters.items()
        if not key.startswith("sagemaker_") and key not in _OWN
    }


def command_arguments(hyperparameters: Mapping[str, str]) -> tuple[str, ...]:
    """``--name value`` (``-n value`` for one letter), sorted by name; a mapping becomes ``a=1,b=2``."""
    arguments: list[str] = []
    for key, value in sorted(user_hyperparameters(hyperparameters).items()):
        arguments += [f"-{key}" if len(key) == 1 else f"--{key}", _argument(value)]
    return tuple(arguments)


def _argument(value: Json) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={item}" for name, item in sorted(value.items()))
    return "" if value is None else str(value)


def service_environment(context: JobContext) -> dict[str, str]:
    """What the service itself sets for every training job."""
    return {
        "AWS_REGION": context.region,
        "TRAINING_JOB_NAME": context.job_name,
        "TRAINING_JOB_ARN": arn_of("training-job", context.job_name, context),
    }


def toolkit_environment(
    *,
    context: JobContext,
    program: str,
    source: str,
    hyperparameters: Mapping[str, str],
    channels: Mapping[str, JobInput],
    input_config: Mapping[str, Mapping[str, str]],
    instance_type: str | None,
) -> dict[str, str]:
    """The ``SM_*`` variables (and those that the service itself sets) of a training script on one host."""
    forwarded = user_hyperparameters(hyperparameters)
    channel_dirs = {name: channel.path for name, channel in channels.items()}
    cpu_count = os.cpu_count() or 1
    arguments = list(command_arguments(hyperparameters))
    level = decode(hyperparameters.get("sagemaker_container_log_level", "20"))
    framework = {
        key: decode(value) for key, value in hyperparameters.items() if key.startswith("sagemaker_") and key not in _OWN
    }
    is_distributed = any(framework.get(name) for name in _DISTRIBUTIONS)
    groups = framework.get("sagemaker_distribution_instance_groups", [_GROUP] if is_distributed else [])
    resources = resource_config(instance_type)
    training_env = {
        "additional_framework_parameters": framework,
        "channel_input_dirs": channel_dirs,
        "current_host": HOST_NAME,
        "current_instance_group": _GROUP,
        "current_instance_group_hosts": [HOST_NAME],
        "current_instance_type": instance_type,
        "distribution_hosts": [HOST_NAME] if _GROUP in groups else [],
        "distribution_instance_groups": groups,
        "framework_module": None,
        "hosts": [HOST_NAME],
        "hyperparameters": forwarded,
        "input_config_dir": "/opt/ml/input/config",
        "input_data_config": input_config,
        "input_dir": "/opt/ml/input",
        "instance_groups": [_GROUP],
        "instance_groups_dict": {_GROUP: resources["instance_groups"][0]},
        "is_hetero": False,
        "is_master": True,
        "is_modelparallel_enabled": None,
        "is_smddpmprun_installed": False,
        "is_smddprun_installed": False,
        "job_name": context.job_name,
        "log_level": level,
        "master_hostname": HOST_NAME,
        "model_dir": "/opt/ml/model",
        "module_dir": source,
        "module_name": program.removesuffix(".py"),
        "network_interface_name": "eth0",
        "num_cpus": cpu_count,
        "num_gpus": 0,
        "num_neurons": 0,
        "output_data_dir": "/opt/ml/output/data",
        "output_dir": "/opt/ml/output",
        "output_intermediate_dir": "/opt/ml/output/intermediate",
        "resource_config": resources,
        "topology": [],
        "user_entry_point": program,
    }
    return {
        **service_environment(context),
        "PYTHONPATH": "/opt/ml/code",
        "CURRENT_HOST": HOST_NAME,
        "SAGEMAKER_JOB_NAME": _plain(decode(hyperparameters.get("sagemaker_job_name", '""'))),
        "SAGEMAKER_REGION": _plain(decode(hyperparameters.get("sagemaker_region", f'"{context.region}"'))),
        "SM_CHANNELS": _json(sorted(channels)),
        "SM_CURRENT_HOST": HOST_NAME,
        "SM_CURRENT_INSTANCE_GROUP": _GROUP,
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": _json([HOST_NAME]),
        "SM_CURRENT_INSTANCE_TYPE": instance_type or "",
        "SM_DISTRIBUTION_INSTANCE_GROUPS": _json(groups),
        "SM_FRAMEWORK_MODULE": "",
        "SM_FRAMEWORK_PARAMS": _json(framework),
        "SM_HOSTS": _json([HOST_NAME]),
        "SM_HPS": _json(forwarded),
        "SM_INPUT_CONFIG_DIR": "/opt/ml/input/config",
        "SM_INPUT_DATA_CONFIG": _json(input_config),
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_INSTANCE_GROUPS": _json([_GROUP]),
        "SM_INSTANCE_GROUPS_DICT": _json(training_env["instance_groups_dict"]),
        "SM_IS_HETERO": "false",
        "SM_LOG_LEVEL": _plain(level),
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_MODULE_DIR": source,
        "SM_MODULE_NAME": program.removesuffix(".py"),
        "SM_NETWORK_INTERFACE_NAME": "eth0",
        "SM_NUM_CPUS": str(cpu_count),
        "SM_NUM_GPUS": "0",
        "SM_NUM_NEURONS": "0",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_OUTPUT_DIR": "/opt/ml/output",
        "SM_OUTPUT_INTERMEDIATE_DIR": "/opt/ml/output/intermediate",
        "SM_RESOURCE_CONFIG": _json(resources),
        "SM_TRAINING_ENV": _json(training_env),
        "SM_USER_ARGS": _json(arguments),
        "SM_USER_ENTRY_POINT": program,
        **{f"SM_CHANNEL_{name.upper()}": path for name, path in channel_dirs.items()},
        **{f"SM_HP_{name.upper()}": _plain(value) for name, value in forwarded.items()},
    }


def _json(value: Json) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _plain(value: Json) -> str:
    """As the toolkit encodes a value for the environment: text bare, the rest as JSON, nothing as nothing."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _json(value)
