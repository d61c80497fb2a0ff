"""Other services of AWS are refused at once, in a way that boto3 understands."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import create_parser

from cursus_readiness.objectstore.endpoint import S3Endpoint


def test_the_caller_has_an_identity(session: boto3.Session, endpoint: S3Endpoint) -> None:
    sts: Any = session.client("sts")
    assert sts.get_caller_identity()["Account"] == "000000000000"
    sts.close()
    assert [(access.service, access.operation, access.status) for access in endpoint.take()] == [
        ("sts", "GetCallerIdentity", 200)
    ]


ROLE = {"RoleArn": "arn:aws:iam::123456789012:role/reader", "RoleSessionName": "run"}
CALLS = [
    pytest.param("sts", "assume_role", ROLE, "sts", "AssumeRole", id="query"),
    pytest.param("ec2", "describe_instances", {}, "ec2", "DescribeInstances", id="ec2"),
    pytest.param("sagemaker", "list_models", {}, "sagemaker", "ListModels", id="json"),
    pytest.param(
        "secretsmanager", "get_secret_value", {"SecretId": "x"}, "secretsmanager", "GetSecretValue", id="json too"
    ),
    pytest.param("cloudwatch", "list_metrics", {}, "monitoring", "ListMetrics", id="cbor or query"),
    pytest.param("lambda", "list_functions", {}, "lambda", "GET /2015-03-31/functions", id="rest with json"),
    pytest.param("route53", "list_hosted_zones", {}, "route53", "GET /2013-04-01/hostedzone", id="rest with xml"),
    pytest.param(
        "cognito-identity",
        "get_id",
        {"IdentityPoolId": "eu-west-1:1"},
        "AWSCognitoIdentityService",
        "GetId",
        id="unsigned",
    ),
    pytest.param(
        "sts",
        "assume_role_with_web_identity",
        {**ROLE, "WebIdentityToken": "1234"},
        "AWS",
        "AssumeRoleWithWebIdentity",
        id="unsigned query",
    ),
]


@pytest.mark.parametrize(("service", "method", "arguments", "name", "operation"), CALLS)
def test_another_service_is_refused_with_its_name_and_what_to_do(
    service: str,
    method: str,
    arguments: dict[str, str],
    name: str,
    operation: str,
    session: boto3.Session,
    endpoint: S3Endpoint,
) -> None:
    client: Any = session.client(service)  # type: ignore[call-overload]
    with pytest.raises(ClientError) as error:
        getattr(client, method)(**arguments)
    client.close()
    assert error.value.response["Error"]["Code"] == "NotReachable"
    assert f"{name} is not reachable in a readiness run" in str(error.value)
    assert "environment_variables in the scenario" in str(error.value)
    taken = endpoint.take()
    assert [(access.service, access.operation, access.uri, access.status) for access in taken] == [
        (name, operation, None, 400)
    ]
    assert taken[0].request_count == 1  # nobody tries again


def test_a_form_that_is_too_long_to_look_at_is_refused_all_the_same(endpoint: S3Endpoint) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = urllib.request.Request(endpoint.url, data=b"x" * (2 << 20), headers=headers)
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    assert b"AWS is not reachable" in error.value.read()
    error.value.close()


def test_a_service_that_speaks_cbor_is_refused_in_cbor(endpoint: S3Endpoint) -> None:
    scope = "Credential=fake/20260101/eu-west-1/monitoring/aws4_request"
    headers = {"smithy-protocol": "rpc-v2-cbor", "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host"}
    url = f"{endpoint.url}/service/GraniteServiceVersion20100801/operation/ListMetrics"
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(urllib.request.Request(url, data=b"\xa0", headers=headers))
    answer = {"status_code": 400, "headers": error.value.headers, "body": error.value.read()}
    error.value.close()
    parser: Any = create_parser("smithy-rpc-v2-cbor")
    parsed = parser.parse(answer, None)
    assert parsed["Error"]["Code"] == "NotReachable"
    assert parsed["Error"]["Message"].startswith("monitoring is not reachable in a readiness run (ListMetrics)")
