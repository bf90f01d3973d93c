"""Question-answer pairs of a public corpus, or your own, to passages and questions, split into train, dev and test.

    python -m training.prepare_data --files ../pairs/*.jsonl.gz --out runs/data
    python -m training.prepare_data --source toyhom --files 内科.csv 儿科.csv --out runs/data
    python -m training.prepare_data --files cmedqa2:cMedQA2 huatuo:train_datasets.jsonl --out runs/data
    python -m training.prepare_data --source csv --files faq.csv --columns question=提问 answer=回复 --out runs/data

Where a pair has no passage, its answer is its own passage; identical passages are joined. No passage, near duplicate
passage or near duplicate question stands in two splits. Memory stays small for millions of pairs: they wait in a folder
beside --out, from which a killed run goes on when the same command is given again."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np

from rag_demo.corpus import Question
from rag_demo.files import write_json
from rag_demo.types import Passage, RagError
from training import data_report
from training.cleaning import CleanPair, Dropped, clean_pair
from training.cli import run, say
from training.near_duplicates import families, write_signatures
from training.pair_store import PairStore
from training.pairs import Pair
from training.readers import Columns, Source, read_pairs
from training.splits import Division, Split, divide, keep_first

OUTPUTS = (
    "train.jsonl",
    "dev.jsonl",
    "test.jsonl",
    "report.json",
    "passages.jsonl",
)  # passages last: the recipe's mark
SOURCES = ", ".join(Source)


@dataclass
class Args:
    files: list[str] = field(
        metadata={"help": "Files to read; SOURCE:FILE where they differ in format; .gz and .zip too."}
    )
    out: str = field(
        metadata={"help": "Folder for passages.jsonl, train.jsonl, dev.jsonl, test.jsonl and report.json."}
    )
    source: str = field(default="jsonl", metadata={"help": f"Format of the files: {SOURCES}."})
    columns: list[str] = field(
        default_factory=list,
        metadata={
            "help": "For csv, jsonl, parquet: NAME=COLUMN; NAME: question answer context department title source."
        },
    )
    encoding: str = field(default="", metadata={"help": "Encoding, where it is not UTF-8 (or GB18030 for CSV)."})
    departments: list[str] = field(
        default_factory=list,
        metadata={"help": "Keep pairs whose department holds one of these words, as 育儿 in baike."},
    )
    test_questions: int = field(default=10_000, metadata={"help": "Questions kept out to test; at most a tenth."})
    dev_questions: int = field(default=1_000, metadata={"help": "Questions kept out to choose by; at most a fiftieth."})
    min_passage: int = field(default=5, metadata={"help": "A passage of fewer characters is dropped."})
    max_passage: int = field(default=600, metadata={"help": "A longer passage is cut at the end of a sentence."})


def main(args: Args) -> dict:
    inputs = _inputs(args)
    columns = Columns.parse(args.columns)
    mark = data_report.input_mark(inputs, asdict(args))
    out = Path(args.out)
    if finished := data_report.read_finished(out, mark, OUTPUTS):
        say(f"{out} is up to date")
        return finished
    for path, source in inputs:
        if next(read_pairs(path, source, columns, args.encoding), None) is None:
            raise RagError(f"{path} holds no question-answer pair. Is --source {source} right?")
    with _workplace(out, mark) as work:
        store = PairStore(work / "pairs.sqlite")
        pairs = chain.from_iterable(read_pairs(path, source, columns, args.encoding) for path, source in inputs)
        _store(store, pairs, args)
        if not store.questions:
            raise RagError(f"No pair is left after cleaning: {data_report.summary(store.counts)}.")
        passage_families = _families(work / "passages.minhash", store.passage_texts, store.passages, "passages")
        question_families = _families(work / "questions.minhash", store.question_texts, store.questions, "questions")
        division = _divide(store, question_families, passage_families, args)
        counts = _write(work, store, division)
        report = data_report.build(store, division, question_families, passage_families, counts, mark)
        write_json(work / "report.json", report)
        store.close()
        out.mkdir(parents=True, exist_ok=True)
        for name in OUTPUTS:
            os.replace(work / name, out / name)
    say(data_report.table(report))
    return counts


def _inputs(args: Args) -> list[tuple[Path, Source]]:
    found = []
    for name in args.files:
        prefix, colon, rest = name.partition(":")
        source, path = (prefix, rest) if colon and prefix in list(Source) else (args.source, name)
        if source not in list(Source):
            raise RagError(f"No source {source!r}; use one of {SOURCES}.")
        if not Path(path).exists():
            raise RagError(f"{path} cannot be read: there is no such file.")
        found.append((Path(path), Source(source)))
    if min(args.test_questions, args.dev_questions) < 0 or not 0 < args.min_passage < args.max_passage:
        raise RagError("Give 0 or more test and dev questions, and --min_passage below --max_passage.")
    return found


@contextmanager
def _workplace(out: Path, mark: str) -> Iterator[Path]:
    """A folder beside `out` that outlives a kill, but neither success nor bad input, nor another command's."""
    work = out.parent / f".{out.name}.prepare"
    if data_report.read_mark(work) != mark:
        shutil.rmtree(work, ignore_errors=True)
        made = not out.parent.exists()
        work.mkdir(parents=True)
        write_json(work / "mark.json", mark)
    else:
        made = False
    try:
        yield work
    except sqlite3.OperationalError as error:
        raise RagError(
            f"{work} cannot be written ({error}); free some disk space and give the command again."
        ) from None
    except RagError:
        shutil.rmtree(work, ignore_errors=True)
        if made:
            out.parent.rmdir()
        raise
    shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    import sys

    from tqdm import tqdm

    with tqdm(desc=what, total=total, unit_scale=True, mininterval=1 if sys.stderr.isatty() else 30) as bar:
        yield bar.update


def _store(store: PairStore, pairs: Iterable[Pair], args: Args) -> None:
    """Clean and store what is not stored yet."""
    departments = tuple(args.departments)

    def outcomes() -> Iterator[CleanPair | Dropped]:
        for pair in islice(pairs, store.rows, None):
            yield clean_pair(pair, args.min_passage, args.max_passage, departments, store.count)

    with _progress("rows read") as step:
        step(store.rows)
        for _ in store.fill(outcomes()):
            step(1)


def _families(path: Path, texts_from: Callable[[int], Iterable[str]], count: int, what: str) -> np.ndarray:
    with _progress(f"{what}: signatures", count) as step:
        write_signatures(path, texts_from, step)
    with _progress(f"{what}: near duplicates") as step:
        return families(path, step)


def _divide(store: PairStore, question_families: np.ndarray, passage_families: np.ndarray, args: Args) -> Division:
    first = store.first_passages()
    keep = keep_first(question_families, passage_families, first, store.question_numbers())
    kept = int(keep.sum())
    further = np.fromiter(store.further_passages(), dtype=np.dtype((np.int32, 2)))
    links = np.concatenate([np.stack([np.arange(len(first), dtype=np.int32), first], axis=1), further])
    test, dev = min(args.test_questions, kept // 10), min(args.dev_questions, kept // 50)
    return divide(question_families, passage_families, links, keep, dev, test)


def _write(work: Path, store: PairStore, division: Division) -> dict[str, int]:
    """The three question files and the passages they name, numbered anew; returns how many of each."""
    used = np.zeros(store.passages, dtype=bool)
    used[store.first_passages()[division.splits != Split.DROPPED]] = True
    for question, passage in store.further_passages():
        used[passage] |= division.splits[question] != Split.DROPPED
    number = np.cumsum(used) - 1

    def questions(split: Split) -> Iterator[Question]:
        for row, question, answer, passages in store.read_questions():
            if division.splits[row] == split:
                yield Question(f"c{row + 1:06d}", question, answer, tuple(f"d{number[p]:06d}" for p in passages))

    passages = (
        Passage(f"d{number[row]:06d}", title, text, department, source)
        for row, title, text, department, source in store.read_passages()
        if used[row]
    )
    counts = {"passages": _write_lines(work / "passages.jsonl", passages)}
    for split in (Split.TRAIN, Split.DEV, Split.TEST):
        name = split.name.lower()
        counts[name] = _write_lines(work / f"{name}.jsonl", questions(split))
    return counts


def _write_lines(path: Path, records: Iterable[Passage | Question]) -> int:
    """One record a line as they come, synced to disk; returns how many."""
    written = 0
    with open(path, "w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
            written += 1
        file.flush()
        os.fsync(file.fileno())
    return written


if __name__ == "__main__":
    run(main, Args, __doc__)
