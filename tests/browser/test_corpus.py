"""The Corpus tab in a real Chromium: browse, search, bring a file, ask it, go back; the other visitor's page is untouched."""

import pytest

from tests.browser.tabs import go_to

EVIL = "<img src=x onerror=alert(1)>"
OWN = f"编号,标题,正文,科室\nx1,退烧,小熊退烧贴只能降低局部温度。{EVIL},测试科\nx2,=cmd|'/C calc'!A0,洗澡水温三十八度。,测试科\n"


def open_corpus(page):
    go_to(page, "corpus")
    page.wait_for_selector(".corpus-list li", timeout=60_000)


def choose(page, name: str, content: bytes):
    page.set_input_files("#corpus-upload input[type=file], input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})  # fmt: skip


def test_browse_search_and_bring_your_own(page, browser, url):
    other = browser.new_page(viewport={"width": 1280, "height": 900})
    other.goto(url)
    for tab in (page, other):
        open_corpus(tab)
    assert page.locator(".corpus-list li").count() == 20
    page.click("#corpus-next")
    page.wait_for_function("document.querySelector('.corpus-span').innerText.includes('21–40')")
    page.fill("#corpus-query input, #corpus-query textarea", "叶酸 孕前")
    page.press("#corpus-query input, #corpus-query textarea", "Enter")
    page.wait_for_selector(".corpus-list mark")
    page.locator(".corpus-list summary").first.press("Enter")
    assert page.locator(".corpus-list details[open] .text").first.is_visible()

    choose(page, "bad.csv", "正文\n甲".encode("utf-16"))
    page.wait_for_selector(".corpus-notice.failed")
    assert "编码" in page.inner_text(".corpus-notice.failed")
    choose(page, "我的.csv", OWN.encode("gb18030"))
    page.wait_for_selector("#corpus-preview table")
    assert EVIL in page.inner_text("#corpus-preview") and page.locator("#corpus-preview img").count() == 0
    page.click("#corpus-build")
    page.wait_for_function("document.querySelector('#corpus-line')?.innerText.includes('我的.csv')", timeout=60_000)
    page.wait_for_function("document.querySelectorAll('.corpus-list li').length === 2")
    assert page.locator(".corpus-list img").count() == 0

    go_to(page, "ask")
    assert "2 篇" in page.inner_text("#corpus-line")
    page.fill("#question textarea", "宝宝洗澡水多少度")
    page.click("#ask-button")
    page.wait_for_function("document.querySelectorAll('.card').length === 2", timeout=60_000)
    page.wait_for_function("document.querySelector('.said .foot') && !document.querySelector('.caret')", timeout=60_000)
    assert page.locator(".card img").count() == 0
    page.click("#corpus-back")
    page.wait_for_function("!document.querySelector('#corpus-line')?.offsetParent")
    assert other.locator(".corpus-list li").count() == 20 and other.locator("#corpus-line:visible").count() == 0
    other.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_on_a_phone(browser, url, scheme):
    tab = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    tab.goto(f"{url}/?__theme={scheme}")
    open_corpus(tab)
    choose(tab, "wide.csv", ("w" * 70 + ",text," + ",".join(f"c{i}" for i in range(20)) + "\na," + "b" * 900).encode())
    tab.wait_for_selector("#corpus-preview table")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.close()
