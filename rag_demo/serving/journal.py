"""The log: JSON, a line an event, on stderr. A question stands in it only where RAG_LOG_QUESTIONS is on.

Errors are written as their type and the lines of code they passed, without their message, which may quote a visitor."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

from rag_demo.serving.streams import Seen

log = logging.getLogger("rag_demo.answers")


class JsonLines(logging.Formatter):
    def __init__(self, questions: bool) -> None:
        super().__init__()
        self.questions = questions

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            kind, error, trace = record.exc_info
            line["error"] = f"{kind.__name__}: {error}" if self.questions else kind.__name__
            line["lines"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]
        return json.dumps(line, ensure_ascii=False, default=str)


class Journal:
    """Told of each answer; `questions`: whether their text is kept."""

    def __init__(self, questions: bool = False) -> None:
        self.questions = questions

    def seen(self, seen: Seen) -> None:
        fields = {"preset": seen.preset, "outcome": str(seen.outcome), "seconds": round(seen.seconds, 3)}
        if seen.first_token is not None:
            fields["first_token"] = round(seen.first_token, 3)
        if self.questions:
            fields["question"] = seen.question
        log.info("answer", extra={"fields": fields})


def start_journal(questions: bool, stream: TextIO | None = None) -> Journal:
    """Send every logger of this process there."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(questions))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("rag_demo").setLevel(logging.INFO)
    return Journal(questions)


def adopt(*names: str) -> None:
    """Loggers that brought handlers of their own write here, too."""
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
