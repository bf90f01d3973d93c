"""The page as a browser talks to it: press a button by its element id, read the events that follow. No Chromium."""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

SECONDS = 600.0


class Refused(Exception):
    """The server did not take the event; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What /config says: which function a button calls, with which components' values."""

    config: Mapping[str, Any]

    def event(self, element: str) -> tuple[int, int, list[tuple[str, Any]]]:
        """Of the button with this element id -> function, its id, and (element id, value) of each input."""
        parts = {part["id"]: part["props"] for part in self.config["components"]}
        (button,) = [id for id, props in parts.items() if props.get("elem_id") == element]
        for function in self.config["dependencies"]:
            if [button, "click"] in [list(target) for target in function["targets"]]:
                inputs = [(parts[id].get("elem_id") or "", parts[id].get("value")) for id in function["inputs"]]
                return function["id"], button, inputs
        raise LookupError(f"{element} calls no function")


@dataclass(slots=True)
class Visitor:
    """One browser tab. place: the largest number of events that stood before one of its own in the queue."""

    url: str
    layout: Layout
    session: str = field(default_factory=lambda: secrets.token_hex(6))
    place: int = 0

    def press(self, client: httpx.Client, element: str, values: Mapping[str, Any]) -> Iterator[float]:
        """The seconds from pressing to each state that was drawn. Raises Refused, RuntimeError or httpx.HTTPError."""
        function, button, inputs = self.layout.event(element)
        body = {
            "data": [values.get(name, value) for name, value in inputs],
            "fn_index": function,
            "session_hash": self.session,
            "trigger_id": button,
            "event_data": None,
        }
        began = time.perf_counter()
        joined = client.post(f"{self.url}/gradio_api/queue/join", json=body)
        if joined.status_code in (429, 503):
            raise Refused(str(joined.json().get("detail") or joined.text)[:200])
        joined.raise_for_status()
        address = f"{self.url}/gradio_api/queue/data"
        with client.stream("GET", address, params={"session_hash": self.session}, timeout=SECONDS) as events:
            for line in events.iter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[5:])
                match message["msg"]:
                    case "estimation":
                        self.place = max(self.place, message.get("rank") or 0)
                    case "process_generating":
                        yield time.perf_counter() - began
                    case "process_completed":
                        if not message["success"]:
                            raise RuntimeError(str(message["output"].get("error"))[:200])
                        yield time.perf_counter() - began
                        return
                    case "unexpected_error" | "server_stopped":
                        raise RuntimeError(str(message)[:200])
        raise RuntimeError("the stream of events ended before the event did")
