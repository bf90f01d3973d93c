"""Every word the page shows, (Chinese, English) by key: a file a tab. A new file is added to `_FILES`."""

from rag_demo.ui.strings import ask, compare, corpus, evaluate, frame, inspector, resources, retrieval, speed, status

_FILES = (frame, ask, status, inspector, compare, retrieval, evaluate, speed, corpus, resources)


def _together() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for file in _FILES:
        twice = found.keys() & file.WORDS.keys()
        assert not twice, f"{file.__name__} repeats {sorted(twice)}"
        found.update(file.WORDS)
    return found


WORDS = _together()
