"""The charts hold the values they were given, where the axes say."""

import re
from xml.etree import ElementTree

import pytest

from rag_demo.charts import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Bar, Series, bar_chart, line_chart


def test_points_stand_where_the_axis_puts_them():
    svg = line_chart([Series("a", ((0, 0.0), (10, 1.0)))], Axis("k", minimum=0, maximum=10), Axis("recall", "", 0, 1))
    circles = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert (float(circles[0][0]), float(circles[1][0])) == (LEFT, WIDTH - RIGHT)
    assert float(circles[1][1]) == TOP and float(circles[0][1]) < HEIGHT


def test_logarithmic_axis_places_powers_of_ten_evenly():
    svg = line_chart([Series("a", ((1, 1), (10, 1), (100, 2)))], Axis("n", logarithmic=True), Axis("s"))
    a, b, c = (float(x) for x in re.findall(r'<circle cx="([\d.]+)"', svg))
    assert b - a == pytest.approx(c - b, abs=0.11)


def test_stacked_bars_end_where_their_sum_does():
    svg = bar_chart([Bar("one", (("x", 1.0), ("y", 3.0)))], Axis("GB", maximum=4))
    rects = [(float(x), float(w)) for x, w in re.findall(r'<rect x="([\d.]+)" y="\d+" width="([\d.]+)"', svg)]
    assert rects[0][0] + rects[0][1] == pytest.approx(rects[1][0], abs=0.11)
    assert rects[1][1] == pytest.approx(3 * rects[0][1], rel=0.01)


@pytest.mark.parametrize("series", [[], [Series("flat", ((1, 2.0),))], [Series("<b>", ((0, 0), (1, 1)))]])
def test_is_well_formed_and_escaped(series):
    svg = line_chart(series, Axis("<x>"), Axis("y & z"), title='"<i>')
    ElementTree.fromstring(svg)
    assert "<b>" not in svg and "<i>" not in svg
