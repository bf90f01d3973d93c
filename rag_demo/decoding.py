"""RAG-Token and RAG-Sequence decoding: the k passages run as one batch, their next-token distributions are mixed.

Both marginals are autoregressive. With w_i(z) the weight of passage z before token i,

    p(y_i | x, y_<i) = Σ_z w_i(z) p(y_i | x, z, y_<i)          posterior_i(z) ∝ w_i(z) p(y_i | x, z, y_<i)

RAG-Token keeps w_i = p(z|x), so posterior_i is the responsibility r_i. RAG-Sequence carries the posterior on,
w_{i+1} = posterior_i, so it is the running posterior, and the product of the p(y_i | x, y_<i) is its marginal
exactly. One loop serves both, greedy and beam: no passage needs beams of its own to be marginalised afterwards
(Lewis et al. 2020, "thorough decoding"), and every step streams."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from rag_demo.generator import Generator
from rag_demo.types import RagMode


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A partial answer. log_probs (nats) and posteriors (k,): one a token. place: of the constraint."""

    tokens: tuple[int, ...]
    log_probs: tuple[float, ...]
    posteriors: tuple[torch.Tensor, ...]
    log_weights: torch.Tensor
    place: object = None
    finished: bool = False

    @property
    def score(self) -> float:
        """Mean log probability a token: a plain sum would prefer the shortest answer."""
        return sum(self.log_probs) / max(1, len(self.log_probs))


class Constraint(Protocol):
    """What may come next. `place` is opaque to the decoder; None stands for the beginning."""

    def allowed(self, place: object) -> Sequence[int]: ...

    def advance(self, place: object, token: int) -> object: ...


def decode(
    generator: Generator,
    inputs: tuple[torch.Tensor, torch.Tensor],
    log_prior: torch.Tensor,
    mode: RagMode,
    *,
    constraint: Constraint | None = None,
    max_tokens: int = 96,
    beams: int = 1,
) -> Iterator[Hypothesis]:
    """Yields the best hypothesis after each token; the last one yielded is the answer.

    inputs: input_ids and attention_mask (k, L) of the question with each passage. log_prior: (k,).
    Greedily, tokens that the constraint leaves no choice about are fed together with the one before them: inside a
    clause one step of the decoder scores them all (as prompt lookup decoding verifies its guesses; here none fails).
    """
    k = log_prior.shape[0]
    steps = generator.start(*inputs)
    alive = [Hypothesis((), (), (), log_prior)]
    done: list[Hypothesis] = []
    last = torch.full((k, 1), generator.start_id)
    while len(alive[0].tokens) < max_tokens:
        certain = []
        if constraint is not None and beams == 1:
            certain = _certain(constraint, alive[0], max_tokens - 1, generator.eos_id)
        fed = torch.cat([last, torch.tensor(certain, dtype=torch.int64).expand(len(last), -1)], dim=1)
        log_probs = steps.step(fed).unflatten(0, (len(alive), k))  # (b, k, n, V)
        for i, token in enumerate(certain):
            per_passage = log_probs[0, :, i, token]
            value = float(torch.logsumexp(alive[0].log_weights + per_passage, 0))
            alive = [_extend(alive[0], token, value, per_passage, mode, constraint, generator.eos_id)]
            yield alive[0]
        candidates = _candidates(alive, log_probs[:, :, -1], mode, constraint, generator, beams)
        done += [hypothesis for hypothesis, _ in candidates if hypothesis.finished]
        going = [pair for pair in candidates if not pair[0].finished][:beams]
        if not going or len(done) >= beams:
            break
        alive = [hypothesis for hypothesis, _ in going]
        yield max([*done, *alive], key=lambda hypothesis: hypothesis.score)
        parents = torch.tensor([parent for _, parent in going])
        if beams > 1:
            steps.select((parents.unsqueeze(1) * k + torch.arange(k)).flatten())
        last = torch.tensor([[hypothesis.tokens[-1]] for hypothesis in alive]).repeat_interleave(k, dim=0)
    yield max(done or alive, key=lambda hypothesis: hypothesis.score)


def _certain(constraint: Constraint, hypothesis: Hypothesis, limit: int, eos: int) -> list[int]:
    """The tokens that must follow, as long as each is the only one allowed; at most `limit` with those there are."""
    found: list[int] = []
    place = hypothesis.place
    while hypothesis.tokens and len(hypothesis.tokens) + len(found) < limit:
        allowed = constraint.allowed(place)
        if len(allowed) != 1 or allowed[0] == eos:
            break
        found.append(allowed[0])
        place = constraint.advance(place, allowed[0])
    return found


def _candidates(
    alive: list[Hypothesis],
    log_probs: torch.Tensor,
    mode: RagMode,
    constraint: Constraint | None,
    generator: Generator,
    beams: int,
) -> list[tuple[Hypothesis, int]]:
    """The 2·beams best continuations and the beam each came from, best first."""
    found: list[tuple[float, int, int, float]] = []
    mixtures = torch.logsumexp(
        torch.stack([hypothesis.log_weights for hypothesis in alive]).unsqueeze(-1) + log_probs, dim=1
    )  # (b, V)
    for beam, hypothesis in enumerate(alive):
        if constraint is None:
            values, tokens = mixtures[beam].topk(min(2 * beams, mixtures.shape[1]))
        else:
            tokens = torch.tensor(list(constraint.allowed(hypothesis.place)))
            values = mixtures[beam, tokens]
            values, order = values.topk(min(2 * beams, len(tokens)))
            tokens = tokens[order]
        total = sum(hypothesis.log_probs)
        found += [(total + v, beam, t, v) for v, t in zip(values.tolist(), tokens.tolist(), strict=True)]
    found.sort(key=lambda item: -item[0])
    keep = found[: 1 if beams == 1 else 2 * beams]
    return [
        (_extend(alive[beam], token, value, log_probs[beam, :, token], mode, constraint, generator.eos_id), beam)
        for _, beam, token, value in keep
    ]


def _extend(
    parent: Hypothesis,
    token: int,
    log_prob: float,
    per_passage: torch.Tensor,
    mode: RagMode,
    constraint: Constraint | None,
    eos: int,
) -> Hypothesis:
    log_posterior = (parent.log_weights + per_passage).log_softmax(-1)  # (k,)
    finished = token == eos
    return Hypothesis(
        tokens=(*parent.tokens, token),
        log_probs=(*parent.log_probs, log_prob),
        posteriors=(*parent.posteriors, log_posterior.exp()),
        log_weights=log_posterior if mode is RagMode.SEQUENCE else parent.log_weights,
        place=constraint.advance(parent.place, token) if constraint and not finished else parent.place,
        finished=finished,
    )
