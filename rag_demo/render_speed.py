"""What `make bench` measured -> escaped HTML."""

from collections.abc import Mapping

from rag_demo.render_evaluate_parts import note, section, table
from rag_demo.results import Speed, Speeds

Words = Mapping[str, str]


def speeds(measured: Speeds, words: Words) -> str:
    """The table of a bench.json, one row a measurement."""
    heads = [words[f"speed_{name}"] for name in ("what", "ours", "peer", "ratio", "reach")]
    machine = f"{measured.machine}, {words['speed_threads'].format(n=measured.threads)}, {measured.date}"
    rows = [_row(speed, words) for speed in measured.rows]
    return section(
        words["speed"], note(words["speed_means"].format(machine=machine)), [], table(words["speed"], heads, rows)
    )


def figure(value: float, unit: str) -> str:
    """Three digits: 0.0123 s is 12.3 ms."""
    if unit == "s" and value < 1:
        return f"{value * 1000:.3g} ms"
    digits = f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()


def _row(speed: Speed, words: Words) -> list[str]:
    what = words.get(f"speed_{speed.what}", speed.what).format(detail=speed.detail)
    if speed.peer is None:
        peer = ratio = "–"
        reach = "" if speed.reach is None else f"≤ {figure(speed.reach, speed.unit)}"
    else:
        peer, ratio = f"{figure(speed.peer, speed.unit)} {speed.peer_name}", f"{speed.peer / speed.ours:.3g}×"
        reach = "" if speed.reach is None else f"≥ {speed.reach:g}×"
    verdict = {True: words["speed_yes"], False: words["speed_no"], None: ""}[speed.reached]
    return [what, figure(speed.ours, speed.unit), peer, ratio, f"{reach} {verdict}".strip()]
