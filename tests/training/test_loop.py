"""The loop: killed at any moment it ends at the same weights; it refuses another run's state; it says what helps."""

import json
import os
import random
import signal
import time
from dataclasses import replace

import pytest
import torch

from rag_demo.types import RagError
from tests.training.processes import start
from tests.training.runs import dpr_args, generator_args, rag_args
from training import dpr_model, loop, train_dpr, train_generator, train_rag
from training.world import bf16_of, device_of

RUNS = {"dpr": (train_dpr, dpr_args), "generator": (train_generator, generator_args), "rag": (train_rag, rag_args)}


@pytest.fixture
def restless(project, towers):
    """The project with dropout in every model and a second tower: more that a state could forget."""
    towers[0].save(project / "dpr" / "question_encoder")
    towers[1].save(project / "dpr" / "context_encoder")
    for file in project.rglob("config.json"):
        config = json.loads(file.read_text())
        rates = {name: 0.1 for name in config if "dropout" in name and isinstance(config[name], float)}
        file.write_text(json.dumps(config | rates))
    return project


def train(kind, args):
    RUNS[kind][0].main(args)


@pytest.mark.parametrize("kind", list(RUNS))
def test_a_killed_run_ends_at_the_same_weights(restless, kind):
    """Bitwise: anything that the state forgets (optimiser, schedule, order, dropout, bank, sums, step) would show."""
    more = {"dpr": dict(bank=True, steps=16, chunk=2), "generator": dict(steps=16), "rag": dict(steps=14)}[kind]
    module, args = RUNS[kind]
    whole, broken = (args(restless, name, save_every=2, evaluate_every=7, **more) for name in ("whole", "broken"))
    module.main(whole)
    process = start(train, kind, broken)
    while process.is_alive() and not (restless / "broken" / "state.pt").exists():
        time.sleep(0.002)
    time.sleep(random.uniform(0, 0.06))
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    module.main(broken)
    one, other = (torch.load(restless / name / "state.pt", weights_only=True) for name in ("whole", "broken"))
    assert one["progress"]["history"] == other["progress"]["history"] and one["progress"]["step"] > 10
    assert all(torch.equal(one["model"][name], other["model"][name]) for name in one["model"])
    assert not [file.name for file in (restless / "broken").iterdir() if file.name.startswith(".")]


def test_a_run_leaves_a_log_a_picture_and_a_mark_of_its_end(project):
    train_dpr.main(dpr_args(project, "dpr", epochs=2))
    out = project / "dpr"
    last = json.loads((out / "done.json").read_text())
    assert last["recall@5"] == json.loads((out / "log.jsonl").read_text().splitlines()[-1])["recall@5"]
    picture = (out / "plot.svg").read_text()
    assert "recall@5" in picture and "nll" in picture
    before = (out / "state.pt").stat().st_mtime_ns
    train_dpr.main(dpr_args(project, "dpr", epochs=2))
    assert (out / "state.pt").stat().st_mtime_ns == before


def test_a_state_of_another_run_is_refused(project, towers):
    """Going on with another batch, other questions or another preset would silently mix two runs."""
    args = dpr_args(project, "dpr", epochs=1)
    train_dpr.main(args)
    before = (project / "dpr" / "state.pt").read_bytes()
    with pytest.raises(RagError, match="a run with another batch, lr; give another --out"):
        train_dpr.main(replace(args, batch=2, lr=1.0))
    towers[1].save(project / "other_tower")
    with pytest.raises(RagError, match="another init, model"):
        train_dpr.main(replace(args, init=str(project / "other_tower")))
    (project / "dev.jsonl").write_text((project / "train.jsonl").read_text())
    with pytest.raises(RagError, match="another dev;"):
        train_dpr.main(args)
    assert (project / "dpr" / "state.pt").read_bytes() == before
    (project / "dpr" / "state.pt").write_bytes(b"PK")
    with pytest.raises(RagError, match="is not a state of this command"):
        train_dpr.main(args)


@pytest.mark.parametrize(
    ("error", "chunk", "flag"),
    [(torch.OutOfMemoryError("CUDA out of memory"), 0, "--chunk 8"), (MemoryError(), 16, "--chunk 8"),
     (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 99"), 1, "--chunk 1")],
)  # fmt: skip
def test_a_batch_that_does_not_fit_says_which_flag_helps(project, monkeypatch, error, chunk, flag):
    def full(*_):
        raise error

    monkeypatch.setattr(dpr_model.Dpr, "backward", full)
    with pytest.raises(RagError, match=f"does not fit into memory; give {flag} .* --checkpointing"):
        train_dpr.main(dpr_args(project, "dpr", chunk=chunk, dev=None))


def test_other_errors_are_not_taken_for_a_full_memory():
    with pytest.raises(RuntimeError, match="shapes"), loop.memory_advice(0):
        raise RuntimeError("shapes do not fit")


def test_a_loss_that_is_no_number_stops_the_run(project):
    with pytest.raises(RagError, match="not a number at step"):
        train_dpr.main(dpr_args(project, "dpr", lr=float("inf"), dev=None))
    assert not (project / "dpr" / "question_encoder").exists()


@pytest.mark.parametrize("kind", list(RUNS))
def test_bf16_trains(restless, kind):
    """Models compute in bf16; weights, scores and losses stay float32."""
    module, args = RUNS[kind]
    module.main(args(restless, "half", precision="bf16", steps=2, checkpointing=True, chunk=1))
    state = torch.load(restless / "half" / "state.pt", weights_only=True)
    assert all(t.dtype is torch.float32 for t in state["model"].values() if t.is_floating_point())


def test_precision_and_device_are_checked_at_the_door():
    assert not bf16_of(torch.device("cpu"), "fp32") and bf16_of(torch.device("cpu"), "bf16")
    with pytest.raises(RagError, match="No precision 'fp16'"):
        bf16_of(torch.device("cpu"), "fp16")
    with pytest.raises(RagError, match="No device 'gpu'"):
        device_of("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(RagError, match="--device cpu"):
            device_of("cuda")
