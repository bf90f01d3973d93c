"""Everything that is claimed to be fast, beside what a user would take instead: make bench.

    python -m tests.benchmarks [--only index,answer] [--presets base,large] [--full] [--out assets/results/bench.json]

Both sides do the same work in one run, in turns; the table shows medians and their ratio."""

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import torch

from rag_demo.config import ASSETS, ROOT
from rag_demo.corpus import read_questions
from rag_demo.engine import RagEngine
from tests.benchmarks import answering, encoding, indexing, lexical, serving, training_steps
from tests.benchmarks.bench import Row, save, table
from tests.benchmarks.material import Material

GROUPS = ("start", "answer", "encoding", "training", "bm25", "index")
SHORT, LONG, TRAINED = 384, 120_000, 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(GROUPS))
    parser.add_argument("--presets", default="base,large")
    parser.add_argument("--passages", type=int, default=LONG, help="of the index and of BM25")
    parser.add_argument("--full", action="store_true", help="3 million vectors, too: 10 GB of memory, 20 minutes more")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--cache", type=Path, default=ROOT / "data" / "bench", help="where encoded texts are kept")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    presets = [name for name in args.presets.split(",") if (ASSETS / "checkpoints" / name).exists()]
    machine = {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "threads": args.threads,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    found: list[Row] = []
    for row in _rows(args, presets):
        found.append(row)
        print(table([row]).splitlines()[-1], file=sys.stderr, flush=True)
        if args.out:  # after each, so that a run that is stopped leaves what it measured
            save(found, machine, args.out)
    print(table(found))


def _rows(args: argparse.Namespace, presets: list[str]) -> Iterator[Row]:
    wanted = args.only.split(",")
    if "start" in wanted:
        yield from serving.rows(presets)
    questions = [q.question for q in read_questions(ASSETS / "questions" / "test.jsonl")]
    material = Material.of(args.passages)
    print(f"{material.source}, {sum(map(len, material.texts)) / len(material.texts):.0f} characters", file=sys.stderr)
    for name in presets:
        engine = RagEngine.load(name)
        if "answer" in wanted:
            yield from answering.rows(name, engine, questions[:: len(questions) // 40], args.repeats)
        if "encoding" in wanted:
            yield from encoding.rows(name, engine.context_encoder, material.texts[:SHORT], args.repeats)
    engine = RagEngine.load(presets[0])
    if "training" in wanted:
        yield from training_steps.rows(engine, material.texts[:TRAINED], args.repeats)
    if "bm25" in wanted:
        yield from lexical.rows(material.texts, questions)
    if "index" in wanted:
        vectors = material.vectors(engine.context_encoder, args.cache)
        yield from indexing.rows(vectors, engine.encode_questions(questions[:400]), args.full)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
