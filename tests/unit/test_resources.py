"""Files that the package brings along."""

from __future__ import annotations

from pathlib import Path

import pytest

from cursus_readiness import resources
from cursus_readiness.errors import CannotRunError
from cursus_readiness.units import GIB


def test_an_instance_type_has_its_vcpus_and_memory() -> None:
    spec = resources.instance_specs()["ml.m5.xlarge"]
    assert (spec.vcpu_count, spec.memory_bytes, spec.gpu_count, spec.family) == (4, 16 * GIB, 0, "m5")


def test_every_instance_type_is_plausible() -> None:
    specs = resources.instance_specs()
    assert len(specs) > 400
    for name, spec in specs.items():
        assert name == spec.name
        assert name.startswith("ml.")
        assert spec.vcpu_count > 0
        assert spec.memory_bytes >= GIB // 2
        assert spec.gpu_count >= 0


def test_packaged_templates_come_before_those_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "src" / "package"
    for folder in (package / "templates", tmp_path / "templates"):
        folder.mkdir(parents=True)
        (folder / "report.html.jinja").touch()
    monkeypatch.setattr(resources, "PACKAGE_DIR", package)
    assert resources.templates_dir() == package / "templates"
    (package / "templates" / "report.html.jinja").unlink()
    assert resources.templates_dir() == tmp_path / "templates"


def test_missing_templates_have_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "PACKAGE_DIR", tmp_path / "src" / "package")
    with pytest.raises(CannotRunError, match="templates") as caught:
        resources.templates_dir()
    assert caught.value.fix
