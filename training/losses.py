"""Losses as functions of tensors."""

import torch
from torch.nn import functional as F


def in_batch_nll(
    questions: torch.Tensor, passages: torch.Tensor, positives: torch.Tensor, ignore: torch.Tensor | None = None
) -> torch.Tensor:
    """Negative log likelihood of each question's positive among all passages (Karpukhin et al. 2020, eq. 2).

    questions (Q, D), passages (P, D), positives (Q,) int64: the column of each positive.
    ignore (Q, P) bool: columns that are not negatives (another positive of the same question).
    """
    return nll(questions @ passages.T, positives, ignore).mean()  # (Q, D) @ (D, P) -> (Q, P)


def nll(scores: torch.Tensor, positives: torch.Tensor, ignore: torch.Tensor | None = None) -> torch.Tensor:
    """scores (Q, P) -> the negative log likelihood of each row's positive, (Q,)."""
    if ignore is not None:
        scores = scores.masked_fill(ignore, -torch.inf)
    return F.cross_entropy(scores, positives, reduction="none")


def in_batch_kl(
    questions: torch.Tensor,
    passages: torch.Tensor,
    teacher_questions: torch.Tensor,
    teacher_passages: torch.Tensor,
) -> torch.Tensor:
    """KL(teacher ‖ student) of the in-batch distributions, both directions; scores are plain inner products."""
    student = questions @ passages.T  # (Q, P)
    teacher = teacher_questions @ teacher_passages.T
    rows = F.kl_div(student.log_softmax(1), teacher.softmax(1), reduction="batchmean")
    columns = F.kl_div(student.T.log_softmax(1), teacher.T.softmax(1), reduction="batchmean")
    return rows + columns


def state_regression(states: torch.Tensor, targets: torch.Tensor, mask: torch.Tensor, count: float) -> torch.Tensor:
    """Token states against the teacher's centred ones: 1 - cosine, plus a tenth of the squared error; over `count`.

    states, targets (B, L, D); mask (B, L), 1 where the teacher has a token.
    """
    states = states.float()
    error = 1 - F.cosine_similarity(states, targets, dim=-1) + 0.1 * (states - targets).square().mean(-1)
    return (error * mask).sum() / count
