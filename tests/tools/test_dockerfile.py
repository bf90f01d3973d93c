"""The container, as far as it can be checked without building it."""

import re

from rag_demo.hosting import Hosting
from tools.space import ROOT

LINES = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_what_is_copied_exists_and_is_sent_to_the_builder():
    for copied in re.findall(r"^COPY (.+) \S+$", LINES, re.M):
        for name in copied.split():
            assert (ROOT / name).exists() and f"!{name}" in IGNORED, name
    assert IGNORED[1] == "*" and {"tests", "training", ".git", "data"}.isdisjoint(
        re.findall(r"!(\S+)", "\n".join(IGNORED))
    )


def test_it_is_slim_unprivileged_and_watched():
    assert re.findall(r"^FROM (\S+)$", LINES, re.M) == ["python:3.12-slim"]
    assert re.search(r"^USER 10001:10001$", LINES, re.M) and LINES.index("USER") > LINES.index("RUN pip install")
    assert re.search(r"^HEALTHCHECK .*\n.*/healthz", LINES, re.M) and "RAG_DATA=/data" in LINES
    assert "RAG_LOGIN=" not in LINES.split("FROM", 1)[1], "a secret in an image"


def test_the_readme_names_every_setting():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    source = (ROOT / "rag_demo" / "hosting.py").read_text() + (ROOT / "rag_demo" / "config.py").read_text()
    for name in sorted(set(re.findall(r'"(RAG_[A-Z_]+)"', source))):
        assert f"`{name}`" in readme, name
    assert f"| {Hosting().queue} |" in readme and f"| {Hosting().answer_seconds} |" in readme
