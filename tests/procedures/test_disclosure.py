"""Tear-lines proved on later disclosure; retention that keeps every proof valid (2-line, Portions; 3-procedures)."""

from hashlib import sha256
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.entry import SENT, WITHHELD, Act, Entry, PortionRef, check_portions, encode, entry_leaf, portion
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane
from rabita.procedures.disclosure import (
    DAY_MS,
    Purge,
    Retained,
    must_withhold,
    prove_disclosure,
    purge,
    purge_due_ms,
    still_withheld,
)
from rabita.procedures.marking import Marking, parse_marking

RAW: Final = portion(b"s" * 16, b"the radar plot")
OTHER: Final = portion(b"t" * 16, b"the radar plot")


def ref(raw: bytes, state: str, marking: str = "TLP:AMBER") -> PortionRef:
    return PortionRef(sha256(raw).hexdigest(), state, marking)


def act(*portions: PortionRef, author: str = "PAK", basis: tuple[str, ...] = ()) -> Act:
    return Act("line", author, Lane.ROUTINE, "0" * 32, 0, "operation", "message", "send", basis, portions=portions)


HELD_BACK: Final = act(ref(RAW, WITHHELD, "TLP:RED"), ref(b"sent" * 8, SENT))
DIGEST: Final = sha256(encode(HELD_BACK)).hexdigest()


def test_a_portion_disclosed_later_is_proved_to_be_the_one_withheld() -> None:
    """The digest stands in the act that was signed at the time."""
    disclosing = act(ref(RAW, SENT), basis=(DIGEST,))
    assert prove_disclosure(HELD_BACK, DIGEST, disclosing, RAW) == ref(RAW, WITHHELD, "TLP:RED")


@pytest.mark.parametrize(
    ("code", "disclosing", "raw"),
    [
        ("disclosure-author", act(ref(RAW, SENT), author="IRN", basis=(DIGEST,)), RAW),
        ("disclosure-basis", act(ref(RAW, SENT), basis=("0" * 64,)), RAW),
        ("disclosure-unsalted", act(ref(RAW, SENT), basis=(DIGEST,)), RAW[:15]),
        ("disclosure-foreign", act(ref(OTHER, SENT), basis=(DIGEST,)), OTHER),
        ("disclosure-foreign", act(ref(b"sent" * 8, SENT), basis=(DIGEST,)), b"sent" * 8),
        ("disclosure-foreign", act(ref(RAW, WITHHELD), basis=(DIGEST,)), RAW),
        ("disclosure-foreign", act(basis=(DIGEST,)), RAW),
    ],
)
def test_a_disclosure_that_proves_nothing_is_refused(code: str, disclosing: Act, raw: bytes) -> None:
    with pytest.raises(PeerFault) as caught:
        prove_disclosure(HELD_BACK, DIGEST, disclosing, raw)
    assert caught.value.code == code


def test_the_same_text_under_another_salt_is_another_portion() -> None:
    """The salt keeps a withheld text from being found by guessing."""
    assert sha256(RAW).digest() != sha256(OTHER).digest()


@given(raw=st.binary(max_size=64))
def test_whatever_is_disclosed_only_a_peer_fault_escapes(raw: bytes) -> None:
    with pytest.raises(PeerFault):
        prove_disclosure(HELD_BACK, DIGEST, act(ref(raw, SENT), basis=(DIGEST,)), raw)


def test_what_is_still_held_back_is_listed() -> None:
    """The releaser sees what is held back (3-procedures, Release)."""
    assert [each.digest for each in still_withheld(HELD_BACK, ())] == [sha256(RAW).hexdigest()]
    assert still_withheld(HELD_BACK, (sha256(RAW).hexdigest(),)) == ()


def test_a_portion_whose_marking_does_not_let_it_go_is_named_before_sealing() -> None:
    """3-procedures, Release: nothing leaves by accident; attachments and portions pass the same policy."""
    mixed = act(ref(b"a", SENT, "REL TO PAK"), ref(b"b", SENT, "GREEN"), ref(b"c", WITHHELD, "NOREL"))
    assert must_withhold(mixed, "IRN", ("IRN", "PAK"), ()) == ((ref(b"a", SENT, "REL TO PAK"), "release-not-named"),)


PERSONAL: Final = parse_marking("PERSONAL humanitarian/missing/30", ())


@pytest.mark.parametrize(
    ("marking", "since_ms", "open_case", "days", "verdict"),
    [
        (Marking(), 0, False, 10_000, Purge.KEEP),
        (PERSONAL, 0, False, 10_000, Purge.KEEP),
        (Marking(), 1, False, 99, Purge.KEEP),
        (Marking(), 1, False, 100, Purge.MAY),
        (Marking(), 1, True, 100, Purge.KEEP),
        (PERSONAL, 1, False, 29, Purge.KEEP),
        (PERSONAL, 1, False, 30, Purge.MUST),
        (PERSONAL, 1, True, 30, Purge.MUST),
    ],
)
def test_what_may_and_must_be_purged_and_when(
    marking: Marking, since_ms: int, *, open_case: bool, days: int, verdict: Purge
) -> None:
    """Charter's ``retention_days`` (here 100), receipts held, personal data by their own retention."""
    assert purge(Retained(marking, since_ms, open_case), 100, 1 + days * DAY_MS) is verdict


@given(since_ms=st.integers(1, 2**50), now_ms=st.integers(1, 2**50), case=st.booleans(), personal=st.booleans())
def test_nothing_goes_before_it_is_due(since_ms: int, now_ms: int, *, case: bool, personal: bool) -> None:
    portion_ = Retained(PERSONAL if personal else Marking(), since_ms, case)
    if purge(portion_, 100, now_ms) is not Purge.KEEP:
        assert now_ms >= purge_due_ms(portion_, 100) >= since_ms


def test_personal_data_with_a_longer_retention_still_go_with_the_rest() -> None:
    assert (
        purge_due_ms(Retained(parse_marking("PERSONAL safety/victim/900", ()), 1, open_case=False), 100)
        == 1 + 100 * DAY_MS
    )


@given(contents=st.lists(st.binary(min_size=16, max_size=40), min_size=1, max_size=4))
def test_a_purge_leaves_every_proof_valid(contents: list[bytes]) -> None:
    """The leaf that checkpoints prove, and with it every signature and receipt, does not cover a portion's bytes."""
    whole = Entry(b"stamp", encode(act(*(ref(raw, SENT) for raw in contents))), b"[]", tuple(contents))
    purged = whole._replace(portions=(None,) * len(contents))
    sent: list[Any] = [each["digest"] for each in msgspec.json.decode(whole.act)["portions"]]
    assert entry_leaf(purged) == entry_leaf(whole)
    check_portions(purged, tuple(sent), purged_allowed=True)
