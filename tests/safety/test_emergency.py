"""Emergencies by rules: the two sets, minimal pairs, odd spellings, and tables that are what they claim to be."""

import json
import re
import time

import pytest

from rag_demo.config import ASSETS
from rag_demo.safety import ADVICE, RULES, Group, find_emergency
from rag_demo.safety.rule import compiled
from rag_demo.safety.spoken import spoken


def questions(name: str) -> list[str]:
    text = (ASSETS / "questions" / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["question"] for line in text.splitlines()]


def test_no_emergency_is_missed():
    assert [q for q in questions("emergencies") if find_emergency(q) is None] == []


def test_few_look_alikes_raise_an_alarm():
    asked = questions("look_alikes")
    assert sum(find_emergency(q) is not None for q in asked) <= 0.1 * len(asked)


def test_ordinary_questions_are_let_through():
    """The dev questions hold about 90 that do tell of an emergency; a rule that is too wide shows here first."""
    asked = questions("dev")
    assert sum(find_emergency(q) is not None for q in asked) <= 0.11 * len(asked)


# (it is happening now, the same words without that)
PAIRS = [
    ("我爸胸口疼，冒冷汗", "胸口疼冒冷汗一般是什么病的表现，想学习一下"),
    ("孩子抽搐了", "孩子以前抽搐过，能打疫苗吗"),
    ("宝宝现在抽搐，翻白眼", "怎么预防宝宝抽搐"),
    ("孩子被花生噎住了", "怎么防止孩子被花生噎住"),
    ("爷爷中风了，嘴歪", "中风以后怎么锻炼"),
    ("我妈突然半边身子动不了", "奶奶三年前半边身子动不了，怎么康复"),
    ("一家人煤气中毒了", "冬天怎么预防煤气中毒"),
    ("孩子误食了老鼠药", "老鼠药放哪里孩子够不着"),
    ("宝宝喝了84消毒液", "84消毒液怎么兑"),
    ("孩子吞了纽扣电池", "遥控器的纽扣电池怎么换"),
    ("我不想活了", "不想活检怎么办"),
    ("我想死", "想死你了，宝宝几个月会说话"),
    ("同学要自杀", "学校做预防自杀的黑板报写什么"),
    ("我妈割腕了", "割双眼皮多久恢复"),
    ("他站在楼顶想跳", "楼顶种菜用什么肥"),
    ("刚被毒蛇咬了", "爬山怎么防蛇咬"),
    ("孩子溺水了，没呼吸", "怎么防溺水"),
    ("他触电了，没知觉", "怎么防触电，插座保护盖有用吗"),
    ("孩子烫伤了，整个胸前起泡", "孩子烫伤后的疤怎么淡化"),
    ("被车撞了，腿动不了", "骨折打了钢板，阴天酸正常吗"),
    ("血止不住", "擦纸上一点点血丝"),
    ("吐血了，一大碗", "牙龈出血吃什么维生素"),
    ("鼻血半小时止不住", "擤鼻涕带一点血丝"),
    ("孕妇抽搐了", "孕妇腿抽筋缺钙吗"),
    ("怀孕36周，胎动没了", "怀孕几周能感觉到胎动"),
    ("破水了才31周", "白带多和破水怎么区分，想先了解"),
    ("产后大出血，头晕", "产后恶露几天干净"),
    ("宫缩五分钟一次，才30周", "假性宫缩是什么感觉"),
    ("脐带从下面掉出来了", "宝宝脐带几天脱落"),
    ("出生五天的宝宝发烧38度", "五岁的孩子发烧38度吃什么退烧药"),
    ("新生儿不吃奶，叫不醒", "新生儿一天睡多少小时"),
    ("刚出生五天，脚心都黄了，不吃奶", "新生儿黄疸一般几天退"),
    ("孩子脸发紫，喘不上气", "笑得我喘不上气哈哈"),
    ("哮喘喷了药还是喘", "哮喘的孩子能上体育课吗"),
    ("他喘不过气，说不成句", "爬六楼有点喘正常不"),
    ("血氧只有82", "血氧仪夹哪个手指准"),
    ("打完针喉咙肿，喘", "打完疫苗为什么要等半小时"),
    ("过敏休克了", "花粉过敏鼻子痒怎么防"),
    ("我妈叫不醒了", "孩子早上叫不醒上学怎么办"),
    ("他晕倒了，没反应", "久蹲站起来眼前黑一下"),
    ("人没心跳了", "急救班学心肺复苏学什么"),
    ("头突然炸裂一样疼", "偏头痛怎么预防"),
    ("眼前突然看不见了", "看手机久了眼睛干"),
    ("糖尿病，烂苹果味，迷糊了", "糖尿病能吃苹果吗"),
    ("低血糖，叫不应了", "糖尿病怎么预防低血糖"),
    ("中暑了，说胡话", "高温天喝什么水防中暑"),
    ("睾丸突然剧痛", "睾丸一边高一边低正常吗"),
    ("肚子疼得打滚，冒冷汗", "肚子胀气怎么排"),
    ("疝气推不回去，一直吐", "小孩疝气几岁做手术"),
    ("宝宝吐绿水，肚子硬", "宝宝吐奶怎么拍嗝"),
    ("发烧，身上紫点压不掉", "脑膜炎疫苗打几针"),
    ("孩子拉肚子，没尿，眼窝凹", "怎么看出孩子脱水，想学一下"),
    ("孩子从三楼掉下来了", "怎么防宝宝坠床"),
    ("刚摔到头，一直吐", "枕秃怎么办"),
    ("手指被切断了", "指甲剪到肉破了点皮"),
    ("硫酸溅到眼睛", "新生儿眼屎多怎么洗"),
    ("吃了一瓶安眠药", "安眠药长期吃会依赖吗"),
    ("吃了头孢喝酒，胸闷脸红", "吃头孢几天后能喝酒"),
    ("吃野蘑菇后全家吐", "蘑菇怎么洗干净"),
    ("老公打我，头上流血了", "宝宝老打人怎么教"),
]


@pytest.mark.parametrize(("now", "otherwise"), PAIRS)
def test_the_same_words_now_and_otherwise(now, otherwise):
    assert find_emergency(now) is not None
    assert find_emergency(otherwise) is None


@pytest.mark.parametrize(
    "question",
    ["孩子抽畜了", "我媽叫不醒了", "孩 子 吞 了 紐扣電池", "ｘin生儿 fashao 39", "喘不上气😱😱！！！！", "bu想活了", "老人疼的受不了，肚子硬的像板子"],
)  # fmt: skip
def test_however_it_is_typed(question):
    assert find_emergency(question) is not None


def test_the_spoken_form_is_stable():
    for question in questions("look_alikes"):
        assert spoken(spoken(question)) == spoken(question)


def test_the_words_shown_are_the_visitors():
    question = "我爸胸口疼，冒冷汗"
    found = find_emergency(question)
    assert found.matched and all(word in question for word in found.matched)
    assert (found.group, found.call[0]) == ("heart", "120")


@pytest.mark.parametrize(
    ("question", "number"),
    [("我不想活了", "12356"), ("被强奸了", "110"), ("煤气中毒了", "120"), ("家里着火了，出不去", "120")],
)
def test_whom_to_call(question, number):
    assert find_emergency(question).call[0] == number


def test_every_rule_is_unlike_the_others_and_compiles():
    """In an f-string `{0,6}` becomes "(0, 6)", and a rule silently never holds."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        for pattern in (*rule.all_of, *rule.none_of):
            assert not re.search(r"\(\d+, \d+\)|\{_?[A-Z]", pattern), rule.id
            assert not compiled(pattern).search(""), rule.id


def test_every_group_says_what_to_do_in_both_languages():
    assert set(ADVICE) == set(Group)
    for advice in ADVICE.values():
        assert 2 <= len(advice.zh) == len(advice.en) <= 4
        assert set(advice.numbers) <= {"120", "110", "119", "12356"} and advice.numbers
        assert not any("\u4e00" <= c <= "\u9fff" for line in advice.en for c in line)


def test_a_long_question_takes_milliseconds():
    """Patterns with gaps could grow fast with the length of a hostile question."""
    began = time.perf_counter()
    find_emergency("孩子说胸口不太舒服没有什么" * 160)
    assert time.perf_counter() - began < 5
