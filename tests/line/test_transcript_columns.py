"""A batch read a column at a time says what its entries say one by one, and no stamp passes that only looks right."""

import json
from hashlib import sha256
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.entry import NO_APPROVALS, Entry, encode, entry_leaf
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane, LogId
from rabita.line.transcript_batch import Columns, digests
from rabita.line.transcript_order import Follower
from rabita.line.transcript_skim import skim
from tests.line.test_transcript_crafted import LOG, act, entry, report_of, stamp

ID: Final = "ab" * 16
TIME_MS: Final = 1_706_486_400_000
WORDS: Final = (b"", bytes(16), bytes(16) + b"words")


def timed(n: int, prev: bytes, time_ms: int = TIME_MS, **changed: object) -> bytes:
    """Write a stamp with a time as clocks give it; *changed* members stand where they stood."""
    return encode({**json.loads(stamp(n, prev)), "time_ms": time_ms, **changed})


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw an entry whose act may list what does not come with it."""
    words = draw(st.lists(st.sampled_from(WORDS), max_size=2))
    refs: list[Any] = [{"digest": sha256(raw).hexdigest(), "state": "sent"} for raw in words]
    refs += draw(st.lists(st.just({"digest": "00" * 32, "state": "withheld"}), max_size=1))
    act_id = draw(st.sampled_from((ID, ID.upper(), "ab", "no id", ID + " ")))
    raw = draw(st.sampled_from((encode({"id": act_id, "portions": refs}), b"{", b'{"portions":[]}')))
    portions = [draw(st.sampled_from((each, each, each, None, b"other"))) for each in words]
    return Entry(b"", raw, draw(st.sampled_from((NO_APPROVALS, b"[ ]"))), tuple(portions))


def in_columns(batch: list[Entry]) -> Columns:
    return Columns(*zip(*batch, strict=True))


def skimmed(batch: list[Entry]) -> tuple[Any, ...] | str:
    try:
        found = skim(5, in_columns(batch), "line", LOG)
    except PeerFault as fault:
        return f"{fault.code} {fault.detail}"
    return list(found.ids), found.sent, found.withheld, list(found.purged), found.faults


@given(st.lists(entries(), min_size=1, max_size=4))
def test_a_batch_says_what_its_entries_say(batch: list[Entry]) -> None:
    ids: list[str] = []
    sent, withheld, purged, faults = 0, 0, list[int](), dict[int, str]()
    for place, each in enumerate(batch):
        alone = skimmed([each])
        if isinstance(alone, str):
            assert skimmed(batch) == alone.replace("entry 5", f"entry {5 + place}")
            return
        ids += alone[0]
        sent, withheld = sent + alone[1], withheld + alone[2]
        purged += [5 + place for _ in alone[3]]
        faults.update((5 + place, code) for code in alone[4].values())
    assert skimmed(batch) == (ids, sent, withheld, purged, faults)
    assert all(not each or each == ID for each in ids)
    assert digests(in_columns(batch)).leaves == [entry_leaf(each) for each in batch]


def run_of(*stamps: bytes) -> tuple[list[int], dict[int, str]]:
    """Follow stamps as one batch; gives the numbers at which a run begins, and what is wrong with stamps."""
    follower = Follower(json.loads(stamp(1))["line"], LOG)
    leaves = [bytes([place]) * 32 for place in range(len(stamps))]
    faults = follower.follow(0, leaves, stamps)
    return [run.first.n for run in follower.runs], faults


def leaf(place: int) -> bytes:
    return bytes([place]) * 32


def test_stamps_that_follow_one_another_are_one_run_whatever_their_times() -> None:
    later = [timed(n, leaf(n - 2), TIME_MS + n) for n in range(2, 6)]
    assert run_of(timed(1, bytes(32)), *later, timed(6, leaf(4), TIME_MS + 5)) == ([1], {})


def test_a_run_ends_where_anything_else_differs() -> None:
    first = timed(1, bytes(32))
    assert run_of(first, timed(2, leaf(0), seen=[0, 0, 0, 0, 1]), timed(3, leaf(1), seen=[0, 0, 0, 0, 1])) == (
        [1, 2],
        {},
    )
    assert run_of(first, timed(2, leaf(9))) == ([1, 2], {})
    assert run_of(first, timed(3, leaf(0))) == ([1, 3], {})
    assert run_of(first, timed(2, leaf(0), time_ms=1)) == ([1, 2], {})
    assert run_of(first, timed(2, leaf(0))[:-1] + b" ", timed(3, leaf(1))) == ([1, 3], {1: "stamp-malformed"})
    assert run_of(first, timed(2, leaf(0), lane=Lane.FLASH), timed(3, leaf(1))) == ([1, 3], {1: "stamp-foreign"})


@pytest.mark.parametrize("prev", ["", "%d", '"n":2,"prev":"', "00" * 32])
def test_an_author_may_write_any_prev_and_none_is_believed(prev: str) -> None:
    members = json.loads(stamp(1))
    first = encode({**members, "prev": prev, "time_ms": TIME_MS})
    assert run_of(first, timed(2, leaf(0)), timed(3, leaf(1)))[1] == {}
    assert report_of([entry(first, act())]).genuine


def test_a_stamp_with_a_member_twice_is_never_predicted_from() -> None:
    twice = timed(1, bytes(32))[:-1] + b',"prev":"' + b"11" * 32 + b'","time_ms":%d}' % TIME_MS
    again = twice.replace(b'"n":1', b'"n":2').replace(b"00" * 32, leaf(0).hex().encode(), 1)
    assert run_of(twice, again) == ([1, 2], {})


def test_ids_used_again_are_counted_in_a_batch_and_after_it() -> None:
    one, other = act(act_id=ID), act(act_id=ID) + b" "
    batch = [entry(stamp(n), each) for n, each in enumerate((one, one, other), 1)]
    assert (report_of(batch).duplicates, report_of(batch).voids) == (1, 1)


def test_several_portions_and_a_purged_one_stand_beside_plain_entries() -> None:
    two = entry(stamp(2), act(WORDS[1:]), NO_APPROVALS, *WORDS[1:])
    report = report_of([entry(stamp(1), act(WORDS[1:2]), NO_APPROVALS, WORDS[1]), two])
    assert report.logs[LogId("X-PAK", 1, Lane.PRIORITY)].portions == 3
    gone = two._replace(portions=(WORDS[1], None))
    assert skimmed([gone])[3] == [5]
