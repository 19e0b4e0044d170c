"""Writing acts: what a procedure refuses is refused before anything is signed, naming the field and the rule."""

from typing import Any

import pytest

from rabita.line.entry import decode_act, decode_approvals, portion_content
from rabita.line.errors import UserFault
from rabita.line.ids import Lane, LogId
from rabita.procedures.catalogue import CATALOGUE
from rabita.services.casework import Wanted, Words, approve, findings, prepare
from rabita.services.terms import BOUNDARY
from tests.procedures.sampling import least
from tests.procedures.world import IRN, PAK
from tests.services.desk import DAY_MS, Desk, signer
from tests.services.transcribed import KEYS, LINE, START_MS


def message(**more: Any) -> Wanted:  # noqa: ANN401 - a field of what is wanted
    given = {"words": (Words("Your patrol is late."),), "precedence": Lane.PRIORITY} | more
    return Wanted(LINE, "message", "send", **given)


def refusal(desk: Desk, wanted: Wanted) -> tuple[str, str]:
    with pytest.raises(UserFault) as fault:
        prepare(desk.book, wanted)
    return fault.value.code, fault.value.detail


def test_an_act_is_prepared_as_it_will_be_sealed() -> None:
    desk = Desk()
    prepared = prepare(
        desk.book, message(posts=("national-operations",), words=(Words("one"), Words("two", withheld=True)))
    )
    act = prepared.act
    assert (act.author, act.kind, act.line, act.procedure) == (PAK, "exercise", LINE, "message")
    assert act.posts == ("national-operations",)
    assert [portion_content(raw) for raw in (*prepared.sent, *prepared.withheld)] == [b"one", b"two"]
    assert [ref.state for ref in act.portions] == ["sent", "withheld"]
    assert decode_act(prepared.raw) == act
    assert prepared.approvals == ("officer",)
    assert prepared.sentence.startswith("X-PAK sends a message.")
    assert desk.clock.at_ms < act.seal_before_ms


def test_each_approval_is_made_in_its_role() -> None:
    desk = Desk()
    draft = approve(prepare(desk.book, message()), [signer(each.role, each.key) for each in KEYS[:2]])
    assert [each.role for each in decode_approvals(draft.approvals)] == ["drafter", "releaser"]
    assert decode_act(draft.act).act == "send"


def test_a_field_that_breaks_a_rule_is_named() -> None:
    desk = Desk()
    assert refusal(desk, message(fields={"wants": "a favour"})) == (
        "field-invalid",
        "wants: Invalid enum value 'a favour'",
    )
    assert refusal(desk, message(fields={"why": 1})) == ("field-unknown", "why")
    sent = desk.say(IRN, "message", "send", portions=desk.world.words("We ask for news."))
    assert refusal(desk, Wanted(LINE, "message", "decline", basis=(sent.digest,))) == ("field-missing", "reason")


def test_words_beyond_the_charter_s_limit_are_refused() -> None:
    desk = Desk()
    long = message(words=(Words("word " * 201),), precedence=Lane.FLASH)
    assert refusal(desk, long) == ("message-too-long", "201 of 200")


def test_an_act_that_its_case_does_not_allow_is_refused() -> None:
    desk = Desk()
    sent = desk.say(PAK, "message", "send", portions=desk.world.words("A patrol is late."))
    assert refusal(desk, Wanted(LINE, "message", "acknowledge", basis=(sent.digest,))) == ("not-your-act", "responder")
    assert refusal(desk, Wanted(LINE, "message", "acknowledge")) == ("case-missing", "basis")
    assert refusal(desk, Wanted(LINE, "message", "acknowledge", basis=("X-PAK-R-0009",)))[0] == "reference-unknown"
    assert refusal(desk, Wanted(LINE, "message", "acknowledge", basis=("0" * 64,)))[0] == "basis-unknown"


def test_what_an_act_answers_may_be_named_on_the_telephone() -> None:
    desk = Desk(IRN)
    sent = desk.say(PAK, "message", "send", portions=desk.world.words("A patrol is late."))
    prepared = prepare(desk.book, Wanted(LINE, "message", "acknowledge", basis=("x-pak-r-0001",)))
    assert prepared.act.basis == (sent.digest,)
    desk.seal(prepared)
    assert [row.state for row in desk.book.index.cases(LINE, "message", "", 0, 9)] == ["acknowledged"]


def test_procedures_and_acts_that_do_not_exist_are_refused() -> None:
    desk = Desk()
    assert refusal(desk, Wanted(LINE, "duel", "challenge"))[0] == "procedure-unknown"
    assert refusal(desk, Wanted(LINE, "message", "shout"))[0] == "act-unknown"
    assert refusal(desk, Wanted("nowhere", "message", "send"))[0] == "line-unknown"


def test_a_portion_of_another_role_is_named_in_the_fields() -> None:
    desk = Desk()
    prepared = prepare(desk.book, message(words=(Words("words"), Words("a note", role="attachment-note"))))
    assert prepared.act.fields["roles"] == ["text", "attachment-note"]
    assert refusal(desk, message(words=(Words("words", role="poem"),)))[0] == "portion-not-allowed"


def test_a_restrictive_marking_without_reason_is_refused() -> None:
    desk = Desk()
    assert refusal(desk, message(marking="TLP:AMBER+STRICT"))[0] == "marking-reason"
    assert refusal(desk, message(marking="VERY SECRET"))[0] == "marking-malformed"


def test_a_suspended_procedure_is_refused_but_for_flash() -> None:
    desk = Desk()
    fields = {"procedures": ["message"], "reason": "incident", "from_ms": START_MS, "until_ms": START_MS + DAY_MS}
    announced = desk.say(IRN, "suspension", "announce", fields=fields)
    assert prepare(desk.book, message()).flags == ()
    begun = desk.say(IRN, "suspension", "begin", [announced], {"procedures": ["message"]})
    assert refusal(desk, message()) == ("procedure-suspended", "message")
    assert prepare(desk.book, message(precedence=Lane.FLASH)).act.precedence is Lane.FLASH
    desk.say(IRN, "suspension", "resume", [begun])
    assert prepare(desk.book, message()).flags == ()


def notice(west: float, east: float, **more: Any) -> Wanted:  # noqa: ANN401 - a coded field
    """Announce an exercise near the line, between two longitudes."""
    corners = [(west, 27.98), (east, 27.98), (east, 28.08), (west, 28.08)]
    area = {"area": [[round(lon * 1e6), round(lat * 1e6)] for lon, lat in corners], "edition": BOUNDARY.digest}
    window = {"start_ms": START_MS + 20 * DAY_MS, "end_ms": START_MS + 25 * DAY_MS}
    fields = {"kind": "exercise", "areas": [area], "window": window, "formation": "brigade", "contact": "pak-ops"}
    return Wanted(LINE, "notice", "announce", fields=fields | more)


def test_the_territory_guard_judges_before_sealing_on_the_edition_the_charter_names() -> None:
    desk = Desk()
    assert prepare(desk.book, notice(63.2, 63.4)).flags == ()
    assert refusal(desk, notice(62.0, 62.2))[0] == "territory-across"
    assert refusal(desk, notice(62.8, 62.9))[0] == "territory-assurance-needed"
    flags = prepare(desk.book, notice(62.8, 62.9, assured=True)).flags
    assert [(each.code, each.refuses) for each in flags] == [("territory-band", False)]


def test_an_announcement_is_compared_with_the_other_side_s_of_the_same_place_and_time() -> None:
    desk = Desk()
    theirs = desk.say(IRN, "notice", "announce", fields=notice(63.2, 63.4).fields)
    assert flagged(desk, notice(63.3, 63.5)) == ["notice-overlap"]
    assert flagged(desk, notice(63.5, 63.7)) == []
    later = {"start_ms": START_MS + 30 * DAY_MS, "end_ms": START_MS + 31 * DAY_MS}
    assert flagged(desk, notice(63.3, 63.5, window=later)) == []
    ours = desk.say(PAK, "notice", "announce", fields=notice(63.5, 63.7).fields)
    fields = {"reason": "error", "fields": notice(63.3, 63.5).fields}
    corrects = Wanted(LINE, "notice", "correct", basis=(ours.digest,), fields=fields)
    assert flagged(desk, corrects) == ["notice-overlap"]
    desk.say(IRN, "notice", "cancel", [theirs], least(CATALOGUE.procedures["notice"].rules["cancel"]))
    assert flagged(desk, notice(63.3, 63.5)) == []


def flagged(desk: Desk, wanted: Wanted) -> list[str]:
    return [each.code for each in prepare(desk.book, wanted).flags]


def test_a_clock_rule_is_judged_by_the_node_s_own_clock() -> None:
    desk = Desk()
    desk.clock.at_ms = START_MS + 10 * DAY_MS
    assert refusal(desk, notice(63.2, 63.4))[0] == "notice-lead-short"


def test_everything_wrong_is_found_at_once() -> None:
    desk = Desk()
    found = findings(desk.book, message(fields={"wants": "a favour"}))
    assert [each.code for each in found][:1] == ["field-invalid"]
    found = findings(
        desk.book, message(marking="TLP:AMBER+STRICT", words=(Words("word " * 201),), precedence=Lane.FLASH)
    )
    assert {each.code for each in found} >= {"message-too-long", "marking-reason", "marking-review"}
    assert all(each.sentence for each in found)
    assert findings(desk.book, message()) == ()


def test_the_log_of_an_act_is_its_lane_s() -> None:
    desk = Desk()
    held = desk.seal(prepare(desk.book, message()))
    assert desk.row(held).log == LogId(PAK, 1, Lane.PRIORITY)
