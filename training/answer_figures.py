"""How good answers are, beside what needs no generator: the first clauses of the top passage, and BM25's clauses."""

import time
from collections.abc import Sequence
from statistics import mean

import numpy as np
from tqdm import tqdm

from rag_demo.corpus import Question
from rag_demo.engine import RagEngine
from rag_demo.lexical import Bm25Index
from rag_demo.metrics import character_f1, rouge_l
from rag_demo.text import MAX_QUESTION_CHARACTERS, split_clauses
from rag_demo.types import Passage, RagError
from training.metrics import bleu_4

MODES = ("grounded", "free")


def first_clauses(passage: Passage, characters: float) -> list[str]:
    """The clauses a passage begins with, at least one, up to `characters` together."""
    return within([clause.text for clause in split_clauses(passage.text)] or [passage.text], characters)


def best_clauses(question: str, passages: Sequence[Passage], characters: float) -> list[str]:
    """The clauses of the passages in BM25's order for the question, at least one, up to `characters` together."""
    clauses = [clause.text for passage in passages for clause in split_clauses(passage.text)] or [passages[0].text]
    clauses = list(dict.fromkeys(clauses))
    index = Bm25Index([Passage(str(i), "", text) for i, text in enumerate(clauses)])
    order = np.argsort(-index.scores(question), kind="stable")
    return within([clauses[i] for i in order], characters)


def within(clauses: Sequence[str], characters: float) -> list[str]:
    """The first of them, and those that follow while their length together stays within `characters`."""
    kept = list(clauses[:1])
    for clause in clauses[1:]:
        if sum(map(len, kept)) + len(clause) > characters:
            break
        kept.append(clause)
    return kept


def baselines(question: str, passages: Sequence[Passage], characters: float) -> dict[str, str]:
    """Answers without a generator. The plural ones are as long as a reference is on average."""
    first, best = first_clauses(passages[0], characters), best_clauses(question, passages, characters)
    return {
        "first clause of the top passage": first[0],
        "first clauses of the top passage": "".join(first),
        "best BM25 clause of the top passages": best[0],
        "best BM25 clauses of the top passages": "".join(best),
    }


def answer_figures(engine: RagEngine, questions: Sequence[Question], count: int, top_k: int) -> dict:
    """Mean character F1 and ROUGE-L, and corpus BLEU-4, of each way to answer the same `count` questions."""
    asked = [q for q in questions if q.answer]
    if not asked:
        raise RagError("None of the questions has a reference answer; leave --answers out, or give questions with one.")
    chosen = asked[:: max(1, len(asked) // count)][:count]
    length = mean(len(q.answer) for q in chosen)
    texts: dict[str, list[str]] = {}
    gold: list[bool] = []
    tokens, decoding = 0, 0.0
    for question in tqdm(chosen, desc="answers", leave=False):
        text = question.question[:MAX_QUESTION_CHARACTERS]
        for mode in MODES:
            began = time.perf_counter()
            answer = engine.ungated(text, top_k=top_k, answer_mode=mode)
            decoding += time.perf_counter() - began
            tokens += len(answer.tokens)
            texts.setdefault(mode, []).append(answer.text)
            gold += [answer.hits[c.hit].passage.id in question.passage_ids for c in answer.citations]
        for name, found in baselines(text, [hit.passage for hit in answer.hits], length).items():
            texts.setdefault(name, []).append(found)
    references = [q.answer for q in chosen]
    return {
        "questions": len(chosen),
        **{name: measures(given, references) for name, given in texts.items()},
        "clauses from a gold passage": round(mean(gold), 4) if gold else 0.0,
        "characters of a reference": round(length, 1),
        "seconds a token": round(decoding / max(1, tokens), 4),
    }


def measures(answers: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    pairs = list(zip(answers, references, strict=True))
    return {
        "character F1": round(mean(character_f1(*pair) for pair in pairs), 4),
        "ROUGE-L": round(mean(rouge_l(*pair) for pair in pairs), 4),
        "BLEU-4": round(bleu_4(answers, references), 4),
    }
