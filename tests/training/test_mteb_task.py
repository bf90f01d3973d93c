"""The mteb adapter, driven as mteb 2.x drives an encoder."""

import sys
from enum import StrEnum
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from rag_demo.types import RagError
from training import evaluate, mteb_task


class PromptType(StrEnum):
    query = "query"
    document = "document"


QUERIES = ["宝宝发热怎么办", "血糖高", "黄疸"]
DOCUMENTS = ["宝宝发热要多喝水。", "主食粗细搭配。", "黄疸加重要去医院！"]


class FakeMteb(ModuleType):
    """The part of mteb's surface that is used; `evaluate` encodes in batches and scores as its retrieval tasks do."""

    def get_task(self, name):
        if name != "CmedqaRetrieval":
            raise KeyError(f"KeyError: '{name}' not found")
        return SimpleNamespace(metadata=SimpleNamespace(name=name, main_score="ndcg_at_10"))

    def evaluate(self, model, task, cache):
        about = dict(task_metadata=task.metadata, hf_split="dev", hf_subset="default", batch_size=2)
        q = model.encode([{"text": QUERIES[:2]}, {"text": QUERIES[2:]}], prompt_type=PromptType.query, **about)
        d = model.encode([{"text": DOCUMENTS}], prompt_type=PromptType.document, **about)
        self.vectors = (q, d)
        scores = model.similarity(q, torch.as_tensor(d))
        assert torch.allclose(model.similarity_pairwise(q, d), scores.diagonal(), atol=1e-5)
        row = {"ndcg_at_10": float(scores.mean()), "main_score": float(scores.mean()), "hf_subset": "default"}
        found = SimpleNamespace(scores={"dev": [row]}, get_score=lambda: row["main_score"])
        return SimpleNamespace(task_results=[found])


@pytest.fixture
def mteb(monkeypatch) -> FakeMteb:
    fake = FakeMteb("mteb")
    monkeypatch.setitem(sys.modules, "mteb", fake)
    return fake


def test_queries_and_documents_go_through_their_own_tower(bart_engine, mteb):
    """One tower for both would still give plausible figures, only worse ones."""
    scores = mteb_task.run_mteb(bart_engine, "CmedqaRetrieval")
    questions, passages = mteb.vectors
    np.testing.assert_allclose(questions, bart_engine.question_encoder.encode(QUERIES), atol=1e-5)
    np.testing.assert_allclose(passages, bart_engine.context_encoder.encode(DOCUMENTS), atol=1e-5)
    assert not np.allclose(questions, bart_engine.context_encoder.encode(QUERIES), atol=1e-2)
    assert scores["main score"] == "ndcg_at_10" and scores["score"] == pytest.approx(
        (questions @ passages.T).mean(), abs=1e-4
    )


def test_an_unknown_task_an_old_package_or_none_costs_one_line(bart_engine, mteb, monkeypatch):
    with pytest.raises(RagError, match="no task 'Cmedqa'"):
        mteb_task.run_mteb(bart_engine, "Cmedqa")
    monkeypatch.setitem(sys.modules, "mteb", ModuleType("mteb"))
    with pytest.raises(RagError, match=r"mteb 2\.0 or later"):
        mteb_task.run_mteb(bart_engine, "CmedqaRetrieval")
    monkeypatch.setitem(sys.modules, "mteb", None)
    with pytest.raises(RagError, match="Install it: pip install"):
        mteb_task.run_mteb(bart_engine, "CmedqaRetrieval")


def test_the_command_reports_the_task(bart_engine, mteb, monkeypatch, tmp_path):
    monkeypatch.setattr(evaluate.RagEngine, "load", lambda folder: bart_engine)
    monkeypatch.setattr(evaluate.checkpoint, "checkpoint_folder", lambda name: tmp_path)
    result = evaluate.main(evaluate.Args("base", mteb="CmedqaRetrieval"))
    assert result["mteb"]["CmedqaRetrieval"]["main score"] == "ndcg_at_10" and "retrieval" not in result
