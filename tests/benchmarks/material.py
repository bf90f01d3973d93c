"""What is measured on: real texts where there are any, vectors of the shipped encoder, questions of the test set."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from tqdm import tqdm

from rag_demo.config import ASSETS, ROOT
from rag_demo.corpus import read_passages
from rag_demo.encoder import TextEncoder
from rag_demo.text import split_clauses

TEXTS = ("../shared/data/bench/*.jsonl.gz", "../shared/data/qa/*.jsonl.gz")  # of the project's folder; not part of it
PIECE = 150  # characters: consultations' answers are 100 on average
SLICE = 2048


@dataclass(frozen=True, slots=True)
class Material:
    """texts: at most 150 characters each, cut at clause ends. source says where they come from."""

    texts: tuple[str, ...]
    source: str

    @classmethod
    def of(cls, count: int, patterns: Sequence[str] = TEXTS) -> "Material":
        """`count` different real texts, or the corpus' clauses and shuffles of them where there are too few."""
        files = sorted(file for pattern in patterns for file in ROOT.glob(pattern))
        found = list(dict.fromkeys(piece for file in files for text in _texts(file) for piece in pieces(text)))
        order = np.random.default_rng(0).permutation(len(found))[:count]
        texts, source = [found[i] for i in order], f"{len(order):,} real texts"
        if len(texts) < count:
            source += (
                f", {count - len(texts):,} made of the corpus' clauses" if texts else " made of the corpus' clauses"
            )
            texts += _perturbed(count - len(texts))
        return cls(tuple(texts), source if found else f"{count:,} texts made of the corpus' clauses")

    def vectors(self, encoder: TextEncoder, cache: Path) -> np.ndarray:
        """float32 (N, D); encoded once and kept in `cache`, memory-mapped."""
        key = sha256("\n".join([str(encoder.settings), *self.texts]).encode())
        key.update(next(encoder.parameters()).detach().numpy().tobytes())
        file = cache / f"vectors-{key.hexdigest()[:16]}.npy"
        if not file.exists():
            cache.mkdir(parents=True, exist_ok=True)
            parts = range(0, len(self.texts), SLICE)
            made = [encoder.encode(self.texts[i : i + SLICE]) for i in tqdm(parts, "vectors", disable=None)]
            np.save(file.with_suffix(".tmp.npy"), np.concatenate(made))
            file.with_suffix(".tmp.npy").rename(file)
        return np.load(file, mmap_mode="r")


def pieces(text: str) -> Iterator[str]:
    """The text in runs of whole clauses of at most 150 characters; a longer clause alone, cut."""
    run = ""
    for clause in split_clauses(text):
        if run and len(run) + len(clause.text) > PIECE:
            yield run
            run = ""
        run = (run + clause.text)[:PIECE]
    if len(run) > 10:
        yield run


def _texts(file: Path) -> Iterator[str]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield record.get("text") or record["answer"]


def _perturbed(count: int) -> list[str]:
    """Three clauses of different passages each, drawn at random: every text is another one."""
    clauses = [c.text for p in read_passages(ASSETS / "corpus" / "passages.jsonl") for c in split_clauses(p.text)]
    rng = np.random.default_rng(1)
    return ["".join(clauses[i] for i in rng.integers(len(clauses), size=3))[:PIECE] for _ in range(count)]
