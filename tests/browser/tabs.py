"""Going to a tab as a visitor does: on a narrow screen the last ones are behind "more tabs"."""

from rag_demo.ui.i18n import words


def go_to(page, key):
    button = page.locator(f"#tab_{key}-button")
    if not button.is_visible():
        page.click(".overflow-menu > button")
        page.click(f".overflow-dropdown button:has-text('{words('zh')[f'tab_{key}']}')")
    else:
        button.click()
