"""Batches for the bi-encoder: questions, their positive and hard negative passages, and what a teacher says of them."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from rag_demo.corpus import Question, read_passages, read_questions
from rag_demo.encoder import TextEncoder
from rag_demo.tensors import pad
from rag_demo.types import RagError
from training.teacher import Taught, key

POOL = 64  # batches whose questions are sorted by length together


@dataclass(frozen=True, slots=True)
class Side:
    """One tower's half of a batch. taught: (B,) bool; states (B, L, D) and vectors (B, D), zero where not taught."""

    ids: torch.Tensor
    mask: torch.Tensor
    taught: torch.Tensor
    states: torch.Tensor | None
    vectors: torch.Tensor | None


@dataclass(frozen=True, slots=True)
class Batch:
    """positives (Q,): each question's column. ignore (Q, P): columns that answer the question too."""

    questions: Side
    passages: Side
    positives: torch.Tensor
    ignore: torch.Tensor


class Collator:
    """Turns question and passage texts into tensors; `cache` gives the teacher's view where it has one."""

    def __init__(self, question_encoder: TextEncoder, context_encoder: TextEncoder, cache: Mapping[str, Taught]):
        self.towers = (question_encoder, context_encoder)
        self.cache = cache
        if cache:
            sample = list(cache.values())[:: max(1, len(cache) // 2000)]
            self.state_mean = np.concatenate([t.states[:64] for t in sample]).astype(np.float32).mean(0)

    def side(self, texts: Sequence[str], tower: TextEncoder) -> Side:
        taught = [self.cache.get(key(text)) for text in texts]
        rows = tower.tokenise(texts)
        rows = [t.ids.tolist() if t is not None else row for t, row in zip(taught, rows, strict=True)]
        ids, mask = pad(rows, tower.tokenizer.pad_token_id)
        known = torch.tensor([t is not None for t in taught])
        if not known.any():
            return Side(ids, mask, known, None, None)
        states = torch.zeros(*ids.shape, tower.dimension)
        vectors = torch.zeros(len(texts), tower.dimension)
        for i, t in enumerate(taught):
            if t is not None:
                states[i, : len(t.ids)] = torch.from_numpy(t.states.astype(np.float32) - self.state_mean)
                vectors[i] = torch.from_numpy(t.vector)
        return Side(ids, mask, known, states, vectors)


class PairData:
    """Questions with positives; `negatives` maps a question id to passage ids, best first."""

    def __init__(
        self,
        questions: Sequence[Question],
        texts: Mapping[str, str],
        negatives: Mapping[str, Sequence[str]],
        batch: int,
        hard: int,
    ) -> None:
        self.questions = [q for q in questions if q.passage_ids]
        missing = next((p for q in self.questions for p in q.passage_ids if p not in texts), None)
        if missing:
            raise RagError(f"A question names passage {missing!r}, which is not in the passages file.")
        if len(self.questions) < 2:
            raise RagError("Fewer than two questions have passages; in-batch negatives need at least two.")
        self.texts, self.negatives = texts, negatives
        self.batch, self.hard = min(batch, len(self.questions)), hard

    def epoch(self, seed: int, collate: Collator) -> Iterator[Batch]:
        """Every question once, in batches of similar length; order fixed by `seed`."""
        for chosen in self.order(seed):
            yield self.collate(chosen, random.Random(f"{seed}-{chosen[0].id}"), collate)

    def order(self, seed: int) -> list[list[Question]]:
        rng = random.Random(seed)
        shuffled = rng.sample(self.questions, len(self.questions))
        batches = []
        for start in range(0, len(shuffled), POOL * self.batch):
            pool = sorted(shuffled[start : start + POOL * self.batch], key=lambda q: len(self.texts[q.passage_ids[0]]))
            batches += [pool[i : i + self.batch] for i in range(0, len(pool), self.batch)]
        batches = [batch for batch in batches if len(batch) > 1]
        rng.shuffle(batches)
        return batches

    def collate(self, chosen: Sequence[Question], rng: random.Random, collate: Collator) -> Batch:
        columns: dict[str, int] = {}
        positive_ids = [rng.choice(q.passage_ids) for q in chosen]
        for name in positive_ids:
            columns.setdefault(name, len(columns))
        for q in chosen:
            found = [n for n in self.negatives.get(q.id, ()) if n not in q.passage_ids]
            for name in rng.sample(found, min(self.hard, len(found))):
                columns.setdefault(name, len(columns))
        ignore = torch.zeros(len(chosen), len(columns), dtype=torch.bool)
        for row, (q, positive) in enumerate(zip(chosen, positive_ids, strict=True)):
            for name in q.passage_ids:
                if name != positive and name in columns:
                    ignore[row, columns[name]] = True
        question_encoder, context_encoder = collate.towers
        return Batch(
            collate.side([q.question for q in chosen], question_encoder),
            collate.side([self.texts[name] for name in columns], context_encoder),
            torch.tensor([columns[name] for name in positive_ids]),
            ignore,
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
    rows = map(json.loads, Path(path).read_text(encoding="utf-8").splitlines())
    return {row["question_id"]: row["passage_ids"] for row in rows}
