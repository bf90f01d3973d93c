"""What is counted and written of a question, and that its text is in neither."""

import io
import json
import logging

import pytest

from rag_demo.serving.doors import Reason
from rag_demo.serving.journal import start_journal
from rag_demo.serving.metrics import Metrics
from rag_demo.serving.streams import Outcome, Seen

SECRET = "我怀孕三个月出血了"


@pytest.fixture
def root():
    """The root logger as it was."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield
    logger.handlers[:], logger.level = handlers, level


def test_metrics_count_by_preset_and_outcome_and_hold_no_question():
    metrics = Metrics()
    metrics.seen(Seen("base", Outcome.SUFFICIENT, 0.8, 0.3, SECRET))
    metrics.seen(Seen("base", Outcome.OUT_OF_SCOPE, 0.1, None, SECRET))
    metrics.seen(Seen("base", Outcome.EMERGENCY, 0.001, None, SECRET))
    metrics.refused(Reason.RATE)
    metrics.watch_queue(lambda: 7)
    text = metrics.text().decode()
    for line in (
        'rag_answers_total{outcome="sufficient",preset="base"} 1.0',
        'rag_abstentions_total{preset="base"} 1.0',
        'rag_emergencies_total{preset="base"} 1.0',
        'rag_first_token_seconds_bucket{le="0.5",preset="base"} 1.0',
        'rag_answer_seconds_count{preset="base"} 1.0',
        'rag_refused_total{reason="rate"} 1.0',
        'rag_refused_total{reason="queue"} 0.0',
        "rag_queue_length 7.0",
    ):
        assert line in text
    assert SECRET not in text


@pytest.mark.parametrize("questions", [False, True])
def test_a_line_an_answer_with_the_question_only_where_switched_on(root, questions):
    out = io.StringIO()
    start_journal(questions, out).seen(Seen("base", Outcome.SUFFICIENT, 0.8123, 0.31, SECRET))
    try:
        raise ValueError(f"cannot read {SECRET}")
    except ValueError:
        logging.getLogger("rag_demo.ui.asking").exception("answering failed")
    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["outcome"], first["seconds"], first["preset"]) == ("sufficient", 0.812, "base")
    assert first.get("question") == (SECRET if questions else None)
    assert (
        second["level"] == "error" and second["error"].startswith("ValueError") and "test_figures" in second["lines"][0]
    )
    assert (SECRET in out.getvalue()) == questions, "an error's message quoted the visitor"
