"""The rule for follow-ups: what is taken over, and that whole questions are left alone."""

import pytest

from rag_demo.followup import Rewriting, standalone, topic


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("孕妇血糖高怎么办？", "孕妇血糖高"),
        ("请问新生儿黄疸多久能退", "新生儿黄疸"),
        ("什么是地中海贫血", "地中海贫血"),
        ("宝宝发烧", "宝宝发烧"),
    ],
)
def test_topic(question, about):
    assert topic(question) == about


@pytest.mark.parametrize(
    ("question", "previous", "searched", "rule"),
    [
        ("那宝宝能吃吗", "孕妇血糖高怎么办？", "孕妇血糖高，宝宝能吃吗", Rewriting.TOPIC_ADDED),
        ("它会传染吗？", "手足口病怎么治", "手足口病，会传染吗？", Rewriting.TOPIC_ADDED),
        ("要多久才好", "新生儿黄疸怎么办", "新生儿黄疸，要多久才好", Rewriting.TOPIC_ADDED),
        ("需要去医院吗", "宝宝拉肚子怎么办", "宝宝拉肚子，需要去医院吗", Rewriting.TOPIC_ADDED),
        ("那孩子发烧39度怎么办", "孕妇血糖高怎么办", "孩子发烧39度怎么办", Rewriting.CONNECTOR_DROPPED),
        ("高血压能喝咖啡吗", "孕妇血糖高怎么办", "高血压能喝咖啡吗", Rewriting.AS_ASKED),
        ("那宝宝能吃吗", "", "那宝宝能吃吗", Rewriting.AS_ASKED),
        ("湿疹", "孕妇血糖高怎么办", "湿疹", Rewriting.AS_ASKED),
    ],
)
def test_standalone(question, previous, searched, rule):
    found = standalone(question, previous)
    assert (found.text, found.rule) == (searched, rule)


def test_a_rewritten_question_asked_again_is_left_as_it_is():
    """The visitor edits what was searched and asks it: the rule must not pile another topic on top."""
    once = standalone("那宝宝能吃吗", "孕妇血糖高怎么办？").text
    assert standalone(once, once).rule is Rewriting.AS_ASKED
