"""Figures in Prometheus' text format. Labels are presets, outcomes and reasons: closed sets; nothing a visitor wrote."""

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from rag_demo.serving.doors import Reason
from rag_demo.serving.streams import ABSTAINED, Outcome, Seen

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120)


class Metrics:
    """One server's; process_resident_memory_bytes and its like come with it."""

    def __init__(self) -> None:
        disable_created_metrics()  # a second series for each, of when it began
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._answers = Counter("rag_answers", "Questions by how they ended.", ["preset", "outcome"], registry=registry)
        self._abstentions = Counter("rag_abstentions", "Insufficient or out of scope.", ["preset"], registry=registry)
        self._emergencies = Counter("rag_emergencies", "Decided before any model.", ["preset"], registry=registry)
        self._first = Histogram(
            "rag_first_token_seconds",
            "From retrieval to the first token.",
            ["preset"],
            buckets=SECONDS,
            registry=registry,
        )
        self._whole = Histogram(
            "rag_answer_seconds", "Of whole answers.", ["preset"], buckets=SECONDS, registry=registry
        )
        self._refused = Counter("rag_refused", "Requests that did not come in.", ["reason"], registry=registry)
        self._queue = Gauge("rag_queue_length", "Visitors who wait.", registry=registry)
        for reason in Reason:
            self._refused.labels(reason)

    def seen(self, seen: Seen) -> None:
        self._answers.labels(seen.preset, seen.outcome).inc()
        if seen.outcome in ABSTAINED:
            self._abstentions.labels(seen.preset).inc()
        if seen.outcome is Outcome.EMERGENCY:
            self._emergencies.labels(seen.preset).inc()
        if seen.first_token is not None:
            self._first.labels(seen.preset).observe(seen.first_token)
        if seen.outcome is Outcome.SUFFICIENT:
            self._whole.labels(seen.preset).observe(seen.seconds)

    def refused(self, reason: Reason) -> None:
        self._refused.labels(reason).inc()

    def watch_queue(self, length: Callable[[], int]) -> None:
        self._queue.set_function(length)

    def text(self) -> bytes:
        return generate_latest(self._registry)
