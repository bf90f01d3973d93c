"""Served to the public: health, figures, headers, login, pace, a full queue, and an answer that hangs."""

import copy
import re
import threading

import pytest

from rag_demo.hosting import Login
from tests.ui.served import served


@pytest.fixture(scope="module")
def open_page(bart_engine, tmp_path_factory):
    """Three questions a minute; the metrics want a token."""
    with served(bart_engine, tmp_path_factory.mktemp("data"), rate=3, metrics_token="sesame-open") as page:
        yield page


def test_health_and_figures(open_page):
    health = open_page.request("GET", "/healthz")
    assert health.status == 200 and health.body == b'{"status": "ok", "presets": ["tiny"]}'
    assert open_page.request("GET", "/metrics").status == 401
    event = re.search(r'"event_id":"(\w+)"', open_page.ask(X_Forwarded_For="198.51.100.1").body.decode()).group(1)
    assert "event: complete" in open_page.result(event)
    text = open_page.request("GET", "/metrics", Authorization="Bearer sesame-open").body.decode()
    assert 'rag_answers_total{outcome="sufficient",preset="tiny"} 1.0' in text and "rag_queue_length 0.0" in text
    assert "process_resident_memory_bytes" in text and "黄疸" not in text


def test_every_response_has_the_headers_and_each_its_own_nonce(open_page):
    first, second = open_page.request("GET", "/"), open_page.request("GET", "/")
    nonces = []
    for reply in (first, second):
        wanted = re.search(
            r"script-src 'self' 'nonce-([\w-]+)' 'unsafe-eval';", reply.headers["content-security-policy"]
        )
        scripts = re.findall(r"<script([^>]*)>", reply.body.decode())
        assert len(scripts) >= 4 and all(f'nonce="{wanted.group(1)}"' in script for script in scripts)
        nonces.append(wanted.group(1))
    assert nonces[0] != nonces[1]
    for path in ("/", "/config", "/healthz", "/nowhere", "/theme.css"):
        headers = open_page.request("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer", path


def test_too_many_questions_get_one_sentence_and_only_that_visitor_waits(open_page):
    """Catches a visitor who writes another X-Forwarded-For with every question: only the proxy's own entry counts."""
    replies = [open_page.ask(X_Forwarded_For=f"10.9.8.{i}, 203.0.113.50") for i in range(5)]
    assert [reply.status for reply in replies] == [200] * 3 + [429] * 2
    assert "每分钟最多 3 次" in replies[3].detail and 1 <= int(replies[3].headers["retry-after"]) <= 20
    assert open_page.ask(X_Forwarded_For="203.0.113.51").status == 200
    quick = [open_page.post("/gradio_api/run/search_passages", {"data": ["血糖", "", 1]}, X_Forwarded_For="203.0.113.50")
             for _ in range(6)]  # fmt: skip
    assert {reply.status for reply in quick} == {200}, "what runs no model is not counted"
    for disguised in (0, "0", 1.5):  # the number of another event, and what gradio would take for one
        body = {"data": ["宝宝", "tiny"], "fn_index": disguised, "session_hash": "ab"}
        assert open_page.post("/gradio_api/call/ask", body, X_Forwarded_For="203.0.113.50").status == 429
    tool = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {}}}
    assert open_page.post("/gradio_api/mcp/", tool, X_Forwarded_For="203.0.113.50").status == 429


def test_the_machine_itself_is_not_paced(open_page):
    assert {open_page.ask(X_Forwarded_For="").status for _ in range(5)} == {200}


def test_with_a_login_nothing_is_answered_without_it(bart_engine, tmp_path):
    login = Login((("nurse", "correct-horse"),))
    with served(bart_engine, tmp_path, login=login) as page:
        assert page.request("GET", "/config").status == 401 and page.ask().status == 401
        assert page.post("/gradio_api/run/search_passages", {"data": ["血糖", "", 1]}).status == 401
        assert page.request("GET", "/gradio_api/mcp/").status == 404, "an agent could ask without the login"
        assert page.request("GET", "/healthz").status == 200 and "黄疸" not in page.request("GET", "/").body.decode()
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        good = page.request("POST", "/login", b"username=nurse&password=correct-horse", **form)
        assert good.status == 200 and "httponly" in good.headers["set-cookie"].lower()
        cookie = good.headers["set-cookie"].split(";")[0]
        assert page.request("GET", "/config", Cookie=cookie).status == 200
        tries = [page.request("POST", "/login", b"username=nurse&password=guess", **form).status for _ in range(12)]
        assert tries[:9] == [400] * 9 and tries[-1] == 429


def test_past_the_queue_a_sentence_and_past_the_time_limit_the_next_question(bart_engine, tmp_path):
    """One test, since both need an answer that hangs: the first hangs, one waits, the third finds the queue full; then
    the first is cut off and the second answered. Catches a worker that a hung answer keeps for ever."""
    hang, hung, start = threading.Event(), threading.Event(), bart_engine.generator.start

    def stuck(*arguments):
        if not hung.is_set():
            hung.set()
            hang.wait()
        return start(*arguments)

    engine = copy.copy(bart_engine)
    engine.generator = copy.copy(engine.generator)
    engine.generator.start = stuck
    with served(engine, tmp_path, queue=1, answer_seconds=2) as page:
        first = page.ask()
        assert hung.wait(10)
        second, third = page.ask(), page.ask()
        assert (first.status, second.status, third.status) == (200, 200, 429)
        assert "排队的人已满（1 位）" in third.detail and "queue is full" in third.detail
        events = [re.search(r'"event_id":"(\w+)"', reply.body.decode()).group(1) for reply in (first, second)]
        slow, answered = (page.result(event) for event in events)
        assert "event: error" in slow and "Stopped after 2 seconds" in slow
        assert "event: complete" in answered
        text = page.metrics.text().decode()
        assert 'outcome="cut_off",preset="tiny"} 1.0' in text and 'outcome="sufficient",preset="tiny"} 1.0' in text
    hang.set()


def test_where_nothing_can_be_written_the_page_answers_and_an_upload_is_refused(bart_engine, tmp_path):
    (tmp_path / "file").write_text("x")
    with served(bart_engine, tmp_path / "file" / "data") as page:
        event = re.search(r'"event_id":"(\w+)"', page.ask().body.decode()).group(1)
        assert "event: complete" in page.result(event)
        form = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\nx\r\n--b--\r\n'
        reply = page.request("POST", "/gradio_api/upload", form, Content_Type="multipart/form-data; boundary=b")
        assert reply.status == 507 and "RAG_DATA" in reply.body.decode()
