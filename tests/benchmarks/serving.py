"""Start, memory, and what the page adds to a call, each in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator

from tests.benchmarks.bench import Row

START = """
import time; began = time.perf_counter()
import sys, json, resource
from rag_demo.engine import RagEngine
engines = [RagEngine.load(name) for name in sys.argv[1].split(",")]
for engine in engines:
    engine.answer("宝宝发热38.5℃怎么办？")
seconds = time.perf_counter() - began
print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
PAGE = """
import os, sys, json
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
from gradio_client import Client
from rag_demo.engine import RagEngine
from rag_demo.ui import build_demo
from rag_demo.ui.theme import launch_options
from tests.benchmarks.bench import alternating
engine = RagEngine.load(sys.argv[1])
demo = build_demo({engine.name: engine})
_, url, _ = demo.queue().launch(prevent_thread_lock=True, **launch_options())
client = Client(url, verbose=False)
question = "宝宝发热38.5℃怎么办？"
direct, queued = alternating(
    [lambda: engine.retrieve(question, 5), lambda: client.predict(question, top_k=5, api_name="/retrieve")], 21, 3)
print(json.dumps({"direct": direct, "queued": queued}))
demo.close()
"""


def rows(presets: list[str]) -> Iterator[Row]:
    sets = [presets[:1]] + ([presets] if len(presets) > 1 else [])
    for names in sets:
        runs = [_child(START, ",".join(names)) for _ in range(3)]
        seconds, size = (sorted(run[key] for run in runs)[1] for key in ("seconds", "megabytes"))
        alone = len(names) == 1
        label = " + ".join(names)
        yield Row("start", label, seconds, reach=6 if alone else None)
        yield Row("memory", label, size, "MB", reach=900 if alone else 2000)
    page = _child(PAGE, presets[0])
    note = f"{page['queued'] * 1000:.0f} ms queued, {page['direct'] * 1000:.0f} ms direct"
    yield Row("page", presets[0], page["queued"] - page["direct"], reach=0.025, note=note)


def _child(script: str, argument: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", script, argument], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])
