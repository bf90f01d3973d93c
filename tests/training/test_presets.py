"""The preset files, and the two that start from published models, the whole way to an answer."""

from pathlib import Path

import pytest
import torch

from rag_demo.encoder import EncoderSettings, TextEncoder
from rag_demo.engine import RagEngine
from rag_demo.generator import Generator
from rag_demo.types import AnswerMode, RagError
from tests.training.published import bert_base, clue_albert, fnlp_bart, google_mt5
from training import build_index, export, init_models, train_dpr, train_generator, trim_vocab
from training.hub import load_published, load_published_tokenizer
from training.presets import preset_names, preset_of, read_preset


def test_the_four_presets():
    assert preset_names() == ["albert-mt5", "base", "bert-bart", "large"]
    found = {name: preset_of(name) for name in preset_names()}
    assert [name for name, preset in found.items() if preset.published] == ["albert-mt5", "bert-bart"]
    assert found["base"].tower_layers == (0, 11) and found["large"].decoder_layers == (0, 4, 8)
    assert found["albert-mt5"].vocabulary == 35_096
    assert found["base"].stages["dpr"]["lr"] == 4e-4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('about = "x"\ntower = "albert"\ntower_layer = [0]', "tower_layer"),
        ('about = "x"\ntower = "gpt"\ntower_layers = [0]', '"albert" or "bert"'),
        ('about = "x"\ntower = "bert"', "not both"),
        ('about = "x"\ntower = "bert"\ntower_source = "a"', "generator_source"),
        ("about = ", "is not a preset"),
    ],
)
def test_a_wrong_preset_file_is_named(tmp_path, text, message):
    """A typo in a key must not pass as a default value."""
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RagError, match=r"mine\.toml") as error:
        read_preset(tmp_path / "mine.toml")
    assert message in str(error.value)


def test_an_unknown_preset_is_named():
    with pytest.raises(RagError, match="No preset 'huge'; training knows albert-mt5, base, bert-bart, large"):
        preset_of("huge")


@pytest.fixture
def published(tmp_path, project) -> dict[str, tuple[str, str]]:
    """Preset -> (tower, generator): folders as the hub's; mT5 with its vocabulary cut."""
    google_mt5(tmp_path / "mt5")
    texts = [str(project / "passages.jsonl"), str(project / "train.jsonl")]
    trim_vocab.main(
        trim_vocab.Args(str(tmp_path / "mt5"), texts, str(tmp_path / "cut"), size=95, kind="seq2seq"),
    )
    return {
        "albert-mt5": (str(clue_albert(tmp_path / "albert")), str(tmp_path / "cut")),
        "bert-bart": (str(bert_base(tmp_path / "bert")), str(fnlp_bart(tmp_path / "bart"))),
    }


@pytest.mark.parametrize("preset", ["albert-mt5", "bert-bart"])
def test_from_published_models_to_an_answer(project, published, preset):
    """init -> a step of DPR -> a step of the generator -> export -> index -> load -> answer, grounded and free."""
    tower, generator = published[preset]
    init_models.main(init_models.Args(preset, str(project / "init"), tower=tower, generator=generator))
    data = dict(questions=[str(project / "train.jsonl")], passages=[str(project / "passages.jsonl")], threads=1)
    train_dpr.main(
        train_dpr.Args(
            init=str(project / "init" / "tower"), out=str(project / "dpr"), batch=3, epochs=0.5, warmup=1, **data
        )
    )
    train_generator.main(
        train_generator.Args(
            init=str(project / "init" / "generator"),
            out=str(project / "g"),
            batch_tokens=400,
            epochs=1,
            warmup=1,
            **data,
        )
    )
    parts = [str(project / "dpr" / part) for part in ("question_encoder", "context_encoder")]
    export.main(export.Args(preset, *parts, str(project / "g" / "generator"), out=str(project / "checkpoint")))
    build_index.main(build_index.Args(str(project / "checkpoint"), str(project / "passages.jsonl")))
    assert not [f.name for f in (project / "checkpoint").rglob("*") if f.suffix in (".bin", ".pt", ".pkl")]
    engine = RagEngine.load(project / "checkpoint")
    answer = engine.answer("宝宝黄疸怎么办？", top_k=3)
    passages = "".join(hit.passage.text for hit in answer.hits)
    assert answer.citations and all(citation.text in passages for citation in answer.citations)
    free = engine.answer("宝宝黄疸怎么办？", top_k=3, answer_mode=AnswerMode.FREE)
    assert free.finished and len(free.tokens) > 0
    text = "宝宝黄疸要多吃奶。"
    ids = engine.generator.tokenizer(text, add_special_tokens=False).input_ids
    assert engine.generator.text_of(ids) == text  # no spaces between Chinese characters


def test_published_weights_arrive(tmp_path):
    """A wrong prefix or name (albert.…, bert.….LayerNorm.gamma) leaves random weights and only a warning."""
    for folder, file in ((clue_albert(tmp_path / "a"), "pytorch_model.bin"), (bert_base(tmp_path / "b"), None)):
        model = load_published(folder, "encoder")
        if file:
            state = torch.load(folder / file, weights_only=True)
            wanted = state["albert.encoder.albert_layer_groups.0.albert_layers.0.attention.query.weight"]
            found = model.encoder.albert_layer_groups[0].albert_layers[0].attention.query.weight
        else:
            from safetensors.torch import load_file

            wanted = load_file(folder / "model.safetensors")["bert.encoder.layer.1.output.LayerNorm.gamma"]
            found = model.encoder.layer[1].output.LayerNorm.weight
            tail = load_file(folder / "model.safetensors")["bert.encoder.layer.1.attention.self.query.weight"]
            assert torch.equal(model.encoder.layer[1].attention.self.query.weight, tail)
        assert torch.equal(found, wanted)


@pytest.mark.parametrize("said", [254, 256])
def test_the_position_table_has_the_weights_rows(tmp_path, said):
    """config.json says 512 in some copies of fnlp's BART and 514 in others; the table is one size."""
    folder = fnlp_bart(tmp_path / "bart", said)
    model = load_published(folder, "seq2seq")
    assert model.model.encoder.embed_positions.weight.shape[0] == 256
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    assert torch.equal(model.model.decoder.embed_positions.weight, state["model.decoder.embed_positions.weight"])


def test_a_vocabulary_of_another_kind_is_named(tmp_path):
    """transformers 5 makes up a tokenizer of five pieces for an ALBERT without spiece.model."""
    with pytest.raises(RagError, match='tower_tokenizer = "bert"'):
        load_published_tokenizer(clue_albert(tmp_path / "albert"))


def test_pickled_code_is_refused_and_checkpoints_hold_no_pickle(tmp_path):
    folder = clue_albert(tmp_path / "albert")
    with pytest.raises(RagError, match="cannot be loaded"):
        TextEncoder.load(folder, EncoderSettings())
    with pytest.raises(RagError, match="cannot be loaded"):
        Generator.load(fnlp_bart(tmp_path / "bart"))

    class Code:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"albert.x": Code()}, folder / "pytorch_model.bin")
    with pytest.raises(RagError, match="cannot be loaded"):
        load_published(folder, "encoder")
    assert not (tmp_path / "ran").exists()


def test_the_towers_must_be_the_presets(project, published):
    tower, generator = published["bert-bart"][0], published["albert-mt5"][1]
    args = init_models.Args("albert-mt5", str(project / "init"), tower=tower, generator=generator)
    with pytest.raises(RagError, match="is a bert, albert-mt5's towers are albert"):
        init_models.main(args)
    with pytest.raises(RagError, match="--pretrained DIR"):
        init_models.main(init_models.Args("base", str(project / "init")))
    assert not (project / "init").exists()
