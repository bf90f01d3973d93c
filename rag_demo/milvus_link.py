"""The link to Milvus: an address, a client that is opened when it is needed, and one sentence when it fails.

pymilvus comes only when an address is used: pip install pymilvus (and milvus-lite for a local .db file)."""

import logging
import re
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rag_demo.config import IndexConfig
from rag_demo.store import StoreError
from rag_demo.types import RagError

REST_SECONDS = 2.0  # after a failure, calls fail at once for so long: one visitor waits, not all in turn
ALIAS = "rag"
# gRPC would try a server that was away ever less often, up to two minutes apart
EAGER = {"grpc.use_local_subchannel_pool": 1} | {
    f"grpc.{name}_reconnect_backoff_ms": time for name, time in (("initial", 200), ("min", 200), ("max", 1000))
}


@dataclass(frozen=True, slots=True)
class Address:
    """uri: as pymilvus takes it. alias: the name that a corpus version goes live under."""

    uri: str
    alias: str

    @classmethod
    def of(cls, uri: str, checkpoint: str) -> "Address":
        """milvus://host:port/name, http(s)://host:port/name or a path ending in .db; a model's vectors have an alias
        of their own, name_checkpoint (default name: rag)."""
        parts = urlsplit(uri)
        if parts.scheme in ("milvus", "http", "https") and parts.hostname:
            scheme = "http" if parts.scheme == "milvus" else parts.scheme
            return cls(f"{scheme}://{parts.netloc}", _name(parts.path.strip("/") or ALIAS, checkpoint))
        if uri.endswith(".db"):
            return cls(uri, _name(ALIAS, checkpoint))
        raise RagError(
            f"RAG_INDEX_URI must be milvus://host:port/name, http(s)://… or a path ending in .db, not {uri!r}."
        )


def _name(*parts: str) -> str:
    """Milvus' names: letters, digits and underscores, not a digit first."""
    name = re.sub(r"\W", "_", "_".join(parts), flags=re.ASCII)
    return f"_{name}" if name[:1].isdigit() else name


class Link:
    """One client for all threads. Every call has the same limit of seconds, and raises StoreError when it fails."""

    def __init__(self, address: Address, config: IndexConfig) -> None:
        self.address, self.timeout, self._token = address, config.timeout, config.token
        self._client: Any = None
        self._lock = threading.Lock()
        self._failed: tuple[float, str] = (float("-inf"), "")
        self.failures = 0

    def __call__(self, method: str, *arguments, seconds: float | None = None, **named) -> Any:
        """client.method(…); `seconds` for what may take longer than a visitor waits."""
        try:
            return getattr(self._open(), method)(*arguments, timeout=seconds or self.timeout, **named)
        except RagError:
            raise
        except Exception as error:  # pymilvus, grpc and sockets raise many kinds
            raise self._failure(error) from None

    def _open(self) -> Any:
        with self._lock:
            when, reason = self._failed
            if time.monotonic() < when + REST_SECONDS:
                raise StoreError(reason)
            if self._client is None:
                try:
                    import pymilvus
                except ImportError:
                    raise RagError("RAG_INDEX_URI needs pymilvus: pip install pymilvus milvus-lite.") from None
                logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it would log a traceback a failure
                self._client = pymilvus.MilvusClient(
                    self.address.uri, token=self._token, timeout=self.timeout, grpc_options=EAGER
                )
            return self._client

    def _failure(self, error: Exception) -> StoreError:
        said = " ".join(str(getattr(error, "message", "") or error).split())
        reason = f"Milvus at {self.address.uri} does not answer: {said[:160] or type(error).__name__}."
        self.failures += 1
        self._failed, self._client = (time.monotonic(), reason), None  # the next try begins with a new connection
        return StoreError(reason)
