"""Many visitors at once on the project's own server, on loopback.

    make load                                             # 50 visitors, 10 minutes
    python -m tools.load --visitors 8 --minutes 0.5 --out load.json

Each visitor presses the page's own buttons as a browser does: asks, searches passages, looks at retrieval, with pauses. Then
a burst asks more at once than the queue takes. Reports errors, p50 and p95 of the first token and of whole answers, how much
memory grew after the warm-up, and what was said past capacity."""

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from rag_demo.config import ASSETS
from rag_demo.files import write_json
from tools.page_client import Layout, Refused, Visitor

MIX = (("ask-button", "question", 0.5), ("retrieval-run", "retrieval-question", 0.2), ("corpus-search-button", "corpus-query", 0.3))  # fmt: skip
WARM_UP = 0.25  # of the time; until then models touch their memory for the first time
START_SECONDS = 180


@dataclass
class Measured:
    """Seconds of each kind of event, and what went wrong; filled by all visitors."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name, *_ in MIX})
    first: list[float] = field(default_factory=list)
    errors: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)
    place: int = 0

    def report(self) -> dict:
        return {
            "events": {name: len(times) for name, times in self.seconds.items()},
            "errors": dict(self.errors),
            "first token": quantiles(self.first),
            "whole answer": quantiles(self.seconds["ask-button"]),
            "retrieval": quantiles(self.seconds["retrieval-run"]),
            "corpus search": quantiles(self.seconds["corpus-search-button"]),
            "longest line seen": self.place,
        }


def quantiles(seconds: list[float]) -> dict[str, float] | None:
    """p50 and p95, None where there are fewer than two."""
    if len(seconds) < 2:
        return None
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {"p50": round(cuts[9], 3), "p95": round(cuts[18], 3)}


def press(visitor: Visitor, client: httpx.Client, measured: Measured, element: str, box: str, text: str) -> None:
    """One event, counted. The first state of an answer shows its passages, the second its first token."""
    times = []
    try:
        for moment in visitor.press(client, element, {box: text}):
            times.append(moment)
    except Refused as refusal:
        measured.refused[str(refusal)] += 1
        return
    except (RuntimeError, httpx.HTTPError) as error:
        measured.errors[f"{element}: {type(error).__name__}: {error}"[:300]] += 1
        return
    finally:
        measured.place = max(measured.place, visitor.place)
    measured.seconds[element].append(times[-1])
    if element == "ask-button" and len(times) > 2:
        measured.first.append(times[1])


def visit(
    url: str, layout: Layout, seed: int, until: float, pause: float, measured: Measured, asked: list[str]
) -> None:
    draw, visitor = random.Random(seed), Visitor(url, layout)
    with httpx.Client(timeout=60) as client:
        while True:
            time.sleep(draw.expovariate(1 / pause) if pause else 0)
            if time.monotonic() >= until:
                return
            element, box, _ = draw.choices(MIX, [share for *_, share in MIX])[0]
            text = draw.choice(asked)
            press(visitor, client, measured, element, box, text[:4] if box == "corpus-query" else text)


def burst(url: str, layout: Layout, count: int, asked: list[str]) -> Measured:
    """`count` visitors ask in the same moment."""
    measured, together = Measured(), threading.Barrier(count)

    def one(number: int) -> None:
        with httpx.Client(timeout=60) as client:
            together.wait()
            press(Visitor(url, layout), client, measured, "ask-button", "question", asked[number % len(asked)])

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))
    return measured


def megabytes(process: int) -> float | None:
    """Resident memory; None where /proc does not tell."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def served(presets: str, port: int, data: str) -> subprocess.Popen:
    """app.py, waited for until it answers. All visitors come from one address here: no limit by address."""
    environment = os.environ | {"RAG_DATA": data, "RAG_RATE": "0"}
    server = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port), "--presets", presets], env=environment, cwd=ASSETS.parent
    )
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/config", timeout=5).is_success:
                return server
        except httpx.HTTPError:
            time.sleep(0.5)
    server.terminate()
    raise SystemExit("error: the server did not start; its own message stands above.")


def loaded(url: str, process: int, args: argparse.Namespace) -> dict:
    layout = Layout(httpx.get(f"{url}/config", timeout=30).json())
    lines = (ASSETS / "questions" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines]
    measured, until = Measured(), time.monotonic() + 60 * args.minutes
    with ThreadPoolExecutor(args.visitors) as pool:
        visits = [pool.submit(visit, url, layout, n, until, args.pause, measured, asked) for n in range(args.visitors)]
        time.sleep(60 * args.minutes * WARM_UP)
        warm = megabytes(process)
        for done in visits:
            done.result()
    after = megabytes(process)
    past = burst(url, layout, args.burst, asked) if args.burst else Measured()
    return {
        "visitors": args.visitors,
        "minutes": args.minutes,
        **measured.report(),
        "refused while loaded": dict(measured.refused),
        "memory MB": warm and {"after warm-up": round(warm), "end": round(after), "growth": round(after / warm - 1, 4)},
        "burst": {
            "asked at once": args.burst,
            "answered": len(past.seconds["ask-button"]),
            "first token": quantiles(past.first),
            "whole answer": quantiles(past.seconds["ask-button"]),
            "told that the queue is full": dict(past.refused),
            "longest line seen": past.place,
            "errors": dict(past.errors),
        },
    }


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tools.load", description="Many visitors at once, on loopback.")
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--pause", type=float, default=20.0, help="mean seconds between two presses (default: 20)")
    parser.add_argument("--burst", type=int, default=90, help="how many ask at once at the end; 0: no burst")
    parser.add_argument("--presets", default="base")
    parser.add_argument("--port", type=int, default=0, help="of the server that is started (default: a free one)")
    parser.add_argument("--out", type=Path, help="also write the report here, as JSON")
    args = parser.parse_args(arguments)
    if args.visitors < 1 or args.minutes <= 0 or args.burst < 0 or args.pause < 0:
        parser.error("--visitors, --minutes, --pause and --burst must be positive")
    with socket.socket() as free:
        free.bind(("127.0.0.1", args.port))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as data:
        server = served(args.presets, port, data)
        try:
            report = loaded(f"http://127.0.0.1:{port}", server.pid, args)
        finally:
            server.terminate()
            server.wait(30)
    print(json.dumps(report, ensure_ascii=False, indent=1))
    if args.out:
        write_json(args.out, report)
    return report


if __name__ == "__main__":
    main()
