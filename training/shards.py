"""Shards: a stretch of a corpus encoded by one process, in a folder that says what it is.

A shard holds passages.jsonl, vectors.npy (float32, memory-mapped) and, once whole, manifest.json with the SHA-256 of both.
Passages are encoded in blocks that begin at multiples of BLOCK in the whole corpus, each by itself: whichever process
encodes a block, and however often it is killed, the vectors are the same bits."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from rag_demo.corpus import fingerprint, iterate_passages
from rag_demo.encoder import TextEncoder
from rag_demo.files import read_json, sha256_of, write_json
from rag_demo.mapped import PassageFile
from rag_demo.seals import read_sealed, write_sealed
from rag_demo.types import Passage, RagError

BLOCK = 1024
PASSAGES, VECTORS, MANIFEST, PROGRESS = "passages.jsonl", "vectors.npy", "manifest.json", "progress.json"


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """Shard `number` (from 0) of `of`: the passages from start to stop of a corpus of `total`.

    encoder, corpus: fingerprints of the context encoder and of all passages.
    """

    number: int
    of: int
    start: int
    stop: int
    total: int
    dimension: int
    block: int
    encoder: str
    corpus: str

    @property
    def name(self) -> str:
        return f"shard-{self.number:05d}-of-{self.of:05d}"

    @property
    def count(self) -> int:
        return self.stop - self.start


def parse_shard(text: str) -> tuple[int, int]:
    """ "3/8" -> (3, 8): the number counts from 0, as array jobs do."""
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal()) or not int(number) < int(of):
        raise RagError(f"--shard must be i/n with i from 0 to n - 1, as in 0/4, not {text!r}.")
    return int(number), int(of)


def plan_shard(
    number: int, of: int, passages: str | Path, dimension: int, encoder: str, block: int = BLOCK
) -> ShardPlan:
    """Reads the passages once; shards differ by at most one block."""
    total = 0

    def counted() -> Iterator[Passage]:
        nonlocal total
        for total, passage in enumerate(iterate_passages(passages), 1):  # noqa: B007  the last is the count
            yield passage

    corpus = fingerprint(counted())
    blocks = -(-total // block)
    start, stop = (min(total, blocks * i // of * block) for i in (number, number + 1))
    return ShardPlan(number, of, start, stop, total, dimension, block, encoder, corpus)


def encode_shard(plan: ShardPlan, passages: str | Path, encoder: TextEncoder, folder: Path) -> Path:
    """Into folder/shard-…; what is there and belongs to the same plan is kept. -> the shard's folder."""
    shard = Path(folder) / plan.name
    if is_whole(shard, plan):
        return shard
    shard.mkdir(parents=True, exist_ok=True)
    (shard / MANIFEST).unlink(missing_ok=True)
    done = _done(shard, plan)
    if not done:
        write_passages(shard / PASSAGES, islice(iterate_passages(passages), plan.start, plan.stop))
        (shard / VECTORS).unlink(missing_ok=True)  # a merged index may hold the old file under another name
        np.lib.format.open_memmap(shard / VECTORS, "w+", np.float32, (plan.count, plan.dimension)).flush()
    own = PassageFile(shard / PASSAGES) if plan.count else ()
    with tqdm(total=plan.count, initial=done, desc=plan.name, unit="passages") as bar:
        for start in range(done, plan.count, plan.block):
            block = own[start : start + plan.block]
            vectors = np.lib.format.open_memmap(shard / VECTORS, "r+")
            vectors[start : start + len(block)] = encoder.encode([passage.full_text for passage in block])
            vectors.flush()
            write_json(shard / PROGRESS, {"done": start + len(block), "plan": asdict(plan)})
            bar.update(len(block))
    write_sealed(shard / MANIFEST, {**asdict(plan), "files": {f: sha256_of(shard / f) for f in (PASSAGES, VECTORS)}})
    (shard / PROGRESS).unlink(missing_ok=True)
    return shard


def write_passages(path: Path, passages: Iterable[Passage]) -> None:
    """JSONL, a line at a time, under its name when it is whole."""
    temporary = path.with_suffix(".tmp")
    with open(temporary, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(passage), ensure_ascii=False) + "\n" for passage in passages)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def is_whole(shard: Path, plan: ShardPlan) -> bool:
    """Whether the folder holds what the plan wants, to the byte."""
    if not (shard / MANIFEST).exists():
        return False
    found = read_sealed(shard / MANIFEST, "Encode the shard again.")
    files = found.pop("files", {})
    return found == asdict(plan) and all((shard / f).exists() and sha256_of(shard / f) == h for f, h in files.items())


def _done(shard: Path, plan: ShardPlan) -> int:
    """Passages that a killed process of the same plan has encoded."""
    if not (shard / PROGRESS).exists():
        return 0
    found = read_json(shard / PROGRESS, f"Remove {shard} and encode the shard again.")
    return int(found["done"]) if found.get("plan") == asdict(plan) else 0


@dataclass(frozen=True, slots=True)
class Shards:
    """All shards of a corpus, whole and of one making. files: the SHA-256 of each shard's files."""

    folders: tuple[Path, ...]
    plan: ShardPlan
    hashes: tuple[dict[str, str], ...]

    @property
    def digest(self) -> str:
        """What work on these very shards is known by."""
        return hashlib.sha256(repr(self.hashes).encode()).hexdigest()

    def rows(self) -> Iterator[tuple[Passage, np.ndarray]]:
        """Every passage with its vector, in order; little of it in memory at a time."""
        for folder in self.folders:
            vectors, passages = np.load(folder / VECTORS, mmap_mode="r"), PassageFile(folder / PASSAGES)
            yield from zip(passages, vectors, strict=True)

    def passages(self) -> Iterator[Passage]:
        for folder in self.folders:
            yield from PassageFile(folder / PASSAGES)


def read_shards(folder: Path, encoder: str, again: str) -> Shards:
    """Raises RagError naming the shard that is missing, damaged or of another making. again: the command's beginning."""
    manifests = sorted(Path(folder).glob(f"shard-*/{MANIFEST}"))
    if not manifests:
        raise RagError(f"{folder} holds no whole shard; encode them: {again} --shard 0/1")
    raw = {file.parent: read_sealed(file, f"{again} encodes it again.") for file in manifests}
    hashes = {shard: found.pop("files") for shard, found in raw.items()}
    plans = {shard: ShardPlan(**found) for shard, found in raw.items()}
    first = next(iter(plans.values()))
    if len({(p.of, p.total, p.dimension, p.block, p.encoder, p.corpus) for p in plans.values()}) > 1:
        raise RagError(f"{folder} holds shards of different corpora, encoders or cuts; remove the old ones.")
    if first.encoder != encoder:
        raise RagError(f"{folder} was encoded by another context encoder than the checkpoint's; encode again: {again}")
    missing = sorted(set(range(first.of)) - {p.number for p in plans.values()})
    if missing:
        raise RagError(f"Shard {missing[0]}/{first.of} is missing in {folder}: {again} --shard {missing[0]}/{first.of}")
    shards = sorted(plans, key=lambda shard: plans[shard].number)
    for shard in tqdm(shards, desc="check", unit="shards", leave=False):
        for name, expected in hashes[shard].items():
            if not (shard / name).exists() or sha256_of(shard / name) != expected:
                number = plans[shard].number
                raise RagError(f"{shard / name} is damaged; encode it again: {again} --shard {number}/{first.of}")
    return Shards(tuple(s for s in shards if plans[s].count), first, tuple(hashes[s] for s in shards if plans[s].count))
