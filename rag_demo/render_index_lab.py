"""LabReport -> escaped HTML: how far it is, what each index finds for this question, and the measured table."""

from collections.abc import Mapping, Sequence
from html import escape

from rag_demo.charts import Axis, Series, line_chart
from rag_demo.found import LAB_KS, IndexKind, LabReport, LabRow, LabStage

Words = Mapping[str, str]
FLAT_WINS = 5_000  # passages up to which the scan costs about a millisecond and nothing else is worth its price


def lab(report: LabReport | None, words: Words) -> str:
    """Nothing before the first run; then whatever is known so far."""
    if report is None:
        return ""
    parts = [_progress(report, words)]
    if any(row.built for row in report.rows):
        parts += [_this_question(report, words), _whole_set(report, words)]
    return f'<div class="lab">{"".join(parts)}</div>'


def _progress(report: LabReport, words: Words) -> str:
    if report.cancelled:
        return f'<p class="lab-stage" role="status">{escape(words["lab_cancelled"])}</p>'
    if report.stage is LabStage.DONE:
        return ""
    at_work = f" {words[f'lab_short_{report.kind}']}" if report.kind else ""
    stage = words[f"lab_{report.stage}"] + at_work
    return (
        f'<p class="lab-stage" role="status">{escape(stage)} <span>{report.done:,} / {report.total:,}</span></p>'
        f'<progress class="lab-bar" max="{max(1, report.total)}" value="{report.done}" '
        f'aria-label="{escape(words["lab_progress"])}"></progress>'
    )


def _this_question(report: LabReport, words: Words) -> str:
    """Rows: Flat's first ten. Columns: the other kinds, as far as they are built."""
    flat, *others = [row for row in report.rows if row.built]
    head = "".join(f'<th scope="col">{escape(words[f"lab_short_{row.kind}"])}</th>' for row in others)
    body = "".join(
        f'<tr><th scope="row"><span class="rank">{rank}</span>{_title(position, report, words)}</th>'
        + "".join(_rank_cell(position, rank, row) for row in others)
        + "</tr>"
        for rank, position in enumerate(flat.top, 1)
    )
    found = "".join(f"<td>{len(set(row.top) & set(flat.top))} / {len(flat.top)}</td>" for row in others)
    instead = "".join(f"<td>{_instead(row, flat, report, words)}</td>" for row in others)
    return (
        f"<h3>{escape(words['lab_question'])}</h3>"
        f'<p class="quiet-line">{escape(report.question)}</p>'
        f'<p class="quiet-line">{escape(words["lab_question_how"])}</p>'
        + _scrolling(
            words["lab_question"],
            f'<table class="lab-question"><thead><tr><th scope="col">{escape(words["lab_flat_best"])}</th>{head}</tr></thead>'
            f'<tbody>{body}<tr class="sum"><th scope="row">{escape(words["lab_found"])}</th>{found}</tr>'
            f'<tr class="instead"><th scope="row">{escape(words["lab_instead"])}</th>{instead}</tr></tbody></table>',
        )
    )


def _rank_cell(position: int, rank: int, row: LabRow) -> str:
    if position not in row.top:
        return '<td class="missed">—</td>'
    place = row.top.index(position) + 1
    return f"<td>{place}</td>" if place == rank else f'<td class="moved">{place}</td>'


def _instead(row: LabRow, flat: LabRow, report: LabReport, words: Words) -> str:
    strangers = [(rank, position) for rank, position in enumerate(row.top, 1) if position not in flat.top]
    items = "".join(f"<li>{rank}. {_title(position, report, words)}</li>" for rank, position in strangers)
    return f"<ul>{items}</ul>" if items else "—"


def _title(position: int, report: LabReport, words: Words) -> str:
    copy = "" if position < report.real else f" ({words['lab_copy']})"
    return escape(report.titles.get(position, "") + copy)


def _whole_set(report: LabReport, words: Words) -> str:
    """Table and chart over the dev questions, with the line that keeps them honest."""
    copies = report.count > report.real
    small = report.count <= FLAT_WINS
    line = words["lab_honest_copies" if copies else "lab_honest_real" if small else "lab_honest_many"].format(
        count=f"{report.count:,}", real=f"{report.real:,}", copies=f"{report.count - report.real:,}"
    )
    notes = words["lab_one_thread"].format(timed=min(100, report.questions))
    heading = words["lab_dev"].format(count=f"{report.questions:,}")
    return (
        f'<h3>{escape(heading)}</h3><p class="honest">{escape(line)}</p>'
        f'<div class="lab-measured">{_table(report, words)}{_chart(report.rows, words)}</div>'
        f'<p class="quiet-line">{escape(notes)}</p>'
    )


def _table(report: LabReport, words: Words) -> str:
    labels = [words["lab_index"], *(f"@{k}" for k in LAB_KS)]
    labels += [words[key] for key in ("lab_milliseconds", "lab_size", "lab_seconds")]
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label in labels)
    body = "".join(_row(row, words) for row in report.rows)
    caption = f"<caption>{escape(words['lab_recall'])}</caption>"
    table = f'<table class="lab-table">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return _scrolling(words["lab_recall"], table)


def _row(row: LabRow, words: Words) -> str:
    name = f'<th scope="row">{escape(words[f"lab_kind_{row.kind}"])}<span class="factory">{escape(row.factory)}</span></th>'
    if row.needs:
        need = words["lab_too_few"].format(count=row.needs)
        return f'<tr>{name}<td colspan="{len(LAB_KS) + 3}" class="missed">{escape(need)}</td></tr>'
    recall = [f"{value:.3f}" for value in row.recall] + ["—"] * (len(LAB_KS) - len(row.recall))
    milliseconds = "—" if row.milliseconds is None else f"{row.milliseconds:.3f}"
    built = (f"{row.size / 1e6:.2f}", f"{row.build_seconds:.2f}") if row.built else ("—", "—")
    return f"<tr>{name}{''.join(f'<td>{value}</td>' for value in (*recall, milliseconds, *built))}</tr>"


def _chart(rows: Sequence[LabRow], words: Words) -> str:
    measured = [row for row in rows if row.recall]
    if len(measured) < 2:
        return ""
    series = [
        Series(words[f"lab_short_{row.kind}"], tuple(zip(map(float, LAB_KS), row.recall, strict=False)))
        for row in measured
        if row.kind is not IndexKind.FLAT
    ]
    low = min(value for row in measured for value in row.recall)
    x = Axis(words["lab_k"], minimum=0, maximum=LAB_KS[-1])
    y = Axis(words["lab_share"], minimum=max(0.0, int(low * 10 - 1) / 10), maximum=1.0)
    chart = line_chart(series, x, y, words["lab_recall"])
    return f'<figure class="lab-chart">{_scrolling(words["lab_share"], chart)}</figure>'


def _scrolling(label: str, content: str) -> str:
    return f'<div class="scrolling" role="region" tabindex="0" aria-label="{escape(label)}">{content}</div>'
