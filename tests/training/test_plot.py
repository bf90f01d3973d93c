"""The picture of a run: losses and shares on axes of their own, one under the other."""

from xml.etree import ElementTree

from training.plot import history_plot


def test_losses_and_shares_have_a_chart_each():
    history = [
        {"step": 0, "recall@5": 0.25},
        {"step": 10, "nll": 3.5, "recall@5": 0.5},
        {"step": 20, "nll": 2.0, "recall@5": 0.75},
    ]
    root = ElementTree.fromstring(history_plot(history, "dpr"))
    charts = [child for child in root if child.tag.endswith("svg")]
    tops = [float(chart.get("y")) for chart in charts]
    assert len(charts) == 2 and tops[0] == 0 and tops[1] >= float(charts[0].get("height"))
    points = [len(list(chart.iter("{http://www.w3.org/2000/svg}circle"))) for chart in charts]
    assert points == [2, 3]


def test_a_run_without_dev_questions_has_one_chart():
    root = ElementTree.fromstring(history_plot([{"step": 10, "nll": 3.5}], "generator"))
    assert len([child for child in root if child.tag.endswith("svg")]) == 1
