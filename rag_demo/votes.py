"""Votes: one append-only JSONL for preferences between two answers and for thumbs on one. No gradio.

    store = open_votes(folder)                     # or a database's URL; None: voting is off
    store.append(Vote(VoteKind.THUMBS, "宝宝发热怎么办？", (Side.of(answer, engine.index.fingerprint),), "up"))
    store.read().votes                             # rag_demo.tally counts them

A line is written by one os.write to a file opened O_APPEND, under a lock that dies with its process, and fsynced before
`append` returns. So an acknowledged line survives a kill at any moment and is never mixed with another visitor's; the
line that a kill tears was not acknowledged: reading skips and counts it, and the next append begins on a new line.
"""

import errno
import json
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from rag_demo.files import sync_folder
from rag_demo.text import MAX_QUESTION_CHARACTERS
from rag_demo.types import Answer, AnswerMode, RagError, RagMode, RetrieverKind

try:
    import fcntl
except ImportError:  # Windows: the lock between threads remains
    fcntl = None

FILE_NAME = "votes.jsonl"
MAX_FILE_BYTES = 10_000_000
MAX_COMMENT_CHARACTERS = 500
TIE = "tie"


class VoteKind(StrEnum):
    PREFERENCE = "preference"
    THUMBS = "thumbs"


class VoteFault(StrEnum):
    """Why a vote was not kept; the page has a sentence for each."""

    OFF = "off"
    FULL = "full"
    UNWRITABLE = "unwritable"
    INVALID = "invalid"


class VoteError(RagError):
    """A vote that was not kept: nothing of it is in the file."""

    def __init__(self, fault: VoteFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Side:
    """What gave an answer: a model, the fingerprint of its index, and the settings it answered with."""

    model: str
    index: str
    retriever: RetrieverKind = RetrieverKind.DENSE
    rag_mode: RagMode = RagMode.TOKEN
    answer_mode: AnswerMode = AnswerMode.GROUNDED
    top_k: int = 5

    @classmethod
    def of(cls, answer: Answer, index: str) -> "Side":
        """index: PassageIndex.fingerprint of the engine that answered."""
        return cls(answer.model, index, answer.retriever, answer.rag_mode, answer.answer_mode, len(answer.hits))

    @property
    def name(self) -> str:
        """What an outcome says and what pairs are counted by, as "base/dense/token"; "/free" where the model wrote."""
        free = "/free" if self.answer_mode is AnswerMode.FREE else ""
        return f"{self.model}/{self.retriever}/{self.rag_mode}{free}"


@dataclass(frozen=True, slots=True)
class Vote:
    """One line. sides: in the order they stood, left first (one for thumbs). outcome: a side's name or "tie" for a
    preference, "up" or "down" for thumbs. Raises VoteError where they do not fit or a text is too long."""

    kind: VoteKind
    question: str
    sides: tuple[Side, ...]
    outcome: str
    comment: str = ""
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    def __post_init__(self) -> None:
        pair = self.kind is VoteKind.PREFERENCE
        names = [side.name for side in self.sides]
        outcomes = [*names, TIE] if pair else ["up", "down"]
        if len(names) != (2 if pair else 1) or len(set(names)) != len(names):
            raise VoteError(VoteFault.INVALID, "A preference stands between two different sides, thumbs under one.")
        if self.outcome not in outcomes:
            raise VoteError(VoteFault.INVALID, f"The outcome must be one of {', '.join(outcomes)}.")
        if len(self.question) > MAX_QUESTION_CHARACTERS:
            raise VoteError(VoteFault.INVALID, f"The question is longer than {MAX_QUESTION_CHARACTERS} characters.")
        if len(self.comment) > MAX_COMMENT_CHARACTERS:
            raise VoteError(VoteFault.INVALID, f"The comment is longer than {MAX_COMMENT_CHARACTERS} characters.")

    @property
    def line(self) -> bytes:
        """The JSON object with its newline; unpaired surrogates, which UTF-8 cannot hold, become question marks."""
        return (json.dumps(asdict(self), ensure_ascii=False) + "\n").encode("utf-8", "replace")

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Vote":
        """Raises KeyError, TypeError, ValueError or VoteError where `value` is not a vote."""
        kinds = {"retriever": RetrieverKind, "rag_mode": RagMode, "answer_mode": AnswerMode}
        sides = tuple(Side(**side | {key: kind(side[key]) for key, kind in kinds.items()}) for side in value["sides"])
        return cls(**value | {"kind": VoteKind(value["kind"]), "sides": sides})


@dataclass(frozen=True, slots=True)
class VoteLog:
    """votes: in the order of the file. skipped: lines that are not votes, torn by a killed process or a full disk."""

    votes: tuple[Vote, ...] = ()
    skipped: int = 0

    def on(self, indexes: Collection[str]) -> tuple[Vote, ...]:
        """The votes whose sides all answered from one of these indexes (by fingerprint)."""
        return tuple(vote for vote in self.votes if all(side.index in indexes for side in vote.sides))


class Votes(Protocol):
    """Where votes go; VoteStore (a file) and votes_sql.SqlVotes (a database) keep them."""

    @property
    def enabled(self) -> bool: ...

    def append(self, vote: Vote) -> None:
        """Returns once the vote is kept. Raises VoteError where it cannot be."""

    def read(self) -> VoteLog:
        """Raises VoteError where the votes cannot be read."""


def open_votes(where: Path | str | None) -> Votes:
    """A folder for votes.jsonl, the URL of a database, or None: voting is off. Raises RagError for what is neither."""
    if isinstance(where, str) and "://" in where:
        from rag_demo.votes_sql import SqlVotes

        return SqlVotes(where)
    return VoteStore(None if where is None else Path(where))


class VoteStore:
    """Votes in `folder`/votes.jsonl, made at the first vote; None switches voting off. Threads and processes may share."""

    def __init__(self, folder: Path | None, limit: int = MAX_FILE_BYTES) -> None:
        self.file = None if folder is None else Path(folder) / FILE_NAME
        self.limit = limit
        self._lock = threading.Lock()
        self._last: tuple[tuple[int, int], VoteLog] | None = None

    @property
    def enabled(self) -> bool:
        return self.file is not None

    def append(self, vote: Vote) -> None:
        """Returns once the vote is on the disk. Raises VoteError where it cannot be kept; the file is then as before."""
        if self.file is None:
            raise VoteError(VoteFault.OFF, "Voting is off here: the page has no data folder. Set RAG_DATA.")
        try:
            with self._lock, _opened(self.file) as handle:
                self._write(handle, vote.line)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise VoteError(
                VoteFault.FULL if full else VoteFault.UNWRITABLE,
                f"The vote could not be written to {self.file} ({error.strerror}); "
                + ("free some disk space." if full else "set RAG_DATA to a folder that can be written to."),
            ) from None

    def _write(self, handle: int, line: bytes) -> None:
        size = os.fstat(handle).st_size
        if size:
            os.lseek(handle, -1, os.SEEK_END)
            if os.read(handle, 1) != b"\n":  # what a killed writer left
                line = b"\n" + line
        if size + len(line) > self.limit:
            raise VoteError(
                VoteFault.FULL, f"{self.file} has reached its {self.limit:,} bytes; move it away to collect more votes."
            )
        try:
            if os.write(handle, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise

    def read(self) -> VoteLog:
        """Every whole line; parsed anew only when the file has changed. Raises VoteError where it cannot be read."""
        if self.file is None:
            return VoteLog()
        try:
            state = os.stat(self.file)
            version = (state.st_size, state.st_mtime_ns)
            last = self._last
            if last and last[0] == version:
                return last[1]
            raw = self.file.read_bytes()
        except FileNotFoundError:
            return VoteLog()
        except OSError as error:
            raise VoteError(
                VoteFault.UNWRITABLE, f"{self.file} cannot be read ({error.strerror}); mend its permissions."
            ) from None
        lines = [line for line in raw.split(b"\n") if line.strip()]
        votes = [vote for vote in map(parsed, lines) if vote]
        log = VoteLog(tuple(votes), len(lines) - len(votes))
        self._last = (version, log)
        return log


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    """A descriptor for appending, alone between processes: the lock goes when the descriptor or its process does."""
    new = not file.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    try:
        if fcntl:
            with suppress(OSError):  # a file system without locks: one server still writes whole lines
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
        if new:
            sync_folder(file.parent)
    finally:
        os.close(handle)


def parsed(line: bytes | str) -> Vote | None:
    """None where the line is not a vote."""
    try:
        return Vote.from_json(json.loads(line))
    except (KeyError, TypeError, ValueError, VoteError):
        return None
