"""The export holds the answer and its passages, and nothing in a passage becomes markup in a Markdown viewer."""

import json
from base64 import b64decode

from rag_demo.export import answer_markdown, json_link, markdown_link
from rag_demo.render import answer_json
from rag_demo.types import Answer, Citation, Hit, Passage
from rag_demo.ui.i18n import words

EVIL = "[点我](javascript:alert(1))<img src=x>\n# 标题"
HITS = (Hit(Passage("p1", "黄疸", EVIL, "新生儿", "指南"), 1, 12.5, 0.75, 0.9),)
ANSWER = Answer("宝宝*黄疸*？", "去医院。", HITS, (), (Citation("去医院。", 0, 0, 4),), model="base", finished=True)


def test_markdown_holds_the_answer_and_escapes_the_passage():
    text = answer_markdown(ANSWER, words("zh"))
    assert text.startswith("# 宝宝\\*黄疸\\*？\n\n去医院。[1]\n") and "0.750" in text and "指南" in text
    assert "\\[点我\\]\\(javascript" in text and "\\<img" in text and "\n# 标题" not in text


def test_links_carry_the_files():
    head, body = json_link(ANSWER).split(",", 1)
    assert head == "data:application/json;charset=utf-8;base64"
    assert json.loads(b64decode(body)) == json.loads(json.dumps(answer_json(ANSWER)))
    assert b64decode(markdown_link(ANSWER, words("en")).split(",", 1)[1]).decode() == answer_markdown(
        ANSWER, words("en")
    )
