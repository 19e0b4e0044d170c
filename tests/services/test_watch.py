"""A watch is handed over with what is open, named by post, signed by both officers; and what tests say of the line."""

import msgspec
import pytest

from rabita.line.errors import PeerFault, UserFault
from rabita.line.ids import Lane, LogId
from rabita.procedures.line_test import LineState
from rabita.services.duty_directory import directory_of, keep_directory, on_duty, watch_order
from rabita.services.line_tests import line_tests
from rabita.services.watch import check_handover, draft_handover, handovers, sign_handover
from tests.procedures.world import IRN, PAK, SERVICE_ONLY
from tests.services.desk import Desk, signer
from tests.services.transcribed import KEYS, LINE

OFFICERS = [signer(each.role, each.key) for each in KEYS[:2]]
HOUR_MS = 3_600_000


def test_a_handover_lists_what_is_open() -> None:
    desk = Desk()
    desk.say(IRN, "message", "send", portions=desk.world.words("Please answer."))
    desk.say(PAK, "message", "send", portions=desk.world.words("And you."))
    found = draft_handover(desk.book, "", "watch-day", "watch-night", "All quiet.")
    assert [row.duty for row in found.owed_by_us] == [row.duty for row in found.owed_to_us] == ["handle"]
    assert (found.number, found.since_ms, found.state, found.ringing) == (1, 0, "up", ())
    assert (found.from_post, found.to_post, found.at_ms) == ("watch-day", "watch-night", desk.clock.at_ms)


def test_a_handover_says_how_much_there_is_that_it_does_not_list() -> None:
    desk = Desk()
    for _ in range(3):
        desk.say(IRN, "message", "send", portions=desk.world.words("Please answer."))
    desk.say(PAK, "message", "send", portions=desk.world.words("And you."))
    found = draft_handover(desk.book, LINE, "day", "night", listed=2)
    assert (len(found.owed_by_us), found.owing_by_us) == (2, 3)
    assert (len(found.owed_to_us), found.owing_to_us) == (1, 1)
    kept = sign_handover(desk.book.store, found, OFFICERS)
    assert kept.handover == found


def test_a_handover_from_before_duties_were_counted_is_still_read() -> None:
    desk = Desk()
    kept = sign_handover(desk.book.store, draft_handover(desk.book, LINE, "day", "night"), OFFICERS)
    plain = msgspec.json.decode(kept.record)
    older = {name: value for name, value in plain.items() if not name.startswith("owing")}
    read = msgspec.structs.replace(kept, record=msgspec.json.encode(older)).handover
    assert (read.owing_by_us, read.owing_to_us) == (0, 0)


def test_both_officers_sign_and_the_next_one_follows() -> None:
    desk = Desk()
    kept = sign_handover(desk.book.store, draft_handover(desk.book, LINE, "day", "night"), OFFICERS)
    check_handover(kept)
    assert [each.post for each in kept.signatures] == ["day", "night"]
    desk.clock.at_ms += HOUR_MS
    second = draft_handover(desk.book, LINE, "night", "day")
    assert (second.number, second.since_ms) == (2, kept.handover.at_ms)
    sign_handover(desk.book.store, second, OFFICERS[::-1])
    assert [each.handover.from_post for each in handovers(desk.book.store, LINE)] == ["day", "night"]
    assert handovers(desk.book.store, "another") == ()


def test_a_handover_needs_two_posts_and_two_officers() -> None:
    desk = Desk()
    for posts in (("day", "day"), ("", "day"), ("day", "")):
        with pytest.raises(UserFault, match="handover-same"):
            draft_handover(desk.book, LINE, *posts)
    found = draft_handover(desk.book, LINE, "day", "night")
    for signers in (OFFICERS[:1], OFFICERS[:1] * 2, []):
        with pytest.raises(UserFault, match="role-missing"):
            sign_handover(desk.book.store, found, signers)
    assert handovers(desk.book.store, LINE) == ()


def test_a_handover_that_was_changed_shows() -> None:
    desk = Desk()
    kept = sign_handover(desk.book.store, draft_handover(desk.book, LINE, "day", "night"), OFFICERS)
    changed = msgspec.structs.replace(kept, record=kept.record.replace(b"night", b"noons"))
    with pytest.raises(PeerFault, match="signature-false"):
        check_handover(changed)


def test_tests_of_the_line_are_read_off_their_cases() -> None:
    desk = Desk()
    assert line_tests(desk.book).ours == ()
    lane = Lane.IMMEDIATE
    ours = desk.say(PAK, "line test", "test automatically", lane=lane, approvals=SERVICE_ONLY)
    theirs = desk.say(IRN, "line test", "test automatically", lane=lane, approvals=SERVICE_ONLY)
    found = line_tests(desk.book, LINE)
    assert found.asked == (theirs.digest,)
    assert found.last_automatic_ms == desk.row(ours).held_ms
    desk.holder.receipt(LogId(PAK, 1, lane), 1, desk.row(ours).held_ms // 1_000)
    desk.say(PAK, "line test", "answer automatically", [theirs], lane=lane, approvals=SERVICE_ONLY)
    desk.say(IRN, "line test", "answer automatically", [ours], lane=lane, approvals=SERVICE_ONLY)
    desk.clock.at_ms = desk.row(ours).held_ms + 60_000
    found = line_tests(desk.book, LINE)
    assert found.asked == ()
    assert (found.report.state, found.report.alarm) == (LineState.UP, False)
    desk.clock.at_ms += 5 * HOUR_MS
    assert line_tests(desk.book, LINE).report.alarm


def directory(*posts: str) -> bytes:
    hours = [{"days": [0, 1, 2, 3, 4, 5, 6], "from_minute": 0, "until_minute": 720}]
    plain = {"telephones": ["+92 51 000"], "languages": ["ur", "en"], "hours": hours}
    return msgspec.json.encode({"posts": [{"code": each, "party": PAK} | plain for each in posts]})


def test_the_newest_duty_directory_is_in_force() -> None:
    store = Desk().book.store
    assert directory_of(store, LINE) is None
    assert on_duty(store, LINE, PAK, 0) == ()
    assert watch_order(store, LINE, PAK) == ()
    keep_directory(store, LINE, directory("ops"))
    assert directory_of(store, LINE, agreed=True) is None
    keep_directory(store, LINE, directory("ops", "director"), agreed=True)
    assert directory_of(store, LINE, agreed=True) == directory_of(store, LINE)
    assert watch_order(store, LINE, PAK) == ("ops", "director")
    assert watch_order(store, LINE, IRN) == ()
    assert [post.code for post in on_duty(store, LINE, PAK, 0)] == ["ops", "director"]
    assert on_duty(store, LINE, PAK, 13 * HOUR_MS) == ()
    with pytest.raises(UserFault):
        keep_directory(store, LINE, b"{}")
