"""Each corpus in the format it is published in, written here by hand; what is not in that format costs one sentence."""

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from rag_demo.types import RagError
from training.pairs import Pair, asked
from training.readers import Columns, Source, read_pairs


def lines(path: Path, rows: list) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def pairs(path: Path, source: str, **options) -> list[Pair]:
    return list(read_pairs(path, Source(source), **options))


@pytest.fixture
def cmedqa2(tmp_path) -> Path:
    folder = tmp_path / "cMedQA2"
    folder.mkdir()
    (folder / "question.csv").write_text(
        'question_id,content\n1,"头痛,怎么办？"\n2,咳嗽吃什么药\n3,能跑步吗\n', "utf-8"
    )
    with zipfile.ZipFile(folder / "answer.zip", "w") as archive:
        rows = "ans_id,question_id,content\n11,1,多休息。\n12,1,去医院查血压。\n21,2,多喝水。\n31,3,可以慢跑。\n"
        archive.writestr("answer.csv", rows)
    (folder / "train_candidates.txt").write_text("question_id,pos_ans_id,neg_ans_id\n1,11,21\n1,11,31\n1,12,21\n")
    (folder / "dev_candidates.txt").write_text("question_id,ans_id,cnt,label\n2,21,1,1\n2,31,1,0\n")
    (folder / "test_candidates.txt").write_text("question_id,ans_id,cnt,label\n3,12,0,0\n3,31,0,1\n")
    return folder


def test_cmedqa2_pairs_right_answers_only_and_each_once(cmedqa2):
    """The training file repeats a right answer beside every wrong one; the other two label them."""
    found = {(p.question, p.answer) for p in pairs(cmedqa2, "cmedqa2")}
    assert len(pairs(cmedqa2, "cmedqa2")) == len(found) == 4
    assert ("头痛,怎么办？", "去医院查血压。") in found and ("能跑步吗", "可以慢跑。") in found


def test_one_candidates_file_keeps_the_published_test_questions_out(cmedqa2):
    assert {p.question for p in pairs(cmedqa2 / "train_candidates.txt", "cmedqa2")} == {"头痛,怎么办？"}


def test_cmedqa2_without_candidates_pairs_by_the_answers_own_question(cmedqa2):
    for file in cmedqa2.glob("*_candidates.txt"):
        file.unlink()
    assert len(pairs(cmedqa2, "cmedqa2")) == 4


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_toyhom_is_read_in_either_encoding(tmp_path, encoding):
    """㬹 has no GBK code: a GBK reader would stop at it."""
    file = tmp_path / "内科.csv"
    file.write_bytes('department,title,ask,answer\r\n心血管科,能吃党参吗？,"高血压,㬹",可以。\r\n'.encode(encoding))
    assert pairs(file, "toyhom") == [Pair("能吃党参吗？高血压,㬹", "可以。", department="心血管科", source="toyhom")]


def test_one_broken_character_of_toyhom_costs_its_row_not_the_file(tmp_path):
    good = "儿科,发热,宝宝发热怎么办,多喝水，多休息。\r\n".encode("gb18030") * 60
    file = tmp_path / "儿科.csv"
    file.write_bytes(b"department,title,ask,answer\r\n" + good + "儿科,咳嗽,咳".encode("gb18030") + b"\xff,x\r\n")
    found = pairs(file, "toyhom")
    assert len(found) == 61 and "\ufffd" in found[-1].question and "\ufffd" not in found[0].question


def test_webmedqa_keeps_what_is_labelled_right(tmp_path):
    file = tmp_path / "medQA.train.txt"
    file.write_text('内科\t1\t7\t头"痛吗\t休息。\n内科\t0\t7\t头"痛吗\t不相干。\n', "utf-8")
    assert pairs(file, "webmedqa") == [Pair('头"痛吗', "休息。", department="内科", source="webmedqa")]


def test_huatuo_in_its_three_shapes(tmp_path):
    rows = [
        {"questions": [["脑梗怎么治", "脑梗如何治疗"]], "answers": ["先就医。"]},
        {"questions": ["咳嗽吃什么"], "answers": ["多喝水。"]},
        {"questions": "痛风能吃豆腐吗", "answers": "少吃。"},
        {"id": 4, "question": "发热", "answer": "休息。", "label": "儿科"},
    ]
    found = pairs(lines(tmp_path / "h.jsonl", rows), "huatuo")
    assert [p.question for p in found] == ["脑梗怎么治", "咳嗽吃什么", "痛风能吃豆腐吗", "发热"]
    assert [p.answer for p in found] == ["先就医。", "多喝水。", "少吃。", "休息。"] and found[3].department == "儿科"


def test_baike_and_webtext_join_title_and_description(tmp_path):
    baike = {
        "qid": "qid_1",
        "category": "育儿-婴儿",
        "title": "几个月长牙？",
        "desc": "8个月了",
        "answer": "六个月左右。",
    }
    web = {
        "qid": 1,
        "title": "怎样入睡",
        "desc": "",
        "topic": "健康",
        "star": 3,
        "content": "少看手机。",
        "answer_id": 2,
    }
    assert pairs(lines(tmp_path / "b.json", [baike]), "baike") == [
        Pair("几个月长牙？8个月了", "六个月左右。", department="育儿-婴儿", source="baike")
    ]
    assert pairs(lines(tmp_path / "w.json", [web]), "webtext") == [
        Pair("怎样入睡", "少看手机。", department="健康", source="webtext")
    ]


def test_dureader_takes_the_paragraph_that_answers_from_a_selected_document(tmp_path):
    row = {
        "question_id": 1, "question_type": "YES_NO", "question": "上海迪士尼可以带吃的吗",
        "answers": ["密封的食物可以带。", "可以"],
        "documents": [
            {"title": "甲", "is_selected": False, "paragraphs": ["密封的食物可以带。"]},
            {"title": "乙", "is_selected": True, "paragraphs": ["门票很贵。", "据说密封的食物可以带，其它不行。"]},
        ],
    }  # fmt: skip
    (found,) = pairs(lines(tmp_path / "search.train.json", [row]), "dureader")
    assert (found.context, found.title, found.answer) == (
        "据说密封的食物可以带，其它不行。",
        "乙",
        "密封的食物可以带。",
    )


def test_webqa_leaves_out_evidence_without_an_answer(tmp_path):
    file = tmp_path / "me_train.json"
    evidences = {
        "Q1#00": {"answer": ["no_answer"], "evidence": "无关。"},
        "Q1#01": {"answer": ["岳飞"], "evidence": "词为岳飞所作。"},
    }
    file.write_text(json.dumps({"Q1": {"question": "满江红的作者", "evidences": evidences}}), "utf-8")
    assert pairs(file, "webqa") == [Pair("满江红的作者", "岳飞", "词为岳飞所作。", source="webqa")]


@pytest.mark.parametrize("style", ["squad", "cmrc"])
def test_reading_comprehension_in_both_styles(tmp_path, style):
    squad = {"data": [{"title": "黄疸", "paragraphs": [{"context": "黄疸要多吃奶。", "qas": [
        {"id": "1", "question": "黄疸怎么办", "answers": [{"text": "多吃奶", "answer_start": 3}]}]}]}]}  # fmt: skip
    cmrc = [{"context_id": "T0", "context_text": "黄疸要多吃奶。", "title": "黄疸", "qas": [
        {"query_id": "T0Q0", "query_text": "黄疸怎么办", "answers": ["多吃奶", "吃奶"]}]}]  # fmt: skip
    file = tmp_path / "dev.json"
    file.write_text(json.dumps(squad if style == "squad" else cmrc, ensure_ascii=False), "utf-8")
    assert pairs(file, "cmrc2018") == [Pair("黄疸怎么办", "多吃奶", "黄疸要多吃奶。", title="黄疸", source="squad")]


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "jsonl.gz", "parquet"])
def test_your_own_columns(tmp_path, kind):
    row = {"提问": "能喝茶吗", "回复": "少喝，\n淡茶", "科室": "内科", "编号": 7}
    file = tmp_path / f"faq.{kind}"
    if kind == "parquet":
        import pandas

        pandas.DataFrame([row]).to_parquet(file)
    elif kind.startswith("jsonl"):
        raw = json.dumps(row, ensure_ascii=False).encode()
        file.write_bytes(gzip.compress(raw) if kind.endswith("gz") else raw)
    else:
        mark = "," if kind == "csv" else "\t"
        file.write_text(
            mark.join(row) + "\n" + mark.join(["能喝茶吗", '"少喝，\n淡茶"', "内科", "7"]) + "\n", "utf-8-sig"
        )
    columns = Columns.parse(["question=提问", "answer=回复", "department=科室"])
    source = {"tsv": "csv", "jsonl.gz": "jsonl"}.get(kind, kind)
    assert pairs(file, source, columns=columns) == [Pair("能喝茶吗", "少喝，\n淡茶", department="内科")]


@pytest.mark.parametrize(
    ("name", "content", "source", "says"),
    [
        ("a.jsonl", '{"q": "x"}', "jsonl", "line 1: no 'question' and no 'answer'; it has q"),
        ("a.jsonl", '{"question": "x", "answer": "y"}\n[1]', "jsonl", "line 2: a list"),
        ("a.jsonl", '{"question": ["x"], "answer": "y"}', "jsonl", "'question' must be text"),
        ("a.jsonl", "宝宝头痛".encode("gb18030"), "jsonl", "cannot be read as utf-8"),
        ("a.jsonl.gz", b"no gzip", "jsonl", "cannot be read"),
        ("a.zip", b"no zip", "csv", "cannot be read"),
        ("a.csv", "question,answer\n头痛,休息,多\n", "csv", "line 2: more fields than the header"),
        ("a.csv", "question,answer\n头痛,休息\n".encode("utf-16"), "csv", "neither UTF-8 nor GB18030"),
        ("a.csv", b"PK\x03\x04\x00\x00\xff\xfe\x00\x01" * 50, "csv", "neither UTF-8 nor GB18030"),
        ("a.csv", "ask,answer\n头痛,休息\n", "toyhom", "no 'department' and no 'title'"),
        ("a.txt", "内科\t头痛\t休息\n", "webmedqa", "3 fields between tabs, 5 are needed"),
        ("a.txt", "内科\t头痛\t1\t休息\t休息\n", "webmedqa", "label is '头痛'"),
        ("a.json", '{"question": "x"}', "huatuo", "no 'answer'"),
        ("a.json", '{"question": "x", "documents": []}', "dureader", "no 'answers'"),
        ("a.json", '{"question": "x", "answers": ["y"], "documents": ["z"]}', "dureader", "pair 1 is not as dureader"),
        ("a.json", '{"version": 1}', "cmrc2018", "neither SQuAD's 'data'"),
        ("a.json", '{"data": [{"paragraphs": [{"context": "x", "qas": [{"question": "y"}]}]}]}', "squad", "no 'answers'"),
        ("a.json", '{"data": ', "squad", "cannot be read as JSON"),
        ("a.json", '{"Q1": ["x"]}', "webqa", "no 'question'"),
        ("a.parquet", b"no parquet", "parquet", "cannot be read as Parquet"),
        ("a.csv", "question,answer\n", "cmedqa2", "name cMedQA2's folder"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_format_costs_one_sentence(tmp_path, name, content, source, says):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RagError, match=r".") as caught:
        pairs(file, source)
    assert says in str(caught.value) and str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_a_column_that_nobody_knows_and_an_encoding_that_nobody_knows(tmp_path):
    with pytest.raises(RagError, match="write NAME=COLUMN"):
        Columns.parse(["frage=提问"])
    with pytest.raises(RagError, match="No encoding 'gb1'"):
        pairs(lines(tmp_path / "a.jsonl", [{}]), "jsonl", encoding="gb1")


@pytest.mark.parametrize(
    ("title", "more", "whole"),
    [
        ("头痛吗", "", "头痛吗"),
        ("头痛吗", "头痛吗", "头痛吗"),
        ("头痛吗", "我头痛吗？三天了", "我头痛吗？三天了"),
        ("头痛", "三天了", "头痛，三天了"),
        ("", "三天了", "三天了"),
        ("头痛吗？", "无", "头痛吗？"),
    ],
)
def test_title_and_description_say_nothing_twice(title, more, whole):
    assert asked(title, more) == whole
