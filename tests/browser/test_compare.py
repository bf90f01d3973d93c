"""The Compare tab in a real Chromium, with two settings of the one shipped model."""

import re

import pytest

from tests.browser.tabs import go_to

QUESTION = "普通人 叶酸 多吃 坏处"  # one of the test questions, so its source is known
FINISHED = "() => document.querySelector('.answers') && !document.querySelector('#compare-result .caret')"
RECORD = """() => {
    window.lengths = [[], []];
    new MutationObserver(() => document.querySelectorAll('.answers .words').forEach(
        (words, i) => window.lengths[i].push(words.classList.length && words.querySelectorAll('.waiting').length ? 0 :
            words.innerText.length)
    )).observe(document.querySelector('#compare-result'), {childList: true, subtree: true, characterData: true});
}"""


def opened(page, question=QUESTION):
    go_to(page, "compare")
    page.fill("#compare-question textarea", question)


def test_two_settings_answer_one_after_the_other(page):
    opened(page)
    page.evaluate(RECORD)
    page.click("#compare-start")
    page.wait_for_function(FINISHED, timeout=120_000)
    left, right = page.evaluate("window.lengths")
    assert len(set(left)) >= 4 and len(set(right)) >= 4, "an answer came in one piece"
    began = next(i for i, length in enumerate(right) if length)
    assert left[began] == left[-1], "the right began before the left was done"
    for side in ("left", "right"):
        assert page.locator(f".ladder .{side} li").count() == 5
    joined = page.locator(".ladder path:not(.alone)").count()
    alone = page.locator(".ladder path.alone").count()
    assert joined + alone / 2 == 5 and f"overlap@5 = {joined / 5:.2f}" in page.inner_text(".overlap")
    assert page.locator("small.gold").count() >= 1
    assert page.locator(".stripes").count() == 2 and page.locator(".facts tbody tr").count() == 5
    page.click("#language label:has-text('English')")
    page.wait_for_function("document.querySelector('.overlap')?.innerText.includes('shared')")
    assert not re.search(r"[\u4e00-\u9fff]", page.inner_text(".facts"))
    page.wait_for_function("document.querySelector('#compare-tally h3').innerText === 'Blind votes so far'")


def test_a_blind_vote_counts_once_and_reveals(page):
    opened(page)
    page.check("#compare-blind input")
    page.click("#compare-start")
    page.wait_for_selector("#compare-vote-left", timeout=120_000)
    assert not re.search(r"base|RAG-|混合|稠密", page.inner_html("#compare-result"))
    page.evaluate("() => { const b = document.querySelector('#compare-vote-left'); b.click(); b.click() }")
    page.wait_for_selector("#compare-verdict p[role=status]")
    assert re.search("A 是 (base|large) · .+，B 是 (base|large) · ", page.inner_text("#compare-verdict"))
    page.wait_for_selector("#compare-tally .rates")
    page.wait_for_timeout(500)
    assert "n = 1，" in page.inner_text("#compare-tally"), "a double click votes once"
    assert page.locator("#compare-vote-left").count() == 0 and page.locator(".stripes").count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_on_a_phone(browser, url, scheme):
    tab = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    tab.goto(f"{url}/?__theme={scheme}")
    tab.wait_for_selector("#question textarea")
    opened(tab, "孕妇血糖高怎么办？" + "w" * 120)
    tab.press("#compare-question textarea", "Enter")
    tab.wait_for_function(FINISHED, timeout=120_000)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    wide = tab.evaluate(
        "[...document.querySelectorAll('#tab_compare *')].filter(e => e.getBoundingClientRect().right > 391"
        " && !e.closest('.scroll')).map(e => e.className)"
    )
    assert wide == []
    tab.close()


def test_axe_finds_nothing_serious(page):
    from axe_playwright_python.sync_playwright import Axe

    opened(page)
    page.click("#compare-start")
    page.wait_for_function(FINISHED, timeout=120_000)
    found = Axe().run(page, context="#tab_compare").response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []
