"""Cut a model's vocabulary to the pieces that given texts use, tokenizer and embedding rows alike.

    python -m training.trim_vocab --model DIR --texts a.jsonl b.jsonl.gz --size 9600 --out DIR
    python -m training.trim_vocab --model google/mt5-small --kind seq2seq --texts … --size 35096 --out DIR
    python -m training.trim_vocab --model google/mt5-small --kind seq2seq --plan 80

Kept tokens keep their vectors, in the input matrix and in an untied output matrix, so outputs on them are unchanged.
Tokenizers: SentencePiece's Unigram (mT5, E5) from spiece.model or tokenizer.json, and BERT's WordPiece. A text whose
pieces are all kept is cut into the same pieces: both algorithms only lose competitors.

Where the texts use fewer pieces than --size, Chinese ones follow in the tokenizer's order, then the others. --plan
prints the size that gives so many million parameters (training/vocabulary_plan.py shows the arithmetic)."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

from rag_demo.files import replaced_folder
from rag_demo.pretrained import save_pretrained
from rag_demo.types import RagError
from training.cli import run, say
from training.hub import load_published, load_published_tokenizer
from training.vocabulary_plan import plan, published_config

FIELDS = ("question", "answer", "title", "text")
BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")
CHINESE = re.compile(r"(##|▁)?[\u3400-\u9fff]+")
KINDS = ("encoder", "seq2seq")


@dataclass
class Args:
    model: str = field(metadata={"help": "Folder or hub id of the model whose vocabulary is cut."})
    texts: list[str] = field(
        default_factory=list, metadata={"help": "JSONL files (.gz too); question, answer, title and text are read."}
    )
    out: str | None = field(default=None, metadata={"help": "Folder to write."})
    size: int = field(default=9600, metadata={"help": "Pieces to keep, special tokens included."})
    kind: str = field(default="encoder", metadata={"help": "encoder or seq2seq."})
    tokenizer: str = field(default="auto", metadata={"help": "auto, or bert for a folder with only vocab.txt."})
    plan: float | None = field(default=None, metadata={"help": "Only print the size for so many million parameters."})


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
    """Old ids to keep, ascending: what the tokenizer cannot do without, then the most frequent pieces, then Chinese."""
    counts: Counter[int] = Counter()
    for text in texts:
        counts.update(tokenizer(text, add_special_tokens=False).input_ids)
    needed = needed_pieces(tokenizer)
    if size <= len(needed):
        raise RagError(f"--size {size} leaves no room beside {len(needed)} special tokens; give a larger one.")
    ranked = [piece for piece, _ in counts.most_common() if piece not in needed]
    kept = ranked[: size - len(needed)]
    covered = (sum(counts[piece] for piece in kept) + sum(counts[piece] for piece in needed)) / max(1, counts.total())
    say(f"{len(counts)} pieces are used; the {len(kept)} kept cover {covered:.4%} of the tokens")
    missing = size - len(needed) - len(kept)
    if missing > 0:
        others = [i for i in range(len(tokenizer)) if i not in counts and i not in needed]
        pieces = tokenizer.convert_ids_to_tokens(others)
        chinese = [i for i, piece in zip(others, pieces, strict=True) if CHINESE.fullmatch(piece)]
        added = [*chinese, *sorted(set(others) - set(chinese))][:missing]
        kept += added
        say(f"{len(added)} more to fill the size, {min(len(added), len(chinese))} of them Chinese")
    return sorted(needed | set(kept))


def needed_pieces(tokenizer) -> set[int]:
    """Special and added tokens, <unk>, and the byte pieces of a tokenizer that falls back on them."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    needed = set(tokenizer.all_special_ids) | {token["id"] for token in state["added_tokens"]}
    if state["model"].get("byte_fallback"):
        needed |= {i for i, (piece, _) in enumerate(state["model"]["vocab"]) if BYTE_PIECE.fullmatch(piece)}
    return needed


def trim_tokenizer(tokenizer, kept: list[int]):
    """The same tokenizer over the kept pieces; ids are renumbered in ascending order of the old ones."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    state = json.loads(tokenizer.backend_tokenizer.to_str())
    model = state["model"]
    new_id = {old: new for new, old in enumerate(kept)}
    if model["type"] == "Unigram":
        model["vocab"] = [piece for old, piece in enumerate(model["vocab"]) if old in new_id]
        model["unk_id"] = new_id[model["unk_id"]]
    elif model["type"] == "WordPiece":
        model["vocab"] = {piece: new_id[old] for piece, old in model["vocab"].items() if old in new_id}
    else:
        raise RagError(f"Only Unigram and WordPiece tokenizers can be cut, this one is {model['type']}.")
    for token in state["added_tokens"]:
        token["id"] = new_id[token["id"]]
    for special in (state.get("post_processor") or {}).get("special_tokens", {}).values():
        special["ids"] = [new_id[old] for old in special["ids"]]
    # not type(tokenizer): T5's class builds its own model again and would put <unk> at id 2
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(state)), **tokenizer.special_tokens_map
    )


def trim_model(model, kept: list[int], pad: int) -> None:
    """Keep the given rows of the input embeddings, and of the output embeddings where they have their own."""
    rows = torch.tensor(kept)
    embeddings, output = model.get_input_embeddings(), model.get_output_embeddings()
    tied = output is None or output.weight is embeddings.weight
    new = torch.nn.Embedding(len(kept), embeddings.weight.shape[1], padding_idx=kept.index(pad))
    new.weight.data = embeddings.weight.data[rows].clone()
    model.set_input_embeddings(new)
    if output is not None:
        head = torch.nn.Linear(new.embedding_dim, len(kept), bias=False)
        head.weight = new.weight if tied else torch.nn.Parameter(output.weight.data[rows].clone())
        model.set_output_embeddings(head)
    if hasattr(model, "final_logits_bias"):  # BART's
        model.final_logits_bias = model.final_logits_bias[:, rows]
    model.config.vocab_size = len(kept)
    for config in (model.config, getattr(model, "generation_config", None)):
        renumber(config, {old: new for new, old in enumerate(kept)})


def renumber(config, new_id: dict[int, int]) -> None:
    """Special token ids of a configuration to the new numbers."""
    for name in ("pad", "bos", "eos", "decoder_start", "forced_bos", "forced_eos"):
        old = getattr(config, f"{name}_token_id", None)
        if old is not None:
            setattr(config, f"{name}_token_id", new_id.get(old))


def main(args: Args) -> dict | None:
    if args.kind not in KINDS:
        raise RagError(f"--kind must be encoder or seq2seq, not {args.kind!r}.")
    if args.plan is not None:
        found = plan(published_config(args.model), round(args.plan * 1e6), args.kind)
        say(str(found))
        return {"pieces": found.pieces, "parameters": found.parameters}
    if not args.texts or not args.out:
        raise RagError("Give the texts that choose the pieces and a folder to write: --texts … --out DIR.")
    tokenizer, model = load_published_tokenizer(args.model, args.tokenizer), load_published(args.model, args.kind)
    kept = choose_pieces(tokenizer, read_texts(args.texts), args.size)
    trim_model(model, kept, tokenizer.pad_token_id)
    with replaced_folder(Path(args.out)) as folder:
        save_pretrained(model, trim_tokenizer(tokenizer, kept), folder)
    say(f"{args.out}: {len(kept)} pieces, {sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters")
    return None


if __name__ == "__main__":
    run(main, Args, __doc__)
