"""One run of the index lab over an engine's passages, as growing reports: encode the questions, build, search, time."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from rag_demo.config import ASSETS
from rag_demo.corpus import read_questions
from rag_demo.encoder import TextEncoder
from rag_demo.engine import RagEngine
from rag_demo.found import LabReport, LabStage
from rag_demo.index_lab import LabStep, built_one_by_one, measured_one_by_one, with_copies
from rag_demo.text import normalise_question
from rag_demo.types import RagError

MAX_COUNT = 50_000
ENCODE_BLOCK = 32


class DevQuestions:
    """The questions that recall is measured on, encoded once by each question encoder and kept while it lives."""

    def __init__(self, questions: Sequence[str] | None = None) -> None:
        """questions: those of assets/questions/dev.jsonl where none are given."""
        self._given = questions
        self._vectors: WeakKeyDictionary[TextEncoder, np.ndarray] = WeakKeyDictionary()

    @cached_property
    def questions(self) -> tuple[str, ...]:
        if self._given is not None:
            return tuple(self._given)
        return tuple(question.question for question in read_questions(ASSETS / "questions" / "dev.jsonl"))

    def encoded(self, encoder: TextEncoder) -> Iterator[np.ndarray]:
        """The vectors so far, float32 (n, D), growing to all; at once where they are kept."""
        if encoder not in self._vectors:
            blocks = []
            for start in range(0, len(self.questions), ENCODE_BLOCK):
                blocks.append(encoder.encode(self.questions[start : start + ENCODE_BLOCK]))
                yield np.concatenate(blocks)
            self._vectors[encoder] = np.concatenate(blocks)
        yield self._vectors[encoder]


def lab_reports(engine: RagEngine, question: str, count: int, dev: DevQuestions) -> Iterator[LabReport]:
    """Growing reports; the last is stage DONE. count: vectors to grow to by perturbed copies, 0 for none.

    Raises RagError for a count outside 0 to 50,000, and for a question that cannot be searched for.
    """
    if isinstance(count, bool) or not float(count).is_integer() or not 0 <= count <= MAX_COUNT:
        raise RagError(
            f"可扩充到的篇数须是 0 到 {MAX_COUNT} 的整数。 (The size must be a whole number from 0 to {MAX_COUNT}.)"
        )
    question, real = normalise_question(question), min(len(engine.index), MAX_COUNT)
    report = LabReport(question, engine.name, max(real, int(count)), real, len(dev.questions))
    yield report.at(LabStage.ENCODE, 0, report.questions)
    for queries in dev.encoded(engine.question_encoder):
        yield report.at(LabStage.ENCODE, len(queries), report.questions)

    def shown(step: LabStep) -> LabReport:
        positions = {position for row in step.rows for position in row.top}
        titles = {i: (p.title or p.id) for i in positions for p in (engine.index.passages[i % real],)}
        return report.at(step.stage, step.done, step.total, step.kind, step.rows, titles)

    vectors = with_copies(engine.index.vectors(range(real)), report.count)
    for built in built_one_by_one(vectors, question=engine.encode_questions([question])[0]):
        yield shown(built)
    yield from map(shown, measured_one_by_one(built, queries))
