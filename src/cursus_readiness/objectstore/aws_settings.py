"""Settings that make clients of AWS, whatever their age, come to one endpoint and wait for nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

# (name, DNS suffix, regions) as in botocore's endpoints.json; the last takes what no other does
_PARTITIONS = (
    ("aws-cn", "amazonaws.com.cn", r"^cn\-\w+\-\d+$"),
    ("aws-us-gov", "amazonaws.com", r"^us\-gov\-\w+\-\d+$"),
    ("aws", "amazonaws.com", ".+"),
)


def variables(url: str, region: str, folder: str | None) -> dict[str, str]:
    """Environment variables.

    https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html has all but the two of S3's and STS's old
    endpoints, which botocore had to be asked not to use.
    """
    found = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_ACCESS_KEY_ID": "fake-key-of-a-readiness-run",
        "AWS_SECRET_ACCESS_KEY": "fake-secret-of-a-readiness-run",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "2",  # for scripts that name an address themselves: a network that is not there stays so
        "AWS_STS_REGIONAL_ENDPOINTS": "regional",
        "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "regional",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    if folder is not None:
        found |= {"AWS_CONFIG_FILE": f"{folder}/config", "AWS_DATA_PATH": f"{folder}/models"}
    return found


@lru_cache(maxsize=8)  # the same for every step of a scenario
def files(url: str, folder: str) -> Mapping[str, str]:
    """Path and text of what botocore reads instead of ``AWS_ENDPOINT_URL``, which it knows since 1.31 (boto3 1.28).

    Another ``endpoints.json`` than its own is botocore's way to give all services another address. Its S3 clients would
    then put the bucket in front of the address, were it not for the configuration.
    """
    partitions = [
        {
            "partition": name,
            "partitionName": name,
            "dnsSuffix": suffix,
            "regionRegex": regions,
            "defaults": {"hostname": url.removeprefix("http://"), "protocols": ["http"], "signatureVersions": ["v4"]},
            "regions": {},
            "services": {},
        }
        for name, suffix, regions in _PARTITIONS
    ]
    return {
        f"{folder}/config": "[default]\ns3 =\n    addressing_style = path\n",
        f"{folder}/models/endpoints.json": json.dumps({"version": 3, "partitions": partitions}, indent=1),
    }
