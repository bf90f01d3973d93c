"""What a host may set: who may come in, how often they may ask, how long they wait, what is written down.

Environment variables, read and validated here only; the README lists them in one table."""

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rag_demo.types import RagError
from rag_demo.upload import MAX_BYTES

MAX_UPLOAD_MEGABYTES = MAX_BYTES >> 20
SHORTEST_PASSWORD = 8
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Login:
    """Who may come in. Called by gradio with what a visitor typed."""

    accounts: tuple[tuple[str, str], ...] = field(repr=False)

    def __call__(self, user: str, password: str) -> bool:
        """Every account is compared, in a time that does not tell how much of it was right."""
        typed = _digest(user, password)
        return any([hmac.compare_digest(typed, _digest(*account)) for account in self.accounts])


@dataclass(frozen=True, slots=True)
class Hosting:
    """rate: questions a minute a visitor, None for no limit. proxies: in front of the page, each adding to
    X-Forwarded-For; with 0 that header is not believed. public: no visitor comes from a private network, so what is private
    in X-Forwarded-For is one more proxy. queue: visitors who wait at most. answer_seconds: an answer is
    stopped then. origins: other sites whose pages may call the API. metrics_token: who asks for /metrics says it.
    """

    login: Login | None = None
    rate: int | None = 20
    proxies: int = 0
    public: bool = False
    queue: int = 64
    answer_seconds: int = 60
    upload_megabytes: int = MAX_UPLOAD_MEGABYTES
    origins: frozenset[str] = frozenset()
    metrics_token: str = field(default="", repr=False)
    log_questions: bool = False

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> "Hosting":
        """Raises RagError: one sentence that names the variable and what it may be."""
        default = cls()
        on_a_space = "SPACE_ID" in env  # always behind the proxies of Hugging Face, however many they are
        return cls(
            login=_login(env.get("RAG_LOGIN", "")),
            rate=_number(env, "RAG_RATE", default.rate, 0, 10_000) or None,
            proxies=_number(env, "RAG_PROXIES", int(on_a_space), 0, 10),
            public=on_a_space,
            queue=_number(env, "RAG_QUEUE", default.queue, 1, 1000),
            answer_seconds=_number(env, "RAG_ANSWER_SECONDS", default.answer_seconds, 1, 3600),
            upload_megabytes=_number(env, "RAG_UPLOAD_MB", MAX_UPLOAD_MEGABYTES, 1, MAX_UPLOAD_MEGABYTES),
            origins=_origins(env.get("RAG_ORIGINS", "")),
            metrics_token=env.get("RAG_METRICS_TOKEN", "").strip(),
            log_questions=_switch(env, "RAG_LOG_QUESTIONS"),
        )


def _digest(user: str, password: str) -> bytes:
    return hashlib.sha256(f"{user}\0{password}".encode("utf-8", "surrogatepass")).digest()


def _login(value: str) -> Login | None:
    """user:password[,user2:password2]; the sentence never repeats what was given."""
    if not value.strip():
        return None
    accounts = []
    for place, pair in enumerate(value.split(","), 1):
        user, colon, password = pair.strip().partition(":")
        if not (user and colon and password):
            raise RagError(f"RAG_LOGIN must be user:password, several separated by commas; number {place} is not.")
        if len(password) < SHORTEST_PASSWORD:
            raise RagError(f"The password of RAG_LOGIN's user {user!r} needs at least {SHORTEST_PASSWORD} characters.")
        accounts.append((user, password))
    return Login(tuple(accounts))


def _origins(value: str) -> frozenset[str]:
    found = frozenset(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    for origin in sorted(found):
        if not _ORIGIN.fullmatch(origin):
            raise RagError(f"RAG_ORIGINS must be addresses such as https://rag.example.org, not {origin!r}.")
    return found


def _number(env: Mapping[str, str], name: str, default: int | None, low: int, high: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise RagError(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
    return int(text)


def _switch(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name, "").strip().lower()
    if text not in ("", "0", "1", "false", "true", "off", "on"):
        raise RagError(f"{name} must be on or off, not {text!r}.")
    return text in ("1", "true", "on")
