"""Examples for the generator: input tokens of (question, passage) and target tokens of the answer."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from rag_demo.corpus import Question
from rag_demo.prompt import Lengths, build_input, encode_answer
from rag_demo.tensors import pad
from rag_demo.text import split_clauses
from rag_demo.types import Passage


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
    """Questions with a passage and an answer, as (input ids, target ids)."""

    def __init__(
        self,
        questions: Sequence[Question],
        passages: dict[str, Passage],
        tokenizer,
        lengths: Lengths,
        crop_share: float = 0.0,
        crop_keep: int = 4,
    ) -> None:
        self.questions = [q for q in questions if q.passage_ids and q.answer]
        self.passages, self.tokenizer, self.lengths = passages, tokenizer, lengths
        self.crop_share, self.crop_keep = crop_share, crop_keep

    def example(self, question: Question, rng: random.Random) -> tuple[list[int], list[int]]:
        """Input and target tokens."""
        passage = self.passages[rng.choice(question.passage_ids)]
        if rng.random() < self.crop_share:
            passage = crop(passage, question.answer, rng, rng.randint(1, self.crop_keep))
        return (
            build_input(self.tokenizer, question.question, passage, self.lengths),
            encode_answer(self.tokenizer, question.answer, self.lengths.answer),
        )

    def batches(self, seed: int, tokens: int, shuffle: bool = True) -> Iterator[tuple[torch.Tensor, ...]]:
        """input_ids (B, L), mask (B, L), labels (B, T) with -100; at most `tokens` padded input tokens a batch."""
        rng = random.Random(seed)
        order = rng.sample(self.questions, len(self.questions)) if shuffle else self.questions
        for start in range(0, len(order), 512):
            examples = [self.example(q, rng) for q in order[start : start + 512]]
            examples.sort(key=lambda pair: len(pair[0]))
            batches, batch = [], []
            for pair in examples:
                if batch and (len(batch) + 1) * len(pair[0]) > tokens:
                    batches.append(batch)
                    batch = []
                batch.append(pair)
            batches.append(batch)
            if shuffle:
                rng.shuffle(batches)
            for batch in batches:
                yield collate(batch, self.tokenizer.pad_token_id)


def collate(batch: Sequence[tuple[list[int], list[int]]], pad_id: int) -> tuple[torch.Tensor, ...]:
    ids, mask = pad([source for source, _ in batch], pad_id)
    labels, present = pad([target for _, target in batch], 0)
    return ids, mask, labels.masked_fill(present == 0, -100)
