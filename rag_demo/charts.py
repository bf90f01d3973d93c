"""Charts as standalone SVG: values in, a string out. Colours follow the page's variables and have fallbacks of their
own, so that the same picture stands on the page, light or dark, and in a training run's folder."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 560, 320
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 14, 48
HUES = ("#1f7a6d", "#b5651d", "#5b6abf", "#a8456b", "#5f7d1f", "#8a5a9e", "#2b7fa3", "#a0522d", "#4d7c5b", "#7a6a2f")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 3", "10 4", "4 2", "12 3 2 3", "3 5", "7 2")


@dataclass(frozen=True, slots=True)
class Series:
    """One line: (x, y) in ascending x. Told apart by hue and by dash."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """label and unit name it; minimum and maximum, where not given, are the values' own."""

    label: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    logarithmic: bool = False

    @property
    def title(self) -> str:
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of stacked parts: (series name, value), each value >= 0."""

    label: str
    parts: tuple[tuple[str, float], ...]


def line_chart(series: Sequence[Series], x: Axis, y: Axis, title: str = "") -> str:
    """Lines with a marker at every point, ticks, axis titles and a legend."""
    xs = [p[0] for s in series for p in s.points]
    ys = [p[1] for s in series for p in s.points]
    if not xs:
        return _frame(title, [], [])
    across, up = _scale(x, xs, LEFT, WIDTH - RIGHT), _scale(y, ys, HEIGHT - BOTTOM, TOP)
    body = _axes(x, y, across, up)
    for i, s in enumerate(series):
        places = [(across.place(a), up.place(b)) for a, b in s.points]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        body.append(
            f'<polyline points="{line}" fill="none" stroke="{_hue(i)}" stroke-width="2" stroke-dasharray="{DASHES[i % 10]}"/>'
        )
        body += [
            f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{_hue(i)}"><title>{escape(s.name)}: '
            f"{_number(p[0])}, {_number(p[1])}</title></circle>"
            for (a, b), p in zip(places, s.points, strict=True)
        ]
    return _frame(title, body, [s.name for s in series])


def bar_chart(bars: Sequence[Bar], value: Axis, title: str = "") -> str:
    """Horizontal bars, one under another; parts of a bar stand end to end, and its sum at its end."""
    names = list(dict.fromkeys(name for bar in bars for name, _ in bar.parts))
    totals = [sum(v for _, v in bar.parts) for bar in bars]
    left, step = 150, 30
    height = TOP + step * len(bars) + BOTTOM
    axis = Axis(value.label, value.unit, value.minimum or 0.0, value.maximum, value.logarithmic)
    across = _scale(axis, [*totals, 0.0], left, WIDTH - 70)
    body = [
        f'<line x1="{across.place(t):.1f}" x2="{across.place(t):.1f}" y1="{TOP}" y2="{height - BOTTOM}" {_GRID}/>'
        f'<text x="{across.place(t):.1f}" y="{height - BOTTOM + 18}" text-anchor="middle" {_QUIET}>{_number(t)}</text>'
        for t in across.ticks
    ]
    for row, (bar, total) in enumerate(zip(bars, totals, strict=True)):
        y, done = TOP + row * step + 5, 0.0
        body.append(f'<text x="{left - 8}" y="{y + 15}" text-anchor="end" {_INK}>{escape(bar.label)}</text>')
        for name, v in bar.parts:
            a, b = across.place(done), across.place(done + v)
            body.append(
                f'<rect x="{a:.1f}" y="{y}" width="{max(0.0, b - a):.1f}" height="20" rx="2" '
                f'fill="{_hue(names.index(name))}"><title>{escape(bar.label)}, {escape(name)}: {_number(v)}</title></rect>'
            )
            done += v
        body.append(f'<text x="{across.place(total) + 6:.1f}" y="{y + 15}" {_INK}>{_number(total)}</text>')
    middle = (left + WIDTH - 70) / 2
    body.append(
        f'<text x="{middle}" y="{height - BOTTOM + 38}" text-anchor="middle" {_INK}>{escape(value.title)}</text>'
    )
    return _frame(title, body, names if len(names) > 1 else [], height, dashed=False)


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float
    logarithmic: bool
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        low, high, v = self.low, self.high, value
        if self.logarithmic:
            low, high, v = math.log10(low), math.log10(high), math.log10(max(value, self.low))
        return self.start + (v - low) / (high - low) * (self.end - self.start)


def _scale(axis: Axis, values: Sequence[float], start: float, end: float) -> _Scale:
    low = min(values) if axis.minimum is None else axis.minimum
    high = max(values) if axis.maximum is None else axis.maximum
    if axis.logarithmic:
        low = 10 ** math.floor(math.log10(max(low, 1e-12)))
        high = 10 ** math.ceil(math.log10(max(high, low * 10)))
        powers = range(round(math.log10(low)), round(math.log10(high)) + 1)
        return _Scale(low, high, start, end, True, tuple(10.0**p for p in powers))
    if high <= low:
        high = low + 1
    step = _nice((high - low) / 5)
    low = low if axis.minimum is not None else math.floor(low / step) * step
    high = high if axis.maximum is not None else math.ceil(high / step - 1e-9) * step
    first = math.ceil(low / step - 1e-9)
    ticks = tuple(round(i * step, 10) for i in range(first, math.floor(high / step + 1e-9) + 1))
    return _Scale(low, high, start, end, False, ticks)


def _nice(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(step))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= step - 1e-12)


_FONT = 'font-size="12" font-family="system-ui, sans-serif"'
_INK = f'fill="var(--ink, #202622)" {_FONT}'
_QUIET = f'fill="var(--quiet, #5b645e)" {_FONT}'
_GRID = 'stroke="var(--rule, #e4dfd4)" stroke-width="1"'


def _axes(x: Axis, y: Axis, across: _Scale, up: _Scale) -> list[str]:
    base, middle = HEIGHT - BOTTOM, (TOP + HEIGHT - BOTTOM) / 2
    rows = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up.place(t):.1f}" y2="{up.place(t):.1f}" {_GRID}/>'
        f'<text x="{LEFT - 8}" y="{up.place(t) + 4:.1f}" text-anchor="end" {_QUIET}>{_number(t)}</text>'
        for t in up.ticks
    ]
    columns = [
        f'<text x="{across.place(t):.1f}" y="{base + 18}" text-anchor="middle" {_QUIET}>{_number(t)}</text>'
        for t in across.ticks
    ]
    titles = [
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{base + 38}" text-anchor="middle" {_INK}>{escape(x.title)}</text>',
        f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})" {_INK}>{escape(y.title)}</text>',
    ]
    return rows + columns + titles


def _frame(title: str, body: Sequence[str], names: Sequence[str], height: int = HEIGHT, dashed: bool = True) -> str:
    """The svg element, with the legend under the chart, as many names a line as fit; dashes as the lines have them."""
    rows, x, y = [], 0.0, height + 6
    for i, name in enumerate(names):
        width = 34 + sum(12.5 if ord(c) > 0x2E80 else 6.8 for c in name)
        if x + width > WIDTH and x:
            x, y = 0.0, y + 20
        rows.append(
            f'<line x1="{x + 4}" x2="{x + 24}" y1="{y}" y2="{y}" stroke="{_hue(i)}" stroke-width="4" '
            f'stroke-dasharray="{DASHES[i % 10] if dashed else ""}"/><text x="{x + 30}" y="{y + 4}" {_INK}>{escape(name)}</text>'
        )
        x += width + 12
    full = y + 14 if names else height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {full}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(body)}{"".join(rows)}</svg>'
    )


def _hue(i: int) -> str:
    return f"var(--z{i % 10}, {HUES[i % 10]})"


def _number(value: float) -> str:
    if value and (abs(value) >= 10000 or abs(value) < 0.001):
        return f"{value:.0e}".replace("e+0", "e").replace("e-0", "e-")
    return f"{value:.3f}".rstrip("0").rstrip(".")
