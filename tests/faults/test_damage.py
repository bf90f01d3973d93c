"""Every file of a checkpoint, its index and a corpus: truncated, emptied, bits flipped, 200 cases by a fixed seed.

Each must be refused with the file's name and what mends it; what a flip leaves equal (1e-5 and 1E-5) may be read. Hashes
come first, so no damaged byte reaches FAISS, whose reader takes some of them and answers wrongly, or crashes."""

import io
import random
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import pytest
import torch

from rag_demo import checkpoint
from rag_demo import index as index_module
from rag_demo.config import ASSETS
from rag_demo.corpus import read_passages, read_questions, write_jsonl
from rag_demo.engine import RagEngine
from rag_demo.files import sha256_of
from rag_demo.index import PassageIndex
from rag_demo.seals import SEAL, SUMS_FILE, read_sealed, write_sealed
from rag_demo.types import RagError
from training.state import check_seal, sealed

CASES = 200
MENDS = re.compile(r"git checkout|training\.build_index|sha256sum")


@dataclass(frozen=True)
class Case:
    """One damage to one file: how it looks in a failure."""

    file: Path
    kind: str
    place: float
    bit: int

    def damaged(self, good: bytes) -> bytes:
        at = int(self.place * len(good))
        flipped = good[:at] + bytes([good[at] ^ 1 << self.bit]) + good[at + 1 :]
        return {"truncated": good[:at], "emptied": b"", "flipped": flipped}[self.kind]


@pytest.fixture
def corpus(tmp_path, passages) -> Path:
    folder = tmp_path / "corpus"
    write_jsonl(folder / "passages.jsonl", passages)
    (folder / SUMS_FILE).write_text(f"{sha256_of(folder / 'passages.jsonl')}  passages.jsonl\n")
    return folder


def files_of(saved: Path, corpus: Path) -> list[Path]:
    return sorted(f for folder in (saved, corpus) for f in folder.rglob("*") if f.is_file())


def read_all(saved: Path, corpus: Path) -> tuple:
    """All that a damaged byte could change, without running a model: a changed weight changes the card's hashes."""
    card = checkpoint.read_card(saved)
    checkpoint.check_files(saved, card)
    index = PassageIndex.load(saved / "index", encoder=checkpoint.encoder_fingerprint(card))
    vectors = index.vectors(range(len(index)))
    passages = read_passages(corpus / "passages.jsonl")
    return card, index.passages, index.factory, index.recall_at_10, vectors.tobytes(), tuple(passages)


def test_200_damages_are_refused_by_name_or_change_nothing(saved, corpus):
    good = {file: file.read_bytes() for file in files_of(saved, corpus)}
    true, draw = read_all(saved, corpus), random.Random(7)
    smaller = [file for file in good if file.suffix in (".json", ".jsonl") or file.name == SUMS_FILE]
    refused = 0
    for number in range(CASES):
        pool = list(good) if number % 2 else smaller  # few bytes, and what a flip leaves readable
        kind = ("truncated", "emptied", "flipped", "flipped", "flipped")[number % 5]
        case = Case(pool[number // 2 % len(pool)], kind, draw.random(), draw.randrange(8))
        case.file.write_bytes(case.damaged(good[case.file]))
        try:
            assert read_all(saved, corpus) == true, case
            assert case.kind != "emptied", case
        except RagError as error:
            refused += 1
            assert str(case.file) in str(error) or SUMS_FILE in str(error), (case, str(error))
            assert MENDS.search(str(error)), (case, str(error))
        case.file.write_bytes(good[case.file])
    assert read_all(saved, corpus) == true
    assert refused >= CASES - 5


def test_the_engine_asks_the_same(saved):
    """What is refused above is refused by what the page loads with."""
    file = saved / "index" / "index.faiss"
    data = bytearray(file.read_bytes())
    data[-1] ^= 64
    file.write_bytes(bytes(data))
    with pytest.raises(RagError, match=r"index\.faiss is damaged"):
        RagEngine.load(saved)


def test_no_byte_reaches_faiss_before_its_hash(saved, monkeypatch):
    monkeypatch.setattr(index_module.faiss, "deserialize_index", lambda _: pytest.fail("read before it was checked"))
    file = saved / "index" / "index.faiss"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(RagError, match="SHA-256"):
        PassageIndex.load(saved / "index")


@pytest.mark.parametrize("size", [2**24, 2**31, 2**40, 2**62])
def test_a_vector_that_claims_more_than_the_file_has_is_refused(saved, size):
    """With a right hash, as a stranger's index would have: without the limit FAISS allocates what the file claims."""
    folder = saved / "index"
    index = PassageIndex.load(folder)
    data = faiss.serialize_index(index.index).tobytes()
    held = np.uint64(len(index) * index.index.d).tobytes()  # of float32: the codes' declared length
    held = held if held in data else np.uint64(len(index) * index.index.d * 4).tobytes()
    assert data.count(held) == 1
    (folder / "index.faiss").write_bytes(data.replace(held, np.uint64(size).tobytes()))
    manifest = read_sealed(folder / "manifest.json", "")
    manifest["files"]["index.faiss"] = sha256_of(folder / "index.faiss")
    write_sealed(folder / "manifest.json", manifest)
    with pytest.raises(RagError, match=r"index\.faiss is not an index .*Rebuild"):
        PassageIndex.load(folder)


def test_every_value_of_a_sealed_file_is_sealed(saved):
    """A threshold with another digit is valid JSON: the case that no parser finds."""
    file = saved / "rag.json"
    value = read_sealed(file, "")
    for name in value:
        write_sealed(file, value)
        text = file.read_text()
        changed = text.replace(f'"{name}": ', f'"{name}": 1', 1) if isinstance(value[name], int) else None
        file.write_text(changed or text.replace(f'"{name}": ', f'"{name}x": ', 1))
        with pytest.raises(RagError, match=r"rag\.json is (damaged|not)"):
            checkpoint.read_card(saved)
    write_sealed(file, value)
    file.write_text(file.read_text().replace("\n ", "\r\n    "))
    assert checkpoint.read_card(saved).preset == "base"


def test_shipped_data_and_checkpoints_are_sealed_and_whole():
    for folder in (ASSETS / "corpus", ASSETS / "questions"):
        listed = dict(line.split("  ")[::-1] for line in (folder / SUMS_FILE).read_text().splitlines())
        assert listed == {file.name: sha256_of(file) for file in folder.glob("*.jsonl")}, (
            "sha256sum *.jsonl > SHA256SUMS"
        )
    base = ASSETS / "checkpoints" / "base"
    assert all(f'"{SEAL}"' in (base / name).read_text("utf-8") for name in ("rag.json", "index/manifest.json"))


def test_a_shipped_question_file_with_another_letter_is_refused(tmp_path):
    for name in ("dev.jsonl", SUMS_FILE, "train.jsonl"):
        shutil.copy(ASSETS / "questions" / name, tmp_path)
    sums = tmp_path / SUMS_FILE
    sums.write_text("".join(line for line in sums.open() if line.split()[1] in ("dev.jsonl", "train.jsonl")))
    assert read_questions(tmp_path / "dev.jsonl")
    text = (tmp_path / "dev.jsonl").read_text(encoding="utf-8")
    (tmp_path / "dev.jsonl").write_text(text.replace("宝宝", "宝贝", 1), encoding="utf-8")
    with pytest.raises(RagError, match=r"dev\.jsonl is damaged or changed.*git checkout"):
        read_questions(tmp_path / "dev.jsonl")
    assert read_questions(tmp_path / "train.jsonl")


def test_your_own_data_needs_no_sums(tmp_path, passages):
    write_jsonl(tmp_path / "mine.jsonl", passages)
    assert read_passages(tmp_path / "mine.jsonl") == passages


def test_a_training_state_with_a_flipped_bit_is_refused(tmp_path):
    """torch.load alone read 196 of 200 such files without a word."""
    buffer, file, draw = io.BytesIO(), tmp_path / "state.pt", random.Random(7)
    torch.save({"w": torch.arange(1000.0)}, buffer)
    good = sealed(buffer.getvalue())
    file.write_bytes(good)
    check_seal(file)
    assert torch.equal(torch.load(file, weights_only=True)["w"], torch.arange(1000.0))
    for _ in range(100):
        case = Case(file, draw.choice(("flipped", "truncated", "emptied")), draw.random(), draw.randrange(8))
        file.write_bytes(case.damaged(good))
        with pytest.raises(ValueError, match="damaged"):
            check_seal(file)
