"""Alert, clause by clause: CAP 1.2's codes and its rules across fields, parallel languages, and the shared template."""

from typing import Any, Final, get_args

import msgspec
import pytest

from rabita.line.entry import SENT, PortionRef
from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.procedures.alert import ALERT, MESSAGE_TYPES, Alert, in_force, is_expired, references
from rabita.procedures.alert_rules import check_alert
from rabita.procedures.engine.check import check
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.duties import obligations
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.judge import FieldFault, read_fields
from rabita.procedures.rules import RuleFacts
from tests.procedures.ruling import NOW_MS, flagged, refused, ruled
from tests.procedures.sampling import SQUARE
from tests.procedures.world import EDITION, IRN, PAK, World, charter

HOUR_MS: Final = 3_600_000
FLOOD: Final[dict[str, Any]] = {
    "status": "Exercise",
    "scope": "Public",
    "category": ["Met"],
    "event": "flash-flood",
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Likely",
}
LANGUAGES: Final = ("en", "ur", "fa")


def words(*named: str) -> tuple[tuple[str, ...], tuple[PortionRef, ...]]:
    """Write portions, each named as role:language."""
    parts = [each.partition(":") for each in named]
    refs = [PortionRef(f"{at:064x}", SENT, "", language=language) for at, (_, _, language) in enumerate(parts)]
    return tuple([role for role, _, _ in parts]), tuple(refs)


WHOLE: Final = tuple([f"description:{language}" for language in LANGUAGES])


def alerted(*named: str, **changes: Any) -> tuple[World, Held]:  # noqa: ANN401 - a field
    world = World()
    held = alert(world, *named, **changes)
    world.meet()
    return world, held


def alert(
    world: World,
    *named: str,
    act: str = "alert",
    basis: tuple[Held, ...] = (),
    posts: tuple[str, ...] = (),
    kind: str = "exercise",
    **changes: Any,  # noqa: ANN401 - a field
) -> Held:
    roles, portions = words(*(named or WHOLE))
    fields = {**FLOOD, "roles": list(roles), "exercise": EXERCISE, **changes}
    return world.say(PAK, "alert", act, basis, fields, portions=portions, posts=posts, kind=kind)


EXERCISE: Final = {
    "scenario": "january-2024",
    "inject": "flood",
    "at_ms": NOW_MS,
    "hour": "assumed",
    "source": "invented",
    "source_kind": "exercise",
}


def fault(**changes: Any) -> str:  # noqa: ANN401 - a field
    read = read_fields(ALERT.rules["alert"], {**FLOOD, **changes})
    return read.detail if isinstance(read, FieldFault) else ""


def codes(name: str) -> set[str]:
    kind = next(each.type for each in msgspec.structs.fields(Alert) if each.name == name)
    return {each for part in (kind, *get_args(kind)) for inner in (part, *get_args(part)) for each in _literals(inner)}


def _literals(kind: object) -> list[str]:
    return [each for each in get_args(kind) if isinstance(each, str)]


def test_every_code_of_cap_1_2_is_there_and_no_other() -> None:
    """Field research, code lists, and CAP 1.2, 3.2.1 and 3.2.2: the codes of its enumerations."""
    assert codes("status") == {"Actual", "Exercise", "System", "Test", "Draft"}
    assert set(MESSAGE_TYPES.values()) == {"Alert", "Update", "Cancel", "Ack", "Error"}
    assert set(MESSAGE_TYPES) | {"close"} == set(ALERT.acts)
    assert codes("scope") == {"Public", "Restricted", "Private"}
    assert codes("urgency") == {"Immediate", "Expected", "Future", "Past", "Unknown"}
    assert codes("severity") == {"Extreme", "Severe", "Moderate", "Minor", "Unknown"}
    assert codes("certainty") == {"Observed", "Likely", "Possible", "Unlikely", "Unknown"}
    geo = {"Geo", "Met", "Safety", "Security", "Rescue", "Fire"}
    assert codes("category") == geo | {"Health", "Env", "Transport", "Infra", "CBRNE", "Other"}
    some = {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid"}
    assert codes("response") == some | {"Monitor", "Assess", "AllClear", "None"}


def test_what_cap_requires_cannot_be_left_out() -> None:
    """CAP 1.2, 3.2: status, scope, category, event, urgency, severity and certainty are required."""
    for name in FLOOD:
        left = {key: value for key, value in FLOOD.items() if key != name}
        read = read_fields(ALERT.rules["alert"], left)
        assert isinstance(read, FieldFault)
        assert read.detail == name
    assert "category" in fault(category=[])


def test_rules_across_fields() -> None:
    """CAP 1.2, 3.2.2 and 3.2.4: expiry follows effect and onset, a ceiling stands with an altitude, None alone."""
    assert not fault(effective_ms=1, onset_ms=2, expires_ms=3, altitude_ft=0, ceiling_ft=1, response=["None"])
    for times in ({"effective_ms": 3}, {"onset_ms": 3}):
        assert "expires after" in fault(expires_ms=3, **times)
    for heights in ({"ceiling_ft": 5}, {"ceiling_ft": 5, "altitude_ft": 5}):
        assert "ceiling" in fault(**heights)
    assert "stands alone" in fault(response=["None", "Avoid"])


def test_an_alert_then_an_update_then_a_cancel_each_acknowledged() -> None:
    """3-procedures, alert: CAP 1.2 alert / update / cancel -> acknowledge."""
    world, first = alerted()
    assert ruled(world, first) == ()
    assert world.case(first).state == "alerted"
    world.say(IRN, "alert", "acknowledge", [first])
    world.meet()
    assert world.case(first).state == "acknowledged"
    second = alert(world, act="update", basis=(first,), severity="Extreme")
    world.meet()
    assert world.case(first).state == "alerted"
    assert in_force(world.case(first)) is not None
    world.say(IRN, "alert", "acknowledge", [second])
    world.meet()
    world.say(PAK, "alert", "cancel", [second], {"reason": "ended"})
    assert world.case(first).state == "cancelled"
    assert in_force(world.case(first)) is None


def test_updates_cancels_and_answers_refer_to_the_message_in_force() -> None:
    """CAP 1.2, 3.2.1: Update, Cancel, Ack and Error identify the messages they refer to."""
    world, first = alerted()
    update = alert(world, act="update", basis=(first,))
    world.meet()
    late = alert(world, act="update", basis=(first,))
    assert refused(ruled(world, late, entries=[first, update])) == ["alert-references"]
    for code, act, fields in ((PAK, "cancel", {"reason": "error"}), (IRN, "acknowledge", {})):
        old = world.say(code, "alert", act, [first], fields)
        assert refused(ruled(world, old, entries=[first, update])) == ["alert-references"]
        new = world.say(code, "alert", act, [first, update], fields)
        assert ruled(world, new, entries=[first, update]) == ()
    acknowledged = world.of(world.say(IRN, "alert", "acknowledge", [first, update]), first)
    assert references(world.case(first), acknowledged) == (first.digest, update.digest)
    assert ruled(world, world.say(PAK, "alert", "close", [first]), entries=[first, update]) == ()


def test_an_error_says_why() -> None:
    """CAP 1.2, 3.2.1: Error rejects a message; the explanation stands in its note."""
    world, first = alerted()
    rejected = world.say(IRN, "alert", "reject", [first], {"reason": "not-authentic"})
    assert rejected.act is not None
    with pytest.raises(UserFault, match="portion-lacking"):
        check(ALERT, world.charters[1], world.case(first, PAK), rejected.act)
    assert world.case(first).state == "rejected"


def test_a_private_alert_has_addresses_and_a_restricted_one_its_restriction() -> None:
    """CAP 1.2, 3.2.1: addresses are required when the scope is Private; restriction describes Restricted."""
    world, held = alerted(scope="Private")
    assert refused(ruled(world, held)) == ["alert-addresses"]
    assert ruled(world, alert(world, scope="Private", posts=("X-IRN/duty",))) == ()
    world, held = alerted(scope="Restricted")
    assert refused(ruled(world, held)) == ["portion-lacking"]
    assert ruled(world, alert(world, *WHOLE, "restriction:en", scope="Restricted")) == ()


def test_nothing_is_actual_in_an_exercise_and_nothing_an_exercise_in_earnest() -> None:
    """3-procedures, exercise: its traffic never enters a real line; CAP 1.2: the note names the exercise."""
    world, held = alerted(status="Actual")
    assert refused(ruled(world, held)) == ["alert-status"]
    bare = alert(world, exercise=None)
    assert flagged(ruled(world, bare)) == ["portion-lacking"]
    assert ruled(world, alert(world, *WHOLE, "note:en", exercise=None)) == ()
    world.charters[1] = charter(exercise=False)
    assert refused(ruled(world, alert(world, kind="operation"))) == ["alert-status"]
    assert ruled(world, alert(world, kind="operation", status="Actual")) == ()
    assert ruled(world, alert(world, kind="drill")) == ()


def test_what_has_expired_is_not_sent_and_expiry_moves_no_state() -> None:
    """3-procedures: expired is each node's own view of the clock and never a state."""
    world, held = alerted(expires_ms=NOW_MS)
    assert refused(ruled(world, held)) == ["date-past"]
    assert ruled(world, held, NOW_MS - 1) == ()
    case = world.case(held)
    assert [is_expired(case, at) for at in (NOW_MS, NOW_MS + 1)] == [False, True]
    assert case.state == "alerted"
    world, held = alerted()
    assert not is_expired(world.case(held), NOW_MS)


def test_public_alerts_are_in_parallel_languages() -> None:
    """3-procedures, alert: public alerts in parallel languages; what is lacking is shown and holds nothing up."""
    world, held = alerted("headline:en", "description:en", "description:ur", "description:fa")
    assert [(each.code, each.detail) for each in ruled(world, held)] == [
        ("language-lacking", "ur"),
        ("language-lacking", "fa"),
    ]
    assert refused(ruled(world, alert(world, *WHOLE, "description:fa"))) == ["language-twice"]
    told = {"description": ("One.\n\nTwo.", "One.", "One.")}
    assert flagged(ruled(world, alert(world), texts=told)) == ["texts-not-parallel"]


def test_its_areas_are_coarse_and_on_the_agreed_map() -> None:
    """1-mechanism, the one idea: locations are coarsened; 3-procedures, territory guard: the agreed edition."""
    world, held = alerted(areas=[{"area": SQUARE, "edition": EDITION}])
    assert ruled(world, held) == ()
    assert refused(ruled(world, alert(world, areas=[{"area": SQUARE, "edition": "9" * 64}]))) == ["edition-foreign"]
    assert "coarse" in fault(areas=[{"area": [[0, 0], [1, 0], [0, 1]], "edition": EDITION}])


def test_a_correction_is_held_to_the_codes_alone() -> None:
    """3-procedures, release: a correction refers to an act and leaves its words and addresses as they were."""
    world, held = alerted(scope="Private", posts=("X-IRN/duty",))
    fields = {**FLOOD, "scope": "Private", "severity": "Minor"}
    corrected = world.say(PAK, "alert", CORRECT, [held], {"reason": "error", "fields": fields})
    assert ruled(world, corrected) == ()


def test_the_acknowledgement_is_owed_within_the_lanes_handling_time() -> None:
    """Field research, precedence: handling times; every update asks for its own acknowledgement."""
    world = World()
    roles, portions = words(*WHOLE)
    first = world.say(PAK, "alert", "alert", (), {**FLOOD, "roles": list(roles)}, Lane.FLASH, portions=portions)
    world.meet()
    [due] = obligations(ALERT, world.charters[1], world.case(first))
    assert (due.debtors, due.allowed_ms, due.met_by) == ((IRN,), 600_000, "")
    done = world.say(IRN, "alert", "acknowledge", [first])
    world.meet()
    update = alert(world, act="update", basis=(first,))
    dues = obligations(ALERT, world.charters[1], world.case(first))
    assert [(each.since, each.met_by) for each in dues] == [(first.digest, done.digest), (update.digest, "")]


def test_an_update_prevails_over_the_answer_it_crosses_and_a_close_over_both() -> None:
    """3-procedures: crossed acts are resolved jointly; one template serves six procedures (announce)."""
    world, first = alerted()
    done = world.say(IRN, "alert", "acknowledge", [first])
    alert(world, act="update", basis=(first,))
    world.meet()
    assert world.case(first).state == "alerted"
    assert world.of(done, first).status is Status.CROSSED
    world, first = alerted()
    world.say(IRN, "alert", "acknowledge", [first])
    world.say(PAK, "alert", "close", [first])
    assert world.case(first).state == "closed"


def test_an_answer_may_be_changed_until_the_close_and_only_the_others_answer() -> None:
    """3-procedures: announce -> answer -> close (announce)."""
    world, first = alerted()
    own = world.say(PAK, "alert", "acknowledge", [first])
    assert world.of(own, first).because == "not-your-act"
    world.say(IRN, "alert", "reject", [first], {"reason": "technical"})
    world.say(IRN, "alert", "acknowledge", [first])
    assert world.case(first).state == "acknowledged"
    theirs = world.say(IRN, "alert", "cancel", [first], {"reason": "error"})
    assert world.of(theirs, first).because == "not-your-act"


def test_rules_of_an_act_without_its_case_or_after_a_withdrawal() -> None:
    """What no case is held for waits; an answer to what was withdrawn refers to nothing in force."""
    world, first = alerted()
    done = world.say(IRN, "alert", "acknowledge", [first])
    assert done.act is not None
    fields = ALERT.rules["acknowledge"].fields()
    assert check_alert(RuleFacts(act=done.act, fields=fields, charter=world.charters[1], now_ms=0)) == ()
    world.say(PAK, "alert", WITHDRAW, [first], {"reason": "error"})
    assert refused(ruled(world, done)) == ["alert-references"]
