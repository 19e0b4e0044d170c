"""What desk, REST and command line read: lists page by page, one case in full, everything said in words."""

from typing import Any

import pytest

from rabita.line.errors import UserFault
from rabita.line.ids import Lane, LogId
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.held import Held
from rabita.services import case_reads
from rabita.services.case_reads import Cases, Traffic, act, case, case_list, contents, fingerprints, state_digest
from rabita.services.case_views import ActLine
from rabita.services.casebook import Page
from rabita.services.duties_read import owed, ringing
from tests.procedures.sampling import least
from tests.procedures.world import IRN, OFFICERS, PAK
from tests.services.desk import DAY_MS, Desk
from tests.services.transcribed import LINE


def send(desk: Desk, author: str, text: str, lane: Lane = Lane.ROUTINE, **more: object) -> Held:
    return desk.say(author, "message", "send", lane=lane, portions=desk.world.words(text), **more)


def talked() -> tuple[Desk, dict[str, Held]]:
    """Have both sides say a few things."""
    desk = Desk()
    held = {
        "ours": send(desk, PAK, "A patrol is late.", posts=("national-operations",)),
        "theirs": send(desk, IRN, "Shots were heard.", Lane.IMMEDIATE),
        "stop": desk.say(IRN, "stop request", "stop", fields=least(STOP.rules["stop"]), lane=Lane.FLASH),
    }
    held["answer"] = desk.say(IRN, "message", "acknowledge", [held["ours"]])
    return desk, held


STOP = CATALOGUE.procedures["stop request"]


def references(page: Page[ActLine]) -> list[str]:
    return [row.reference for row in page.rows]


def listed(desk: Desk, count: int = 50, **wanted: Any) -> list[str]:  # noqa: ANN401 - a filter's field
    """List traffic through all its pages, this many at a time."""
    found, cursor = [], ""
    while True:
        page = case_reads.traffic(desk.book, Traffic(**wanted), cursor, count)
        assert len(page.rows) <= count
        found += references(page)
        cursor = page.next
        if not cursor:
            return [each for each in found if "-C-" not in each]


def test_traffic_is_listed_newest_first_and_page_by_page() -> None:
    desk, _ = talked()
    whole = ["X-IRN-R-0001", "X-IRN-F-0001", "X-IRN-I-0001", "X-PAK-R-0001"]
    assert listed(desk) == whole
    for count in (1, 2, 3):
        assert listed(desk, count) == whole


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"party": PAK}, ["X-PAK-R-0001"]),
        ({"lane": "FLASH"}, ["X-IRN-F-0001"]),
        ({"procedure": "message", "party": IRN}, ["X-IRN-R-0001", "X-IRN-I-0001"]),
        ({"post": "national-operations"}, ["X-PAK-R-0001"]),
        ({"post": "nobody"}, []),
        ({"line": "li", "lane": "IMMEDIATE"}, ["X-IRN-I-0001"]),
        ({"procedure": "message", "state": "acknowledged"}, ["X-PAK-R-0001"]),
        ({"state": "sent"}, ["X-IRN-I-0001"]),
        ({"unacknowledged": True}, ["X-IRN-F-0001", "X-IRN-I-0001"]),
        ({"unacknowledged": True, "procedure": "message"}, ["X-IRN-I-0001"]),
        ({"unacknowledged": True, "lane": "FLASH"}, ["X-IRN-F-0001"]),
        ({"unacknowledged": True, "state": "sent"}, ["X-IRN-I-0001"]),
        ({"unacknowledged": True, "party": PAK}, []),
        ({"state": "acknowledged", "post": "national-operations"}, ["X-PAK-R-0001"]),
    ],
)
def test_traffic_is_narrowed(wanted: dict[str, Any], found: list[str]) -> None:
    desk, _ = talked()
    assert listed(desk, **wanted) == listed(desk, 1, **wanted) == found


def test_an_act_in_a_list_says_itself_whole() -> None:
    desk, held = talked()
    (row,) = case_reads.traffic(desk.book, Traffic(party=PAK, lane="ROUTINE")).rows
    assert row.sentence == "X-PAK sends a message."
    assert (row.text, row.status, row.standing) == ("A patrol is late.", "effective", "In effect.")
    assert (row.case, row.state, row.digest) == (held["ours"].digest, "acknowledged", held["ours"].digest)
    assert (row.ours, row.posts, row.withheld) == (True, ("national-operations",), 0)


def test_acts_in_no_case_say_why() -> None:
    desk, held = talked()
    desk.world.say(PAK, "message", "acknowledge", approvals=OFFICERS)
    unknown = desk.world.say(PAK, "duel", "challenge")
    early = desk.world.say(IRN, "message", "send", portions=desk.world.words("Not here yet."), lane=Lane.PRIORITY)
    desk.world.meet()
    desk.world.say(PAK, "message", "acknowledge", [early])
    desk.holder.take_waiting(Lane.ROUTINE, PAK, 9)
    desk.indexer.catch_up()
    rows = case_reads.traffic(desk.book, Traffic(party=PAK), count=3).rows
    assert [(row.status, row.because) for row in rows] == [
        ("waiting", ""),
        ("stray", "procedure-unknown"),
        ("stray", "case-missing"),
    ]
    assert rows[1].sentence == "X-PAK: duel challenge."
    assert all(row.standing for row in rows)
    assert held["ours"].digest != unknown.digest
    control = case_reads.traffic(desk.book, Traffic(lane="CONTROL"), count=1).rows
    assert [(row.status, row.standing) for row in control] == [("line", "An act of the line itself.")]


def test_cases_are_listed_by_their_last_activity() -> None:
    desk, held = talked()
    rows = case_list(desk.book).rows
    assert [row.id for row in rows] == [held["ours"].digest, held["stop"].digest, held["theirs"].digest]
    assert [row.state for row in rows] == ["acknowledged", rows[1].state, "sent"]
    first = rows[0]
    assert (first.reference, first.title, first.acts, first.text) == ("X-PAK-R-0001", "Message", 2, "A patrol is late.")
    assert first.sentence == "X-IRN acknowledged the message."
    page = case_list(desk.book, count=2)
    assert [row.id for row in case_list(desk.book, cursor=page.next, count=2).rows] == [held["theirs"].digest]


def test_cases_are_narrowed_by_procedure_state_and_whether_they_go_on() -> None:
    desk, held = talked()
    refused = desk.say(PAK, "message", "decline", [held["theirs"]], {"reason": "policy"})
    assert [row.id for row in case_list(desk.book, Cases(procedure="message")).rows][:1] == [held["theirs"].digest]
    assert [row.id for row in case_list(desk.book, Cases(state="refused")).rows] == [held["theirs"].digest]
    assert [row.id for row in case_list(desk.book, Cases("message", open_only=True)).rows] == [held["ours"].digest]
    assert case_list(desk.book, Cases("message", "sent")).rows == ()
    assert refused.author == PAK


def test_one_case_in_full() -> None:
    desk, held = talked()
    found = case(desk.book, LINE, "X-IRN-R-0001")
    assert found == case(desk.book, "", held["ours"].digest)
    assert [(row.reference, row.status) for row in found.acts] == [
        ("X-PAK-R-0001", "effective"),
        ("X-IRN-R-0001", "effective"),
    ]
    assert found.acts[1].basis == (held["ours"].digest,)
    assert {each.act for each in found.next} == {"reply", "translate"}
    assert [(each.duty, each.view) for each in found.duties] == [("handle", "met")]
    assert found.explained == "X-IRN acknowledged the message."
    with pytest.raises(UserFault, match="case-unknown"):
        case(desk.book, LINE, "X-IRN-C-0001")
    with pytest.raises(UserFault, match="case-unknown"):
        case(desk.book, LINE, "0" * 64)


def test_corrected_fields_are_shown_as_corrected_in_their_case() -> None:
    desk, held = talked()
    fields = {"reason": "error", "fields": {"wants": "reply"}}
    desk.say(PAK, "message", "correct", [held["ours"]], fields)
    shown = case(desk.book, LINE, held["ours"].digest)
    assert shown.acts[0].fields == {"wants": "reply"}
    assert act(desk.book, LINE, held["ours"].digest).fields == {}


def test_cases_that_name_each_other_are_found_both_ways() -> None:
    desk, held = talked()
    incident = CATALOGUE.procedures["incident"]
    report = desk.say(PAK, "incident", "report", [held["theirs"]], least(incident.rules["report"]))
    assert case(desk.book, LINE, report.digest).refers_to == (held["theirs"].digest,)
    assert case(desk.book, LINE, held["theirs"].digest).referred_by == (report.digest,)


def test_joint_results_are_shown_with_whether_they_stand() -> None:
    desk, _ = talked()
    rules = CATALOGUE.procedures["incident"].rules
    report = desk.say(PAK, "incident", "report", fields=least(rules["report"]))
    proposed = desk.say(PAK, "incident", "propose finding", [report], least(rules["propose finding"]))
    for code in (PAK, IRN):
        desk.say(code, "incident", "sign finding", [proposed], {"digest": proposed.digest})
    (joint,) = case(desk.book, LINE, report.digest).joint
    assert (joint.name, joint.digest, joint.stands) == ("finding", proposed.digest, True)
    assert "stands" in joint.standing


def test_texts_of_a_case_are_those_sent_and_those_disclosed_since() -> None:
    desk = Desk(IRN)
    portions = desk.world.words("A part.", withheld="The rest.")
    said = desk.say(PAK, "message", "send", portions=portions)
    assert list(contents(desk.book, LINE, said.digest).values()) == ["A part."]
    disclosed = desk.world.words("The rest.")
    desk.say(PAK, "message", "reply", [said], portions=disclosed)
    assert contents(desk.book, LINE, said.digest)[portions[1].digest] == "The rest."


def test_one_act_in_full_shows_what_its_rules_flag() -> None:
    desk = Desk()
    long = desk.say(IRN, "message", "send", portions=desk.world.words("word " * 201), lane=Lane.FLASH, marking="odd")
    shown = act(desk.book, LINE, long.digest)
    assert {each.code for each in shown.flags} == {"message-too-long", "marking-malformed"}
    assert not any(each.refuses for each in shown.flags)
    assert shown.status == "effective"


def test_what_is_owed_is_listed_by_deadline() -> None:
    desk, _ = talked()
    ours = owed(desk.book, LINE, "us")
    assert [(row.procedure, row.view) for row in ours.rows] == [("stop request", "overdue"), ("message", "overdue")]
    assert ours.rows[1].sentence.startswith("X-PAK: acknowledge the message, overdue since")
    assert ours.rows[0].rings
    page = owed(desk.book, LINE, "us", count=1)
    assert [row.procedure for row in owed(desk.book, LINE, "us", page.next, 1).rows] == ["message"]
    assert owed(desk.book, LINE, "them").rows == ()
    send(desk, PAK, "And now?")
    (theirs,) = owed(desk.book, LINE, "them").rows
    assert (theirs.view, theirs.debtors, theirs.due_ms) == ("not yet received", (IRN,), 0)
    log = LogId(PAK, 1, Lane.ROUTINE)
    desk.holder.receipt(log, 2, desk.clock.at_ms // 1_000)
    desk.indexer.catch_up()
    (theirs,) = owed(desk.book, LINE, "them").rows
    assert (theirs.view, theirs.due_ms - theirs.since_ms) == ("owed", 6 * 3_600_000)
    desk.clock.at_ms += DAY_MS
    assert owed(desk.book, LINE, "them").rows[0].view == "overdue"


def test_what_rings_rings_until_it_is_answered() -> None:
    desk, held = talked()
    assert [row.case for row in ringing(desk.book)] == [held["stop"].digest]
    rule = STOP.rules["will comply"]
    desk.say(PAK, "stop request", "will comply", [held["stop"]], least(rule), Lane.FLASH)
    assert ringing(desk.book, LINE) == ()


def test_two_nodes_that_hold_the_same_have_one_digest() -> None:
    desk, _ = talked()
    other = Desk(IRN, desk.world)
    assert fingerprints(desk.book, LINE) == fingerprints(other.book, LINE)
    assert state_digest(desk.book, LINE) == state_digest(other.book, LINE)
    send(desk, PAK, "One more.")
    assert state_digest(desk.book, LINE) != state_digest(other.book, LINE)


def test_a_cursor_that_is_none_is_refused() -> None:
    desk, _ = talked()
    for cursor in ("x", "1.2", "-1", "9" * 30, "²"):
        with pytest.raises(UserFault, match="cursor-malformed"):
            case_reads.traffic(desk.book, Traffic(), cursor)
