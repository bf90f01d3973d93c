"""Each rule of the corpus finds the one fault planted in a small good corpus; the shipped corpus has none."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from rag_demo.types import RagError
from training.banned_advice import banned_in
from training.check_corpus import MINIMUMS, Args, check, main, read_corpus, table
from training.corpus_rules import DEPARTMENTS, MATERNAL_INFANT, TRADITIONAL, alike, numbers

ASSETS = Path(__file__).resolve().parents[2] / "assets"

FEVER = (
    "宝宝腋下体温到37.5℃以上算发热，先看精神好不好，再看吃奶和尿量有没有变少。发热时少穿一件衣服，室温调到24～26℃。"
    "满2月龄的宝宝体温到38.5℃而且不舒服，可以用对乙酰氨基酚，两次之间至少隔4小时。不满3月龄的宝宝一发热就去医院！"
    "退热药只让人舒服一些，不能缩短病程；精神差、反复呕吐或皮肤发花的宝宝，马上看急诊。不要用酒精擦身，也不要捂汗。"
)
SALT = (
    "高血压患者每天吃盐少于5克，一啤酒瓶盖平装约6克。酱油、咸菜、火腿里都藏着盐，做菜放了酱油就少放盐。"
    "在家量血压前先静坐5分钟，早晚各量一回，每回量2遍取平均。连续一周都在135/85毫米汞柱以上，请带着记录去看门诊。"
    "降压药每天同一时间吃；血压正常了也不能自己停，停药会反跳。突然口角歪斜、一侧没劲、说话不清，立即拨打120！"
)
MILK = (
    "母乳够不够看尿布，出生第五天起一天换六块以上湿尿布就够。乳头疼多半是含接太浅，让嘴张大再送，下巴先贴住乳房。"
    "涨奶时先喂再挤，挤到松快为止；别的硬块靠揉是揉不散的，揉重了更肿。妈妈发冷发烧、乳房红一片，当天看医生。"
    "上班前两周学着挤奶，冷藏室最里面能放三四天。解冻的奶摇匀就好，用温水隔着杯子温，喝剩的不再留到下一顿。"
)

Files = dict[str, list[dict]]
PASSAGES, TWO = "corpus/passages.jsonl", "questions/two_passages.jsonl"
TRAIN, DEV, TEST = (f"questions/{split}.jsonl" for split in ("train", "dev", "test"))
OUT, EMERGENCIES, ALIKE = (f"questions/{name}.jsonl" for name in ("out_of_scope", "emergencies", "look_alikes"))


def good_files() -> Files:
    """p0001 has training questions; p0010 is held out of training."""

    def asked(number: int, question: str, passage: str, answer: str, register: str) -> dict:
        ids = {"answer": answer, "passage_ids": [passage], "register": register}
        return {"id": f"q{number:05d}", "question": question, **ids}

    fever, salt = "发热时少穿一件衣服，室温调到24～26℃。", "高血压患者每天吃盐少于5克，一啤酒瓶盖平装约6克。"
    both = "不满3月龄的宝宝一发热就去医院！降压药每天同一时间吃；"
    source = "《儿科学（第9版）》人民卫生出版社2018"
    return {
        PASSAGES: [
            {"id": "p0001", "title": "宝宝发热怎么护理", "text": FEVER, "department": "儿科", "source": source},
            {"id": "p0010", "title": "高血压吃多少盐", "text": SALT, "department": "心脑血管", "source": source},
        ],
        TRAIN: [
            asked(11, "宝宝发烧屋里开多少度合适", "p0001", fever, "short"),
            asked(12, "娃身上烫烫滴，衣裳要脱点不", "p0001", fever, "colloquial"),
        ],
        DEV: [
            asked(13, "发热 室温 婴儿", "p0001", fever, "keywords"),
            asked(101, "炒菜放几克盐好", "p0010", salt, "short"),
            asked(102, "我爸血压高，嘴巴又重，每天到底能吃多少咸的？", "p0010", salt, "voice"),
        ],
        TEST: [
            asked(14, "昨晚孩子突然烧起来，我妈说要盖被子，到底听谁的", "p0001", fever, "story"),
            asked(103, "高血压 食盐 上限", "p0010", salt, "keywords"),
            asked(104, "一瓶盖盐够我家老头吃一天不", "p0010", salt, "colloquial"),
        ],
        TWO: [{"id": "t001", "question": "小的发烧老的高血压", "answer": both, "passage_ids": ["p0001", "p0010"]}],
        OUT: [{"id": "o001", "question": "明天股票会涨吗", "kind": "other_domain"}],
        EMERGENCIES: [{"id": "e001", "question": "爷爷叫不醒了", "kind": "unconscious"}],
        ALIKE: [{"id": "l001", "question": "笑死我了"}],
    }


def write(folder: Path, files: Files) -> Path:
    for name, rows in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / name).write_text(lines, encoding="utf-8")
    return folder


def change(name: str, line: int, **values: object) -> Callable[[Files], None]:
    return lambda files: files[name][line - 1].update(values)


def replace(name: str, line: int, field: str, old: str, new: str) -> Callable[[Files], None]:
    def plant(files: Files) -> None:
        row = files[name][line - 1]
        assert old in row[field]
        row[field] = row[field].replace(old, new)

    return plant


def add_passage(**values: str) -> Callable[[Files], None]:
    """One more training passage, with four questions of its own."""

    def plant(files: Files) -> None:
        files[PASSAGES].append({**files[PASSAGES][0], "id": "p0002", "text": MILK, **values})
        questions = ("乳头疼", "奶水少", "涨奶硬块", "背奶上班")
        for i, question in enumerate(questions):
            row = {**files[TRAIN][0], "id": f"q0002{i}", "question": question, "answer": "涨奶时先喂再挤。"}
            files[TRAIN].append({**row, "passage_ids": ["p0002"]})

    return plant


def at(name: str, line: int, rule: str, plant: Callable[[Files], object], *parts: str):
    return pytest.param(plant, name, line, rule, parts, id=f"{rule}: {parts[0]}")


FAULTS = [
    at(PASSAGES, 2, "schema", lambda f: f[PASSAGES][1].pop("source"), "missing source"),
    at(PASSAGES, 1, "schema", change(PASSAGES, 1, author="甲"), "unknown author"),
    at(PASSAGES, 1, "schema", change(PASSAGES, 1, text=3), "text must be text, not int"),
    at(PASSAGES, 1, "schema", change(PASSAGES, 1, id="0001"), "a passage's id is p and four digits, not '0001'"),
    at(TRAIN, 2, "schema", lambda f: f[TRAIN][1].pop("register"), "missing register"),
    at(DEV, 1, "schema", change(DEV, 1, kind="x"), "unknown kind"),
    at(TEST, 1, "schema", change(TEST, 1, passage_ids=[]), "passage_ids must be a list of one or more"),
    at(TEST, 1, "schema", change(TEST, 1, passage_ids="p0001"), "passage_ids must be a list"),
    at(TWO, 1, "schema", change(TWO, 1, passage_ids=["p0001"]), "exactly two different ids, not ['p0001']"),
    at(
        TWO, 1, "schema", change(TWO, 1, passage_ids=["p0001"] * 2), "exactly two different ids, not ['p0001', 'p0001']"
    ),
    at(TWO, 1, "schema", change(TWO, 1, register="short"), "unknown register"),
    at(OUT, 1, "schema", lambda f: f[OUT][0].pop("kind"), "missing kind"),
    at(EMERGENCIES, 1, "schema", change(EMERGENCIES, 1, answer="x"), "unknown answer"),
    at(ALIKE, 1, "schema", change(ALIKE, 1, kind="x"), "unknown kind"),
    at(
        PASSAGES,
        3,
        "unique-id",
        lambda f: f[PASSAGES].append({**f[PASSAGES][0], "text": MILK}),
        "'p0001'",
        "passages.jsonl:1 already",
    ),
    at(EMERGENCIES, 1, "unique-id", change(EMERGENCIES, 1, id="q00013"), "'q00013'", "dev.jsonl:1 already"),
    at(PASSAGES, 3, "length", add_passage(text=MILK[: MILK.index("涨奶")]), "text has", "not 150 to 400"),
    at(PASSAGES, 2, "length", replace(PASSAGES, 2, "text", "盐。", "盐" * 300 + "。"), "text has 4", "not 150 to 400"),
    at(PASSAGES, 1, "length", change(PASSAGES, 1, title="发热时"), "title has 3 characters, not 4 to 40"),
    at(PASSAGES, 1, "length", change(PASSAGES, 1, title="热" * 41), "title has 41 characters"),
    at(TRAIN, 1, "length", change(TRAIN, 1, answer=" "), "answer has 0 characters, not 1 to 80"),
    at(TWO, 1, "length", change(TWO, 1, answer="热" * 81), "answer has 81 characters, not 1 to 80"),
    at(OUT, 1, "length", change(OUT, 1, question=""), "question has 0 characters"),
    at(PASSAGES, 2, "department", change(PASSAGES, 2, department="心血管"), "'心血管' is none of the 32"),
    at(DEV, 2, "register", change(DEV, 2, register="shrot"), "'shrot' is none of short"),
    at(PASSAGES, 1, "source-year", change(PASSAGES, 1, source="《儿科学》第9版，ISBN 9787120189"), "no year in"),
    at(TWO, 1, "passage-id", change(TWO, 1, passage_ids=["p0001", "p0003"]), "there is no passage 'p0003'"),
    at(PASSAGES, 2, "questions-a-passage", lambda f: f[TEST].pop(), "3 questions, at least 4"),
    at(TRAIN, 3, "held-out", lambda f: f[TRAIN].append(f[DEV].pop()), "passage p0010 is kept"),
    at(DEV, 3, "leak", change(DEV, 3, question="宝宝发烧，屋里开多少度合适呀？"), "0.91 to q00011", "train.jsonl:1"),
    at(TEST, 1, "leak", change(TEST, 1, question="宝宝 发烧 屋里 开多少"), "0.70 to q00011", "train.jsonl:1"),
    at(PASSAGES, 3, "twin", add_passage(text=FEVER.replace("宝宝", "孩子")), "to p0001 (line 1)"),
    at(TEST, 2, "number", change(TEST, 2, answer="每天吃盐少于6.5克，不是5克。"), "6.5 of the answer is not in p0010"),
    at(TWO, 1, "number", change(TWO, 1, answer="120，26，1"), "1 of the answer is not in p0001, p0010"),
    at(PASSAGES, 2, "clause-end", change(PASSAGES, 2, text=SALT[:-1]), "no final mark after", "立即拨打120'"),
    at(PASSAGES, 1, "clause-end", replace(PASSAGES, 1, "text", "宝宝一发热就去医院！", "宝宝去医院\n"), "宝宝去医院'"),
    at(PASSAGES, 2, "clause-end", change(PASSAGES, 2, text=SALT[:-1] + "!"), "the text ends in '!'"),
    at(PASSAGES, 1, "simplified", replace(PASSAGES, 1, "text", "发热时", "發熱时"), "characters 熱發"),
    at(ALIKE, 1, "simplified", change(ALIKE, 1, question="笑死我們了"), "characters 們"),
    at(PASSAGES, 1, "half-width", replace(PASSAGES, 1, "text", "发热，先看", "发热,先看"), "',' ", "in text"),
    at(PASSAGES, 2, "half-width", change(PASSAGES, 2, title="高血压:吃多少盐"), "':' ", "in title"),
    at(TRAIN, 1, "half-width", change(TRAIN, 1, answer="少穿衣服;调室温。"), "';' ", "in answer"),
    at(TWO, 1, "half-width", change(TWO, 1, answer="要去医院吗?要去。"), "'?' ", "in answer"),
    at(
        PASSAGES,
        1,
        "advice",
        replace(PASSAGES, 1, "text", "也不要捂汗", "也不冷。可以捂汗"),
        "sweating a fever out: '可以捂汗'",
    ),
    at(TEST, 2, "advice", change(TEST, 2, answer="血压高时可含服硝苯地平。"), "nifedipine under the tongue"),
]


def test_the_shipped_corpus_keeps_every_rule(capsys):
    """Exit code 0 and no `file:line:` on stdout; the tables show that the files were really read."""
    main(Args(str(ASSETS)))
    shown = capsys.readouterr().out
    assert ".jsonl:" not in shown
    corpus, broken = read_corpus(ASSETS)
    assert not broken
    assert {row.data["department"] for row in corpus.passages} == set(DEPARTMENTS)
    assert len(DEPARTMENTS) == 32
    assert len(MATERNAL_INFANT) == 11
    assert f"train              {len(corpus.questions['train'])}" in shown


@pytest.mark.parametrize(("plant", "name", "line", "rule", "parts"), FAULTS)
def test_each_rule_finds_its_planted_fault_and_nothing_else(tmp_path, plant, name, line, rule, parts):
    """Decisive because the same corpus without the fault has no violation (test below), and with it exactly one."""
    files = good_files()
    plant(files)
    corpus, broken = read_corpus(write(tmp_path, files))
    messages = [str(violation) for violation in broken or check(corpus, minimums={})]
    assert len(messages) == 1, messages
    assert messages[0].startswith(f"{tmp_path / name}:{line}: {rule}: ")
    for part in parts:
        assert part in messages[0]


def test_the_small_corpus_is_good_but_small(tmp_path, capsys):
    """The command prints each violation with file, line and rule, then the counts, and exits with 1."""
    corpus, broken = read_corpus(write(tmp_path, good_files()))
    assert not broken
    assert check(corpus, minimums={}) == []
    assert [violation.rule for violation in check(corpus)] == ["total"] * len(MINIMUMS)
    with pytest.raises(SystemExit) as stopped:
        main(Args(str(tmp_path)))
    assert stopped.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"{tmp_path / PASSAGES}:2: total: 2 passages, at least 1000 are wanted" in lines
    assert f"{tmp_path / PASSAGES}:1: total: 1 maternal-infant passages, at least 400 are wanted" in lines
    assert f"{tmp_path / TEST}:3: total: 8 questions, at least 4000 are wanted" in lines
    assert f"{tmp_path / TWO}:1: total: 1 two_passages, at least 150 are wanted" in lines
    assert [line.split() for line in lines if line.startswith(("儿科", "all", "short", "look_alikes "))] == [
        ["儿科", "1", "2", "1", "1"],
        ["all", "2", "2", "3", "3"],
        ["short", "1", "1", "0"],
        ["look_alikes", "1"],
    ]


@pytest.mark.parametrize(
    ("raw", "message"), [('{"id": ', "not a JSON object ("), ("[1]", "not a JSON object but a list")]
)
def test_a_line_that_is_no_object_is_named_and_stops_the_other_rules(tmp_path, raw, message):
    write(tmp_path, good_files())
    with open(tmp_path / ALIKE, "a", encoding="utf-8") as file:
        file.write(f"\n{raw}\n")
    _, broken = read_corpus(tmp_path)
    assert [str(violation)[: len(f"{tmp_path / ALIKE}:3: schema: {message}")] for violation in broken] == [
        f"{tmp_path / ALIKE}:3: schema: {message}"
    ]


def test_a_missing_file_is_named(tmp_path):
    write(tmp_path, good_files())
    (tmp_path / DEV).unlink()
    with pytest.raises(RagError, match=r"dev\.jsonl is missing"):
        read_corpus(tmp_path)


def test_just_below_the_limit_is_no_leak(tmp_path):
    """6 of the train question's 10 3-grams: likeness 0.60, under 0.7."""
    files = good_files()
    files[TEST][0]["question"] = "宝宝发烧屋里开多"
    corpus, _ = read_corpus(write(tmp_path, files))
    assert check(corpus, minimums={}) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "发热时可用酒精擦浴降温",
        "误服洁厕灵后先催吐",
        "烫伤后抹点牙膏",
        "水泡处可用酱油涂一下",
        "8个月的宝宝便秘可以喝点蜂蜜水",
        "盖厚被捂一身汗就好",
        "血压高时舌下含硝苯地平片，或含服心痛定",
        "烫起的水疱用消毒针刺破",
        "孩子抽搐时往嘴里塞一条毛巾",
        "孩子发烧可以吃阿司匹林",
        "晕倒的人要马上掐人中",
        "被蛇咬后用嘴吸出毒液",
        "宝宝噎住时倒提双脚拍打",
        "宝宝胀气时让他趴睡",
        "新生儿要挑马牙",
        "特别烫的伤口抹酱油",  # the 别 of 特别 denies nothing
    ],
)
def test_banned_advice_is_found_unless_it_is_denied(sentence):
    assert banned_in(sentence)
    for denial in ("不要这样做：", "切勿", "这是误区：", "没有医学依据，", "别"):
        assert banned_in(denial + sentence) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "成年人用含氟牙膏刷牙",
        "1岁以上孩子咳嗽可喝蜂蜜温水",
        "婴儿误吃了一点蜂蜜，观察有没有异常",
        "75%酒精适合擦手机和手",
        "心绞痛时可遵医嘱含服硝酸甘油",
        "放了支架的人吃阿司匹林",
        "普通人中也常见早搏",
        "尿色像酱油，要马上就医",
        "鼻塞的孩子可用生理盐水洗鼻",
    ],
)
def test_good_advice_with_the_same_words_is_let_be(sentence):
    assert banned_in(sentence) == []


def test_the_inverted_index_finds_what_comparing_all_pairs_finds():
    texts = ["宝宝发烧怎么办", "宝宝发烧了怎么办？", "发 烧", "血压高", "宝宝，发烧！怎么办", "ABC片", "abc片"]

    def grams(text: str) -> set[str]:
        plain = "".join(c for c in text.lower() if c not in "？，！ ")
        return {plain[i : i + 3] for i in range(max(1, len(plain) - 2))}

    def likeness(a: str, b: str) -> float:
        return len(grams(a) & grams(b)) / len(grams(a) | grams(b))

    pairs = product(range(len(texts)), repeat=2)
    slow = [(i, j, likeness(texts[i], texts[j])) for i, j in pairs if likeness(texts[i], texts[j]) >= 0.3]
    assert list(alike(texts, texts, 0.3)) == slow
    assert (0, 4, 1.0) in slow
    assert (0, 1, 3 / 8) in slow  # 宝宝发 宝发烧 怎么办 of 5 + 6 - 3


def test_no_character_called_traditional_is_also_simplified():
    """GB 2312 holds the 6,763 common simplified characters: a character that it can encode must not be in the list."""
    for character in TRADITIONAL:
        with pytest.raises(UnicodeEncodeError):
            character.encode("gb2312")
    assert len(TRADITIONAL) > 400


def test_numbers_take_full_width_digits_and_decimals():
    assert numbers("３８.5℃，隔4～6小时，10%") == ["38.5", "4", "6", "10"]


def test_a_table_is_aligned_by_what_a_terminal_shows():
    assert (
        table([["department", "n"], ["儿科", 124], ["all", 7]]) == "department    n\n儿科        124\nall           7"
    )
