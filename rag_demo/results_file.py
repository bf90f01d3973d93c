"""Reading assets/results/*.json: what training.evaluate and training.calibrate wrote, every figure checked.

A damaged file becomes a `Damage` beside the results of the others, not an exception: the page shows the rest."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rag_demo.results import (
    QUALITIES,
    Abstention,
    Cut,
    Damage,
    Group,
    Measured,
    Ranker,
    Results,
    Shares,
    Speed,
    Speeds,
    Wants,
)

CUTS = (1, 5, 20)


class _Damaged(Exception):
    def __init__(self, where: str, wants: Wants) -> None:
        self.where, self.wants = where, wants


def read_results(folder: str | Path) -> Results:
    """Every *.json of a folder, smallest model first; files of another kind are passed over."""
    models, abstentions, damaged, speeds = [], [], [], None
    for file in sorted(Path(folder).glob("*.json")):
        try:
            value = _json(file)
            if {"retrieval", "answers"} & value.keys():
                models.append(_measured(value, file.stem))
            elif {"curve", "statuses"} <= value.keys():
                abstentions.append(_abstention(value, file.stem))
            elif {"machine", "rows"} <= value.keys():
                speeds = _speeds(value)
        except _Damaged as fault:
            damaged.append(Damage(file.name, fault.where, fault.wants))
    models.sort(key=lambda model: model.parameters or 0)
    return Results(tuple(models), tuple(abstentions), tuple(damaged), speeds)


def _json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise _Damaged("", Wants.JSON) from None
    return _object({"": value}, "", "")


def _speeds(value: dict[str, Any]) -> Speeds:
    machine = _object(value, "machine", "")
    rows = value["rows"]
    if not isinstance(rows, list):
        raise _Damaged("rows", Wants.LIST)
    return Speeds(
        machine=_text(machine, "processor", "machine", "–"),
        threads=_count(machine, "threads", "machine") or 1,
        date=_text(machine, "date", "machine", "–"),
        rows=tuple(_speed(_object({str(i): row}, str(i), "rows"), f"rows.{i}") for i, row in enumerate(rows)),
    )


def _speed(row: dict[str, Any], where: str) -> Speed:
    ours = _number(row, "ours", where)
    if not ours:
        raise _Damaged(_place(where, "ours"), Wants.NUMBER)
    reached = row.get("reached")
    texts = {name: row.get(name, "") for name in ("what", "detail", "unit", "peer_name")}
    if wrong := [name for name, text in texts.items() if not isinstance(text, str)]:
        raise _Damaged(_place(where, wrong[0]), Wants.TEXT)
    return Speed(
        ours=ours,
        peer=_number(row, "peer", where),
        reach=_number(row, "reach", where),
        reached=reached if isinstance(reached, bool) else None,
        **texts,
    )


def _measured(value: dict[str, Any], stem: str) -> Measured:
    retrieval = _object(value, "retrieval", "")
    answers = _object(value, "answers", "")
    sizes = _object(value, "parameters", "")
    return Measured(
        checkpoint=_text(value, "checkpoint", "", stem),
        questions=_count(value, "questions", ""),
        passages=_count(value, "passages", ""),
        rankers=tuple(_ranker(name, _object(retrieval, name, "retrieval")) for name in retrieval),
        answers={
            name: {measure: _share(figures, measure, f"answers.{name}") for measure in QUALITIES if measure in figures}
            for name, figures in answers.items()
            if isinstance(figures, dict)
        },
        answered=_count(answers, "questions", "answers"),
        seconds_a_token=_number(answers, "seconds a token", "answers"),
        parameters=sum(_count(sizes, part, "parameters") or 0 for part in sizes) or None,
    )


def _ranker(name: str, value: dict[str, Any]) -> Ranker:
    where = f"retrieval.{name}"
    every, unseen = _object(value, "all", where), _object(value, "unseen passages", where)
    curve = _object(value, "curve", where)
    recalls = _recalls(every, f"{where}.all")
    listed = tuple(sorted((_cut(k, f"{where}.curve"), _share(curve, k, f"{where}.curve")) for k in curve))
    return Ranker(
        name=name,
        curve=listed or recalls,
        unseen=_recalls(unseen, f"{where}.unseen passages"),
        mrr=_optional(_share, every, "mrr@10", f"{where}.all"),
        unseen_mrr=_optional(_share, unseen, "mrr@10", f"{where}.unseen passages"),
        registers=_groups(value, "by register", where),
        departments=_groups(value, "by department", where),
        seconds=_number(value, "seconds a question", where),
        parameters=_count(value, "parameters", where),
    )


def _recalls(value: dict[str, Any], where: str) -> Shares:
    return tuple((k, _share(value, f"recall@{k}", where)) for k in CUTS if f"recall@{k}" in value)


def _groups(value: dict[str, Any], key: str, where: str) -> tuple[Group, ...]:
    groups, where = _object(value, key, where), f"{where}.{key}"
    rows = ((name, _object(groups, name, where), f"{where}.{name}") for name in groups)
    return tuple(
        Group(name, _count(row, "questions", place) or 0, _share(row, "recall@5", place)) for name, row, place in rows
    )


def _abstention(value: dict[str, Any], stem: str) -> Abstention:
    if not isinstance(value["curve"], list):
        raise _Damaged("curve", Wants.LIST)
    places = {str(i): row for i, row in enumerate(value["curve"])}
    rows = ((_object(places, i, "curve"), f"curve.{i}") for i in places)
    cuts = tuple(
        Cut(
            threshold=_share(row, "threshold", where),
            answered=_share(row, "answered", where),
            right=_share(row, "answerable among answered", where),
            kept=_share(row, "answerable answered", where),
        )
        for row, where in rows
    )
    return Abstention(
        _text(value, "checkpoint", "", stem),
        _count(value, "questions", ""),
        _set_at(value),
        tuple(sorted(cuts, key=lambda cut: cut.answered)),
    )


def _set_at(value: dict[str, Any]) -> Cut | None:
    """Where the shipped rule stands: counted from its table of classes against statuses."""
    table = _object(value, "statuses", "")
    rows = {name: _object(table, name, "statuses") for name in table}
    told = {name: _count(row, "sufficient", f"statuses.{name}") or 0 for name, row in rows.items()}
    sizes = {name: sum(_count(row, k, f"statuses.{name}") or 0 for k in row) for name, row in rows.items()}
    answered, answerable = sum(told.values()), sizes.get("sufficient", 0)
    if not answered or not answerable:
        return None
    rule = _object(value, "rule", "")
    right = told["sufficient"]
    threshold = _optional(_share, rule, "threshold", "rule") or 0.0
    return Cut(threshold, answered / sum(sizes.values()), right / answered, right / answerable)


def _object(parent: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """An absent one is empty."""
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise _Damaged(_place(where, key), Wants.OBJECT)
    return value


def _text(parent: Mapping[str, Any], key: str, where: str, default: str) -> str:
    value = parent.get(key, default)
    if not isinstance(value, str) or not value.strip():
        raise _Damaged(_place(where, key), Wants.TEXT)
    return value


def _share(parent: Mapping[str, Any], key: str, where: str) -> float:
    value = parent.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise _Damaged(_place(where, key), Wants.SHARE)
    return float(value)


def _number(parent: Mapping[str, Any], key: str, where: str) -> float | None:
    """Not negative and finite, or absent."""
    value = parent.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise _Damaged(_place(where, key), Wants.NUMBER)
    return float(value)


def _count(parent: Mapping[str, Any], key: str, where: str) -> int | None:
    value = _number(parent, key, where)
    return None if value is None else int(value)


def _cut(key: str, where: str) -> int:
    if not key.isascii() or not key.isdigit() or not 1 <= int(key[:9]) <= 100_000:
        raise _Damaged(_place(where, key), Wants.NUMBER)
    return int(key[:9])


def _optional(read: Callable[..., float], parent: Mapping[str, Any], key: str, where: str) -> float | None:
    return read(parent, key, where) if key in parent else None


def _place(where: str, key: str) -> str:
    return ".".join(part for part in (where, key) if part)[:120]
