"""Two ranked lists of passages -> HTML: side by side, with lines from rank to rank, and the same as a table."""

from html import escape

from rag_demo.comparison import Comparison, Contestant, Move
from rag_demo.render import COLOURS, Words


def lists(comparison: Comparison, words: Words, names: tuple[str, str], hidden: bool) -> str:
    shared = sum(all(move.kept) for move in comparison.moves)
    k = max(len(comparison.left.hits), len(comparison.right.hits))
    said = words["compare_overlap"].format(k=k, n=shared, share=comparison.overlap)
    if not hidden:
        said += _gold(comparison, words, names)
    return (
        f"<h3>{escape(words['compare_lists'])}</h3>"
        f'<p class="overlap">{escape(said)}</p><p class="meaning">{escape(words["compare_lists_hint"])}</p>'
        f'<div class="ladder" style="--k:{max(k, 1)}">'
        f"{_ladder(comparison, words, names, 0, hidden)}{_lines(comparison, k)}{_ladder(comparison, words, names, 1, hidden)}"
        f"</div>{'' if hidden else _moves_table(comparison, words, names)}"
    )


def _gold(comparison: Comparison, words: Words, names: tuple[str, str]) -> str:
    if not comparison.gold:
        return words["compare_gold_unknown"]
    a, b = (rank_text(side.rank(comparison.gold), words) for side in (comparison.left, comparison.right))
    return words["compare_gold"].format(left=names[0], right=names[1], a=a, b=b)


def rank_text(rank: int | None, words: Words) -> str:
    return words["compare_beyond"] if rank is None else str(rank)


def _ladder(comparison: Comparison, words: Words, names: tuple[str, str], at: int, hidden: bool) -> str:
    """One side's passages in rank order."""
    side = (comparison.left, comparison.right)[at]
    moves = {move.passage.id: move for move in comparison.moves}
    items = "".join(
        f'<li class="{hue(comparison.hues[name])}"><b>{rank}</b>'
        f"<span>{escape(moves[name].passage.title or name)}</span>{_tags(moves[name], comparison, words, at, hidden)}</li>"
        for rank, name in enumerate(side.shown, 1)
    )
    return f'<div class="{("left", "right")[at]}"><h4>{escape(names[at])}</h4><ol>{items}</ol></div>'


def _tags(move: Move, comparison: Comparison, words: Words, at: int, hidden: bool) -> str:
    tags = []
    if move.passage.id in comparison.gold and not hidden:
        tags.append(f'<small class="gold">{escape(words["compare_gold_tag"])}</small>')
    if not all(move.kept):
        other = (move.right, move.left)[at]
        said = words["compare_other_none"] if other is None else words["compare_other_rank"].format(rank=other)
        tags.append(f"<small>{escape(said)}</small>")
    return "".join(tags)


def _lines(comparison: Comparison, k: int) -> str:
    """From left rank to right rank; a passage that only one side reads gets a dashed stub. The table says the same."""
    parts = []
    for i, move in enumerate(comparison.moves):
        a, b = (100 * ((rank or 0) - 0.5) for rank in (move.left, move.right))
        if all(move.kept):
            path, dash = f"M0,{a:g}C50,{a:g} 50,{b:g} 100,{b:g}", ""
        else:
            path, dash = (f"M0,{a:g}H30" if move.kept[0] else f"M70,{b:g}H100"), ' class="alone"'
        parts.append(f'<path{dash} d="{path}" style="stroke:var(--z{i % COLOURS})"/>')
    return (
        f'<svg viewBox="0 0 100 {100 * max(k, 1)}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f"{''.join(parts)}</svg>"
    )


def _moves_table(comparison: Comparison, words: Words, names: tuple[str, str]) -> str:
    columns = ("compare_rank", "compare_score", "prior")
    groups = "".join(f'<th scope="colgroup" colspan="3">{escape(name)}</th>' for name in names)
    head = "".join(f'<th scope="col">{escape(words[column])}</th>' for column in columns * 2)
    rows = "".join(
        f'<tr><th scope="row">{escape(move.passage.title or move.passage.id)}</th>'
        f"{_score_cells(comparison.left, move.passage.id, move.left, words)}"
        f"{_score_cells(comparison.right, move.passage.id, move.right, words)}<td>{escape(_shift(move, words))}</td></tr>"
        for move in comparison.moves
    )
    top = (
        f'<tr><th rowspan="2" scope="col">{escape(words["compare_passage"])}</th>{groups}'
        f'<th rowspan="2" scope="col">{escape(words["compare_shift"])}</th></tr><tr>{head}</tr>'
    )
    return details(words["compare_table"], f"<thead>{top}</thead><tbody>{rows}</tbody>")


def _score_cells(side: Contestant, name: str, rank: int | None, words: Words) -> str:
    hit = next((hit for hit in side.hits if hit.passage.id == name), None)
    numbers = ("–", "–") if hit is None else (f"{hit.score:.2f}", f"{hit.prior:.3f}")
    return "".join(f"<td>{escape(cell)}</td>" for cell in (rank_text(rank, words), *numbers))


def _shift(move: Move, words: Words) -> str:
    """How many places the passage rises (+) or falls from left to right."""
    if not all(move.kept):
        return words["compare_only_left" if move.kept[0] else "compare_only_right"]
    return f"{move.left - move.right:+d}".replace("-", "−") if move.left != move.right else "0"


def details(label: str, table: str) -> str:
    return (
        f'<details><summary>{escape(label)}</summary><div class="scroll" tabindex="0" role="region" '
        f'aria-label="{escape(label)}"><table>{table}</table></div></details>'
    )


def hue(i: int) -> str:
    return f"z{i % COLOURS}"
