"""Two processes of batch 8 are one of batch 16, with and without chunks: the gradients are the same."""

import json
import os
from dataclasses import replace

import pytest
import torch

from rag_demo.corpus import Question, write_jsonl
from rag_demo.generator import Generator
from rag_demo.text import split_clauses
from rag_demo.types import Passage
from tests.training.processes import start_nodes, start_world
from tests.training.runs import dpr_args, generator_args, rag_args
from training import teacher, train_dpr, train_generator, train_rag
from training.world import open_world, sum_gradients

MODULES = {"dpr": train_dpr, "generator": train_generator, "rag": train_rag}


@pytest.fixture
def crowd(project, passages, towers):
    """18 questions on 18 passages, some with two positives and mined negatives, some known to a teacher."""
    clauses = [(p.title, clause.text) for p in passages for clause in split_clauses(p.text)]
    write_jsonl(project / "many_passages.jsonl", [Passage(f"c{i}", t, c) for i, (t, c) in enumerate(clauses)])
    asked = [Question(f"m{i}", f"{t}{c[1:4]}怎么办", c, (f"c{i}", "c3") if i % 5 == 1 else (f"c{i}",))
             for i, (t, c) in enumerate(clauses)]  # fmt: skip
    write_jsonl(project / "many.jsonl", asked)
    lines = [json.dumps({"question_id": f"m{i}", "passage_ids": [f"c{(i + 7) % len(asked)}"]}) for i in range(0, 16, 3)]
    (project / "mined.jsonl").write_text("\n".join(lines))
    calm = Generator.load(project / "generator")
    for weight in calm.parameters():
        weight.data *= 0.3 if weight.dim() == 2 else 1.0  # large ones amplify rounding beyond the tolerance
    calm.save(project / "generator")
    towers[1].save(project / "teacher_model")
    towers[0].save(project / "towers" / "question_encoder")
    towers[1].save(project / "towers" / "context_encoder")
    write_jsonl(project / "taught.jsonl", asked[:9])
    texts = [str(project / "taught.jsonl"), str(project / "many_passages.jsonl")]
    teacher.main(teacher.Args(str(project / "teacher_model"), texts, str(project / "cache"), max_length=60))
    return project


def cases(folder) -> dict:
    """Name -> (trainer, arguments of one process that does the work of two, how it is done in chunks)."""
    data = dict(questions=[str(folder / "many.jsonl")], dev=None)
    dpr = dpr_args(folder, "x", **data, passages=[str(folder / "many_passages.jsonl")], batch=16,
                   negatives=str(folder / "mined.jsonl"))  # fmt: skip
    taught = replace(dpr, teacher_cache=str(folder / "cache"))
    rag = rag_args(
        folder, "x", **data, towers=str(folder / "towers"), batch=16, passages=str(folder / "many_passages.jsonl")
    )
    writer = generator_args(
        folder, "x", **data, passages=[str(folder / "many_passages.jsonl")], batch_tokens=400, crop=0.0
    )
    bank = replace(dpr, bank=True, per_passage=2, batch=6)
    return {
        "dpr": ("dpr", dpr, dict(chunk=3)),
        "taught": ("dpr", replace(taught, shared=True), dict(chunk=3)),
        "bank": ("dpr", bank, dict(chunk=2)),
        "rag": ("rag", rag, dict(chunk=3)),
        "generator": ("generator", writer, dict(chunk=2)),
    }


def gradients(kind: str, args) -> dict[str, torch.Tensor]:
    with args.world() as world:
        return gradients_in(world, kind, args)


def gradients_in(world, kind: str, args) -> dict[str, torch.Tensor]:
    trainee = MODULES[kind].build(args, world)
    trainee.module.train()
    trainee.backward(0)
    sum_gradients(list(trainee.module.parameters()), world)
    return {name: p.grad for name, p in trainee.module.named_parameters() if p.grad is not None}


def save_half_gradients(folder):
    """What each of two processes runs: every case with half the batch."""
    found = {}
    with open_world("cpu", "fp32", threads=1) as world:
        for name, (kind, args, chunks) in cases(folder).items():
            size = "batch_tokens" if kind == "generator" else "batch"
            half = replace(args, **{size: getattr(args, size) // 2})
            found[f"{name}, chunks"] = gradients_in(world, kind, replace(half, **chunks))
            if name in ("dpr", "rag"):
                found[name] = gradients_in(world, kind, half)
        if world.main:
            torch.save(found, folder / "halves.pt")


def relative_error(found, wanted) -> float:
    """Over all parameters together, and none left out."""
    assert found.keys() == wanted.keys()
    difference = torch.cat([(found[name] - g).flatten() for name, g in wanted.items()])
    return float(difference.norm() / torch.cat([g.flatten() for g in wanted.values()]).norm())


def test_two_processes_of_half_the_batch_give_the_gradients_of_one(crowd):
    """Fails for a gather without gradient, a mean of means, a passage counted twice, or a chunk that is forgotten."""
    processes = start_world(2, save_half_gradients, crowd)
    whole = {name: gradients(kind, args) for name, (kind, args, _) in cases(crowd).items()}
    for process in processes:
        process.join(90)
        assert process.exitcode == 0
    halves = torch.load(crowd / "halves.pt", weights_only=True)
    errors = {name: relative_error(found, whole[name.split(",")[0]]) for name, found in halves.items()}
    assert len(errors) == 7 and max(errors.values()) < 1e-5, errors


def save_node_gradients(folder):
    """What the only process of each of two nodes runs."""
    with open_world("cpu", "fp32", threads=1) as world:
        kind, args, _ = cases(folder)["dpr"]
        found = gradients_in(world, kind, replace(args, batch=args.batch // 2))
        (folder / f"node-{os.environ['GROUP_RANK']}").write_text(
            f"{world.rank} of {world.size}, {os.environ['LOCAL_RANK']}"
        )
        if world.main:
            torch.save(found, folder / "nodes.pt")


def test_two_nodes_that_meet_over_the_network_are_one(crowd):
    """torchrun's own agents and rendezvous, two nodes of one process: each is local rank 0, so whoever takes the local
    rank for the rank trains the same half twice, and writes twice."""
    nodes = start_nodes(2, save_node_gradients, crowd)
    whole = gradients(*cases(crowd)["dpr"][:2])
    for node in nodes:
        node.join(240)
        assert node.exitcode == 0
    assert sorted((crowd / f"node-{n}").read_text() for n in (0, 1)) == ["0 of 2, 0", "1 of 2, 0"]
    assert relative_error(torch.load(crowd / "nodes.pt", weights_only=True), whole) < 1e-5
