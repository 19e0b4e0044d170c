"""Meeting, clause by clause: proposed, accepted or countered, minutes adopted by both, actions become commitments."""

from typing import Any, Final

import msgspec

from rabita.line.entry import SENT, PortionRef
from rabita.procedures.commitment import COMMITMENT, Promise
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.judge import FieldFault, read_fields
from rabita.procedures.meeting import MEETING, Action, Minutes, Proposal
from rabita.procedures.meeting_rules import (
    actions,
    adopted_minutes,
    agreed_terms,
    check_meeting,
    commitment_fields,
    not_yet_commitments,
)
from rabita.procedures.rules import RuleFacts
from tests.procedures.ruling import NOW_MS, flagged, refused, ruled
from tests.procedures.sampling import SQUARE
from tests.procedures.world import EDITION, IRN, PAK, World

DAY_MS: Final = 86_400_000
AT_MS: Final = NOW_MS + 2 * DAY_MS
ENDS_MS: Final = AT_MS + DAY_MS // 24
AFTER_MS: Final = ENDS_MS + DAY_MS
PROPOSED: Final[dict[str, Any]] = {
    "form": "flag-meeting",
    "means": "in-person",
    "at": {"start_ms": AT_MS, "end_ms": ENDS_MS},
    "agenda": ["incident", "commitments"],
}
LIAISON: Final[dict[str, Any]] = {
    "owed_by": "opener",
    "theme": "liaison-officers",
    "words_used": "at-an-early-date",
    "review_ms": AFTER_MS + 90 * DAY_MS,
}
DATED: Final[dict[str, Any]] = {"owed_by": "both", "theme": "communication", "due_ms": AFTER_MS + DAY_MS}
MINUTED: Final[dict[str, Any]] = {
    "held": {"start_ms": AT_MS, "end_ms": ENDS_MS},
    "outcome": "agreed",
    "actions": [LIAISON, DATED],
}
WORDS: Final = tuple(
    [PortionRef(each * 64, SENT, "", language=lang) for each, lang in (("1", "en"), ("2", "ur"), ("3", "fa"))]
)


def proposed(**changes: Any) -> tuple[World, Held]:  # noqa: ANN401 - a field
    world = World()
    held = world.say(PAK, "meeting", "propose", fields={**PROPOSED, **changes})
    world.meet()
    return world, held


def accepted() -> tuple[World, Held]:
    world, opening = proposed()
    world.say(IRN, "meeting", "accept", [opening], {"minutes_by_ms": AFTER_MS})
    world.meet()
    return world, opening


def drafted() -> tuple[World, Held, Held]:
    world, opening = accepted()
    minutes = world.say(PAK, "meeting", "draft minutes", [opening], MINUTED, portions=WORDS)
    world.meet()
    return world, opening, minutes


def adopted() -> tuple[World, Held, Held]:
    world, opening, minutes = drafted()
    for code in (PAK, IRN):
        world.say(code, "meeting", "adopt minutes", [minutes], {"digest": minutes.digest})
    world.meet()
    return world, opening, minutes


def fault(act: str, fields: dict[str, Any]) -> str:
    read = read_fields(MEETING.rules[act], fields)
    return read.detail if isinstance(read, FieldFault) else ""


def test_propose_then_accept() -> None:
    """3-procedures, meeting: propose -> accept; only the side asked accepts."""
    world, opening = proposed()
    assert ruled(world, opening) == ()
    own = world.say(PAK, "meeting", "accept", [opening])
    assert world.of(own, opening).because == "not-your-act"
    assert agreed_terms(world.case(opening)) is None
    world.say(IRN, "meeting", "accept", [opening])
    assert world.case(opening).state == "accepted"
    terms = agreed_terms(world.case(opening))
    assert terms is not None
    assert terms.held.digest == opening.digest


def test_every_kind_of_meeting_there_is() -> None:
    """3-procedures, meeting: border commission, flag meeting, ministers' call."""
    for form, means in (("border-commission", "in-person"), ("flag-meeting", "in-person"), ("ministers", "telephone")):
        assert not fault("propose", {**PROPOSED, "form": form, "means": means})
    assert "in person" in fault("propose", {**PROPOSED, "means": "telephone", "venue": "taftan"})
    assert not fault("propose", {**PROPOSED, "venue": "taftan"})


def test_or_counter_whole_and_back_and_forth() -> None:
    """3-procedures, meeting: propose -> counter; what is agreed is the proposal that the acceptance names."""
    world, opening = proposed()
    later = {"at": {"start_ms": AT_MS + DAY_MS, "end_ms": ENDS_MS + DAY_MS}}
    counter = world.say(IRN, "meeting", "counter", [opening], {**PROPOSED, **later})
    world.meet()
    assert world.case(opening).state == "proposed"
    [first, second] = obligations(MEETING, world.charters[1], world.case(opening))
    assert (first.met_by, second.debtors, second.met_by) == (counter.digest, (PAK,), "")
    again = world.say(IRN, "meeting", "counter", [counter], PROPOSED)
    assert world.of(again, opening).because == "not-your-act"
    world.say(PAK, "meeting", "accept", [counter])
    terms = agreed_terms(world.case(opening))
    assert terms is not None
    assert isinstance(terms.fields, Proposal)
    assert terms.fields.at.start_ms == AT_MS + DAY_MS


def test_a_counter_proposal_prevails_over_the_acceptance_it_crosses() -> None:
    """3-procedures: crossed acts are resolved jointly; nobody has agreed to what is no longer proposed."""
    world, opening = proposed()
    counter = world.say(IRN, "meeting", "counter", [opening], PROPOSED)
    world.meet()
    yes = world.say(PAK, "meeting", "accept", [counter])
    world.say(IRN, "meeting", "counter", [opening], {**PROPOSED, "means": "video"})
    world.meet()
    assert world.case(opening).state == "proposed"
    assert world.of(yes, opening).status is Status.CROSSED
    assert agreed_terms(world.case(opening)) is None


def test_an_answer_is_to_the_newest_proposal() -> None:
    """3-procedures, meeting: accept / counter; one agrees to what is proposed now."""
    world, opening = proposed()
    counter = world.say(IRN, "meeting", "counter", [opening], PROPOSED)
    world.meet()
    newer = world.say(PAK, "meeting", "counter", [counter], {**PROPOSED, "means": "video"})
    world.meet()
    assert ruled(world, newer, entries=[opening, counter]) == ()
    stale = world.say(IRN, "meeting", "accept", [opening])
    assert refused(ruled(world, stale)) == ["meeting-superseded"]
    assert agreed_terms(world.case(opening)) is None
    for act, fields in (("accept", {}), ("decline", {"reason": "not-stated"})):
        assert ruled(world, world.say(IRN, "meeting", act, [newer], fields)) == ()


def test_a_meeting_lies_ahead_at_a_coarse_place_on_the_agreed_map() -> None:
    """3-procedures, territory guard and meeting: a proposal is for a time to come, read on the agreed edition."""
    world, opening = proposed(at={"start_ms": NOW_MS, "end_ms": NOW_MS + DAY_MS})
    assert refused(ruled(world, opening)) == ["date-past"]
    world, opening = proposed(where={"area": SQUARE, "edition": "9" * 64})
    assert refused(ruled(world, opening)) == ["edition-foreign"]
    world, opening = proposed(where={"area": SQUARE, "edition": EDITION})
    assert ruled(world, opening) == ()
    fields = {"reason": "error", "fields": {**PROPOSED, "host": "both"}}
    assert ruled(world, world.say(PAK, "meeting", CORRECT, [opening], fields), ENDS_MS) == ()


def test_declined_or_called_off() -> None:
    """3-procedures, meeting: accept / counter or neither; either side may call off what was agreed."""
    world, opening = proposed()
    world.say(IRN, "meeting", "decline", [opening], {"reason": "not-stated"})
    assert world.case(opening).state == "declined"
    for code in (PAK, IRN):
        world, opening = accepted()
        world.say(code, "meeting", "call off", [opening], {"reason": "incident"})
        assert world.case(opening).state == "called off"


def test_minutes_are_of_a_meeting_that_was_held_and_are_due_after_it() -> None:
    """3-procedures, meeting: -> minutes, after the meeting; both see them due by the time agreed."""
    world, opening, minutes = drafted()
    assert refused(ruled(world, minutes, ENDS_MS - 1)) == ["meeting-early"]
    assert ruled(world, minutes, ENDS_MS) == ()
    world, opening = proposed()
    yes = world.say(IRN, "meeting", "accept", [opening], {"minutes_by_ms": ENDS_MS})
    assert refused(ruled(world, yes)) == ["meeting-early"]
    world, opening = accepted()
    due = next(each for each in obligations(MEETING, world.charters[1], world.case(opening)) if each.duty == "minutes")
    view = owed(due, {due.since: NOW_MS}, AFTER_MS + 1)
    assert (view.view, set(due.debtors)) == (View.OVERDUE, {PAK, IRN})
    world, opening = proposed()
    early = world.say(PAK, "meeting", "draft minutes", [opening], MINUTED, portions=WORDS)
    assert world.of(early, opening).because == "wrong-state"


def test_minutes_are_adopted_by_both_and_never_by_one() -> None:
    """3-procedures, meeting: minutes -> adopted by both; joint things need both signatures on one digest."""
    world, opening, minutes = drafted()
    assert world.case(opening).state == "minutes drafted"
    world.say(PAK, "meeting", "adopt minutes", [minutes], {"digest": minutes.digest})
    other = world.say(IRN, "meeting", "draft minutes", [minutes], {**MINUTED, "actions": []}, portions=WORDS)
    world.meet()
    world.say(IRN, "meeting", "adopt minutes", [other], {"digest": other.digest})
    world.meet()
    assert adopted_minutes(world.case(opening)) is None
    assert actions(world.case(opening)) == ()
    world.say(PAK, "meeting", "adopt minutes", [other], {"digest": other.digest})
    world.meet()
    found = adopted_minutes(world.case(opening))
    assert found is not None
    assert found.held.digest == other.digest
    assert world.case(opening).state == "minutes adopted"


def test_minutes_are_in_parallel_languages() -> None:
    """3-procedures, meeting: minutes both can read; a lacking language is shown."""
    world, opening = accepted()
    minutes = world.say(PAK, "meeting", "draft minutes", [opening], MINUTED, portions=WORDS[:2])
    assert flagged(ruled(world, minutes, ENDS_MS)) == ["language-lacking"]


def test_minutes_drafted_prevail_over_calling_the_meeting_off() -> None:
    """3-procedures: crossed acts are resolved jointly; a meeting that has minutes was held."""
    world, opening = accepted()
    world.say(PAK, "meeting", "draft minutes", [opening], MINUTED, portions=WORDS)
    world.say(IRN, "meeting", "call off", [opening], {"reason": "technical"})
    assert world.case(opening).state == "minutes drafted"


def test_without_agreed_minutes_both_close_it() -> None:
    """3-procedures, joint things: never by one side's word."""
    world, opening, minutes = drafted()
    world.say(PAK, "meeting", "close without minutes", [minutes])
    assert world.case(opening).state == "minutes drafted"
    world.say(IRN, "meeting", "close without minutes", [minutes])
    assert world.case(opening).state == "closed without minutes"


def test_an_action_has_a_date_or_the_words_used_and_a_day_of_review() -> None:
    """3-procedures, commitment: due date or the words used plus a review date; an undated promise is never dated."""
    for action, rule in (
        ({**DATED, "words_used": "immediately"}, "either a due date"),
        ({"owed_by": "both", "theme": "trade"}, "either a due date"),
        ({**LIAISON, "review_ms": 0}, "day of review"),
        ({**DATED, "due_ms": ENDS_MS}, "after the one"),
        ({**LIAISON, "review_ms": ENDS_MS}, "after the one"),
    ):
        assert rule in fault("draft minutes", {**MINUTED, "actions": [action]})
    assert "listed once" in fault("draft minutes", {**MINUTED, "actions": [DATED, DATED]})
    early = {"start_ms": AT_MS, "end_ms": AFTER_MS}
    assert "after the one" in fault("draft minutes", {**MINUTED, "next_meeting": early})
    assert not fault("draft minutes", {**MINUTED, "next_meeting": {"start_ms": AFTER_MS, "end_ms": AFTER_MS}})


def test_actions_become_commitments() -> None:
    """3-procedures, meeting: actions become commitments, proposed by either side with the minutes as their basis."""
    world, opening, minutes = adopted()
    case = world.case(opening)
    assert len(actions(case)) == 2
    assert not_yet_commitments(case, []) == actions(case)
    liaison, dated = actions(case)
    for proposer, owed_by in ((PAK, "opener"), (IRN, "responder")):
        fields = commitment_fields(case, liaison, proposer)
        assert fields["owed_by"] == owed_by
        assert isinstance(read_fields(COMMITMENT.rules["propose"], fields), Promise)
    made = world.say(IRN, "commitment", "propose", [minutes], commitment_fields(case, liaison, IRN), portions=WORDS[:1])
    other = world.say(PAK, "commitment", "propose", [opening], commitment_fields(case, dated, PAK), portions=WORDS[:1])
    found = world.compute(world.all()).cases
    commitments = [found[each.digest] for each in (made, other)]
    assert not_yet_commitments(case, commitments) == (dated,)
    world.say(IRN, "commitment", WITHDRAW, [made], {"reason": "error"})
    assert not_yet_commitments(case, [world.compute(world.all()).cases[made.digest]]) == (liaison, dated)


def test_the_terms_of_an_action_are_those_of_a_commitment() -> None:
    """3-procedures, meeting: actions become commitments, code by code."""
    promise = {each.name: each.type for each in msgspec.structs.fields(Promise)}
    for each in msgspec.structs.fields(Action):
        assert promise[each.name] == each.type


def test_rules_of_an_act_without_its_case_find_what_they_can() -> None:
    """What no case is held for waits; there is nothing to measure it against."""
    world, opening = accepted()
    yes = next(each for each in world.all() if each.act.act == "accept")
    facts = RuleFacts(act=yes.act, fields=MEETING.rules["accept"].fields(), charter=world.charters[1], now_ms=NOW_MS)
    assert check_meeting(facts) == ()
    off = msgspec.structs.replace(yes.act, act="call off")
    assert check_meeting(RuleFacts(act=off, fields=Coded(), charter=world.charters[1], now_ms=0)) == ()
    assert issubclass(MEETING.rules["draft minutes"].fields, Minutes)
    assert world.case(opening).state == "accepted"
