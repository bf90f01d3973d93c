"""The Resources tab's HTML, by value."""

import re
from dataclasses import replace

import pytest

from rag_demo.planner import Setting
from rag_demo.planner.calibration import read_calibration
from rag_demo.planner.compute import DEVICES
from rag_demo.planner.indexing import fit
from rag_demo.planner.known import known_points
from rag_demo.planner.memory import GIB, memory_of
from rag_demo.render_resources import Ask, indexed, known, planned, problem
from rag_demo.ui.i18n import words

ASK = Ask(Setting(chunk=8), DEVICES["2080 Ti"], 120_000)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_table_holds_every_term_and_the_total(language):
    text, memory = words(language), memory_of(ASK.setting)
    html = planned(ASK, text)
    for name, size in memory.terms().items():
        assert f"{text[f'res_{name}']}</th><td>{size / GIB:.3f} GiB" in html
    assert f"{memory.total / GIB:.3f} GiB" in html and html.count("<svg") == 2
    assert 'class="res-verdict fits"' in html


def test_what_does_not_fit_names_its_flag():
    html = planned(replace(ASK, setting=Setting("bert-bart")), words("en"))
    assert 'class="res-verdict short"' in html and re.search(r"--chunk \d+ brings it to", html)
    nothing = Ask(Setting("bert-bart", length=4096, batch=1), replace(DEVICES["2080 Ti"], memory=GIB), 1)
    assert "even one question" in planned(nothing, words("en"))


@pytest.mark.parametrize(("language", "place"), [("zh", 0), ("en", 1)])
def test_indexes_and_known_points(language, place):
    calibration = read_calibration()
    model, text = fit(calibration.indexes), words(language)
    html = indexed(ASK, calibration, model, text)
    assert html.count("<tr>") == 1 + 2 + 6 and "GiB" in html
    points = known_points(model)
    html = known(points, calibration, text, place)
    assert html.count("<tr>") == 1 + 6
    assert all(f"{p.difference:+.0%}" in html for p in points)
    assert bool(re.search(r"[\u4e00-\u9fff]", html)) == (language == "zh"), "a word of the other language"


def test_markup_is_escaped():
    assert problem("<b>&") == '<p class="res-verdict short" role="alert">&lt;b&gt;&amp;</p>'
