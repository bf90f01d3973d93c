"""What an answer that is given is worth: its log likelihood under both marginals, and every passage's part in it."""

from collections.abc import Sequence

import torch

from rag_demo.generator import Generator
from rag_demo.marginal import (
    leave_one_out,
    log_prior,
    responsibilities,
    running_posterior,
    sequence_marginal,
    sequence_marginals,
    token_marginal,
    token_marginals,
)
from rag_demo.prompt import Lengths, build_inputs, encode_answer
from rag_demo.types import Hit, Marginal, RagError, RagMode, Score


@torch.inference_mode()
def forced(
    generator: Generator, lengths: Lengths, question: str, text: str, hits: Sequence[Hit]
) -> tuple[torch.Tensor, torch.Tensor]:
    """log p(z|x) (k,) and, teacher forced in one pass, log p(y_i | x, z, y_<i) (k, T), <eos> included; float64.

    Raises RagError where the text has more tokens than the generator has positions.
    """
    tokens = encode_answer(generator.tokenizer, text)
    if len(tokens) > generator.longest:
        raise RagError(f"The answer has {len(tokens)} tokens, at most {generator.longest} can be scored.")
    ids, mask = build_inputs(generator.tokenizer, question, [hit.passage for hit in hits], lengths)
    log_probs = generator.token_log_probs(ids, mask, torch.tensor([tokens] * len(hits)))
    return log_prior(torch.tensor([hit.score for hit in hits])).double(), log_probs.double()


def score(prior: torch.Tensor, log_probs: torch.Tensor, mode: RagMode) -> Score:
    marginals = (token_marginals if mode is RagMode.TOKEN else sequence_marginals)(prior, log_probs)
    return Score(float(marginals.sum()), tuple(log_probs.sum(-1).tolist()), tuple(marginals.tolist()))


def influence(prior: torch.Tensor, log_probs: torch.Tensor, mode: RagMode) -> tuple[float, ...]:
    marginal = token_marginal if mode is RagMode.TOKEN else sequence_marginal
    return tuple(leave_one_out(prior, log_probs, marginal).tolist())


def decompose(prior: torch.Tensor, log_probs: torch.Tensor) -> dict[RagMode, Marginal]:
    shares = responsibilities(prior, log_probs).mean(-1), running_posterior(prior, log_probs)[:, -1]
    totals = token_marginal(prior, log_probs), sequence_marginal(prior, log_probs)
    return {
        mode: Marginal(float(total), tuple(share.tolist()))
        for mode, total, share in zip(RagMode, totals, shares, strict=True)
    }
