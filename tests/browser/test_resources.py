"""The Resources tab in a real Chromium: a slider replans, the language switches, a phone shows it without overflow."""

from tests.browser.tabs import go_to


def open_tab(page):
    go_to(page, "resources")
    page.wait_for_selector("#res-out .res-verdict", state="visible")


def test_a_control_replans_and_the_language_follows(page):
    open_tab(page)
    before = page.inner_text("#res-out .res-verdict")
    page.click("#res-preset label:has-text('bert-bart')")
    page.wait_for_function("old => document.querySelector('#res-out .res-verdict').innerText !== old", arg=before)
    assert page.locator("#res-out svg.chart").count() == 2
    assert page.locator("#res-points tbody tr").count() == 6
    page.click("#language label:has-text('English')")
    page.wait_for_function("document.querySelector('#res-points h2').innerText === 'Six known points'")
    assert "GiB a card" in page.inner_text("#res-out .res-verdict")


def test_no_overflow_on_a_phone(browser, url):
    tab = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    tab.goto(f"{url}/?__theme=dark")
    tab.wait_for_selector("#question textarea")
    open_tab(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.close()
