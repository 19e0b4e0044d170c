"""Registers show each case with what its procedure's own views say, as plain data."""

import msgspec
import pytest

from rabita.line.errors import UserFault
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.held import Held
from rabita.services.registers import commitments, incidents, measures, notices, register, roster
from tests.procedures.sampling import least
from tests.procedures.world import IRN, PAK
from tests.services.desk import Desk
from tests.services.transcribed import LINE


def begin(desk: Desk, procedure: str, act: str, **more: object) -> Held:
    rule = CATALOGUE.procedures[procedure].rules[act]
    return desk.say(PAK, procedure, act, fields=least(rule) | more)


def test_incidents_show_both_accounts_field_by_field() -> None:
    desk = Desk()
    report = begin(desk, "incident", "report")
    rule = CATALOGUE.procedures["incident"].rules["account"]
    desk.say(IRN, "incident", "account", [report], least(rule))
    (row,) = incidents(desk.book).rows
    assert row.case.id == report.digest
    assert set(row.view) >= {"fields", "agreed", "disputed"}
    assert row.view["agreed"]
    assert {each["verdict"] for each in row.view["fields"] if each["field"] in row.view["agreed"]} == {"agreed"}
    msgspec.json.encode(row)


def test_commitments_show_their_terms_once_both_signed() -> None:
    desk = Desk()
    proposed = begin(desk, "commitment", "propose")
    (row,) = commitments(desk.book, LINE).rows
    assert (row.view["standing"], row.view["terms"]) == ("proposed", None)
    for code in (PAK, IRN):
        desk.say(code, "commitment", "confirm", [proposed], {"digest": proposed.digest})
    (row,) = commitments(desk.book, LINE).rows
    assert row.view["standing"] in ("open", "overdue", "lapsed")
    assert row.view["terms"] is not None


def test_the_roster_shows_who_is_nominated_for_which_post() -> None:
    desk = Desk()
    begin(desk, "accreditation", "nominate")
    (row,) = roster(desk.book).rows
    assert row.view["stands"] is False
    assert set(row.view["tour"]) == {"start_ms", "end_ms"}


def test_measures_show_their_components() -> None:
    desk = Desk()
    begin(desk, "measure", "declare")
    (row,) = measures(desk.book).rows
    assert len(row.view["components"]) == 1
    assert row.view["days_to_restoration"] is None


def test_notices_are_found_by_the_time_they_are_for() -> None:
    desk = Desk()
    times = [(1_705_500_000_000, 1_705_600_000_000), (1_706_000_000_000, 1_706_100_000_000)]
    held = [begin(desk, "notice", "announce", window={"start_ms": start, "end_ms": end}) for start, end in times]
    assert [row.case.id for row in notices(desk.book).rows] == [held[1].digest, held[0].digest]
    assert [row.case.id for row in notices(desk.book, until_ms=1_705_700_000_000).rows] == [held[0].digest]
    assert [row.case.id for row in notices(desk.book, from_ms=1_705_700_000_000).rows] == [held[1].digest]
    first = notices(desk.book, count=1)
    second = notices(desk.book, cursor=first.next, count=1)
    assert [row.case.id for row in (*first.rows, *second.rows)] == [held[1].digest, held[0].digest]
    assert notices(desk.book, cursor=second.next or "1", count=1).rows == ()
    (row,) = notices(desk.book, from_ms=1_705_700_000_000).rows
    assert row.view["announced"]["window"] == {"start_ms": times[1][0], "end_ms": times[1][1]}


def test_a_register_goes_on_page_by_page_and_by_state() -> None:
    desk = Desk()
    held = [begin(desk, "measure", "declare").digest for _ in range(3)]
    page = register(desk.book, "measure", count=2)
    rest = register(desk.book, "measure", cursor=page.next, count=2)
    assert [row.case.id for row in (*page.rows, *rest.rows)] == held[::-1]
    assert register(desk.book, "measure", state=page.rows[0].case.state, count=2).rows == page.rows
    assert register(desk.book, "measure", state="nowhere").rows == ()
    with pytest.raises(UserFault, match="procedure-unknown"):
        register(desk.book, "message")
