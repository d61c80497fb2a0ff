"""Which distribution has a module: the names differ for some, and some are on no index."""

from __future__ import annotations

from importlib import metadata

from cursus_readiness.environments.base import normalised

_DISTRIBUTIONS = {
    "attr": "attrs", "bs4": "beautifulsoup4", "Crypto": "pycryptodome", "cv2": "opencv-python",
    "dateutil": "python-dateutil", "docx": "python-docx", "dotenv": "python-dotenv", "fitz": "pymupdf",
    "git": "gitpython", "google": "protobuf", "imblearn": "imbalanced-learn", "jwt": "pyjwt", "magic": "python-magic",
    "MySQLdb": "mysqlclient", "OpenSSL": "pyopenssl", "PIL": "pillow", "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary", "serial": "pyserial", "skimage": "scikit-image", "sklearn": "scikit-learn",
    "skopt": "scikit-optimize", "slugify": "python-slugify", "umap": "umap-learn", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip
_ON_NO_INDEX = {
    "mlio", "mods", "mods_workflow_core", "mods_workflow_helper", "sagemaker_sklearn_container",
    "sagemaker_xgboost_container", "secure_ai_sandbox_python_lib", "secure_ai_sandbox_workflow_python_sdk", "smdebug",
    "smdebug_rulesconfig", "smdistributed",
}  # fmt: skip


def is_on_no_index(module: str) -> bool:
    """Whether a module is known to exist in images and private repositories of AWS and Amazon alone."""
    return module.partition(".")[0] in _ON_NO_INDEX


def distribution_of(module: str) -> str:
    """The distribution that has a top-level module: as known, as installed with the tool, else of the same name."""
    top = module.partition(".")[0]
    if top in _DISTRIBUTIONS:
        return _DISTRIBUTIONS[top]
    found = metadata.packages_distributions().get(top)
    return normalised(found[0] if found else top)


def modules_of(distribution: str) -> set[str]:
    """The top-level modules that a distribution is known, or likely, to have."""
    named = {module for module, name in _DISTRIBUTIONS.items() if name == distribution}
    return named or {distribution.replace("-", "_")}
