"""Measure a checkpoint on any passages and questions.

    python -m training.evaluate --checkpoint base --passages P.jsonl --questions Q.jsonl [--retriever dense] --json

Retrieval: recall@1/5/20 and MRR@10 of dense, BM25 and hybrid on the same index, for all questions and for those whose
passage had no training question. Answers (--answers N): character F1 and ROUGE-L against the references, grounded and
free, beside the first clause of the top passage and its clause that BM25 likes best."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean

import numpy as np
from tqdm import tqdm

from rag_demo import checkpoint
from rag_demo.corpus import Question, fingerprint, read_passages, read_questions
from rag_demo.encoder import TextEncoder
from rag_demo.engine import RagEngine
from rag_demo.files import write_json
from rag_demo.lexical import Bm25Index
from rag_demo.text import split_clauses
from rag_demo.types import Passage, RagError, RetrieverKind
from training.cli import run
from training.metrics import character_f1, mrr, recall, rouge_l

DEPTH = 100
CUTS = (1, 5, 20)


@dataclass
class Args:
    checkpoint: str = field(metadata={"help": "Preset name or checkpoint folder."})
    questions: str = field(metadata={"help": "Questions with passage_ids (and answers), JSONL."})
    passages: str | None = field(default=None, metadata={"help": "Passages to search (default: the checkpoint's)."})
    retriever: str = field(default="all", metadata={"help": "dense, bm25, hybrid or all."})
    train: str | None = field(default=None, metadata={"help": "Training questions: their passages count as seen."})
    zero_shot: str | None = field(default=None, metadata={"help": "A multilingual-e5 folder to compare with."})
    answers: int = field(default=0, metadata={"help": "Questions to answer for the generation figures."})
    top_k: int = field(default=5, metadata={"help": "Passages an answer is made from."})
    out: str | None = field(default=None, metadata={"help": "Also write the result to this JSON file."})
    card: bool = field(default=False, metadata={"help": "Also write the result into the checkpoint's rag.json."})
    json: bool = field(default=False, metadata={"help": "Print JSON (always done; kept for scripts)."})


def ranks_of(questions: Sequence[Question], ranked: Callable[[str], list[str]]) -> np.ndarray:
    """0-based rank of the first relevant passage of each question, DEPTH where it is not among the first DEPTH."""
    ranks = []
    for question in questions:
        found = ranked(question.question)
        places = [found.index(name) for name in question.passage_ids if name in found]
        ranks.append(min(places, default=DEPTH))
    return np.array(ranks)


def figures(ranks: np.ndarray) -> dict[str, float]:
    return {**{f"recall@{k}": round(recall(ranks, k), 4) for k in CUTS}, "mrr@10": round(mrr(ranks), 4)}


def retrieval(engine: RagEngine, questions: Sequence[Question], seen: set[str], args: Args) -> dict:
    kinds = list(RetrieverKind) if args.retriever == "all" else [RetrieverKind(args.retriever)]
    rankers = {str(kind): lambda q, kind=kind: engine.retriever.ranked(q, DEPTH, kind) for kind in kinds}
    if args.zero_shot:
        rankers["zero-shot multilingual-e5-small"] = zero_shot(args.zero_shot, engine.index.passages)
    unseen = np.array([not seen & set(q.passage_ids) for q in questions])
    found = {}
    for name, ranked in rankers.items():
        ranks = ranks_of(tqdm(questions, desc=name, leave=False), ranked)
        found[name] = {"all": figures(ranks)}
        if seen and unseen.any():
            found[name]["unseen passages"] = figures(ranks[unseen])
    return found


def zero_shot(folder: str, passages: Sequence[Passage]) -> Callable[[str], list[str]]:
    """Rank by a multilingual-e5 as published: mean pooling, its prefixes, cosine."""
    from rag_demo.encoder import EncoderSettings

    context = TextEncoder.load(folder, EncoderSettings(prefix="passage: "))
    question = TextEncoder(context.model, context.tokenizer, EncoderSettings(prefix="query: "))
    with tqdm(total=len(passages), desc="zero-shot passages", leave=False) as bar:
        vectors = context.encode([p.full_text for p in passages], lambda done, _: bar.update(done - bar.n))
    return lambda text: [passages[i].id for i in np.argsort(-(vectors @ question.encode([text])[0]))[:DEPTH]]


def generation(engine: RagEngine, questions: Sequence[Question], args: Args) -> dict:
    """Mean character F1 and ROUGE-L of each way to answer, over the same questions."""
    chosen = questions[:: max(1, len(questions) // args.answers)][: args.answers]
    scores: dict[str, list[tuple[float, float]]] = {}
    gold = []
    began, tokens = time.perf_counter(), 0
    for question in tqdm(chosen, desc="answers", leave=False):
        texts = {}
        for mode in ("grounded", "free"):
            answer = engine.ungated(question.question[:500], top_k=args.top_k, answer_mode=mode)
            texts[mode] = answer.text
            tokens += len(answer.tokens)
            if mode == "grounded":
                gold.append([answer.hits[c.hit].passage.id in question.passage_ids for c in answer.citations])
        top = answer.hits[0].passage
        texts["first clause of the top passage"] = split_clauses(top.text)[0].text
        texts["best BM25 clause of the top passages"] = best_clause(
            question.question, [hit.passage for hit in answer.hits]
        )
        for name, text in texts.items():
            pair = (character_f1(text, question.answer), rouge_l(text, question.answer))
            scores.setdefault(name, []).append(pair)
    return {
        "questions": len(chosen),
        **{
            name: {"character F1": round(mean(f for f, _ in pairs), 4), "ROUGE-L": round(mean(r for _, r in pairs), 4)}
            for name, pairs in scores.items()
        },
        "clauses from a gold passage": round(mean(mean(row) for row in gold if row), 4),
        "seconds a token": round((time.perf_counter() - began) / tokens, 4),
    }


def best_clause(question: str, passages: Sequence[Passage]) -> str:
    clauses = [Passage(str(i), "", c.text) for i, c in enumerate(c for p in passages for c in split_clauses(p.text))]
    return clauses[int(Bm25Index(clauses).scores(question).argmax())].text


def main(args: Args) -> dict:
    folder = checkpoint.checkpoint_folder(args.checkpoint)
    engine = RagEngine.load(folder)
    if args.passages:
        passages = read_passages(args.passages)
        if fingerprint(passages) != fingerprint(engine.index.passages):
            with tqdm(total=len(passages), desc="passages") as bar:
                engine = engine.with_passages(passages, lambda done, _: bar.update(done - bar.n))
    questions = [q for q in read_questions(args.questions) if q.passage_ids]
    missing = next((p for q in questions for p in q.passage_ids if p not in engine.index.position), None)
    if missing:
        raise RagError(f"{args.questions} names passage {missing!r}, which is not among the passages searched.")
    seen = {p for q in read_questions(args.train) for p in q.passage_ids} if args.train else set()
    result = {
        "checkpoint": engine.name,
        "passages": len(engine.index),
        "questions": len(questions),
        "retrieval": retrieval(engine, questions, seen, args),
    }
    if args.answers:
        result["answers"] = generation(engine, questions, args)
    if args.out:
        write_json(Path(args.out), result)
    if args.card:
        card = checkpoint.read_card(folder)
        name = Path(args.questions).stem
        checkpoint.write_card(folder, replace(card, metrics={**card.metrics, name: json.loads(json.dumps(result))}))
    return result


if __name__ == "__main__":
    run(main, Args, __doc__)
