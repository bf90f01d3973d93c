"""Cache what a teacher encoder says about texts: its token states and its pooled vector.

    python -m training.teacher --model DIR --texts questions.jsonl passages.jsonl --out DIR

Written in shards of 1,000 texts; the same command goes on where it stopped. The teacher reads its own prefix, the
student does not: the prefix's tokens are left out of what is kept."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from rag_demo.files import write_bytes
from rag_demo.pretrained import load_model, load_tokenizer
from rag_demo.tensors import batches_by_length, pad
from rag_demo.types import Passage, RagError
from training.cli import run
from training.world import device_of

SHARD = 1000
PREFIXES = {"question": "query: ", "passage": "passage: "}  # multilingual-e5's


@dataclass
class Args:
    model: str = field(metadata={"help": "Folder or hub id of the teacher, a BERT-like encoder with mean pooling."})
    texts: list[str] = field(metadata={"help": "questions*.jsonl (field question) and passages*.jsonl (title, text)."})
    out: str = field(metadata={"help": "Folder of the cache."})
    max_length: int = field(default=128, metadata={"help": "Tokens of a text, beyond which it is cut."})
    device: str = field(default="auto", metadata={"help": "auto, cpu, cuda or cuda:N."})


@dataclass(frozen=True, slots=True)
class Taught:
    """ids (n,), states (n, D) float16, vector (D,) float32 of one text; row i of states belongs to token i."""

    ids: np.ndarray
    states: np.ndarray
    vector: np.ndarray


def key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def read_cache(folder: str | Path) -> dict[str, Taught]:
    """key(text) -> what the teacher says of it."""
    taught: dict[str, Taught] = {}
    files = sorted(Path(folder).glob("*.npz"))
    if not files:
        raise RagError(f"{folder} holds no teacher's cache; make it: python -m training.teacher --out {folder} …")
    for file in files:
        shard = np.load(file)
        ids, states, vectors = shard["ids"], shard["states"], shard["vectors"].astype(np.float32)
        ends = np.cumsum(shard["lengths"])
        for i, name in enumerate(shard["keys"].tolist()):
            span = slice(ends[i] - shard["lengths"][i] if i == 0 else ends[i - 1], ends[i])
            taught[name] = Taught(ids[span], states[span], vectors[i])
    return taught


@torch.inference_mode()
def teach(model, tokenizer, texts: Sequence[str], prefix: str, max_length: int) -> list[Taught]:
    prefix_length = len(tokenizer(prefix, add_special_tokens=False).input_ids)
    rows = tokenizer(
        [prefix + text for text in texts], truncation=True, max_length=max_length + prefix_length
    ).input_ids
    found: list[Taught | None] = [None] * len(texts)
    for batch in batches_by_length([len(row) for row in rows], 4096):
        ids, mask = (t.to(model.device) for t in pad([rows[i] for i in batch], tokenizer.pad_token_id))
        states = model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1)
        vectors = torch.nn.functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1)
        for row, i in enumerate(batch):
            keep = [0, *range(1 + prefix_length, len(rows[i]))]
            found[i] = Taught(
                np.array(rows[i])[keep], states[row, keep].half().cpu().numpy(), vectors[row].cpu().numpy()
            )
    return found


def save_shard(file: Path, keys: Sequence[str], taught: Sequence[Taught]) -> None:
    import io

    buffer = io.BytesIO()
    np.savez(
        buffer,
        keys=np.array(keys),
        lengths=np.array([len(t.ids) for t in taught]),
        ids=np.concatenate([t.ids for t in taught]).astype(np.int32),
        states=np.concatenate([t.states for t in taught]),
        vectors=np.stack([t.vector for t in taught]).astype(np.float16),
    )
    write_bytes(file, buffer.getvalue())


def texts_of(paths: Sequence[str]) -> list[tuple[str, str]]:
    """(kind, text) of each line; a line with a "question" is a question, one with a "text" a passage."""
    found: dict[tuple[str, str], None] = {}
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "question" in row:
                found["question", row["question"]] = None
            else:
                found["passage", Passage(row["id"], row.get("title", ""), row["text"]).full_text] = None
    return list(found)


def main(args: Args) -> None:
    out = Path(args.out)
    done = {name for file in out.glob("*.npz") for name in np.load(file)["keys"].tolist()} if out.exists() else set()
    missing = [(kind, text) for kind, text in texts_of(args.texts) if key(text) not in done]
    if not missing:
        return
    model, tokenizer = load_model(args.model, "encoder").to(device_of(args.device)), load_tokenizer(args.model)
    for start in tqdm(range(0, len(missing), SHARD), desc="teacher", unit="k texts"):
        part = missing[start : start + SHARD]
        taught: dict[str, Taught] = {}
        for kind, prefix in PREFIXES.items():
            texts = [text for k, text in part if k == kind]
            if texts:
                taught.update(
                    zip(map(key, texts), teach(model, tokenizer, texts, prefix, args.max_length), strict=True)
                )
        save_shard(out / f"{key(''.join(taught))}.npz", list(taught), list(taught.values()))


if __name__ == "__main__":
    run(main, Args, __doc__)
