"""Decoding: cached = recomputed, greedy = argmax, streamed = whole, and the posterior is the exact one."""

import itertools

import pytest
import torch

from rag_demo import marginal
from rag_demo.decoding import decode
from rag_demo.grounding import ClauseTrie
from rag_demo.prompt import Lengths, build_inputs
from rag_demo.types import RagMode

PRIOR = torch.tensor([0.5, 0.3, 0.2]).log()
LENGTHS = Lengths(32, 120, 24)


@pytest.fixture
def inputs(generator, passages):
    return build_inputs(generator.tokenizer, "宝宝发热怎么办？", passages[:3], LENGTHS)


def teacher_forced(generator, inputs, tokens):
    """log p of each token (k, T), recomputed without a cache."""
    with torch.no_grad():
        return generator.token_log_probs(*inputs, torch.tensor([tokens] * 3))


@pytest.mark.parametrize("mode", list(RagMode))
@pytest.mark.parametrize("beams", [1, 3])
def test_log_probs_and_posteriors_are_those_of_the_marginal(generator, inputs, mode, beams):
    """Catches a cache that drifts, a beam that keeps its sibling's cache, and a posterior of the wrong mode."""
    *_, best = decode(generator, inputs, PRIOR, mode, max_tokens=12, beams=beams)
    log_probs = teacher_forced(generator, inputs, best.tokens)
    if mode is RagMode.TOKEN:
        wanted, posterior = marginal.token_marginals(PRIOR, log_probs), marginal.responsibilities(PRIOR, log_probs)
    else:
        wanted, posterior = marginal.sequence_marginals(PRIOR, log_probs), marginal.running_posterior(PRIOR, log_probs)
    torch.testing.assert_close(torch.tensor(best.log_probs), wanted, atol=2e-4, rtol=1e-3)
    torch.testing.assert_close(torch.stack(best.posteriors, 1), posterior, atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("mode", list(RagMode))
def test_greedy_takes_the_argmax_of_the_mixture(generator, inputs, mode):
    *_, best = decode(generator, inputs, PRIOR, mode, max_tokens=6)
    weights = PRIOR
    for i, token in enumerate(best.tokens):
        prefix = torch.tensor([[generator.start_id, *best.tokens[:i]]] * 3)
        with torch.no_grad():
            logits = generator.model(input_ids=inputs[0], attention_mask=inputs[1], decoder_input_ids=prefix).logits
        log_probs = logits[:, -1].float().log_softmax(-1)
        assert int(torch.logsumexp(weights.unsqueeze(-1) + log_probs, 0).argmax()) == token
        if mode is RagMode.SEQUENCE:
            weights = (weights + log_probs[:, token]).log_softmax(-1)


@pytest.mark.parametrize("mode", list(RagMode))
def test_wide_beams_find_the_best_short_answer(bart_engine, passages, mode):
    """Against every two-token answer over a small set, by brute force."""
    generator = bart_engine.generator
    inputs = build_inputs(generator.tokenizer, "宝宝发热怎么办？", passages[:3], LENGTHS)
    letters = generator.tokenizer("宝发热水药", add_special_tokens=False).input_ids[1:]

    class TwoTokens:
        def allowed(self, place):
            return letters if (place or 0) < 2 else [generator.eos_id]

        def advance(self, place, token):
            return (place or 0) + 1

    *_, best = decode(generator, inputs, PRIOR, mode, constraint=TwoTokens(), beams=len(letters) ** 2)
    total = marginal.token_marginal if mode is RagMode.TOKEN else marginal.sequence_marginal
    answers = [[*pair, generator.eos_id] for pair in itertools.product(letters, repeat=2)]
    scores = [float(total(PRIOR, teacher_forced(generator, inputs, answer))) for answer in answers]
    assert list(best.tokens) == answers[scores.index(max(scores))]
    assert abs(sum(best.log_probs) - max(scores)) < 1e-3


@pytest.mark.parametrize("beams", [1, 3])
def test_what_streams_grows_into_the_answer(generator, inputs, beams):
    steps = list(decode(generator, inputs, PRIOR, RagMode.TOKEN, max_tokens=8, beams=beams))
    if beams == 1:
        assert all(b.tokens[: len(a.tokens)] == a.tokens for a, b in itertools.pairwise(steps))
    assert all(torch.stack(step.posteriors).sum(1).allclose(torch.tensor(1.0)) for step in steps)
    assert len(steps[-1].tokens) <= 8


@pytest.mark.parametrize("mode", list(RagMode))
@pytest.mark.parametrize("limit", [5, 40])
def test_certain_tokens_in_one_step_are_those_of_one_by_one(generator, inputs, passages, mode, limit):
    """A wrapped constraint that never seems certain makes the decoder go token by token."""
    trie = ClauseTrie(generator.tokenizer, passages[:3], generator.eos_id)

    class Undecided:
        def allowed(self, place):
            return [token for token in trie.allowed(place) for _ in range(2)]

        def advance(self, place, token):
            return trie.advance(place, token)

    quick, slow = (
        list(decode(generator, inputs, PRIOR, mode, constraint=constraint, max_tokens=limit))
        for constraint in (trie, Undecided())
    )
    assert [step.tokens for step in quick] == [step.tokens for step in slow] and len(quick) > 4
    torch.testing.assert_close(quick[-1].log_probs, slow[-1].log_probs, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(
        torch.stack(quick[-1].posteriors), torch.stack(slow[-1].posteriors), atol=1e-4, rtol=1e-4
    )
