"""The ASGI application around gradio's: it refuses what must not come in, and answers /healthz and /metrics itself."""

import json
import math
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag_demo.hosting import Hosting
from rag_demo.serving import doors
from rag_demo.serving.asgi import App, Header, Message, Receive, Scope, Send, replayed, respond, text, whole_body
from rag_demo.serving.doors import Reason, Refusal
from rag_demo.serving.folder import refused_room
from rag_demo.serving.metrics import CONTENT_TYPE, Metrics
from rag_demo.serving.policy import PLAIN_HEADERS
from rag_demo.serving.visitors import Pace, is_this_machine, visitor_of

LOGINS_A_MINUTE = 10
COUNTED = b"x-rag-counted"  # gradio asks itself on an agent's behalf, with the agent's headers
FORWARDED = (b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"forwarded")


@dataclass(frozen=True, slots=True)
class House:
    """What the guard knows of the page. runs_model(path, body): a question, an upload's index, a lab: what is counted."""

    presets: tuple[str, ...]
    uploads: Path
    runs_model: Callable[[str, Any], bool]
    metrics: Metrics = field(default_factory=Metrics)


class Guard:
    def __init__(self, app: App, hosting: Hosting, house: House) -> None:
        self.app, self.hosting, self.house = app, hosting, house
        self.questions = Pace(hosting.rate) if hosting.rate else None
        self.logins = Pace(LOGINS_A_MINUTE)
        self.upload_bytes = hosting.upload_megabytes << 20
        self._counted = secrets.token_hex(16).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Health and figures, then: is the door open, may the site, does it fit, is it a body, may the visitor?"""
        method, path, headers = scope["method"], scope["path"], dict(scope["headers"])
        if (method in ("GET", "HEAD") and path in ("/healthz", "/metrics")) or (method, path) == ("HEAD", "/"):
            await self._own(path, headers, send)
            return
        if not self.hosting.proxies:
            scope = scope | {"headers": [pair for pair in scope["headers"] if pair[0] not in FORWARDED]}
        refusal = (
            doors.refused_route(method, path, scope["query_string"].decode("latin-1"))
            or doors.refused_origin(text(headers.get(b"origin")), self._host(headers), self.hosting.origins)
            or doors.refused_length(path, text(headers.get(b"content-length")), self.upload_bytes)
        )
        if not refusal and doors.is_upload(path):
            refusal = refused_room(self.house.uploads, self.upload_bytes) or self._paced(scope, self.questions)
        elif not refusal and method == "POST":
            body = await whole_body(receive, doors.MAX_BODY_BYTES)
            refusal = doors.too_large(doors.MAX_BODY_BYTES) if body is None else self._refused_body(scope, body)
            receive = replayed(body or b"", receive)
        if refusal:
            await self._refuse(refusal, path, send)
        elif path == "/gradio_api/queue/join" or path.startswith("/gradio_api/call/"):
            await self.app(scope, receive, self._telling_of_a_full_queue(path, send))
        else:
            await self.app(scope, receive, send)

    def _host(self, headers: dict[bytes, bytes]) -> str:
        """As the visitor's browser names this place."""
        forwarded = text(headers.get(b"x-forwarded-host")) if self.hosting.proxies else None
        return (forwarded or text(headers.get(b"host")) or "").split(",")[0].strip()

    def _refused_body(self, scope: Scope, body: bytes) -> Refusal | None:
        path = scope["path"]
        if path.startswith("/login"):
            return self._paced(scope, self.logins)
        value = doors.parsed(body, self.house.uploads) if doors.takes_json("POST", path) else None
        if isinstance(value, Refusal):
            return value
        called = path.startswith("/gradio_api/mcp") and "tools/call" in _methods(value)
        if not (called or self.house.runs_model(path, value)):
            return None
        refusal = self._paced(scope, self.questions)
        if called:  # the question that gradio now asks itself is this one
            scope["headers"] = [*scope["headers"], (COUNTED, self._counted)]
        return refusal

    def _paced(self, scope: Scope, pace: Pace | None) -> Refusal | None:
        """Nobody waits on the machine itself: nothing but its owner, or gradio, calls from there without a proxy."""
        peer = scope["client"][0] if scope.get("client") else ""
        visitor = visitor_of(peer, scope["headers"], self.hosting.proxies, self.hosting.public)
        if pace is None or is_this_machine(visitor) or (COUNTED, self._counted) in scope["headers"]:
            return None
        wait = math.ceil(pace.seconds_to_wait(visitor))
        return _too_fast(pace.rate, wait) if wait else None

    def _telling_of_a_full_queue(self, path: str, send: Send) -> Send:
        """gradio says 503, which its page shows as "busy" in English; our sentence goes out in its place."""
        full = False

        async def told(message: Message) -> None:
            nonlocal full
            if message["type"] == "http.response.start" and message["status"] == 503:
                full = True
                await self._refuse(_queue_full(self.hosting.queue), path, send)
            if not full:
                await send(message)

        return told

    async def _own(self, path: str, headers: dict[bytes, bytes], send: Send) -> None:
        if path == "/":  # gradio asks at its start whether it is there, and gives up where drawing the page takes long
            await _respond(send, 200, b"", b"text/html; charset=utf-8")
            return
        if path == "/healthz":
            body = json.dumps({"status": "ok", "presets": list(self.house.presets)}).encode()
            await _respond(send, 200, body, b"application/json")
            return
        token = self.hosting.metrics_token
        asked = headers.get(b"authorization", b"")
        if token and not secrets.compare_digest(asked, b"Bearer " + token.encode()):
            await _respond(send, 401, b"Bearer token wanted (RAG_METRICS_TOKEN).\n", b"text/plain")
            return
        await _respond(send, 200, self.house.metrics.text(), CONTENT_TYPE.encode())

    async def _refuse(self, refusal: Refusal, path: str, send: Send) -> None:
        """An upload's refusal is shown as it comes; every other is read from `detail`."""
        self.house.metrics.refused(refusal.reason)
        upload = doors.is_upload(path)
        body = refusal.sentence if upload else json.dumps({"detail": refusal.sentence}, ensure_ascii=False)
        kind = b"text/plain; charset=utf-8" if upload else b"application/json"
        more = [(b"retry-after", str(refusal.retry_after).encode())] if refusal.retry_after else []
        await _respond(send, refusal.status, body.encode(), kind, more)


def _too_fast(rate: int, wait: int) -> Refusal:
    sentence = f"提问太快：每分钟最多 {rate} 次，请 {wait} 秒后再试。 (At most {rate} a minute; try in {wait} seconds.)"
    return Refusal(429, Reason.RATE, sentence, wait)


def _queue_full(most: int) -> Refusal:
    sentence = f"排队的人已满（{most} 位），请过一会儿再试。 (The queue is full, {most} wait; please try again soon.)"
    return Refusal(429, Reason.QUEUE, sentence, 10)


def _methods(value: Any) -> list[Any]:
    """Of a JSON-RPC call, or of a batch of them."""
    return [call.get("method") for call in (value if isinstance(value, list) else [value]) if isinstance(call, dict)]


async def _respond(send: Send, status: int, body: bytes, kind: bytes, more: Sequence[Header] = ()) -> None:
    await respond(send, status, body, kind, [*PLAIN_HEADERS, *more])
