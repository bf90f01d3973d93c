"""A corpus encoded by any number of processes, killed at any block, is the same bits as by one."""

import json
import os
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest

from rag_demo.config import IndexConfig
from rag_demo.corpus import fingerprint, write_jsonl
from rag_demo.index import PassageIndex
from rag_demo.mapped import MappedVectors
from rag_demo.types import Passage, RagError
from training.merge import _save, factory_of, merge, on_disk, quantised
from training.shards import encode_shard, parse_shard, plan_shard, read_shards

BLOCK = 3


@pytest.fixture
def corpus(tmp_path, passages) -> Path:
    """20 passages of unlike lengths: padding would show in the last bits if blocks were cut elsewhere."""
    many = [
        replace(p, id=f"{p.id}-{i}", text=p.text[i:] + "🙂" * i, department="" if i == 3 else p.department)
        for i in range(4) for p in passages[:5]
    ]  # fmt: skip
    write_jsonl(tmp_path / "many.jsonl", many)
    return tmp_path / "many.jsonl"


def encoded(corpus: Path, encoder, folder: Path, of: int):
    for number in range(of):
        encode_shard(plan_shard(number, of, corpus, 32, "e", BLOCK), corpus, encoder, folder)
    return read_shards(folder, "e", "again")


def contents(shards) -> tuple[bytes, bytes]:
    vectors = np.concatenate([np.load(shard / "vectors.npy") for shard in shards.folders])
    return vectors.tobytes(), b"".join((shard / "passages.jsonl").read_bytes() for shard in shards.folders)


def test_four_shards_are_one_bit_for_bit(corpus, towers, tmp_path):
    """Fails for blocks that begin at a shard's own start, or a shard that takes a passage twice or not at all."""
    one, four = (encoded(corpus, towers[1], tmp_path / str(of), of) for of in (1, 4))
    assert [json.loads((s / "manifest.json").read_text())["start"] for s in four.folders] == [0, 3, 9, 15]
    assert contents(one) == contents(four) and one.plan.corpus == fingerprint(one.passages())
    for shards in (one, four):
        on_disk(shards, tmp_path / f"index{len(shards.folders)}", tmp_path / "work")
    for name in ("index.faiss", "passages.jsonl"):
        assert (tmp_path / "index1" / name).read_bytes() == (tmp_path / "index4" / name).read_bytes()


class Dying:
    """Encodes two blocks and takes its process with it."""

    def __init__(self, encoder):
        self.encoder, self.left = encoder, 2

    def encode(self, texts):
        if not self.left:
            os._exit(9)
        self.left -= 1
        return self.encoder.encode(texts)


def die(corpus, folder, towers):
    encode_shard(plan_shard(0, 2, corpus, 32, "e", BLOCK), corpus, Dying(towers[1]), folder)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_shard_killed_and_rerun_is_as_if_it_had_not_been(corpus, towers, tmp_path):
    whole = encoded(corpus, towers[1], tmp_path / "whole", 2)
    child = os.fork()
    if not child:
        die(corpus, tmp_path / "killed", towers)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    shard = tmp_path / "killed" / "shard-00000-of-00002"
    assert json.loads((shard / "progress.json").read_text())["done"] == 2 * BLOCK
    with pytest.raises(RagError, match="no whole shard"):
        read_shards(tmp_path / "killed", "e", "again")
    calls = []
    counting = type("Counting", (), {"encode": lambda _, texts: calls.append(texts) or towers[1].encode(texts)})()
    encode_shard(plan_shard(0, 2, corpus, 32, "e", BLOCK), corpus, counting, tmp_path / "killed")
    assert len(calls) == 1, "the two blocks before are kept"
    with pytest.raises(RagError, match=r"Shard 1/2 is missing.*again --shard 1/2"):
        read_shards(tmp_path / "killed", "e", "again")
    again = encoded(corpus, counting, tmp_path / "killed", 2)
    assert len(calls) == 1 + 4 and contents(again) == contents(whole)


def test_damage_and_strangers_are_named(corpus, towers, tmp_path):
    shards = encoded(corpus, towers[1], tmp_path / "s", 2)
    with pytest.raises(RagError, match="another context encoder"):
        read_shards(tmp_path / "s", "f", "again")
    file = shards.folders[1] / "vectors.npy"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(RagError, match=r"vectors\.npy is damaged.*--shard 1/2"):
        read_shards(tmp_path / "s", "e", "again")
    assert contents(encoded(corpus, towers[1], tmp_path / "s", 2)) == contents(
        encoded(corpus, towers[1], tmp_path / "t", 2)
    )
    encode_shard(plan_shard(0, 3, corpus, 32, "e", BLOCK), corpus, towers[1], tmp_path / "s")
    with pytest.raises(RagError, match="different corpora"):
        read_shards(tmp_path / "s", "e", "again")
    for wrong in ("4/4", "1", "a/b", "-1/2", "1/0"):
        with pytest.raises(RagError, match="--shard must be i/n"):
            parse_shard(wrong)


def test_an_index_on_the_disk_answers_as_one_in_memory(corpus, towers, tmp_path):
    shards = encoded(corpus, towers[1], tmp_path / "s", 2)
    made = merge(shards, tmp_path / "flat", "Flat", IndexConfig(), "tiny", tmp_path / "work")
    on_disk(shards, tmp_path / "disk", tmp_path / "work")
    flat, disk = (PassageIndex.load(tmp_path / name, encoder="e") for name in ("flat", "disk"))
    assert made["passages"] == 20 and disk.factory.startswith("PQ8x4fs") and disk.recall_at_10 > 0.9
    queries = towers[1].encode(["宝宝发热怎么办", "血糖"])
    for mine, theirs in zip(disk.search(queries, 1), flat.search(queries, 1), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5)
    assert list(disk.passages) == list(flat.passages) and disk.passages[3:5] == flat.passages[3:5]
    assert disk.passages[-1] == flat.passages[-1] and disk.departments == flat.departments
    assert {p.id: disk.position[p.id] for p in flat.passages} == flat.position and "p9" not in disk.position
    assert disk.fingerprint == flat.fingerprint and disk.lexicon({"血糖"}) == flat.lexicon()
    np.testing.assert_array_equal(disk.vectors([19, 0]), flat.vectors([19, 0]))
    assert disk.find("发热").passages == flat.find("发热").passages
    assert disk.find().page(1)[0] == flat.passages[0] and len(disk.find().passages) == 20
    for place, found in zip(*flat.search(queries, 3, "儿科")[::-1], strict=True):
        assert all(flat.passages[i].department == "儿科" for i in place if i >= 0) and found[0] > -np.inf
    encode_shard(plan_shard(0, 2, corpus, 32, "f", BLOCK), corpus, towers[1], tmp_path / "s")
    np.testing.assert_array_equal(disk.vectors([0]), flat.vectors([0]))  # encoding anew leaves the merged index alone


def test_a_killed_merge_goes_on_from_the_codes_it_saved(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(400, 32)).astype(np.float32)
    np.save(tmp_path / "v.npy", vectors)
    mapped = MappedVectors([tmp_path / "v.npy"])
    whole = quantised(mapped, tmp_path / "none", "d")
    half = faiss.index_factory(32, factory_of(32), faiss.METRIC_INNER_PRODUCT)
    half.train(vectors)
    half.add(vectors[:256])
    _save(half, tmp_path / "work", "d")
    found = quantised(mapped, tmp_path / "work", "d")
    assert faiss.serialize_index(found).tobytes() == faiss.serialize_index(whole).tobytes()
    (tmp_path / "work" / "codes-256.faiss").write_bytes(b"torn")
    assert quantised(mapped, tmp_path / "work", "d").ntotal == 400


def test_more_shards_than_blocks_leave_some_empty(tmp_path, towers):
    write_jsonl(tmp_path / "two.jsonl", [Passage("a", "", "血糖"), Passage("b", "", "发热")])
    shards = encoded(tmp_path / "two.jsonl", towers[1], tmp_path / "s", 3)
    assert len(shards.folders) == 1 and [p.id for p in shards.passages()] == ["a", "b"]
