"""Training steps, in tokens that matter, against the plain loop: everything padded to its maximum."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy

import torch

from rag_demo.corpus import Question
from rag_demo.encoder import TextEncoder
from rag_demo.engine import RagEngine
from rag_demo.marginal import log_prior, token_marginal
from rag_demo.prompt import build_input, encode_answer
from rag_demo.tensors import pad
from rag_demo.text import split_clauses
from rag_demo.types import Passage, RagMode
from tests.benchmarks.bench import Row, alternating
from training.dpr_data import Collator
from training.dpr_model import Dpr
from training.dpr_sources import Mixture, Source
from training.losses import nll
from training.rag_model import Rag, RagTrainee
from training.world import World

LENGTH, BATCH, LARGE, CHUNK = 256, 16, 128, 16
TEMPERATURE = 0.05


def rows(engine: RagEngine, texts: Sequence[str], repeats: int) -> Iterator[Row]:
    """A text's first clause asks for the text: a question of a consultation's length, an answer of 100 characters."""
    towers = tuple(deepcopy(tower).train() for tower in (engine.question_encoder, engine.context_encoder))
    passages = [Passage(str(i), "", text, "", "") for i, text in enumerate(texts)]
    questions = [Question(f"q{p.id}", split_clauses(p.text)[0].text[:60], p.text, (p.id,)) for p in passages]
    yield from _dpr(towers, passages, questions, repeats)
    yield from _rag(engine, towers[0], passages, questions, repeats)


def _dpr(towers: tuple[TextEncoder, TextEncoder], passages, questions, repeats: int) -> Iterator[Row]:
    world, texts = World(), {p.id: p.full_text for p in passages}
    mixture = {n: Mixture([Source(questions, texts, n, 0)], [1.0], {}, 0, 0) for n in (BATCH, LARGE)}
    trainees = {
        n: Dpr(towers, data, Collator(towers, texts, {}, questions, world), world, temperature=TEMPERATURE, chunk=chunk)
        for (n, data), chunk in zip(mixture.items(), (0, CHUNK), strict=True)
    }  # fmt: skip

    def plain(step: int) -> None:
        draw = mixture[BATCH].draw(step)
        sides = [q.question for q in draw.questions], [texts[name] for name in draw.passages]
        q, p = (tower(*_padded(tower, side)) for tower, side in zip(towers, sides, strict=True))
        columns = torch.tensor([draw.passages.index(name) for name in draw.positives])
        nothing = torch.zeros(len(q), len(p), dtype=torch.bool)
        nll(q @ p.T / TEMPERATURE, columns, nothing).mean().backward()

    steps = iter(range(100_000))

    def with_next(work: Callable[[int], object]) -> Callable[[], object]:
        return lambda: work(next(steps))

    ours, peer, large = alternating(
        [with_next(trainees[BATCH].backward), with_next(plain), with_next(trainees[LARGE].backward)], repeats
    )
    yield Row("dpr_step", f"{BATCH}, base", ours, "s", "transformers, padded", peer, 3)
    cost = (large / LARGE) / (ours / BATCH)
    yield Row("grad_cache", f"{LARGE} / {BATCH}, base", cost, "×", reach=1.4, note=f"chunks of {CHUNK}")


def _padded(tower: TextEncoder, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    return _widened(pad(tower.tokenise(texts), tower.tokenizer.pad_token_id), LENGTH, tower.tokenizer.pad_token_id)


def _widened(given: tuple[torch.Tensor, torch.Tensor], length: int, value: int) -> tuple[torch.Tensor, torch.Tensor]:
    more = length - given[0].shape[1]
    return tuple(torch.nn.functional.pad(t, (0, more), value=v) for t, v in zip(given, (value, 0), strict=True))


def _rag(engine: RagEngine, tower: TextEncoder, passages, questions, repeats: int) -> Iterator[Row]:
    vectors = torch.from_numpy(engine.encode_passages(passages))
    rag = Rag(tower, deepcopy(engine.generator).train(), passages, vectors, RagMode.TOKEN, top_k=4)
    trainee = RagTrainee(rag, questions, World(), batch=4, seed=0)
    steps = iter(range(100_000))

    def plain() -> None:
        tokenizer, lengths = rag.generator.tokenizer, rag.lengths
        start = 4 * next(steps) % (len(questions) - 4)
        asked = questions[start : start + 4]
        scores = tower(*_padded(tower, [q.question for q in asked])) @ vectors.T
        top, chosen = scores.topk(4)
        pairs = [(q, i) for q, places in zip(asked, chosen.tolist(), strict=True) for i in places]
        inputs = pad([build_input(tokenizer, q.question, passages[i], lengths) for q, i in pairs], 1)
        ids, mask = _widened(inputs, lengths.input, tokenizer.pad_token_id)
        labels, present = _widened(pad([encode_answer(tokenizer, q.answer, lengths.answer) for q, _ in pairs], 0), lengths.answer, 0)  # fmt: skip
        log_probs = rag.generator.token_log_probs(ids, mask, labels.masked_fill(present == 0, -100))
        (-token_marginal(log_prior(top), log_probs.unflatten(0, (-1, 4))).sum()).backward()

    ours, peer = alternating([lambda: trainee.backward(next(steps)), plain], repeats)
    yield Row("rag_step", "4, k 4, base", ours, "s", "transformers, padded", peer, 3)
