"""Imports point one way; what ships is what a Space accepts."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCK = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Blocked())
{statements}
"""
CORE = """browse building checkpoint config corpus decoding encoder engine generator grounding index lexical marginal
prompt render retriever votes safety safety.doses safety.evidence render_status found index_lab lab_report side_by_side
render_index_lab render_retrieval evaluation metrics question_file results_file sheet render_evaluate_run render_corpus
upload upload_file hosting serving.guard serving.policy serving.streams serving.journal serving.folder"""
TRAINING = """export init_models mine_negatives teacher train_dpr train_generator train_rag trim_vocab
pick_clauses metrics"""


def run_blocked(blocked: set[str], statements: str) -> None:
    code = BLOCK.format(blocked=blocked, statements=statements)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    ("blocked", "statements"),
    [
        ({"gradio", "training", "datasets"}, "\n".join(f"import rag_demo.{name}" for name in CORE.split())),
        ({"training", "datasets"}, "import app, rag_demo.ui, rag_demo.__main__"),
        (
            {"faiss", "jieba", "bm25s", "gradio", "datasets"},
            "\n".join(f"import training.{name}" for name in TRAINING.split()),
        ),
    ],
    ids=["core without gradio", "page without training", "training without faiss"],
)
def test_imports_point_one_way(blocked, statements):
    run_blocked(blocked, statements)


@pytest.mark.parametrize("name", ["render.py", "render_status.py"])
def test_render_sees_only_types(name):
    imports = re.findall(r"from (rag_demo\S*) import", (ROOT / "rag_demo" / name).read_text(encoding="utf-8"))
    assert set(imports) <= {"rag_demo.types", "rag_demo.render_status"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def test_no_file_is_too_large_or_a_pickle():
    files = tracked()
    assert [f.name for f in files if f.stat().st_size > 9_500_000] == []
    assert [f.name for f in files if f.suffix in {".bin", ".pt", ".pth", ".pkl", ".pickle"}] == []


def test_every_requirement_is_pinned():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert all(re.search(r"[=~<>]=", line) for line in lines if line and not line.startswith("#"))


def test_the_manifest_and_the_card_are_json():
    for file in ROOT.glob("assets/checkpoints/*/rag.json"):
        assert json.loads(file.read_text(encoding="utf-8"))["files"]
