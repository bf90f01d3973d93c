"""HTML by value: nothing unescaped, numbers as measured, clauses and their passages in one colour."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from rag_demo.render import Turn, answer_json, conversation, evidence
from rag_demo.types import Answer, AnswerMode, AnswerToken, Citation, Hit, Passage
from rag_demo.ui.i18n import Language, words

TEXT = words("zh")
EVIL = "<img src=x onerror=alert(1)>\"'&</span><script>"
HITS = (
    Hit(Passage("p1", "黄疸", "多吃奶。去医院。", "新生儿", "测试"), 1, 12.5, 0.75, 0.9),
    Hit(Passage("p2", "发热", "不要捂汗。", "儿科", ""), 2, 11.4, 0.25, 0.1, bm25=3.25),
)
ANSWER = Answer(
    "宝宝黄疸？", "去医院。不要捂汗。", HITS, (AnswerToken("去", -0.5, (0.9, 0.1)),),
    (Citation("去医院。", 0, 4, 8), Citation("不要捂汗。", 1, 0, 5)), model="base", finished=True,
)  # fmt: skip


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_clauses_share_their_passages_colour():
    said, cards = conversation([Turn("宝宝黄疸？", ANSWER)], TEXT), evidence(ANSWER, TEXT)
    assert (
        '<span class="cite z0">去医院。<sup>1</sup></span><span class="cite z1">不要捂汗。<sup>2</sup></span>' in said
    )
    assert '多吃奶。<mark class="z0">去医院。</mark>' in cards
    assert '<mark class="z1">不要捂汗。</mark>' in cards


def test_bars_and_scores_carry_their_numbers():
    cards = evidence(ANSWER, TEXT)
    assert "--to:0.9000" in cards and 'aria-valuenow="0.900"' in cards and "--to:0.7500" in cards
    assert "内积 <b>12.50</b>" in cards and "BM25 <b>3.25</b>" in cards


@pytest.mark.parametrize("language", list(Language))
def test_nothing_is_rendered_unescaped(language):
    passage = Passage(EVIL, EVIL, EVIL + "。", EVIL, EVIL)
    hit = Hit(passage, 1, 1.0, 1.0, 1.0)
    for mode in AnswerMode:
        answer = Answer(
            EVIL, EVIL + "。", (hit,), citations=(Citation(EVIL + "。", 0, 0, len(EVIL) + 1),), model=EVIL,
            answer_mode=mode, unsupported=((0, 5),),
        )  # fmt: skip
        turns = [Turn(EVIL, answer), Turn(EVIL, error=EVIL), Turn(EVIL, answer, stopped=True)]
        html = conversation(turns, words(language)) + evidence(answer, words(language))
        parsed = Tags(html)
        assert not {tag for tag, _ in parsed.tags} & {"img", "script"}
        assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
        assert EVIL in parsed.text


def test_free_mode_marks_what_no_passage_says():
    answer = replace(ANSWER, answer_mode=AnswerMode.FREE, citations=(), text="去医院。吃月亮。", unsupported=((4, 7),))
    html = conversation([Turn("q", answer)], TEXT)
    assert '去医院。<span class="unsupported">吃月亮</span>。' in html and TEXT["free_label"] in html


def test_the_json_is_json_and_complete():
    value = json.loads(json.dumps(answer_json(ANSWER)))
    assert value["hits"][0]["passage"]["id"] == "p1" and value["tokens"][0]["posterior"] == [0.9, 0.1]
    assert value["log_prob"] == -0.5 and value["citations"][1]["hit"] == 1


def test_both_languages_have_every_word():
    chinese, english = words(Language.CHINESE), words(Language.ENGLISH)
    assert all(chinese.values()) and all(english.values())
    has_chinese = [key for key, text in english.items() if any("\u4e00" <= c <= "\u9fff" for c in text)]
    assert has_chinese == ["placeholder", "corpus_query_hint"]
