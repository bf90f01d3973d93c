"""Measure what merging N random vectors takes: memory, seconds, milliseconds a question, recall.

    python -m training.measure_index --count 3000000 --work /scratch/measure --out assets/results/index-3m.json

Needs 3.2 kB of disk a vector at 384 dimensions. The shards it writes are those that training.build_index writes, of short
synthetic passages; the merge is the same code."""

import json
import resource
import shutil
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import faiss
import numpy as np
from tqdm import tqdm

from rag_demo.corpus import fingerprint
from rag_demo.files import sha256_of, write_json
from rag_demo.index import PassageIndex
from rag_demo.types import Passage, RagError
from training.cli import run
from training.merge import on_disk, spread
from training.shards import MANIFEST, PASSAGES, VECTORS, ShardPlan, read_shards, write_passages

STEP = 65_536
CLUSTERS = 5_000


@dataclass
class Args:
    count: int = field(default=3_000_000, metadata={"help": "Vectors."})
    dimension: int = field(default=384, metadata={"help": "Of a vector; a multiple of 4."})
    shards: int = field(default=4, metadata={"help": "Shards the vectors are cut into."})
    work: str = field(default="runs/measure", metadata={"help": "Folder for shards and index; removed afterwards."})
    out: str | None = field(default=None, metadata={"help": "JSON file for the result."})
    questions: int = field(default=200, metadata={"help": "Questions that are timed, one after the other."})
    threads: int = field(default=1, metadata={"help": "CPU threads."})
    keep: bool = field(default=False, metadata={"help": "Leave the folder."})


def passages(start: int, stop: int):
    return (
        Passage(f"r{i}", f"题{i % 997}", f"第{i}篇：宝宝发热{i % 89}度，多喝水，{i % 61}小时后复查。", f"科{i % 20}")
        for i in range(start, stop)
    )


def clustered(start: int, stop: int, centres: np.ndarray) -> np.ndarray:
    """float32 (n, D) of length 1: as far from their centre as the centres from each other."""
    random = np.random.default_rng(start)
    rows = centres[random.integers(0, len(centres), stop - start)]
    rows = rows + random.standard_normal(rows.shape, np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def write_shards(args: Args, folder: Path) -> None:
    """As encode_shard does, with random numbers for an encoder."""
    corpus = fingerprint(passages(0, args.count))
    centres = np.random.default_rng(7).standard_normal((CLUSTERS, args.dimension), np.float32)
    cuts = [args.count * i // args.shards for i in range(args.shards + 1)]
    for i in range(args.shards):
        plan = ShardPlan(i, args.shards, cuts[i], cuts[i + 1], args.count, args.dimension, STEP, "random", corpus)
        shard = folder / plan.name
        shard.mkdir(parents=True)
        write_passages(shard / PASSAGES, passages(plan.start, plan.stop))
        np.lib.format.open_memmap(shard / VECTORS, "w+", np.float32, (plan.count, args.dimension)).flush()
        for start in tqdm(range(0, plan.count, STEP), desc=plan.name, leave=False):
            stop = min(plan.count, start + STEP)
            rows = np.lib.format.open_memmap(shard / VECTORS, "r+")
            rows[start:stop] = clustered(plan.start + start, plan.start + stop, centres)
            rows.flush()
        write_json(shard / MANIFEST, {**asdict(plan), "files": {f: sha256_of(shard / f) for f in (PASSAGES, VECTORS)}})


def peak_gib() -> float:
    """The most memory this process has had resident, file pages included."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


def anonymous_gib() -> float:
    """What it holds now that is no file's page; 0 where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return round(next((int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0) / 2**20, 2)


def asked(index: PassageIndex, queries: np.ndarray) -> dict[str, float]:
    """Milliseconds of each question by itself, texts included: the first time, and the second, with its pages warm."""
    first, second = [], []
    for query in queries:
        for milliseconds in (first, second):
            began = time.perf_counter()
            index.fetch(index.search(query[None], 10)[1][0])
            milliseconds.append(1000 * (time.perf_counter() - began))
    return {
        f"{name} {share}": round(float(np.percentile(milliseconds, percent)), 2)
        for name, milliseconds in (("first", first), ("warm", second))
        for share, percent in (("median ms", 50), ("p95 ms", 95))
    }


def main(args: Args) -> dict:
    if args.dimension % 4 or args.count < 1000:
        raise RagError("--dimension must be a multiple of 4 and --count at least 1000.")
    faiss.omp_set_num_threads(args.threads)
    work = Path(args.work)
    result: dict = {"count": args.count, "dimension": args.dimension, "threads": args.threads, "seconds": {}}

    def timed(name: str, call):
        began = time.perf_counter(), time.process_time()
        found = call()
        result["seconds"][name] = round(time.perf_counter() - began[0], 1)
        result["seconds"][f"{name}, processor"] = round(time.process_time() - began[1], 1)
        return found

    if len(list(work.glob(f"shards/*/{MANIFEST}"))) < args.shards:  # else of a run that was killed later
        shutil.rmtree(work, ignore_errors=True)
        timed("write shards", lambda: write_shards(args, work / "shards"))
    result["peak GiB before merging"] = peak_gib()
    shards = timed("check shards", lambda: read_shards(work / "shards", "random", ""))
    manifest = timed("merge", lambda: on_disk(shards, work / "index", work / "merging"))
    result |= {"factory": manifest.factory, "recall@10": manifest.recall_at_10, "peak GiB": peak_gib()}
    index = timed("load", lambda: PassageIndex.load(work / "index", encoder="random"))
    result["anonymous GiB loaded"] = anonymous_gib()
    result["one question, 10 passages"] = asked(index, spread(index.index.rows, args.questions))
    result["files MB"] = {f.name: round(f.stat().st_size / 1e6, 1) for f in sorted((work / "index").iterdir())}
    result["clock"] = "on a machine that others use too"
    if args.out:
        write_json(Path(args.out), result)
    if not args.keep:
        shutil.rmtree(work)
    print(json.dumps(result["seconds"]), file=sys.stderr)
    return result


if __name__ == "__main__":
    run(main, Args, __doc__)
