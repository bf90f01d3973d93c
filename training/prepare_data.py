"""Question-answer pairs to passages and questions, split into train and test.

    python -m training.prepare_data --files ../pairs/*.jsonl.gz --out runs/data

Where a pair has no passage, its answer is its own passage. Every question whose hash falls in a tenth is kept out
of training; pairs that share their answer follow the first of them, so that no passage crosses the split."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rag_demo.corpus import Question, write_jsonl
from rag_demo.text import normalise_question
from rag_demo.types import Passage, QuestionError, RagError
from training.cli import run

MAX_PASSAGE = 600


@dataclass
class Args:
    files: list[str] = field(metadata={"help": "JSONL files (.gz too) with question, answer and perhaps context."})
    out: str = field(metadata={"help": "Folder for passages, train and test questions."})
    test_tenths: int = field(default=1, metadata={"help": "Tenths of the questions kept out of training."})


def read_pairs(paths: list[str]) -> Iterator[tuple[str, str, str]]:
    """(question, answer, context) of each line."""
    for path in paths:
        opener = gzip.open if path.endswith(".gz") else open
        try:
            with opener(path, "rt", encoding="utf-8") as file:
                for line, raw in enumerate(file, 1):
                    row = json.loads(raw)
                    if not isinstance(row, dict) or not row.get("question") or not row.get("answer"):
                        raise RagError(f"{path}, line {line}: an object with question and answer is needed.")
                    yield row["question"], row["answer"], row.get("context") or ""
        except (OSError, ValueError) as error:
            raise RagError(f"{path} cannot be read as JSONL ({error}).") from None


def main(args: Args) -> dict:
    passages: dict[str, Passage] = {}
    splits: dict[str, str] = {}
    questions: dict[str, list[Question]] = {"train": [], "test": []}
    seen: set[str] = set()
    for raw_question, raw_answer, context in read_pairs(args.files):
        try:
            question = normalise_question(raw_question[:500])
        except QuestionError:
            continue
        text = (context or raw_answer).strip()[:MAX_PASSAGE]
        if question in seen or not text:
            continue
        seen.add(question)
        digest = int(hashlib.sha256(raw_question.encode()).hexdigest(), 16)
        split = splits.setdefault(text, "test" if digest % 10 < args.test_tenths else "train")
        passage = passages.setdefault(text, Passage(f"d{len(passages):06d}", "", text))
        questions[split].append(Question(f"c{len(seen):06d}", question, raw_answer.strip(), (passage.id,)))
    out = Path(args.out)
    write_jsonl(out / "passages.jsonl", passages.values())
    for split, rows in questions.items():
        write_jsonl(out / f"{split}.jsonl", rows)
    return {"passages": len(passages), **{split: len(rows) for split, rows in questions.items()}}


if __name__ == "__main__":
    run(main, Args, __doc__)
