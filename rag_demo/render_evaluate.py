"""Measured results -> escaped HTML: a section a question that one asks of a model, each with chart, table and meaning."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from rag_demo.charts import Axis, Bar, Series, bar_chart, line_chart
from rag_demo.render_evaluate_parts import captioned, note, problem, section, share, table
from rag_demo.render_speed import speeds
from rag_demo.results import Abstention, Damage, Group, Measured, Ranker, Results, Shares

Words = Mapping[str, str]
OURS = ("grounded", "free")
WAYS = {
    "grounded": "eva_grounded",
    "free": "eva_free",
    "first clause of the top passage": "eva_first_clause",
    "first clauses of the top passage": "eva_first_clauses",
    "best BM25 clause of the top passages": "eva_best_clause",
    "best BM25 clauses of the top passages": "eva_best_clauses",
}
ZERO_SHOT = "zero-shot multilingual-e5-small"


def measured(results: Results, words: Words, unseen: bool, quality: str) -> str:
    """Everything the files hold; sections without a figure are left out."""
    models, faults = results.models, "".join(damage_sentence(each, words) for each in results.damaged)
    sections = (
        _recall(models, words, unseen),
        _quality(models, words, quality),
        _abstention(results.abstentions, words),
        _time(models, words),
        _groups(models, words),
        speeds(results.speeds, words) if results.speeds else "",
    )
    return faults + ("".join(sections) or note(words["eva_none"]))


def damage_sentence(damage: Damage, words: Words) -> str:
    place = words["eva_damaged_at"].format(where=damage.where) if damage.where else ""
    sentence = words["eva_damaged"].format(file=damage.file, place=place, wants=words[f"eva_wants_{damage.wants}"])
    return problem(sentence)


def recall_chart(lines: Sequence[tuple[str, Shares]], title: str, words: Words) -> str:
    """Recall over k, k on a logarithmic axis."""
    series = [Series(name, tuple((float(k), share) for k, share in shares)) for name, shares in lines]
    across = Axis(words["eva_axis_k"], words["eva_unit_passages"], minimum=1, logarithmic=True)
    return line_chart(series, across, Axis(words["eva_axis_recall"], words["eva_unit_share"], 0, 1), title)


def ranker_name(name: str, words: Words) -> str:
    """The words of a retriever; another model's name stands as the file has it."""
    return words["eva_zero_shot"] if name == ZERO_SHOT else words.get(name, name)


def _recall(models: Sequence[Measured], words: Words, unseen: bool) -> str:
    listed = [(model, [(r, r.unseen if unseen else r.curve) for r in model.rankers]) for model in models]
    listed = [(model, [(r, shares) for r, shares in found if shares]) for model, found in listed]
    listed = [(model, found) for model, found in listed if found]
    if not listed:
        return ""
    cuts = sorted({k for _, found in listed for _, shares in found for k, _ in shares})
    rows, figures = [], []
    for model, found in listed:
        lines = [(ranker_name(r.name, words), shares) for r, shares in found]
        figures.append(_figure(recall_chart(lines, f"{words['eva_recall']}: {model.checkpoint}", words), model, words))
        for (name, shares), (ranker, _) in zip(lines, found, strict=True):
            at, mrr = dict(shares), ranker.unseen_mrr if unseen else ranker.mrr
            rows.append([_of(name, model, models), *(share(at.get(k)) for k in cuts), share(mrr)])
    heads = [words["eva_retriever"], *(f"@{k}" for k in cuts), "MRR@10"]
    lead = note(words["eva_recall_unseen" if unseen else "eva_recall_all"] + _best_recall(listed, words))
    return section(words["eva_recall"], lead, figures, table(words["eva_recall"], heads, rows))


def _best_recall(listed: Sequence[tuple[Measured, list[tuple[Ranker, Shares]]]], words: Words) -> str:
    """Which retriever of which model finds most within five."""
    at = [
        (dict(shares)[5], ranker.name, model.checkpoint)
        for model, found in listed
        for ranker, shares in found
        if 5 in dict(shares)
    ]
    if not at:
        return ""
    share, name, model = max(at)
    return words["eva_recall_best"].format(name=ranker_name(name, words), model=model, share=f"{share:.1%}")


def _quality(models: Sequence[Measured], words: Words, quality: str) -> str:
    listed = [(m, {way: found for way, found in m.answers.items() if quality in found}) for m in models]
    listed = [(model, ways) for model, ways in listed if ways]
    if not listed:
        return ""
    rows, figures = [], []
    longest = max(found[quality] for _, ways in listed for found in ways.values()) or 1.0
    for model, ways in listed:
        bars = [Bar(_way(way, words), ((_whose(way, words), found[quality]),)) for way, found in ways.items()]
        axis = Axis(_measure(quality, words), words["eva_unit_of_one"], 0, longest * 1.05)
        figures.append(
            _figure(bar_chart(bars, axis, f"{words['eva_quality']}: {model.checkpoint}"), model, words, model.answered)
        )
    measures = list(dict.fromkeys(name for m, _ in listed for found in m.answers.values() for name in found))
    for model, _ in listed:
        rows += [
            [_of(_way(way, words), model, models), *(share(found.get(name)) for name in measures)]
            for way, found in model.answers.items()
        ]
    heads = [words["eva_way"], *(_measure(name, words) for name in measures)]
    lead = note(words["eva_quality_means"] + _best_way(listed, quality, words))
    return section(words["eva_quality"], lead, figures, table(words["eva_quality"], heads, rows))


def _best_way(listed: Sequence[tuple[Measured, dict]], quality: str, words: Words) -> str:
    value, way, model = max((found[quality], way, m.checkpoint) for m, ways in listed for way, found in ways.items())
    values = dict(way=_way(way, words), model=model, measure=_measure(quality, words), value=f"{value:.3f}")
    return words["eva_quality_best"].format(**values)


def _abstention(found: Sequence[Abstention], words: Words) -> str:
    drawn = [each for each in found if each.cuts]
    if not drawn:
        return ""
    lead = words["eva_abstention_means"] + "".join(_set_at(each, words) for each in drawn if each.set_at)
    rows = [
        [_of(f"{cut.threshold:.3f}", each, drawn), share(cut.answered), share(cut.right), share(cut.kept)]
        for each in drawn
        for cut in each.cuts[:: max(1, len(each.cuts) // 10)]
    ]
    heads = [words["eva_threshold"], words["eva_coverage"], words["eva_right"], words["eva_kept"]]
    body = table(words["eva_abstention"], heads, rows)
    return section(words["eva_abstention"], note(lead), [_coverage(each, words) for each in drawn], body)


def _set_at(found: Abstention, words: Words) -> str:
    shares = {name: f"{getattr(found.set_at, name):.1%}" for name in ("answered", "right", "kept")}
    return words["eva_abstention_set"].format(model=found.checkpoint, **shares)


def _coverage(found: Abstention, words: Words) -> str:
    """Accuracy over coverage, and where the shipped rule stands."""
    lines = [
        Series(words["eva_right"], tuple((cut.answered, cut.right) for cut in found.cuts)),
        Series(words["eva_kept"], tuple((cut.answered, cut.kept) for cut in found.cuts)),
    ]
    if found.set_at:
        at = found.set_at
        lines.append(Series(words["eva_set_at"], ((at.answered, 0.0), (at.answered, at.right))))
    up = Axis(words["eva_axis_share"], words["eva_unit_of_one"], 0, 1)
    across = Axis(words["eva_coverage"], words["eva_unit_share"], 0, 1)
    caption = [found.checkpoint]
    if found.questions:
        caption.append(words["eva_count_questions"].format(n=f"{found.questions:,}"))
    return captioned(line_chart(lines, across, up, f"{words['eva_abstention']}: {found.checkpoint}"), caption)


def _time(models: Sequence[Measured], words: Words) -> str:
    rows, figures = [], []
    for model in models:
        bars = [(ranker_name(r.name, words), r.seconds, r.parameters) for r in model.rankers if r.seconds is not None]
        if model.seconds_a_token is not None:
            bars.append((words["eva_token"], model.seconds_a_token, model.parameters))
        if not bars:
            continue
        shown = [Bar(name, ((words["eva_time"], seconds * 1000),)) for name, seconds, _ in bars]
        axis = Axis(words["eva_time"], words["eva_unit_ms"])
        figures.append(_figure(bar_chart(shown, axis, f"{words['eva_time']}: {model.checkpoint}"), model, words))
        rows += [
            [_of(name, model, models), f"{seconds * 1000:.1f}", "–" if size is None else f"{size / 1e6:.1f} M"]
            for name, seconds, size in bars
        ]
    if not rows:
        return ""
    heads = [words["eva_step"], f"{words['eva_time']} ({words['eva_unit_ms']})", words["eva_parameters"]]
    return section(words["eva_time"], note(words["eva_time_means"]), figures, table(words["eva_time"], heads, rows))


def _groups(models: Sequence[Measured], words: Words) -> str:
    """recall@5 by register and by department: tables, since thirty departments make no chart."""
    body = "".join(
        f"<details><summary>{escape(f'{words[title]} · {model.checkpoint}')}</summary>{_grouped(found, words, title)}</details>"
        for title in ("eva_register", "eva_department")
        for model in models
        for found in [[r for r in model.rankers if getattr(r, _FIELDS[title])]]
        if found
    )
    return (
        f'<section class="eva"><h2>{escape(words["eva_groups"])}</h2>{note(words["eva_groups_mean"])}{body}</section>'
        * bool(body)
    )


_FIELDS = {"eva_register": "registers", "eva_department": "departments"}


def _grouped(rankers: Sequence[Ranker], words: Words, title: str) -> str:
    groups: list[tuple[Group, ...]] = [getattr(ranker, _FIELDS[title]) for ranker in rankers]
    at = [{group.name: group.recall_at_5 for group in column} for column in groups]
    rows = [
        [
            words.get(f"eva_register_{g.name}", g.name),
            f"{g.questions:,}",
            *(share(column.get(g.name)) for column in at),
        ]
        for g in sorted(groups[0], key=lambda group: -group.questions)
    ]
    heads = [words[title], words["eva_questions"], *(ranker_name(ranker.name, words) for ranker in rankers)]
    return table(words[title], heads, rows)


def _of(name: str, model: Measured | Abstention, models: Sequence[Measured | Abstention]) -> str:
    """A row's name, with the model's where there are several."""
    return f"{name} · {model.checkpoint}" if len(models) > 1 else name


def _way(way: str, words: Words) -> str:
    return words[WAYS[way]] if way in WAYS else way


def _whose(way: str, words: Words) -> str:
    return words["eva_with_generator" if way in OURS else "eva_without_generator"]


def _measure(quality: str, words: Words) -> str:
    return words["eva_f1"] if quality == "character F1" else quality


def _figure(chart: str, model: Measured, words: Words, questions: int | None = None) -> str:
    return captioned(chart, list(_described(model, words, questions)))


def _described(model: Measured, words: Words, questions: int | None) -> Iterator[str]:
    yield model.checkpoint
    if model.parameters:
        yield f"{model.parameters / 1e6:.1f} M {words['eva_parameters']}"
    if model.passages:
        yield words["eva_count_passages"].format(n=f"{model.passages:,}")
    if questions or model.questions:
        yield words["eva_count_questions"].format(n=f"{questions or model.questions:,}")
