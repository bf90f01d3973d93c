"""BM25: cutting, indexing and searching, against rank_bm25 and jieba in one process."""

from collections.abc import Iterator, Sequence

from rag_demo.lexical import Bm25Index
from rag_demo.text import words
from rag_demo.types import Passage
from tests.benchmarks.bench import Row, alternating, once


def rows(texts: Sequence[str], questions: Sequence[str]) -> Iterator[Row]:
    from rank_bm25 import BM25Okapi

    passages = [Passage(str(i), "", text, "", "") for i, text in enumerate(texts)]
    cut: list[list[str]] = []
    jieba = once(lambda: cut.extend(words(text) for text in texts))
    index: list[Bm25Index] = []
    ours = once(lambda: index.append(Bm25Index(passages)))
    peers: list[BM25Okapi] = []
    peer = jieba + once(lambda: peers.append(BM25Okapi(cut)))
    yield Row("bm25_index", f"{len(texts):,}", ours, "s", "jieba, rank_bm25", peer)
    ask = iter(questions * 10_000)
    asked = [next(ask) for _ in range(5)]
    one, other = alternating(
        [lambda: [index[0].search(q, 10) for q in asked], lambda: [peers[0].get_scores(words(q)) for q in asked]], 3
    )
    yield Row("bm25_search", f"{len(texts):,}", one / 5, "s", "rank_bm25", other / 5, 100)
