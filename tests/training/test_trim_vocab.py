"""A cut vocabulary changes nothing for the tokens it keeps."""

import json

import pytest
import torch
from transformers import AutoTokenizer, BertForMaskedLM, BertTokenizer

from rag_demo.config import CHECKPOINTS
from rag_demo.encoder import EncoderSettings, TextEncoder
from rag_demo.generator import Generator
from rag_demo.pretrained import load_tokenizer
from rag_demo.prompt import Lengths, build_inputs
from rag_demo.types import Passage, RagError
from tests.conftest import tiny_bart, tiny_bert, tiny_mt5
from tests.training.published import clue_albert, google_mt5
from training import trim_vocab
from training.hub import load_published, load_published_tokenizer
from training.vocabulary_plan import MT5_SMALL, parameters, plan, published_config

TEXT = "宝宝黄疸要多吃奶。"
PASSAGE = Passage("a", "", TEXT)


@pytest.fixture
def texts(tmp_path):
    file = tmp_path / "texts.jsonl"
    file.write_text(json.dumps({"question": "宝宝黄疸？", "answer": TEXT}, ensure_ascii=False), encoding="utf-8")
    return str(file)


def same_logits(whole: Generator, cut: Generator) -> None:
    """On the pieces that both have, given the same text."""
    pieces = cut.tokenizer.convert_ids_to_tokens(range(len(cut.tokenizer)))
    kept = whole.tokenizer.convert_tokens_to_ids(pieces)
    assert len(set(kept)) == len(kept) == cut.model.config.vocab_size
    logits = []
    whole.half().float()  # the cut one was stored in 16 bits
    for generator in (whole, cut):
        ids, mask = build_inputs(generator.tokenizer, "宝宝黄疸", [PASSAGE], Lengths())
        start = torch.tensor([[generator.start_id]])
        with torch.no_grad():
            logits.append(generator.model(input_ids=ids, attention_mask=mask, decoder_input_ids=start).logits)
    torch.testing.assert_close(logits[1], logits[0][..., kept], atol=1e-4, rtol=1e-4)


def test_an_encoder_gives_the_same_vectors(tmp_path, texts, tokenizer):
    whole = TextEncoder(tiny_bert(len(tokenizer)), tokenizer, EncoderSettings())
    whole.save(tmp_path / "whole")
    trim_vocab.main(trim_vocab.Args(str(tmp_path / "whole"), [texts], str(tmp_path / "cut"), size=20))
    cut = TextEncoder.load(tmp_path / "cut", EncoderSettings())
    assert len(cut.tokenizer) == 20 == cut.model.config.vocab_size
    loaded = TextEncoder.load(tmp_path / "whole")
    torch.testing.assert_close(torch.tensor(cut.encode([TEXT])), torch.tensor(loaded.encode([TEXT])))


@pytest.mark.parametrize("make", [tiny_mt5, tiny_bart])
def test_a_generator_gives_the_same_logits_on_kept_tokens(tmp_path, texts, tokenizer, make):
    """Tied output embeddings stay tied."""
    Generator(make(len(tokenizer)), tokenizer).save(tmp_path / "whole")
    trim_vocab.main(trim_vocab.Args(str(tmp_path / "whole"), [texts], str(tmp_path / "cut"), size=20, kind="seq2seq"))
    whole, cut = Generator.load(tmp_path / "whole"), Generator.load(tmp_path / "cut")
    assert cut.model.get_output_embeddings().weight is cut.model.get_input_embeddings().weight
    same_logits(whole, cut)


@pytest.mark.parametrize("storage", ["spiece.model", "tokenizer.json"])
def test_mt5_as_published_is_cut_in_both_matrices(tmp_path, texts, storage):
    """transformers 5 says tie_word_embeddings whatever the file says: an lm_head taken from the input rows would
    give other logits, and T5's own tokenizer class would rebuild the cut vocabulary around another <unk>."""
    folder = google_mt5(tmp_path / "mt5", storage)
    whole = Generator(load_published(folder, "seq2seq"), load_published_tokenizer(folder))
    trim_vocab.main(trim_vocab.Args(str(folder), [texts], str(tmp_path / "cut"), size=30, kind="seq2seq"))
    cut = Generator.load(tmp_path / "cut")
    assert not torch.equal(cut.model.lm_head.weight, cut.model.shared.weight)
    assert cut.model.shared.weight.shape == cut.model.lm_head.weight.shape == (30, 32)
    assert cut.tokenizer.decode(cut.tokenizer(TEXT).input_ids, skip_special_tokens=True) == TEXT
    assert cut.tokenizer.convert_ids_to_tokens(cut.tokenizer(TEXT).input_ids) == whole.tokenizer.convert_ids_to_tokens(
        whole.tokenizer(TEXT).input_ids
    )
    same_logits(whole, cut)


def test_a_wordpiece_vocabulary_is_cut(tmp_path, texts):
    folder = clue_albert(tmp_path / "albert")
    settings = EncoderSettings()
    whole = TextEncoder(load_published(folder, "encoder"), load_published_tokenizer(folder, "bert"), settings)
    trim_vocab.main(trim_vocab.Args(str(folder), [texts], str(tmp_path / "cut"), size=25, tokenizer="bert"))
    cut = TextEncoder.load(tmp_path / "cut", settings)
    assert len(cut.tokenizer) == 25
    whole.half().float()  # the cut one was stored in 16 bits
    torch.testing.assert_close(torch.tensor(cut.encode([TEXT])), torch.tensor(whole.encode([TEXT])))


@pytest.mark.shipped
def test_a_real_tokenizer_cuts_kept_text_alike(tmp_path):
    """The shipped Unigram tokenizer, through a save and a load: 9,600 pieces down to 400."""
    whole = load_tokenizer(CHECKPOINTS / "base" / "generator")
    cut = trim_vocab.trim_tokenizer(whole, trim_vocab.choose_pieces(whole, iter([TEXT]), 400))
    cut.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert len(again) == 400
    pieces = [t.convert_ids_to_tokens(t(TEXT).input_ids) for t in (whole, again)]
    assert pieces[0] == pieces[1] and again.unk_token_id not in again(TEXT).input_ids


def test_the_size_is_filled_with_chinese_first(tmp_path):
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "abc", "病", "药", "##药", "9", "宝"]
    (tmp_path / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = BertTokenizer(str(tmp_path / "vocab.txt"))
    assert trim_vocab.choose_pieces(tokenizer, iter(["宝"]), 8) == [0, 1, 2, 3, 4, 6, 7, 10]
    assert trim_vocab.choose_pieces(tokenizer, iter(["宝宝病"]), 6) == [0, 1, 2, 3, 4, 10]
    with pytest.raises(RagError, match="leaves no room"):
        trim_vocab.choose_pieces(tokenizer, iter(["宝"]), 5)


def test_byte_pieces_are_kept_where_the_tokenizer_falls_back_on_them():
    """Without them an unknown character would become nothing at all."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    vocabulary = [("<unk>", 0.0), *((f"<0x{byte:02X}>", -9.0) for byte in range(256)), ("宝", -1.0), ("病", -1.0)]
    inner = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=True))
    whole = PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>")
    cut = trim_vocab.trim_tokenizer(whole, trim_vocab.choose_pieces(whole, iter(["宝"]), 258))
    assert cut.convert_ids_to_tokens(cut("宝药").input_ids) == ["宝", "<0xE8>", "<0x8D>", "<0xAF>"]


def test_mt5_small_with_a_chinese_vocabulary_has_80_million_parameters():
    """By hand: an attention has 4 x 512 x 384, a gated feed-forward 3 x 512 x 1,024; 8 encoder layers of one attention
    and 2 norms, 8 decoder layers of two and 3, two last norms, two tables of 32 x 6 position biases."""
    attention, feed, norm = 4 * 512 * 384, 3 * 512 * 1024, 512
    outside = 8 * (attention + feed + 2 * norm) + 8 * (2 * attention + feed + 3 * norm) + 2 * norm + 2 * 32 * 6
    config = published_config(MT5_SMALL)
    found = plan(config, 80_000_000, "seq2seq")
    assert (found.outside, found.per_piece, found.pieces) == (outside, 2 * 512, 35_096)
    assert parameters(config, 250_112, "seq2seq") == 300_176_768  # as the published weights
    assert parameters(config, 35_096, "seq2seq") == found.parameters == 80_000_384


def test_tied_matrices_are_counted_once(tokenizer):
    model = tiny_bart(len(tokenizer))
    assert plan(model.config, 10**6, "seq2seq").per_piece == 32
    config = BertForMaskedLM(tiny_bert(50).config).config
    assert parameters(config, 50, "encoder") - parameters(config, 40, "encoder") == 320
