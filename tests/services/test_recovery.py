"""After a restore: what the author lost comes back, what the counterpart lacks is sealed anew, nothing is silent."""

import pytest

from rabita.keys.ring import KeyRing
from rabita.line.amendment import founding
from rabita.line.entry import decode_stamp
from rabita.line.errors import LocalFault
from rabita.line.ids import Lane, LogId
from tests.line.amending import amended, amendment_draft
from tests.line.founders import LINE, THEM, US, member, terms
from tests.line.players import Node
from tests.services.talking import (
    in_force,
    open_epoch,
    open_epoch_if_needed,
    pair,
    receipted,
    reseal,
    restored,
    rotate,
    sealed,
    talk,
)


class OldKeys:
    """A key ring without the node keys of later generations: the key file as a backup kept it."""

    def __init__(self, ring: KeyRing, generations: int) -> None:
        self._ring = ring
        later = member(US).descriptors[generations:]
        self._lacks = [key.ed25519 for each in later for key in (each.checkpoint, each.receipt)]

    def sign_ed25519(self, public: bytes, message: bytes) -> bytes:
        if public in self._lacks:
            raise LocalFault("key-unavailable")
        return self._ring.sign_ed25519(public, message)

    def sign_mldsa44(self, public: bytes, message: bytes) -> bytes:
        return self._ring.sign_mldsa44(public, message)


# a backup older than the last key rotation


def before_a_rotation() -> tuple[Node, Node, Node]:
    """Give a node, its counterpart, and the node as a backup kept it before it rotated its keys and sealed on."""
    pak, irn = pair()
    pak.seal(Lane.ROUTINE, "one")
    irn.seal(Lane.ROUTINE, "yes")
    talk(pak, irn)
    old = pak.disk.clone()
    rotate(pak, 2)
    pak.seal(Lane.ROUTINE, "two")
    irn.seal(Lane.ROUTINE, "and yes")
    talk(pak, irn)
    return pak, irn, restored(pak, old)


def test_a_node_restored_from_before_a_rotation_seals_at_once_and_is_understood() -> None:
    pak, irn, again = before_a_rotation()
    open_epoch(again)
    again.seal(Lane.FLASH, "here again")
    irn.seal(Lane.FLASH, "good")
    talk(again, irn)
    assert receipted(again) == {LogId(US, 2, Lane.CONTROL): 1, LogId(US, 2, Lane.FLASH): 1}
    assert in_force(again, US) == in_force(irn, US)
    assert set(in_force(pak, US)) < set(in_force(again, US)), "what came after the backup came back"
    assert irn.row(LogId(irn.us, 1, Lane.ROUTINE)).receipted == 2
    assert irn.row(LogId(irn.us, 1, Lane.FLASH)).receipted == 1
    assert set(irn.codes) <= {"epoch-opened"}


@pytest.mark.parametrize("opens_first", [True, False])
def test_without_the_newer_keys_it_goes_on_and_gives_no_receipt_until_it_rotates_again(*, opens_first: bool) -> None:
    _, irn, again = before_a_rotation()
    again = Node(US, again.disk, keys=OldKeys(member(US).ring, 1))
    if not opens_first:
        talk(again, irn)
    open_epoch(again)
    again.seal(Lane.FLASH, "here again")
    irn.seal(Lane.FLASH, "good")
    talk(again, irn)
    assert receipted(again)[LogId(US, 2, Lane.FLASH)] == 1
    assert irn.row(LogId(irn.us, 1, Lane.FLASH)).receipted == 0
    assert "key-unavailable" in again.codes
    rotate(again, 3)
    again = Node(US, again.disk)
    talk(again, irn)
    irn.seal(Lane.FLASH, "better")
    talk(again, irn)
    assert irn.row(LogId(irn.us, 1, Lane.FLASH)).receipted == 2


def test_after_it_both_read_the_keys_alike_and_again_after_a_restart() -> None:
    _, irn, again = before_a_rotation()
    open_epoch(again)
    talk(again, irn)
    rotate(again, 3)
    again.seal(Lane.ROUTINE, "three")
    talk(again, irn)
    books = [node.exchange.state.facts.books[US] for node in (again, irn, again.restarted(), irn.restarted())]
    assert books[1:] == books[:1] * 3
    assert [era.descriptor.serial for era in books[0].eras] == [1, 2, 3]
    assert receipted(again)[LogId(US, 2, Lane.ROUTINE)] == 1


def test_a_machine_rolled_back_over_a_rotation_learns_it_from_its_own_control_log() -> None:
    pak, irn, _ = before_a_rotation()
    pak.seal(Lane.CONTROL, "after the rotation")
    talk(pak, irn)
    rolled = Node(US)
    talk(rolled, irn)
    assert rolled.is_behind()
    open_epoch(rolled)
    talk(rolled, irn)
    assert in_force(rolled, US) == in_force(irn, US)


def test_no_receipt_is_given_below_one_under_a_key_that_was_forgotten() -> None:
    pak, irn, _ = before_a_rotation()
    again = restored(pak, Node(US).disk)
    open_epoch(again)
    irn.seal(Lane.ROUTINE, "and more")
    talk(again, irn)
    log = LogId(irn.us, 1, Lane.ROUTINE)
    assert irn.row(log).receipted == irn.row(log).frontier.size == 3
    assert in_force(again, irn.us) == in_force(irn, irn.us)


# two restores of one backup


@pytest.mark.parametrize("skips", [(1, 1), (3, 9), (9, 3)])
def test_of_two_restores_that_both_sealed_before_they_were_heard_nothing_is_lost(skips: tuple[int, int]) -> None:
    pak, irn = pair()
    pak.seal(Lane.ROUTINE, "one")
    talk(pak, irn)
    first, second = [restored(pak, pak.disk, skip=skip) for skip in skips]
    for node, text in ((first, "from the first"), (second, "from the second")):
        open_epoch(node)
        node.seal(Lane.ROUTINE, text)
    talk(first, irn)
    held = in_force(irn, US)
    talk(second, irn)
    open_epoch_if_needed(second)
    talk(second, irn)
    reseal(second)
    talk(second, irn)
    assert set(held) < set(in_force(irn, US))
    assert sealed(first) | sealed(second) <= set(in_force(irn, US))
    if skips[0] != skips[1]:
        assert in_force(second, US) == in_force(irn, US), "it took back what the first one had sealed"
    else:
        assert "epoch-needed" in second.codes


# a machine rolled back without its knowing


@pytest.mark.parametrize("sealed_before", [2, 1, 4])
@pytest.mark.parametrize("sealed_between", [1, 2, 3])
def test_what_a_rolled_back_machine_sealed_before_it_was_told_is_sealed_anew(
    sealed_before: int, sealed_between: int
) -> None:
    pak, irn = pair()
    pak.seal(Lane.ROUTINE, "one")
    talk(pak, irn)
    rolled = Node(US, pak.disk.clone())
    pak.seal(Lane.ROUTINE, *["held by the other side"] * sealed_before)
    talk(pak, irn)
    rolled.seal(Lane.ROUTINE, *["sealed in between"] * sealed_between)
    talk(rolled, irn)
    irn.accord(2)
    open_epoch(rolled)
    talk(rolled, irn)
    assert reseal(rolled) == sealed_between
    talk(rolled, irn)
    assert "tail-contradicted" in rolled.codes
    assert rolled.row(LogId(US, 1, Lane.ROUTINE)).stopped == "tail-contradicted"
    assert sealed(pak) | sealed(rolled) <= set(in_force(irn, US)), "nothing is lost to the counterpart"
    assert sealed(rolled) <= set(in_force(rolled, US))
    assert reseal(rolled) == 0
    assert reseal(rolled.restarted()) == 0
    rolled.seal(Lane.ROUTINE, "and on")
    talk(rolled.restarted(), irn)


# amendments of the charter that their last signer lost

AMENDMENT = amended(founding(LINE, terms()))


def versions(*nodes: Node) -> list[list[int]]:
    return [[each.number for each in node.exchange.state.charters] for node in nodes]


def charter_codes(*nodes: Node) -> set[str]:
    return {code for node in nodes for code in node.codes if code.startswith("charter-")}


def test_an_amendment_that_never_arrived_is_lost_with_its_epoch_and_sealed_anew() -> None:
    """Until it knows how far the other side held its last epoch, a restored author writes under what is receipted."""
    pak, irn = pair()
    talk(pak, irn)
    irn.seal_draft(amendment_draft(THEM, AMENDMENT), Lane.CONTROL)
    again = restored(irn, irn.disk)
    open_epoch(again)
    again.seal(Lane.FLASH, "here again")
    opened = again.disk.entry(LINE, LogId(THEM, 2, Lane.CONTROL), 0)
    assert opened is not None
    assert decode_stamp(opened.row.entry.stamp).charter == 1
    talk(pak, again)
    assert versions(pak, again) == [[1], [1]]
    assert reseal(again) == 1
    talk(pak, again)
    assert versions(pak, again, pak.restarted(), again.restarted()) == [[1, 2]] * 4
    assert reseal(again) == 0
    assert charter_codes(pak, again) == set()


def test_an_amendment_that_a_rolled_back_machine_sealed_twice_counts_on_both_sides() -> None:
    pak, irn = pair()
    talk(pak, irn)
    rolled = Node(THEM, irn.disk.clone())
    irn.seal_draft(amendment_draft(THEM, AMENDMENT), Lane.CONTROL)
    talk(pak, irn)
    pak.seal(Lane.FLASH, "under the second version")
    rolled.seal_draft(amendment_draft(THEM, AMENDMENT), Lane.CONTROL)
    talk(pak, rolled)
    pak.accord(2)
    open_epoch(rolled)
    talk(pak, rolled)
    assert reseal(rolled) == 1
    talk(pak, rolled)
    assert versions(pak, rolled, pak.restarted(), rolled.restarted()) == [[1, 2]] * 4
    assert charter_codes(pak, rolled) == set()
