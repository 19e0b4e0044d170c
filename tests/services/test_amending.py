"""Amending a charter between two parties: proposed and signed with the roots, sealed by a node, shown to others."""

from collections.abc import Callable

import msgspec
import pytest

from rabita.app.drafting import amendment
from rabita.keys.ring import KeyRing
from rabita.line.amendment import read_amendment
from rabita.line.charter import Charter
from rabita.line.document import document_digest
from rabita.line.errors import PeerFault, RabitaError, UserFault
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.line.transcript import verify_transcript
from rabita.line.transcript_report import Report
from rabita.services.amending import (
    charters_held,
    propose_amendment,
    read_proposal,
    sign_amendment,
    standing,
)
from rabita.services.casebook import Casebook, builtin_annexes, folded
from rabita.services.caseindex import Indexer
from rabita.services.reads import view
from rabita.services.transcripts import export
from rabita.store.index_sqlite import open_index
from tests.pair import START_MS, Pair, Side
from tests.services.parties import Party


def next_terms(side: Side, **changes: object) -> Charter:
    now = side.exchange.state.charter
    plain = {"version": now.version + 1, "retention_days": now.retention_days + 1}
    return msgspec.structs.replace(now, **{**plain, **changes})


def proposed(side: Side, **changes: object) -> bytes:
    party = side.party
    return propose_amendment(party.store, KeyRing(party.root), side.exchange.state, next_terms(side, **changes))


def signed(side: Side, raw: bytes) -> bytes:
    return sign_amendment(side.party.store, KeyRing(side.party.root), side.exchange.state, raw)


def sealed(side: Side, raw: bytes) -> None:
    side.seal_draft(amendment(side.exchange.state, raw, side.world.now_ms()), Lane.CONTROL)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(RabitaError) as fault:
        call()
    return fault.value.code


def report(side: Side) -> Report:
    lines: list[bytes] = []
    export(side.store, side.line, START_MS, lines.append)
    return verify_transcript(lines)


def test_from_a_proposal_to_both_writing_under_it_in_the_middle_of_traffic() -> None:
    """2-line: changed only by an amendment that both roots have signed; activation is by position."""
    pair = Pair()
    pair.connect()
    pair.a.seal(Lane.ROUTINE, "under the first")
    pair.b.seal(Lane.ROUTINE, "under the first")
    pair.run()
    raw = signed(pair.b, proposed(pair.a))
    shown = read_proposal(pair.a.exchange.state, raw)
    assert (shown.version, shown.before, shown.signed_by) == (2, 1, ("X-IRN", "X-PAK"))
    assert [each.path for each in shown.changes] == ["retention_days"]
    assert (shown.last_signer, shown.in_force, standing(pair.a.exchange.state, raw)) == ("X-IRN", False, None)
    pair.cut()
    sealed(pair.b, raw)
    pair.run(5)
    pair.a.seal(Lane.FLASH, "this side lags")
    pair.b.seal(Lane.FLASH, "under the second")
    pair.run()
    assert [side.exchange.state.charter.version for side in (pair.a, pair.b)] == [1, 2]
    pair.connect()
    pair.run()
    pair.a.seal(Lane.ROUTINE, "now under the second")
    pair.run()
    for side in (pair.a, pair.b):
        assert charters_held(side.store, side.line)[2].retention_days == next_terms(side).retention_days - 1
        found = standing(side.exchange.state, raw)
        assert found is not None
        assert found.digest == document_digest(read_amendment(raw)[0].text).hex()
        told = report(side)
        assert told.genuine
        assert not told.content
        assert told.charters[1].since == {"X-IRN": (1, 3), "X-PAK": (1, 3)}
        assert [each.sealed for each in told.charters] == ["", "X-IRN-C-0001"]
        assert any("Charter version 2" in line and "X-PAK from its entry 3" in line for line in told.summary())
    assert read_proposal(pair.b.exchange.state, raw).in_force
    assert pair.a.heard.told_codes == pair.b.heard.told_codes == []
    pair.a.wake()
    assert pair.a.exchange.state.charter.version == 2
    third = signed(pair.a, proposed(pair.b))
    sealed(pair.a, third)
    pair.run(5)
    assert pair.a.exchange.state.charter.version == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": 3}, "amendment-version"),
        ({"nonce": "0" * 32}, "amendment-foreign"),
        ({"retention_days": 3650}, "amendment-empty"),
        ({"catalogue": "99"}, "not-computed"),
        ({"lanes": {}}, "charter-malformed"),
        ({"use_limitation": "x" * 60_000}, "note-oversized"),
    ],
)
def test_what_cannot_follow_is_not_proposed(changes: dict[str, object], code: str) -> None:
    pair = Pair()
    assert code_of(lambda: proposed(pair.a, **changes)) == code


def test_the_last_signer_signs_last_and_one_successor_only() -> None:
    """2-line: parties alternate by version as last signer, who signs one successor only."""
    pair = Pair()
    assert code_of(lambda: proposed(pair.b)) == "amendment-order"
    one, other = proposed(pair.a), proposed(pair.a, retention_days=9)
    once = signed(pair.b, one)
    assert read_amendment(signed(pair.b, one))[0].text == read_amendment(once)[0].text
    assert code_of(lambda: signed(pair.b, other)) == "amendment-other"
    assert read_proposal(pair.a.exchange.state, signed(pair.a, other)).signed_by == ("X-PAK",)


def test_what_is_false_or_of_another_line_is_not_signed() -> None:
    pair, elsewhere = Pair(), Pair()
    raw = proposed(pair.a)
    false = raw.replace(b'"retention_days": 3651', b'"retention_days": 3652')
    assert code_of(lambda: signed(pair.b, false)) == "signature-false"
    assert code_of(lambda: signed(elsewhere.b, raw)) == "amendment-foreign"
    assert code_of(lambda: read_proposal(elsewhere.b.exchange.state, raw)) == "amendment-foreign"
    whole = signed(pair.b, raw)
    sealed(pair.b, whole)
    pair.run(5)
    assert code_of(lambda: signed(pair.b, raw)) == "amendment-before"
    with pytest.raises(PeerFault):
        amendment(pair.b.exchange.state, b"nothing", 0)


def two_signed(party: Party, first: bytes, other: bytes, side: Side) -> tuple[bytes, bytes]:
    """Let a last signer that keeps no record sign two successors."""
    one = sign_amendment(party.store, KeyRing(party.root), side.exchange.state, first)
    party.store.put_document(party.store.documents("amendment")[0]._replace(state="forgotten"))
    return one, sign_amendment(party.store, KeyRing(party.root), side.exchange.state, other)


def test_two_successors_by_one_last_signer_are_proven_to_anyone() -> None:
    """2-line: who signs one successor only: a second one is proof, kept and shown; the first it sealed stands."""
    pair = Pair()
    pair.connect()
    one, other = two_signed(pair.b.party, proposed(pair.a), proposed(pair.a, retention_days=9), pair.b)
    sealed(pair.b, one)
    pair.run()
    sealed(pair.a, other)
    pair.run()
    for side in (pair.a, pair.b):
        told = report(side)
        assert told.genuine
        assert [each.code for each in told.contradictions] == ["amendment-twice"]
        assert told.contradictions[0].where.startswith("X-IRN version 2")
        assert len(told.charters) == 2
        assert side.exchange.state.charter.retention_days == 3651
    assert pair.b.heard.told_codes == ["amendment-twice"]
    assert {row.stopped for row in pair.a.exchange.state.logs.values()} == {""}


def test_who_goes_back_to_an_older_version_is_told_and_shown_to_anyone() -> None:
    """2-line: a party never goes back; a stamp that does is a content fault, stored and receipted all the same."""
    pair = Pair()
    pair.connect()
    sealed(pair.b, signed(pair.b, proposed(pair.a)))
    pair.run()
    state = pair.b.exchange.state
    pair.b.exchange.state = msgspec.structs.replace(state, facts=state.facts._replace(brought=()))
    pair.b.seal(Lane.ROUTINE, "under the first again")
    pair.run()
    assert pair.a.heard.told_codes == ["charter-false"]
    assert pair.b.heard.receipts[pair.b.log(Lane.ROUTINE)] == 1
    told = report(pair.a)
    assert told.genuine
    assert dict(told.content) == {"charter-false": 1}


def test_an_entry_is_shown_with_what_is_wrong_with_its_version() -> None:
    """2-line: under a version not yet held approvals show not computed; one its author cannot have is shown."""
    pair = Pair()
    pair.connect()
    pair.b.seal(Lane.ROUTINE, "plain")
    pair.run()
    log = pair.b.log(Lane.ROUTINE)
    held = pair.a.store.entry(pair.line, log, 0)
    assert held is not None
    assert view(pair.a.store, held).charter_fault == ""
    signer = b'[{"role":"release","key":"k","signature":""}]'
    for n, code in ((1, "charter-false"), (2, "charter-unheld")):
        stamp = held.row.entry.stamp.replace(b'"charter":1', b'"charter":2').replace(b'"n":1', b'"n":%d' % n)
        entry = held.row.entry._replace(stamp=stamp, approvals=signer)
        shown = view(pair.a.store, held._replace(row=held.row._replace(entry=entry)))
        assert shown.charter_fault == code
        assert [each.standing for each in shown.approvals] == [
            "not computed" if code == "charter-unheld" else "not verified"
        ]


def test_a_draft_is_for_the_control_lane_and_small() -> None:
    pair = Pair()
    draft = amendment(pair.b.exchange.state, signed(pair.b, proposed(pair.a)), START_MS)
    assert isinstance(draft, Draft)
    assert len(draft.act) < 1_000
    assert len(draft.portions) == 1
    assert code_of(lambda: _refused(pair.a, draft)) == "act-foreign"


def _refused(side: Side, draft: Draft) -> None:
    side.seal_draft(draft, Lane.CONTROL)
    answer = side.answers[-1]
    if isinstance(answer, UserFault):
        raise answer


def test_procedures_are_computed_under_the_version_their_opening_names() -> None:
    """2-line: a procedure keeps the charter of its opening entry."""
    pair = Pair()
    pair.connect()
    pair.a.seal(Lane.ROUTINE, "under the first")
    pair.run()
    sealed(pair.b, signed(pair.b, proposed(pair.a)))
    pair.run()
    pair.a.seal(Lane.ROUTINE, "under the second")
    pair.run()
    for side in (pair.a, pair.b):
        index = open_index(":memory:")
        Indexer(side.store, index, slice_entries=1).catch_up()
        cases = index.cases(side.line, "message", "", 0, 9)
        assert [row.computed for row in cases] == [True, True]
        book = Casebook(side.store, index, side.world, builtin_annexes)
        assert sorted(book.charters(side.line)) == [1, 2]
        found = [folded(book, row).charter for row in cases]
        assert [each.version for each in found if each is not None] == [2, 1]
