"""Hard negatives for each question: passages that BM25 ranks high and that do not answer it.

    python -m training.mine_negatives --questions train.jsonl --passages passages.jsonl --out negatives.jsonl

False negatives are kept out: the passages a question names, those that rank above the positive by more than
`margin` times its score, and those that hold the answer."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from rag_demo.corpus import Question, read_passages
from rag_demo.files import write_bytes
from rag_demo.lexical import Bm25Index
from rag_demo.text import split_clauses
from rag_demo.types import Passage
from training.cli import run
from training.dpr_data import read_all_questions


@dataclass
class Args:
    questions: list[str] = field(metadata={"help": "Training questions, JSONL."})
    passages: list[str] = field(metadata={"help": "Passages, JSONL."})
    out: str = field(metadata={"help": 'Writes {"question_id", "passage_ids"} a line, best first.'})
    depth: int = field(default=30, metadata={"help": "BM25 ranks looked at."})
    keep: int = field(default=10, metadata={"help": "Negatives kept for a question."})
    margin: float = field(default=1.3, metadata={"help": "Above this times the positive's score a passage is dropped."})


def negatives(question: Question, scores: np.ndarray, passages: list[Passage], position: dict[str, int], args: Args):
    """Ids of the best ranked passages that do not answer the question."""
    positive = max(scores[position[name]] for name in question.passage_ids)
    limit = max(positive, 1e-6) * args.margin
    clauses = [clause.text for clause in split_clauses(question.answer)]
    found = []
    for i in np.argsort(-scores)[: args.depth]:
        passage = passages[i]
        if scores[i] <= 0 or len(found) == args.keep:
            break
        answers = passage.id in question.passage_ids or any(clause in passage.text for clause in clauses)
        if not answers and scores[i] <= limit:
            found.append(passage.id)
    return found


def main(args: Args) -> dict:
    passages = [passage for path in args.passages for passage in read_passages(path)]
    position = {passage.id: i for i, passage in enumerate(passages)}
    index = Bm25Index(passages)
    lines, total = [], 0
    for question in tqdm([q for q in read_all_questions(args.questions) if q.passage_ids], desc="mine"):
        ids = negatives(question, index.scores(question.question), passages, position, args)
        total += len(ids)
        lines.append(json.dumps({"question_id": question.id, "passage_ids": ids}) + "\n")
    write_bytes(Path(args.out), "".join(lines).encode())
    return {"questions": len(lines), "negatives a question": round(total / max(1, len(lines)), 2)}


if __name__ == "__main__":
    run(main, Args, __doc__)
