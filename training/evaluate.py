"""Measure a checkpoint on any passages and questions.

    python -m training.evaluate --checkpoint base --passages P.jsonl --questions Q.jsonl [--retriever dense] --json

    python -m training.evaluate --checkpoint base --mteb CmedqaRetrieval

Retrieval: recall@1/5/20 and MRR@10 of dense, BM25 and hybrid on the same index, for all questions and for those whose
passage had no training question; recall@k as a curve; recall@5 by register and by department. Answers (--answers N):
character F1, ROUGE-L and BLEU-4 against the references, grounded and free, beside the first clauses of the top passage
and the clauses that BM25 likes best. --mteb runs a task of the mteb package, where it is installed and a hub is reached.

Memory: the vectors (4 bytes a dimension and passage), BM25's postings and the texts."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from rag_demo import checkpoint
from rag_demo.corpus import Question, fingerprint, read_passages, read_questions
from rag_demo.encoder import TextEncoder
from rag_demo.engine import RagEngine
from rag_demo.files import write_json
from rag_demo.metrics import first_rank, mrr, recall
from rag_demo.types import Passage, RagError, RetrieverKind
from training.answer_figures import answer_figures
from training.cli import run, say
from training.mteb_task import run_mteb

DEPTH = 100
CUTS = (1, 5, 20)
CURVE = (1, 2, 3, 5, 10, 20, 50, 100)
ZERO_SHOT = "zero-shot multilingual-e5-small"


@dataclass
class Args:
    checkpoint: str = field(metadata={"help": "Preset name or checkpoint folder."})
    questions: str | None = field(
        default=None, metadata={"help": "Questions with passage_ids (and answers, register), JSONL."}
    )
    passages: str | None = field(default=None, metadata={"help": "Passages to search (default: the checkpoint's)."})
    retriever: str = field(default="all", metadata={"help": "dense, bm25, hybrid or all."})
    train: str | None = field(default=None, metadata={"help": "Training questions: their passages count as seen."})
    zero_shot: str | None = field(default=None, metadata={"help": "A multilingual-e5 folder to compare with."})
    answers: int = field(default=0, metadata={"help": "Questions to answer for the generation figures."})
    top_k: int = field(default=5, metadata={"help": "Passages an answer is made from."})
    mteb: str | None = field(default=None, metadata={"help": "A task of the mteb package to run: CmedqaRetrieval."})
    out: str | None = field(default=None, metadata={"help": "Also write the result to this JSON file."})
    card: bool = field(default=False, metadata={"help": "Also write the result into the checkpoint's rag.json."})
    json: bool = field(default=False, metadata={"help": "Print JSON (always done; kept for scripts)."})


def ranks_of(questions: Sequence[Question], ranked: Callable[[str], list[str]]) -> np.ndarray:
    """0-based rank of the first relevant passage of each question, DEPTH where it is not among the first DEPTH."""
    return np.array([first_rank(ranked(q.question), q.passage_ids, DEPTH) for q in questions])


def figures(ranks: np.ndarray) -> dict[str, float]:
    return {**{f"recall@{k}": round(recall(ranks, k), 4) for k in CUTS}, "mrr@10": round(mrr(ranks), 4)}


def by_group(ranks: np.ndarray, groups: Sequence[str]) -> dict[str, dict[str, float]]:
    """recall@5 of each group's questions, the groups in the order they first appear; "" is left out."""
    names = np.array(groups)
    return {
        name: {"questions": int((names == name).sum()), "recall@5": round(recall(ranks[names == name], 5), 4)}
        for name in dict.fromkeys(groups)
        if name
    }


def registers_of(path: str) -> dict[str, str]:
    """Question id -> its register, of a JSONL file; empty where the file says nothing of it."""
    if not path.endswith(".jsonl"):
        return {}
    rows = (json.loads(line) for line in Path(path).read_text(encoding="utf-8-sig").splitlines() if line.strip())
    return {str(row["id"]): str(row.get("register") or "") for row in rows}


def retrieval(engine: RagEngine, questions: Sequence[Question], seen: set[str], args: Args) -> dict:
    kinds = list(RetrieverKind) if args.retriever == "all" else [retriever_kind(args.retriever)]
    rankers = {str(kind): lambda q, kind=kind: engine.retriever.ranked(q, DEPTH, kind) for kind in kinds}
    if kinds != [RetrieverKind.DENSE]:
        say(f"BM25 over {len(engine.index)} passages")
        engine.retriever.bm25  # noqa: B018  built here, so that no question's time pays for it
    sizes = {RetrieverKind.DENSE: sum(engine.parameters[part] for part in ("question_encoder", "context_encoder"))}
    if args.zero_shot:
        rankers[ZERO_SHOT], sizes[ZERO_SHOT] = zero_shot(args.zero_shot, engine.index.passages)
    unseen = np.array([not seen & set(q.passage_ids) for q in questions])
    position, registers = engine.index.position, registers_of(args.questions)
    departments = [engine.index.passages[position[q.passage_ids[0]]].department for q in questions]
    found = {}
    for name, ranked in rankers.items():
        began = time.perf_counter()
        ranks = ranks_of(tqdm(questions, desc=name, leave=False), ranked)
        found[name] = {"all": figures(ranks)}
        if seen and unseen.any():
            found[name]["unseen passages"] = figures(ranks[unseen])
        found[name] |= {
            "curve": {str(k): round(recall(ranks, k), 4) for k in CURVE},
            "by register": by_group(ranks, [registers.get(q.id, "") for q in questions]),
            "by department": by_group(ranks, departments),
            "seconds a question": round((time.perf_counter() - began) / len(questions), 5),
            **({"parameters": sizes[name]} if name in sizes else {}),
        }
    return found


def retriever_kind(name: str) -> RetrieverKind:
    if name not in list(RetrieverKind):
        raise RagError(f"--retriever must be {', '.join(RetrieverKind)} or all, not {name!r}.")
    return RetrieverKind(name)


def zero_shot(folder: str, passages: Sequence[Passage]) -> tuple[Callable[[str], list[str]], int]:
    """A ranker by a multilingual-e5 as published (mean pooling, its prefixes, cosine), and its parameters."""
    from rag_demo.encoder import EncoderSettings

    context = TextEncoder.load(folder, EncoderSettings(prefix="passage: "))
    question = TextEncoder(context.model, context.tokenizer, EncoderSettings(prefix="query: "))
    with tqdm(total=len(passages), desc="zero-shot passages", leave=False) as bar:
        vectors = context.encode([p.full_text for p in passages], lambda done, _: bar.update(done - bar.n))
    size = sum(p.numel() for p in context.parameters())
    return lambda text: [passages[i].id for i in np.argsort(-(vectors @ question.encode([text])[0]))[:DEPTH]], size


def with_passages(engine: RagEngine, path: str | None) -> RagEngine:
    """The engine over the passages of a file, or as it is where it holds the same ones already."""
    if not path:
        return engine
    passages = read_passages(path)
    if fingerprint(passages) == engine.index.corpus:
        return engine
    with tqdm(total=len(passages), desc="passages") as bar:
        return engine.with_passages(passages, lambda done, _: bar.update(done - bar.n))


def main(args: Args) -> dict:
    if not args.questions and not args.mteb:
        raise RagError("Nothing to measure: give --questions, or a task of the mteb package with --mteb.")
    folder = checkpoint.checkpoint_folder(args.checkpoint)
    began = time.perf_counter()
    engine = RagEngine.load(folder)
    result = {"checkpoint": engine.name, "parameters": engine.parameters, "seconds": {}}
    result["seconds"]["load"] = round(time.perf_counter() - began, 2)
    if args.mteb:
        result["mteb"] = {args.mteb: run_mteb(engine, args.mteb)}
    if args.questions:
        result |= on_questions(engine, args, result["seconds"])
    if args.out:
        write_json(Path(args.out), result)
    if args.card:
        card = checkpoint.read_card(folder)
        name = Path(args.questions or args.mteb).stem
        checkpoint.write_card(folder, replace(card, metrics={**card.metrics, name: json.loads(json.dumps(result))}))
    return result


def on_questions(engine: RagEngine, args: Args, seconds: dict[str, float]) -> dict:
    """Retrieval and answers on --questions; what the parts took is added to `seconds`."""
    began = time.perf_counter()
    engine = with_passages(engine, args.passages)
    seconds["passages"] = round(time.perf_counter() - began, 2)
    questions = [q for q in read_questions(args.questions) if q.passage_ids]
    if not questions:
        raise RagError(f"{args.questions} names no passages; retrieval is measured on questions with passage_ids.")
    missing = next((p for q in questions for p in q.passage_ids if p not in engine.index.position), None)
    if missing:
        raise RagError(f"{args.questions} names passage {missing!r}, which is not among the passages searched.")
    seen = {p for q in read_questions(args.train) for p in q.passage_ids} if args.train else set()
    began = time.perf_counter()
    found = {
        "passages": len(engine.index),
        "questions": len(questions),
        "retrieval": retrieval(engine, questions, seen, args),
    }
    seconds["retrieval"] = round(time.perf_counter() - began, 2)
    if args.answers:
        began = time.perf_counter()
        found["answers"] = answer_figures(engine, questions, args.answers, args.top_k)
        seconds["answers"] = round(time.perf_counter() - began, 2)
    return found


if __name__ == "__main__":
    run(main, Args, __doc__)
