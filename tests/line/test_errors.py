"""A fault keeps its code, sentence and detail wherever it goes, and an invariant that fails stops the node."""

import pickle

import pytest

from rabita.line.errors import SENTENCES, InvariantBroken, LocalFault, PeerFault, RabitaError, UserFault, ensure


@pytest.mark.parametrize("blame", [PeerFault, LocalFault, UserFault, InvariantBroken])
def test_a_fault_survives_the_way_to_another_process(blame: type[RabitaError]) -> None:
    fault = pickle.loads(pickle.dumps(blame("note-malformed", "checkpoint 7")))  # noqa: S301 - our own bytes
    assert type(fault) is blame
    assert (fault.code, fault.detail) == ("note-malformed", "checkpoint 7")
    assert str(fault) == f"note-malformed: {SENTENCES['note-malformed']} (checkpoint 7)"


def test_a_fault_without_detail_ends_with_its_sentence() -> None:
    assert str(PeerFault("note-malformed")) == f"note-malformed: {SENTENCES['note-malformed']}"


def test_a_code_outside_the_table_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        PeerFault("no-such-code")


def test_an_invariant_that_holds_is_silent_and_one_that_fails_stops_the_node() -> None:
    ensure(condition=True, detail="one is one")
    with pytest.raises(InvariantBroken, match="one is two") as stopped:
        ensure(condition=False, detail="one is two")
    assert stopped.value.code == "invariant-broken"
