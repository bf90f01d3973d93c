"""find_emergency: the first rule that holds, with the words that made it hold."""

from dataclasses import dataclass

from rag_demo.safety import body, brain, child, heart_lungs, mind, mother, poisons, signs, wounds
from rag_demo.safety.advice import ADVICE, Advice, Group
from rag_demo.safety.intent import lets_through
from rag_demo.safety.rule import Rule
from rag_demo.safety.spoken import spoken

# Who is pregnant or newborn, and what was swallowed, says more about what to do than a sign alone.
RULES: tuple[Rule, ...] = (
    *mind.RULES,
    *mother.RULES,
    *child.NEWBORN,
    *poisons.RULES,
    *wounds.RULES,
    *heart_lungs.RULES,
    *brain.RULES,
    *child.RULES,
    *body.RULES,
    *signs.RULES,
)
_BY_ID = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Emergency:
    """Which rule holds and the words, of the question's spoken form, that made it hold."""

    id: str
    group: Group
    matched: tuple[str, ...]

    @property
    def advice(self) -> Advice:
        return ADVICE[self.group]


def find_emergency(question: str) -> Emergency | None:
    """What the question tells of, if it must not wait. Any text; no model, about a millisecond."""
    text = spoken(question)
    through = {sure: lets_through(text, sure) for sure in (True, False)}
    for rule in RULES:
        if not through[rule.sure] and (words := rule.found(text)):
            return Emergency(rule.id, rule.group, words)
    return None


def emergency_of(rule_id: str, matched: tuple[str, ...] = ()) -> Emergency:
    """The emergency that an Answer names. Raises KeyError for an id that no rule has."""
    return Emergency(rule_id, _BY_ID[rule_id].group, matched)
