"""Tiny random models in the file formats of the hub repositories that the presets name."""

import json
from pathlib import Path

import sentencepiece
import torch
from transformers import AlbertForPreTraining, AutoTokenizer, BertForMaskedLM

from tests.conftest import CHARACTERS, PASSAGES, tiny_albert, tiny_bart, tiny_bert, tiny_mt5

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, "##院"]
TEXTS = [p.text for p in PASSAGES]


def write_config(folder: Path, model, architecture: str, **changes) -> None:
    config = {**model.config.to_dict(), "architectures": [architecture], **changes}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def google_mt5(folder: Path, storage: str = "spiece.model") -> Path:
    """As google/mt5-small: pytorch_model.bin with an lm_head of its own, more rows than pieces, spiece.model."""
    folder.mkdir(parents=True)
    (folder / "texts.txt").write_text("\n".join(TEXTS * 3), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "texts.txt"), model_prefix=str(folder / "spiece"), vocab_size=160, hard_vocab_limit=False,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, normalization_rule_name="nmt_nfkc", character_coverage=1.0,
        minloglevel=2,
    )  # fmt: skip
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model")).vocab_size()
    model = tiny_mt5(pieces + 4)  # the published one has 12 rows that no piece uses
    model.lm_head.weight = torch.nn.Parameter(0.3 * torch.randn(pieces + 4, 32))
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    special = dict(pad_token_id=0, eos_token_id=1, decoder_start_token_id=0)
    write_config(folder, model, "MT5ForConditionalGeneration", tie_word_embeddings=False, **special)
    named = dict(eos_token="</s>", unk_token="<unk>", pad_token="<pad>", extra_ids=0, tokenizer_class="T5Tokenizer")
    (folder / "tokenizer_config.json").write_text(json.dumps(named), encoding="utf-8")
    if storage == "tokenizer.json":
        AutoTokenizer.from_pretrained(folder).save_pretrained(folder)
        (folder / "spiece.model").unlink()
    return folder


def clue_albert(folder: Path) -> Path:
    """As clue/albert_chinese_small: an AlbertForPreTraining in torch's old file format, BERT's vocab.txt, nothing else."""
    folder.mkdir(parents=True)
    model = AlbertForPreTraining(tiny_albert(len(VOCABULARY)).config)
    torch.save(model.state_dict(), folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    write_config(folder, model, "AlbertForPreTraining", pad_token_id=0)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    return folder


def bert_base(folder: Path) -> Path:
    """As bert-base-chinese: a BertForMaskedLM in safetensors, its norms under their first names, tokenizer.json."""
    from safetensors.torch import save_file
    from transformers import BertTokenizer

    folder.mkdir(parents=True)
    model = BertForMaskedLM(tiny_bert(len(VOCABULARY)).config)
    for name, tensor in model.named_parameters():
        if "LayerNorm" in name:
            torch.nn.init.normal_(tensor, mean=1.0, std=0.1)
    state = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor.clone()
        for name, tensor in model.state_dict().items()
    }
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    write_config(folder, model, "BertForMaskedLM")
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    BertTokenizer.from_pretrained(folder).save_pretrained(folder)
    return folder


def fnlp_bart(folder: Path, said: int = 254) -> Path:
    """As fnlp/bart-large-chinese: pytorch_model.bin, vocab.txt; `said` positions in config.json, 256 rows in the table."""
    folder.mkdir(parents=True)
    special = dict(pad_token_id=0, bos_token_id=2, eos_token_id=3, decoder_start_token_id=3)
    model = tiny_bart(len(VOCABULARY), **special)
    state = {k: v[:256] if k.endswith("embed_positions.weight") else v for k, v in model.state_dict().items()}
    torch.save(state, folder / "pytorch_model.bin")
    write_config(folder, model, "BartForConditionalGeneration", max_position_embeddings=said)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    return folder
