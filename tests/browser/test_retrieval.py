"""The Retrieval tab in a real Chromium: search, read the parts, run the lab and cancel it, on a desk and on a phone."""

import pytest

from tests.browser.tabs import go_to


def open_tab(tab):
    go_to(tab, "retrieval")
    tab.wait_for_selector("#retrieval-run", state="visible")


def test_searches_by_keyboard_and_cancels_the_lab(page):
    open_tab(page)
    page.fill("#retrieval-question textarea", "孕妇血糖高怎么办？<img src=x onerror=alert(1)>")
    page.press("#retrieval-question textarea", "Enter")
    page.wait_for_selector(".found-list .hit", timeout=90_000)
    assert [page.locator(f'[data-list="{kind}"] .hit').count() for kind in ("dense", "bm25", "hybrid")] == [5, 5, 5]
    assert page.locator("#retrieval img").count() == 0
    passage = page.locator('[data-list="hybrid"] .hit').first
    id, hue = passage.get_attribute("data-passage"), passage.get_attribute("class")
    hues = page.locator(f'.hit[data-passage="{id}"]').evaluate_all("hits => hits.map(hit => hit.className)")
    assert len(hues) >= 2 and set(hues) == {hue}
    assert page.locator('[data-list="bm25"] mark').count() and not page.locator('[data-list="dense"] mark').count()
    page.locator('[data-list="bm25"] summary').first.press("Enter")
    assert page.locator('[data-list="bm25"] .matched').first.is_visible()
    page.click("#lab-run")
    page.wait_for_selector(".lab-bar")
    page.click("#lab-cancel")
    page.wait_for_function("document.querySelector('.lab-stage').innerText === '已取消。'")
    page.wait_for_selector("#lab-run:not([disabled])")
    page.click("#language label:has-text('English')")
    page.wait_for_function("document.querySelector('.lab-stage').innerText === 'Cancelled.'")
    assert "inner product" in page.inner_text('[data-list="dense"]')


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_on_a_phone(browser, url, scheme):
    tab = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    tab.goto(f"{url}/?__theme={scheme}")
    tab.wait_for_selector("#question textarea")
    open_tab(tab)
    tab.click("#retrieval-run")
    tab.wait_for_selector(".found-list .hit", timeout=90_000)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    wide = "[...document.querySelectorAll('#retrieval *')].filter(e => e.getBoundingClientRect().right > 391).length"
    assert tab.evaluate(wide) == 0
    tab.close()
