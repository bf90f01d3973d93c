"""The page as tools for an agent, through a real MCP client."""

import ast
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

pytest.importorskip("mcp")
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from rag_demo.ui import build_demo
from rag_demo.ui.theme import launch_options


@pytest.fixture(scope="module")
def address(bart_engine):
    demo = build_demo({"tiny": bart_engine})
    _, url, _ = demo.queue().launch(prevent_thread_lock=True, **launch_options())
    yield f"{url}gradio_api/mcp/?tools=ask,retrieve"
    demo.close()


def in_session(address, use):
    """In a thread of its own: the browser tests of the same process may have left an event loop running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, _session, address, use).result()


async def _session(address, use):
    async with streamable_http_client(address) as (read, write, *_), ClientSession(read, write) as session:
        await session.initialize()
        return await use(session)


def test_ask_and_retrieve_are_described(address):
    tools = {tool.name: tool for tool in in_session(address, lambda s: s.list_tools()).tools}
    assert set(tools) == {"ask", "retrieve"}
    assert "not medical advice" in tools["ask"].description and "question" in tools["ask"].inputSchema["properties"]


def test_a_tool_answers_as_the_engine_does(address, bart_engine):
    called = in_session(address, lambda s: s.call_tool("ask", {"question": "宝宝黄疸怎么办？", "top_k": 3}))
    answer = ast.literal_eval(called.content[0].text)
    assert answer["text"] == bart_engine.answer("宝宝黄疸怎么办？", top_k=3).text


def test_an_emergency_reaches_an_agent_too(address):
    called = in_session(address, lambda s: s.call_tool("ask", {"question": "宝宝吞了纽扣电池"}))
    answer = ast.literal_eval(called.content[0].text)
    assert answer["status"] == "emergency" and answer["emergency"]["call"][0] == "120" and answer["text"] == ""
