"""Groups of emergencies by what to do about them, and what one is told to do."""

from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    HEART = "heart"
    STROKE = "stroke"
    BREATHING = "breathing"
    CHOKING = "choking"
    ANAPHYLAXIS = "anaphylaxis"
    UNCONSCIOUS = "unconscious"
    SEIZURE = "seizure"
    BLEEDING = "bleeding"
    INJURY = "injury"
    BURN = "burn"
    CHEMICAL = "chemical"
    ELECTRIC = "electric"
    DROWNING = "drowning"
    POISON = "poison"
    GAS = "gas"
    PREGNANCY = "pregnancy"
    NEWBORN = "newborn"
    CHILD = "child"
    BELLY = "belly"
    SUGAR = "sugar"
    HEAT = "heat"
    COLD = "cold"
    BITE = "bite"
    SUDDEN = "sudden"
    CRISIS = "crisis"
    VIOLENCE = "violence"


@dataclass(frozen=True, slots=True)
class Advice:
    """numbers: to call, the first one first. zh, en: the same lines."""

    numbers: tuple[str, ...]
    zh: tuple[str, ...]
    en: tuple[str, ...]


def advice(*lines: tuple[str, str], numbers: tuple[str, ...] = ("120",)) -> Advice:
    return Advice(numbers, tuple(zh for zh, _ in lines), tuple(en for _, en in lines))
