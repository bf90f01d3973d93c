"""A tiny project on disk: corpus, questions, and models saved as training finds them."""

from pathlib import Path

import pytest

from rag_demo.corpus import Question, write_jsonl
from rag_demo.generator import Generator
from tests.conftest import tiny_bart


@pytest.fixture
def project(tmp_path, passages, towers, tokenizer) -> Path:
    write_jsonl(tmp_path / "passages.jsonl", passages)
    asked = [("p0001", "血糖高怎么办", "少食多餐，主食粗细搭配。"), ("p0002", "宝宝黄疸", "宝宝黄疸要多吃奶。"),
             ("p0004", "发热38.5℃", "不要捂汗。"), ("p0005", "便秘吃什么", "多吃蔬菜水果。"),
             ("p0006", "高血压", "高血压要低盐饮食。"), ("p0003", "二甲双胍怎么服", "肾功能差者慎用二甲双胍。")]  # fmt: skip
    questions = [Question(f"q{i}", q, a, (p,)) for i, (p, q, a) in enumerate(asked)]
    write_jsonl(tmp_path / "train.jsonl", questions)
    write_jsonl(tmp_path / "dev.jsonl", questions[:4])
    towers[0].save(tmp_path / "tower")
    Generator(tiny_bart(len(tokenizer)), tokenizer).save(tmp_path / "generator")
    return tmp_path
