"""The marginal likelihood by hand, both priors, and collapse that stops a run."""

import sys

import pytest
import torch

from rag_demo.marginal import token_marginal
from rag_demo.types import RagError
from tests.training.runs import rag_args
from training import cli, rag_model, train_rag
from training.world import World


@pytest.fixture
def trained(project, towers):
    for name, tower in zip(("question_encoder", "context_encoder"), towers, strict=True):
        tower.save(project / "dpr" / name)
    return project


def test_the_prior_is_over_the_retrieved_or_over_all_passages(trained):
    """Over all, the k retrieved hold less than the whole: log p(y|x) falls by the log of their share (top_k 2 of 6)."""
    found = {}
    for prior in ("retrieved", "all"):
        trainee = train_rag.build(rag_args(trained, "x", prior=prior), World())
        trainee.rag.eval()
        question = trainee.questions[0]
        found[prior] = float(trainee.rag([question], World())[0])
        scores = torch.from_numpy(trainee.rag.question_encoder.encode([question.question])) @ trainee.rag.vectors.T
    share = scores.softmax(1).topk(2).values.sum()
    assert found["all"] < found["retrieved"]
    # each token's mixture is scaled by the share, so the answer's by its power
    tokens = (found["all"] - found["retrieved"]) / float(share.log())
    assert tokens == pytest.approx(round(tokens), abs=1e-3) and round(tokens) > 3


def test_with_all_passages_retrieved_both_priors_are_one(trained):
    rags = [train_rag.build(rag_args(trained, "x", prior=p, top_k=6), World()) for p in ("retrieved", "all")]
    one, other = (float(t.rag.eval()(t.questions[:1], World())[0]) for t in rags)
    assert one == pytest.approx(other, abs=1e-4) and rags[0].rag.marginal is token_marginal


def test_collapse_is_measured_against_what_the_questions_want():
    assert rag_model.check_collapse(list(range(100)), [str(i) for i in range(100)]) == 1.0
    many = [str(i) for i in range(rag_model.WINDOW)]
    with pytest.raises(RagError, match="Retrieval has collapsed"):
        rag_model.check_collapse([7] * rag_model.WINDOW, many)
    # a corpus of six passages has no more first ones to give
    assert rag_model.check_collapse([i % 6 for i in range(999)], [f"p{i % 6}" for i in range(999)]) == 1.0


def test_collapse_stops_the_command_with_2(trained, monkeypatch, capsys):
    """A question encoder whose vectors do not depend on the question finds one passage for all."""
    monkeypatch.setattr(rag_model, "WINDOW", 8)
    monkeypatch.setattr(rag_model, "COLLAPSED", 0.5)
    real = train_rag.build

    def blind(args, world):
        trainee = real(args, world)
        tower = trainee.rag.question_encoder
        trainee.rag.question_encoder.forward = lambda ids, mask: torch.ones(len(ids), tower.dimension)
        return trainee

    monkeypatch.setattr(train_rag, "build", blind)
    folders = [f"--{name} {trained / place}" for name, place in
               dict(towers="dpr", generator="generator", questions="train.jsonl", passages="passages.jsonl", out="rag").items()]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["train_rag", *" ".join(folders).split(), "--batch", "4", "--top_k", "2"])
    with pytest.raises(SystemExit) as stopped:
        cli.run(train_rag.main, train_rag.Args, "")
    assert stopped.value.code == 2
    assert "Retrieval has collapsed: the last 8 questions" in capsys.readouterr().err.strip().splitlines()[-1]
    assert not (trained / "rag" / "done.json").exists()
