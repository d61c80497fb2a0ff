"""How far an environment is from an image."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cursus_readiness.environments.base import PythonEnvironment
from cursus_readiness.environments.distributions import distribution_of, is_on_no_index, modules_of
from cursus_readiness.environments.drift import drift
from cursus_readiness.environments.images import known_image
from cursus_readiness.model.finding import Finding, Severity

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"


@dataclass(frozen=True)
class Packaged(PythonEnvironment):
    """An environment whose packages are told."""

    packages: dict[str, str] = field(default_factory=dict)


def environment(python: str = "3.9.18", substitutions: tuple[str, ...] = (), **packages: str) -> PythonEnvironment:
    image = known_image(IMAGE)
    assert image is not None
    have = {**image.packages, **{name.replace("_", "-"): version for name, version in packages.items()}}
    have = {name: version for name, version in have.items() if version}
    return Packaged(Path("p"), (), python, (), f"host: Python {python}", substitutions, have)


def found(made: PythonEnvironment, imports: set[str] | None = None) -> Finding:
    (finding,) = drift(IMAGE, made, step="Train", imports=imports)
    return finding


def test_the_same_versions_are_no_drift() -> None:
    assert drift(IMAGE, environment()) == []


def test_another_python_is_a_warning() -> None:
    finding = found(environment("3.11.7"))
    assert (finding.id, finding.severity, finding.step) == ("environment-drift", Severity.WARNING, "Train")
    assert "Python 3.11 (image 3.9)" in finding.message
    assert finding.remedy


def test_another_minor_version_matters_where_it_is_imported() -> None:
    made = environment(pandas="2.2.3")
    assert found(made, {"pandas"}).severity is Severity.WARNING
    assert found(made, {"json"}).severity is Severity.NOTE
    assert found(made).severity is Severity.WARNING


def test_another_patch_level_is_a_note() -> None:
    assert found(environment(pandas="1.1.5"), {"pandas"}).severity is Severity.NOTE


def test_what_is_not_there_matters_where_it_is_imported() -> None:
    assert "scikit-learn is not installed" in found(environment(scikit_learn=""), {"sklearn"}).message
    assert drift(IMAGE, environment(scikit_learn=""), imports={"json"}) == []


def test_the_message_is_short_and_the_examples_complete() -> None:
    changed = {
        "numpy": "2.0",
        "pandas": "2.0",
        "scipy": "2.0",
        "pyarrow": "2.0",
        "six": "2.0",
        "boto3": "not a version",
    }
    finding = found(environment(substitutions=("numpy==1.24.1 cannot be installed here: 2.0 was taken",), **changed))
    assert finding.message.endswith("and 2 more")
    assert len(finding.examples) == 7


def test_an_image_of_which_nothing_is_known_is_a_note() -> None:
    (finding,) = drift("registry/own:1", environment(), step="A")
    assert (finding.id, finding.severity) == ("unknown-image", Severity.NOTE)
    assert "own:1" in finding.message
    assert drift(None, environment()) == []


def test_modules_and_distributions_have_names_of_their_own() -> None:
    assert distribution_of("sklearn.linear_model") == "scikit-learn"
    assert distribution_of("yaml") == "pyyaml"
    assert distribution_of("_pytest") == "pytest"
    assert distribution_of("No_Such") == "no-such"
    assert modules_of("scikit-learn") == {"sklearn"}
    assert modules_of("python-dateutil") == {"dateutil"}
    assert modules_of("pandas") == {"pandas"}
    assert is_on_no_index("smdebug.xgboost")
    assert not is_on_no_index("pandas")
