"""Cleaned pairs in an SQLite file: exact duplicates joined, memory bounded, every commit a place to go on from."""

import hashlib
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

from training.cleaning import CleanPair, Dropped, core

COMMIT_EVERY = 5000
CACHE_KIB = 65536
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS passages (
  id INTEGER PRIMARY KEY, key INTEGER UNIQUE, title TEXT, text TEXT, department TEXT, source TEXT);
CREATE TABLE IF NOT EXISTS questions (
  id INTEGER PRIMARY KEY, key INTEGER UNIQUE, question TEXT, answer TEXT, passage INTEGER);
CREATE TABLE IF NOT EXISTS more (question INTEGER, passage INTEGER, PRIMARY KEY (question, passage)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), rows INTEGER, counts TEXT);
"""


class PairStore:
    """Passages and questions are numbered from 0 in the order in which they first came."""

    def __init__(self, path: Path):
        self.db = sqlite3.connect(path)
        self.db.executescript(f"PRAGMA cache_size = -{CACHE_KIB}; PRAGMA synchronous = NORMAL; {_SCHEMA}")
        saved = self.db.execute("SELECT rows, counts FROM progress").fetchone()
        self.rows = saved[0] if saved else 0
        self.counts: Counter[str] = Counter(json.loads(saved[1]) if saved else {})
        self.passages, self.questions = (
            self.db.execute(f"SELECT COALESCE(MAX(id) + 1, 0) FROM {table}").fetchone()[0]
            for table in ("passages", "questions")
        )

    def fill(self, outcomes: Iterable[CleanPair | Dropped]) -> Iterator[int]:
        """Store the outcomes of the rows from `self.rows` on; yields after each row how many there are."""
        for outcome in outcomes:
            self.rows += 1
            if isinstance(outcome, CleanPair):
                self._add(outcome)
            else:
                self.counts[outcome] += 1
            if self.rows % COMMIT_EVERY == 0:
                self.commit()
            yield self.rows
        self.commit()

    def count(self, what: str) -> None:
        self.counts[what] += 1

    def commit(self) -> None:
        self.db.execute("REPLACE INTO progress VALUES (1, ?, ?)", (self.rows, json.dumps(self.counts)))
        self.db.commit()

    def _add(self, pair: CleanPair) -> None:
        key = text_key(pair.title + "\n" + pair.passage)
        passage = self._id("passages", key)
        if passage is None:
            passage, self.passages = self.passages, self.passages + 1
            row = (passage, key, pair.title, pair.passage, pair.department, pair.source)
            self.db.execute("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)", row)
        key = text_key(pair.question)
        question = self._id("questions", key)
        if question is None:
            row = (self.questions, key, pair.question, pair.answer, passage)
            self.db.execute("INSERT INTO questions VALUES (?, ?, ?, ?, ?)", row)
            self.questions += 1
            return
        first = self.db.execute("SELECT passage FROM questions WHERE id = ?", (question,)).fetchone()[0]
        added = (
            first != passage
            and self.db.execute("INSERT OR IGNORE INTO more VALUES (?, ?)", (question, passage)).rowcount
        )
        if not added:
            self.counts[Dropped.REPEATED] += 1

    def _id(self, table: str, key: int) -> int | None:
        found = self.db.execute(f"SELECT id FROM {table} WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def passage_texts(self, start: int) -> Iterator[str]:
        return (
            core(text) for (text,) in self.db.execute("SELECT text FROM passages WHERE id >= ? ORDER BY id", (start,))
        )

    def question_texts(self, start: int) -> Iterator[str]:
        rows = self.db.execute("SELECT question FROM questions WHERE id >= ? ORDER BY id", (start,))
        return (core(text) for (text,) in rows)

    def first_passages(self) -> np.ndarray:
        """(questions,) int32: the passage of each question's reference answer."""
        rows = self.db.execute("SELECT passage FROM questions ORDER BY id")
        return np.fromiter((passage for (passage,) in rows), dtype=np.int32, count=self.questions)

    def question_numbers(self) -> np.ndarray:
        """(questions,) uint64: a hash of the numbers that each question names, in order."""
        rows = self.db.execute("SELECT question FROM questions ORDER BY id")
        hashes = (text_key(" ".join(_NUMBER.findall(text))) for (text,) in rows)
        return np.fromiter(hashes, dtype=np.int64, count=self.questions).view(np.uint64)

    def further_passages(self) -> Iterator[tuple[int, int]]:
        """(question, passage) of the other passages that answer a question, in order."""
        yield from self.db.execute("SELECT question, passage FROM more ORDER BY question, passage")

    def read_passages(self) -> Iterator[tuple[int, str, str, str, str]]:
        """(id, title, text, department, source)."""
        yield from self.db.execute("SELECT id, title, text, department, source FROM passages ORDER BY id")

    def read_questions(self) -> Iterator[tuple[int, str, str, list[int]]]:
        """(id, question, answer, passages, that of the reference answer first)."""
        rows = self.db.execute(
            "SELECT q.id, q.question, q.answer, q.passage, m.passage FROM questions q"
            " LEFT JOIN more m ON m.question = q.id ORDER BY q.id, m.passage"
        )
        for (number, question, answer, first), group in groupby(rows, key=lambda row: row[:4]):
            yield number, question, answer, [first, *(row[4] for row in group if row[4] is not None)]

    def close(self) -> None:
        self.db.close()


def text_key(text: str) -> int:
    """64 bits of what `core` keeps of a text; two of 4 million differ in it but for a chance of 4 in 10 million."""
    return int.from_bytes(hashlib.blake2b(core(text).encode(), digest_size=8).digest(), "big", signed=True)
