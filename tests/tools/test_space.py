"""What would be uploaded to a Space, and each thing a Space would stumble over."""

import re
import shutil

import pytest

from tools.space import ROOT, assemble, main
from tools.space_checks import problems


@pytest.fixture(scope="module")
def assembled(tmp_path_factory):
    out = tmp_path_factory.mktemp("space") / "out"
    try:
        return out, assemble(ROOT, out)
    except Exception as error:
        pytest.skip(str(error))


def test_what_ships_may_be_uploaded(assembled):
    out, names = assembled
    assert problems(out) == []
    assert {"app.py", "requirements.txt", "README.md", "assets/checkpoints/base/rag.json"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "training/", "tools/", "data/"))]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("rag_demo/extra.py", "def f():\n    import datasets\n", "rag_demo/extra.py imports datasets"),
        ("rag_demo/extra.py", "from tokenizers import Tokenizer\n", "imports tokenizers"),
        ("rag_demo/extra.py", "from training.cli import run\n", "imports training"),
        ("assets/notes.docx", "x", "does not belong"),
        ("assets/large.json", "x" * 10_000_001, "10,000,001 bytes"),
        ("README.md", "# no head\n", "must begin with"),
        ("README.md", "---\ntitle: a\n---\n", "has no emoji"),
    ],
)
def test_each_problem_is_a_sentence(assembled, tmp_path, name, text, sentence):
    """Catches `datasets`, which a Space has and a user's machine has not, and files no one meant to publish."""
    folder = _small(assembled[0], tmp_path)
    (folder / name).write_text(text, encoding="utf-8")
    found = problems(folder)
    assert len(found) == 1 and sentence in found[0], found


@pytest.mark.parametrize(
    ("line", "changed", "sentence"),
    [
        ("sdk_version", "5.0.0", "sdk_version"),
        ("python_version", '"3.10"', "too old"),
        ("app_file", "main.py", "is missing"),
        ("short_description", "long " * 13, "more than 60"),
        ("colorTo", "teal", "colours"),
    ],
)
def test_the_head_of_the_readme(assembled, tmp_path, line, changed, sentence):
    folder = _small(assembled[0], tmp_path)
    readme = folder / "README.md"
    readme.write_text(re.sub(rf"^{line}: .*$", f"{line}: {changed}", readme.read_text(encoding="utf-8"), flags=re.M))
    assert [sentence in problem for problem in problems(folder)] == [True]


def test_a_folder_that_holds_something_else_is_not_emptied(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("x")
    assert main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: ") and (tmp_path / "thesis.txt").exists()


def _small(space, tmp_path):
    """The same without the weights and most of the code."""
    left_out = shutil.ignore_patterns("checkpoints", "questions", "corpus", "ui", "safety", "planner", "[d-z]*.py")
    folder = shutil.copytree(space, tmp_path / "copy", ignore=left_out)
    (folder / "rag_demo").mkdir(exist_ok=True)
    return folder
