"""The planner's arithmetic: shapes against transformers' own models, memory against intuition and against the paper."""

from dataclasses import replace

import pytest
import torch
from transformers import BartConfig, BartForConditionalGeneration, MT5Config, MT5ForConditionalGeneration

from rag_demo.planner import Attention, Precision, Setting, Stage, advice, plan
from rag_demo.planner.calibration import read_calibration
from rag_demo.planner.compute import DEVICES, achieved, step_flops, tower_flops
from rag_demo.planner.indexing import HNSW, Kind, fit, hnsw_comparisons, index_bytes
from rag_demo.planner.known import known_points
from rag_demo.planner.memory import GIB, memory_of, tower_bytes
from rag_demo.planner.shapes import ALBERT_SMALL, BART_LARGE, BERT_BASE, MT5_SMALL, MT5_TRIMMED, PRESETS, Family
from rag_demo.types import RagError
from training.measure import tower_model


def parameters(model) -> int:
    return sum(p.numel() for p in model.parameters())


def generator_model(shape):
    if shape.family is Family.MT5:
        config = MT5Config(
            vocab_size=shape.vocab,
            d_model=shape.hidden,
            d_kv=shape.inner // shape.heads,
            d_ff=shape.intermediate,
            num_layers=shape.encoder_layers,
            num_heads=shape.heads,
        )
        return MT5ForConditionalGeneration(config)
    return BartForConditionalGeneration(
        BartConfig(
            vocab_size=shape.vocab,
            d_model=shape.hidden,
            encoder_layers=shape.encoder_layers,
            decoder_layers=shape.decoder_layers,
            encoder_attention_heads=shape.heads,
            decoder_attention_heads=shape.heads,
            encoder_ffn_dim=shape.intermediate,
            decoder_ffn_dim=shape.intermediate,
            max_position_embeddings=shape.positions,
        )
    )


@pytest.mark.parametrize("tower", [ALBERT_SMALL, BERT_BASE, *(PRESETS[n].tower for n in ("base", "large"))])
def test_towers_have_the_parameters_of_transformers(tower):
    with torch.device("meta"):
        assert tower.parameters == parameters(tower_model(tower))


@pytest.mark.parametrize(
    "shape", [MT5_SMALL, MT5_TRIMMED, BART_LARGE, *(PRESETS[n].generator for n in ("base", "large"))]
)
def test_generators_have_the_parameters_of_transformers(shape):
    with torch.device("meta"):
        found = parameters(generator_model(shape))
    if shape.family is Family.MT5:  # the published file has an output matrix; transformers 5 ties it all the same
        found += shape.vocab * shape.hidden
    assert shape.parameters == found


def test_the_published_figures():
    """mT5-small 300 M; trimmed to Chinese about 80 M; bert-base-chinese 102 M; BART-large about 400 M; base 4.9 M."""
    figures = [s.parameters / 1e6 for s in (MT5_SMALL, MT5_TRIMMED, BERT_BASE, BART_LARGE, PRESETS["base"].tower)]
    assert figures == pytest.approx([300.2, 79.9, 101.7, 407.3, 4.9], abs=0.1)


def test_in_two_bytes_the_activations_are_those_of_the_paper():
    """Korthikanti et al. 2022, eq. 1: s b h (34 + 5 a s / h) a layer. Ours differs by what autocast keeps in fp32."""
    setting = Setting("bert-bart", precision=Precision.BF16, attention=Attention.EAGER, length=128)
    two = tower_bytes(BERT_BASE, 3, setting) - tower_bytes(replace(BERT_BASE, layers=11), 3, setting)
    paper = 128 * 3 * 768 * (34 + 5 * 12 * 128 / 768)
    in_fp32 = 128 * 3 * (2 * 768 * 2 + 12 * 128 * 4)  # two LayerNorm inputs, the softmax beside its bf16 copy
    assert two == paper + in_fp32


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("name", ["batch", "length", "answer_length", "hard", "top_k", "chunk"])
def test_more_never_needs_less(stage, name):
    base = Setting("albert-mt5", stage, chunk=4)
    totals = [memory_of(replace(base, **{name: value})).total for value in (8, 16, 40)]
    assert totals == sorted(totals)
    if (stage, name) in {(Stage.DPR, "length"), (Stage.RAG, "top_k"), (Stage.GENERATOR, "answer_length")}:
        assert totals[0] < totals[-1]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("stage", Stage)
def test_what_saves_memory_costs_work(preset, stage):
    plain = Setting(preset, stage, batch=64)
    for change in ({"chunk": 4}, {"checkpointing": True}):
        changed = replace(plain, **change)
        assert memory_of(changed).total < memory_of(plain).total
        assert step_flops(changed) >= step_flops(plain)
    assert memory_of(replace(plain, cards=4)).activations < memory_of(plain).activations
    bf16 = replace(plain, precision=Precision.BF16)
    assert memory_of(bf16).activations < memory_of(plain).activations


def test_gradcache_makes_the_activations_independent_of_the_batch():
    small, large = (memory_of(Setting(batch=batch, chunk=8)) for batch in (16, 1024))
    assert small.activations == large.activations and large.vectors > 50 * small.vectors


def test_base_trains_batch_128_at_length_256_within_8_gib():
    chunked, plain = memory_of(Setting(chunk=8)).total, memory_of(Setting(attention=Attention.EAGER)).total
    assert chunked < 1.2 * GIB < 8 * GIB < plain


def test_flops_by_hand():
    """Two layers of hidden 384: 2 x (4 h² + 2 h f) + 128 h weights; 2 FLOPs each a token, attention 4 s h a layer."""
    weights = 2 * (4 * 384**2 + 2 * 384 * 1536) + 128 * 384
    once = tower_flops(PRESETS["base"].tower, 3, 10)
    assert once == 30 * (2 * weights + 2 * 4 * 10 * 384)
    step = Setting(batch=1, length=10, hard=1)
    assert step_flops(step) == 3 * once
    assert step_flops(replace(step, chunk=1)) == step_flops(replace(step, checkpointing=True)) == 4 * once


def test_hours_shrink_with_cards():
    rate = achieved(DEVICES["2080 Ti"], Precision.FP32)
    one, four = (plan(Setting(cards=cards), rate).hours for cards in (1, 4))
    assert four == pytest.approx(one / 4, rel=0.01)


@pytest.mark.parametrize(
    ("setting", "limit", "words"),
    [
        (Setting("bert-bart"), 8, r"--chunk \d+ brings it to [67]"),
        (Setting("bert-bart", batch=1, hard=0, length=2048, attention=Attention.EAGER), 5, "--checkpointing|--chunk"),
        (Setting("bert-bart"), 2, "does not fit: use a smaller --preset"),
    ],
)
def test_advice_names_a_flag_that_fits(setting, limit, words):
    import re

    found = advice(setting, limit * GIB)
    assert re.search(words, found.sentence), found.sentence
    assert (found.after <= limit * GIB) == (found.flags is not None)


def test_advice_gives_the_largest_chunk_and_is_silent_when_all_fits():
    setting = Setting("bert-bart")
    chunk = int(advice(setting, 8 * GIB).flags.split()[-1])
    assert (
        memory_of(replace(setting, chunk=chunk)).total <= 8 * GIB < memory_of(replace(setting, chunk=2 * chunk)).total
    )
    assert advice(replace(setting, chunk=chunk), 8 * GIB) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 0}, "batch must be"),
        ({"length": 10**6}, "length must be"),
        ({"batch": 2, "cards": 3}, "without work"),
    ],
)
def test_bad_settings_get_a_sentence(changes, message):
    with pytest.raises(RagError, match=message):
        Setting(**changes)


def test_unknown_names_get_a_sentence():
    with pytest.raises(RagError, match="No preset 'huge'"):
        memory_of(Setting("huge"))
    with pytest.raises(RagError, match="no bf16"):
        achieved(DEVICES["1080 Ti"], Precision.BF16)


@pytest.fixture(scope="module")
def calibration():
    return read_calibration()


def test_a_fitted_index_model_gives_back_what_was_measured(calibration):
    """Within a factor of two for every point: they span four orders of magnitude and were taken on a busy machine."""
    model = fit(calibration.indexes)
    for m in calibration.indexes:
        ratio = model.seconds(Kind(m.kind), m.count, m.dimension) / m.seconds
        assert 1 / 2 < ratio < 2, (m, ratio)


def test_index_bytes_are_those_measured(calibration):
    for m in calibration.indexes:
        assert index_bytes(Kind(m.kind), m.count, m.dimension) == pytest.approx(m.bytes, rel=0.03, abs=50_000), m


def test_the_counted_step_is_the_predicted_one(calibration):
    """Batch 128 at length 256 of base with GradCache: far below 8 GiB, whatever CUDA's context takes."""
    counted = next(c for c in calibration.counted if (c.preset, c.batch, c.length) == ("base", 128, 256))
    predicted = memory_of(Setting("base", batch=128, length=256, chunk=counted.chunk))
    assert counted.saved == pytest.approx(predicted.activations, rel=0.05)
    assert counted.peak == pytest.approx(predicted.total - predicted.context - predicted.allocator, rel=0.15)
    assert counted.peak < 0.5 * GIB


def test_index_time_grows(calibration):
    model = fit(calibration.indexes)
    for kind in Kind:
        times = [model.seconds(kind, n, 384) for n in (1_000, 10_000, 1_000_000)]
        assert times == sorted(times) and times[0] < times[-1]
        assert model.seconds(kind, 10_000, 384, cores=8) < model.seconds(kind, 10_000, 384)


def test_hnsw_comparisons_are_quadratic_first_and_linear_later():
    m, ef = HNSW[Kind.HNSW32]
    near = hnsw_comparisons(m, ef, 100, 0.5) / hnsw_comparisons(m, ef, 50, 0.5)
    far = hnsw_comparisons(m, ef, 2 * 10**7, 0.5) / hnsw_comparisons(m, ef, 10**7, 0.5)
    assert near == pytest.approx(4, rel=0.05) and far == pytest.approx(2, rel=0.01)


def test_the_six_points(calibration):
    """Every memory report within a fifth of the prediction, BERT's below its card; index hours within a factor of 4."""
    points = known_points(fit(calibration.indexes))
    assert len(points) == 6
    assert all(abs(p.difference) < 0.2 for p in points[:3]), [p.difference for p in points]
    assert points[3].predicted < points[3].reported
    assert all(1 / 4 < p.predicted / p.reported < 4 for p in points[4:])
    assert all(p.why[0] and p.why[1].endswith(".") for p in points)


@pytest.mark.parametrize("text", ["{", "[]", '{"conditions": {}}', '{"conditions":{},"indexes":[{"kind":1}]}'])
def test_a_damaged_calibration_gets_a_sentence(tmp_path, text):
    file = tmp_path / "calibration.json"
    file.write_text(text)
    with pytest.raises(RagError, match=r"Measure again: python -m training\.resources --calibrate"):
        read_calibration(file)
