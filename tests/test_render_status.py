"""The banner by value: numbers that dial, the lines of the language, nothing unescaped."""

from dataclasses import replace

import pytest

from rag_demo.render_status import render_status
from rag_demo.safety import ADVICE, find_emergency
from rag_demo.types import Answer, EvidenceStatus
from rag_demo.ui.i18n import Language, words
from tests.test_render import ANSWER, EVIL, Tags


def emergency(question: str) -> Answer:
    return Answer(question, "", (), status=EvidenceStatus.EMERGENCY, emergency=find_emergency(question), finished=True)


def test_a_sufficient_answer_has_no_banner():
    assert render_status(ANSWER, words("zh")) == ""


@pytest.mark.parametrize(("language", "line"), [("zh", "不要催吐"), ("en", "Do not make them vomit")])
def test_what_to_do_now(language, line):
    html = render_status(emergency("孩子吞了纽扣电池"), words(language))
    assert 'href="tel:120"' in html and 'role="alert"' in html and line in html and "<q>吞了纽扣电池</q>" in html


def test_a_crisis_calls_the_help_line_first():
    html = render_status(emergency("我不想活了"), words("zh"))
    assert html.index("tel:12356") < html.index("tel:120") and "你很重要" in html


@pytest.mark.parametrize("status", [EvidenceStatus.INSUFFICIENT, EvidenceStatus.OUT_OF_SCOPE])
@pytest.mark.parametrize("language", list(Language))
def test_no_answer_has_its_line(status, language):
    text = words(language)
    assert text[f"status_{status}"] in render_status(replace(ANSWER, status=status), text)


def test_a_replaced_answer_says_so():
    assert words("zh")["fallback_dose"] in render_status(replace(ANSWER, fallback="dose"), words("zh"))


def test_every_number_has_words():
    assert all(f"number_{number}" in words("en") for advice in ADVICE.values() for number in advice.numbers)


def test_nothing_is_rendered_unescaped():
    found = emergency("我不想活了")
    html = render_status(replace(found, emergency=replace(found.emergency, rule=EVIL, matched=(EVIL,))), words("zh"))
    parsed = Tags(html)
    assert "img" not in {tag for tag, _ in parsed.tags} and EVIL in parsed.text
