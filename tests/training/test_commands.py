"""Each command on a tiny project: it learns, it resumes to the same weights, and bad input costs one line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from rag_demo import checkpoint
from rag_demo.encoder import TextEncoder
from rag_demo.engine import RagEngine
from rag_demo.generator import Generator
from rag_demo.types import RagError
from training import (
    build_index,
    evaluate,
    export,
    mine_negatives,
    teacher,
    train_dpr,
    train_generator,
    train_rag,
)

ROOT = Path(__file__).resolve().parent.parent.parent


def dpr_args(project, out, **changes):
    values = dict(
        init=str(project / "tower"), questions=[str(project / "train.jsonl")], passages=[str(project / "passages.jsonl")],
        out=str(project / out), dev=str(project / "dev.jsonl"), batch=3, epochs=6, lr=2e-3, warmup=2, evaluate_every=4,
        threads=1,
    )  # fmt: skip
    return train_dpr.Args(**{**values, **changes})


def generator_args(project, out, **changes):
    values = dict(
        init=str(project / "generator"), questions=[str(project / "train.jsonl")], passages=[str(project / "passages.jsonl")],
        out=str(project / out), dev=str(project / "dev.jsonl"), epochs=4, batch_tokens=150, lr=2e-3, warmup=2,
        evaluate_every=3, threads=1,
    )  # fmt: skip
    return train_generator.Args(**{**values, **changes})


def rag_args(project, out, **changes):
    values = dict(
        towers=str(project / "dpr"), generator=str(project / "generator"), questions=[str(project / "train.jsonl")],
        passages=str(project / "passages.jsonl"), out=str(project / out), dev=str(project / "dev.jsonl"), top_k=2, batch=2,
        steps=6, lr=1e-3, evaluate_every=3, threads=1,
    )  # fmt: skip
    return train_rag.Args(**{**values, **changes})


def history(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_dpr_learns_its_pairs(project):
    train_dpr.main(dpr_args(project, "dpr", epochs=30))
    assert history(project / "dpr")[-1]["nll"] < 0.5 * history(project / "dpr")[0]["nll"]
    question, context = (TextEncoder.load(project / "dpr" / n) for n in ("question_encoder", "context_encoder"))
    assert question.settings.scale == pytest.approx(20.0) and context.settings.scale == 1.0


def interrupt(module, monkeypatch, after):
    """The process dies at the `after`-th save, just after the file was renamed."""
    real, count = module.save_state, 0

    def save_then_die(*arguments):
        nonlocal count
        real(*arguments)
        count += 1
        if count == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "save_state", save_then_die)


@pytest.mark.parametrize("what", ["dpr", "generator", "rag"])
def test_an_interrupted_run_ends_at_the_same_weights(project, monkeypatch, what):
    """Bitwise: anything that the state file forgets (optimiser, schedule, order, step) would show."""
    module, args = {"dpr": (train_dpr, dpr_args), "generator": (train_generator, generator_args),
                    "rag": (train_rag, rag_args)}[what]  # fmt: skip
    if what == "rag":
        train_dpr.main(dpr_args(project, "dpr", epochs=1))
    module.main(args(project, "whole"))
    with monkeypatch.context() as patched:
        interrupt(module, patched, after=1)
        with pytest.raises(KeyboardInterrupt):
            module.main(args(project, "broken"))
    module.main(args(project, "broken"))
    whole, broken = (torch.load(project / name / "state.pt", weights_only=True) for name in ("whole", "broken"))
    assert whole["step"] == broken["step"]
    assert all(torch.equal(whole["model"][key], broken["model"][key]) for key in whole["model"])


def test_the_generator_learns_to_answer(project):
    train_generator.main(generator_args(project, "g", epochs=40, crop=0.0, evaluate_every=20))
    assert history(project / "g")[-1]["nll"] < 0.5 * history(project / "g")[0]["nll"]


@pytest.mark.parametrize("mode", ["token", "sequence"])
def test_rag_training_moves_question_encoder_and_generator(project, mode):
    """A zero gradient to the retriever is the known trap of unshifted labels."""
    train_dpr.main(dpr_args(project, "dpr", epochs=1))
    result = train_rag.main(rag_args(project, "rag", mode=mode))
    assert result["last"]["distinct_first"] > 0
    before, after = (TextEncoder.load(project / n / "question_encoder") for n in ("dpr", "rag"))
    assert any(not torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True))
    first, then = Generator.load(project / "generator"), Generator.load(project / "rag" / "generator")
    assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), then.parameters(), strict=True))


def test_collapse_is_loud():
    assert train_rag.check_collapse(list(range(100))) == 1.0
    with pytest.raises(RagError, match="Retrieval has collapsed"):
        train_rag.check_collapse([7] * train_rag.WINDOW)


def test_a_teacher_is_cached_once_and_pulls_the_student(project, towers):
    towers[1].save(project / "teacher_model")
    texts = [str(project / "train.jsonl"), str(project / "passages.jsonl")]
    args = teacher.Args(str(project / "teacher_model"), texts, str(project / "cache"), max_length=60)
    teacher.main(args)
    shards = {f.name: f.stat().st_mtime_ns for f in (project / "cache").iterdir()}
    teacher.main(args)
    assert {f.name: f.stat().st_mtime_ns for f in (project / "cache").iterdir()} == shards
    cache = teacher.read_cache(project / "cache")
    taught = cache[teacher.key("宝宝黄疸")]
    assert taught.states.shape == (len(taught.ids), 32) and abs(float((taught.vector**2).sum()) - 1) < 1e-2
    train_dpr.main(dpr_args(project, "distilled", teacher_cache=str(project / "cache"), shared=True, epochs=40))
    log = history(project / "distilled")
    assert log[-1]["states"] < 0.8 * log[0]["states"] and log[-1]["kl"] < log[0]["kl"]


def test_mined_negatives_never_answer(project, passages):
    (project / "twin.jsonl").write_text(
        json.dumps(
            {"id": "t", "question": "宝宝发热去医院吗", "answer": "不要捂汗。", "passage_ids": ["p0002"]},
            ensure_ascii=False,
        )
    )  # p0004 holds the answer although the question does not name it
    out = project / "negatives.jsonl"
    mine_negatives.main(
        mine_negatives.Args([str(project / "twin.jsonl")], [str(project / "passages.jsonl")], str(out), margin=9)
    )
    row = json.loads(out.read_text())
    assert row["passage_ids"] and not {"p0002", "p0004"} & set(row["passage_ids"])


def test_from_parts_to_a_measured_checkpoint(project):
    train_dpr.main(dpr_args(project, "dpr", epochs=2))
    parts = [
        str(project / "dpr" / "question_encoder"),
        str(project / "dpr" / "context_encoder"),
        str(project / "generator"),
    ]
    export.main(export.Args("base", *parts, out=str(project / "ckpt"), data=[str(project / "train.jsonl")]))
    build_index.main(build_index.Args(str(project / "ckpt"), str(project / "passages.jsonl")))
    result = evaluate.main(
        evaluate.Args(
            str(project / "ckpt"), str(project / "dev.jsonl"), train=str(project / "train.jsonl"), answers=2, card=True
        )
    )
    assert set(result["retrieval"]) == {"dense", "bm25", "hybrid"}
    assert 0 <= result["answers"]["grounded"]["character F1"] <= 1
    assert checkpoint.read_card(project / "ckpt").metrics["dev"]["questions"] == 4
    assert RagEngine.load(project / "ckpt").answer("宝宝黄疸").citations


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["train_dpr", "--init", "nowhere", "--questions", "{q}", "--passages", "{p}", "--out", "{o}"], "nowhere"),
        (
            ["train_dpr", "--init", "{t}", "--questions", "none.jsonl", "--passages", "{p}", "--out", "{o}"],
            "none.jsonl",
        ),
        (["init_models", "--preset", "huge", "--pretrained", "x", "--out", "{o}"], "No preset 'huge'"),
        (["build_index", "--checkpoint", "nowhere", "--passages", "{p}"], "No checkpoint 'nowhere'"),
        (["prepare_data", "--files", "{bad}", "--out", "{o}"], "cannot be read"),
    ],
)
def test_bad_input_costs_one_line(project, command, message):
    bad = project / "bad.jsonl"
    bad.write_text("{", encoding="utf-8")
    places = dict(
        q=project / "train.jsonl", p=project / "passages.jsonl", o=project / "out", bad=bad, t=project / "tower"
    )
    module, *arguments = [part.format(**places) for part in command]
    done = subprocess.run(
        [sys.executable, "-m", f"training.{module}", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2 and not (project / "out").exists()
    assert message in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr
