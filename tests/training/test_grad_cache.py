"""GradCache: the gradients of the whole batch, in the memory of a chunk, with the dropout of the first pass."""

from dataclasses import replace

import pytest
import torch

from rag_demo.encoder import TextEncoder
from tests.training.test_many_processes import relative_error
from training import grad_cache
from training.losses import in_batch_nll
from training.world import World, prepare

CPU = torch.device("cpu")
TEXTS = (["血糖高怎么办", "宝宝黄疸", "发热38.5℃", "便秘", "高血压吃什么"],
         ["少食多餐，主食粗细搭配。", "多吃奶", "不要捂汗。", "多吃蔬菜水果。", "低盐饮食，按时服药。"])  # fmt: skip


@pytest.fixture
def saved(towers, tmp_path):
    for i, tower in enumerate(towers):
        tower.save(tmp_path / str(i))
    return tmp_path


def load(saved, dropout: float, checkpointing: bool) -> torch.nn.ModuleList:
    """An ALBERT and a BERT of their own, in training mode."""
    towers = [TextEncoder.load(saved / str(i)) for i in range(2)]
    for tower in towers:
        tower.settings = replace(tower.settings, scale=4.0)
        prepare(tower.model, World(), checkpointing)
        for module in tower.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = dropout
    return torch.nn.ModuleList(towers).train()


def gradients(saved, run, chunk: int, dropout: float = 0.0, checkpointing: bool = False) -> dict[str, torch.Tensor]:
    towers = load(saved, dropout, checkpointing)

    def encode(tower, texts):
        batch = tower.tokenizer(texts, padding=True, return_tensors="pt")
        vectors = tower(batch.input_ids, batch.attention_mask)
        return vectors, vectors.square().mean() / len(texts)  # stands for the regression of token states

    def loss(q, p):
        found = in_batch_nll(q, p, torch.arange(len(q)))
        return found, {"nll": found}

    sides = [
        [lambda tower=tower, part=texts[i : i + chunk]: encode(tower, part) for i in range(0, len(texts), chunk)]
        for tower, texts in zip(towers, TEXTS, strict=True)
    ]
    torch.manual_seed(5)
    run(sides, loss, CPU)
    return {name: p.grad for name, p in towers.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("checkpointing", [False, True])
def test_chunks_and_checkpointing_leave_the_gradients_as_they_are(saved, checkpointing):
    """ALBERT's class knows no checkpointing: there its layer groups are wrapped."""
    whole = gradients(saved, grad_cache.plain_backward, 2)
    assert relative_error(gradients(saved, grad_cache.cached_backward, 2, checkpointing=checkpointing), whole) < 1e-5


def test_dropout_is_the_same_in_both_passes(saved, monkeypatch):
    """The reference draws its dropout chunk by chunk in the same order, once; a second draw would be another function."""
    whole = gradients(saved, grad_cache.plain_backward, 2, dropout=0.3)
    assert relative_error(gradients(saved, grad_cache.cached_backward, 2, dropout=0.3), whole) < 1e-5
    assert relative_error(gradients(saved, grad_cache.cached_backward, 2, 0.3, checkpointing=True), whole) < 1e-5
    monkeypatch.setattr(grad_cache, "set_rng_state", lambda *_: None)
    assert relative_error(gradients(saved, grad_cache.cached_backward, 2, dropout=0.3), whole) > 0.1


def test_checkpointing_keeps_less(saved):
    """Bytes that autograd keeps for the backward pass of one text."""

    def kept(checkpointing):
        tower, total = load(saved, 0.0, checkpointing)[0], 0

        def count(tensor):
            nonlocal total
            total += tensor.numel()
            return tensor

        ids = torch.full((4, 90), 7)
        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            tower(ids, torch.ones_like(ids))
        return total

    assert kept(True) < 0.6 * kept(False)
