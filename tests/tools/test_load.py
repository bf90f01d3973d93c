"""The load harness on a tiny checkpoint: it presses the real page's buttons and counts what came of it."""

import pytest

from tests.conftest import save_checkpoint
from tools.load import main, quantiles
from tools.page_client import Layout


def test_quantiles_by_hand():
    assert quantiles([float(n) for n in range(1, 22)]) == {"p50": 11.0, "p95": 20.0}
    assert quantiles([1.0]) is None


def test_a_button_is_found_with_its_inputs():
    config = {
        "components": [
            {"id": 1, "props": {"elem_id": "go"}},
            {"id": 2, "props": {"elem_id": "box", "value": "x"}},
            {"id": 3, "props": {}},
        ],
        "dependencies": [
            {"id": 7, "targets": [[2, "submit"]], "inputs": []},
            {"id": 8, "targets": [[1, "click"]], "inputs": [2, 3]},
        ],
    }
    assert Layout(config).event("go") == (8, 1, [("box", "x"), ("", None)])
    with pytest.raises(LookupError):
        Layout(config | {"dependencies": []}).event("go")


def test_a_short_run_has_no_errors_and_the_burst_is_told(bart_engine, tmp_path, monkeypatch):
    """Every visitor of the burst is either answered or told that the queue is full; nobody times out."""
    monkeypatch.setenv("RAG_QUEUE", "4")
    checkpoint = str(save_checkpoint(bart_engine, tmp_path / "tiny"))
    report = main(["--visitors", "3", "--minutes", "0.1", "--pause", "0.1", "--burst", "12", "--presets", checkpoint])
    assert report["errors"] == {} and sum(report["events"].values()) > 0
    burst = report["burst"]
    assert burst["errors"] == {} and burst["answered"] + sum(burst["told that the queue is full"].values()) == 12
    assert all("full" in sentence.lower() for sentence in burst["told that the queue is full"])
    assert burst["first token"]["p50"] <= burst["whole answer"]["p50"] and burst["longest line seen"] > 0
