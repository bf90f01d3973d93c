"""A ZeroGPU Space refuses to start an app without a marked function; everywhere else the package is missing."""

import sys

from rag_demo.serving.zero_gpu import SECONDS, announce

FAKE = """
marked = []
def GPU(duration):
    return lambda function: marked.append((function.__name__, duration))
"""


def test_one_function_is_marked_where_the_package_is(tmp_path, monkeypatch):
    announce()
    (tmp_path / "spaces.py").write_text(FAKE)
    monkeypatch.syspath_prepend(tmp_path)
    announce()
    assert sys.modules.pop("spaces").marked == [("graphics_memory", SECONDS)]
