"""The two marginals of RAG and their posteriors (Lewis et al. 2020, section 2.1), as functions of tensors.

log_prior: log p(z|x) (…, k).   log_probs: log p(y_i | x, z, y_<i) (…, k, T), 0 where there is no token."""

from collections.abc import Callable

import torch

Marginal = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # token_marginal or sequence_marginal


def log_prior(scores: torch.Tensor) -> torch.Tensor:
    """Inner products of the k retrieved passages (…, k) -> log softmax over them."""
    return scores.float().log_softmax(-1)


def token_marginal(log_prior: torch.Tensor, log_probs: torch.Tensor) -> torch.Tensor:
    """log of p(y|x) = Π_i Σ_z p(z|x) p(y_i | x, z, y_<i) -> (…)."""
    return token_marginals(log_prior, log_probs).sum(-1)


def token_marginals(log_prior: torch.Tensor, log_probs: torch.Tensor) -> torch.Tensor:
    """log Σ_z p(z|x) p(y_i | x, z, y_<i) of each token -> (…, T)."""
    return torch.logsumexp(log_prior.unsqueeze(-1) + log_probs, dim=-2)


def sequence_marginal(log_prior: torch.Tensor, log_probs: torch.Tensor) -> torch.Tensor:
    """log of p(y|x) = Σ_z p(z|x) Π_i p(y_i | x, z, y_<i) -> (…)."""
    return torch.logsumexp(log_prior + log_probs.sum(-1), dim=-1)


def sequence_marginals(log_prior: torch.Tensor, log_probs: torch.Tensor) -> torch.Tensor:
    """log p(y_i | x, y_<i) under RAG-Sequence -> (…, T); they sum to `sequence_marginal`."""
    joint = log_prior.unsqueeze(-1) + torch.cat(
        [torch.zeros_like(log_probs[..., :1]), log_probs.cumsum(-1)], dim=-1
    )  # (…, k, T + 1)
    return torch.logsumexp(joint, dim=-2).diff(dim=-1)


def leave_one_out(log_prior: torch.Tensor, log_probs: torch.Tensor, marginal: Marginal) -> torch.Tensor:
    """The influence of each passage: what leaving it out does to log p(y|x) -> (k,), nats. log_prior (k,).

    Δ_z = log p(y | x, Z∖z) − log p(y | x, Z), where the prior over the others renormalises,
    p'(z'|x) = p(z'|x) / (1 − p(z|x)). The passages' own p(y_i | x, z', y_<i) do not depend on the set, so one forward pass
    of the k passages serves all. In terms of the posteriors: Σ_i log (1 − r_i(z)) − T log (1 − p(z|x)) for RAG-Token,
    log (1 − p(z|x,y)) − log (1 − p(z|x)) for RAG-Sequence. 0 for a passage without prior mass, -inf for an only one.
    """
    itself = torch.eye(log_prior.shape[-1], dtype=torch.bool)
    others = log_prior.masked_fill(itself, -torch.inf)  # (k, k): row z has all passages but z
    mass = others.logsumexp(-1, keepdim=True)
    without = torch.where(mass > -torch.inf, others - mass, -torch.inf)
    return marginal(without, log_probs) - marginal(log_prior, log_probs)


def responsibilities(log_prior: torch.Tensor, log_probs: torch.Tensor) -> torch.Tensor:
    """RAG-Token draws a passage anew for each token: r_i(z) ∝ p(z|x) p(y_i | x, z, y_<i) -> (…, k, T)."""
    return (log_prior.unsqueeze(-1) + log_probs).softmax(-2)


def running_posterior(log_prior: torch.Tensor, log_probs: torch.Tensor) -> torch.Tensor:
    """RAG-Sequence keeps one passage: p(z | x, y_≤i) ∝ p(z|x) Π_{j≤i} p(y_j | x, z, y_<j) -> (…, k, T)."""
    return (log_prior.unsqueeze(-1) + log_probs.cumsum(-1)).softmax(-2)
