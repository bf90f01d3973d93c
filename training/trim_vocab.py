"""Cut a model's vocabulary to the pieces that given texts use, tokenizer and embedding rows alike.

    python -m training.trim_vocab --model DIR --texts a.jsonl b.jsonl.gz --size 9600 --out DIR

Kept tokens keep their vectors, so outputs on them are unchanged. SentencePiece Unigram tokenizers (mT5, E5)."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rag_demo.files import replaced_folder
from rag_demo.pretrained import load_model, load_tokenizer, save_pretrained
from rag_demo.types import RagError
from training.cli import run, say

FIELDS = ("question", "answer", "title", "text")


@dataclass
class Args:
    model: str = field(metadata={"help": "Folder or hub id of the model whose vocabulary is cut."})
    texts: list[str] = field(metadata={"help": "JSONL files (.gz too); question, answer, title and text are read."})
    out: str = field(metadata={"help": "Folder to write."})
    size: int = field(default=9600, metadata={"help": "Pieces to keep, special tokens included."})
    kind: str = field(default="encoder", metadata={"help": "encoder or seq2seq."})


def read_texts(paths: list[str]) -> Iterator[str]:
    for path in paths:
        opener = gzip.open if path.endswith(".gz") else open
        try:
            with opener(path, "rt", encoding="utf-8") as file:
                for line in file:
                    row = json.loads(line)
                    yield from (row[name] for name in FIELDS if row.get(name))
        except (OSError, ValueError) as error:
            raise RagError(f"{path} cannot be read as JSONL ({error}).") from None


def choose_pieces(tokenizer, texts: Iterator[str], size: int) -> list[int]:
    """Old ids to keep, ascending: the special tokens, then the most frequent pieces."""
    counts: Counter[int] = Counter()
    for text in texts:
        counts.update(tokenizer(text, add_special_tokens=False).input_ids)
    special = set(tokenizer.all_special_ids)
    ranked = [piece for piece, _ in counts.most_common() if piece not in special]
    kept = ranked[: size - len(special)]
    covered = sum(counts[piece] for piece in kept) / max(1, sum(counts.values()))
    say(f"{len(counts)} pieces are used; the {len(kept)} kept cover {covered:.4%} of the tokens")
    return sorted(special | set(kept))


def trim_tokenizer(tokenizer, kept: list[int]):
    """The same tokenizer over the kept pieces; ids are renumbered in ascending order of the old ones."""
    from tokenizers import Tokenizer

    state = json.loads(tokenizer.backend_tokenizer.to_str())
    model = state["model"]
    if model.get("type") != "Unigram":
        raise RagError(f"Only Unigram tokenizers can be cut, this one is {model.get('type')}.")
    new_id = {old: new for new, old in enumerate(kept)}
    model["vocab"] = [piece for old, piece in enumerate(model["vocab"]) if old in new_id]
    model["unk_id"] = new_id[model["unk_id"]]
    for token in state["added_tokens"]:
        token["id"] = new_id[token["id"]]
    for special in (state.get("post_processor") or {}).get("special_tokens", {}).values():
        special["ids"] = [new_id[old] for old in special["ids"]]
    cut = type(tokenizer)(tokenizer_object=Tokenizer.from_str(json.dumps(state)), **tokenizer.special_tokens_map)
    return cut


def renumber(config, new_id: dict[int, int]) -> None:
    """Special token ids of a configuration to the new numbers."""
    for name in ("pad", "bos", "eos", "decoder_start", "forced_bos", "forced_eos"):
        old = getattr(config, f"{name}_token_id", None)
        if old is not None:
            setattr(config, f"{name}_token_id", new_id[old])


def main(args: Args) -> None:
    import torch

    tokenizer, model = load_tokenizer(args.model), load_model(args.model, args.kind)
    kept = choose_pieces(tokenizer, read_texts(args.texts), args.size)
    rows = torch.tensor(kept)
    old = model.get_input_embeddings().weight.data
    new = torch.nn.Embedding(len(kept), old.shape[1], padding_idx=kept.index(tokenizer.pad_token_id))
    new.weight.data = old[rows].clone()
    output = model.get_output_embeddings() if args.kind == "seq2seq" else None
    tied = output is None or output.weight is model.get_input_embeddings().weight
    model.set_input_embeddings(new)
    if output is not None:
        head = torch.nn.Linear(old.shape[1], len(kept), bias=False)
        head.weight = new.weight if tied else torch.nn.Parameter(output.weight.data[rows].clone())
        model.set_output_embeddings(head)
    cut = trim_tokenizer(tokenizer, kept)
    if hasattr(model, "final_logits_bias"):  # BART's
        model.final_logits_bias = model.final_logits_bias[:, rows]
    model.config.vocab_size = len(kept)
    for config in (model.config, getattr(model, "generation_config", None)):
        renumber(config, {old_id: new_id for new_id, old_id in enumerate(kept)})
    with replaced_folder(Path(args.out)) as folder:
        save_pretrained(model, cut, folder)
    say(f"{args.out}: {len(kept)} pieces, {sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters")


if __name__ == "__main__":
    run(main, Args, __doc__)
