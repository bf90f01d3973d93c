"""A drawn batch as tensors: question and passage tokens, which columns are whose, and what a teacher says of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from rag_demo.corpus import Question, read_passages, read_questions
from rag_demo.encoder import TextEncoder
from rag_demo.tensors import pad
from rag_demo.types import RagError
from training.dpr_sources import Draw
from training.teacher import Taught, key
from training.world import World

MEAN_SAMPLE = 4000  # questions whose taught vectors make the teacher's mean


@dataclass(frozen=True, slots=True)
class Side:
    """One tower's texts. ids, mask (B, L). states (B, L, D): the teacher's centred token states, None without any;
    taught (B,) bool says whose. taught_tokens: how many tokens are taught in the whole batch, over all processes."""

    ids: torch.Tensor
    mask: torch.Tensor
    taught: torch.Tensor
    states: torch.Tensor | None
    taught_tokens: int

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, start: int, end: int) -> "Side":
        """Some of the texts, without the padding that only others need."""
        length = int(self.mask[start:end].sum(1).max())
        states = None if self.states is None else self.states[start:end, :length]
        ids, mask = self.ids[start:end, :length], self.mask[start:end, :length]
        return replace(self, ids=ids, mask=mask, taught=self.taught[start:end], states=states)

    def to(self, device: torch.device) -> "Side":
        states = None if self.states is None else self.states.to(device)
        moved = {name: getattr(self, name).to(device) for name in ("ids", "mask", "taught")}
        return replace(self, states=states, **moved)


@dataclass(frozen=True, slots=True)
class Lesson:
    """The teacher's centred, normalised vectors (n, D) of one side of the whole batch, and the rows (n,) they are of."""

    rows: torch.Tensor
    vectors: torch.Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """questions, passages: this process' share of the q questions and P passages of the whole batch, None when empty.

    positives: the column of each of this process' questions. others: (row, column) of columns that answer it too.
    lessons: of both sides, None where the teacher says too little.
    """

    questions: Side | None
    passages: Side | None
    positives: torch.Tensor
    others: torch.Tensor
    draw: Draw
    lessons: tuple[Lesson, Lesson] | None


class Collator:
    """Turns draws into tensors; `cache` gives the teacher's view of a text where it has one."""

    def __init__(
        self,
        towers: tuple[TextEncoder, TextEncoder],
        texts: Mapping[str, str],
        cache: Mapping[str, Taught],
        sample: Sequence[Question],
        world: World,
    ) -> None:
        self.towers, self.texts, self.cache, self.world = towers, texts, cache, world
        if cache:
            check_cache(cache, towers)
            some = list(cache.values())[:: max(1, len(cache) // 2000)]
            self.state_mean = np.concatenate([t.states[:64] for t in some]).astype(np.float32).mean(0)
            # multilingual-e5's vectors share a large mean (cosine .8 between unrelated texts): it is taken out
            asked = sample[:MEAN_SAMPLE]
            self.means = tuple(
                self._mean(side) for side in ([q.question for q in asked], [texts[q.passage_ids[0]] for q in asked])
            )

    def _mean(self, texts: Sequence[str]) -> np.ndarray | None:
        vectors = [self.cache[key(text)].vector for text in texts if key(text) in self.cache]
        return np.mean(vectors, axis=0) if vectors else None

    def batch(self, draw: Draw) -> Batch:
        column = {name: i for i, name in enumerate(draw.passages)}
        sides = [q.question for q in draw.questions], [self.texts[name] for name in draw.passages]
        mine = self.world.share(list(zip(draw.questions, draw.positives, strict=True)))
        others = [
            (row, column[name])
            for row, (question, positive) in enumerate(mine)
            for name in question.passage_ids
            if name != positive and name in column
        ]
        return Batch(
            self._side(sides[0], self.towers[0]),
            self._side(sides[1], self.towers[1]),
            torch.tensor([column[positive] for _, positive in mine], dtype=torch.int64),
            torch.tensor(others, dtype=torch.int64).reshape(-1, 2),
            draw,
            self._lessons(sides),
        )

    def _side(self, texts: Sequence[str], tower: TextEncoder) -> Side | None:
        tokens = sum(len(t.ids) for t in map(self.cache.get, map(key, texts)) if t) if self.cache else 0
        mine = self.world.share(texts)
        if not mine:
            return None
        taught = [self.cache.get(key(text)) for text in mine] if self.cache else [None] * len(mine)
        rows = [t.ids.tolist() if t else row for t, row in zip(taught, tower.tokenise(mine), strict=True)]
        ids, mask = pad(rows, tower.tokenizer.pad_token_id)
        known = torch.tensor([t is not None for t in taught])
        if not tokens:
            return Side(ids, mask, known, None, 0)
        states = torch.zeros(*ids.shape, tower.dimension)
        for i, t in enumerate(taught):
            if t is not None:
                states[i, : len(t.ids)] = torch.from_numpy(t.states.astype(np.float32) - self.state_mean)
        return Side(ids, mask, known, states, tokens)

    def _lessons(self, sides: tuple[Sequence[str], Sequence[str]]) -> tuple[Lesson, Lesson] | None:
        if not self.cache or any(mean is None for mean in self.means):
            return None
        lessons = []
        for texts, mean in zip(sides, self.means, strict=True):
            taught = [(i, self.cache[key(text)].vector) for i, text in enumerate(texts) if key(text) in self.cache]
            if len(taught) < 2:
                return None
            vectors = torch.from_numpy(np.stack([vector - mean for _, vector in taught]))
            rows = torch.tensor([i for i, _ in taught])
            lessons.append(Lesson(rows, torch.nn.functional.normalize(vectors, dim=-1)))
        return lessons[0], lessons[1]


def check_cache(cache: Mapping[str, Taught], towers: tuple[TextEncoder, TextEncoder]) -> None:
    """Raises RagError where the teacher's tokens or states are not of the towers' kind."""
    some = next(iter(cache.values()))
    highest = max(int(t.ids.max()) for t in cache.values())
    for tower in towers:
        if some.states.shape[1] != tower.dimension or highest >= tower.model.config.vocab_size:
            raise RagError(
                f"--teacher_cache holds {some.states.shape[1]} wide states of another vocabulary or width than the "
                f"tower's {tower.dimension}; make it with the encoder that the tower was made from."
            )


def read_texts(paths: Sequence[str]) -> dict[str, str]:
    """Passage id -> what the context encoder reads (title and text)."""
    passages = [passage for path in paths for passage in read_passages(path)]
    return {p.id: p.full_text for p in passages}


def read_all_questions(paths: Sequence[str]) -> list[Question]:
    return [question for path in paths for question in read_questions(path)]


def read_negatives(path: str | None) -> dict[str, list[str]]:
    """{"question_id": …, "passage_ids": […]} a line, as training.mine_negatives writes it."""
    if not path:
        return {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise RagError(f"{path} cannot be read ({error.strerror}); make it with training.mine_negatives.") from None
    return dict(_negatives_of(raw, f"{path}, line {i}") for i, raw in enumerate(lines, 1))


def _negatives_of(raw: str, where: str) -> tuple[str, list[str]]:
    try:
        row = json.loads(raw)
        return row["question_id"], list(row["passage_ids"])
    except (ValueError, KeyError, TypeError):
        raise RagError(f"{where}: question_id and passage_ids are needed, as training.mine_negatives writes.") from None
