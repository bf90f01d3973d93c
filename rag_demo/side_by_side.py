"""Dense, BM25 and hybrid for one question: each hit with the parts of its score and its rank in the other lists."""

from collections.abc import Collection

from rag_demo.engine import RagEngine
from rag_demo.found import Found, SideBySide
from rag_demo.retriever import RRF_CONSTANT, RRF_DEPTH
from rag_demo.text import normalise_question, word_spans
from rag_demo.types import Hit, RetrieverKind


def side_by_side(engine: RagEngine, question: str, top_k: int = 5, corpus: str = "") -> SideBySide:
    """The hits are engine.retrieve's and the ranks retriever.ranked's: what every other tab would find."""
    question, retriever = normalise_question(question), engine.retriever
    ranks = {
        kind: {id: rank for rank, id in enumerate(retriever.ranked(question, RRF_DEPTH, kind), 1)}
        for kind in RetrieverKind
    }
    hits = {kind: engine.retrieve(question, top_k, kind) for kind in RetrieverKind}
    passages = {hit.passage.id: hit.passage for found in hits.values() for hit in found}
    positions = [engine.index.position[id] for id in passages]
    scores = dict(zip(passages, retriever.bm25.at(question, positions).tolist(), strict=True))
    parts = dict(zip(passages, retriever.bm25.contributions(question, positions), strict=True))
    spans = {id: (matched_spans(p.title, parts[id]), matched_spans(p.text, parts[id])) for id, p in passages.items()}

    def found(hit: Hit) -> Found:
        id = hit.passage.id
        places = {kind: ranks[kind].get(id) for kind in RetrieverKind}
        return Found(
            hit,
            places,
            scores[id],
            tuple(sorted(parts[id].items(), key=lambda part: -part[1])),
            tuple(_reciprocal(places[kind]) for kind in (RetrieverKind.DENSE, RetrieverKind.BM25)),
            *spans[id],
        )

    return SideBySide(question, engine.name, {kind: tuple(map(found, hits[kind])) for kind in RetrieverKind}, corpus)


def matched_spans(text: str, words: Collection[str]) -> tuple[tuple[int, int], ...]:
    """Where `text` holds any of `words` (as text.words cuts it), touching and overlapping spans joined."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted((start, end) for word, start, end in word_spans(text) if word in words):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _reciprocal(rank: int | None) -> float:
    return 0.0 if rank is None else 1.0 / (RRF_CONSTANT + rank)
