"""XSS probes in a real Chromium: dialogs, foreign requests and errors are listened for while hostile texts are shown."""

import json

from tests.browser.tabs import go_to

PROBE = '<img src=x onerror=alert(1)><script>alert(2)</script>"><svg/onload=alert(3)>[x](javascript:alert(4))'
FOREIGN = "http://evil.example/"


def test_nothing_hostile_runs_on_the_page(page, url, tmp_path):
    """A question by link, the same question asked, an upload whose every cell is a probe, and a search in it."""
    asked, texts = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: texts.append(message.text) if message.type == "error" else None)
    page.goto(f"{url}/?q={PROBE.replace('#', '')}&preset=base&k=1")
    page.wait_for_selector(".said", timeout=120_000)
    assert "onerror=alert(1)" in page.inner_text("#talk")

    file = tmp_path / "<img src=x onerror=alert(5)>.jsonl"
    rows = [{"id": f"{PROBE}{n}", "title": PROBE, "text": f"宝宝发热要多喝水。{PROBE}{FOREIGN}", "department": PROBE,
             "source": PROBE} for n in range(3)]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    go_to(page, "corpus")
    with page.expect_file_chooser() as chooser:
        page.click("#corpus-upload")
    chooser.value.set_files(file)
    page.wait_for_selector("#corpus-build", timeout=60_000)
    page.click("#corpus-build")
    page.wait_for_selector("#corpus-found [data-passage], #corpus-found details >> text=onerror", timeout=120_000)
    page.fill("#corpus-query input, #corpus-query textarea", "<img src=x onerror=alert(6)>")
    page.click("#corpus-search-button")
    page.wait_for_timeout(1500)
    go_to(page, "ask")
    page.fill("#question textarea", f"宝宝发热怎么办{PROBE}")
    page.click("#ask-button")
    page.wait_for_selector("#cards article", timeout=120_000)
    page.wait_for_timeout(3000)

    assert page.locator("#talk img, #cards img, #corpus-found img, #talk script, #cards svg[onload]").count() == 0
    assert page.evaluate("[...document.querySelectorAll('a')].filter(a => /^javascript:/i.test(a.href)).length") == 0
    assert [address for address in asked if not address.startswith((url, "data:", "blob:"))] == []
    assert not [text for text in texts if "Content Security Policy" not in text and "404" not in text]
