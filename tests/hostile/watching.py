"""Looking at what came out: markup that is not the page's own, and files that were written."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

_FOREIGN = {"script", "img", "iframe", "x-probe", "style", "object", "form", "input", "base", "math", "embed", "link", "meta", "textarea"}  # fmt: skip
_SCHEMES = ("?", "tel:", "#", "data:text/markdown", "data:application/json", "data:text/csv")
_written: list[str] | None = None


class _Reader(HTMLParser):
    """Collects tags, attributes and addresses that the page never writes; other SVG is drawn by the page."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in _FOREIGN:
            self.foreign.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on"):
                self.foreign.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action", "formaction", "xlink:href") and not (value or "").startswith(_SCHEMES):
                self.foreign.append(f"{tag} {name}={value}")

    def handle_comment(self, data):
        self.foreign.append(f"<!--{data}")


def foreign_markup(html: str) -> list[str]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.foreign


def _hook(event: str, args) -> None:
    if _written is None:
        return
    if (
        event == "open" and isinstance(args[0], (str, bytes)) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    ) or event in ("os.rename", "os.mkdir", "os.remove", "os.link", "os.symlink", "os.truncate", "shutil.move"):
        _written.append(os.fsdecode(args[0]))


@contextmanager
def no_files_but(*folders) -> Iterator[None]:
    """Fails where anything but what lies under `folders` is written, made, renamed or removed in this process."""
    global _written
    if not hasattr(sys, "_hostile_hook"):
        sys._hostile_hook = True
        sys.addaudithook(_hook)
    _written = found = []
    try:
        yield
    finally:
        _written = None
    roots = tuple(os.path.realpath(folder) for folder in (*folders, "/dev/null", ".hypothesis"))
    assert [path for path in found if not os.path.realpath(path).startswith(roots)] == []
