"""What would the answer be with other passages, and what with the other marginal? Questions asked of an engine."""

from collections.abc import Iterator
from dataclasses import replace

from rag_demo.config import AnswerOptions
from rag_demo.engine import RagEngine
from rag_demo.types import Answer, Candidate, Counterfactual, RagError, RagMode


def changed_set(
    answer: Answer, without: frozenset[str] = frozenset(), including: frozenset[str] = frozenset()
) -> frozenset[str]:
    """The ids of the answer's passages but those left out, and those included. RagError if none is left."""
    chosen = ({hit.passage.id for hit in answer.hits} - without) | including
    if not chosen:
        raise RagError("Every passage is switched off; keep one or include one by its id.")
    return chosen


def counterfactual(engine: RagEngine, answer: Answer, passages: frozenset[str]) -> Iterator[Counterfactual]:
    """The question answered again from exactly these passages (ids, at most MAX_TOP_K), growing; the prior is the
    softmax over them alone. Δ log p of the first answer is known from the first snapshot on: one forced
    pass over each set."""
    before = engine.score(answer.question, answer.text, answer.hits, answer.rag_mode).log_prob
    log_probs = None
    for after in engine.stream(answer.question, _same_way(answer, passages)):
        if log_probs is None:
            log_probs = before, engine.score(answer.question, answer.text, after.hits, answer.rag_mode).log_prob
        yield Counterfactual(answer, after, log_probs)


def both_ways(engine: RagEngine, answer: Answer) -> Iterator[tuple[Candidate, ...]]:
    """The question decoded with RAG-Token, then with RAG-Sequence, from the answer's passages. Each yield: the
    candidates so far, one or two; a finished one comes with its marginal under both models."""
    done: tuple[Candidate, ...] = ()
    passages = changed_set(answer)
    for mode in RagMode:
        for growing in engine.stream(answer.question, replace(_same_way(answer, passages), rag_mode=mode)):
            yield *done, Candidate(growing)
        parts = engine.decompose(answer.question, growing.text, growing.hits)
        done = *done, Candidate(growing, parts[RagMode.TOKEN], parts[RagMode.SEQUENCE])
        yield done


def _same_way(answer: Answer, passages: frozenset[str]) -> AnswerOptions:
    return AnswerOptions(
        top_k=len(passages),
        retriever=answer.retriever,
        rag_mode=answer.rag_mode,
        answer_mode=answer.answer_mode,
        including=passages,
    )
