"""What the options of a source on S3 may be."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from builders import a_scenario, a_served
from cursus_readiness.model.binding import InputBinding
from cursus_readiness.sources import s3
from cursus_readiness.sources.base import SourceError
from cursus_readiness.sources.s3 import S3Source


@pytest.mark.parametrize("url", ["https://user:secret@host/", "host:9000", "ftp://host", "https://host/?key=secret"])
def test_an_address_with_credentials_or_none_at_all_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="without user and password"):
        InputBinding(source="s3://bucket/x", endpoint_url=url)


@pytest.mark.parametrize("option", [{"include": ["*"]}, {"max_size_gb": 1}, {"profile": "x"}, {"region": "eu-west-1"}])
def test_options_of_s3_are_for_s3(option: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=f"{next(iter(option))!r} is for sources on S3"):
        InputBinding.model_validate({"source": "local:x", **option})
    InputBinding.model_validate({"source": "s3:", **option})


def test_a_part_of_what_a_binding_covers_is_read_below_its_source() -> None:
    served = a_served("s3://plan/in/a/b.csv", "s3://real/out/", prefix="s3://plan/in/")
    assert s3._location(served).uri == "s3://real/out/a/b.csv"
    assert s3._location(a_served("s3://plan/in/a", "s3:", prefix="s3://plan/")).uri == "s3://plan/in/a"


def test_a_source_that_is_no_uri_fails_the_check(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is no s3://bucket/key"):
        S3Source().check(a_served("s3://bucket/in/", "s3:in"), a_scenario(tmp_path))


def test_a_cache_limit_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READINESS_S3_CACHE_GB", "much")
    with pytest.raises(SourceError, match="READINESS_S3_CACHE_GB is 'much'; a number of GiB is meant"):
        s3._number("READINESS_S3_CACHE_GB", 1.0)
    monkeypatch.setenv("READINESS_S3_CACHE_GB", "2.5")
    assert s3._number("READINESS_S3_CACHE_GB", 1.0) == 2.5


def test_progress_is_told_in_steps_of_a_twentieth() -> None:
    told: list[int] = []
    tell = S3Source(lambda _uri, done, _total: told.append(done))._in_steps("s3://b/x")
    for done in range(1, 1001):
        tell(done, 1000)
    assert told == [1, *range(50, 1001, 50)]
