"""Leave-one-out, chosen sets and both decodings: closed forms against the engine itself."""

import copy
import math
from dataclasses import replace

import pytest
import torch

from rag_demo import marginal
from rag_demo.config import AnswerOptions
from rag_demo.counterfactual import both_ways, changed_set, counterfactual
from rag_demo.generator import Generator
from rag_demo.types import RagError, RagMode
from tests.conftest import build_engine

QUESTION = "宝宝黄疸怎么办？"


def test_leaving_one_out_by_hand():
    """Prior ¾, ¼; token probabilities (½, ⅕) and (¼, ½): without a passage the other one is all there is."""
    prior = torch.log(torch.tensor([0.75, 0.25]))
    log_probs = torch.log(torch.tensor([[0.5, 0.2], [0.25, 0.5]]))
    whole = math.log((0.75 * 0.5 + 0.25 * 0.25) * (0.75 * 0.2 + 0.25 * 0.5))
    wanted = [math.log(0.25 * 0.5) - whole, math.log(0.5 * 0.2) - whole]
    torch.testing.assert_close(marginal.leave_one_out(prior, log_probs, marginal.token_marginal), torch.tensor(wanted))


@pytest.mark.parametrize("kind", ["token", "sequence"])
def test_a_passage_without_prior_mass_has_no_influence_and_an_only_one_all(kind):
    """Without care the only passage gives NaN, which JSON and the bars would carry on."""
    function = getattr(marginal, f"{kind}_marginal")
    prior = torch.log(torch.tensor([0.6, 0.0, 0.4]))
    log_probs = -torch.rand(3, 7, generator=torch.Generator().manual_seed(1))
    found = marginal.leave_one_out(prior, log_probs, function)
    assert abs(float(found[1])) < 1e-6 and abs(float(found[0])) > 1e-3
    assert marginal.leave_one_out(torch.zeros(1), log_probs[:1], function).tolist() == [-math.inf]


@pytest.mark.parametrize("rag_mode", list(RagMode))
def test_influence_equals_the_score_on_the_reduced_hits(towers, generator, passages, rag_mode):
    """One pass over k passages against k passes over k - 1: only the prior may change. The models compute in float64,
    because in float32 a row's logits depend on its batch in the sixth digit, and log p is a sum in the hundreds."""
    exact = Generator(copy.deepcopy(generator.model).double(), generator.tokenizer)
    engine = build_engine(towers, exact, passages)
    answer = engine.answer(QUESTION, top_k=4, rag_mode=rag_mode)
    whole = engine.score(QUESTION, answer.text, answer.hits, rag_mode).log_prob
    found = engine.influence(QUESTION, answer.text, answer.hits, rag_mode)
    for i, influence in enumerate(found):
        others = [hit for j, hit in enumerate(answer.hits) if j != i]
        reduced = engine.score(QUESTION, answer.text, others, rag_mode).log_prob
        assert influence == pytest.approx(reduced - whole, abs=1e-5)


def test_the_parts_of_both_marginals_are_those_of_score_and_of_decoding(engine):
    answer = engine.answer(QUESTION, top_k=3)
    parts = engine.decompose(QUESTION, answer.text, answer.hits)
    for mode in RagMode:
        score = engine.score(QUESTION, answer.text, answer.hits, mode)
        assert parts[mode].log_prob == pytest.approx(score.log_prob, abs=1e-4)
        assert sum(parts[mode].shares) == pytest.approx(1, abs=1e-5)
    joint = [math.log(hit.prior) + part for hit, part in zip(answer.hits, score.per_passage, strict=True)]
    shares = torch.tensor(joint).softmax(0).tolist()
    assert parts[RagMode.SEQUENCE].shares == pytest.approx(shares, abs=1e-4)
    assert parts[RagMode.TOKEN].shares == pytest.approx([hit.posterior for hit in answer.hits], abs=1e-3)


@pytest.mark.parametrize("retriever", ["dense", "bm25", "hybrid"])
def test_included_passages_stand_among_the_k(bart_engine, passages, retriever):
    found = bart_engine.retrieve(QUESTION, 6, retriever)
    last, top = found[-1], [hit.passage.id for hit in found[:2]]
    hits = bart_engine.retrieve(QUESTION, 3, retriever, including=frozenset({last.passage.id}))
    assert [hit.passage.id for hit in hits] == [*top, last.passage.id]
    assert hits[2].score == pytest.approx(last.score, abs=1e-5) and [hit.rank for hit in hits] == [1, 2, 3]
    assert sum(hit.prior for hit in hits) == pytest.approx(1)
    same = bart_engine.retrieve(QUESTION, 2, retriever, including=frozenset(top[1:]))
    assert [hit.passage.id for hit in same] == top, "a passage found anyway keeps its rank and takes no place"
    exact = frozenset({top[1], last.passage.id})
    assert {hit.passage.id for hit in bart_engine.retrieve(QUESTION, 2, retriever, including=exact)} == exact


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"including": {"p9999"}}, "No passage has the id 'p9999'; ids look like 'p0001'"),
        ({"including": "p0001"}, "including must be a set of passage ids, not 'p0001'"),
        ({"without": {1}}, "without must be a set of passage ids"),
        ({"without": {"p0001"}, "including": {"p0001"}}, "'p0001' is both left out and included"),
        ({"including": {"p0001", "p0002"}, "top_k": 1}, "2 passages are to be included but top_k is 1"),
    ],
)
def test_bad_sets_are_named(bart_engine, change, message):
    with pytest.raises(RagError, match=message):
        bart_engine.answer(QUESTION, **change)


@pytest.mark.parametrize("rag_mode", list(RagMode))
def test_a_counterfactual_is_the_answer_from_exactly_that_set(bart_engine, rag_mode):
    before = bart_engine.answer(QUESTION, top_k=3, rag_mode=rag_mode)
    gone = before.hits[0].passage.id
    snapshots = list(counterfactual(bart_engine, before, changed_set(before, frozenset({gone}))))
    last = snapshots[-1]
    assert [hit.passage for hit in last.after.hits] == [hit.passage for hit in before.hits[1:]]
    assert [hit.prior for hit in last.after.hits] == pytest.approx(
        [hit.prior / (1 - before.hits[0].prior) for hit in before.hits[1:]], rel=1e-4
    )
    influence = bart_engine.influence(before.question, before.text, before.hits, rag_mode)
    assert snapshots[0].change == last.change == pytest.approx(influence[0], abs=1e-4)
    assert last.after.text == bart_engine.answer(QUESTION, top_k=2, without={gone}, rag_mode=rag_mode).text
    same = list(counterfactual(bart_engine, before, changed_set(before)))[-1]
    assert same.after.text == before.text and same.change == 0


def test_no_passage_left_is_a_sentence(bart_engine):
    answer = bart_engine.answer(QUESTION, top_k=2)
    with pytest.raises(RagError, match="Every passage is switched off"):
        changed_set(answer, frozenset(hit.passage.id for hit in answer.hits))


def test_both_ways_stream_one_after_the_other(bart_engine):
    answer = bart_engine.answer(QUESTION, top_k=3)
    steps = list(both_ways(bart_engine, answer))
    assert [len(step) for step in steps] == sorted(len(step) for step in steps)
    token, sequence = steps[-1]
    assert (token.answer.rag_mode, sequence.answer.rag_mode) == tuple(RagMode)
    assert replace(token.answer, seconds=answer.seconds) == answer
    assert token.token.log_prob == pytest.approx(token.answer.log_prob, abs=1e-2)
    assert sequence.sequence.log_prob == pytest.approx(sequence.answer.log_prob, abs=1e-2)


def test_options_keep_their_sets(bart_engine):
    assert AnswerOptions(including=["a", "a"]).including == frozenset({"a"})
