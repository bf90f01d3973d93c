"""The lab measures what it says: Flat is 1 by construction, worse codes find less, the same run gives the same table."""

from dataclasses import replace

import faiss
import numpy as np
import pytest

from rag_demo.found import IndexKind, LabStage
from rag_demo.index_lab import build, built_one_by_one, compare, factory_string, recall_at, with_copies
from rag_demo.lab_report import DevQuestions, lab_reports
from rag_demo.types import RagError


@pytest.fixture(scope="module")
def vectors():
    centres = np.random.default_rng(0).normal(size=(90, 32))
    return (centres.repeat(8, 0) + 0.5 * np.random.default_rng(1).normal(size=(720, 32))).astype(np.float32)


@pytest.fixture(scope="module")
def rows(vectors):
    return compare(vectors, vectors[:60] * 3, question=vectors[7])


def test_every_kind_is_measured_against_flat(rows, vectors):
    measured = {row.kind: row for row in rows}
    assert list(measured) == list(IndexKind) and all(row.built and row.milliseconds > 0 for row in rows)
    assert measured[IndexKind.FLAT].recall == (1.0, 1.0, 1.0, 1.0)
    assert measured[IndexKind.RABITQ].recall[2] < measured[IndexKind.RABITQ_REFINE].recall[2]
    assert min(measured[IndexKind.PQ_REFINE].recall) > 0.95 and measured[IndexKind.SQ8].recall[2] > 0.9
    exact = np.argsort(-(vectors @ vectors[7]))[:10].tolist()
    assert list(measured[IndexKind.FLAT].top) == exact
    assert measured[IndexKind.FLAT].size > vectors.nbytes > measured[IndexKind.SQ8].size > vectors.nbytes / 4


def test_the_same_run_finds_the_same(rows, vectors):
    """Unseeded training would make two visitors' tables differ."""
    again = compare(vectors, vectors[:60] * 3, question=vectors[7])
    still = [replace(row, milliseconds=None, build_seconds=0) for row in rows]
    assert [replace(row, milliseconds=None, build_seconds=0) for row in again] == still


def test_too_few_vectors_are_said_and_nothing_warns(vectors, capfd):
    rows = {row.kind: row for row in compare(vectors[:30], vectors[:5], question=vectors[0])}
    refused = {kind for kind, row in rows.items() if row.needs}
    assert refused == {IndexKind.IVF_PQ, IndexKind.PQ_REFINE} and rows[IndexKind.IVF_PQ].needs == 624
    assert len(compare(vectors[:7], vectors[:5])[0].recall) == 2  # k 1 and 5; there are no 10
    compare(vectors[:624], vectors[:5], [IndexKind.IVF_PQ, IndexKind.PQ_REFINE])
    assert "WARNING" not in "".join(capfd.readouterr())


def test_recall_by_hand():
    exact, found = np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 3, 2], [9, -1, 4]])
    assert recall_at(exact, found, 1) == 0.5 and recall_at(exact, found, 2) == 0.25
    assert recall_at(exact, found, 3) == pytest.approx((1 + 1 / 3) / 2)


def test_sizes_follow_the_count():
    assert factory_string(IndexKind.IVF_PQ, 1066, 384) == "IVF27,PQ96x4fs"
    assert factory_string(IndexKind.IVF_PQ, 50_000, 384) == "IVF894,PQ96x4fs"
    assert build(np.eye(4, dtype=np.float32), "Flat").ntotal == 4


def test_copies_keep_length_and_lie_near(vectors):
    grown = with_copies(vectors, 2000)
    assert grown.shape == (2000, 32) and grown.dtype == np.float32 and np.array_equal(grown[:720], vectors)
    np.testing.assert_allclose(np.linalg.norm(grown[720:1440], axis=1), np.linalg.norm(vectors, axis=1), rtol=1e-5)
    cosines = (grown[720:1440] * vectors).sum(1) / (vectors**2).sum(1)
    assert 0.85 < cosines.mean() < 0.93
    assert with_copies(vectors, 5) is vectors and np.array_equal(with_copies(vectors, 2000), grown)


def test_one_thread_is_given_back(vectors):
    before = faiss.omp_get_max_threads()
    steps = built_one_by_one(vectors)
    next(steps)
    assert faiss.omp_get_max_threads() == before
    steps.close()


def test_reports_grow_and_questions_are_encoded_once(bart_engine, passages, monkeypatch):
    dev = DevQuestions(["宝宝黄疸", "二甲双胍", "血糖高怎么办"])
    reports = list(lab_reports(bart_engine, "宝宝发热？", 0, dev))
    stages = list(dict.fromkeys(report.stage for report in reports))
    assert stages == list(LabStage) and reports[-1].count == reports[-1].real == 6
    assert reports[-1].titles[reports[-1].rows[0].top[0]] in {passage.title for passage in passages}
    other = bart_engine.with_passages(passages[:4])
    monkeypatch.setattr(type(dev), "questions", ("another",), raising=True)
    assert len(list(dev.encoded(other.question_encoder))) == 1  # kept: the same encoder, whatever its passages


@pytest.mark.parametrize("count", [-1, 50_001, 10.5, True, float("nan")])
def test_a_size_out_of_range_is_refused(bart_engine, count):
    with pytest.raises(RagError, match="0 to 50000"):
        next(lab_reports(bart_engine, "宝宝发热？", count, DevQuestions(["宝宝"])))
