"""Which questions and passages make a batch: nothing lost, nothing doubled, nothing that was held out."""

import numpy as np
import pytest

from rag_demo.corpus import Question
from rag_demo.types import RagError
from training.dpr_sources import Mixture, Source

TEXTS = {f"p{i}": "字" * (i + 1) for i in range(12)}


def source(count=24, batch=4, per_passage=0, first=0):
    """Questions on p0 … p7, three a passage; p8 … p11 are held out."""
    questions = [Question(f"q{first + i}", f"问{first + i}", "", (f"p{i % 8}",)) for i in range(count)]
    return Source(questions, TEXTS, batch, per_passage)


def asked(draws):
    return sorted(q.id for draw in draws for q in draw.questions)


@pytest.mark.parametrize("per_passage", [0, 1, 2, 5])
def test_an_epoch_asks_every_question_once(per_passage):
    data = Mixture([source(per_passage=per_passage)], [1.0], {}, 0, seed=3)
    steps = data.steps_per_epoch
    epochs = [[data.draw(e * steps + i) for i in range(steps)] for e in range(2)]
    assert asked(epochs[0]) == asked(epochs[1]) == sorted(f"q{i}" for i in range(24))
    assert epochs[0] != epochs[1]


def test_neighbours_are_drawn_together_and_none_is_lost():
    """Two clusters of four: with batches of four, a batch holds one cluster; every question is still asked once."""
    data = Mixture([source(batch=4, per_passage=2)], [1.0], {}, 0, seed=5)
    turned = {f"p{i}": np.array([np.cos(i % 2 * 3 + i / 50), np.sin(i % 2 * 3 + i / 50)]) for i in range(8)}
    data.sources[0].arrange(turned)
    draws = [data.draw(step) for step in range(data.steps_per_epoch)]
    assert asked(draws) == sorted(f"q{i}" for i in range(24))
    pure = [len({int(name[1:]) % 2 for name in draw.passages}) == 1 for draw in draws if len(draw.passages) == 4]
    assert pure and all(pure)


def test_a_batch_of_passages_brings_several_questions_of_each():
    """Twice the questions for the same passages to encode; each stands in the batch once."""
    data = Mixture([source(batch=4, per_passage=3)], [1.0], {}, 0, seed=0)
    for step in range(data.steps_per_epoch):
        draw = data.draw(step)
        assert len(draw.questions) == 12 and len(draw.passages) == len(set(draw.passages)) == 4
        assert all(p in q.passage_ids for q, p in zip(draw.questions, draw.positives, strict=True))


def test_the_mix_follows_its_shares_and_loses_no_question():
    data = Mixture([source(), source(first=100)], [3, 1], {}, 0, seed=1)
    draws = [data.draw(step) for step in range(200)]
    assert 120 < sum(draw.source == 0 for draw in draws) < 180
    second = [draw for draw in draws if draw.source == 1]
    assert asked(second[:6]) == sorted(f"q{100 + i}" for i in range(24))
    assert (
        draws
        == [Mixture([source(), source(first=100)], [3, 1], {}, 0, seed=1).draw(s) for s in range(199, -1, -1)][::-1]
    )


def test_passages_held_out_of_training_are_never_negatives():
    mined = {f"q{i}": ["p9", "p10", f"p{(i + 1) % 8}", f"p{i % 8}"] for i in range(24)}
    data = Mixture([source()], [1.0], mined, 3, seed=0)
    draws = [data.draw(step) for step in range(data.steps_per_epoch)]
    assert not {"p8", "p9", "p10", "p11"} & {name for draw in draws for name in draw.passages}
    assert any(len(draw.passages) > len(set(draw.positives)) for draw in draws)


def test_sources_that_cannot_train_are_refused():
    with pytest.raises(RagError, match="'p99', which is not in the passages file"):
        Source([Question("q", "问", "", ("p99",))], TEXTS, 4, 0)
    with pytest.raises(RagError, match="Fewer than two questions"):
        source(count=1)
    with pytest.raises(RagError, match="1 shares for 2 files"):
        Mixture([source(), source()], [1.0], {}, 0, 0)
