"""A run as a sheet to download: CSV that no spreadsheet program takes for formulas."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from rag_demo.evaluation import DEPTH, Run
from rag_demo.export import data_link

# What begins a formula in a spreadsheet program (OWASP, CSV injection), and the full-width forms some of them read alike;
# also behind what is not seen, and behind what begins a new cell where a country's separator is a semicolon or a tab
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[\s\0\x1b\u00ad\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠])")


def cell(value: str) -> str:
    """The text, with a ' where a formula would begin."""
    return _FORMULA.sub(r"\1'", value)


def csv_of(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A byte order mark for Excel, then the rows, every cell safe."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerows([cell(value) for value in row] for row in [heads, *rows])
    return "\ufeff" + sheet.getvalue()


def run_csv(run: Run, words: Mapping[str, str]) -> str:
    """A row a question: id, question, gold passages, a 1-based rank for each retriever (empty beyond 100), reference,
    answer, whether it answered, F1, ROUGE-L, seconds."""
    ranks = [words["eva_rank"].format(name=words[kind]) for kind in run.plan.kinds]
    names = ("reference", "answer", "status", "f1", "rouge", "seconds_each")
    heads = ["id", words["eva_question"], words["eva_gold"], *ranks, *(words[f"eva_{name}"] for name in names)]
    rows = (
        (
            outcome.question.id,
            outcome.question.question,
            " ".join(outcome.question.passage_ids),
            *(_rank(outcome.ranks[kind]) for kind in run.plan.kinds),
            outcome.question.answer,
            outcome.answer or "",
            words[f"eva_status_{outcome.status}"] if outcome.status else "",
            _figure(outcome.f1),
            _figure(outcome.rouge),
            f"{outcome.seconds:.3f}",
        )
        for outcome in run.outcomes
    )
    return csv_of(heads, rows)


def run_link(run: Run, words: Mapping[str, str]) -> str:
    """The sheet as a data: URI; no file is written."""
    return data_link(run_csv(run, words), "text/csv")


def _rank(rank: int) -> str:
    return "" if rank >= DEPTH else str(rank + 1)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
