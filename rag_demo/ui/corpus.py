"""The Corpus tab: what the visitor's questions are answered from, to browse and to search, and how to bring one's own."""

from collections.abc import Callable
from functools import partial
from typing import TypedDict

import gradio as gr

from rag_demo.render_corpus import Notice, heading, notice, passage_list
from rag_demo.store import PassageStore, StoreError
from rag_demo.text import MAX_QUESTION_CHARACTERS, as_text
from rag_demo.types import Passage, RagError
from rag_demo.ui import own_corpus
from rag_demo.ui.api import PassageObject
from rag_demo.ui.i18n import Language, words
from rag_demo.ui.page import QUICK_EVENT, OwnCorpus, Page

MOST_DEPARTMENTS = 60  # of a visitor's file, where each row may have its own


class DepartmentObject(TypedDict):
    name: str
    passages: int


class FoundObject(TypedDict):
    passages: list[PassageObject]
    total: int
    page: int
    pages: int
    exact: bool
    departments: list[DepartmentObject]


def build(page: Page) -> Callable[[gr.Radio], None]:
    text = words(Language.CHINESE)
    listed, _, back_open, next_open = _turned(page, None, Language.CHINESE, "", "", 1)
    relabel_own = own_corpus.build(page)
    title = gr.HTML(heading(text["corpus_title"], text["corpus_line"]), elem_id="corpus-title")
    number = gr.State(1)
    with gr.Row(elem_id="corpus-search"):
        query = gr.Textbox(
            label=text["corpus_query"], placeholder=text["corpus_query_hint"], show_label=False, container=False, scale=4,
            max_lines=1, max_length=MAX_QUESTION_CHARACTERS, elem_id="corpus-query",
        )  # fmt: skip
        search = gr.Button(text["corpus_search"], elem_id="corpus-search-button", scale=0, min_width=96)
    with gr.Row(elem_id="corpus-browse", equal_height=False):
        department = gr.Radio(
            _departments(page, None, text), value="", label=text["corpus_departments"], scale=1, min_width=150,
            elem_id="corpus-departments",
        )  # fmt: skip
        with gr.Column(scale=5, min_width=300):
            shown = gr.HTML(listed, elem_id="corpus-found")
            with gr.Row(elem_id="corpus-pager"):
                previous = gr.Button(
                    text["corpus_previous"], interactive=back_open["interactive"], elem_id="corpus-previous"
                )
                following = gr.Button(text["corpus_next"], interactive=next_open["interactive"], elem_id="corpus-next")

    inputs = [page.own, page.language, query, department, number]
    outputs = [shown, number, previous, following]
    for event in (query.submit, search.click, department.input):
        event(partial(_turned, page, to=1), inputs, outputs, **QUICK_EVENT)
    previous.click(partial(_turned, page, by=-1), inputs, outputs, **QUICK_EVENT)
    turned = following.click(partial(_turned, page, by=1), inputs, outputs, **QUICK_EVENT)
    turned.then(None, js="() => document.getElementById('corpus-search').scrollIntoView({block: 'start'})")
    page.own.change(partial(_replaced, page), inputs[:2], [query, department, *outputs], **QUICK_EVENT)
    gr.api(_endpoint(page), api_name="search_passages", queue=False)

    def relabel(switch: gr.Radio) -> None:
        relabel_own(switch)
        labelled = [title, query, search, department, previous, following, shown]
        states = [page.own, switch, query, department, number]
        switch.change(partial(_translated, page), states, labelled, **QUICK_EVENT)

    return relabel


def _store(page: Page, own: OwnCorpus | None) -> PassageStore:
    """The visitor's where they brought some, else that of the page's first engine: all presets share one corpus."""
    return next(iter(own.engines.values() if own else page.engines.values())).index


def _departments(page: Page, own: OwnCorpus | None, text: dict[str, str]) -> list[tuple[str, str]]:
    """The choices; only "all" while the passages cannot be reached."""
    try:
        store = _store(page, own)
        total, found = len(store), store.departments[:MOST_DEPARTMENTS]
    except StoreError:
        return [(text["corpus_all"], "")]
    return [(f"{text['corpus_all']} {total:,}", ""), *((f"{name[:24]} {n:,}", name) for name, n in found)]


def _turned(page: Page, own, language, query, department, number, to: int | None = None, by: int = 0) -> tuple:
    """-> list, page number, Previous, Next."""
    try:
        found = _store(page, own).find((query or "")[:MAX_QUESTION_CHARACTERS], department or "")
        number = found.clamp(to or number + by)
        shown = passage_list(found, number, words(language))
    except StoreError as error:
        closed = gr.update(interactive=False)
        return (
            notice(Notice("corpus_unavailable", {"why": str(error)}, failed=True), words(language)),
            1,
            closed,
            closed,
        )
    return shown, number, gr.update(interactive=number > 1), gr.update(interactive=number < found.pages)


def _replaced(page: Page, own: OwnCorpus | None, language: str) -> tuple:
    """Another corpus: an empty search over all of it."""
    choices = _departments(page, own, words(language))
    return "", gr.update(choices=choices, value=""), *_turned(page, own, language, "", "", 1)


def _translated(page: Page, own, language, query, department, number) -> list:
    text = words(language)
    choices = _departments(page, own, text)
    return [
        heading(text["corpus_title"], text["corpus_line"]),
        gr.update(label=text["corpus_query"], placeholder=text["corpus_query_hint"]),
        text["corpus_search"],
        gr.update(label=text["corpus_departments"], choices=choices),
        text["corpus_previous"],
        text["corpus_next"],
        _turned(page, own, language, query, department, number)[0],
    ]


def _endpoint(shown: Page) -> Callable[..., FoundObject]:
    def search_passages(query: str = "", department: str = "", page: int = 1) -> FoundObject:
        """Search the demo's corpus of medical and maternal-infant passages (in Chinese), 20 a page, counted from 1.

        A passage is found where every word of the query (between white space) stands in its id, title or text; where
        none is, exact is false and passages come by the words they share with the query. An empty query lists all,
        an empty department searches all. departments: of the whole corpus, the largest first.
        """
        try:
            query, department = as_text(query), as_text(department)
            store = _store(shown, None)
            found, names = store.find(query, department), store.departments
            if department and department not in dict(names):
                raise RagError(f"No department {department!r}; there are {', '.join(name for name, _ in names)}.")
            if isinstance(page, bool) or not isinstance(page, int) or not 1 <= page <= found.pages:
                raise RagError(f"page must lie between 1 and {found.pages}, not {page!r}.")
            passages = found.page(page)
        except RagError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return FoundObject(
            passages=[_object(passage) for passage in passages],
            total=len(found.passages),
            page=page,
            pages=found.pages,
            exact=found.exact,
            departments=[DepartmentObject(name=name, passages=count) for name, count in names],
        )

    return search_passages


def _object(passage: Passage) -> PassageObject:
    return PassageObject(**{name: getattr(passage, name) for name in PassageObject.__annotations__})
