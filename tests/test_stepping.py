"""BartSteps = Steps, with packed weights and without: the same distributions, one token at a time, several at once, and after rows were chosen."""

from copy import deepcopy

import pytest
import torch

from rag_demo.packed import BartWeights
from rag_demo.stepping import ROOM, BartSteps, Steps


@pytest.fixture(params=["packed in 16 bits", "as they are"])
def both(request, bart_engine):
    torch.manual_seed(0)
    model = deepcopy(bart_engine.generator.model)
    if request.param == "packed in 16 bits":
        with torch.no_grad():
            for weight in model.parameters():
                weight.copy_(weight.half())
    ids = torch.randint(5, model.config.vocab_size, (3, 20))
    mask = (torch.arange(20) < torch.tensor([[20], [13], [7]])).long()
    with torch.no_grad():
        states = model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
    return Steps(model, states, mask), BartSteps(BartWeights(model), states, mask)


def test_one_token_or_several_at_once(both):
    """Catches a causal mask that lets a token see the next, an offset position, and padding that is attended to."""
    for width in (1, 1, 4, 1, 7):
        tokens = torch.randint(5, 40, (3, width))
        wanted, found = (steps.step(tokens) for steps in both)
        torch.testing.assert_close(found, wanted, atol=5e-5, rtol=1e-4)


def test_the_cache_grows(both):
    """Past the room that is allocated first."""
    for _ in range(3):
        tokens = torch.randint(5, 40, (3, ROOM // 2 + 1))
        wanted, found = (steps.step(tokens) for steps in both)
        torch.testing.assert_close(found, wanted, atol=5e-5, rtol=1e-4)


def test_rows_are_chosen_with_all_they_keep(both):
    first, rows, then = torch.randint(5, 40, (3, 3)), torch.tensor([2, 0, 2, 1]), torch.randint(5, 40, (4, 1))
    for steps in both:
        steps.step(first)
        steps.select(rows)
    wanted, found = (steps.step(then) for steps in both)
    torch.testing.assert_close(found, wanted, atol=5e-5, rtol=1e-4)


def test_weights_are_read_for_every_answer(bart_engine):
    """Training evaluates between its steps: weights packed before would answer for another model."""
    model = bart_engine.generator.model
    ids = torch.full((1, 4), 7)
    layer = model.model.decoder.layers[0].self_attn.q_proj
    found = []
    for change in (1.0, 4.0, 0.25):
        with torch.no_grad():
            layer.weight *= change
        steps = bart_engine.generator.start(ids, torch.ones_like(ids))
        assert isinstance(steps, BartSteps)
        steps.step(torch.tensor([[2, 9, 11]]))
        found.append(steps.step(torch.tensor([[8]])))
    assert not torch.allclose(found[0], found[1]) and torch.allclose(found[0], found[2], atol=1e-4)
