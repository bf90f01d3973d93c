"""A cut vocabulary changes nothing for the tokens it keeps."""

import json

import pytest
import torch

from rag_demo.encoder import EncoderSettings, TextEncoder
from rag_demo.generator import Generator
from rag_demo.prompt import Lengths, build_inputs
from rag_demo.types import Passage
from tests.conftest import tiny_bart, tiny_bert, tiny_mt5
from training import trim_vocab

TEXT = "宝宝黄疸要多吃奶。"


@pytest.fixture
def texts(tmp_path):
    file = tmp_path / "texts.jsonl"
    file.write_text(json.dumps({"question": "宝宝黄疸？", "answer": TEXT}, ensure_ascii=False), encoding="utf-8")
    return str(file)


def test_an_encoder_gives_the_same_vectors(tmp_path, texts, tokenizer):
    whole = TextEncoder(tiny_bert(len(tokenizer)), tokenizer, EncoderSettings())
    whole.save(tmp_path / "whole")
    trim_vocab.main(trim_vocab.Args(str(tmp_path / "whole"), [texts], str(tmp_path / "cut"), size=20))
    cut = TextEncoder.load(tmp_path / "cut", EncoderSettings())
    assert len(cut.tokenizer) < len(tokenizer) and cut.model.config.vocab_size == len(cut.tokenizer)
    loaded = TextEncoder.load(tmp_path / "whole")
    torch.testing.assert_close(torch.tensor(cut.encode([TEXT])), torch.tensor(loaded.encode([TEXT])))


@pytest.mark.parametrize("make", [tiny_mt5, tiny_bart])
def test_a_generator_gives_the_same_logits_on_kept_tokens(tmp_path, texts, tokenizer, make):
    """Untied (mT5) and tied (BART) output embeddings."""
    Generator(make(len(tokenizer)), tokenizer).save(tmp_path / "whole")
    trim_vocab.main(trim_vocab.Args(str(tmp_path / "whole"), [texts], str(tmp_path / "cut"), size=20, kind="seq2seq"))
    whole, cut = Generator.load(tmp_path / "whole"), Generator.load(tmp_path / "cut")
    kept = [
        whole.tokenizer.convert_tokens_to_ids(t) for t in cut.tokenizer.convert_ids_to_tokens(range(len(cut.tokenizer)))
    ]
    logits = []
    for generator in (whole, cut):
        ids, mask = build_inputs(generator.tokenizer, "宝宝黄疸", [Passage("a", "", TEXT)], Lengths())
        start = torch.tensor([[generator.start_id]])
        with torch.no_grad():
            logits.append(generator.model(input_ids=ids, attention_mask=mask, decoder_input_ids=start).logits)
    torch.testing.assert_close(logits[1], logits[0][..., kept], atol=1e-4, rtol=1e-4)
