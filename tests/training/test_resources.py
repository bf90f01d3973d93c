"""The planner against what torch really keeps, and its command."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import BartConfig, BartForConditionalGeneration, MT5Config, MT5ForConditionalGeneration

from rag_demo.planner import Attention, Setting, Stage
from rag_demo.planner.memory import generator_bytes, memory_of, tower_bytes
from rag_demo.planner.shapes import Family, Generator, Tower
from training.measure import LiveBytes, SavedBytes, count_step, tower_model

ROOT = Path(__file__).resolve().parent.parent.parent
TOWERS = [
    Tower(family, 100, 48, 3, 4, 128, embedding=width, groups=groups, dropout=False)
    for family, width, groups in ((Family.ALBERT, 16, 1), (Family.BERT, 48, 3))
]
GENERATORS = [
    Generator(Family.BART, 100, 48, 48, 3, 2, 4, 128, positions=128, dropout=False),
    Generator(Family.MT5, 100, 48, 32, 2, 2, 4, 96, dropout=False),
]


@pytest.mark.parametrize("tower", TOWERS, ids=["albert", "bert"])
@pytest.mark.parametrize("attention", Attention)
def test_a_tower_keeps_what_the_formula_says(tower, attention):
    """Within 5%: a forgotten product or LayerNorm would be 6% or more of a layer."""
    model = tower_model(tower).train()
    model.set_attn_implementation(attention.value)
    ids = torch.randint(5, 100, (4, 64))
    with SavedBytes(model) as saved:
        model(input_ids=ids, attention_mask=torch.ones_like(ids))
    wanted = tower_bytes(tower, 4, Setting(length=64, attention=attention))
    assert wanted == pytest.approx(saved.total, rel=0.05)


@pytest.mark.parametrize("shape", GENERATORS, ids=["bart", "mt5"])
def test_a_generator_keeps_what_the_formula_says(shape):
    model = generator_model(shape).train()
    ids, labels = torch.randint(5, 100, (4, 64)), torch.randint(5, 100, (4, 24))
    with SavedBytes(model) as saved:
        output = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels, use_cache=False)
    setting = Setting(stage=Stage.GENERATOR, length=64, answer_length=24, attention=Attention.EAGER)
    assert generator_bytes(shape, 4, setting) == pytest.approx(saved.total, rel=0.08)
    assert output.loss.isfinite()


def generator_model(shape: Generator):
    """Tiny and without dropout, whose masks take four bytes on a CPU and one on a GPU."""
    if shape.family is Family.MT5:
        config = MT5Config(
            vocab_size=100, d_model=48, d_kv=8, d_ff=96, num_layers=2, num_heads=4, dropout_rate=0.0,
            tie_word_embeddings=False, pad_token_id=0, decoder_start_token_id=0, attn_implementation="eager",
        )  # fmt: skip
        return MT5ForConditionalGeneration(config)
    config = BartConfig(
        vocab_size=100, d_model=48, encoder_layers=3, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=128, decoder_ffn_dim=128, max_position_embeddings=128, dropout=0.0,
        attn_implementation="eager",
    )  # fmt: skip
    return BartForConditionalGeneration(config)


def test_live_bytes_by_hand():
    """1,000 and 2,000 floats live together, then the first is gone before the third comes."""
    with LiveBytes() as live:
        first = torch.zeros(1000)
        second = torch.zeros(2000)
        view = second[:10]
        assert live.now == live.peak == 12_000
        del first
        assert live.now == 8_000
        third = torch.zeros(500)
        assert live.now == 10_000 and live.peak == 12_000
    assert view.shape == (10,) and third.shape == (500,)


def test_the_peak_of_a_gradcache_step_is_counted_and_predicted():
    """A chunk large enough that the peak is the backward pass, not AdamW's update."""
    counted = count_step("base", 16, 128, 16)
    predicted = memory_of(Setting("base", batch=16, length=128, chunk=16))
    assert counted.saved == pytest.approx(predicted.activations, rel=0.05)
    assert counted.optimiser == pytest.approx(predicted.optimiser, rel=0.01)
    assert counted.peak == pytest.approx(predicted.total - predicted.context - predicted.allocator, rel=0.15)


def test_a_larger_batch_only_adds_inputs():
    small, large = (count_step("base", batch, 16, 2) for batch in (8, 512))
    assert large.peak - small.peak == pytest.approx(large.inputs - small.inputs, rel=0.05)


def command(*flags):
    return subprocess.run(
        [sys.executable, "-m", "training.resources", *flags], cwd=ROOT, capture_output=True, text=True
    )


def test_the_command_plans_and_prints_json():
    done = command("--batch", "128", "--length", "256", "--chunk", "8", "--memory", "8", "--json")
    value = json.loads(done.stdout)
    assert value["memory_bytes"]["total"] == memory_of(Setting(chunk=8)).total
    assert set(value["indexes"]) >= {"flat", "sq8", "hnsw32", "hnsw512", "ivf_pq", "pq_fast_scan"}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--preset", "bert-bart", "--memory", "8"], "--chunk"),
        (["--preset", "huge"], "No preset 'huge'"),
        (["--precision", "fp16"], "fp16"),
    ],
)
def test_bad_input_costs_one_line(flags, words):
    done = command(*flags)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_known_points_are_printed_with_their_difference():
    done = command("--known")
    assert done.returncode == 0 and done.stdout.count("\n  reported") == 6 and "%" in done.stdout


def test_dropout_adds_its_masks():
    """What the formula says of dropout: two masks of hidden width and, eager, a mask and a copy of the softmax."""
    setting = Setting(length=64, attention=Attention.EAGER)
    tower = TOWERS[1]
    more = tower_bytes(replace(tower, dropout=True), 1, setting) - tower_bytes(tower, 1, setting)
    assert more == 64 * tower.layers * (2 * tower.hidden + tower.heads * 64 * 5)
