"""Packages that Cursus's step interfaces name."""

from __future__ import annotations

from pathlib import Path

from cursus_readiness.cursus.interfaces import framework_requirements

TRAINING = """step_type: XGBoostTraining
contract:
  entry_point: train.py
  framework_requirements:
    xgboost: ==1.7.6
    pandas: '>=1.2.0,<2.0.0'
    pygam: '*'
    python: '>=3.7'
"""


def step(name: str | None, config_class: str) -> dict[str, str | None]:
    return {"step": name, "config_class": config_class}


def test_packages_are_told_by_step(tmp_path: Path) -> None:
    folder = tmp_path / "steps" / "interfaces"
    folder.mkdir(parents=True)
    (folder / "xgboost_training.step.yaml").write_text(TRAINING, encoding="utf-8")
    (folder / "payload.step.yaml").write_text("step_type: Payload\ncontract:\n  entry_point: x.py\n", encoding="utf-8")
    (folder / "package.step.yaml").write_text("step_type: Package\ncontract: [broken\n", encoding="utf-8")
    steps = [
        step("XGBoostTraining", "XGBoostTrainingConfig"),
        step("Payload", "PayloadConfig"),
        step("Package", "PackageConfig"),
        step("Own", "OwnConfig"),
        step(None, "XGBoostTrainingConfig"),
    ]
    assert framework_requirements(tmp_path, steps) == {
        "XGBoostTraining": ("pandas>=1.2.0,<2.0.0", "pygam", "xgboost==1.7.6")
    }


def test_a_cursus_without_interfaces_names_none(tmp_path: Path) -> None:
    assert framework_requirements(tmp_path, [step("Payload", "PayloadConfig")]) == {}
