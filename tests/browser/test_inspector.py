"""The inspector in a real Chromium: it grows with the answer, its tokens can be read by keyboard, its parts work."""

import re

import pytest

from rag_demo.render_inspector import inspection
from rag_demo.types import Answer, AnswerToken, Hit, Passage
from rag_demo.ui.i18n import words
from rag_demo.ui.theme import styles

READY = "document.querySelector('.inspected.finished') && document.querySelectorAll('.influences li').length === 5"
RECORD = """() => {
    window.columns = new Set();
    new MutationObserver(() => window.columns.add(document.querySelectorAll('.inspected.live .col').length))
        .observe(document.querySelector('#attribution'), {childList: true, subtree: true});
}"""


def ask(page, question="我银屑病吃阿维A吃了大半年，刚停下来，能不能马上怀？"):
    page.fill("#question textarea", question)
    page.click("#ask-button")
    page.wait_for_function(READY, timeout=60_000)


def nats(times) -> float:
    return float(times.locator("sup").inner_text().replace("−", "-"))


def test_the_inspector_from_the_first_answer_to_both_decodings(page):
    """One visit, because a server that answers is dear: live heatmap, keyboard, counterfactual, both ways, language."""
    assert not page.is_visible("#inspector"), "before the first answer there is nothing to inspect"
    page.evaluate(RECORD)
    ask(page)
    assert len(page.evaluate("[...window.columns]")) >= 5, "the heatmap came in one piece"

    tokens = page.locator("#attribution .tok")
    page.locator("#attribution .tok button").nth(1).focus()
    page.keyboard.press("Tab")
    readout = tokens.nth(2).locator(".readout")
    assert readout.is_visible() and not tokens.nth(1).locator(".readout").is_visible()
    numbers = [float(n) for n in re.findall(r"\d \n?(0\.\d{3}|1\.000)", readout.inner_text())]
    assert len(numbers) == 5 and abs(sum(numbers) - 1) < 0.01
    page.click("#attribution summary")
    assert page.locator("#attribution tbody tr").count() == tokens.count()

    page.fill("#added input, #added textarea", "p99999")
    page.click("#again-button")
    page.wait_for_selector("#counter-result .fault")
    assert "没有编号为“p99999”的资料" in page.inner_text("#counter-result .fault")
    page.fill("#added input, #added textarea", "")
    page.locator("#chosen input").first.uncheck()
    page.click("#again-button")
    page.wait_for_function("document.querySelectorAll('#counter-result tbody tr').length === 5", timeout=30_000)
    page.wait_for_function(
        "document.querySelector('#again-stop').disabled && !document.querySelector('.counter .caret')"
    )
    worth, change = (nats(page.locator(where).first) for where in (".influences li .times", ".counter .verdict .times"))
    assert worth < -1 and abs(worth - change) < 0.2, "answering without it is leaving it out"

    page.click("#modes-button")
    page.wait_for_selector("#modes-result tbody tr:nth-child(4)", timeout=60_000)
    assert page.locator("#modes-result .stacked").count() == 4
    page.click("#language label:has-text('English')")
    page.wait_for_function("document.querySelector('#modes-button').innerText === 'Decode both ways'")
    page.wait_for_function("document.querySelector('.counter .verdict').innerText.includes('times as likely')")
    page.wait_for_function("document.querySelector('.influences .said').innerText.includes('times as likely')")

    page.click("#clear-button")
    page.wait_for_function("!document.querySelector('.inspected')")
    assert not page.is_visible("#inspector")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_long_answer_scrolls_inside_its_container_on_a_phone(browser, theme):
    """120 tokens of 10 passages: the heatmap is wider than the phone, the page is not."""
    hits = tuple(Hit(Passage(f"p{i}", "很长的标题" * 4, "文。"), i + 1, 1.0, 0.1, 0.1) for i in range(10))
    tokens = tuple(
        AnswerToken("词元", -0.5, tuple(0.91 if z == i % 10 else 0.01 for z in range(10))) for i in range(120)
    )
    answer = Answer("问", "词元" * 120, hits, tokens, finished=True)
    html = inspection(answer, words("zh"), settled=True)
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.set_content(f'<style>{styles()}</style><body class="{theme}"><div id="inspector">{html}</div>')
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    heat = tab.evaluate("(e => [e.scrollWidth, e.clientWidth])(document.querySelector('.heat'))")
    assert heat[0] >= 120 * 18 and heat[1] < 390
    first, last = (tab.locator(".tok").nth(i) for i in (0, 119))
    for token in (first, last):
        token.hover()
        box = token.locator(".readout").bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 391
    tab.close()
