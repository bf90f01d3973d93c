"""Negatives never answer the question, whichever way they are ranked; the scan ranks as FAISS does."""

import json
import sys

import numpy as np
import pytest

from rag_demo.corpus import Question
from rag_demo.types import Passage, RagError
from training import mine_negatives, nearest


@pytest.fixture
def mine(project):
    """p0004 holds the answer although the question does not name it."""
    row = {"id": "t", "question": "宝宝发热去医院吗", "answer": "不要捂汗。", "passage_ids": ["p0002"]}
    (project / "twin.jsonl").write_text(json.dumps(row, ensure_ascii=False))

    def run(**changes):
        args = mine_negatives.Args([str(project / "twin.jsonl")], [str(project / "passages.jsonl")],
                                   str(project / "negatives.jsonl"), **changes)  # fmt: skip
        mine_negatives.main(args)
        return json.loads((project / "negatives.jsonl").read_text())["passage_ids"]

    return run


def test_bm25_negatives_never_answer(mine):
    found = mine(margin=9)
    assert found and not {"p0002", "p0004"} & set(found)
    assert {"p0002", "p0004"} <= set(mine(filter=False))


def test_dense_negatives_never_answer_and_never_score_above_the_positive(mine, project, towers, passages):
    for name, tower in zip(("question_encoder", "context_encoder"), towers, strict=True):
        tower.save(project / "towers" / name)
    scores = dict(zip((p.id for p in passages), _scores(towers, passages), strict=True))
    wanted = [n for n in sorted(scores, key=scores.get, reverse=True)
              if n not in ("p0002", "p0004") and scores[n] <= scores["p0002"] + 1e-2]  # fmt: skip
    assert mine(towers=str(project / "towers")) == wanted
    assert len(mine(towers=str(project / "towers"), margin=99)) == 4


def _scores(towers, passages):
    return towers[1].encode([p.full_text for p in passages]) @ towers[0].encode(["宝宝发热去医院吗"])[0]


def test_without_bm25s_the_message_names_the_way_out(mine, monkeypatch):
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(RagError, match="pip install bm25s jieba, or give --towers"):
        mine()


def test_the_scan_ranks_as_the_index_does():
    rng = np.random.default_rng(0)
    q, p = (rng.normal(size=(n, 8)).astype(np.float32) for n in (70, 50))
    passages = [Passage(str(i), "", "") for i in range(50)]
    found, wanted = nearest.scan(q, p, 7), nearest.nearest(q, p, passages, 7)
    assert np.array_equal(found[1], wanted[1]) and np.allclose(found[0], wanted[0], atol=1e-5)
    assert np.array_equal(nearest.scan(q, p, 99)[1], np.argsort(-(q @ p.T), axis=1))


def test_ranks_by_hand():
    """A tie counts against the positive; one that is not found ranks behind all that are."""
    passages = [Passage(name, "", "") for name in "abc"]
    questions = [Question("1", "", "", ("b",)), Question("2", "", "", ("c", "a")), Question("3", "", "", ("c",))]
    scores = np.array([[3.0, 1.0], [9.0, 2.0], [5.0, 5.0]])
    assert nearest.ranks(scores, np.array([[0, 1], [2, 0], [0, 1]]), questions, passages).tolist() == [1, 0, 2]
    tied = nearest.ranks(np.array([[5.0, 5.0]]), np.array([[1, 0]]), questions[:1], passages)
    assert tied.tolist() == [1]
