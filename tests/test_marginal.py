"""The marginals by hand, and RagModel's losses on the same weights and inputs."""

import math

import pytest
import torch
from transformers import RagConfig, RagSequenceForGeneration, RagTokenForGeneration

from rag_demo import marginal
from rag_demo.prompt import Lengths, build_inputs, encode_answer
from tests.conftest import tiny_bert


def test_both_marginals_by_hand():
    """Two passages with prior ¾, ¼; token probabilities (½, ⅕) and (¼, ½)."""
    prior = torch.log(torch.tensor([0.75, 0.25]))
    log_probs = torch.log(torch.tensor([[0.5, 0.2], [0.25, 0.5]]))
    token = (0.75 * 0.5 + 0.25 * 0.25) * (0.75 * 0.2 + 0.25 * 0.5)
    sequence = 0.75 * 0.5 * 0.2 + 0.25 * 0.25 * 0.5
    assert math.isclose(float(marginal.token_marginal(prior, log_probs)), math.log(token), rel_tol=1e-5)
    assert math.isclose(float(marginal.sequence_marginal(prior, log_probs)), math.log(sequence), rel_tol=1e-5)
    torch.testing.assert_close(marginal.sequence_marginals(prior, log_probs).sum(), torch.tensor(math.log(sequence)))
    torch.testing.assert_close(marginal.responsibilities(prior, log_probs)[:, 1], torch.tensor([0.15, 0.125]) / 0.275)
    torch.testing.assert_close(
        marginal.running_posterior(prior, log_probs)[:, 1], torch.tensor([0.075, 0.03125]) / 0.10625
    )


@pytest.mark.parametrize("answer", ["多吃蔬菜水果。", "体温38.5℃可用退热药；不要捂汗。", "热"])
@pytest.mark.parametrize("kind", ["token", "sequence"])
def test_losses_equal_transformers(generator, passages, answer, kind):
    """To 4 decimals for mT5 and for BART. transformers feeds labels unshifted: the start token goes before them."""
    cls = RagTokenForGeneration if kind == "token" else RagSequenceForGeneration
    tower = tiny_bert(40)
    config = RagConfig(
        question_encoder=tower.config.to_dict(),
        generator=generator.model.config.to_dict(),
        n_docs=3,
        vocab_size=generator.model.config.vocab_size,
    )
    rag = cls(config=config, question_encoder=tower, generator=generator.model).eval()
    scores = torch.tensor([[1.3, 0.2, -0.7]])
    ids, mask = build_inputs(generator.tokenizer, "宝宝怎么办？", passages[:3], Lengths(32, 120, 24))
    target = torch.tensor([encode_answer(generator.tokenizer, answer)])
    with torch.no_grad():
        theirs = rag(
            context_input_ids=ids,
            context_attention_mask=mask,
            doc_scores=scores,
            labels=torch.cat([torch.tensor([[generator.start_id]]), target], 1),
            encoder_outputs=None,
            reduce_loss=True,
        ).loss
        log_probs = generator.token_log_probs(ids, mask, target.repeat(3, 1)).unsqueeze(0)
    ours = -getattr(marginal, f"{kind}_marginal")(marginal.log_prior(scores), log_probs).sum()
    assert abs(float(ours) - float(theirs)) < 5e-5 * max(1.0, abs(float(theirs)))
