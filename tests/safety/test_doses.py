"""Doses in free mode: what counts as one, what counts as listed, and that nothing unsafe is shown first."""

from dataclasses import replace

import pytest

from rag_demo.safety.doses import released, unlisted_doses, vulnerable
from rag_demo.types import Answer, AnswerMode

SOURCE = "体温38.5℃可用退热药，每次5ml。每次10mg/kg，间隔6小时。"


@pytest.mark.parametrize(
    "text",
    ["每次5ml", "吃2片", "０．５片就够", "半片", "每日三次", "一天3次", "10mg/kg", "400单位", "滴两滴", "2-3粒", "每6小时吃一次", "5～10毫升", "3次/日",
     "半片", "两滴", "一次一片", "每公斤体重10毫克", "每公斤十", "0.2每公斤", "10/kg", "俩片", "数滴", "一小勺", "半茶匙", "打一针", "服一剂",
     "四十万单位", "零点五毫升", "１５㎎", "壹片", "5u", "四分之一片", "早晚各一次", "一天不超过四次", "每天最多吃3次", "间隔6小时再用", "tid", "q8h口服",
     "1片半", "十五 毫升", "饭后两次", "2 g", "0.5kg"],
)  # fmt: skip
def test_doses_are_seen(text):
    assert unlisted_doses(text, [])


@pytest.mark.parametrize(
    "text",
    [
        "体温38.5度",
        "三个月大",
        "多喝水",
        "观察24小时",
        "第一次怀孕",
        "2岁",
        "120急救",
        "间隔6小时再量体温",
        "快一点",
        "一岁半",
        "biden",
    ],
)
def test_other_numbers_are_no_doses(text):
    assert unlisted_doses(text, []) == ()


def test_listed_means_verbatim_and_whole():
    """ "5ml" inside "15ml", or "10mg" inside "10mg/kg", would be another dose."""
    assert unlisted_doses("用退热药，每次5ml。", [SOURCE]) == ()
    assert unlisted_doses("每次5 ｍｌ", [SOURCE]) == ()
    assert unlisted_doses("每次10mg", [SOURCE]) == ("10mg",)
    assert unlisted_doses("5ml", ["每次15ml"]) == ("5ml",)
    assert unlisted_doses("布洛芬每次5ml", [SOURCE]) == ("5ml",)
    assert unlisted_doses("5ml", ["每次不超过5ml。"]) and unlisted_doses("吃2片", ["宝宝不要吃2片"])
    assert unlisted_doses("吃2片", ["不要乱吃，吃2片"]) == ()
    assert unlisted_doses("每次5ml", ["每次5ml每公斤"])


def test_who_is_vulnerable():
    assert all(
        map(
            vulnerable,
            [
                "宝宝发烧",
                "孕妇感冒",
                "哺乳期能吃吗",
                "8个月大",
                "喂奶期间",
                "5岁发烧",
                "九岁",
                "孙女咳嗽",
                "a pregnant woman",
            ],
        )
    )
    assert not any(map(vulnerable, ["老人高血压", "我头疼", "65岁失眠", "六十五岁", "二十一岁"]))


def growing(question: str, text: str) -> list[Answer]:
    blank = Answer(question, "", (), answer_mode=AnswerMode.FREE)
    steps = [replace(blank, text=text[:n]) for n in range(1, len(text) + 1)]
    return [*steps, replace(steps[-1], finished=True)]


def drain(answers, sources, about=""):
    """-> what was shown, and whether the answer was withheld."""
    shown, stream = [], released(iter(answers), sources, about)
    while True:
        try:
            shown.append(next(stream))
        except StopIteration as end:
            return shown, end.value


@pytest.mark.parametrize("question", ["宝宝发烧", "孕妇发烧怎么办", "哺乳期发烧"])
def test_an_unlisted_dose_is_withheld_and_nothing_of_it_shown(question):
    assert drain(growing(question, "多喝水。每次吃2片。"), [SOURCE]) == ([], True)


def test_a_dose_of_an_answer_that_turns_to_a_child_is_never_shown():
    """The dose comes before the word that makes it dangerous."""
    shown, withheld = drain(growing("发烧怎么办", "多喝水。每次吃2片。宝宝也一样。"), [SOURCE])
    assert withheld and all("片" not in answer.text and "2" not in answer.text for answer in shown)


@pytest.mark.parametrize(
    ("question", "text"),
    [("宝宝发烧", "可用退热药，每次5ml。"), ("我发烧", "多喝水。每次吃2片。"), ("宝宝发烧", "多喝水。")],
)
def test_what_is_safe_is_shown_whole_and_in_order(question, text):
    answers = growing(question, text)
    assert drain(answers, [SOURCE]) == (answers, False)
