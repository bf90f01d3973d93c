"""Examples for the generator: input tokens of (question, passage) and target tokens of the answer."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count

import torch

from rag_demo.corpus import Question
from rag_demo.prompt import Lengths, build_input, encode_answer
from rag_demo.tensors import pad
from rag_demo.text import split_clauses
from rag_demo.types import Passage, RagError

POOL = 512  # questions sorted by length together

Example = tuple[list[int], list[int]]  # input ids, target ids


def crop(passage: Passage, answer: str, rng: random.Random, keep: int) -> Passage:
    """The answer's clauses and up to `keep` others, shuffled: short, and no clause is right for where it stands."""
    wanted = {clause.text for clause in split_clauses(answer)}
    clauses = [clause.text for clause in split_clauses(passage.text)]
    needed = [c for c in clauses if c in wanted]
    others = [c for c in clauses if c not in wanted]
    chosen = needed + rng.sample(others, min(keep, len(others)))
    rng.shuffle(chosen)
    return replace(passage, text="".join(chosen))


class Examples:
    """Questions with a passage and an answer, as (input ids, target ids).

    crop_share of the passages are cut to the answer and up to crop_keep other clauses. retrieved: question id -> ids of
    passages that were retrieved for it; they stand in for the question's own with probability retrieved_share.
    """

    def __init__(
        self,
        questions: Sequence[Question],
        passages: Mapping[str, Passage],
        tokenizer,
        lengths: Lengths,
        *,
        crop_share: float = 0.0,
        crop_keep: int = 4,
        retrieved: Mapping[str, Sequence[str]] | None = None,
        retrieved_share: float = 0.0,
    ) -> None:
        self.questions = [q for q in questions if q.passage_ids and q.answer]
        if not self.questions:
            raise RagError("No question has both an answer and a passage; the generator learns from those.")
        missing = next((p for q in self.questions for p in q.passage_ids if p not in passages), None)
        if missing:
            raise RagError(f"A question names passage {missing!r}, which is not in the passages file.")
        self.passages, self.tokenizer, self.lengths = passages, tokenizer, lengths
        self.crop_share, self.crop_keep = crop_share, crop_keep
        self.retrieved, self.retrieved_share = retrieved or {}, retrieved_share

    def example(self, question: Question, rng: random.Random) -> Example:
        passage = self.passages[rng.choice(question.passage_ids)]
        found = [name for name in self.retrieved.get(question.id, ()) if name in self.passages]
        if found and rng.random() < self.retrieved_share:
            passage = self.passages[rng.choice(found)]
        elif rng.random() < self.crop_share:
            passage = crop(passage, question.answer, rng, rng.randint(1, self.crop_keep))
        return (
            build_input(self.tokenizer, question.question, passage, self.lengths),
            encode_answer(self.tokenizer, question.answer, self.lengths.answer),
        )

    def batches(self, seed: int, tokens: int, shuffle: bool = True) -> Iterator[list[Example]]:
        """One epoch, in batches of similar length and at most `tokens` padded input tokens."""
        rng = random.Random(seed)
        order = rng.sample(self.questions, len(self.questions)) if shuffle else self.questions
        for start in range(0, len(order), POOL):
            examples = sorted(
                (self.example(q, rng) for q in order[start : start + POOL]), key=lambda pair: len(pair[0])
            )
            batches, batch = [], []
            for pair in examples:
                if batch and (len(batch) + 1) * len(pair[0]) > tokens:
                    batches.append(batch)
                    batch = []
                batch.append(pair)
            batches.append(batch)
            if shuffle:
                rng.shuffle(batches)
            yield from batches

    def endless(self, seed: int, tokens: int) -> Iterator[list[Example]]:
        """Epoch after epoch, each in its own order."""
        for epoch in count():
            yield from self.batches(seed + epoch, tokens)


def collate(batch: Sequence[Example], pad_id: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """-> input_ids (B, L), mask (B, L), labels (B, T) with -100 where there is none."""
    ids, mask = pad([source for source, _ in batch], pad_id)
    labels, present = pad([target for _, target in batch], 0)
    return ids, mask, labels.masked_fill(present == 0, -100)
