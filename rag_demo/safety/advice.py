"""What to do now, by group: whom to call and two to four lines of first aid, in Chinese and English.

Lines follow the public first-aid guidance of the Red Cross, ILCOR and poison centres; they are what a bystander does
until help comes, no treatment. 120: ambulance; 119: fire and rescue; 110: police; 12356: mental-health crisis line."""

from rag_demo.safety.first_aid import FIRST_AID
from rag_demo.safety.first_aid_more import MORE_FIRST_AID
from rag_demo.safety.group import Advice, Group

ADVICE: dict[Group, Advice] = {**FIRST_AID, **MORE_FIRST_AID}
