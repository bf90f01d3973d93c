"""An answer with its passages, to keep: Markdown for people, JSON for programs, as links that carry their own file."""

import json
from base64 import b64encode
from collections.abc import Mapping

from rag_demo.render import answer_json
from rag_demo.types import Answer

# Characters that would become headings, links, emphasis or HTML in somebody's Markdown viewer
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>()#+|!~$"} | {"\n": " ", "\r": " "})


def plain(text: str) -> str:
    """`text` as Markdown that shows just these characters."""
    return text.translate(_MARKDOWN)


def answer_markdown(answer: Answer, words: Mapping[str, str]) -> str:
    """Question, answer with the numbers of its passages, and each passage with its probabilities and source."""
    if answer.citations:
        said = "".join(f"{plain(c.text)}[{answer.hits[c.hit].rank}]" for c in answer.citations)
    else:
        said = plain(answer.text)
    lines = [
        f"# {plain(answer.question)}",
        "",
        said,
        "",
        f"{words['model']} {plain(answer.model)} · {words[f'mode_{answer.rag_mode}']} · {words[answer.answer_mode]}"
        f" · log p(y|x) = {answer.log_prob:.2f}",
        "",
        f"## {words['passages']}",
    ]
    for hit in answer.hits:
        lines += [
            "",
            f"### {hit.rank}. {plain(hit.passage.title or hit.passage.id)}",
            "",
            f"{plain(hit.passage.id)} · {plain(hit.passage.department)} · {words['inner_product']} {hit.score:.2f}"
            f" · {words['prior']} {hit.prior:.3f} · {words['posterior']} {hit.posterior:.3f}",
            "",
            plain(hit.passage.text),
        ]
        if hit.passage.source:
            lines += ["", words["source"] + plain(hit.passage.source)]
    return "\n".join([*lines, "", words["notice"], ""])


def data_link(content: str, mime: str) -> str:
    """A data: URI; the browser writes the file, the server none."""
    return f"data:{mime};charset=utf-8;base64,{b64encode(content.encode()).decode()}"


def markdown_link(answer: Answer, words: Mapping[str, str]) -> str:
    return data_link(answer_markdown(answer, words), "text/markdown")


def json_link(answer: Answer) -> str:
    return data_link(json.dumps(answer_json(answer), ensure_ascii=False, indent=1), "application/json")
