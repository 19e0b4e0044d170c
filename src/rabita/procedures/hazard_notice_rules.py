"""What is flagged on a hazard notice; nothing about its clock is ever refused, since a late warning is still a warning.

1. ``hazard-late``, shown only: the warning comes later than the charter's ``hazard-notice`` after its author knew.
2. ``hazard-known``, shown only: its author claims to have known later than now.
3. The place's edition and fineness (``place_rules``) are shown only: a warning is not held up by its map.
"""

from rabita.procedures.hazard_notice import Hazard, due_by_ms
from rabita.procedures.place_rules import place_findings
from rabita.procedures.rules import RuleFacts, RuleFinding


def check_hazard_notice(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Give what the rules above find in an act of a hazard notice."""
    fields = facts.fields
    if not isinstance(fields, Hazard):
        return ()
    late = facts.act.act == "warn" and not facts.corrects and 0 < due_by_ms(fields, facts.charter) < facts.now_ms
    codes = [
        *(["hazard-late"] if late else []),  # 1
        *(["hazard-known"] if fields.known_ms > facts.now_ms else []),  # 2
        *(each.code for each in place_findings(facts, fields.where)),  # 3
    ]
    return tuple([RuleFinding(code, refuses=False) for code in codes])
