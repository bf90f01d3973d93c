"""Serving the page: gradio's launch with the settings, the guard around it and the policy inside it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from rag_demo.hosting import Hosting
from rag_demo.serving.folder import sweep
from rag_demo.serving.guard import Guard, House
from rag_demo.serving.journal import adopt
from rag_demo.serving.metrics import Metrics
from rag_demo.serving.policy import Policy
from rag_demo.ui.line import runs_model
from rag_demo.ui.theme import launch_options

SESSIONS = 500  # whose conversations and own passages are kept in memory; the one unseen for longest goes


def serve(
    demo: gr.Blocks,
    hosting: Hosting,
    uploads: Path,
    presets: tuple[str, ...],
    metrics: Metrics | None = None,
    **where: Any,
) -> str:
    """Serve on the loopback or where `where` says (server_name, server_port, prevent_thread_lock) -> its address.

    uploads: gradio's temporary folder, as `folder.temporary_folders` set it before gradio was imported.
    """
    metrics = metrics or Metrics()
    sweep(uploads)
    demo.queue(max_size=hosting.queue, api_open=False)  # open would be a way around the queue
    metrics.watch_queue(lambda: len(demo._queue))
    house = House(presets, uploads, partial(runs_model, demo), metrics)
    options = launch_options() | hosted(hosting, house) | where
    return demo.launch(**options)[1]


def hosted(hosting: Hosting, house: House) -> dict[str, Any]:
    """What launch_options() has not: who comes in, and the two layers."""
    options = {
        "max_file_size": hosting.upload_megabytes << 20,
        "state_session_capacity": SESSIONS,
        "app_kwargs": {"lifespan": _guarded(hosting, house), "middleware": [Middleware(Policy)]},
    }
    if hosting.login:
        # gradio lets an agent call unqueued endpoints without the login
        options |= {"auth": hosting.login, "auth_message": "请登录。 Please log in.", "mcp_server": False}
    return options


def _guarded(hosting: Hosting, house: House) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        """Before the first request: outermost, so that gradio's own layers see nothing that is refused."""
        adopt("uvicorn", "uvicorn.error", "uvicorn.access")
        app.middleware_stack = Guard(app.middleware_stack, hosting, house)
        yield

    return lifespan
