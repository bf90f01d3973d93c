"""The second set: 120 emergencies and 80 look-alikes by somebody who had read neither the rules nor the first sets.

The first reading, once and before any mending: 7 of 120 missed (6%), 1 of 80 alarmed (1%). That is the estimate for
wordings nobody thought of. The rules were then mended by kinds of meaning (fever without defences, rabies, weak
infants, bleeding told by its going on, attacks that passed, told durations taken for asked ones), so the 0 and 0
of today hold the rules where they are and estimate nothing.
"""

import json

import pytest

from rag_demo.config import ASSETS
from rag_demo.safety import find_emergency


def questions(name: str) -> list[str]:
    text = (ASSETS / "questions" / f"{name}_second.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["question"] for line in text.splitlines()]


def test_none_is_missed():
    asked = questions("emergencies")
    assert len(asked) == 120 and [q for q in asked if find_emergency(q) is None] == []


def test_none_raises_an_alarm():
    asked = questions("look_alikes")
    assert len(asked) == 80 and [q for q in asked if find_emergency(q) is not None] == []


# (meant by the mended rules, the same words otherwise); none stands in a set
PAIRS = [
    ("我妈正在化疗，今天38.6度", "化疗后会发烧吗"),
    ("脾切了的人打寒战", "换肾以后饮食注意什么"),
    ("被流浪猫抓过，现在怕风咽不下水", "被狗咬过，打了疫苗，会怕水吗"),
    ("半岁婴儿哭声弱，吸不动奶，浑身软", "宝宝哭声小是性格吗"),
    ("拔掉智齿三小时了，血还在往外流", "拔牙后多久能吃饭"),
    ("老伴突然说不出话，几分钟又好了", "久坐腿麻，几分钟就好了"),
    ("痰里咳出来大块的血", "感冒，痰里有一丝血丝"),
    ("左眼好几天看东西像有黑幕遮着", "宝宝几天大便一次"),
    ("出生五天，黄疸，老睡不吃奶", "出生五天黄疸12，吃奶好"),
]


@pytest.mark.parametrize(("now", "otherwise"), PAIRS)
def test_the_same_words_now_and_otherwise(now, otherwise):
    assert find_emergency(now) is not None
    assert find_emergency(otherwise) is None
