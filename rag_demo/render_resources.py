"""The planner's numbers -> escaped HTML. Pure functions of values; the caller gives the words of its language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from rag_demo.charts import Axis, Bar, Series, bar_chart, line_chart
from rag_demo.planner import Setting, Stage, advice, plan
from rag_demo.planner.calibration import Calibration
from rag_demo.planner.compute import ACHIEVED, Device, achieved, tower_flops
from rag_demo.planner.indexing import IndexModel, Kind
from rag_demo.planner.known import KnownPoint
from rag_demo.planner.memory import GIB, Memory, memory_of
from rag_demo.planner.shapes import preset_of

Words = Mapping[str, str]
CURVE = (8, 16, 32, 64, 128, 256, 512, 1024)


@dataclass(frozen=True, slots=True)
class Ask:
    """What the page's controls say."""

    setting: Setting
    device: Device
    passages: int


def problem(text: str) -> str:
    return f'<p class="res-verdict short" role="alert">{escape(text)}</p>'


def planned(ask: Ask, words: Words) -> str:
    """The verdict, the bars, the terms and the curve."""
    memory = memory_of(ask.setting)
    chart = f"<figure>{_bars(ask.setting, memory, words)}</figure><figure>{_curve(ask.setting, words)}</figure>"
    return f'{_verdict(ask, words)}<div class="res-charts">{chart}</div>{_terms(memory, words)}'


def indexed(ask: Ask, calibration: Calibration, model: IndexModel, words: Words) -> str:
    """Encoding and building time, and size, of every kind of index."""
    tower = preset_of(ask.setting.preset).tower
    work = tower_flops(tower, ask.passages, ask.setting.length)
    on_card = achieved(ask.device, ask.setting.precision)
    rows = [
        (words["res_encode_core"], _time(work / calibration.encoding.flops_per_second, words), ""),
        (words["res_encode_card"].format(device=ask.device.name), _time(work / on_card, words), ""),
    ]
    for kind in Kind:
        made = model.plan(kind, ask.passages, tower.hidden)
        rows.append((words[f"res_{kind}"], _time(made.seconds, words), f"{_round(made.bytes / GIB)} GiB"))
    heads = (words["res_kind"], words["res_time"], words["res_size"])
    conditions = "; ".join(calibration.conditions[name] for name in ("processor", "versions"))
    note = f'<p class="res-note">{escape(words["res_conditions"] + conditions)}</p>'
    return _section(words["res_index"], _table(words["res_index"], heads, rows) + note)


def known(points: Sequence[KnownPoint], calibration: Calibration, words: Words, language: int) -> str:
    """language: 0 Chinese, 1 English, the place of a sentence in a point's pairs."""
    rows = []
    for point in points:
        other = "" if point.other is None else words["res_otherwise"].format(value=f"{point.other:.1f} {point.unit}")
        why = " · ".join(part for part in (point.reading[language], other, point.why[language]) if part)
        reported, predicted = f"{point.reported:g} {point.unit}", f"{point.predicted:.1f} {point.unit}"
        rows.append((point.name[language], reported, predicted, f"{point.difference:+.0%}", why))
    names = ("case", "reported", "predicted", "difference", "why")
    heads = tuple(words[f"res_{name}"] for name in names)
    counted = "".join(f'<p class="res-note">{escape(_counted(count, words))}</p>' for count in calibration.counted)
    lead = f'<p class="res-note">{escape(words["res_known_lead"])}</p>'
    return _section(words["res_known"], lead + _table(words["res_known"], heads, rows, "res-known") + counted)


def _counted(count, words: Words) -> str:
    return words["res_counted"].format(
        preset=count.preset, batch=count.batch, length=count.length, chunk=count.chunk, peak=_round(count.peak / GIB)
    )


def _verdict(ask: Ask, words: Words) -> str:
    limit = int(ask.device.memory)
    found, tip = plan(ask.setting, achieved(ask.device, ask.setting.precision)), advice(ask.setting, limit)
    values = dict(total=_round(found.memory.total / GIB), device=ask.device.name, limit=_round(limit / GIB))
    if tip is None:
        sentence = words["res_fits"].format(**values)
    else:
        key = "res_advice" if tip.flags else "res_hopeless"
        sentence = words[key].format(**values, flags=tip.flags, after=_round(tip.after / GIB))
    share = f"{ACHIEVED[ask.setting.precision]:.0%}"
    hours = words["res_hours"].format(hours=_round(found.hours), flops=f"{found.flops:.2g}", share=share)
    kind = "fits" if tip is None else "short"
    return f'<p class="res-verdict {kind}" role="status">{escape(sentence)}</p><p class="res-note">{escape(hours)}</p>'


def _bars(setting: Setting, memory: Memory, words: Words) -> str:
    bars = [(words["res_this"], memory)]
    if setting.chunk:
        bars.append((words["res_whole"], memory_of(replace(setting, chunk=0))))
    shown = [
        Bar(label, tuple((words[f"res_{name}"], size / GIB) for name, size in each.terms().items()))
        for label, each in bars
    ]
    return bar_chart(shown, Axis(words["res_gib"], "GiB"), words["res_memory"])


def _curve(setting: Setting, words: Words) -> str:
    """Memory over the batch, the whole batch at once and in chunks."""
    chunk = setting.chunk or 8
    lines = [(words["res_whole"], 0), (words["res_curve_chunk"].format(chunk=chunk), chunk)]
    batches = [batch for batch in CURVE if batch >= setting.cards]
    series = [
        Series(
            name,
            tuple((b, memory_of(replace(setting, batch=b, chunk=size)).total / GIB) for b in batches),
        )
        for name, size in lines
    ]
    across = Axis(words["res_axis_batch"], words["res_unit_questions"], minimum=0)
    return line_chart(series, across, Axis(words["res_gib"], "GiB", logarithmic=True), words["res_curve"])


def _terms(memory: Memory, words: Words) -> str:
    rows = [
        (words[f"res_{name}"], f"{size / GIB:.3f} GiB", words[f"res_{name}_what"])
        for name, size in memory.terms().items()
    ]
    rows.append((words["res_total"], f"{memory.total / GIB:.3f} GiB", ""))
    heads = (words["res_term"], words["res_gib"], words["res_what"])
    return _section(words["res_memory"], _table(words["res_memory"], heads, rows))


def _section(title: str, body: str) -> str:
    return f'<section class="res"><h2>{escape(title)}</h2>{body}</section>'


def _table(label: str, heads: Sequence[str], rows: Sequence[Sequence[str]], extra: str = "") -> str:
    """The first column heads its row; a wide table scrolls in its own container."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in rest) + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="res-scroll {extra}" tabindex="0" role="region" aria-label="{escape(label)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _time(seconds: float, words: Words) -> str:
    if seconds >= 3600:
        return f"{_round(seconds / 3600)} {words['res_hour']}"
    return (
        f"{_round(seconds / 60)} {words['res_minute']}" if seconds >= 60 else f"{_round(seconds)} {words['res_second']}"
    )


def _round(value: float) -> str:
    """Two or three digits are all that such a plan deserves."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def stage_choices(words: Words) -> list[tuple[str, str]]:
    return [(words[f"res_stage_{stage}"], stage.value) for stage in Stage]
