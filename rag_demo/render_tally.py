"""Win rates of blind votes -> HTML: a dot with its Wilson interval for every pair, and the same as a table."""

from collections.abc import Sequence
from html import escape

from rag_demo.render import Words
from rag_demo.tally import PairTally

SHOWN_PAIRS = 8


def tally_board(tallies: Sequence[PairTally], words: Words, skipped: int = 0) -> str:
    """The pairs with most votes. skipped: lines of the file that were no votes."""
    note = f'<p class="meaning">{escape(words["tally_skipped"].format(n=skipped))}</p>' if skipped else ""
    head = f"<h3>{escape(words['tally_title'])}</h3>"
    if not tallies:
        return f'<section class="tally">{head}<p class="meaning">{escape(words["tally_none"])}</p>{note}</section>'
    rows = "".join(_row(tally, words) for tally in tallies[:SHOWN_PAIRS])
    return (
        f'<section class="tally">{head}<p class="meaning">{escape(words["tally_hint"])}</p>'
        f'<ul class="rates">{rows}<li class="axis" aria-hidden="true"><span class="scale"><i>0</i><i>50</i><i>100</i></span>'
        f"<small>{escape(words['tally_axis'])}</small></li></ul>{_table(tallies, words)}{note}</section>"
    )


def side_label(name: str, words: Words) -> str:
    """ "base/dense/token" -> "base · Dense · RAG-Token": the words of Side.name in the page's language."""
    free = name.endswith("/free")
    model, retriever, rag_mode = name.removesuffix("/free").rsplit("/", 2)
    parts = [model, words[retriever], words[f"mode_{rag_mode}"], *([words["free_short"]] if free else [])]
    return " · ".join(parts)


def _row(tally: PairTally, words: Words) -> str:
    """The numbers are text; the picture beside them is for the eye."""
    first, second = (side_label(name, words) for name in (tally.first, tally.second))
    low, high = (100 * bound for bound in tally.interval)
    numbers, picture = words["tally_only_ties"].format(ties=tally.ties), ""
    if tally.win_rate is not None:
        rate = 100 * tally.win_rate
        numbers = words["tally_row"].format(rate=rate, low=low, high=high, n=tally.decided, ties=tally.ties)
        picture = (
            f'<i class="interval" style="left:{low:.1f}%;width:{high - low:.1f}%"></i>'
            f'<i class="rate" style="left:{rate:.1f}%"></i>'
        )
    return (
        f"<li><p><b>{escape(first)}</b> {escape(words['tally_against'])} <b>{escape(second)}</b></p>"
        f'<span class="track" aria-hidden="true"><i class="even"></i>{picture}</span><small>{escape(numbers)}</small></li>'
    )


def _table(tallies: Sequence[PairTally], words: Words) -> str:
    keys = ("first", "second", "first_wins", "second_wins", "ties", "rate", "interval")
    head = "".join(f'<th scope="col">{escape(words[f"tally_{key}"])}</th>' for key in keys)
    label = escape(words["tally_table"])
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in _cells(tally, words))}</tr>" for tally in tallies
    )
    return (
        f'<details><summary>{label}</summary><div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _cells(tally: PairTally, words: Words) -> tuple[object, ...]:
    low, high = tally.interval
    rate = "–" if tally.win_rate is None else f"{tally.win_rate:.3f}"
    names = (side_label(name, words) for name in (tally.first, tally.second))
    return *names, tally.first_wins, tally.second_wins, tally.ties, rate, f"{low:.3f}–{high:.3f}"
