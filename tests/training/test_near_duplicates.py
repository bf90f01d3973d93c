"""Near duplicates on disk, held against datasketch's own index in memory and against exact Jaccard similarity."""

import random

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH

from training import near_duplicates
from training.near_duplicates import UnionFind, families, gram_hashes, write_signatures


def written(tmp_path, texts) -> np.ndarray:
    path = tmp_path / "signatures"
    write_signatures(path, lambda start: texts[start:], lambda _: None)
    return families(path)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Forty originals; of each, copies with one to nine characters changed: similarities from 0.3 to 1."""
    rng = random.Random(3)
    made = []
    for _ in range(40):
        original = [chr(rng.randint(0x4E00, 0x9FA0)) for _ in range(40)]
        made.append("".join(original))
        for changes in (1, 2, 3, 5, 9):
            copy = list(original)
            for place in rng.sample(range(40), changes):
                copy[place] = "变"
            made.append("".join(copy))
    rng.shuffle(made)
    return made


def test_the_bands_on_disk_find_what_datasketch_finds_in_memory(tmp_path, texts, monkeypatch):
    """Equal families for every text: a wrong offset, band or bucket edge would lose or add one."""
    monkeypatch.setattr(near_duplicates, "CHUNK", 7)
    lsh = MinHashLSH(threshold=0.7, num_perm=128, weights=(0.1, 0.9))
    sketches = list(MinHash.generator((gram_hashes(t) for t in texts), num_perm=128, seed=1, hashfunc=int))
    for number, sketch in enumerate(sketches):
        lsh.insert(number, sketch)
    expected = UnionFind(len(texts))
    for number, sketch in enumerate(sketches):
        for other in lsh.query(sketch):
            if sketch.jaccard(sketches[other]) >= 0.7:
                expected.union(number, other)
    assert np.array_equal(written(tmp_path, texts), expected.roots())


def test_similar_texts_are_one_family_and_different_texts_are_not(tmp_path, texts):
    found = written(tmp_path, texts)
    sets = [{text[i : i + 3] for i in range(len(text) - 2)} for text in texts]
    for i, one in enumerate(sets):
        for j in range(i):
            similarity = len(one & sets[j]) / len(one | sets[j])
            assert similarity < 0.85 or found[i] == found[j]
            assert similarity > 0 or found[i] != found[j]


def test_short_and_empty_texts_have_a_signature(tmp_path):
    found = written(tmp_path, ["", "咳", "咳", "咳嗽", "咳嗽吗", "咳嗽吗"])
    assert found[1] == found[2] and found[4] == found[5] and len(set(found.tolist())) == 4


def test_a_bucket_too_large_to_compare_is_joined(tmp_path, monkeypatch):
    monkeypatch.setattr(near_duplicates, "MANY", 3)
    assert set(written(tmp_path, ["宝宝黄疸要多吃奶多晒太阳"] * 9 + ["体温高可用退热药不要捂汗"])) == {0, 9}


def test_signatures_go_on_after_the_last_whole_one(tmp_path, texts):
    """A kill leaves half a signature at the end: those after it must not be shifted."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    write_signatures(whole, lambda start: texts[start:], lambda _: None)
    broken.write_bytes(whole.read_bytes()[: 100 * near_duplicates.ROW_BYTES + 77])
    asked = []
    write_signatures(broken, lambda start: asked.append(start) or texts[start:], lambda _: None)
    assert asked == [100] and broken.read_bytes() == whole.read_bytes()


def test_union_find_names_a_family_by_its_first_member():
    rng = random.Random(1)
    joined, sets = UnionFind(200), [{n} for n in range(200)]
    for _ in range(120):
        a, b = rng.randrange(200), rng.randrange(200)
        joined.union(a, b)
        merged = sets[a] | sets[b]
        for member in merged:
            sets[member] = merged
    assert joined.roots().tolist() == [min(family) for family in sets]
