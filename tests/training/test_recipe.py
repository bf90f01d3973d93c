"""The recipe: its commands exist, and a stage runs exactly when its output is not up to date."""

import importlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import HfArgumentParser

from rag_demo.types import RagError
from training import recipe
from training.presets import preset_names, preset_of
from training.stages import stages_of

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def args(tmp_path) -> recipe.Args:
    (tmp_path / "pairs.jsonl").write_text('{"question": "发热", "answer": "多喝水。"}', encoding="utf-8")
    (tmp_path / "corpus.jsonl").write_text("1", encoding="utf-8")
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.jsonl").write_text(split, encoding="utf-8")
    return recipe.Args(
        "base", pairs=[str(tmp_path / "pairs.jsonl")], pretrained="some/encoder", runs=str(tmp_path / "runs"),
        corpus=str(tmp_path / "corpus.jsonl"), questions=str(tmp_path), out=str(tmp_path / "checkpoint"),
        results=str(tmp_path / "results.json"), base=str(tmp_path / "base"), threads=1,
    )  # fmt: skip


def planned(args: recipe.Args):
    return stages_of(preset_of(args.preset), recipe.places(args))


@pytest.mark.parametrize("name", preset_names())
def test_every_command_is_one_its_stage_takes(args, name):
    """A typo in a preset file or in the table would stop a recipe hours after its start."""
    for stage in planned(replace(args, preset=name)):
        kind = importlib.import_module(f"training.{stage.module}").Args
        words = recipe.command_of(replace(stage, flags=stage.flags), 1)[2:]
        (parsed,) = HfArgumentParser(kind).parse_args_into_dataclasses(words, look_for_args_file=False)
        for flag, value in preset_of(name).stages.get(stage.name, {}).items():
            assert getattr(parsed, flag, value) == value


class Runner:
    """In place of subprocess.run: writes what the stage makes, notes its name; `fails` ends with code 3."""

    def __init__(self) -> None:
        self.ran, self.fails, self.stages = [], "", []

    def __call__(self, command, check):
        (stage,) = [s for s in self.stages if recipe.command_of(s, 1) == command[1:]]
        self.ran.append(stage.name)
        if stage.name == self.fails:
            return subprocess.CompletedProcess(command, 3)
        for file in (stage.made, stage.writes if "." in Path(stage.writes).name else None):
            if file:
                Path(file).parent.mkdir(parents=True, exist_ok=True)
                Path(file).write_text(" ".join(self.ran), encoding="utf-8")
        return subprocess.CompletedProcess(command, 0)

    def names(self, args: recipe.Args) -> list[str]:
        """The stages that a run of the recipe performs."""
        self.ran, self.stages = [], planned(args)
        recipe.main(args)
        return self.ran


@pytest.fixture
def runner(monkeypatch) -> Runner:
    fake = Runner()
    monkeypatch.setattr(recipe.subprocess, "run", fake)
    return fake


ALL = [
    "data", "negatives", "teacher", "init", "teacher_cache", "distil", "dpr", "picked", "generator", "generator_corpus",
    "rag", "export", "index", "evaluate", "calibrate", "card",
]  # fmt: skip
LAST = ["export", "index", "evaluate", "calibrate", "card"]


def test_a_second_run_does_nothing(args, runner):
    """What a stage wrote must not count among its inputs."""
    assert runner.names(args) == ALL
    assert runner.names(args) == []


def test_a_changed_input_renews_what_depends_on_it(args, runner, tmp_path):
    runner.names(args)
    (tmp_path / "dev.jsonl").write_text("other", encoding="utf-8")
    assert runner.names(args) == ["distil", "dpr", "generator", "generator_corpus", "rag", *LAST]
    assert (tmp_path / "runs" / "dpr.stale" / "done.json").exists()  # training is never thrown away unasked
    (tmp_path / "test.jsonl").write_text("other", encoding="utf-8")
    assert runner.names(args) == ["evaluate", "calibrate", "card"]


def test_a_changed_number_renews_its_stage(args, runner, monkeypatch):
    runner.names(args)
    base = preset_of("base")
    changed = replace(base, stages={**base.stages, "rag": {"steps": 7, "lr": 5e-5}})
    monkeypatch.setattr(recipe, "preset_of", lambda name: changed)
    runner.stages = stages_of(changed, recipe.places(args))
    runner.ran = []
    recipe.main(args)
    assert runner.ran == ["rag", *LAST]


def test_threads_do_not_renew_anything(args, runner, monkeypatch):
    runner.names(args)
    runner.ran = []
    recipe.main(replace(args, threads=8))
    assert runner.ran == []


def test_a_failed_stage_stops_the_recipe_and_is_gone_on_with(args, runner, tmp_path):
    runner.fails = "dpr"
    with pytest.raises(SystemExit) as stopped:
        runner.names(args)
    assert stopped.value.code == 3 and runner.ran[-1] == "dpr"
    (tmp_path / "runs" / "dpr").mkdir()
    (tmp_path / "runs" / "dpr" / "state.pt").touch()
    runner.fails = ""
    assert runner.names(args) == ALL[ALL.index("dpr") :]
    assert (tmp_path / "runs" / "dpr" / "state.pt").exists()  # not moved aside: the stage resumes from it


def test_outputs_without_a_stamp(args, runner, tmp_path):
    """Under RUNS they were made by hand and count; a shipped checkpoint was not made by this run and does not."""
    for stage in planned(args):
        if stage.made:
            Path(stage.made).parent.mkdir(parents=True, exist_ok=True)
            Path(stage.made).touch()
    assert runner.names(args) == ["teacher_cache", *LAST]


def test_large_shares_what_it_can(args, runner):
    runner.names(args)
    large = replace(args, preset="large", out=args.out + "2", results=args.results + "2.json")
    assert runner.names(large) == ["init", "dpr", "grown", "generator", "rag", *LAST]
    assert runner.names(args) == []


def test_until_and_dry_run(args, runner, capsys):
    assert runner.names(replace(args, until="init")) == ALL[:4]
    capsys.readouterr()
    assert runner.names(replace(args, dry_run=True)) == []
    lines = capsys.readouterr().out.splitlines()
    assert [line.removeprefix("# ") for line in lines[::2]] == [
        f"{name}: {'up to date' if i < 4 else 'to do'}" for i, name in enumerate(ALL)
    ]
    assert lines[1].startswith("python -m training.prepare_data --files ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(preset="huge"), "No preset 'huge'"),
        (dict(pairs=["nowhere.jsonl"]), "nowhere.jsonl is missing"),
        (dict(until="dinner"), "no stage 'dinner'"),
    ],
)
def test_bad_input_is_named(args, runner, changes, message):
    with pytest.raises(RagError, match=message):
        recipe.main(replace(args, **changes))
    assert not Path(args.runs).exists()


def test_flags_for_a_stage_that_is_not_there_are_named(args):
    preset = replace(preset_of("base"), stages={"dinner": {"lr": 1}})
    with pytest.raises(RagError, match="base has no stage 'dinner'"):
        stages_of(preset, recipe.places(args))


def test_the_shell_front(args):
    env = {**os.environ, "PYTHON": sys.executable, "PAIRS": args.pairs[0], "RUNS": args.runs, "THREADS": "1"}
    command = ["bash", "training/recipe.sh", "albert-mt5", "--dry-run", "--until", "init"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0 and f"--generator {args.runs}/albert-mt5/cut" in done.stdout.splitlines()[-1]
