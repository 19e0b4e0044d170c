"""The rules of every procedure that has some, by name, and the one door to them.

Apart from the catalogue, because some rules load the geometry library, which a node without an edition can do without.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

import msgspec

from rabita.procedures.accreditation_rules import check_accreditation
from rabita.procedures.alert_rules import check_alert
from rabita.procedures.call_record import check_call_record
from rabita.procedures.commitment import check_commitment
from rabita.procedures.concern_rules import check_concern
from rabita.procedures.crossing import check_crossing
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.definition import Correction, Procedure
from rabita.procedures.engine.judge import read_fields
from rabita.procedures.hazard_notice_rules import check_hazard_notice
from rabita.procedures.humanitarian_request_rules import check_humanitarian_request
from rabita.procedures.intelligence_report import check_intelligence_report
from rabita.procedures.joint_statement import check_joint_statement
from rabita.procedures.marking_rules import marking_findings
from rabita.procedures.measure import check_measure
from rabita.procedures.meeting_rules import check_meeting
from rabita.procedures.notice_rules import check_notice
from rabita.procedures.readout import check_readout
from rabita.procedures.rfi import check_rfi
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.suspension import check_suspension
from rabita.procedures.violation_report_rules import check_violation_report

Check: TypeAlias = Callable[[RuleFacts], tuple[RuleFinding, ...]]

RULES: Final[Mapping[str, Check]] = {
    "accreditation": check_accreditation,
    "concern": check_concern,
    "notice": check_notice,
    "hazard notice": check_hazard_notice,
    "violation report": check_violation_report,
    "rfi": check_rfi,
    "intelligence report": check_intelligence_report,
    "measure": check_measure,
    "commitment": check_commitment,
    "readout": check_readout,
    "call record": check_call_record,
    "joint statement": check_joint_statement,
    "meeting": check_meeting,
    "alert": check_alert,
    "crossing": check_crossing,
    "humanitarian request": check_humanitarian_request,
    "suspension": check_suspension,
}
"""Each procedure's check; a procedure left out has no rules beyond its definition."""
LOOKS_AT_OPEN: Final = ("accreditation", "crossing", "commitment")
"""Procedures whose check compares an act with all their open cases."""
LOOKS_AROUND: Final = ("notice",)
"""Those whose check compares it with what is announced in the same place and time."""


def rule_findings(procedure: Procedure, facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Give what the rules find in an act: those of markings, for every act, then the procedure's own.

    A correction is checked as what it makes of the act corrected. The act's structure (fields, portions, state) is the
    engine's to check, before this.
    """
    check = RULES.get(procedure.name)
    stated = _stated(procedure, facts)
    own = check(stated) if check is not None and stated is not None else ()
    return (*marking_findings(facts), *own)


def _stated(procedure: Procedure, facts: RuleFacts) -> RuleFacts | None:
    """Put a correction in the place of the act it corrects; None where that act is not held or they do not fit."""
    if not isinstance(facts.fields, Correction):
        return facts
    acts = {each.held.digest: each for each in facts.case.acts} if facts.case is not None else {}
    target = next((acts[digest] for digest in facts.act.basis if digest in acts), None)
    rule = procedure.rules.get(target.act) if target is not None else None
    if target is None or rule is None:
        return None
    fields = read_fields(rule, facts.fields.fields)
    if not isinstance(fields, Coded):
        return None
    return replace(facts, act=msgspec.structs.replace(facts.act, act=target.act), fields=fields, corrects=True)
