"""RFI: two clocks, an end to its value, a purpose and a justification, and never a question about a person."""

from typing import Any, Final, get_args, get_type_hints

import pytest

from rabita.line.errors import UserFault
from rabita.procedures.engine.check import check
from rabita.procedures.engine.duties import Obligation, View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.rfi import RFI, Asked
from tests.procedures.carrying import Carried, carry, codes, found
from tests.procedures.ruling import NOW_MS
from tests.procedures.world import HOUR_S, IRN, PAK, World, charter

HOUR_MS: Final = HOUR_S * 1000
DAY_MS: Final = 24 * HOUR_MS
ASKED: Final = {
    "subject": "armed-group",
    "purpose": "prevent-attack",
    "urgency": "normal",
    "latest_time_of_value_ms": NOW_MS + 30 * DAY_MS,
}
WORDS: Final = (Carried("question"), Carried("justification"))


def asking(urgency: str = "normal", **fields: Any) -> tuple[World, Held]:  # noqa: ANN401 - a coded field
    w = World()
    deadlines = {**charter().deadlines_s, "rfi-urgent": 8 * HOUR_S, "rfi-normal": 7 * 24 * HOUR_S}
    w.charters[1] = charter(deadlines_s=deadlines)
    opening = carry(w, PAK, "rfi", "ask", fields={**ASKED, "urgency": urgency, **fields}, carried=WORDS)
    w.meet()
    return w, opening


def duty(w: World, opening: Held, name: str) -> list[Obligation]:
    return [each for each in obligations(RFI, w.charters[1], w.case(opening)) if each.duty == name]


@pytest.mark.parametrize(("urgency", "hours"), [("urgent", 8), ("normal", 168)])
def test_urgent_8_hours_normal_7_days(urgency: str, hours: int) -> None:
    """3-procedures, RFI: "urgent 8 h, normal 7 days" (EU 2023/977), from receipt to receipt."""
    w, opening = asking(urgency)
    (due,) = duty(w, opening, f"{urgency} answer")
    assert due.debtors == (IRN,)
    received = {opening.digest: NOW_MS}
    assert owed(due, received, NOW_MS).due_ms == NOW_MS + hours * HOUR_MS
    assert owed(due, received, NOW_MS + hours * HOUR_MS).view is View.OWED
    assert owed(due, received, NOW_MS + hours * HOUR_MS + 1).view is View.OVERDUE
    answer = w.say(IRN, "rfi", "answer", [opening], {"found": "held"})
    (met,) = duty(w, opening, f"{urgency} answer")
    assert owed(met, {**received, answer.digest: NOW_MS + HOUR_MS}, NOW_MS + DAY_MS).view is View.MET


def test_a_question_back_stops_the_clock_and_its_answer_starts_it_anew() -> None:
    """field.md, clocks: EU 2023/977 counts the time from when the request is clear."""
    w, opening = asking("normal")
    w.say(IRN, "rfi", "accept", [opening])
    back = w.say(IRN, "rfi", "ask back", [opening])
    w.meet()
    assert w.case(opening).state == "clarification asked"
    assert duty(w, opening, "normal answer")[0].met_by == back.digest
    (clarify,) = duty(w, opening, "clarify")
    assert (clarify.debtors, clarify.allowed_ms) == ((PAK,), 6 * HOUR_MS)
    clear = w.say(PAK, "rfi", "clarify", [back], {"urgency": "urgent"})
    assert w.case(opening).state == "asked"
    assert [each.since for each in duty(w, opening, "urgent answer")] == [clear.digest]


def test_question_purpose_justification_and_latest_time_of_value_are_mandatory() -> None:
    """3-procedures, RFI: "ask (question, purpose, justification, latest time of value)"."""
    w = World()
    for name in ("purpose", "latest_time_of_value_ms", "urgency", "subject"):
        held = carry(w, PAK, "rfi", "ask", (), {key: value for key, value in ASKED.items() if key != name}, WORDS)
        assert held.act is not None
        with pytest.raises(UserFault) as fault:
            check(RFI, w.charters[1], None, held.act)
        assert (fault.value.code, fault.value.detail) == ("field-missing", name)
    for carried in (WORDS[:1], WORDS[1:]):
        held = carry(w, PAK, "rfi", "ask", (), ASKED, carried)
        assert held.act is not None
        with pytest.raises(UserFault, match="portion-lacking"):
            check(RFI, w.charters[1], None, held.act)
    held = carry(w, PAK, "rfi", "ask", (), {**ASKED, "latest_time_of_value_ms": 0}, WORDS)
    assert w.of(held, held).because == "field-invalid"


def test_the_latest_time_of_value_lies_ahead_and_after_the_answer_is_due() -> None:
    """3-procedures, RFI: "latest time of value"."""
    w, opening = asking(latest_time_of_value_ms=NOW_MS)
    assert codes(found(w, opening, WORDS)) == ["date-past"]
    w, opening = asking(latest_time_of_value_ms=NOW_MS + DAY_MS)
    assert codes(found(w, opening, WORDS)) == ["(rfi-value-short)"]
    w, opening = asking("urgent", latest_time_of_value_ms=NOW_MS + DAY_MS)
    assert codes(found(w, opening, WORDS)) == []


def test_an_answer_after_the_latest_time_of_value_is_flagged_by_the_request_as_corrected() -> None:
    """3-procedures, RFI: "latest time of value"; corrections keep history."""
    w, opening = asking()
    answer = w.say(IRN, "rfi", "answer", [opening], {"found": "obtained", "grade": {"source": "B", "information": "2"}})
    assert codes(found(w, answer, (), NOW_MS + 31 * DAY_MS)) == ["(rfi-past-value)"]
    assert codes(found(w, answer, (), NOW_MS + 29 * DAY_MS)) == []
    later = {**ASKED, "latest_time_of_value_ms": NOW_MS + 60 * DAY_MS}
    correction = w.say(PAK, "rfi", "correct", [opening], {"reason": "error", "fields": later})
    assert codes(found(w, answer, (), NOW_MS + 31 * DAY_MS)) == []
    assert codes(found(w, correction, (), NOW_MS + 90 * DAY_MS)) == []


def test_never_turned_into_collection_against_persons() -> None:
    """3-procedures, RFI: "never turned into collection against persons": no subject, no words."""
    subjects = get_args(get_type_hints(Asked)["subject"])
    assert not {"person", "individual", "suspect", "family", "phone", "vehicle"} & set(subjects)
    w, opening = asking()
    personal = (Carried("question", marking="PERSONAL investigation/suspect/90"), WORDS[1])
    held = carry(w, PAK, "rfi", "ask", (), ASKED, personal)
    assert codes(found(w, held, personal)) == ["rfi-person"]
    answered = (Carried("answer", marking="PERSONAL investigation/suspect/90"),)
    answer = carry(w, IRN, "rfi", "answer", [opening], {"found": "held"}, answered)
    assert codes(found(w, answer, answered)) == ["rfi-person"]


@pytest.mark.parametrize("reason", ["collection-against-persons", "suspected-torture", "ethnicity-belief-or-speech"])
def test_refused_with_a_reason(reason: str) -> None:
    """3-procedures, RFI: "refuse with reason"; 1-mechanism: torture has its own reason code."""
    w, opening = asking()
    w.say(IRN, "rfi", "refuse", [opening], {"reason": reason})
    assert w.case(opening).state == "refused"
    w, opening = asking()
    unreasoned = w.say(IRN, "rfi", "refuse", [opening])
    assert w.of(unreasoned, opening).because == "field-missing"


def test_an_answer_suspected_to_stem_from_torture_is_not_taken() -> None:
    """1-mechanism: information suspected to stem from torture is refused with its own reason code."""
    w, opening = asking()
    part = w.say(IRN, "rfi", "answer in part", [opening], {"found": "held"})
    w.meet()
    assert w.case(opening).state == "partly answered"
    w.say(PAK, "rfi", "reject answer", [part], {"reason": "suspected-torture"})
    w.meet()
    assert w.case(opening).state == "accepted"
    (again,) = duty(w, opening, "answer again")
    assert owed(again, {again.since: NOW_MS}, NOW_MS + 365 * DAY_MS).view is View.OWED
    w.say(IRN, "rfi", "answer", [opening], {"found": "nothing-held"})
    w.meet()
    w.say(PAK, "rfi", "take answer", [opening])
    assert w.case(opening).state == "satisfied"


def test_several_answers_then_satisfied_or_closed() -> None:
    """3-procedures, RFI: "answer(s) → satisfied / closed"."""
    w, opening = asking()
    for act in ("answer in part", "answer in part", "answer", "answer"):
        w.say(IRN, "rfi", act, [opening], {"found": "held"})
    w.meet()
    assert len(w.case(opening).effective("answer", "answer in part")) == 4
    w.say(PAK, "rfi", "close", [opening], {"reason": "past-its-value"})
    assert w.case(opening).state == "closed"


@pytest.mark.parametrize(
    ("ours", "theirs", "state"),
    [
        (("close", {"reason": "no-longer-needed"}), ("answer", {"found": "held"}), "closed"),
        (("close", {"reason": "no-longer-needed"}), ("refuse", {"reason": "policy"}), "closed"),
        (("take answer", {}), ("refuse", {"reason": "policy"}), "satisfied"),
        (("take answer", {}), ("answer", {"found": "held"}), "answered"),
        (("reject answer", {"reason": "unreadable"}), ("refuse", {"reason": "policy"}), "refused"),
        (("reject answer", {"reason": "unreadable"}), ("answer in part", {"found": "held"}), "partly answered"),
    ],
)
def test_what_crosses_is_settled_whoever_did_it(
    ours: tuple[str, dict[str, str]], theirs: tuple[str, dict[str, str]], state: str
) -> None:
    """3-procedures: acts of the two sides at one depth are resolved jointly, by kind and never by party."""
    w, opening = asking()
    part = w.say(IRN, "rfi", "answer in part", [opening], {"found": "held"})
    w.meet()
    w.say(PAK, "rfi", ours[0], [part], ours[1])
    w.say(IRN, "rfi", theirs[0], [part], theirs[1])
    w.meet()
    assert w.case(opening).state == state


def test_a_grade_holds_together_and_is_of_something() -> None:
    """field.md: source and information apart, one scheme; nothing held has no grade."""
    w, opening = asking()
    mixed = {"source": "X", "information": "6"}
    for fields in (
        {"found": "held", "grade": mixed},
        {"found": "nothing-held", "grade": {"source": "A", "information": "1"}},
    ):
        answer = w.say(IRN, "rfi", "answer", [opening], fields)
        assert w.of(answer, opening).status is Status.VOID
