"""A run's loss and quality over its steps, as one SVG picture."""

import re
from collections.abc import Mapping, Sequence

from rag_demo.charts import Axis, Series, line_chart


def history_plot(history: Sequence[Mapping[str, float]], title: str) -> str:
    """history: records with "step" and named values. Values that are shares (recall@k …) get a chart from 0 to 1."""
    names = list(dict.fromkeys(name for record in history for name in record if name != "step"))
    shares = [name for name in names if "@" in name or name.startswith("distinct")]
    charts = [
        line_chart(_series(history, chosen), Axis("Step"), axis, title)
        for chosen, axis in (
            ([n for n in names if n not in shares], Axis("Loss", "nats", minimum=0)),
            (shares, Axis("Share", minimum=0, maximum=1)),
        )
        if chosen
    ]
    return stacked(charts)


def _series(history: Sequence[Mapping[str, float]], names: Sequence[str]) -> list[Series]:
    return [
        Series(name, tuple((float(r["step"]), float(r[name])) for r in history if r.get(name) is not None))
        for name in names
    ]


def stacked(charts: Sequence[str]) -> str:
    """Standalone pictures one under another."""
    parts, width, top = [], 0.0, 0.0
    for chart in charts:
        wide, high = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', chart).groups())
        parts.append(chart.replace("<svg ", f'<svg y="{top:g}" width="{wide:g}" height="{high:g}" ', 1))
        width, top = max(width, wide), top + high + 12
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {top:g}">{"".join(parts)}</svg>\n'
