"""What a Space would stumble over, each as one sentence: sizes, stray files, the README's head, imports."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

MOST_FILE_BYTES = 10_000_000  # larger ones need special storage
MOST_BYTES = 1_000_000_000  # a Space's repository
ENDINGS = {".py", ".md", ".txt", ".json", ".jsonl", ".css", ".js", ".png", ".safetensors", ".faiss", ".csv"}
WITHOUT_ENDING = {"LICENSE", "SHA256SUMS"}
OPTIONAL = {"spaces", "pymilvus", "sqlalchemy"}  # a ZeroGPU Space brings the first; settings ask for the others
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
HEAD_KEYS = (
    "title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file", "license", "tags",
    "models", "short_description",
)  # fmt: skip
MOST_DESCRIPTION = 60  # characters, or the hub refuses the README


def problems(folder: Path) -> list[str]:
    """Of a folder as it would be uploaded; empty where it may be."""
    return [*_files(folder), *_head(folder), *_pictures(folder), *_imports(folder)]


def _files(folder: Path) -> Iterator[str]:
    total = 0
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, size = file.relative_to(folder), file.stat().st_size
        total += size
        if file.suffix not in ENDINGS and file.name not in WITHOUT_ENDING:
            yield f"{name} does not belong into a Space; untrack it, or name its ending in tools/space_checks.py."
        if size > MOST_FILE_BYTES:
            yield f"{name} has {size:,} bytes and a Space takes {MOST_FILE_BYTES:,}; split it."
    if total > MOST_BYTES:
        yield f"Together the files have {total:,} bytes and a Space takes {MOST_BYTES:,}."


def _head(folder: Path) -> Iterator[str]:
    """The README's front matter: what a Space is configured by."""
    readme = folder / "README.md"
    found = re.match(r"---\n(.*?)\n---\n", readme.read_text(encoding="utf-8") if readme.exists() else "", re.S)
    if not found:
        yield "README.md must begin with the Space's settings between two lines of ---."
        return
    head = dict(re.findall(r"^(\w+): *(.+)$", found.group(1), re.M))
    head = {key: value.strip().strip("\"'") for key, value in head.items()}
    if missing := [key for key in HEAD_KEYS if not head.get(key)]:
        yield f"README.md's head has no {', '.join(missing)}."
        return
    pinned = re.search(r"^gradio~=(\d+\.\d+)", (folder / "requirements.txt").read_text(encoding="utf-8"), re.M)
    if head["sdk"] != "gradio" or not pinned or not head["sdk_version"].startswith(f"{pinned.group(1)}."):
        yield "README.md's sdk_version must be of the gradio that requirements.txt names."
    if head["python_version"] not in ("3.11", "3.12"):
        yield "README.md's python_version must be 3.11 or 3.12; a Space's own default is too old."
    if not (folder / head["app_file"]).exists():
        yield f"README.md's app_file {head['app_file']} is missing."
    if len(head["short_description"]) > MOST_DESCRIPTION:
        yield f"README.md's short_description has more than {MOST_DESCRIPTION} characters."
    if not {head["colorFrom"], head["colorTo"]} <= COLOURS:
        yield f"README.md's colours must be of {', '.join(sorted(COLOURS))}."


def _pictures(folder: Path) -> Iterator[str]:
    for readme in sorted(folder.glob("README*.md")):
        for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", readme.read_text(encoding="utf-8")):
            if not (folder / picture).exists():
                yield f"{readme.name} shows {picture}, which is missing."


def _imports(folder: Path) -> Iterator[str]:
    """Every module that is imported is Python's, the folder's, or of a distribution that requirements.txt names."""
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = {_plain(re.match(r"[\w.-]+", line).group()) for line in lines if re.match(r"\w", line)}
    known = _distributions()
    own = {path.stem if path.is_file() else path.name for path in folder.iterdir()}
    for file in sorted(folder.rglob("*.py")):
        for module in sorted(_top_modules(file) - sys.stdlib_module_names - own - OPTIONAL):
            if not known.get(module, set()) & named:
                yield f"{file.relative_to(folder)} imports {module}, which requirements.txt does not name."


@cache
def _distributions() -> dict[str, set[str]]:
    """Of each module that is installed here, the distributions that hold it."""
    return {module: {_plain(name) for name in names} for module, names in packages_distributions().items()}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _top_modules(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.split(".")[0])
    return found
