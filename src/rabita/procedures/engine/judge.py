"""What can be said of one act apart from any state: its rule, its fields, its approvals (E10, E11)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line.ids import Lane
from rabita.procedures.engine.coded import Coded, Signs
from rabita.procedures.engine.definition import Correction, Procedure, Rule, Who
from rabita.procedures.engine.held import FOREIGN_MINISTRY, SERVICE, Approved, Held, covers
from rabita.procedures.engine.joint import Judged

CONSENT_OFFICERS: Final = 3
"""The foreign ministry's own, and two more."""
UNKNOWN: Final = Rule(who=Who.EITHER, moves={}, says="")
"""The rule of an act the procedure does not have."""
_MISSING: Final = re.compile(r"missing required field `([^`]*)`")
_UNKNOWN: Final = re.compile(r"unknown field `([^`]*)`")
_WHERE: Final = re.compile(r" - at `\$\.?([^`]*)`")


class Suspension(NamedTuple):
    """A suspension in force: the procedures named, the act that announced it, the act that ended it if one did."""

    procedures: tuple[str, ...]
    announced: Held
    resumed: Held | None = None


class FieldFault(NamedTuple):
    """What is wrong with an act's coded fields: a code, and the field with the rule it breaks."""

    code: str
    detail: str


def read_fields(rule: Rule, fields: Mapping[str, Any]) -> Coded | FieldFault:
    """Read an act's coded fields; gives the first fault instead where there is one."""
    try:
        return msgspec.convert(fields, rule.fields)
    except msgspec.ValidationError as fault:
        text = str(fault)
        where = found[1] if (found := _WHERE.search(text)) else ""
        for code, pattern in (("field-missing", _MISSING), ("field-unknown", _UNKNOWN)):
            if named := pattern.search(text):
                return FieldFault(code, f"{where}.{named[1]}".lstrip("."))
        return FieldFault("field-invalid", f"{where}: {text.split(' - at ', maxsplit=1)[0]}".lstrip(": "))


def judge(procedure: Procedure, acts: Mapping[str, Held], held: Held) -> Judged:
    """Judge one act of a case whose acts are *acts*."""
    act = held.act
    rule = procedure.rules.get(act.act)
    target = next((each for each in act.basis if each in acts), "")
    if rule is None:
        return Judged(held, UNKNOWN, None, held.fault or "act-unknown", act.act[:64], approved=False, target=target)
    read = read_fields(rule, act.fields)
    approved = is_approved(rule, held.approvals)
    if isinstance(read, FieldFault):
        return Judged(held, rule, None, held.fault or read.code, read.detail, approved=approved, target=target)
    code, detail = held.fault, ""
    if not code and isinstance(read, Signs) and read.digest not in act.basis:
        code, detail = "field-invalid", "digest: what is signed stands in the basis too"
    return Judged(held, rule, read, code, detail, approved=approved, target=target)


def is_approved(rule: Rule, approvals: Sequence[Approved]) -> bool:
    """Say whether the verified approvals suffice (E11).

    An act needs an officer's; one a node may do by itself, anyone's; a consent act the foreign ministry's and those of
    two more officers, so that no FLASH of a single officer can be one.
    """
    officers = {each.key for each in approvals if each.role != SERVICE}
    if rule.consent:
        ministry = any(each.role == FOREIGN_MINISTRY for each in approvals)
        return ministry and len(officers) >= CONSENT_OFFICERS
    return bool(approvals) if rule.service else bool(officers)


def is_open(procedure: Procedure, rule: Rule, lane: Lane) -> bool:
    """Say whether no suspension touches an act of this rule on this lane (E15)."""
    return not (procedure.suspendable and rule.suspendable) or lane in procedure.open_lanes


def is_suspended(procedure: Procedure, rule: Rule, held: Held, suspensions: Sequence[Suspension]) -> bool:
    """Say whether its author had seen a suspension of the procedure and not its end (E15).

    A signing act never is: what both have signed stands.
    """
    return (
        not rule.signs
        and not is_open(procedure, rule, held.lane)
        and any(
            procedure.name in each.procedures
            and covers(held, each.announced)
            and not (each.resumed is not None and covers(held, each.resumed))
            for each in suspensions
        )
    )


def corrected_fields(target: Judged, correction: Correction) -> Coded | None:
    """Read what a correction puts in the place of an act's fields; None where they do not fit, or it is a signature."""
    rule = target.rule
    if rule is UNKNOWN or rule.signs or issubclass(rule.fields, Correction):
        return None
    read = read_fields(rule, correction.fields)
    return read if isinstance(read, Coded) else None
