"""What an alert must keep to beyond its fields: CAP 1.2's rules on references, scope and status, the clock, the map.

Rules (3-procedures, alert; CAP 1.2, 3.2.1):

1. ``alert-references``: an update, cancel, acknowledgement or rejection refers to the message in force.
2. ``alert-addresses``: a Private alert names the posts it is for.
3. ``portion-lacking``: a Restricted alert states its restriction; shown only: an Exercise names its exercise.
4. ``alert-status``: on an exercise line or in an exercise nothing is Actual; in earnest nothing is an Exercise.
5. ``date-past``: nothing is sent that has expired.
6. Its areas are as ``place_findings`` has places, its texts as ``text_faults`` has parallel ones.
"""

from typing import Final

from rabita.procedures.alert import IN_FORCE, MESSAGE_TYPES, PARALLEL, WORDS, Alert
from rabita.procedures.marking_rules import past_findings
from rabita.procedures.parallel import text_faults
from rabita.procedures.place_rules import place_findings
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import newest, roles_of

EXERCISING: Final = ("exercise", "drill")


def check_alert(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Give what the rules above find in an act of an alert."""
    found = [] if facts.corrects else _reference_faults(facts)
    if not isinstance(fields := facts.fields, Alert):
        return tuple(found)
    roles = roles_of(facts.act, fields, WORDS[0].role)
    sent = not facts.corrects
    exercising = facts.charter.exercise or facts.act.kind in EXERCISING
    unnamed = fields.exercise is None and "note" not in roles
    broken = {
        RuleFinding("alert-addresses", "posts"): sent and fields.scope == "Private" and not facts.act.posts,  # 2
        RuleFinding("portion-lacking", "restriction"): sent
        and fields.scope == "Restricted"
        and "restriction" not in roles,  # 3
        RuleFinding("portion-lacking", "note", refuses=False): sent and fields.status == "Exercise" and unnamed,  # 3
        RuleFinding("alert-status", "status"): fields.status == ("Actual" if exercising else "Exercise"),  # 4
    }
    return (
        *found,
        *[finding for finding, is_broken in broken.items() if is_broken],
        *past_findings(facts, expires_ms=fields.expires_ms),  # 5
        *[fault for area in fields.areas for fault in place_findings(facts, area)],  # 6
        *[fault for role in PARALLEL if role in roles for fault in text_faults(facts, role, WORDS[0].role)],  # 6
    )


def _reference_faults(facts: RuleFacts) -> list[RuleFinding]:
    if facts.case is None or facts.act.act not in MESSAGE_TYPES:
        return []
    current = newest(facts.case, *IN_FORCE)
    known = current is not None and current.held.digest in facts.act.basis
    return [] if known else [RuleFinding("alert-references", "basis")]
