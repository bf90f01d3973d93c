"""Evidence status: emergencies by rules anyone can read, abstention by calibrated thresholds, doses by their source.

Emergencies (`find_emergency`) are decided before any model runs. The rules are written from what emergency departments,
poison centres, obstetric triage and crisis lines list as reasons to call at once. A rule (`rule.Rule`) is a table row:

    Rule("stroke.face", Group.STROKE, all_of=("嘴~歪",), none_of=("睡觉",), sure=True)

- every pattern of `all_of` must be found, none of `none_of`; `~` stands for up to 6 characters, `…` for up to 25,
  within one sentence;
- a pattern does not count where the words are denied ("没有抽搐"), supposed ("万一噎住"), or of the past ("以前抽过");
- a question that wants to learn or prevent ("怎么预防") is let through unless it says that it is happening now
  (`intent`); one that only asks ("正常吗", "是什么") is let through by rules that are not `sure`.

The text is first brought to one form (`spoken`): full width, traditional characters, homophone typos, repeated marks.
The tables, one file a field: mind, mother, newborn, poisons, burns, wounds, airway, heart_lungs, awareness, brain,
child, infection, body, and signs (pairs of danger signs, whatever the illness is called). What to do now: `advice`.
"""

from rag_demo.safety.advice import ADVICE
from rag_demo.safety.emergency import RULES, find_emergency
from rag_demo.safety.group import Advice, Group

__all__ = ["ADVICE", "RULES", "Advice", "Group", "find_emergency"]
