"""SIGKILL while an index is built or a checkpoint saved: what is loaded then is the old or the new (votes: test_votes).

Each at 50 moments drawn by a fixed seed over the time the work takes, and, where files change places, before every
single thing that is done to the file system."""

import os
import random
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import faiss
import pytest
import torch

from rag_demo import checkpoint, files
from rag_demo.corpus import read_passages, write_jsonl
from rag_demo.engine import RagEngine
from rag_demo.index import PassageIndex
from tests.faults.killing import killed_after, killed_at, seconds_of

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork"),
]
MOMENTS = 50
SYSTEM_CALLS_OF_A_SAVE = 40  # at least; the sweep ends by itself


@pytest.fixture(autouse=True)
def one_thread():
    """A fork of a process whose OpenMP pool has begun would wait for threads that it does not have."""
    threads = torch.get_num_threads(), faiss.omp_get_max_threads()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    yield
    torch.set_num_threads(threads[0])
    faiss.omp_set_num_threads(threads[1])


def moments(work) -> list[float]:
    whole = seconds_of(work)
    draw = random.Random(7)
    return [draw.uniform(0, 1.1 * whole) for _ in range(MOMENTS)]


@pytest.fixture
def corpora(saved, passages):
    """Two corpora to build the same checkpoint's index from."""
    found = []
    for number, some in enumerate((passages, passages[:4])):
        write_jsonl(saved.parent / f"corpus{number}.jsonl", some)
        found.append(saved.parent / f"corpus{number}.jsonl")
    return found


def building(saved: Path, corpus: Path):
    from training.build_index import Args, main

    def work():
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        main(Args(str(saved), str(corpus)))

    return work


def check_index(saved: Path, corpora: list[Path]) -> int:
    """-> how many passages the loaded index has; they are those of one corpus, and each finds itself."""
    card = checkpoint.read_card(saved)
    checkpoint.check_files(saved, card)
    index = PassageIndex.load(saved / "index", encoder=checkpoint.encoder_fingerprint(card))
    assert list(index.passages) in [read_passages(corpus) for corpus in corpora]
    found = index.search(index.vectors(range(len(index))), 1)[1][:, 0].tolist()
    assert found == list(range(len(index)))
    return len(index)


def test_killed_while_an_index_is_built(saved, corpora):
    seen = set()
    for number, moment in enumerate(moments(building(saved, corpora[0]))):
        killed_after(building(saved, corpora[number % 2]), moment)
        seen.add(check_index(saved, corpora))
    assert seen == {4, 6}  # some kills came before the change, some after


@pytest.mark.parametrize("exchange", [True, False], ids=["one step", "two renames"])
def test_killed_before_every_step_of_saving_an_index(saved, corpora, exchange, monkeypatch):
    """Two renames, where a system has no exchange, leave one moment without an index: the next save mends it."""
    if not exchange:
        monkeypatch.setattr(files, "_exchanged", lambda one, other: False)
    one = PassageIndex.load(saved / "index")
    two = PassageIndex.build(one.passages[:4], one.vectors(range(4)), encoder=one.encoder)
    wanted, missing, steps = (two, one), 0, 0
    while True:
        steps += 1
        ended = killed_at(lambda index=wanted[steps % 2]: index.save(saved / "index"), steps)
        if not (saved / "index").exists():
            missing += 1
            assert not exchange
            wanted[0].save(saved / "index")
        check_index(saved, corpora)
        if ended:
            break
    assert steps > SYSTEM_CALLS_OF_A_SAVE and missing == (0 if exchange else 1)


def test_what_a_kill_between_two_renames_moved_aside_comes_back(tmp_path):
    (tmp_path / ".index.x.old").mkdir()
    (tmp_path / ".index.x.old" / "file").write_text("old")
    with pytest.raises(ZeroDivisionError), files.replaced_folder(tmp_path / "index"):
        1 / 0  # noqa: B018
    assert (tmp_path / "index" / "file").read_text() == "old"


def exporting(sources: Path, out: Path, preset: str):
    from training.export import Args, main

    def work():
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        parts = {part: str(sources / part) for part in checkpoint.PARTS}
        main(Args(preset=preset, out=str(out), **parts))

    return work


def check_checkpoint(out: Path) -> str:
    """-> its preset. Weights and card are of one export: the damaged or mixed would be named."""
    card = checkpoint.read_card(out)
    checkpoint.check_files(out, card)
    assert {name.split("/")[0] for name in card.files} == set(checkpoint.PARTS)
    return card.preset


@pytest.fixture
def two_models(saved, tmp_path):
    """The tiny checkpoint, and one with other weights, by their preset's name."""
    other = tmp_path / "other"
    shutil.copytree(saved, other)
    loaded = RagEngine.load(saved)
    with torch.no_grad():
        loaded.question_encoder.model.encoder.embedding_hidden_mapping_in.bias.add_(1)
    loaded.question_encoder.save(other / "question_encoder")
    return {"base": saved, "large": other}


def test_killed_while_a_checkpoint_is_saved(two_models, tmp_path):
    out, names = tmp_path / "out", list(two_models)
    hashes = {name: checkpoint.hash_files(folder) for name, folder in two_models.items()}
    works = [exporting(two_models[name], out, name) for name in names]
    seen = set()
    for number, moment in enumerate(moments(works[0])):
        killed_after(works[number % 2], moment)
        preset = check_checkpoint(out)
        assert checkpoint.read_card(out).files == hashes[preset]
        seen.add(preset)
    assert seen == set(names)


def test_killed_before_every_step_of_writing_the_card(saved):
    card = checkpoint.read_card(saved)
    steps, ended = 0, False
    while not ended:
        steps += 1
        new = replace(card, metrics={"step": steps})
        ended = killed_at(lambda new=new: checkpoint.write_card(saved, new), steps)
        assert checkpoint.read_card(saved).metrics.get("step") in (None, steps, steps - 1)
    assert steps > 5 and checkpoint.read_card(saved).metrics == {"step": steps}
