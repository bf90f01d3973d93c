"""find_emergency: the first rule that holds, with the words that made it hold."""

from rag_demo.safety import (
    airway,
    awareness,
    body,
    brain,
    burns,
    child,
    heart_lungs,
    infection,
    mind,
    mother,
    newborn,
    poisons,
    signs,
    wounds,
)
from rag_demo.safety.advice import ADVICE
from rag_demo.safety.intent import lets_through
from rag_demo.safety.rule import Rule
from rag_demo.safety.spoken import spoken
from rag_demo.types import Emergency

# Who is pregnant or newborn, and what was swallowed, says more about what to do than a sign alone.
RULES: tuple[Rule, ...] = (
    *mind.RULES,
    *mother.RULES,
    *newborn.RULES,
    *poisons.RULES,
    *burns.RULES,
    *wounds.RULES,
    *airway.RULES,
    *heart_lungs.RULES,
    *awareness.RULES,
    *brain.RULES,
    *awareness.AFTER_STROKE,
    *child.RULES,
    *infection.RULES,
    *body.RULES,
    *signs.RULES,
)


def find_emergency(question: str) -> Emergency | None:
    """What the question tells of, if it must not wait. Any text; no model, some milliseconds."""
    text = spoken(question)
    through = {sure: lets_through(text, sure) for sure in (True, False)}
    for rule in RULES:
        if not through[rule.sure] and (words := rule.found(text)):
            advice = ADVICE[rule.group]
            return Emergency(rule.id, str(rule.group), words, advice.numbers, advice.zh, advice.en)
    return None
