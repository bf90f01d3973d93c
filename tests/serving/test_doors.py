"""The list of open routes, whose origin is let in, and which bodies are."""

from pathlib import Path

import pytest

from rag_demo.serving.doors import (
    BROKEN,
    MAX_BODY_BYTES,
    REMOTE,
    parsed,
    refused_length,
    refused_origin,
    refused_route,
)

UPLOADS = Path("/srv/data/uploads")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("HEAD", "/"), ("GET", "/config"), ("GET", "/assets/index-Dp_h.js"), ("GET", "/theme.css"),
        ("GET", "/gradio_api/queue/data"), ("GET", "/gradio_api/heartbeat/ab12"), ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/run/predict"), ("POST", "/gradio_api/call/ask"), ("GET", "/gradio_api/call/ask/12ab"),
        ("POST", "/gradio_api/upload"), ("POST", "/login"), ("POST", "/gradio_api/mcp/"), ("DELETE", "/gradio_api/mcp/"),
    ],
)  # fmt: skip
def test_what_the_page_and_programs_use_is_open(method, path):
    assert refused_route(method, path) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/file=/etc/passwd"), ("GET", "/file=/etc/passwd"), ("GET", "/gradio_api/proxy=http://a"),
        ("GET", "/static/../../etc/passwd"), ("GET", "/assets/./x"), ("GET", "/static//etc/passwd\0"),
        ("GET", "/static/..\\x"), ("GET", "/monitoring"), ("GET", "/gradio_api/deep_link"), ("GET", "/gradio_api/token"),
        ("POST", "/gradio_api/component_server"), ("POST", "/gradio_api/vibe-edit"), ("POST", "/"), ("PUT", "/config"),
        ("POST", "/gradio_api/process_recording"), ("GET", "/gradio_api/dev/reload"), ("TRACE", "/"), ("GET", "//"),
        ("GET", "/gradio_api/runs"), ("GET", "/svelte/svelte.js"), ("GET", "/gradio_api/custom_component/a/client/b/c"),
    ],
)  # fmt: skip
def test_the_rest_does_not_exist(method, path):
    assert refused_route(method, path).status == 404


def test_a_deep_link_is_not_read_from_the_disk():
    assert refused_route("GET", "/", "q=a&deep_link=abc").status == 404 and refused_route("GET", "/", "q=a") is None


def test_origins():
    assert refused_origin(None, "rag.example") is None
    assert refused_origin("https://rag.example", "RAG.example") is None
    assert refused_origin("https://friend.example", "rag.example", {"https://friend.example"}) is None
    for origin in (
        "null",
        "",
        "https://evil.example",
        "https://rag.example.evil",
        "https://rag.example:8443",
        "file://",
    ):
        assert refused_origin(origin, "rag.example").status == 403, origin
    assert refused_origin("null", "").status == 403


def test_lengths():
    assert refused_length("/gradio_api/upload", "1000", 2000) is None
    assert refused_length("/gradio_api/upload", "200000", 2000).status == 413
    assert refused_length("/gradio_api/upload", None, 2000).status == 411
    assert refused_length("/gradio_api/upload", "-1", 2000).status == 411
    assert refused_length("/gradio_api/run/predict", str(MAX_BODY_BYTES + 1), 10**9).status == 413
    assert refused_length("/gradio_api/run/predict", None, 2000) is None


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "http://169.254.169.254/latest", "https://a.example/x.csv", "file:///etc/passwd", "data:text/csv,a",
     "/srv/data/uploads/../votes.jsonl", "uploads/x.csv", "", "/srv/data/uploads-of-others/x"],
)  # fmt: skip
def test_a_file_that_was_not_uploaded_is_not_named(path):
    """Catches SSRF and copying of the server's own files: gradio takes any object with a path for a file."""
    assert parsed(b'{"data": [[{"path": %s}]]}' % repr(path).replace("'", '"').encode(), UPLOADS) is REMOTE


def test_bodies():
    mine = b'{"data": [{"path": "/srv/data/uploads/ab/x.csv", "url": "http://me/gradio_api/file=x"}]}'
    assert parsed(mine, UPLOADS)["data"] and parsed(b"", UPLOADS) is None
    for broken in (b"{", b"[" * 100_000, b"\xff\xfe", b"NaN,"):
        assert parsed(broken, UPLOADS) is BROKEN
