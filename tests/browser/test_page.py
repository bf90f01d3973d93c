"""The page in a real Chromium: ask, watch it stream, stop, change language, and nothing overflows on a phone."""

import re

import pytest


def ask(page, question, wait=True):
    before = page.locator(".said").count()
    page.fill("#question textarea", question)
    page.click("#ask-button")
    if wait:
        page.wait_for_function(FINISHED, arg=before + 1, timeout=60_000)


FINISHED = (
    """wanted => document.querySelectorAll('.said .foot').length >= wanted && !document.querySelector('.caret')"""
)
RECORD = """() => {
    window.seen = {texts: [], bars: []};
    const look = () => {
        const words = document.querySelector('.said .words'), bar = document.querySelector('.bar.posterior .fill');
        if (words) window.seen.texts.push(words.innerText);
        if (bar) window.seen.bars.push(bar.style.getPropertyValue('--to'));
    };
    new MutationObserver(look).observe(document.querySelector('#ask'), {
        childList: true, subtree: true, characterData: true, attributes: true
    });
}"""


def test_asking_streams_tokens_and_moves_bars(page):
    page.evaluate(RECORD)
    ask(page, "孕妇血糖高怎么办？")
    seen = page.evaluate("window.seen")
    lengths = [len(text) for text in seen["texts"]]
    assert len(set(lengths)) >= 4, "the answer came in one piece"
    assert len(set(seen["bars"])) >= 3, "the posterior bar did not move"
    assert page.locator(".card").count() == 5
    assert page.locator(".card.cited mark").count() >= 1
    clause = page.locator(".cite").first
    colour = re.search(r"z\d", clause.get_attribute("class")).group()
    text = clause.evaluate("e => e.firstChild.textContent")
    assert text in page.locator(f"mark.{colour}").all_inner_texts()
    priors = [float(t) for t in page.locator(".bar.prior .value").all_inner_texts()]
    assert abs(sum(priors) - 1) < 0.01


def test_stop_stops_and_keeps_what_was_written(page):
    ask(page, "宝宝发烧怎么办", wait=False)
    page.wait_for_selector(".said .caret", timeout=30_000)
    page.wait_for_function(
        "document.querySelector('.said .words').innerText.length > 0 && document.querySelector('.card')"
    )
    page.click("#stop-button")
    page.wait_for_function("!document.querySelector('.caret')", timeout=10_000)
    assert "已停止" in page.inner_text(".said .foot")
    before = page.inner_text(".said .words")
    page.wait_for_timeout(1500)
    assert page.inner_text(".said .words") == before
    ask(page, "孕妇能喝咖啡吗")
    assert page.locator(".said").count() == 2


def test_the_language_switch_changes_every_word(page):
    ask(page, "孕妇血糖高怎么办？")
    page.click("#language label:has-text('English')")
    page.wait_for_function("document.querySelector('#ask-button').innerText === 'Ask'")
    page.wait_for_function("document.querySelector('.bar.prior .label').innerText === 'prior'")
    assert "not medical advice" in page.inner_text("#notice")
    assert "grounded" in page.inner_text(".said .foot")
    page.click("#language label:has-text('中文')")
    page.wait_for_function("document.querySelector('#ask-button').innerText === '提问'")


@pytest.mark.parametrize("question", ["", "？！", "长" * 501])
def test_bad_questions_get_a_sentence(page, question):
    ask(page, question, wait=False)
    page.wait_for_selector(".said.failed")
    assert re.search("请输入一个问题|超过了 500", page.inner_text(".said.failed"))
    assert page.locator(".card").count() == 0


def test_markup_in_a_question_is_shown_not_run(page):
    evil = "<img src=x onerror=alert(1)>宝宝发烧<script>alert(2)</script>"
    ask(page, evil)
    assert page.inner_text(".asked") == evil
    assert page.locator("#ask img, #ask script").count() == 0


def test_an_example_is_asked_by_a_click(page):
    page.locator("#examples button").first.click()
    page.wait_for_function(FINISHED, arg=1, timeout=60_000)
    assert page.inner_text(".asked") == page.locator("#examples button").first.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_on_a_phone(browser, url, scheme):
    tab = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    tab.goto(f"{url}/?__theme={scheme}")
    tab.wait_for_selector("#question textarea")
    ask(tab, "孕妇血糖高怎么办？" + "w" * 120)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    wide = tab.evaluate(
        "[...document.querySelectorAll('#ask *')].filter(e => e.getBoundingClientRect().right > 391).map(e => e.className)"
    )
    assert wide == []
    tab.close()


def test_the_page_asks_no_other_host(browser, url):
    tab = browser.new_page()
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(url)
    tab.wait_for_selector("#question textarea")
    assert [u for u in asked if not u.startswith((url, "data:", "blob:"))] == []
    tab.close()
