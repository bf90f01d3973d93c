"""Every tab: no serious finding of axe-core, light and dark; and what stands around an answer on the Ask tab."""

import json
from base64 import b64decode

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.test_page import ask

TABS = ("ask", "compare", "retrieval", "evaluate", "corpus", "resources")
SETTLED = "document.querySelector('.links') && !document.querySelector('.caret')"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_tab(browser, url, scheme):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(f"{url}/?__theme={scheme}")
    tab.wait_for_selector("#question textarea")
    ask(tab, "孕妇血糖高怎么办？")
    tab.wait_for_function(SETTLED)
    serious = []
    for name in TABS:
        tab.click(f"#tab_{name}-button")
        tab.wait_for_selector(f"#tab_{name}", state="visible")
        tab.wait_for_timeout(600)
        found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
        serious += [
            (name, v["id"], node["html"][:160])
            for v in found
            if v["impact"] in ("serious", "critical")
            for node in v["nodes"]
        ]
    tab.close()
    assert serious == []


def test_a_link_reproduces_the_answer_and_an_altered_one_is_refused(page, url):
    ask(page, "孕妇血糖高怎么办？")
    page.wait_for_function(SETTLED)
    said, link = page.inner_text(".said .words"), page.get_attribute(".links a", "href")
    saved = page.get_attribute(".links a[download='answer.json']", "href").split(",", 1)[1]
    page.goto(f"{url}/{link}")
    page.wait_for_function(SETTLED, timeout=60_000)
    assert page.inner_text(".said .words") == said
    assert said.startswith(json.loads(b64decode(saved))["text"][:10])
    page.goto(f"{url}/{link}".replace("mode=token", "mode=%3Cscript%3E"))
    page.wait_for_selector(".said.failed", timeout=60_000)
    assert "改动" in page.inner_text(".said.failed") and page.locator(".card").count() == 0


def test_a_follow_up_is_searched_whole_and_can_be_edited(page):
    ask(page, "孕妇血糖高怎么办？")
    page.fill("#question textarea", "那能喝咖啡吗")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("document.querySelectorAll('.said .foot').length == 2 && !document.querySelector('.caret')")
    assert "孕妇血糖高，能喝咖啡吗" in page.inner_text(".rewritten")
    page.click("#edit-button")
    page.wait_for_function("document.querySelector('#question textarea').value == '孕妇血糖高，能喝咖啡吗'")


def test_an_emergency_comes_before_any_model(page):
    page.fill("#question textarea", "宝宝吞了一颗纽扣电池")
    page.click("#ask-button")
    page.wait_for_selector(".emergency a[href='tel:120']")
    assert page.locator(".card").count() == 0 and "吞了一颗纽扣电池" in page.inner_text(".emergency .why >> nth=0")
    page.click("#language label:has-text('English')")
    page.wait_for_function("document.querySelector('.emergency h2').innerText.includes('call 120 now')")


def test_a_question_of_another_domain_gets_passages_and_no_answer(page):
    page.fill("#question textarea", "明天股市会涨吗，该买什么基金")
    page.click("#ask-button")
    page.wait_for_selector(".no-answer")
    assert page.locator(".card").count() == 5 and page.locator(".said .words").count() == 0


def test_a_thumb_is_kept_once(page):
    ask(page, "宝宝黄疸怎么办？")
    page.wait_for_selector("#feedback", state="visible")
    page.fill("#comment textarea", "有用")
    page.click("#thumbs-up")
    page.wait_for_function("document.querySelector('#thanks').innerText.includes('已记下')")
    assert not page.locator("#feedback").is_visible()
