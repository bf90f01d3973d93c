"""Encode passages with a checkpoint's context encoder and write its index.

    python -m training.build_index --checkpoint assets/checkpoints/base --passages assets/corpus/passages.jsonl

A large corpus in shards, by as many processes, GPUs or machines as there are, in any order; then once --merge:

    python -m training.build_index --checkpoint base --passages P.jsonl --shards /data/shards --shard 0/8
    python -m training.build_index --checkpoint base --shards /data/shards --merge

Killed, the same command goes on. RAG_INDEX_URI=milvus://host:port/name writes to Milvus in place of the checkpoint."""

import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from rag_demo import checkpoint
from rag_demo.config import IndexConfig
from rag_demo.encoder import TextEncoder
from rag_demo.types import RagError
from training.cli import run
from training.merge import merge
from training.shards import BLOCK, encode_shard, parse_shard, plan_shard, read_shards
from training.world import device_of


@dataclass
class Args:
    checkpoint: str = field(metadata={"help": "Preset name or checkpoint folder."})
    passages: str | None = field(default=None, metadata={"help": "Passages: .jsonl, .csv or .parquet."})
    factory: str = field(
        default="auto", metadata={"help": "auto, disk, Flat, SQ8, HNSW32, IVF… (disk: vectors stay in files)."}
    )
    shards: str | None = field(default=None, metadata={"help": "Folder that all processes see, for the shards."})
    shard: str | None = field(default=None, metadata={"help": "i/n: encode only shard i (from 0) of n."})
    merge: bool = field(default=False, metadata={"help": "Build the index from the shards, which must all be there."})
    block: int = field(default=BLOCK, metadata={"help": "Passages encoded together; the same for all shards."})
    device: str = field(default="auto", metadata={"help": "auto, cpu, cuda or cuda:N."})


def main(args: Args) -> dict:
    folder = checkpoint.checkpoint_folder(args.checkpoint)
    card = checkpoint.read_card(folder)
    checkpoint.check_files(folder, card)
    _check(args)
    shards, config = Path(args.shards or folder / "index.shards"), IndexConfig.from_environment()
    fingerprint, result, began = checkpoint.encoder_fingerprint(card), {}, time.perf_counter()
    if not args.merge:
        encoder = TextEncoder.load(folder / "context_encoder").to(device_of(args.device))
        number, of = parse_shard(args.shard or "0/1")
        plan = plan_shard(number, of, args.passages, encoder.dimension, fingerprint, args.block)
        written = encode_shard(plan, args.passages, encoder, shards)
        result = {"encode_seconds": round(time.perf_counter() - began, 2)}
        if args.shard:
            return {"shard": str(written), "passages": plan.count, "of": plan.total, **result}
    again = f"python -m training.build_index --checkpoint {args.checkpoint} --passages FILE --shards {shards}"
    found = read_shards(shards, fingerprint, again)
    result = merge(found, folder / "index", args.factory, config, folder.name, shards / "merging") | result
    if not args.shards:
        shutil.rmtree(shards)
    if not config.uri:
        checkpoint.write_card(folder, replace(card, data={**card.data, "corpus": found.plan.corpus}))
    return result


def _check(args: Args) -> None:
    if args.merge and args.shard:
        raise RagError("--shard encodes and --merge joins what was encoded: give one of the two.")
    if (args.merge or args.shard) and not args.shards:
        raise RagError("Give --shards, the folder that the shards are in.")
    if not args.merge and not args.passages:
        raise RagError("Give --passages, a .jsonl, .csv or .parquet file.")
    if args.block < 1:
        raise RagError("--block must be at least 1.")


if __name__ == "__main__":
    run(main, Args, __doc__)
