"""Going to a tab as a visitor does: on a narrow screen the last ones are behind "more tabs"."""

from rag_demo.ui.i18n import words


def go_to(page, key):
    button, more = page.locator(f"#tab_{key}-button"), page.locator(".overflow-menu > button")
    button.or_(more).filter(visible=True).first.wait_for()  # the page may have only just opened
    if not button.is_visible():
        more.click()
        page.click(f".overflow-dropdown button:has-text('{words('zh')[f'tab_{key}']}')")
    else:
        button.click()
