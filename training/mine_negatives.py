"""Hard negatives for each question: passages that rank high and do not answer it.

    python -m training.mine_negatives --questions train.jsonl --passages passages.jsonl --out negatives.jsonl
    python -m training.mine_negatives … --towers runs/dpr      ranked by the last towers (Xiong et al. 2021, ANCE)

False negatives are kept out: the passages a question names, those that score above the positive (BM25: by more than
1.3 times its score), and those that hold a clause of the answer."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from rag_demo import checkpoint
from rag_demo.corpus import Question, read_passages
from rag_demo.encoder import TextEncoder
from rag_demo.files import write_bytes
from rag_demo.lexical import Bm25Index
from rag_demo.text import split_clauses
from rag_demo.types import Passage, RagError
from training.cli import run
from training.dpr_data import read_all_questions
from training.nearest import nearest
from training.world import World, encode, open_world, prepare

BM25_MARGIN, DENSE_MARGIN = 1.3, 1.0


@dataclass
class Args:
    questions: list[str] = field(metadata={"help": "Training questions, JSONL."})
    passages: list[str] = field(metadata={"help": "Passages, JSONL."})
    out: str = field(metadata={"help": 'Writes {"question_id", "passage_ids"} a line, best first.'})
    towers: str | None = field(
        default=None,
        metadata={
            "help": "Preset, or folder with both encoders, to rank by instead of BM25.",
            "aliases": ["--checkpoint"],
        },
    )
    depth: int = field(default=30, metadata={"help": "Ranks looked at."})
    keep: int = field(default=10, metadata={"help": "Negatives kept for a question."})
    margin: float | None = field(
        default=None, metadata={"help": "Above this times the positive's score a passage is dropped (1.3; dense 1)."}
    )
    filter: bool = field(default=True, metadata={"help": "Without: what is retrieved, answers included."})
    device: str = field(default="auto", metadata={"help": "auto, cpu, cuda or cuda:N."})


@dataclass(frozen=True, slots=True)
class Ranking:
    """One question's best passages: scores (k,) descending, positions (k,), and the score of its best positive."""

    scores: np.ndarray
    positions: np.ndarray
    positive: float


def bm25_rankings(questions: Sequence[Question], passages: Sequence[Passage], depth: int) -> Iterator[Ranking]:
    """Passages without a word in common are left out."""
    position = {passage.id: i for i, passage in enumerate(passages)}
    try:
        index = Bm25Index(passages)
    except ImportError as error:
        raise RagError(
            f"BM25 needs {error.name}: pip install bm25s jieba, or give --towers to rank by those."
        ) from None
    for question in questions:
        scores = index.scores(question.question)
        order = np.argsort(-scores, kind="stable")[:depth]
        order = order[scores[order] > 0]
        yield Ranking(scores[order], order, max(float(scores[position[name]]) for name in question.passage_ids))


def dense_rankings(
    questions: Sequence[Question], passages: Sequence[Passage], depth: int, folder: Path, world: World
) -> Iterator[Ranking]:
    """By inner product of the towers' vectors."""
    position = {passage.id: i for i, passage in enumerate(passages)}
    asked, told = (TextEncoder.load(folder / name) for name in ("question_encoder", "context_encoder"))
    for tower in (asked, told):
        prepare(tower.model, world)
    q = encode(asked, [question.question for question in questions], world).cpu().numpy()
    p = encode(told, [passage.full_text for passage in passages], world).cpu().numpy()
    for question, vector, scores, positions in zip(questions, q, *nearest(q, p, passages, depth), strict=True):
        positive = max(float(vector @ p[position[name]]) for name in question.passage_ids)
        yield Ranking(scores, positions, positive)


def negatives(question: Question, ranking: Ranking, passages: Sequence[Passage], margin: float) -> list[str]:
    """Ids of the ranked passages that do not answer the question, best first."""
    limit = ranking.positive + (margin - 1) * abs(ranking.positive) + 1e-6
    clauses = [clause.text for clause in split_clauses(question.answer)]
    found = []
    for score, place in zip(ranking.scores, ranking.positions, strict=True):
        passage = passages[place]
        answers = passage.id in question.passage_ids or any(clause in passage.text for clause in clauses)
        if not answers and score <= limit:
            found.append(passage.id)
    return found


def main(args: Args) -> dict:
    passages = [passage for path in args.passages for passage in read_passages(path)]
    known = {passage.id for passage in passages}
    questions = [q for q in read_all_questions(args.questions) if q.passage_ids]
    missing = next((name for q in questions for name in q.passage_ids if name not in known), None)
    if missing:
        raise RagError(f"A question names passage {missing!r}, which is not in --passages.")
    if args.towers:
        margin = args.margin or DENSE_MARGIN
        local = Path(args.towers)
        folder = local if (local / "question_encoder").exists() else checkpoint.checkpoint_folder(args.towers)
        with open_world(args.device) as world:
            rankings = list(dense_rankings(questions, passages, args.depth, folder, world))
    else:
        margin = args.margin or BM25_MARGIN
        rankings = bm25_rankings(questions, passages, args.depth)
    lines, total = [], 0
    for question, ranking in zip(questions, tqdm(rankings, total=len(questions), desc="mine"), strict=True):
        ids = (
            negatives(question, ranking, passages, margin)
            if args.filter
            else [passages[place].id for place in ranking.positions]
        )[: args.keep]
        total += len(ids)
        lines.append(json.dumps({"question_id": question.id, "passage_ids": ids}) + "\n")
    write_bytes(Path(args.out), "".join(lines).encode())
    return {"questions": len(lines), "negatives a question": round(total / max(1, len(lines)), 2)}


if __name__ == "__main__":
    run(main, Args, __doc__)
