"""Check the corpus and its questions against the rules of training/corpus_rules.py, and count them.

    python -m training.check_corpus --assets assets

Each violation is a line `file:line: rule: what is wrong`; then come the counts. The exit code is 1 if there is any."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag_demo.types import RagError
from training.cli import run
from training.corpus_rules import DEPARTMENTS, MATERNAL_INFANT, REGISTERS, RULES, SPLITS, Corpus, Row, Violation

QUESTION = ("id", "question", "answer", "passage_ids", "register")
SCHEMAS = {
    "passages": ("id", "title", "text", "department", "source"),
    **dict.fromkeys(SPLITS, QUESTION),
    "two_passages": QUESTION[:-1],
    "out_of_scope": ("id", "question", "kind"),
    "emergencies": ("id", "question", "kind"),
    "look_alikes": ("id", "question"),
}
MINIMUMS = {
    "passages": 1000,
    "maternal-infant passages": 400,
    "questions": 4000,
    "two_passages": 150,
    "out_of_scope": 300,
    "emergencies": 300,
    "look_alikes": 150,
}


@dataclass
class Args:
    assets: str = field(default="assets", metadata={"help": "Folder with corpus/passages.jsonl and questions/*.jsonl."})


def read_corpus(assets: Path) -> tuple[Corpus, list[Violation]]:
    """The rows that keep to their schemas, and a violation for each of the others."""
    rows, broken = {}, []
    for name in SCHEMAS:
        folder = "corpus" if name == "passages" else "questions"
        rows[name], found = read_rows(assets / folder / f"{name}.jsonl", name)
        broken += found
    return Corpus(rows.pop("passages"), rows), broken


def read_rows(path: Path, name: str) -> tuple[list[Row], list[Violation]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise RagError(f"{path} is missing. Give the folder that holds corpus/ and questions/ as --assets.") from None
    except UnicodeDecodeError as error:
        raise RagError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
    rows, broken = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            fault = schema_fault(name, data)
        except ValueError as error:
            fault = f"not a JSON object ({error})"
        if fault:
            broken.append(Violation(str(path), number, "schema", fault))
        else:
            rows.append(Row(str(path), number, data))
    return rows, broken


def schema_fault(name: str, data: object) -> str:
    """What keeps `data` from being a row of passages, train, …; empty if nothing does."""
    if not isinstance(data, dict):
        return f"not a JSON object but a {type(data).__name__}"
    keys = SCHEMAS[name]
    if set(data) != set(keys):
        faults = {"missing": set(keys) - set(data), "unknown": set(data) - set(keys)}
        return "; ".join(f"{fault} {', '.join(sorted(names))}" for fault, names in faults.items() if names)
    for key in keys:
        if key != "passage_ids" and not isinstance(data[key], str):
            return f"{key} must be text, not {type(data[key]).__name__}"
    if name == "passages" and not re.fullmatch(r"p[0-9]{4,}", data["id"]):
        return f"a passage's id is p and four digits, not {data['id']!r}"
    ids = data.get("passage_ids", [""])
    if not isinstance(ids, list) or not ids or not all(isinstance(i, str) for i in ids):
        return "passage_ids must be a list of one or more ids"
    if len(set(ids)) < len(ids) or (name == "two_passages" and len(ids) != 2):
        return f"passage_ids must hold {'exactly two ' if name == 'two_passages' else ''}different ids, not {ids}"
    return ""


def check(corpus: Corpus, minimums: Mapping[str, int] = MINIMUMS) -> list[Violation]:
    """Every violation, by file and line; minimums={} lets a small corpus pass."""
    found = [violation for rule in RULES for violation in rule(corpus)]
    return sorted([*found, *totals(corpus, minimums)], key=lambda v: (v.file, v.line, v.rule))


def totals(corpus: Corpus, minimums: Mapping[str, int]) -> Iterator[Violation]:
    """Where there are too few rows, the last one's file and line is named."""
    maternal = [row for row in corpus.passages if row.data["department"] in MATERNAL_INFANT]
    own = {"passages": corpus.passages, "maternal-infant passages": maternal, "questions": corpus.asked}
    rows = {**corpus.questions, **own}
    for name, minimum in minimums.items():
        if len(rows[name]) < minimum:
            last = rows[name][-1] if rows[name] else Row(name, 0, {})
            yield last.breaks("total", f"{len(rows[name])} {name}, at least {minimum} are wanted")


def counts(corpus: Corpus) -> list[list[list[object]]]:
    """Three tables as rows of cells, heads first: by department, by register, by split."""
    passages = Counter(row.data["department"] for row in corpus.passages)
    department = {row.data["id"]: row.data["department"] for row in corpus.passages}
    by_department, by_register = Counter(), Counter()
    for split in SPLITS:
        for row in corpus.questions[split]:
            by_register[row.data["register"], split] += 1
            for name in {department.get(name, "") for name in row.data["passage_ids"]}:
                by_department[name, split] += 1
    first: list[list[object]] = [["department", "passages", *SPLITS]]
    first += [[name, passages[name], *(by_department[name, split] for split in SPLITS)] for name in DEPARTMENTS]
    for label, names in (("maternal-infant", MATERNAL_INFANT), ("all", DEPARTMENTS)):
        columns = [passages, *({name: by_department[name, split] for name in names} for split in SPLITS)]
        first.append([label, *(sum(column[name] for name in names) for column in columns)])
    second: list[list[object]] = [["register", *SPLITS]]
    second += [[name, *(by_register[name, split] for split in SPLITS)] for name in REGISTERS]
    third = [["split", "questions"], *([name, len(rows)] for name, rows in corpus.questions.items())]
    return [first, second, third]


def table(rows: Sequence[Sequence[object]]) -> str:
    """Columns aligned by what a terminal shows: a Chinese character is two wide. Numbers stand on the right."""
    widths = [max(_width(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        pads = [" " * (width - _width(str(cell))) for cell, width in zip(row, widths, strict=True)]
        right = [f"{pad}{cell}" for cell, pad in zip(row[1:], pads[1:], strict=True)]
        lines.append("  ".join([f"{row[0]}{pads[0]}", *right]))
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def main(args: Args) -> None:
    corpus, found = read_corpus(Path(args.assets))
    # The rules trust the schema, and a row left out would make others look wrong.
    found = found or check(corpus)
    for violation in found:
        print(violation)
    print("\n\n".join(table(rows) for rows in counts(corpus)))
    if found:
        raise SystemExit(1)


if __name__ == "__main__":
    run(main, Args, __doc__)
