"""Shards to a store: FAISS in memory, FAISS over files that stay on the disk, or Milvus."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import faiss
import numpy as np
from tqdm import tqdm

from rag_demo.config import IndexConfig
from rag_demo.files import read_json, replaced_folder, sha256_of, write_json
from rag_demo.index import FLAT_LIMIT, INDEX_FILE, MANIFEST_FILE, PASSAGES_FILE, Manifest, PassageIndex
from rag_demo.lexicon import Lexicon
from rag_demo.mapped import MappedIndex, MappedVectors
from rag_demo.milvus_build import index_type, write_version
from rag_demo.on_disk import LEXICON_FILE
from rag_demo.seals import write_sealed
from rag_demo.types import Passage
from training.shards import PASSAGES, VECTORS, Shards

STEP = 65_536  # vectors that are quantised at a time
SAMPLE = 65_536  # vectors that the quantiser is trained on
SAVE_SECONDS = 30.0
RECALL_SAMPLE, RECALL_PAIRS = 200, 150_000_000  # queries, and queries times vectors


def merge(shards: Shards, folder: Path, factory: str, config: IndexConfig, checkpoint: str, work: Path) -> dict:
    """-> what was made. folder: where a FAISS index goes. work: where a killed merge finds what it had."""
    began, plan = time.perf_counter(), shards.plan
    if config.uri:
        kind = index_type(plan.total)
        manifest = Manifest(plan.total, plan.dimension, "inner product", kind, 1.0, plan.corpus, plan.encoder, {})
        with tqdm(total=plan.total, desc="milvus", unit="passages") as bar:
            write_version(config, checkpoint, manifest, shards.rows, lambda done, _: bar.update(done - bar.n))
        made = {"factory": kind, "store": config.uri}
    elif factory == "disk" or (factory == "auto" and plan.total > FLAT_LIMIT):
        manifest = on_disk(shards, folder, work)
        made = {"factory": manifest.factory, "recall@10 against Flat": manifest.recall_at_10}
    else:
        vectors = np.concatenate([np.load(shard / VECTORS) for shard in shards.folders])
        index = PassageIndex.build(list(shards.passages()), vectors, factory=factory, encoder=plan.encoder)
        index.save(folder)
        made = {"factory": index.factory, "recall@10 against Flat": index.recall_at_10}
    return {"passages": plan.total, **made, "index_seconds": round(time.perf_counter() - began, 2)}


def on_disk(shards: Shards, folder: Path, work: Path) -> Manifest:
    """The codes in memory, the shards' own vectors linked beside them; memory grows by 48 bytes a passage."""
    plan = shards.plan
    vectors = MappedVectors([shard / VECTORS for shard in shards.folders])
    codes = quantised(vectors, work, shards.digest)
    recall = recall_at_10(codes, vectors)
    with replaced_folder(Path(folder)) as temporary:
        names = []
        for number, shard in enumerate(shards.folders):
            names.append(f"vectors-{number:05d}.npy")
            _linked(shard / VECTORS, temporary / names[-1])
        with open(temporary / PASSAGES_FILE, "wb") as joined:
            for shard in shards.folders:
                with open(shard / PASSAGES, "rb") as file:
                    shutil.copyfileobj(file, joined, 1 << 24)
        faiss.write_index(codes, str(temporary / INDEX_FILE))
        departments: Counter[str] = Counter()
        passages = tqdm(shards.passages(), total=plan.total, desc="words", unit="passages")
        lexicon = Lexicon.of(_counted(passages, departments))
        write_json(temporary / LEXICON_FILE, dict(lexicon.counts))
        hashes = {name: of[VECTORS] for name, of in zip(names, shards.hashes, strict=True)}
        hashes |= {name: sha256_of(temporary / name) for name in (INDEX_FILE, PASSAGES_FILE)}
        manifest = Manifest(
            plan.total, plan.dimension, "inner product", f"{factory_of(plan.dimension)} + vectors on the disk", recall,
            plan.corpus, plan.encoder, hashes, names, departments.most_common(500),
        )  # fmt: skip
        write_sealed(temporary / MANIFEST_FILE, asdict(manifest))
    shutil.rmtree(work, ignore_errors=True)
    return manifest


def _counted(passages: Iterable[Passage], departments: Counter[str]) -> Iterator[Passage]:
    """The same passages, their departments counted in passing."""
    for passage in passages:
        if passage.department:
            departments[passage.department] += 1
        yield passage


def factory_of(dimension: int) -> str:
    """4 bits a 4 dimensions, scanned exhaustively: no lists to train, and building takes time linear in the passages."""
    return f"PQ{dimension // 4}x4fs"


def quantised(vectors: MappedVectors, work: Path, digest: str) -> faiss.Index:
    """The codes of all vectors; saved in `work` now and then, so that a killed merge goes on."""
    count, dimension = vectors.shape
    codes = _begun(work, digest)
    if codes is None:
        codes = faiss.index_factory(dimension, factory_of(dimension), faiss.METRIC_INNER_PRODUCT)
        sample = np.linspace(0, count - 1, min(count, SAMPLE)).astype(np.int64)
        codes.train(vectors[sample])
    began = saved = time.monotonic()
    with tqdm(total=count, initial=codes.ntotal, desc="index", unit="vectors") as bar:
        for start in range(codes.ntotal, count, STEP):
            codes.add(vectors.block(start, min(count, start + STEP)))
            bar.update(codes.ntotal - start)
            late = time.monotonic() - (saved if codes.ntotal < count else began) > SAVE_SECONDS
            if late:
                _save(codes, work, digest)
                saved = time.monotonic()
    return codes


def _save(codes: faiss.Index, work: Path, digest: str) -> None:
    work.mkdir(parents=True, exist_ok=True)
    name = f"codes-{codes.ntotal}.faiss"
    faiss.write_index(codes, str(work / name))
    write_json(work / "begun.json", {"digest": digest, "file": name, "sha256": sha256_of(work / name)})
    for file in work.glob("codes-*.faiss"):
        if file.name != name:
            file.unlink()


def _begun(work: Path, digest: str) -> faiss.Index | None:
    if not (work / "begun.json").exists():
        return None
    begun = read_json(work / "begun.json", f"Remove {work}.")
    file = work / begun["file"]
    same = begun["digest"] == digest and file.exists() and sha256_of(file) == begun["sha256"]
    return faiss.read_index(str(file)) if same else None


def recall_at_10(codes: faiss.Index, vectors: MappedVectors) -> float:
    """Of codes and exact scoring against an exact scan, on vectors spread over the index."""
    queries = spread(vectors, max(20, min(RECALL_SAMPLE, RECALL_PAIRS // len(vectors))))
    return shared(MappedIndex(codes, vectors).search(queries, min(10, len(vectors)))[1], nearest(vectors, queries))


def spread(vectors: MappedVectors, count: int) -> np.ndarray:
    return vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), count)).astype(np.int64)]


def nearest(vectors: MappedVectors, queries: np.ndarray, k: int = 10) -> np.ndarray:
    """(Q, k) places by an exact scan, a block of vectors in memory at a time."""
    count = len(vectors)
    best = faiss.ResultHeap(len(queries), min(k, count), keep_max=True)
    for start in tqdm(range(0, count, STEP), desc="recall", leave=False):
        block = vectors.block(start, min(count, start + STEP))
        scores, places = faiss.knn(queries, block, min(k, len(block)), faiss.METRIC_INNER_PRODUCT)
        best.add_result(scores, places + start)
    best.finalize()
    return best.I


def shared(found: np.ndarray, wanted: np.ndarray) -> float:
    """The mean share of each row of `wanted` that `found` has."""
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, wanted, strict=True)]))


def _linked(source: Path, target: Path) -> None:
    """The same bytes under another name where the file system can, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
