"""PassageIndex over files that stay on the disk: for the millions that one machine searches without holding them."""

from functools import cached_property
from pathlib import Path

import faiss

from rag_demo import browse
from rag_demo.files import read_json
from rag_demo.index import INDEX_FILE, PASSAGES_FILE, Manifest, PassageIndex
from rag_demo.lexical import Bm25Index
from rag_demo.lexicon import Lexicon
from rag_demo.mapped import FilePlaces, MappedIndex, MappedVectors, PassageFile
from rag_demo.types import RagError

LEXICAL_LIMIT = 500_000  # BM25 in this process: some 2 kB of memory and 1 ms of segmenting a passage
LEXICON_FILE = "lexicon.json"


class OnDisk(PassageIndex):
    """manifest: one whose files PassageIndex.load has found whole."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        codes = faiss.read_index(str(folder / INDEX_FILE))
        self.index = MappedIndex(codes, MappedVectors([folder / name for name in manifest.vectors]))
        self.passages = PassageFile(folder / PASSAGES_FILE)
        self.factory, self.encoder, self.recall_at_10 = manifest.factory, manifest.encoder, manifest.recall_at_10
        self.position, self.corpus = FilePlaces(self.passages), manifest.corpus
        self.departments = [(name, count) for name, count in manifest.departments]
        self._folder = folder
        if not self.index.ntotal == codes.ntotal == manifest.count == len(self.passages):
            raise RagError(
                f"{folder} holds {self.index.ntotal} vectors but {len(self.passages)} passages; merge again."
            )

    @cached_property
    def lexical(self) -> Bm25Index:
        if len(self) > LEXICAL_LIMIT:
            raise RagError(
                f"BM25 over {len(self):,} passages does not fit into this process: ask dense, or set RAG_INDEX_URI to a Milvus."
            )
        return Bm25Index(self.passages)

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(read_json(self._folder / LEXICON_FILE, "Merge the shards again."), len(self))

    def find(self, query: str = "", department: str = "") -> browse.Found:
        return super().find(query, department) if query.strip() or department else browse.Found(self.passages)

    def save(self, folder: str | Path) -> None:
        raise RagError("This index stays where it is on the disk; copy its folder.")
