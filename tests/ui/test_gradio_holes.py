"""What gradio was once open to, tried against this page: each is refused with 4xx, and nothing is read, fetched or kept.

Names are those of the advisories. The same requests at gradio without the guard are answered in part: file=URL and FileData
with an address are fetched from any public host, any site's origin is let in on a public host, and a session's
conversation is written to disk by deep_link."""

import json

import pytest

from tests.ui.served import served

PASSWD = "/etc/passwd"


@pytest.fixture(scope="module")
def page(bart_engine, tmp_path_factory):
    with served(bart_engine, tmp_path_factory.mktemp("data"), upload_megabytes=1) as page:
        yield page


def file_data(path, **more):
    return {"path": path, "orig_name": "a.csv", "meta": {"_type": "gradio.FileData"}, **more}


def test_the_page_itself_is_served(page):
    assert page.request("GET", "/").status == 200 and page.request("GET", "/config").status == 200
    assert page.request("GET", "/gradio_api/info").status == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/gradio_api/file={PASSWD}",  # CVE-2023-34239, CVE-2024-1561
        f"/file={PASSWD}", f"/file/{PASSWD}", f"/gradio_api/file/{PASSWD}",
        "/gradio_api/file=../../../../etc/passwd", "/gradio_api/file=..%2f..%2f..%2fetc%2fpasswd",
        "/gradio_api/file=app.py", "/gradio_api/file=rag_demo/hosting.py",  # CVE-2023-51449: the working directory
        "/gradio_api/file=/proc/self/environ", "/gradio_api/file=C:/Windows/win.ini",
        "/static/../../../../../../etc/passwd", "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/static//etc/passwd",
        "/assets/..%5c..%5cetc%5cpasswd", "/svelte/../../etc/passwd", "//etc/passwd",
        "/gradio_api/custom_component/html/client/../../../../../etc/passwd",  # CVE-2024-51751
        "/gradio_api/file=http://127.0.0.1:7860/", "/gradio_api/file=http://169.254.169.254/latest/meta-data/",
        "/gradio_api/file=https://example.org/", "/gradio_api/file=//example.org/",  # CVE-2024-4940: open redirect
        "/gradio_api/proxy=http://127.0.0.1:7860/config", "/gradio_api/proxy=https://a.hf.space/",  # CVE-2024-1183
        "/monitoring", "/monitoring/summary", "/monitoring/x",  # CVE-2024-47168
        "/gradio_api/deep_link?session_hash=a", "/?deep_link=..%2fa", "/config?deep_link=a",
        "/gradio_api/runs", "/gradio_api/run-history/buckets", "/gradio_api/token", "/gradio_api/dev/reload",
        "/gradio_api/stream/a/b/1/playlist-file", "/docs", "/redoc", "/openapi.json", "/login/huggingface",
    ],
)  # fmt: skip
def test_reading_what_is_not_the_pages(page, path):
    reply = page.request("GET", path)
    assert 400 <= reply.status < 500 and b"root:" not in reply.body and b"import" not in reply.body, reply.status


@pytest.mark.parametrize(
    "path",
    ["component_server", "process_recording", "vibe-edit", "undo-vibe-edit", "vibe-code", "vibe-starter-queries",
     "run-history/connect", "stream/ab", "stream/ab/close", "profiling/clear"],
)  # fmt: skip
def test_machinery_that_the_page_does_not_use(page, path):
    """component_server called any method of a component by name (CVE-2024-1561); vibe-edit writes app.py."""
    body = {"data": [PASSWD], "fn_name": "move_resource_to_block_cache", "component_id": 1, "session_hash": "a"}
    assert page.post(f"/gradio_api/{path}", body).status == 404


@pytest.mark.parametrize(
    "path",
    [PASSWD, "/proc/self/environ", "app.py", "http://127.0.0.1:7860/config", "https://example.org/a.csv",
     "http://169.254.169.254/", "file:///etc/passwd", "../../etc/passwd", "{uploads}/../votes.jsonl"],
)  # fmt: skip
@pytest.mark.parametrize("route", ["run/predict", "queue/join", "call/search_passages", "mcp/"])
def test_a_file_of_the_server_or_an_address_in_a_file_input(page, route, path):
    """CVE-2024-1728, -4253, -4325, -47167: copied into the cache or fetched, and then served."""
    value = file_data(path.format(uploads=page.uploads), url=path)
    body = {"data": [value, "zh"], "fn_index": 0, "session_hash": "ab", "arguments": [[value]]}
    assert page.post(f"/gradio_api/{route}", body).status == 400
    assert not page.uploads.exists() or not any(page.uploads.rglob("*.*"))


def test_an_honest_upload_comes_in_and_cannot_be_fetched_again(page):
    form = b'--b\r\nContent-Disposition: form-data; name="files"; filename="../../a.csv"\r\n\r\ntext\r\n\xe6\x83\x85\r\n--b--\r\n'
    reply = page.request("POST", "/gradio_api/upload", form, Content_Type="multipart/form-data; boundary=b")
    (kept,) = json.loads(reply.body)
    assert reply.status == 200 and kept.startswith(str(page.uploads)) and kept.endswith("/a.csv")
    assert page.request("GET", f"/gradio_api/file={kept}").status == 404, "one visitor's file for another"


def test_uploads_are_bounded_before_they_are_read(page):
    """CVE-2024-8966 and unbounded uploads: by what is declared, and nothing undeclared is taken."""
    kind = {"Content_Type": "multipart/form-data; boundary=b"}
    large = page.request("POST", "/gradio_api/upload", None, Content_Length=str(50 << 20), **kind)
    assert large.status == 413 and "1 MB" in large.body.decode()
    chunked = page.request("POST", "/gradio_api/upload", iter([b"x"]), **kind)
    assert chunked.status == 411
    assert page.request("POST", "/gradio_api/upload", b"x" * 1_060_000, **kind).status in (400, 413)
    many = b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % i for i in range(2000))
    assert page.request("POST", "/gradio_api/upload", many + b"--b--\r\n", **kind).status == 400
    assert page.post("/gradio_api/run/predict", {"data": ["长" * 300_000]}).status == 413
    streamed = iter([b'{"data": ["', *[b"x" * 60_000] * 6, b'"]}'])
    assert page.request("POST", "/gradio_api/run/predict", streamed).status == 413
    assert page.request("POST", "/gradio_api/run/predict", b"[" * 50_000).status == 400


@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", "http://localhost:1", "http://127.0.0.1.evil.example"]
)
@pytest.mark.parametrize("host", ["", "rag.hospital.example"])
def test_a_page_of_another_site_may_not_ask(page, origin, host):
    """CVE-2024-1727, -47084, -47165: with a visitor's cookies. On a public host gradio lets every origin in."""
    more = {"Host": host, "X_Forwarded_Host": host} if host else {}
    for reply in (
        page.ask(Origin=origin, **more),
        page.request("OPTIONS", "/gradio_api/run/predict", Origin=origin, Access_Control_Request_Method="POST", **more),
        page.request("GET", "/config", Origin=origin, **more),
        page.request("POST", "/login", b"username=a&password=b", Origin=origin, **more),
    ):
        assert reply.status == 403 and "access-control-allow-origin" not in reply.headers


def test_the_pages_own_origin_may(page):
    own = page.address.rstrip("/")
    assert page.request("GET", "/config", Origin=own).status == 200
    public = {"X_Forwarded_Host": "rag.hospital.example", "Origin": "https://rag.hospital.example"}
    assert page.request("GET", "/config", **public).status == 200


def test_the_queue_cannot_be_gone_around(page):
    """Direct calls of queued events would decode side by side until the memory is full."""
    assert page.post("/gradio_api/run/ask", {"data": ["宝宝"]}).status == 404
    assert page.post("/gradio_api/api/ask", {"data": ["宝宝"]}).status == 404


def test_a_script_cannot_come_in_through_headers_or_cookies(page):
    reply = page.request("GET", "/", X_Forwarded_Host='x"><script>alert(1)</script>', X_Forwarded_Proto="javascript")
    assert b"<script>alert" not in reply.body and reply.status in (200, 400, 403, 500)
