"""Tiny real models: 2 layers, 32 wide, random weights, a vocabulary of the fixture's own characters."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    AlbertConfig,
    AlbertModel,
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertModel,
    BertTokenizer,
    MT5Config,
    MT5ForConditionalGeneration,
    PreTrainedTokenizerFast,
)

from rag_demo import checkpoint
from rag_demo.encoder import EncoderSettings, TextEncoder
from rag_demo.engine import RagEngine
from rag_demo.generator import Generator
from rag_demo.index import PassageIndex
from rag_demo.prompt import Lengths
from rag_demo.types import Passage

PASSAGES = [
    Passage("p0001", "孕期血糖", "孕妇血糖高先调整饮食。少食多餐，主食粗细搭配。餐后散步30分钟。", "孕期", "测试"),
    Passage("p0002", "新生儿黄疸", "宝宝黄疸要多吃奶。黄疸加重要去医院！不要自行停母乳。", "新生儿", "测试"),
    Passage("p0003", "二甲双胍", "二甲双胍随餐服用；最大剂量遵医嘱。肾功能差者慎用二甲双胍。", "用药", "测试"),
    Passage("p0004", "发热", "体温38.5℃可用退热药；不要捂汗。宝宝发热要多喝水。", "儿科", "测试"),
    Passage("p0005", "便秘", "多吃蔬菜水果。每天喝水1500毫升。便血要去医院！", "消化", "测试"),
    Passage("p0006", "高血压", "高血压要低盐饮食。按时服药，不要自行停药。", "心脑血管", "测试"),
]
CHARACTERS = sorted({c for p in PASSAGES for c in p.title + p.text} | set("怎么办吗？?,.!;:0123456789abcmgkh/<>&"))


def unigram_tokenizer() -> PreTrainedTokenizerFast:
    """As multilingual-e5's and mT5's: NFKC, ▁ before a text, single characters and a few words."""
    import unicodedata

    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁"]
    narrow = sorted({unicodedata.normalize("NFKC", c) for c in CHARACTERS if not c.isspace()})
    words = ["血糖", "宝宝", "医院", "二甲双胍", "不要"]
    letters = [c for c in narrow if len(c) == 1]
    vocabulary = [(p, 0.0) for p in pieces] + [(w, -4.0) for w in words] + [(c, -6.0) for c in letters]
    inner = Tokenizer(models.Unigram(vocabulary, unk_id=3))
    inner.normalizer = normalizers.NFKC()
    inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    inner.decoder = decoders.Metaspace(prepend_scheme="always")
    inner.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        cls_token="<s>",
        sep_token="</s>",
    )


def bert_tokenizer(folder: Path) -> BertTokenizer:
    """As bert-base-chinese's and fnlp BART's: one piece a character, [CLS] … [SEP]."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS]
    file = folder / "vocab.txt"
    file.write_text("\n".join(vocabulary), encoding="utf-8")
    return BertTokenizer(str(file))


def tiny_mt5(size: int) -> MT5ForConditionalGeneration:
    torch.manual_seed(1)
    return MT5ForConditionalGeneration(
        MT5Config(
            vocab_size=size,
            d_model=32,
            d_kv=8,
            d_ff=48,
            num_layers=2,
            num_heads=4,
            dropout_rate=0.0,
            pad_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=1,
            initializer_factor=2.0,
        )
    ).eval()


def tiny_bart(size: int, **special) -> BartForConditionalGeneration:
    torch.manual_seed(2)
    special = special or dict(pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2)
    return BartForConditionalGeneration(
        BartConfig(
            vocab_size=size,
            d_model=32,
            encoder_layers=2,
            decoder_layers=2,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            encoder_ffn_dim=48,
            decoder_ffn_dim=48,
            max_position_embeddings=256,
            dropout=0.0,
            attention_dropout=0.0,
            init_std=0.5,
            forced_eos_token_id=None,
            **special,
        )
    ).eval()


def tiny_albert(size: int) -> AlbertModel:
    torch.manual_seed(3)
    return AlbertModel(
        AlbertConfig(
            vocab_size=size,
            embedding_size=16,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=48,
            max_position_embeddings=128,
            type_vocab_size=1,
            pad_token_id=1,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            initializer_range=0.3,
        ),
        add_pooling_layer=False,
    ).eval()


def tiny_bert(size: int) -> BertModel:
    torch.manual_seed(4)
    return BertModel(
        BertConfig(
            vocab_size=size,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=48,
            max_position_embeddings=128,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            initializer_range=0.3,
        ),
        add_pooling_layer=False,
    ).eval()


@pytest.fixture(scope="session")
def passages() -> list[Passage]:
    return list(PASSAGES)


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    return unigram_tokenizer()


@pytest.fixture(scope="session")
def towers(tokenizer) -> tuple[TextEncoder, TextEncoder]:
    return (
        TextEncoder(tiny_albert(len(tokenizer)), tokenizer, EncoderSettings(scale=20.0, max_length=96)),
        TextEncoder(tiny_bert(len(tokenizer)), tokenizer, EncoderSettings(max_length=96)),
    )


@pytest.fixture(scope="session", params=["mt5", "bart", "bert-bart"])
def generator(request, tokenizer, tmp_path_factory) -> Generator:
    """mT5 with a SentencePiece-like tokenizer, BART with the same, and BART with BERT's tokenizer (fnlp's format)."""
    if request.param == "mt5":
        return Generator(tiny_mt5(len(tokenizer)), tokenizer)
    if request.param == "bart":
        return Generator(tiny_bart(len(tokenizer)), tokenizer)
    bert = bert_tokenizer(tmp_path_factory.mktemp("bert"))
    special = dict(pad_token_id=0, bos_token_id=2, eos_token_id=3, decoder_start_token_id=3)
    return Generator(tiny_bart(len(bert), **special), bert)


@pytest.fixture(scope="session")
def engine(towers, generator, passages) -> RagEngine:
    return build_engine(towers, generator, passages)


@pytest.fixture(scope="session")
def bart_engine(towers, tokenizer, passages) -> RagEngine:
    """One engine, where the kind of generator does not matter."""
    return build_engine(towers, Generator(tiny_bart(len(tokenizer)), tokenizer), passages)


def build_engine(towers, generator, passages) -> RagEngine:
    index = PassageIndex.build(passages, towers[1].encode([p.full_text for p in passages]), encoder="tiny")
    return RagEngine("tiny", *towers, generator, index, Lengths(question=32, input=120, answer=24))


def save_checkpoint(engine: RagEngine, folder: Path) -> Path:
    """All of a checkpoint folder, as training.export and training.build_index leave it."""
    folder.mkdir()
    for part in checkpoint.PARTS:
        getattr(engine, part).save(folder / part)
    card = checkpoint.RagCard("base", lengths=engine.lengths, files=checkpoint.hash_files(folder))
    checkpoint.write_card(folder, card)
    index = engine.index
    PassageIndex(index.index, index.passages, index.factory, checkpoint.encoder_fingerprint(card)).save(
        folder / "index"
    )
    return folder
