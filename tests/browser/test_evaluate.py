"""The Evaluate tab in a real Chromium: run, cancel, download, an own file, and a phone without overflow."""

import json
from pathlib import Path

from tests.browser.tabs import go_to


def open_tab(page):
    go_to(page, "evaluate")
    page.wait_for_selector("#eva-out svg.chart", state="visible")


def test_run_cancel_and_download(page):
    open_tab(page)
    before = page.inner_text("#eva-out table >> nth=0")
    page.click("#eva-which label >> nth=1")
    page.wait_for_function("old => document.querySelector('#eva-out table').innerText !== old", arg=before)
    page.click("#eva-answers input")
    page.click("#eva-run")
    page.wait_for_function(
        "(+document.querySelector('.eva-bar')?.getAttribute('aria-valuenow') || 0) >= 2", timeout=60_000
    )
    page.click("#eva-cancel")
    page.wait_for_selector("#eva-result .eva-download a")
    said = page.inner_text("#eva-result .eva-note >> nth=0")
    page.wait_for_timeout(2000)
    assert page.inner_text("#eva-result .eva-note >> nth=0") == said and "已停止" in said, "Cancel did not cancel"
    with page.expect_download() as download:
        page.click("#eva-result .eva-download a")
    assert download.value.suggested_filename == "evaluation-base.csv"
    rows = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) >= 3 and rows[0].startswith("id,问题,正确资料")
    page.click("#language label:has-text('English')")
    page.wait_for_function("document.querySelector('#eva-run').innerText === 'Run'")
    assert "Stopped:" in page.inner_text("#eva-result") and "Recall" in page.inner_text("#eva-out")


def test_an_own_file_and_its_faults(page, tmp_path):
    open_tab(page)
    page.click("#eva-source label >> nth=1")
    page.wait_for_selector("#eva-file", state="visible")
    bad, good = tmp_path / "bad.csv", tmp_path / "good.jsonl"
    bad.write_text("question\n=cmd|' /C calc'!A0\n", encoding="utf-8")
    row = {"question": "=1+1 叶酸提前多久开始吃", "passage_ids": ["p0001"]}
    good.write_text(json.dumps(row), encoding="utf-8")
    page.set_input_files("#tab_evaluate input[type=file]", str(bad))
    page.wait_for_selector("#eva-file .eva-problem")
    assert "passage_ids" in page.inner_text("#eva-file")
    page.set_input_files("#tab_evaluate input[type=file]", str(good))
    page.wait_for_function("document.querySelector('#eva-file').innerText.includes('good.jsonl')")
    page.click("#eva-run")
    page.wait_for_selector("#eva-result .eva-download a", timeout=60_000)
    assert "1 题" in page.inner_text("#eva-result .eva-download")


def test_no_overflow_on_a_phone(browser, url):
    tab = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    tab.goto(f"{url}/?__theme=dark")
    tab.wait_for_selector("#question textarea")
    open_tab(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.close()
