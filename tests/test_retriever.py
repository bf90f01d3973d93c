"""One retrieval path: whoever proposes the passages, the prior is the softmax of inner products."""

import numpy as np
import pytest

from rag_demo.lexical import Bm25Index
from rag_demo.retriever import reciprocal_rank_fusion
from rag_demo.types import RagError, RetrieverKind


def test_bm25_finds_the_passage_that_has_the_words(passages):
    index = Bm25Index(passages)
    assert index.search("二甲双胍能吃吗", 1)[1].tolist() == [2]
    assert index.scores("zzz qqq").tolist() == [0.0] * 6


def test_fusion_by_hand():
    """1/(60+rank): 5 is first and third, 7 second and first: 1/61+1/63 < 1/62+1/61."""
    assert reciprocal_rank_fusion(np.array([5, 7, 9]), np.array([7, 9, 5])) == [7, 5, 9]


@pytest.mark.parametrize("kind", list(RetrieverKind))
def test_the_prior_is_the_softmax_of_the_inner_products(bart_engine, kind):
    hits = bart_engine.retrieve("宝宝黄疸怎么办", 4, kind)
    scores = np.array([hit.score for hit in hits])
    question = bart_engine.encode_questions(["宝宝黄疸怎么办"])[0]
    vectors = bart_engine.encode_passages([hit.passage for hit in hits])
    np.testing.assert_allclose(scores, vectors @ question, rtol=1e-4)
    np.testing.assert_allclose([hit.prior for hit in hits], np.exp(scores) / np.exp(scores).sum(), rtol=1e-4)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    assert all((hit.bm25 is None) == (kind is RetrieverKind.DENSE) for hit in hits)


def test_leaving_a_passage_out_renormalises_the_prior(bart_engine):
    whole = bart_engine.retrieve("宝宝黄疸怎么办", 4)
    gone = whole[0].passage.id
    rest = bart_engine.retrieve("宝宝黄疸怎么办", 3, without=frozenset({gone}))
    assert [hit.passage.id for hit in rest] == [hit.passage.id for hit in whole[1:]]
    wanted = [hit.prior / (1 - whole[0].prior) for hit in whole[1:]]
    np.testing.assert_allclose([hit.prior for hit in rest], wanted, rtol=1e-4)


def test_an_unknown_id_is_named(bart_engine):
    with pytest.raises(RagError, match="No passage has the id 'p9999'"):
        bart_engine.retrieve("宝宝", without=frozenset({"p9999"}))
