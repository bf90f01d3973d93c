"""Each command on a tiny project: it learns, it resumes to the same weights, and bad input costs one line."""

import importlib
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
from tests.training.runs import dpr_args, generator_args, rag_args
from training import (
    build_index,
    cli,
    evaluate,
    export,
    teacher,
    train_dpr,
    train_generator,
    train_rag,
)

ROOT = Path(__file__).resolve().parent.parent.parent


def history(folder):
    """The records after training steps; the first may be of step 0, before any."""
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [record for record in records if record["step"]]


def test_dpr_learns_its_pairs(project):
    train_dpr.main(dpr_args(project, "dpr", epochs=30))
    assert history(project / "dpr")[-1]["nll"] < 0.5 * history(project / "dpr")[0]["nll"]
    question, context = (TextEncoder.load(project / "dpr" / n) for n in ("question_encoder", "context_encoder"))
    assert question.settings.scale == pytest.approx(20.0) and context.settings.scale == 1.0


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
        ("train_dpr --init nowhere --questions {q} --passages {p} --out {o}", "nowhere"),
        ("train_dpr --init {t} --questions none.jsonl --passages {p} --out {o}", "none.jsonl"),
        ("train_dpr --init {g} --questions {q} --passages {p} --out {o}", "encoder.json is missing"),
        ("train_dpr --init {t} --questions {q} --passages {one} --out {o}", "names passage 'p0001', which is not in"),
        (
            "train_dpr --init {t} --questions {answers} --passages {p} --out {o}",
            "line 1: 'question' is missing or empty",
        ),
        ("train_dpr --init {t} --questions {q} --passages {p} --mix 1,1 --out {o}", "2 shares for 1 files"),
        ("train_dpr --init {t} --questions {q} --passages {p} --negatives {q} --out {o}", "line 1: question_id and"),
        (
            "train_dpr --init {t} --questions {q} --passages {p} --teacher_cache {o} --out {o}",
            "holds no teacher's cache",
        ),
        ("train_dpr --init {t} --questions {q} --passages {p} --precision fp16 --out {o}", "No precision 'fp16'"),
        ("train_dpr --init {t} --questions {q} --passages {p} --epochs 0 --out {o}", "not one step"),
        ("train_generator --init {t} --questions {q} --passages {p} --out {o}", "tower cannot be loaded"),
        ("train_rag --towers {t} --generator {g} --questions {q} --passages {p} --out {o}", "question_encoder"),
        ("train_rag --towers {d} --generator {g} --questions {q} --passages {p} --top_k 9 --out {o}", "give 1 to 6"),
        ("mine_negatives --questions {q} --passages {one} --out {o}", "names passage 'p0001', which is not in"),
        ("init_models --preset huge --pretrained x --out {o}", "No preset 'huge'"),
        ("build_index --checkpoint nowhere --passages {p}", "No checkpoint 'nowhere'"),
        ("prepare_data --files {bad} --out {o}", "cannot be read"),
    ],
)
def test_bad_input_costs_one_line(project, towers, monkeypatch, capsys, command, message):
    bad, one, answers = project / "bad.jsonl", project / "one.jsonl", project / "answers.jsonl"
    bad.write_text("{", encoding="utf-8")
    one.write_text('{"id": "x", "text": "一"}', encoding="utf-8")
    answers.write_text('{"id": "x", "answer": "一"}', encoding="utf-8")
    for name, tower in zip(("question_encoder", "context_encoder"), towers, strict=True):
        tower.save(project / "dpr" / name)
    places = dict(q=project / "train.jsonl", p=project / "passages.jsonl", o=project / "out", bad=bad, one=one,
                  answers=answers, t=project / "tower", g=project / "generator", d=project / "dpr")  # fmt: skip
    name, *arguments = command.format(**places).split()
    module = importlib.import_module(f"training.{name}")
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.run(module.main, module.Args, module.__doc__)
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert stopped.value.code == 2 and line.startswith("error: ") and message in line
    assert not (project / "out").exists()


def test_a_command_exits_with_2_and_no_traceback(project):
    command = [sys.executable, "-m", "training.train_dpr", "--init", "nowhere", "--questions", "a", "--passages", "b",
               "--out", str(project / "out")]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr.startswith("error: ")
