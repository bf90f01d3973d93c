"""Losses and metrics by hand."""

import math

import numpy as np
import pytest
import torch

from rag_demo.metrics import character_f1, mrr, recall, rouge_l
from training.losses import in_batch_kl, in_batch_nll, state_regression


def test_in_batch_nll_by_hand():
    questions, passages = torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0, 0.0], [1.0, 5.0], [3.0, 1.0]])
    wanted = -math.log(math.exp(2) / (math.exp(2) + math.exp(1) + math.exp(3)))
    assert math.isclose(float(in_batch_nll(questions, passages, torch.tensor([0]))), wanted, rel_tol=1e-6)
    ignore = torch.tensor([[False, False, True]])
    wanted = -math.log(math.exp(2) / (math.exp(2) + math.exp(1)))
    assert math.isclose(float(in_batch_nll(questions, passages, torch.tensor([0]), ignore)), wanted, rel_tol=1e-6)


def test_more_negatives_cost_more():
    """A loss that is always 0 means the negatives are empty."""
    torch.manual_seed(0)
    q, p = torch.randn(4, 8), torch.randn(9, 8)
    positives = torch.arange(4)
    assert 0 < float(in_batch_nll(q, p[:5], positives)) < float(in_batch_nll(q, p, positives))


def test_distillation_is_zero_for_the_teacher_itself():
    torch.manual_seed(0)
    q, p, states = torch.randn(3, 8), torch.randn(5, 8), torch.randn(2, 4, 8)
    assert abs(float(in_batch_kl(q, p, q, p))) < 1e-6
    assert float(in_batch_kl(q, p, -q, p)) > 0.1
    mask = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]])
    wrong_where_masked = states.clone()
    wrong_where_masked[0, 2:] = 99.0
    assert abs(float(state_regression(wrong_where_masked, states, mask, 6))) < 1e-6


def test_retrieval_metrics_by_hand():
    ranks = np.array([2, 1, 30])
    assert recall(ranks, 2) == pytest.approx(1 / 3) and mrr(ranks) == pytest.approx((1 / 3 + 1 / 2) / 3)


@pytest.mark.parametrize(
    ("answer", "reference", "f1", "rouge"),
    [("多喝水。", "多喝水", 1.0, 1.0), ("水喝多", "多喝水", 1.0, 1 / 3), ("甲", "乙", 0.0, 0.0), ("", "甲", 0.0, 0.0),
     ("多喝水去", "多喝水", 6 / 7, 6 / 7)],
)  # fmt: skip
def test_answer_metrics_by_hand(answer, reference, f1, rouge):
    assert character_f1(answer, reference) == pytest.approx(f1)
    assert rouge_l(answer, reference) == pytest.approx(rouge)


def test_the_first_token_can_count_more():
    """Two rows, -100 where there is no token: (3·1 + 2 + 3·4) / (3 + 1 + 3) by hand."""
    from training.train_generator import token_weights

    labels = torch.tensor([[5, 6], [7, -100]])
    log_probs = torch.tensor([[-1.0, -2.0], [-4.0, 0.0]])
    weights = token_weights(labels, 3.0)
    assert float(-(log_probs * weights).sum()) == pytest.approx(3 * 1 + 2 + 3 * 4) and float(weights.sum()) == 7
    assert token_weights(labels, 1.0).tolist() == [[1, 1], [1, 0]]
