"""The catalogue: every procedure this version knows, in one place, under the version that charters name.

A new procedure is one module and one line here. The catalogue's digest covers every definition, so that two nodes can
say whether they compute alike.
"""

from functools import cache
from hashlib import sha256
from typing import Any, Final

import msgspec

from rabita.procedures.accreditation import ACCREDITATION
from rabita.procedures.alert import ALERT
from rabita.procedures.call_record import CALL_RECORD
from rabita.procedures.clarification import CLARIFICATION
from rabita.procedures.commitment import COMMITMENT
from rabita.procedures.concern import CONCERN
from rabita.procedures.crossing import CROSSING
from rabita.procedures.engine.compute import Catalogue
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.hazard_notice import HAZARD_NOTICE
from rabita.procedures.humanitarian_request import HUMANITARIAN_REQUEST
from rabita.procedures.incident import INCIDENT
from rabita.procedures.intelligence_report import INTELLIGENCE_REPORT
from rabita.procedures.joint_statement import JOINT_STATEMENT
from rabita.procedures.line_test import LINE_TEST
from rabita.procedures.measure import MEASURE
from rabita.procedures.meeting import MEETING
from rabita.procedures.message import MESSAGE
from rabita.procedures.notice import NOTICE
from rabita.procedures.readout import READOUT
from rabita.procedures.rfi import RFI
from rabita.procedures.stop_request import STOP_REQUEST
from rabita.procedures.suspension import SUSPENSION
from rabita.procedures.violation_report import VIOLATION_REPORT

PROCEDURES: Final[tuple[Procedure, ...]] = (
    MESSAGE,
    LINE_TEST,
    ACCREDITATION,
    CONCERN,
    STOP_REQUEST,
    INCIDENT,
    CLARIFICATION,
    NOTICE,
    HAZARD_NOTICE,
    VIOLATION_REPORT,
    RFI,
    INTELLIGENCE_REPORT,
    MEASURE,
    COMMITMENT,
    READOUT,
    CALL_RECORD,
    JOINT_STATEMENT,
    MEETING,
    ALERT,
    CROSSING,
    HUMANITARIAN_REQUEST,
    SUSPENSION,
)
VERSION: Final = "1"
CATALOGUE: Final = Catalogue((VERSION,), {procedure.name: procedure for procedure in PROCEDURES})


def described(procedure: Procedure) -> dict[str, Any]:
    """Give a definition as plain data: all that decides how it folds, what it owes and what it says."""
    return {
        "name": procedure.name,
        "title": procedure.title,
        "purpose": procedure.purpose,
        "states": dict(procedure.all_states),
        "terminal": sorted(procedure.ends & set(procedure.all_states)),
        "suspendable": procedure.suspendable,
        "open_lanes": list(procedure.open_lanes),
        "withdrawable": procedure.withdrawable,
        "suspends": list(procedure.suspends or ()),
        "acts": {
            name: {
                "who": rule.who,
                "moves": dict(rule.moves),
                "says": rule.says,
                "fields": fields_schema(rule.fields),
                "portions": [msgspec.to_builtins(portion) for portion in rule.portions],
                "precedences": list(rule.precedences),
                "consent": rule.consent,
                "service": rule.service,
                "signs": rule.signs,
                "suspendable": rule.suspendable,
            }
            for name, rule in procedure.rules.items()
        },
        "duties": [msgspec.to_builtins(duty) for duty in procedure.duties],
        "joints": [msgspec.to_builtins(joint) for joint in procedure.joints],
        "crossings": [msgspec.to_builtins(crossing) for crossing in procedure.crossings],
    }


def fields_schema(fields: type[msgspec.Struct]) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of an act's coded fields, whole in one document."""
    (schema,), components = msgspec.json.schema_components([fields], ref_template="#/$defs/{name}")
    return {**schema, "$defs": components}


def catalogue_json() -> bytes:
    """Write the catalogue as JSON, the same bytes for the same definitions."""
    body = {"version": VERSION, "procedures": [described(procedure) for procedure in PROCEDURES]}
    return msgspec.json.format(msgspec.json.encode(body, order="sorted"), indent=1)


@cache
def catalogue_digest() -> str:
    """Give the SHA-256 (hex) of the catalogue, computed once: describing every field of every act takes a while."""
    return sha256(catalogue_json()).hexdigest()
