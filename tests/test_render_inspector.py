"""The inspector's HTML by value: probabilities, lead changes, influence in words, a passage keeps its hue, no markup."""

import math
from dataclasses import replace

import pytest

from rag_demo.render_counterfactual import comparison, influences
from rag_demo.render_inspector import inspection
from rag_demo.render_modes import both
from rag_demo.render_tokens import formula, lead_changes, minus, numbers, times
from rag_demo.types import Answer, AnswerToken, Candidate, Counterfactual, Hit, Marginal, Passage, RagMode
from rag_demo.ui.i18n import words
from tests.test_render import EVIL, Tags

TEXT, ENGLISH = words("zh"), words("en")
HITS = (
    Hit(Passage("p1", "黄疸", "多吃奶。去医院。"), 1, 12.5, 0.75, 0.6),
    Hit(Passage("p2", "发热", "不要捂汗。"), 2, 11.4, 0.25, 0.4),
)
TOKENS = (
    AnswerToken("多", -0.5, (0.9, 0.1)),
    AnswerToken("吃", -1.25, (0.2, 0.8)),
    AnswerToken("奶", 0.0, (0.3, 0.7)),
    AnswerToken("", -0.1, (1.0, 0.0)),
)
ANSWER = Answer("宝宝黄疸？", "多吃奶", HITS, TOKENS, finished=True)
OTHER = replace(
    ANSWER,
    hits=(replace(HITS[1], rank=1, prior=0.9), Hit(Passage("p9", "加的", "水。"), 2, 1.0, 0.1, 0.5)),
    text="水",
    tokens=(AnswerToken("水", -2.0, (0.4, 0.6)),),
)


def test_the_lead_changes_where_another_passage_leads():
    assert lead_changes(TOKENS) == (1, 3) and lead_changes(TOKENS[:1]) == ()
    html = inspection(ANSWER, TEXT, settled=True)
    assert "领先的资料换了 2 次：第 2 个词元“吃”由 1 换到 2，第 4 个词元“∎”由 2 换到 1。" in html
    assert html.count('class="col changed') == 2 and html.count('class="tok z1 changed"') == 1
    assert "Passage 1 leads from the first" in inspection(replace(ANSWER, tokens=TOKENS[:1]), ENGLISH, settled=True)


def test_every_token_can_be_reached_and_its_numbers_read():
    """A token is a button that names its description, and that description holds all k probabilities."""
    html = inspection(ANSWER, TEXT, settled=True)
    parsed = Tags(html)
    described = [a["aria-describedby"] for tag, a in parsed.tags if tag == "button"]
    assert described == [a["id"] for _, a in parsed.tags if a.get("role") == "tooltip"] and len(described) == 4
    assert '<span class="z0"><b>1</b> 0.200</span><span class="z1"><b>2</b> 0.800</span>' in html
    assert "log p −1.25" in html
    assert '<th scope="row">2 吃</th><td>−1.25</td><td>0.200</td><td>0.800</td><td>▾ 2</td>' in html


def test_cells_carry_the_probability_and_nothing_for_zero():
    html = inspection(ANSWER, TEXT, settled=True)
    assert '<b>吃</b><i style="--p:0.20"></i><i style="--p:0.80"></i></span>' in html
    assert '<b>∎</b><i style="--p:1.00"></i><i></i></span>' in html
    assert '<span class="prior" style="--to:0.7500">' in html and "0.750 <span>→</span> 0.600" in html


def test_the_picture_grows_small_and_without_buttons():
    """What is sent with every token stays a fraction of the finished picture."""
    growing = replace(ANSWER, finished=False, tokens=TOKENS[:2])
    html = inspection(growing, TEXT, settled=False)
    assert 'class="inspected live"' in html and "caret" in html and html.count('class="col"') == 1
    assert "<button" not in html and "<table" not in html
    long = replace(ANSWER, tokens=TOKENS[:3] * 50)
    live = inspection(replace(long, finished=False), TEXT, settled=False)
    assert len(live) < 150 * 2 * 120 < len(inspection(long, TEXT, settled=True))


def test_nothing_is_shown_where_there_is_nothing_to_see():
    assert inspection(None, TEXT, settled=False) == ""
    assert inspection(replace(ANSWER, tokens=(), text=""), TEXT, settled=True) == ""
    assert inspection(replace(ANSWER, hits=(), tokens=()), TEXT, settled=True) == ""
    assert 'class="inspected stopped"' in inspection(replace(ANSWER, finished=False), TEXT, settled=True)


def test_the_line_says_which_posterior_it_is():
    assert "r<sub>i</sub>(z) = p(z<sub>i</sub> = z | x, y<sub>≤i</sub>)" in inspection(ANSWER, ENGLISH, settled=True)
    sequence = replace(ANSWER, rag_mode=RagMode.SEQUENCE)
    assert "running posterior p(z | x, y<sub>≤i</sub>)" in inspection(sequence, ENGLISH, settled=True)
    assert formula("p(y_i|x,y_<i) <b>") == "p(y<sub>i</sub>|x,y<sub>&lt;i</sub>) &lt;b&gt;"


def test_numbers_as_people_write_them():
    assert (minus(-4.13), minus(-0.01), minus(2.0, 2)) == ("−4.1", "0", "2.00")
    assert "e<sup>−4.1</sup></span>" in times(-4.1) and "e<sup>−1.0</sup> ≈ 0.37" in times(-1.0)


def test_influence_in_words_and_as_bars_from_zero():
    html = influences(ANSWER, (-4.1, 1.0), ENGLISH)
    assert 'without it the answer is <span class="times">e<sup>−4.1</sup></span> times as likely' in html
    assert "--zero:0.8039" in html and "left:0.00%;width:80.39%" in html and "left:80.39%;width:19.61%" in html
    assert "almost nothing changes" in influences(ANSWER, (0.0, 0.01), ENGLISH)
    alone = influences(replace(ANSWER, hits=HITS[:1]), (-math.inf,), ENGLISH)
    assert "it is the only passage" in alone and "inf" not in Tags(alone).text and "nan" not in alone


def test_a_passage_keeps_its_number_and_hue_in_another_set():
    """In the new set the old second passage ranks first; calling it 1 there would confuse the two answers."""
    assert numbers(ANSWER, OTHER) == {"p1": 1, "p2": 2, "p9": 3}
    html = comparison(Counterfactual(ANSWER, OTHER, (-3.0, -7.1)), ENGLISH, settled=True)
    assert '<span class="tok z2" style="--p:0.60">' in html and "<sup>3</sup>水" in html
    assert "e<sup>−4.1</sup></span> times as likely (log p(y|x) from −3.0 to −7.1)" in html
    assert "<td>off</td><td>0.750</td><td>0.600</td><td>—</td><td>—</td>" in html
    assert "<td>added</td><td>—</td><td>—</td><td>0.100</td><td>0.500</td>" in html
    assert "word for word" not in html
    assert "word for word" in comparison(Counterfactual(ANSWER, ANSWER, (-3.0, -3.0)), ENGLISH, settled=True)


def test_both_ways_show_each_text_under_both_models():
    first = Candidate(ANSWER, Marginal(-3.0, (0.9, 0.1)), Marginal(-5.0, (1.0, 0.0)))
    other = replace(ANSWER, rag_mode=RagMode.SEQUENCE, text="多")
    growing = both((first, Candidate(replace(other, finished=False))), ENGLISH, settled=False)
    assert growing.count('class="caret"') == 1 and "<table" not in growing and "Mean responsibilities" in growing
    second = Candidate(other, Marginal(-2.0, (0.5, 0.5)), Marginal(-4.0, (0.25, 0.75)))
    html = both((first, second), ENGLISH, settled=True)
    assert 'aria-label="RAG-Sequence: 1: 0.250, 2: 0.750"' in html
    assert "RAG-Token holds the one by RAG-Sequence likelier" in html and "greedy" in html
    assert "<td>RAG-Token</td><td>−3.00</td><td>0.900</td><td>0.100</td>" in html
    assert both((), ENGLISH, settled=True) == ""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_rendered_unescaped(language):
    text = words(language)
    hit = Hit(Passage(EVIL, EVIL, EVIL), 1, 1.0, 0.5, 0.5)
    hits = (hit, replace(hit, passage=Passage("p2", EVIL, EVIL)))
    tokens = (AnswerToken(EVIL, -1.0, (0.6, 0.4)), AnswerToken(EVIL, -1.0, (0.4, 0.6)))
    answer = Answer(EVIL, EVIL, hits, tokens, finished=True)
    part = Marginal(-1.0, (0.5, 0.5))
    html = (
        inspection(answer, text, settled=True)
        + influences(answer, (-1.0, 0.5), text)
        + comparison(Counterfactual(answer, answer, (-1.0, -2.0)), text, settled=True)
        + both((Candidate(answer, part, part),) * 2, text, settled=True)
    )
    parsed = Tags(html)
    assert not {tag for tag, _ in parsed.tags} & {"img", "script"}
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    assert EVIL in parsed.text
