"""Retriever: dense, BM25 or hybrid -> list[Hit]. The one retrieval path of every tab and of evaluation.

Whatever finds the passages, their scores are inner products and p(z|x) is the softmax over them: BM25 proposes,
the model weighs."""

import numpy as np

from rag_demo.encoder import TextEncoder
from rag_demo.sources import SOURCE_DEPTH, at_most
from rag_demo.store import Lexical, PassageStore
from rag_demo.types import Hit, RagError, RetrieverKind

RRF_CONSTANT = 60  # Cormack, Clarke & Büttcher 2009
RRF_DEPTH = 100


class Retriever:
    def __init__(self, question_encoder: TextEncoder, index: PassageStore, source_share: float = 1.0) -> None:
        """source_share: of the k passages, how many may be of one source (at least one)."""
        self.question_encoder, self.index, self.source_share = question_encoder, index, source_share

    @property
    def bm25(self) -> Lexical:
        return self.index.lexical

    def retrieve(
        self,
        question: str,
        k: int,
        kind: RetrieverKind = RetrieverKind.DENSE,
        without: frozenset[str] = frozenset(),
        including: frozenset[str] = frozenset(),
    ) -> list[Hit]:
        """The k best hits but those whose passage id is in `without`; prior and posterior are p(z|x).

        The passages `including` (at most k) are among the k; those not found take the last places, best score first.
        """
        unknown = (without | including) - self.index.position.keys()
        if unknown:
            raise RagError(
                f"No passage has the id {sorted(unknown)[0]!r}; ids look like {self.index.passages[0].id!r}."
            )
        vector = self.question_encoder.encode([question])
        depth = max(k, SOURCE_DEPTH) if self.source_share < 1 else k
        places = self._positions(question, vector, depth + len(without), kind)
        if without or self.source_share < 1:
            pairs = [pair for pair in zip(places, self.index.fetch(places), strict=True) if pair[1].id not in without]
            places = [place for place, _ in pairs]
            if self.source_share < 1:
                places = at_most(places, [p.source for _, p in pairs], k, max(1, int(self.source_share * k)))
        positions = self._with(places[:k], k, including, vector[0])
        if not positions:
            return []
        scores = self.index.vectors(positions) @ vector[0]
        prior = np.exp(scores - scores.max())
        prior /= prior.sum()
        lexical = self.bm25.at(question, positions) if kind is not RetrieverKind.DENSE else None
        passages = self.index.fetch(positions)
        return [
            Hit(
                passage=passage,
                rank=i + 1,
                score=float(scores[i]),
                prior=float(prior[i]),
                posterior=float(prior[i]),
                bm25=None if lexical is None else float(lexical[i]),
            )
            for i, passage in enumerate(passages)
        ]

    def _with(self, top: list[int], k: int, including: frozenset[str], vector: np.ndarray) -> list[int]:
        """At most k positions: `top`, whose last ones make room for those passages of `including` that are not in it."""
        if not including:
            return top
        wanted = {self.index.position[passage] for passage in including}
        added = sorted(wanted - set(top), key=lambda i: (-float(self.index.vectors([i])[0] @ vector), i))
        others = [i for i in reversed(top) if i not in wanted]
        gone = set(others[: max(0, len(top) + len(added) - k)])
        return [i for i in top if i not in gone] + added

    def ranked(self, question: str, k: int, kind: RetrieverKind) -> list[str]:
        """The ids of the k best passages, best first: what recall@k is measured on."""
        places = self._positions(question, self.question_encoder.encode([question]), k, kind)
        return [passage.id for passage in self.index.fetch(places)]

    def _positions(self, question: str, vector: np.ndarray, k: int, kind: RetrieverKind) -> list[int]:
        if kind is RetrieverKind.DENSE:
            return self.index.search(vector, k)[1][0].tolist()
        if kind is RetrieverKind.BM25:
            return self.bm25.search(question, k)[1].tolist()
        depth = max(k, RRF_DEPTH)
        dense = self.index.search(vector, depth)[1][0]
        lexical = self.bm25.search(question, depth)[1]
        return reciprocal_rank_fusion(dense, lexical)[:k]


def reciprocal_rank_fusion(*rankings: np.ndarray) -> list[int]:
    """Σ 1 / (60 + rank) over the rankings, descending; ties keep the first ranking's order."""
    fused: dict[int, float] = {}
    for ranking in rankings:
        for rank, position in enumerate(ranking.tolist(), 1):
            fused[position] = fused.get(position, 0.0) + 1.0 / (RRF_CONSTANT + rank)
    return sorted(fused, key=lambda position: -fused[position])
