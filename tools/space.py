"""Assemble what a Space gets, check it, and print the one command that uploads it.

    python -m tools.space --out build/space               # or: make space
    python -m tools.space --out build/space --install     # also: an answer from a clean environment (downloads torch)

Exit code 2 and a line a problem where something is wrong; the folder is left to look at."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from rag_demo.types import RagError
from tools.space_checks import problems

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("app.py", "rag_demo", "assets", "requirements.txt", "README.md", "README_zh.md", "SECURITY.md", "LICENSE")
QUESTION = "孕妇血糖高怎么办？"


def tracked(root: Path) -> list[str]:
    """The files git knows of the parts: what lies about in a checkout is not uploaded."""
    listed = subprocess.run(["git", "ls-files", "-z", "--", *PARTS], cwd=root, capture_output=True, text=True)
    if listed.returncode:
        raise RagError(f"{root} is not a git checkout, so nobody can tell what belongs to it; clone the repository.")
    return [name for name in listed.stdout.split("\0") if name]


def assemble(root: Path, out: Path) -> list[str]:
    """Copy the tracked files to `out`, which is emptied first -> their names. Raises RagError."""
    if out.exists() and any(out.iterdir()) and not (out / "app.py").exists():
        raise RagError(f"{out} holds something else; name an empty folder with --out.")
    names = tracked(root)
    if missing := [name for name in names if not (root / name).exists()]:
        raise RagError(f"{missing[0]} is tracked but missing; run git checkout -- {missing[0]}.")
    shutil.rmtree(out, ignore_errors=True)
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, out / name)
    return names


def answers_in_a_clean_environment(folder: Path) -> None:
    """Install requirements.txt into a new environment and ask there. Raises RagError."""
    with tempfile.TemporaryDirectory() as scratch:
        venv.create(scratch, with_pip=True)
        python = Path(scratch) / ("Scripts" if os.name == "nt" else "bin") / "python"
        for step, command in (
            ("requirements.txt cannot be installed", ["-m", "pip", "install", "-q", "-r", "requirements.txt"]),
            ("app.py cannot be imported", ["-c", "import app, rag_demo.ui.serve"]),
            ("no answer came", ["-m", "rag_demo", "ask", QUESTION]),
        ):
            done = subprocess.run([python, *command], cwd=folder, capture_output=True, text=True)
            if done.returncode:
                raise RagError(f"In a clean environment {step}: {(done.stderr.strip() or '?').splitlines()[-1]}")
    for cache in folder.rglob("__pycache__"):
        shutil.rmtree(cache)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.space", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "space", help="the folder to fill")
    parser.add_argument("--repo", default="YOUR-NAME/rag-you-can-see-think", help="of the Space, for the command")
    parser.add_argument("--install", action="store_true", help="also install and ask in a clean environment")
    args = parser.parse_args(arguments)
    try:
        names = assemble(ROOT, args.out)
        found = problems(args.out)
        if not found and args.install:
            answers_in_a_clean_environment(args.out)
    except RagError as error:
        found = [str(error)]
    if found:
        print("\n".join(f"error: {problem}" for problem in found), file=sys.stderr)
        return 2
    size = sum((args.out / name).stat().st_size for name in names)
    print(f"{len(names)} files, {size / 1e6:.1f} MB, checked. Upload them with", file=sys.stderr)
    print(f"hf upload {args.repo} {args.out} . --repo-type=space")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
