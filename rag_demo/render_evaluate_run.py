"""A run on a few questions -> escaped HTML: how far it is, what it found so far, and the sheet to download."""

from collections.abc import Mapping
from html import escape

from rag_demo.evaluation import CURVE, CUTS, DEPTH, Outcome, Run
from rag_demo.render_evaluate import recall_chart
from rag_demo.render_evaluate_parts import note, problem, table
from rag_demo.sheet import run_link
from rag_demo.tally import wilson_interval

Words = Mapping[str, str]
LISTED = 20
DRAWN_FROM = 5  # a curve of fewer questions is a staircase


def running(run: Run, words: Words) -> str:
    """The bar, the time left, and the figures so far."""
    return _bar(run, words) + note(_progress(run, words)) + _figures(run, words)


def ended(run: Run, words: Words, name: str, failed: bool = False) -> str:
    """What came out, whole or cut short; name: the model's, for the file."""
    key = "eva_done" if run.finished else "eva_cut_short"
    said = note(words[key].format(done=len(run.outcomes), total=len(run.questions), seconds=f"{run.seconds:.0f}"))
    sorry = problem(words["eva_failed"]) if failed else ""
    if not run.outcomes:
        return sorry + said
    return sorry + said + _download(run, words, name) + _figures(run, words) + _listed(run, words)


def _bar(run: Run, words: Words) -> str:
    done, total = len(run.outcomes), len(run.questions)
    return (
        f'<div class="eva-bar" role="progressbar" aria-label="{escape(words["eva_progress"])}" aria-valuemin="0" '
        f'aria-valuemax="{total}" aria-valuenow="{done}"><span style="--to:{done / total:.4f}"></span></div>'
    )


def _progress(run: Run, words: Words) -> str:
    done, total = len(run.outcomes), len(run.questions)
    if not done:
        return words["eva_starting"].format(total=total)
    left = run.seconds / done * (total - done)
    return words["eva_so_far"].format(done=done, total=total, left=f"{left:.0f}")


def _figures(run: Run, words: Words) -> str:
    if not run.outcomes:
        return ""
    return f'<div class="eva-body one">{_recalled(run, words)}</div>{_answered(run, words)}'


def _recalled(run: Run, words: Words) -> str:
    if not run.plan.kinds:
        return ""
    count = len(run.outcomes)
    lines = [(words[kind], tuple((k, run.recall(kind, k)) for k in CURVE)) for kind in run.plan.kinds]
    rows = [
        [words[kind], *(_within(run.recall(kind, k), count) for k in CUTS), f"{run.mrr(kind):.3f}"]
        for kind in run.plan.kinds
    ]
    heads = [words["eva_retriever"], *(f"recall@{k}" for k in CUTS), "MRR@10"]
    title = words["eva_recall"]
    chart = ""
    if count >= DRAWN_FROM:
        chart = f'<div class="eva-charts"><figure>{recall_chart(lines, title, words)}</figure></div>'
    return f"{chart}<div>{table(title, heads, rows)}{note(words['eva_interval'].format(count=count))}</div>"


def _within(share: float, count: int) -> str:
    low, high = wilson_interval(round(share * count), count)
    return f"{share:.2f} ({low:.2f}\u2060–\u2060{high:.2f})"  # breaks before the bracket only


def _answered(run: Run, words: Words) -> str:
    if not run.plan.answers:
        return ""
    quality = run.answer_quality
    withheld = words["eva_withheld"].format(count=run.withheld) if run.withheld else ""
    if quality is None:
        referenced = any(outcome.question.answer for outcome in run.outcomes)
        return note(("" if referenced else words["eva_no_reference"]) + withheld)
    count, f1, rouge = quality
    return note(words["eva_answer_quality"].format(count=count, f1=f"{f1:.3f}", rouge=f"{rouge:.3f}") + withheld)


def _download(run: Run, words: Words, name: str) -> str:
    safe = "".join(c for c in name if c.isalnum() or c in "-_") or "model"
    text = escape(words["eva_download"].format(count=len(run.outcomes)))
    return f'<p class="eva-download"><a href="{run_link(run, words)}" download="evaluation-{safe}.csv">{text}</a></p>'


def _listed(run: Run, words: Words) -> str:
    """The first questions with their ranks; the sheet has them all."""
    rows = [_row(outcome, run, words) for outcome in run.outcomes[:LISTED]]
    heads = [words["eva_question"], *([words["eva_answer"]] if run.plan.answers else [])]
    ranks = [words["eva_rank"].format(name=words[kind]) for kind in run.plan.kinds]
    quality = [words["eva_f1"]] if run.plan.answers else []
    summary = words["eva_listed"].format(count=len(rows))
    shown = table(summary, [*heads, *ranks, *quality], rows, words_first=len(heads))
    return f'<details class="eva-listed"><summary>{escape(summary)}</summary>{shown}</details>'


def _row(outcome: Outcome, run: Run, words: Words) -> list[str]:
    ranks = [outcome.ranks[kind] for kind in run.plan.kinds]
    answer = [outcome.answer or words["eva_no_answer"]] if run.plan.answers else []
    f1 = [f"{outcome.f1:.2f}" if outcome.f1 is not None else "–"] if run.plan.answers else []
    placed = [words["eva_beyond"].format(depth=DEPTH) if rank >= DEPTH else str(rank + 1) for rank in ranks]
    return [outcome.question.question, *answer, *placed, *f1]
