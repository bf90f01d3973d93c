"""Encode passages with a checkpoint's context encoder and write its index.

python -m training.build_index --checkpoint assets/checkpoints/base --passages assets/corpus/passages.jsonl"""

import time
from dataclasses import dataclass, field, replace

from tqdm import tqdm

from rag_demo import checkpoint
from rag_demo.corpus import fingerprint, read_passages
from rag_demo.encoder import TextEncoder
from rag_demo.index import PassageIndex
from training.cli import run


@dataclass
class Args:
    checkpoint: str = field(metadata={"help": "Preset name or checkpoint folder."})
    passages: str = field(metadata={"help": "Passages: .jsonl, .csv or .parquet."})
    factory: str = field(default="auto", metadata={"help": "auto, Flat, SQ8, HNSW32, IVF… (a FAISS factory string)."})


def main(args: Args) -> dict:
    folder = checkpoint.checkpoint_folder(args.checkpoint)
    card = checkpoint.read_card(folder)
    checkpoint.check_files(folder, card)
    passages = read_passages(args.passages)
    encoder = TextEncoder.load(folder / "context_encoder")
    began = time.perf_counter()
    with tqdm(total=len(passages), desc="encode", unit="passages") as bar:
        vectors = encoder.encode([p.full_text for p in passages], lambda done, _: bar.update(done - bar.n))
    encoded = time.perf_counter()
    index = PassageIndex.build(passages, vectors, factory=args.factory, encoder=checkpoint.encoder_fingerprint(card))
    index.save(folder / "index")
    checkpoint.write_card(folder, replace(card, data={**card.data, "corpus": fingerprint(passages)}))
    return {
        "passages": len(passages),
        "factory": index.factory,
        "recall@10 against Flat": index.recall_at_10,
        "encode_seconds": round(encoded - began, 2),
        "index_seconds": round(time.perf_counter() - encoded, 2),
    }


if __name__ == "__main__":
    run(main, Args, __doc__)
