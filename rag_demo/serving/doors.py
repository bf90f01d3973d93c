"""Which of gradio's routes are open, and what may come in through them. Pure functions of a request's parts.

Gradio serves many routes that this page does not use: files by path or by URL, proxies, recordings, deep links that
write a session to disk, monitoring, code generation. Most of its past vulnerabilities were in these. So what is open is
listed, and the rest does not exist; what is closed cannot have a hole."""

import json
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

MAX_BODY_BYTES = 256 * 1024  # of everything but an upload: the longest question is a few kilobytes
MULTIPART_BYTES = 64 * 1024  # what a form adds to the file in it

_API = "/gradio_api"
_NAME = r"[\w.-]+"
_READ = re.compile(
    rf"/|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json|/logout|/(assets|static)/[\w./-]+"
    rf"|{_API}/(info/?|openapi\.json|app_id/?|user/?|login_check/?|startup-events|theme\.css|upload_progress"
    rf"|queue/(data|status)|heartbeat/{_NAME}|call/(v2/)?{_NAME}/{_NAME}|mcp(/[\w/-]*)?)"
)
_WRITE = re.compile(
    rf"/login/?|{_API}/(queue/join|upload|cancel|reset/?|(run|api|call|call/v2)/{_NAME}/?|mcp(/[\w/-]*)?)"
)
_OTHER = re.compile(rf"{_API}/mcp(/[\w/-]*)?")  # DELETE ends an agent's session


class Reason(StrEnum):
    """Why a request was refused; a label of /metrics."""

    ROUTE = "route"
    ORIGIN = "origin"
    SIZE = "size"
    BODY = "body"
    RATE = "rate"
    QUEUE = "queue"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    reason: Reason
    sentence: str
    retry_after: int = 0


CLOSED = Refusal(404, Reason.ROUTE, "没有这个地址。 (There is nothing at this address.)")
FOREIGN = Refusal(
    403, Reason.ORIGIN, "不接受来自其他网站的请求。 (Requests from other sites are not accepted; see RAG_ORIGINS.)"
)
BROKEN = Refusal(400, Reason.BODY, "请求的内容不是有效的 JSON。 (The body is not JSON that can be read.)")
REMOTE = Refusal(
    400, Reason.BODY, "文件只能上传，不能给网址或路径。 (A file is uploaded; an address of one is not fetched.)"
)
UNMEASURED = Refusal(411, Reason.SIZE, "上传须注明大小。 (An upload needs a Content-Length.)")


def too_large(limit: int) -> Refusal:
    size = f"{limit >> 20} MB" if limit >> 20 else f"{limit >> 10} KB"
    return Refusal(413, Reason.SIZE, f"内容超过了 {size} 的上限。 (The body is larger than the limit of {size}.)")


def refused_route(method: str, path: str, query: str = "") -> Refusal | None:
    """Everything that is not listed above, and paths that climb."""
    listed = {"GET": _READ, "HEAD": _READ, "OPTIONS": _READ, "POST": _WRITE}.get(method, _OTHER)
    found = listed.fullmatch(path) or (method == "OPTIONS" and _WRITE.fullmatch(path))
    climbs = any(part in (".", "..") for part in path.split("/"))
    return CLOSED if not found or climbs or "deep_link" in parse_qs(query, keep_blank_values=True) else None


def refused_origin(origin: str | None, host: str, allowed: Collection[str] = ()) -> Refusal | None:
    """A page of another site, or of none ("null"): gradio would answer it, cookies and all, on any public host.

    host: as the visitor's browser names this one. A request without Origin comes from no other page.
    """
    if origin is None or origin in allowed:
        return None
    return None if host and urlsplit(origin).netloc.lower() == host.lower() else FOREIGN


def refused_length(path: str, declared: str | None, upload_bytes: int) -> Refusal | None:
    """By what the request says of itself; how long the body of anything but an upload is, `guard` counts."""
    upload = is_upload(path)
    if declared is None:
        return UNMEASURED if upload else None
    limit = upload_bytes if upload else MAX_BODY_BYTES
    if not (declared.isascii() and declared.isdigit()):
        return UNMEASURED
    return too_large(limit) if int(declared) > limit + upload * MULTIPART_BYTES else None


def is_upload(path: str) -> bool:
    return path == f"{_API}/upload"


def takes_json(method: str, path: str) -> bool:
    return method == "POST" and path.startswith(f"{_API}/") and not is_upload(path)


def parsed(body: bytes, uploads: Path) -> Any:
    """-> the value, or the Refusal of a body that is none, or that names a file which lies not among the uploads."""
    try:
        value = json.loads(body) if body.strip() else None
        return value if all(_is_uploaded(path, uploads) for path in _file_paths(value)) else REMOTE
    except (ValueError, RecursionError):
        return BROKEN


def _file_paths(value: Any) -> Iterator[str]:
    """Of everything in the value that gradio might take for a file: an object with a path."""
    if isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value["path"]
        for part in value.values():
            yield from _file_paths(part)
    elif isinstance(value, list):
        for part in value:
            yield from _file_paths(part)


def _is_uploaded(path: str, uploads: Path) -> bool:
    """Not an address, which gradio would fetch, and not a file of the server."""
    return os.path.isabs(path) and Path(os.path.normpath(path)).is_relative_to(uploads)
