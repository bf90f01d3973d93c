"""The page as the public gets it: nothing from another host, nothing against its own policy, a place in line."""

from urllib.parse import urlsplit

from tests.browser.tabs import go_to

WATCH_PLACE = """() => {
    window.places = [];
    const place = document.querySelector('#place');
    new MutationObserver(() => window.places.push(place.textContent)).observe(place, {childList: true, subtree: true});
}"""
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
    tab.wait_for_timeout(300)
    assert (elsewhere, faults) == ([], [])
    tab.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,x\" onerror=\"window.smuggled=1\">')")
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.smuggled") is None, "an event attribute ran"
    tab.close()


def test_a_visitor_who_waits_sees_their_place(page, browser, url):
    """Catches a change of gradio's own status, which the line is read from."""
    other = browser.new_page()
    other.goto(url)
    other.wait_for_selector("#question textarea")
    page.fill("#question textarea", "孕妇血糖高怎么办？")
    other.fill("#question textarea", "宝宝黄疸怎么办？")
    other.evaluate(WATCH_PLACE)
    page.click("#ask-button")
    other.click("#ask-button")
    other.wait_for_function("window.places.some((said) => /排队第 [12] 位，共 [12] 位/.test(said))", timeout=60_000)
    other.wait_for_selector(".links", timeout=120_000)
    other.wait_for_function("document.querySelector('#place').textContent === ''")
    other.close()
