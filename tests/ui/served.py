"""The page behind its guard, as app.py serves it, and requests that no well-meaning client would send."""

import copy
import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from rag_demo.engine import RagEngine
from rag_demo.hosting import Hosting
from rag_demo.serving.metrics import Metrics
from rag_demo.serving.streams import watched
from rag_demo.ui import build_demo
from rag_demo.ui.serve import serve

VISITOR = "203.0.113.7"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def detail(self) -> str:
        return json.loads(self.body)["detail"]


@dataclass(frozen=True, slots=True)
class Served:
    """uploads: the folder of uploads."""

    address: str
    uploads: Path
    metrics: Metrics

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """As it is: no path is tidied, and from VISITOR behind one proxy unless x_forwarded_for says otherwise."""
        sent = {"X-Forwarded-For": VISITOR} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=20)
        try:
            connection.request(method, path, body, {name: value for name, value in sent.items() if value})
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def post(self, path: str, value: Any, **headers: str) -> Reply:
        return self.request("POST", path, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def ask(self, question: str = "宝宝黄疸怎么办？", **headers: str) -> Reply:
        return self.post(
            "/gradio_api/call/ask", {"data": [question, "tiny", 2, "dense", "token", "grounded", 1]}, **headers
        )

    def result(self, event: str) -> str:
        """The events of a call, once it has ended."""
        return self.request("GET", f"/gradio_api/call/ask/{event}").body.decode()


@contextmanager
def served(engine: RagEngine, data: Path, **settings: Any) -> Iterator[Served]:
    """settings: of Hosting; one proxy in front unless said otherwise, so that a test can be any visitor."""
    hosting, metrics = Hosting(**{"proxies": 1, "rate": None} | settings), Metrics()
    engine = copy.copy(engine)
    engine.around = watched("tiny", hosting.answer_seconds, metrics.seen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(data / "uploads"))
        patch.setenv("FORWARDED_ALLOW_IPS", "")
        demo = build_demo({"tiny": engine}, ("宝宝发热怎么办？",), data)
        address = serve(demo, hosting, data / "uploads", ("tiny",), metrics, prevent_thread_lock=True)
        try:
            yield Served(address, data / "uploads", metrics)
        finally:
            demo.close()
