"""Weak labels for the generator: the clauses of a pair's passage that a teacher encoder finds nearest to its question.

    python -m training.pick_clauses --tokenizer runs/teacher --teacher_cache DIR --questions train.jsonl \\
        --passages passages.jsonl --out picked.jsonl

A consultation's answer rarely says which of its sentences answers the question. The teacher's token states, averaged
over each clause and centred, are compared with the question's vector; the best clause becomes the answer."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from rag_demo.corpus import write_jsonl
from rag_demo.pretrained import load_tokenizer
from rag_demo.text import split_clauses
from training.cli import run, say
from training.dpr_data import read_all_questions, read_texts
from training.teacher import Taught, key, read_cache

CLAUSE_CHARACTERS = range(8, 81)
MIN_CLAUSES = 2


@dataclass
class Args:
    tokenizer: str = field(metadata={"help": "Folder of the tokenizer that the cache was made with."})
    teacher_cache: str = field(metadata={"help": "Folder of training.teacher."})
    questions: list[str] = field(metadata={"help": "Questions, JSONL."})
    passages: list[str] = field(metadata={"help": "Their passages, JSONL."})
    out: str = field(metadata={"help": "Questions with the chosen clause as their answer, JSONL."})


def clause_vectors(tokenizer, text: str, taught: Taught, mean: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """(clause, centred mean of its token states) of the clauses within the cached tokens."""
    offsets = tokenizer(text, return_offsets_mapping=True).offset_mapping[: len(taught.ids)]
    found = []
    for clause in split_clauses(text):
        rows = [
            i for i, (start, end) in enumerate(offsets) if start >= clause.start and end <= clause.end and end > start
        ]
        if rows and offsets[rows[-1]][1] == clause.end and len(clause.text) in CLAUSE_CHARACTERS:
            found.append((clause.text, taught.states[rows].astype(np.float32).mean(0) - mean))
    return found


def main(args: Args) -> None:
    tokenizer, cache = load_tokenizer(args.tokenizer), read_cache(args.teacher_cache)
    texts, questions = read_texts(args.passages), read_all_questions(args.questions)
    sample = list(cache.values())[:: max(1, len(cache) // 2000)]
    mean = np.concatenate([t.states for t in sample]).astype(np.float32).mean(0)
    question_mean = np.mean([cache[key(q.question)].vector for q in questions if key(q.question) in cache], axis=0)
    picked = []
    for question in questions:
        text = texts[question.passage_ids[0]]
        if key(text) not in cache or key(question.question) not in cache:
            continue
        clauses = clause_vectors(tokenizer, text, cache[key(text)], mean)
        if len(clauses) < MIN_CLAUSES:
            continue
        direction = cache[key(question.question)].vector - question_mean
        best = max(clauses, key=lambda pair: float(pair[1] @ direction / np.linalg.norm(pair[1])))
        picked.append(replace(question, answer=best[0]))
    write_jsonl(Path(args.out), picked)
    say(f"{len(picked)} of {len(questions)} questions have at least {MIN_CLAUSES} clauses to choose from")


if __name__ == "__main__":
    run(main, Args, __doc__)
