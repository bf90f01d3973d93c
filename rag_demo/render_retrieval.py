"""SideBySide -> escaped HTML: three lists, one colour a passage. Pure functions; the caller gives the words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from rag_demo.found import Found, SideBySide
from rag_demo.types import RetrieverKind

Words = Mapping[str, str]
COLOURS = 10
SHOWN_WORDS = 4


def three_lists(view: SideBySide | None, words: Words) -> str:
    """The lists side by side, with the line that says what was searched."""
    if view is None:
        return f'<p class="nothing-yet">{escape(words["retrieval_empty"])}</p>'
    facts = [words["retrieval_searched"] + view.question, f"{words['model']} {view.model}"]
    if view.corpus:
        facts.append(f"{words['retrieval_corpus']}: {view.corpus}")
    hues = shared_hues(view)
    lists = "".join(_list(kind, view.lists[kind], hues, words) for kind in RetrieverKind)
    return (
        f'<p class="searched" role="status">{escape(" · ".join(facts))}</p>'
        f'<p class="quiet-line">{escape(words["retrieval_hues"])}</p><div class="three-lists">{lists}</div>'
    )


def intro(sentence: str) -> str:
    return f'<p class="tab-intro">{escape(sentence)}</p>'


def problem(sentence: str) -> str:
    """One sentence where a result would stand."""
    return f'<p class="tab-problem" role="alert">{escape(sentence)}</p>'


def shared_hues(view: SideBySide) -> dict[str, int]:
    """A hue for each passage that stands in at least two lists, in the order they are met."""
    met = [found.hit.passage.id for kind in RetrieverKind for found in view.lists[kind]]
    counts = Counter(met)
    shared = [id for id in dict.fromkeys(met) if counts[id] > 1]
    return {id: i % COLOURS for i, id in enumerate(shared)}


def _list(kind: RetrieverKind, found: Sequence[Found], hues: Mapping[str, int], words: Words) -> str:
    hits = "".join(_hit(kind, one, hues, words) for one in found)
    return (
        f'<section class="found-list" data-list="{kind}" aria-label="{escape(words[kind])}">'
        f'<h2>{escape(words[kind])}</h2><p class="quiet-line">{escape(words[f"{kind}_how"])}</p><ol>{hits}</ol></section>'
    )


def _hit(kind: RetrieverKind, found: Found, hues: Mapping[str, int], words: Words) -> str:
    hit, passage = found.hit, found.hit.passage
    hue = f"z{hues[passage.id]}" if passage.id in hues else "alone"
    lexical = kind is not RetrieverKind.DENSE
    title = passage.title or passage.id
    title = _marked(title, found.title_spans) if lexical and passage.title else escape(title)
    text = _marked(passage.text, found.text_spans) if lexical else escape(passage.text)
    about = " · ".join(filter(None, (passage.id, passage.department, passage.source)))
    return (
        f'<li class="hit {hue}" data-passage="{escape(passage.id)}"><p class="head"><span class="rank">{hit.rank}</span>'
        f'<span class="name">{title}</span></p><p class="parts">{_PARTS[kind](found, words)}</p>'
        f'<p class="elsewhere">{_elsewhere(kind, found, words)}</p>'
        f'<details><summary>{escape(words["read"])}</summary><p class="text">{text}</p>'
        f'<p class="about">{escape(about)}</p>{_words_table(found, words) if lexical else ""}</details></li>'
    )


def _dense_parts(found: Found, words: Words) -> str:
    return (
        f"{escape(words['inner_product'])} <b>{found.hit.score:.2f}</b>"
        f'<span class="gap"></span>{escape(words["prior"])} <b>{found.hit.prior:.3f}</b>'
    )


def _bm25_parts(found: Found, words: Words) -> str:
    """The total and its largest terms; the rest as one."""
    if not found.words:
        return f"<b>{found.bm25:.2f}</b> {escape(words['no_word'])}"
    terms = [f"{escape(word)} {score:.2f}" for word, score in found.words[:SHOWN_WORDS]]
    rest = found.words[SHOWN_WORDS:]
    if rest:
        more = words["words_more"].format(count=len(rest), score=f"{sum(score for _, score in rest):.2f}")
        terms.append(escape(more))
    return f"<b>{found.bm25:.2f}</b> = " + " + ".join(f'<span class="term">{term}</span>' for term in terms)


def _hybrid_parts(found: Found, words: Words) -> str:
    ranks = [found.ranks[kind] for kind in (RetrieverKind.DENSE, RetrieverKind.BM25)]
    terms = ["0" if rank is None else f"1/(60+{rank})" for rank in ranks]
    return f'<b>{found.fused:.4f}</b> = <span class="term">{terms[0]}</span> + <span class="term">{terms[1]}</span>'


_PARTS = {RetrieverKind.DENSE: _dense_parts, RetrieverKind.BM25: _bm25_parts, RetrieverKind.HYBRID: _hybrid_parts}


def _elsewhere(own: RetrieverKind, found: Found, words: Words) -> str:
    places = []
    for kind in RetrieverKind:
        if kind is not own:
            rank = found.ranks[kind]
            pattern = words["rank_beyond"] if rank is None else words["rank_in"]
            places.append(pattern.format(list=words[kind], rank=rank))
    return escape(" · ".join(places))


def _words_table(found: Found, words: Words) -> str:
    rows = "".join(f'<tr><th scope="row">{escape(word)}</th><td>{score:.2f}</td></tr>' for word, score in found.words)
    if not rows:
        return ""
    return (
        f'<table class="matched"><caption>{escape(words["words_table"])}</caption><thead><tr><th scope="col">'
        f'{escape(words["word"])}</th><th scope="col">{escape(words["word_adds"])}</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """`text` escaped, the spans marked; they ascend and do not overlap."""
    parts, done = [], 0
    for start, end in spans:
        parts += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
        done = end
    return "".join(parts) + escape(text[done:])
