"""A grown generator goes on where the small one stood."""

import pytest
import torch
from transformers import BertConfig, BertModel

from rag_demo.generator import Generator
from rag_demo.prompt import Lengths, build_inputs, encode_answer
from rag_demo.types import RagError
from training import grow, init_models
from training.presets import Preset, preset_of

SMALL = Preset("small", "", "albert", (0,), encoder_layers=(0, 5), decoder_layers=(0, 5))
LARGE = Preset("large", "", "bert", (0,), encoder_layers=(0, 2, 3, 5), decoder_layers=(0, 3, 5))


@pytest.fixture(scope="module")
def bert(tokenizer) -> BertModel:
    """Six layers, 64 wide, of the spread that pretrained weights have."""
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=6, num_attention_heads=4, intermediate_size=96,
        max_position_embeddings=258, initializer_range=0.1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    model = BertModel(config, add_pooling_layer=False).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.LayerNorm):
            torch.nn.init.normal_(module.weight, mean=0.9, std=0.05)
            torch.nn.init.normal_(module.bias, std=0.05)
    return model


def log_probs(model, tokenizer, passages) -> torch.Tensor:
    """Of an answer given three passages, (3, T)."""
    ids, mask = build_inputs(tokenizer, "宝宝黄疸怎么办", passages[:3], Lengths())
    labels = torch.tensor([encode_answer(tokenizer, "宝宝黄疸要多吃奶。")] * 3)
    with torch.no_grad():
        return Generator(model.eval(), tokenizer).token_log_probs(ids, mask, labels)


@pytest.mark.parametrize(
    ("small", "large", "wanted"),
    [
        ((0, 5, 11), (0, 2, 4, 6, 8, 11), [0, None, 1, None, None, 2]),  # base's encoder in large's
        ((0, 11), (0, 4, 8), [0, None, 1]),  # base's decoder in large's
        ((0, 1, 2), (0, 1, 2), [0, 1, 2]),
        ((10, 11), (0, 4, 8), [None, 0, 1]),  # both are nearest to the last, in order
        ((0, 1, 2), (0, 8, 11), [0, 1, 2]),  # room is left for those that follow
    ],
)
def test_every_trained_layer_has_its_place(small, large, wanted):
    assert grow.placed(small, large) == wanted


def test_the_presets_grow_into_each_other():
    base, large = preset_of("base"), preset_of("large")
    for stack in ("encoder_layers", "decoder_layers"):
        found = grow.placed(getattr(base, stack), getattr(large, stack))
        assert [i for i in found if i is not None] == list(range(len(getattr(base, stack))))


def test_the_grown_model_says_what_the_small_one_says(bert, tokenizer, passages):
    """Nearly: a layer norm undone is exact only where the norm before it has one gain. A layer that is not silenced,
    taken from the wrong place or left at random moves the log-probabilities by far more, as the second half shows."""
    small = init_models.bart_generator(bert, SMALL.encoder_layers, SMALL.decoder_layers)
    grown = grow.grow(small, bert, SMALL, LARGE)
    assert (grown.config.encoder_layers, grown.config.decoder_layers) == (4, 3)
    before, after = (log_probs(model, tokenizer, passages) for model in (small, grown))
    distance = float((after - before).abs().max())
    assert distance < 0.1
    loud = grow.grow(small, bert, SMALL, LARGE)
    init_models.copy_layer(loud.model.encoder.layers[1], bert.encoder.layer[2])
    assert float((log_probs(loud, tokenizer, passages) - before).abs().max()) > 3 * distance


def test_with_plain_norms_nothing_changes(bert, tokenizer, passages):
    """Gains of 1 and biases of 0 can be undone exactly."""
    plain = BertModel(bert.config, add_pooling_layer=False).eval()
    small = init_models.bart_generator(plain, SMALL.encoder_layers, SMALL.decoder_layers)
    grown = grow.grow(small, plain, SMALL, LARGE)
    torch.testing.assert_close(
        log_probs(grown, tokenizer, passages), log_probs(small, tokenizer, passages), atol=1e-3, rtol=0
    )


def test_the_new_layers_can_learn(bert, tokenizer, passages):
    """Zeroed projections must get a gradient, or the grown model would stay the small one."""
    small = init_models.bart_generator(bert, SMALL.encoder_layers, SMALL.decoder_layers)
    grown = grow.grow(small, bert, SMALL, LARGE)
    ids, mask = build_inputs(tokenizer, "宝宝黄疸怎么办", passages[:1], Lengths())
    labels = torch.tensor([encode_answer(tokenizer, "宝宝黄疸要多吃奶。")])
    (-Generator(grown, tokenizer).token_log_probs(ids, mask, labels).sum()).backward()
    for layer in (grown.model.encoder.layers[1], grown.model.decoder.layers[1]):
        assert (
            float(layer.fc2.weight.grad.abs().max()) > 0 and float(layer.self_attn.out_proj.weight.grad.abs().max()) > 0
        )


def test_the_command_keeps_what_was_trained(tmp_path, bert, tokenizer, passages, monkeypatch):
    small = init_models.bart_generator(bert, SMALL.encoder_layers, SMALL.decoder_layers)
    Generator(small, tokenizer).save(tmp_path / "small")
    from rag_demo.pretrained import save_pretrained

    save_pretrained(bert, tokenizer, tmp_path / "bert")
    monkeypatch.setattr(grow, "preset_of", {"base": SMALL, "large": LARGE}.get)
    args = grow.Args(str(tmp_path / "small"), str(tmp_path / "bert"), str(tmp_path / "grown"))
    grow.main(args)
    grown = Generator.load(tmp_path / "grown")
    assert torch.equal(grown.model.model.shared.weight, Generator.load(tmp_path / "small").model.model.shared.weight)
    assert grown.model.config.encoder_layers == 4
    with pytest.raises(RagError, match="nowhere"):
        grow.main(grow.Args("nowhere", str(tmp_path / "bert"), str(tmp_path / "o")))
    with pytest.raises(RagError, match="has 2 encoder layers, large has 4"):
        grow.main(grow.Args(str(tmp_path / "small"), str(tmp_path / "bert"), str(tmp_path / "o"), base="large"))
    assert not (tmp_path / "o").exists()
