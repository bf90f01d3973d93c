"""The Retrieval tab's HTML by value: parts of scores, one hue a passage, nothing unescaped."""

from dataclasses import replace

import pytest

from rag_demo.found import Found, IndexKind, LabReport, LabRow, LabStage, SideBySide
from rag_demo.render_index_lab import lab
from rag_demo.render_retrieval import problem, shared_hues, three_lists
from rag_demo.types import Hit, Passage, RetrieverKind
from rag_demo.ui.i18n import Language, words
from tests.test_render import EVIL, Tags

DENSE, BM25, HYBRID = RetrieverKind
ZH, EN = words("zh"), words("en")


def found(id="p1", rank=1, ranks=(1, 2, 1), parts=(("黄疸", 2.5), ("吃奶", 0.5)), text="黄疸多吃奶。"):
    hit = Hit(Passage(id, "黄疸", text, "新生儿", ""), rank, 12.5, 0.75, 0.75)
    reciprocal = tuple(0.0 if place is None else 1 / (60 + place) for place in ranks[:2])
    total = sum(score for _, score in parts)
    return Found(
        hit, dict(zip(RetrieverKind, ranks, strict=True)), total, parts, reciprocal, ((0, 2),), ((0, 2), (3, 5))
    )


VIEW = SideBySide(
    "宝宝黄疸？", "base",
    {DENSE: (found(), found("p2", 2, (2, None, 3))), BM25: (found("p3", 1, (9, 1, 2)),), HYBRID: (found(), found("p3", 2))},
)  # fmt: skip


def test_each_list_shows_its_parts_and_the_ranks_elsewhere():
    html = three_lists(VIEW, EN)
    dense, lexical, hybrid = (html.split(f'data-list="{kind}"')[1].split("</section>")[0] for kind in RetrieverKind)
    assert "inner product <b>12.50</b>" in dense and "prior <b>0.750</b>" in dense
    assert "BM25 #2 · Hybrid #1" in dense and "BM25 beyond 100" in dense and "<mark>" not in dense
    assert "<b>3.00</b> = " in lexical and "黄疸 2.50" in lexical and "Dense #9" in lexical
    assert "<mark>黄疸</mark>多<mark>吃奶</mark>。" in lexical and "<td>0.50</td>" in lexical
    assert "<b>0.0325</b>" in hybrid and "1/(60+1)" in hybrid and "1/(60+2)" in hybrid


def test_a_rank_beyond_the_depth_adds_nothing_and_unmatched_says_so():
    one = found(ranks=(None, 4, 7), parts=())
    html = three_lists(replace(VIEW, lists={DENSE: (one,), BM25: (one,), HYBRID: (one,)}), ZH)
    assert f"<b>{1 / 64:.4f}</b> = " in html and '<span class="term">0</span>' in html and "没有词对上" in html


def test_long_sums_are_folded():
    parts = tuple((f"词{i}", 1.0) for i in range(9))
    html = three_lists(replace(VIEW, lists={kind: (found(parts=parts),) for kind in RetrieverKind}), EN)
    assert "5 more 5.00" in html and "<b>9.00</b>" in html and html.count('<th scope="row">词8</th>') == 2


def test_a_passage_has_one_hue_in_all_lists_and_loners_none():
    assert shared_hues(VIEW) == {"p1": 0, "p3": 1}
    html = three_lists(VIEW, ZH)
    assert html.count('class="hit z0" data-passage="p1"') == 2 and 'class="hit alone" data-passage="p2"' in html
    assert html.count('class="hit z1" data-passage="p3"') == 2


ROWS = (
    LabRow(IndexKind.FLAT, "Flat", 0, True, 0.001, 1_637_421, (1.0, 1.0, 1.0, 1.0), 0.2164, (4, 9)),
    LabRow(IndexKind.RABITQ, "RaBitQfs", 0, True, 0.03, 62_574, (0.6, 0.67, 0.69, 0.71), 0.1, (9, 1100)),
    LabRow(IndexKind.IVF_PQ, "IVF1,PQ8x4fs", 624),
)
REPORT = LabReport(
    "宝宝黄疸？", "base", 1500, 1066, 3, ROWS, {4: "黄疸", 9: "发热", 1100: "便秘"}, LabStage.DONE, None, 3, 3
)


def test_the_lab_shows_what_is_found_and_what_stands_instead():
    html = lab(REPORT, EN)
    assert '<td class="missed">—</td>' in html and '<td class="moved">1</td>' in html and "<td>1 / 2</td>" in html
    assert "<li>2. 便秘 (copy)</li>" in html
    assert "<td>0.690</td><td>0.710</td><td>0.100</td><td>0.06</td><td>0.03</td>" in html
    assert "needs at least 624 passages" in html and "1,066 real passages and 434 perturbed copies" in html
    assert "Passages k" in html and "Recall@k" in html and "<progress" not in html


def test_a_running_or_cancelled_lab_says_so():
    running = replace(REPORT, stage=LabStage.BUILD, kind=IndexKind.HNSW, done=2000, total=10_000, rows=())
    html = lab(running, EN)
    assert "Building HNSW32" in html and "2,000 / 10,000" in html and 'max="10000" value="2000"' in html
    assert "Cancelled." in lab(replace(running, cancelled=True), EN) and lab(None, EN) == ""


def test_at_real_size_flat_is_said_to_win():
    """And only there: a visitor's 30,000 passages are no place for that sentence."""
    assert "At 1,066 passages Flat wins" in lab(replace(REPORT, count=1066), EN)
    assert "Flat wins" not in lab(replace(REPORT, count=30_000, real=30_000), EN)


@pytest.mark.parametrize("language", list(Language))
def test_nothing_is_rendered_unescaped(language):
    text = words(language)
    one = found(EVIL, text=EVIL, parts=((EVIL, 1.0),))
    one = replace(one, hit=replace(one.hit, passage=Passage(EVIL, EVIL, EVIL, EVIL, EVIL)))
    view = SideBySide(EVIL, EVIL, {kind: (one,) for kind in RetrieverKind}, EVIL)
    evil = replace(REPORT, question=EVIL, titles={4: EVIL, 9: EVIL, 1100: EVIL})
    parsed = Tags(three_lists(view, text) + lab(evil, text) + problem(EVIL))
    assert not {tag for tag, _ in parsed.tags} & {"img", "script"} and EVIL in parsed.text
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
