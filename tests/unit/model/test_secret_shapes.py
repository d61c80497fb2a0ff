"""What is a credential, and what only looks like one."""

from __future__ import annotations

import json
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_readiness.model.secret_shapes import HIDDEN, hide_forms, hide_told, is_random, is_secret

LETTERS = string.ascii_letters + string.digits
RANDOM = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXKEY1234"
HEX = "0123456789abcdef" * 4
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+/=\nabc\n-----END RSA PRIVATE KEY-----"

CREDENTIALS = {  # each is put together here, so that no scanner takes this file for a leak
    "an AWS key id": "AKIA" + "IOSFODNN7EXAMPLE",
    "a temporary AWS key id": "ASIA" + "IOSFODNN7EXAMPLE",
    "a GitHub token": "ghp_" + LETTERS[:36],
    "a fine-grained GitHub token": "github_pat_" + LETTERS[:22] + "_" + LETTERS[:59],
    "a GitLab token": "glpat-" + LETTERS[:20],
    "a Slack token": "xoxb-" + "1234567890-abcdefghij",
    "a Stripe key": "sk_live_" + LETTERS[:24],
    "an OpenAI key": "sk-" + LETTERS[:48],
    "an OpenAI project key": "sk-proj-" + LETTERS[:40],
    "an Anthropic key": "sk-ant-api03-" + LETTERS[:40],
    "a Hugging Face token": "hf_" + LETTERS[:34],
    "a Google key": "AIza" + LETTERS[:35],
    "a JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "a private key": PEM,
}  # fmt: skip

TOLD = [
    ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer ***"),
    ('{"Authorization": "Bearer abcdefgh"}', '{"Authorization": "Bearer ***"}'),
    ("curl -H 'authorization: token abcdefgh12'", "curl -H 'authorization: token ***'"),
    ("sent Bearer abc123def456", "sent Bearer ***"),
    ("postgres://user:p%40ss@db:5432/x", "postgres://***@db:5432/x"),
    ("redis://:pass@host", "redis://***@host"),
    ("https://user:p@ss@host/x", "https://***@host/x"),
    ("first\npassword=hunter2\nlast", "first\npassword=***\nlast"),
    ("https://hooks.slack.com/services/T00/B00/XXX", "https://hooks.slack.com/services/***"),
    ("s3.amazonaws.com/b/k?X-Amz-Signature=abc&x=1", "s3.amazonaws.com/b/k?X-Amz-Signature=***&x=1"),
    (f"AWS_SECRET_ACCESS_KEY: {RANDOM}", "AWS_SECRET_ACCESS_KEY: ***"),
    ("login with password=hunter2", "login with password=***"),
    ("--api-key=abcdef", "--api-key=***"),
    ('{"db_password": "swordfish"}', '{"db_password": "***"}'),
    (r"{\"db_password\": \"swordfish\"}", r"{\"db_password\": \"***\"}"),
    ("API_TOKEN: abc123", "API_TOKEN: ***"),
]

HARMLESS = [
    "token: expected ')' at line 3",
    "KeyError: 'token'",
    "secret: not found",
    "max_token=128000 pad_token=[PAD] eos_token=</s> num_tokens=30522",
    "secret_arn=arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf",
    "s3://bucket/a:b@c/d.csv and http://host:8080/path@x",
    "git commit 0123456789abcdef0123456789abcdef01234567",
    f"sha256:{HEX} is the image's digest",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1.2-3@sha256:" + HEX,
    "arn:aws:sagemaker:us-east-1:123456789012:pipeline/churn",
    "550e8400-e29b-41d4-a716-446655440000",
    "task-learn-classification-pipeline-with-many-words disk-abcdefghijklmnopqrstuvwxyz",
    "sk-learn-classification-pipeline-of-the-team",
    "the bearer of bad news has arrived",
    "GHOST gh_pages glpk ghp_short AKIA eyJ",
    "no_secrets=true password: none",
    "BEGIN PUBLIC KEY-----",
]

SECRET_VALUES = [
    ("DB_PASSWORD", "swordfish"), ("db_passwd", "x"), ("DbPassword", "123456"), ("API_KEY", "abc"), ("apikey", "abc"),
    ("AWS_SECRET_ACCESS_KEY", RANDOM), ("AWS_ACCESS_KEY_ID", "AKIA"), ("GITHUB_TOKEN", "abcd"), ("private_key", "abc"),
    ("PassPhrase", "a b"), ("CREDENTIALS", "abc"), ("--db-password", "abc"), ("x-api-key", "abc"), ("DB_PWD", "abc"),
    ("API_KEY", "550e8400-e29b-41d4-a716-446655440000"), ("DD_KEY", "0123456789abcdef" * 2),
    ("AUTH", "q8Zr2Lw9Xv4Tn7Bk1Md6"), ("SETTING", RANDOM), ("", RANDOM), ("SESSION", "aB3dE5gH7jK9mN1pQ3sT"),
]  # fmt: skip

PLAIN_VALUES = [
    ("REGION", "us-east-1"), ("KEYS", "a,b"), ("PASSES", "3"), ("MONKEY", "x"), ("SM_HPS", '{"a": 1}'), ("PWD", "/opt"),
    ("USE_TOKEN", "true"), ("max_token", "99999"), ("pad_token", "[PAD]"), ("DB_PASSWORD", ""), ("API_TOKEN", "12"),
    ("DB_SECRET_ARN", "arn:aws:secretsmanager:x"), ("DB_SECRET", "arn:aws:secretsmanager:x"),
    ("SECRET_NAME", "prod/db"), ("TOKEN_URL", "https://x"), ("PASSWORD_COLUMN", "password"), ("no_secrets", "x"),
    ("COMMIT", "0123456789abcdef0123456789abcdef01234567"), ("checksum", HEX), ("", HEX), ("x", HEX.upper()),
    ("ChecksumSHA256", "x8kbWq0Zr2Lw9Xv4Tn7Bk1Md6Yt5Rc3Gf8Hj0Ks2L1="), ("id", "550e8400-e29b-41d4-a716-446655440000"),
    ("TRAIN_URI", "s3://bucket/Train/2024/abcdefghijklmnopqrstuvwxyz0123456789"), ("learning_rate", "0.00012345678"),
    ("job", "pipelines-2u5hxk9xqk3e-TabularPreprocessing-aBcDeFgHiJ"),
    ("", "TabularPreprocessingTrainingStep2024ConfigV2"), ("field", "claimantInfo_allClaimCount365day"),
    ("", "lukexie-AtoZ-xgboost-NA-1-3-1-pipeline"), ("module", "code/training/GradientBoosting2Training3Script"),
    ("sagemaker_job_name", "XGBoostTraining-20240131T235959Z-NA-prod"), ("", "1" * 60), ("", "a" * 60),
    ("key", "Customer/Id/2024/Part0001File0002OfTheSeries"), ("PartitionKey", "customer_id"),
]  # fmt: skip


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.parametrize("frame", ["{}", "x={} y", '"{}"', "({})", "got {}.", "{}\n"])
def test_a_credential_is_known_by_its_form(name: str, frame: str) -> None:
    shown = hide_forms(frame.format(CREDENTIALS[name]))
    assert HIDDEN in shown
    assert CREDENTIALS[name][8:16] not in shown


@pytest.mark.parametrize("name", CREDENTIALS)
def test_json_stays_json(name: str) -> None:
    inner = json.dumps({"b": [f"x\n{CREDENTIALS[name]}\n", "after"]})
    found = json.loads(hide_forms(json.dumps({"a": CREDENTIALS[name], "inner": inner})))
    assert found["a"] == HIDDEN
    assert json.loads(found["inner"])["b"][0].startswith("x\n***")
    assert json.loads(found["inner"])["b"][1] == "after"


@pytest.mark.parametrize(("told", "shown"), TOLD)
def test_only_the_secret_part_of_what_is_told_is_hidden(told: str, shown: str) -> None:
    assert hide_told(told) == shown
    assert hide_told(shown) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert hide_told(text) == text


def test_a_private_key_that_is_cut_off_is_hidden_to_its_end() -> None:
    assert hide_forms(PEM[:45]) == HIDDEN


@pytest.mark.parametrize(("name", "value"), SECRET_VALUES)
def test_a_value_is_a_secret_by_its_name_or_its_looks(name: str, value: str) -> None:
    assert is_secret(name, value)


@pytest.mark.parametrize(("name", "value"), PLAIN_VALUES)
def test_other_values_are_none(name: str, value: str) -> None:
    assert not is_secret(name, value)


@pytest.mark.parametrize(("length", "least"), [(32, 970), (40, 985), (64, 990), (88, 995)])
def test_nearly_all_random_base64_is_seen(length: int, least: int) -> None:
    source = random.Random(length)
    alphabet = LETTERS + "+/"
    found = sum(is_random("".join(source.choices(alphabet, k=length)), 32) for _ in range(1000))
    assert found >= least


@given(st.text(max_size=300))
def test_any_json_stays_json_with_the_same_keys(text: str) -> None:
    assert list(json.loads(hide_forms(json.dumps({"key": text, "after": 1})))) == ["key", "after"]


@given(st.text(alphabet='\\"nrt-=:/@. aA1BEGINPRIVATEKY', max_size=200))
def test_texts_full_of_marks_leave_json_whole(text: str) -> None:
    written = json.dumps({"key": f"-----BEGIN PRIVATE KEY-----{text}", "inner": json.dumps({"url": f"://a:{text}@"})})
    assert list(json.loads(hide_forms(written))) == ["key", "inner"]
