"""The index refuses what it was not built from, and finds what an exact scan finds."""

import json

import faiss
import numpy as np
import pytest

from rag_demo.index import PassageIndex, choose_factory
from rag_demo.types import Passage, RagError


@pytest.fixture
def vectors(passages):
    return np.random.default_rng(0).normal(size=(len(passages), 32)).astype(np.float32)


def test_search_is_the_exact_inner_product_in_order(passages, vectors):
    scores, positions = PassageIndex.build(passages, vectors).search(vectors[2:3], 4)
    exact = vectors @ vectors[2]
    assert positions[0].tolist() == np.argsort(-exact)[:4].tolist()
    np.testing.assert_allclose(scores[0], np.sort(exact)[::-1][:4], rtol=1e-5)


def test_saved_is_loaded(tmp_path, passages, vectors):
    built = PassageIndex.build(passages, vectors, encoder="e")
    built.save(tmp_path / "index")
    loaded = PassageIndex.load(tmp_path / "index", encoder="e")
    assert loaded.passages == built.passages and loaded.factory == "Flat"
    np.testing.assert_array_equal(loaded.search(vectors, 3)[1], built.search(vectors, 3)[1])
    np.testing.assert_allclose(loaded.vectors([4, 1]), vectors[[4, 1]])
    assert loaded.fingerprint == built.fingerprint


def test_the_fingerprint_tells_passages_and_encoders_apart(passages, vectors):
    build = PassageIndex.build
    indexes = [build(passages, vectors, encoder="e"), build(passages, vectors, encoder="f")]
    indexes += [build(passages[::-1], vectors, encoder="e"), build(passages[1:], vectors[1:], encoder="e")]
    assert len({index.fingerprint for index in indexes}) == 4


@pytest.mark.parametrize("name", ["index.faiss", "passages.jsonl"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "remove"])
def test_a_damaged_file_is_refused_by_name(tmp_path, passages, vectors, name, damage):
    """A mutated FAISS file can load silently and answer wrongly: only the hash, checked first, catches it."""
    PassageIndex.build(passages, vectors).save(tmp_path / "index")
    file = tmp_path / "index" / name
    data = bytearray(file.read_bytes())
    if damage == "remove":
        file.unlink()
    else:
        data[len(data) // 2] ^= 1
        file.write_bytes({"flip": data, "truncate": data[:-1], "empty": b""}[damage])
    with pytest.raises(RagError, match=rf"{name}.*training\.build_index"):
        PassageIndex.load(tmp_path / "index")


def test_a_manifest_that_is_missing_or_wrong_is_refused(tmp_path, passages, vectors):
    PassageIndex.build(passages, vectors, encoder="one").save(tmp_path / "index")
    with pytest.raises(RagError, match="another context encoder"):
        PassageIndex.load(tmp_path / "index", encoder="two")
    manifest = tmp_path / "index" / "manifest.json"
    for content in ("{", "{}", json.dumps({**json.loads(manifest.read_text()), "surprise": 1})):
        manifest.write_text(content)
        with pytest.raises(RagError, match=r"manifest\.json.*Rebuild"):
            PassageIndex.load(tmp_path / "index")
    manifest.unlink()
    with pytest.raises(RagError, match=r"manifest\.json is missing"):
        PassageIndex.load(tmp_path / "index")


def test_counts_and_factories_are_checked(passages, vectors):
    with pytest.raises(RagError, match="6 passages but 5 vectors"):
        PassageIndex.build(passages, vectors[:5])
    with pytest.raises(RagError, match="--factory auto"):
        PassageIndex.build(passages, vectors, factory="Nonsense")


def test_the_factory_follows_the_size():
    assert choose_factory(20_000, 384) == "Flat"
    assert choose_factory(120_000, 384) == "PQ96x4fs,RFlat"
    assert choose_factory(4_000_000, 384) == "IVF8000,PQ96x4fs,RFlat"


def test_fast_scan_with_refine_recalls_what_flat_finds():
    faiss.omp_set_num_threads(1)
    centres = np.random.default_rng(1).normal(size=(200, 32))
    data = (centres.repeat(15, 0) + 0.3 * np.random.default_rng(2).normal(size=(3000, 32))).astype(np.float32)
    many = [Passage(str(i), "", "文") for i in range(len(data))]
    index = PassageIndex.build(many, data, factory="PQ8x4fs,RFlat")
    assert index.recall_at_10 > 0.99
    np.testing.assert_allclose(index.vectors([7]), data[[7]])
