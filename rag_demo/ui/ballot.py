"""One visitor's comparison, what the page shows of it, and its vote."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape

import gradio as gr

from rag_demo.comparison import Comparison
from rag_demo.engine import RagEngine
from rag_demo.render_compare import board, message, side_names
from rag_demo.render_tally import tally_board
from rag_demo.tally import pair_tallies
from rag_demo.ui.i18n import words
from rag_demo.votes import TIE, Vote, VoteError, VoteKind, VoteLog, Votes

CHOICES = ("left", "tie", "right", "skip")
Words = Mapping[str, str]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """One comparison. It stays on the server, so while `hidden` nothing that was sent tells A from B.

    asked: it has begun. blind: it was asked for with hidden names. own: over the visitor's own passages.
    outcome: a side's name or "tie", once voted. problem: why there is no comparison, or why the vote was not kept.
    """

    comparison: Comparison | None = None
    asked: bool = False
    blind: bool = False
    hidden: bool = False
    own: bool = False
    stopped: bool = False
    outcome: str = ""
    problem: str = ""

    @property
    def open(self) -> bool:
        """Both answers stand there and the names do not: a vote counts."""
        return self.hidden and self.comparison is not None and self.comparison.finished


def draw(now: Round, store: Votes, text: Words) -> tuple:
    """The result, the ballot, its line, its four buttons, the verdict."""
    votable = store.enabled and not now.own
    buttons = [gr.update(value=text[f"compare_vote_{c}"], visible=votable or c == "skip") for c in CHOICES]
    return _result(now, text), gr.update(visible=now.open), ballot_line(now, store, text), *buttons, _verdict(now, text)


def ballot_line(now: Round, store: Votes, text: Words) -> str:
    """What is asked and what is kept, or why there is no vote."""
    if now.own or not store.enabled:
        return f'<p class="meaning">{escape(text["compare_own" if now.own else "vote_off"])}</p>'
    return f'<p>{escape(text["compare_vote_ask"])}</p><p class="meaning">{escape(text["compare_privacy"])}</p>'


def voter(store: Votes, engines: Mapping[str, RagEngine], choice: str) -> Callable[[Round, str], tuple]:
    """The handler of one button of the ballot: what `draw` gives, the round, the tally."""

    def vote(now: Round, language: str) -> tuple:
        text = words(language)
        if now.open:
            now = replace(now, hidden=False, problem="") if choice == "skip" else _counted(now, store, choice, text)
        return *draw(now, store, text), now, tally(store, engines, text)

    return vote


def tally(store: Votes, engines: Mapping[str, RagEngine], text: Words) -> str:
    """Of the votes on the indexes that are served now."""
    try:
        kept = store.read()
    except VoteError as error:
        log.warning("%s", error)
        kept = VoteLog()
    return tally_board(pair_tallies(kept.on(served(engines))), text, kept.skipped)


def served(engines: Mapping[str, RagEngine]) -> frozenset[str]:
    """The fingerprints of the indexes."""
    return frozenset(engine.index.fingerprint for engine in engines.values())


def _counted(now: Round, store: Votes, choice: str, text: Words) -> Round:
    """The round with its vote kept and its names shown, or with the reason why it was not."""
    if now.own:
        return now
    sides = (now.comparison.left.side, now.comparison.right.side)
    outcome = {"left": sides[0].name, "right": sides[1].name, "tie": TIE}[choice]
    try:
        store.append(Vote(VoteKind.PREFERENCE, now.comparison.left.answer.question, sides, outcome))
    except VoteError as error:
        log.warning("a vote was not kept: %s", error)
        return replace(now, problem=text[f"vote_{error.fault}"])
    return replace(now, hidden=False, outcome=outcome, problem="")


def _result(now: Round, text: Words) -> str:
    if now.comparison is None and now.problem:
        return message(now.problem, alarming=True)
    if now.comparison is None or (now.hidden and not now.comparison.finished):
        waiting = "compare_writing_blind" if now.hidden else ("thinking" if now.asked else "compare_empty")
        return message(text["stopped" if now.stopped else waiting])
    return board(now.comparison, text, hidden=now.hidden, letters=now.blind, stopped=now.stopped)


def _verdict(now: Round, text: Words) -> str:
    if now.hidden and now.problem:
        return f'<p class="failed" role="alert">{escape(now.problem)}</p>'
    if not now.blind or now.hidden or now.comparison is None:
        return ""
    said = text["compare_revealed"]
    if now.outcome:
        left, right = (side.side.name for side in (now.comparison.left, now.comparison.right))
        choice = {left: "left", right: "right"}.get(now.outcome, "tie")
        said = text["compare_voted"].replace("{outcome}", text[f"compare_vote_{choice}"])
    a, b = side_names(now.comparison, text)
    return f'<p role="status">{escape(said.format(a=a, b=b))}</p>'
