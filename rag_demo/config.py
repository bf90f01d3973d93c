"""Presets, and the environment variables, read and validated here only."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from rag_demo.types import AnswerMode, RagError, RagMode, RetrieverKind

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
CHECKPOINTS = ASSETS / "checkpoints"
MAX_TOP_K = 10
MAX_BEAMS = 8


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """How one question is answered; validated here, trusted inside.

    without: passage ids left out, the next best take their place. including: ids that stand among the top_k whatever
    their rank, scored by the question encoder as the others; with as many as top_k the set is exactly these.
    """

    top_k: int = 5
    retriever: RetrieverKind = RetrieverKind.DENSE
    rag_mode: RagMode = RagMode.TOKEN
    answer_mode: AnswerMode = AnswerMode.GROUNDED
    beams: int = 1
    without: frozenset[str] = field(default_factory=frozenset)
    including: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        for name, kind in (("retriever", RetrieverKind), ("rag_mode", RagMode), ("answer_mode", AnswerMode)):
            object.__setattr__(self, name, _member(kind, getattr(self, name), name))
        for name, limit in (("top_k", MAX_TOP_K), ("beams", MAX_BEAMS)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value % 1:
                raise RagError(f"{name} must be a whole number from 1 to {limit}, not {value!r}.")
            if not 1 <= value <= limit:
                raise RagError(f"{name} must lie between 1 and {limit}, not {value}.")
            object.__setattr__(self, name, int(value))
        for name in ("without", "including"):
            object.__setattr__(self, name, _ids(getattr(self, name), name))
        if both := sorted(self.without & self.including):
            raise RagError(f"The passage {both[0]!r} is both left out and included; choose one of the two.")
        if len(self.including) > self.top_k:
            raise RagError(f"{len(self.including)} passages are to be included but top_k is {self.top_k}; raise top_k.")


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where the page listens, what it loads and where it writes votes.

    Environment: RAG_HOST, RAG_PORT, RAG_PRESETS, RAG_THREADS, RAG_DATA (a folder; nothing else is written to),
    RAG_VOTES (the URL of a database that votes go to in place of the folder).
    """

    host: str = "127.0.0.1"
    port: int = 7860
    presets: tuple[str, ...] = ("base", "large")
    threads: int | None = None
    data: Path = ROOT / "data"
    votes: str = ""

    @classmethod
    def from_environment(cls) -> "ServerConfig":
        env, default = os.environ, cls()
        presets = tuple(name.strip() for name in env.get("RAG_PRESETS", "").split(",") if name.strip())
        # a Space sets GRADIO_SERVER_NAME and GRADIO_SERVER_PORT
        return cls(
            host=env.get("RAG_HOST") or env.get("GRADIO_SERVER_NAME") or default.host,
            port=_number("RAG_PORT", env.get("RAG_PORT") or env.get("GRADIO_SERVER_PORT") or str(default.port), 65535),
            presets=presets or default.presets,
            threads=_number("RAG_THREADS", env["RAG_THREADS"], 256) if env.get("RAG_THREADS") else None,
            data=Path(env.get("RAG_DATA") or default.data),
            votes=env.get("RAG_VOTES", ""),
        )


@dataclass(frozen=True, slots=True)
class IndexConfig:
    """Where the passages are searched.

    Environment: RAG_INDEX_URI (empty: the checkpoint's own FAISS index; milvus://host:port/name, http(s)://… or a path
    that ends in .db), RAG_INDEX_TOKEN, RAG_INDEX_TIMEOUT (seconds a call may take), RAG_INDEX_WATCH (seconds between two
    looks for a new corpus version; 0: never).
    """

    uri: str = ""
    token: str = field(default="", repr=False)
    timeout: float = 3.0
    watch: float = 5.0

    @classmethod
    def from_environment(cls) -> "IndexConfig":
        env, default = os.environ, cls()
        return cls(
            env.get("RAG_INDEX_URI", "").strip(),
            env.get("RAG_INDEX_TOKEN", ""),
            _seconds("RAG_INDEX_TIMEOUT", env.get("RAG_INDEX_TIMEOUT") or default.timeout, 0.05),
            _seconds("RAG_INDEX_WATCH", env.get("RAG_INDEX_WATCH") or default.watch, 0.0),
        )


def _seconds(name: str, value: str | float, least: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not least <= number <= 3600:
        raise RagError(f"{name} must be a number of seconds from {least:g} to 3600, not {value!r}.")
    return number


def _member(kind, value, name):
    try:
        return kind(value)
    except ValueError:
        raise RagError(f"{name} must be one of {', '.join(kind)}, not {value!r}.") from None


def _ids(value, name) -> frozenset[str]:
    """A bare string would pass for the set of its letters."""
    if not isinstance(value, (list, tuple, set, frozenset)) or not all(isinstance(item, str) for item in value):
        raise RagError(f"{name} must be a set of passage ids, not {value!r}.")
    return frozenset(value)


def _number(name: str, value: str, limit: int) -> int:
    try:
        number = int(value)
    except ValueError:
        raise RagError(f"{name} must be a whole number, not {value!r}.") from None
    if not 1 <= number <= limit:
        raise RagError(f"{name} must lie between 1 and {limit}, not {number}.")
    return number
