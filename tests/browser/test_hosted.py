"""The page as the public gets it: nothing from another host, nothing against its own policy, a place in line."""

from urllib.parse import urlsplit

from tests.browser.tabs import go_to

TABS = ("compare", "retrieval", "evaluate", "corpus", "resources", "ask")


def test_every_tab_works_with_all_other_hosts_blocked_and_no_console_error(browser, url):
    """Catches fonts and scripts from a CDN, and whatever the Content-Security-Policy stops: the browser reports each."""
    own, elsewhere, faults = urlsplit(url).netloc, [], []
    tab = browser.new_page(viewport={"width": 1280, "height": 900})

    def sent(route):
        address = urlsplit(route.request.url)
        if address.netloc == own or address.scheme in ("data", "blob"):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    tab.route("**/*", sent)
    tab.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: faults.append(str(error)))
    answered = tab.goto(url)
    assert "unsafe-inline'" not in answered.headers["content-security-policy"].split("style-src")[0]
    tab.wait_for_selector("#question textarea")
    tab.fill("#question textarea", "孕妇血糖高怎么办？")
    tab.click("#ask-button")
    tab.wait_for_selector(".links", timeout=120_000)
    for name in TABS:
        go_to(tab, name)
        tab.wait_for_selector(f"#tab_{name}", state="visible")
    tab.click("#language label:has-text('English')")
    tab.wait_for_function("document.querySelector('#heading').innerText.includes('Retrieval-augmented')")
    tab.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.smuggled=1\">')")
    tab.wait_for_timeout(500)
    assert tab.evaluate("window.smuggled") is None, "an event attribute ran"
    assert elsewhere == []
    assert [fault for fault in faults if "onerror" not in fault and "inline event handler" not in fault] == []
    tab.close()
