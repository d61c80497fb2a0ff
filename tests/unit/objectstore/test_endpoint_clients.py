"""Clients of AWS, old and new, find the endpoint by the environment of a step alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness.objectstore.endpoint import S3Endpoint


def environment(endpoint: S3Endpoint, folder: Path, region: str = "eu-west-1") -> dict[str, str]:
    """A step's environment, with the files that it speaks of."""
    for path, text in endpoint.files(str(folder / "aws")).items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    variables = endpoint.environment(region, str(folder / "aws"))
    return {"PATH": os.environ["PATH"], "HOME": str(folder), **variables, "HTTP_PROXY": "http://127.0.0.1:9"}


def run(environment: dict[str, str], *command: str) -> str:
    outcome = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


def install(folder: Path, *requirements: str) -> Path:
    """A virtual environment with other packages than the tool's own; its folder of programs."""
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, check=False)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if made.returncode or subprocess.run([*pip, *requirements], capture_output=True, check=False).returncode:
        pytest.skip(f"{', '.join(requirements)} cannot be installed here")
    return folder / "bin"


SCRIPT = """
import io, json, boto3, botocore
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
s3 = boto3.client("s3")
s3.put_object(Bucket="my.data", Key="a b/c+d", Body=b"hello")
s3.upload_fileobj(io.BytesIO(b"0" * (6 << 20)), "data", "big", Config=TransferConfig(5 << 20, 2, 5 << 20))
found = {
    "version": botocore.__version__,
    "account": boto3.client("sts").get_caller_identity()["Account"],
    "keys": [item["Key"] for item in s3.list_objects_v2(Bucket="data", Prefix="b")["Contents"]],
    "body": s3.get_object(Bucket="my.data", Key="a b/c+d")["Body"].read().decode(),
    "partitions": [boto3.Session().get_partition_for_region(it) for it in ("cn-north-1", "us-gov-west-1", "sa-east-1")],
}
try:
    boto3.client("ssm").get_parameter(Name="x")
except ClientError as error:
    found["ssm"] = str(error)
print(json.dumps(found))
"""


def check(found: dict[str, Any]) -> None:
    assert found["account"] == "000000000000"
    assert found["keys"] == ["big"]
    assert found["body"] == "hello"
    assert found["partitions"] == ["aws-cn", "aws-us-gov", "aws"]
    assert "ssm is not reachable in a readiness run" in found["ssm"]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_present_boto3_comes_here(region: str, endpoint: S3Endpoint, tmp_path: Path) -> None:
    check(json.loads(run(environment(endpoint, tmp_path, region), sys.executable, "-c", SCRIPT)))


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="botocore of that time does not know this Python")
def test_boto3_that_knows_no_endpoint_variable_comes_here_by_files(endpoint: S3Endpoint, tmp_path: Path) -> None:
    python = install(tmp_path / "venv", "boto3==1.26.165") / "python"
    for region in ("us-east-1", "eu-west-1"):
        found = json.loads(run(environment(endpoint, tmp_path, region), str(python), "-c", SCRIPT))
        assert found["version"] == "1.29.165"
        check(found)


@pytest.mark.slow
def test_the_command_line_of_aws_comes_here(endpoint: S3Endpoint, root: Path, tmp_path: Path) -> None:
    aws = str(install(tmp_path / "venv", "awscli") / "aws")
    variables = environment(endpoint, tmp_path)
    (tmp_path / "up" / "sub").mkdir(parents=True)
    (tmp_path / "up" / "sub" / "big").write_bytes(os.urandom(9 << 20))
    (tmp_path / "up" / "a b.txt").write_text("hello", encoding="utf-8")
    run(variables, aws, "s3", "mb", "s3://data")
    run(variables, aws, "s3", "sync", str(tmp_path / "up"), "s3://data/in/")
    run(variables, aws, "s3", "cp", "--recursive", "s3://data/in/", "s3://data/copy/")
    run(variables, aws, "s3", "rm", "--recursive", "s3://data/in/")
    run(variables, aws, "s3", "cp", "--recursive", "s3://data/copy/", str(tmp_path / "down"))
    assert sorted(path.name for path in (root / "data").iterdir()) == ["copy"]
    for name in ("sub/big", "a b.txt"):
        assert (tmp_path / "down" / name).read_bytes() == (tmp_path / "up" / name).read_bytes()


ARROW = """
import os
import pandas as pd
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet

store = pa.fs.S3FileSystem(endpoint_override=os.environ["AWS_ENDPOINT_URL"])
pa.parquet.write_table(pa.table({"a": [1, 2, 3]}), "data/t/x.parquet", filesystem=store)
store.create_dir("data/d/e")
assert store.get_file_info("data/d/e").type == pa.fs.FileType.Directory
store.copy_file("data/t/x.parquet", "data/d/y.parquet")
assert [item.path for item in store.get_file_info(pa.fs.FileSelector("data/d"))] == ["data/d/e", "data/d/y.parquet"]
store.delete_dir("data/d")
print(len(pd.read_parquet("s3://data/t/x.parquet")))
"""


def test_pandas_reads_parquet_through_pyarrow(endpoint: S3Endpoint, root: Path, tmp_path: Path) -> None:
    (root / "data").mkdir(parents=True)
    assert run(environment(endpoint, tmp_path), sys.executable, "-c", ARROW) == "3\n"
    assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*.parquet")) == ["data/t/x.parquet"]
    assert sorted(path.name for path in (root / "data").iterdir()) == ["t"]


def test_nothing_is_imported_before_a_client_comes(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from cursus_readiness.objectstore.endpoint import S3Endpoint; "
        "from cursus_readiness.objectstore.store import ObjectStore\n"
        f"with S3Endpoint(ObjectStore(Path({str(tmp_path)!r}))): pass\n"
        "print([name for name in ('http.server', 'xml.etree.ElementTree', 'boto3') if name in sys.modules])"
    )
    assert run(dict(os.environ), sys.executable, "-c", script) == "[]\n"
    assert list(tmp_path.iterdir()) == []
