"""What cleaning takes away, and above all what it leaves: doses, comparisons, advice."""

from collections import Counter

import pytest

from training.cleaning import Changed, CleanPair, Dropped, clean_pair, clean_text, core, shorten, without_ending
from training.pairs import Pair


def cleaned(pair: Pair, **options) -> tuple[CleanPair | Dropped, Counter]:
    counts: Counter = Counter()
    settings = dict(shortest=5, longest=600, departments=(), changed=lambda what: counts.update([what])) | options
    return clean_pair(pair, **settings), counts


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("体温<38.5℃，血糖>7.0", "体温<38.5℃，血糖>7.0"),  # no tags
        ("<p>多喝水</p><p>休息<br/>三天</p>", "多喝水\n休息\n三天"),
        ("&lt;b&gt;少盐&lt;/b&gt;&amp;nbsp;低脂", "少盐 低脂"),  # escaped twice
        ("<script>alert(1)</script>忌口<!-- 广告 -->", "忌口"),
        ("每次１００ｍｇ，Ｂ超", "每次100mg，B超"),
        ("一\u200b天\u3000两次\x07\ufeff", "一天 两次"),
        (r"饭后服\r\n忌酒", "饭后服\n忌酒"),
    ],
)
def test_markup_and_width(text, clean):
    assert clean_text(text) == clean


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("注意休息。祝您早日康复！", "注意休息。"),
        ("注意休息，希望我的回答对您有所帮助，谢谢。祝您健康！", "注意休息"),
        ("清淡饮食。以上是对“宝宝咳嗽怎么办”这个问题的建议，期望对您有帮助，祝您健康！", "清淡饮食。"),
        ("祝您早日康复！", "祝您早日康复！"),  # nothing else would be left
        ("饮食清淡有助于早日康复。", "饮食清淡有助于早日康复。"),
        ("病人应保持身体健康。", "病人应保持身体健康。"),
        ("用药期间不能饮酒，如有问题及时就医。", "用药期间不能饮酒，如有问题及时就医。"),
        ("这个剂量仅供医生参考。", "这个剂量仅供医生参考。"),
    ],
)
def test_courtesies_go_advice_stays(text, rest):
    assert without_ending(text) == rest


def test_a_dose_ten_times_as_large_is_another_text():
    assert core("每次1.5mg，一日三次。") == core("每次 1.5mg,一日三次")
    assert core("每次1.5mg") != core("每次15mg") and core("血糖>7") != core("血糖<7") and core("3-5天") != core("35天")


def test_a_long_passage_is_cut_at_a_sentence_and_keeps_its_answer():
    text = "".join(f"第{i}句话说明一件事情。" for i in range(200))
    assert shorten(text, 600).endswith("。") and 300 <= len(shorten(text, 600)) <= 600
    answer = "第150句话说明一件事情。"
    window = shorten(text, 600, around=answer)
    assert answer in window and len(window) <= 600 and window.startswith("第") and window.endswith("。")
    assert shorten("短", 600, around="没有") == "短" and len(shorten("字" * 900, 600)) == 600
    assert len(shorten(text, 600, around="没有这句")) <= 600


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (Pair("头痛怎么办", "多喝\ufffd水，多休息。"), Dropped.DAMAGED),
        (Pair("头痛怎么办", "锟斤拷锟斤拷多休息"), Dropped.DAMAGED),
        (Pair("å¤´ç\x97\x9bæ\x80\x8eä¹\x88å\x8a\x9e", "多休息，多喝水。"), Dropped.DAMAGED),
        (Pair("头痛\ud83d怎么办", "多休息，多喝水。"), Dropped.DAMAGED),  # a lone surrogate cannot even be written
        (Pair("？？", "多休息，多喝水。"), Dropped.NO_QUESTION),
        (Pair("", "多休息，多喝水。"), Dropped.NO_QUESTION),
        (Pair("头痛怎么办", "……"), Dropped.NO_ANSWER),
        (Pair("头痛怎么办", "<p></p>", "黄疸要多吃奶。"), Dropped.NO_ANSWER),
        (Pair("头痛怎么办", "休息。"), Dropped.SHORT),
        (Pair("头痛怎么办", "多休息，多喝水。", department="内科"), Dropped.OTHER_DEPARTMENT),
    ],
)
def test_what_is_dropped_and_why(pair, reason):
    assert cleaned(pair, departments=("育儿",) if reason is Dropped.OTHER_DEPARTMENT else ())[0] is reason


def test_a_short_answer_with_a_passage_stays_and_its_ending_too():
    pair, counts = cleaned(Pair("谁写的", "谢谢", "歌词是谢谢二字。", title=" 歌 "))
    assert (pair.answer, pair.passage, pair.title) == ("谢谢", "歌词是谢谢二字。", "歌") and not counts


def test_changes_are_counted():
    pair, counts = cleaned(Pair("头痛" * 300, "<p>" + "多喝温水，注意休息。" * 80 + "</p>祝您健康！"))
    assert len(pair.question) == 500 and len(pair.passage) <= 600 < len(pair.answer) and pair.answer.endswith("休息。")
    assert counts == Counter({what: 1 for what in Changed})
