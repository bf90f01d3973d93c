"""The one place where question + passage becomes generator input, and an answer becomes target tokens.

Input:   question <eos> title <eos> clauses of the passage <eos>            Target:   answer <eos>

Among the clauses, <cls> stands before the one that shares most characters and bigrams with the question, weighted by how
rare they are among the passage's clauses: a highlighter's stroke, which the generator learns how far to trust.

Passages and answers are tokenised clause by clause. So a clause has the same tokens in a passage, in an answer
and in the trie of grounded decoding, and copying one is copying one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log

import torch

from rag_demo.tensors import pad
from rag_demo.text import split_clauses
from rag_demo.types import Passage

PROMPT_VERSION = 2


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens. A longer question keeps its beginning and its end, where people put what they ask."""

    question: int = 64
    input: int = 320
    answer: int = 96


def encode_text(tokenizer, text: str) -> list[int]:
    """Token ids of a text, clause by clause, without special tokens."""
    clauses = [clause.text for clause in split_clauses(text)] or [text]
    return [token for clause in clauses for token in encode_clause(tokenizer, clause)]


def encode_clause(tokenizer, clause: str) -> tuple[int, ...]:
    """Token ids of one clause, without the word-start mark ▁ that SentencePiece puts before it. Cached."""
    return _encode_cached(_Key(tokenizer), clause)


class _Key:
    """Makes a tokenizer hashable by identity for the cache (their own hash walks the vocabulary)."""

    __slots__ = ("tokenizer",)

    def __init__(self, tokenizer) -> None:
        self.tokenizer = tokenizer

    def __hash__(self) -> int:
        return id(self.tokenizer)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.tokenizer is other.tokenizer


@lru_cache(maxsize=65536)
def _encode_cached(key: _Key, clause: str) -> tuple[int, ...]:
    ids = key.tokenizer(clause, add_special_tokens=False).input_ids
    if len(ids) > 1 and key.tokenizer.convert_ids_to_tokens(ids[0]) == "▁":
        ids = ids[1:]
    return tuple(ids)


def clause_surfaces(tokenizer, clause: str) -> tuple[str, ...]:
    """The piece of `clause` that each token of `encode_clause` stands for; joined, they are the clause."""
    ends = [end for _, end in tokenizer(clause, add_special_tokens=False, return_offsets_mapping=True).offset_mapping]
    ends = ends[len(ends) - len(encode_clause(tokenizer, clause)) :]
    starts = [0, *ends[:-1]]
    return tuple(clause[start:end] for start, end in zip(starts, [*ends[:-1], len(clause)], strict=True))


def encode_question(tokenizer, question: str, limit: int) -> list[int]:
    ids = encode_text(tokenizer, question)
    return ids if len(ids) <= limit else ids[: limit // 3] + ids[len(ids) - (limit - limit // 3) :]


def eos_of(tokenizer) -> int:
    """The end of sequence; BERT's tokenizer, which Chinese BART uses, calls it [SEP]."""
    return tokenizer.eos_token_id if tokenizer.eos_token_id is not None else tokenizer.sep_token_id


def encode_passage(tokenizer, question: str, text: str) -> list[int]:
    """Token ids of the passage's clauses, the mark before the one nearest to the question."""
    clauses = [clause.text for clause in split_clauses(text)] or [text]
    nearest = nearest_clause(question, clauses)
    mark = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else eos_of(tokenizer)
    ids: list[int] = []
    for i, clause in enumerate(clauses):
        ids += [mark] * (i == nearest)
        ids += encode_clause(tokenizer, clause)
    return ids


def nearest_clause(question: str, clauses: Sequence[str]) -> int:
    """Index of the clause with the largest Σ log(1 + n/df) over the characters (half) and bigrams it shares with the
    question, over 20 + its length; df: of the n clauses, those that hold it."""
    asked = _grams(question)
    grams = [_grams(clause) for clause in clauses]
    df = Counter(gram for found in grams for gram in found)
    scores = [
        sum(log(1 + len(clauses) / df[gram]) * (1.0 if len(gram) == 2 else 0.5) for gram in asked & found)
        / (20 + len(clause))
        for clause, found in zip(clauses, grams, strict=True)
    ]
    return scores.index(max(scores))


def _grams(text: str) -> set[str]:
    """The characters and bigrams of a text, marks left out."""
    letters = [c for c in text.lower() if c.isalnum()]
    return {*letters, *(a + b for a, b in pairwise(letters))}


def build_input(tokenizer, question: str, passage: Passage, lengths: Lengths) -> list[int]:
    """Token ids of one (question, passage) pair, at most lengths.input; the passage is cut at its end."""
    eos = eos_of(tokenizer)
    ids = [*encode_question(tokenizer, question, lengths.question), eos]
    ids += [*encode_text(tokenizer, passage.title), eos] if passage.title else []
    ids += encode_passage(tokenizer, question, passage.text)
    return [*ids[: lengths.input - 1], eos]


def build_inputs(
    tokenizer, question: str, passages: Sequence[Passage], lengths: Lengths
) -> tuple[torch.Tensor, torch.Tensor]:
    """-> input_ids (k, L) and attention_mask (k, L), int64, for the k passages of one question."""
    return pad([build_input(tokenizer, question, p, lengths) for p in passages], tokenizer.pad_token_id)


def encode_answer(tokenizer, answer: str, limit: int | None = None) -> list[int]:
    """Target tokens, <eos> included, at most `limit`."""
    ids = encode_text(tokenizer, answer)
    return [*(ids if limit is None else ids[: limit - 1]), eos_of(tokenizer)]
