"""An index whose vectors and passages stay on the disk: what is in memory is 48 bytes a passage (at 384 dimensions).

Quantised codes (FAISS) propose 64 k candidates, the memory-mapped float32 vectors score them exactly. The files are those
that training.build_index --merge writes; their pages are read as they are needed and given back under pressure."""

import bisect
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import faiss
import numpy as np

from rag_demo.types import Passage, RagError

CANDIDATES = 64  # times k: 48 bytes say less than 1,536 do


class MappedVectors:
    """float32 (N, D) in one or more .npy files, in order."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = tuple(files)
        self._parts = [np.load(file, mmap_mode="r") for file in self.files]
        self._ends = np.cumsum([len(part) for part in self._parts]).tolist()
        self.shape = (self._ends[-1], self._parts[0].shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    def block(self, start: int, stop: int) -> np.ndarray:
        """A copy of these rows; the file's pages do not stay in this process."""
        found, begin = [], 0
        for file, end in zip(self.files, self._ends, strict=True):
            if start < end and stop > begin:
                part = np.load(file, mmap_mode="r")
                found.append(np.array(part[max(0, start - begin) : min(end, stop) - begin]))
                del part
            begin = end
        return np.concatenate(found)

    def __getitem__(self, places: Sequence[int]) -> np.ndarray:
        """float32 (n, D) of any rows."""
        rows = np.empty((len(places), self.shape[1]), np.float32)
        for i, place in enumerate(places):
            part = bisect.bisect_right(self._ends, place)
            rows[i] = self._parts[part][int(place) - (self._ends[part - 1] if part else 0)]
        return rows


class MappedIndex:
    """Searches as a faiss.Index: codes propose, vectors decide."""

    def __init__(self, codes: faiss.Index, vectors: MappedVectors) -> None:
        self.codes, self.rows, self.candidates = codes, vectors, CANDIDATES
        self.ntotal, self.d = vectors.shape

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        proposed = self.codes.search(queries, min(self.ntotal, self.candidates * k))[1]
        scores = np.full((len(queries), k), -np.inf, np.float32)
        places = np.full((len(queries), k), -1, np.int64)
        for i, candidates in enumerate(proposed):
            candidates = np.sort(candidates[candidates >= 0])  # in the order of the disk
            exact = self.rows[candidates] @ queries[i]
            best = np.argsort(-exact, kind="stable")[:k]
            scores[i, : len(best)], places[i, : len(best)] = exact[best], candidates[best]
        return scores, places

    def reconstruct(self, place: int) -> np.ndarray:
        return self.rows[[place]][0]

    def add(self, vectors: np.ndarray) -> None:
        raise RagError("An index on the disk does not grow; encode the new corpus in shards and merge them.")


class PassageFile(Sequence):
    """The passages of a JSONL file, read as they are asked for; 8 bytes of memory each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bytes = np.memmap(path, np.uint8, "r")
        self._ends = line_ends(path)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, which):
        if isinstance(which, slice):
            return tuple(self[i] for i in range(len(self))[which])
        place = range(len(self))[which]
        start = self._ends[place - 1] if place else 0
        return Passage(**json.loads(self._bytes[start : self._ends[place]].tobytes()))

    def __iter__(self) -> Iterator[Passage]:
        with open(self.path, encoding="utf-8") as file:
            yield from (Passage(**json.loads(line)) for line in file)


class FilePlaces(Mapping):
    """Passage id -> place by hashes of the ids, 16 bytes of memory each; a hit is read to be sure."""

    def __init__(self, passages: PassageFile) -> None:
        self._passages = passages

    @cached_property
    def _hashes(self) -> tuple[np.ndarray, np.ndarray]:
        hashes = np.fromiter((_hash(passage.id) for passage in self._passages), np.uint64, len(self._passages))
        order = np.argsort(hashes, kind="stable")
        return hashes[order], order

    def __getitem__(self, id: str) -> int:
        hashes, order = self._hashes
        place = int(np.searchsorted(hashes, np.uint64(_hash(id))))
        while place < len(hashes) and hashes[place] == _hash(id):
            if self._passages[int(order[place])].id == id:
                return int(order[place])
            place += 1
        raise KeyError(id)

    def __iter__(self) -> Iterator[str]:
        return (passage.id for passage in self._passages)

    def __len__(self) -> int:
        return len(self._passages)


def line_ends(path: Path, size: int = 1 << 24) -> np.ndarray:
    """int64, where each line of the file ends, its newline included."""
    ends, offset = [], 0
    with open(path, "rb") as file:
        while data := file.read(size):
            ends.append(np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + offset + 1)
            offset += len(data)
    return np.concatenate(ends) if ends else np.zeros(0, np.int64)


def _hash(id: str) -> int:
    return int.from_bytes(blake2b(id.encode(), digest_size=8).digest(), "little")
