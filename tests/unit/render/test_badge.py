"""badge.svg: the verdict as a small picture."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from builders import a_report, a_result
from cursus_readiness.model.report import Verdict
from cursus_readiness.render.badge import flat_badge, render_badge

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_is_said_in_words_and_in_a_colour_of_its_own(verdict: Verdict) -> None:
    report = a_report(a_result()).model_copy(update={"verdict": verdict})
    root = ElementTree.fromstring(render_badge(report))
    word = verdict.value.replace("_", " ").lower()
    assert root.findtext(f"{SVG}title") == f"readiness: {word}"
    assert root.get("aria-label") == f"readiness: {word}"
    assert root.get("role") == "img"
    assert [item.text for item in root.iter(f"{SVG}text")] == ["readiness", word]
    others = [render_badge(report.model_copy(update={"verdict": other})) for other in Verdict if other is not verdict]
    fill = [item.get("fill") for item in root.iter(f"{SVG}rect")][-1]
    assert fill
    assert not any(fill in other for other in others)


def test_a_longer_word_has_a_wider_badge_and_its_fields_fill_it() -> None:
    short, long = (ElementTree.fromstring(flat_badge("a", word, "#000")) for word in ("ready", "ready with waivers"))
    assert int(short.get("width", "")) < int(long.get("width", ""))
    for badge in (short, long):
        (whole,) = badge.iter(f"{SVG}rect")
        assert whole.get("width") == badge.get("width")


def test_several_on_one_page_do_not_get_in_each_others_way() -> None:
    assert "id=" not in flat_badge("a", "ready", "#000")


def test_any_word_is_safe() -> None:
    root = ElementTree.fromstring(flat_badge("<a>", '"&<script>', "#000"))
    assert root.findtext(f"{SVG}title") == '<a>: "&<script>'
