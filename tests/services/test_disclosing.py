"""Words withheld once are shown later under the very salt of then, and the other side proves them; nothing else is."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from rabita.line.entry import Act, decode_act
from rabita.line.errors import UserFault
from rabita.line.record import EntryRow
from rabita.ports import ListedEntry
from rabita.procedures.disclosure import prove_disclosure, still_withheld
from rabita.services.drafts import Said, SaidPortion
from rabita.services.officers import Role
from rabita.services.release import Outcome
from tests.services.release_house import Ministry, Someone, message, ministry

SECRET: Final = "Our post at Kuhak saw them."


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministry]:
    folder: Path = tmp_path_factory.mktemp("house")
    with ministry(folder) as found:
        yield found


@pytest.fixture(scope="module")
def staff(house: Ministry) -> tuple[Someone, Someone]:
    return house.officer(Role.DRAFTER), house.officer(Role.RELEASER)


def sealed(house: Ministry, staff: tuple[Someone, Someone], said: Said, act: str = "send") -> Outcome:
    drafter, releaser = staff
    return house.approved(releaser, house.reviewed(drafter, releaser, said, act=act))


def held_back(house: Ministry, staff: tuple[Someone, Someone]) -> tuple[str, Act]:
    """Seal a message with words that stay; gives its digest and the act."""
    outcome = sealed(house, staff, message(withheld=SECRET))
    return outcome.digest, newest(house)[0]


def newest(house: Ministry) -> tuple[Act, EntryRow]:
    act, _, row = house.sealed()[-1]
    return act, row


def kept(house: Ministry, digest: str) -> ListedEntry:
    """Give an act as its own node holds it, what it withheld included."""
    row = house.book.index.mains_of(house.line, [bytes.fromhex(digest)])[0]
    listed = house.us.store.entry(house.line, row.log, row.index)
    assert listed is not None
    return listed


def showing(basis: str, digest: str, text: str = SECRET, *, withheld: bool = False) -> Said:
    return Said(basis=(basis,), portions=(SaidPortion(text, withheld=withheld, discloses=digest),))


def test_what_was_withheld_is_proven_by_the_other_side(house: Ministry, staff: tuple[Someone, Someone]) -> None:
    basis, before = held_back(house, staff)
    (withheld,) = still_withheld(before, ())
    drafter, releaser = staff
    shown = house.reviewed(drafter, releaser, showing(basis, withheld.digest), act="reply")
    assert [each.code for each in shown.findings] == ["portion-disclosed"]
    begun = house.begun(releaser, shown)
    assert [each.code for each in begun.flags] == ["portion-disclosed"]
    house.approved(releaser, shown, begun)
    act, row = newest(house)
    (raw,) = row.entry.portions
    assert raw is not None
    assert sha256(raw).hexdigest() == withheld.digest
    assert raw[16:].decode() == SECRET
    assert prove_disclosure(before, basis, act, raw) == withheld
    assert still_withheld(before, [each.digest for each in act.portions]) == ()


def test_only_the_very_words_an_own_act_in_the_basis_withheld_are_shown(
    house: Ministry, staff: tuple[Someone, Someone]
) -> None:
    basis, before = held_back(house, staff)
    other = sealed(house, staff, message("Another.")).digest
    (withheld,) = still_withheld(before, ())
    drafter, _ = staff
    for said in (
        showing(basis, withheld.digest, f"{SECRET}!"),
        showing(basis, before.portions[0].digest, "The crossing closes at noon."),
        showing(basis, "0" * 64),
        showing(other, withheld.digest),
    ):
        shown = house.draft(drafter, said, act="reply")
        assert [each.code for each in shown.findings] == ["disclosure-foreign"]
        with pytest.raises(UserFault, match="disclosure-foreign"):
            house.drafting.submit(house.who(drafter), shown.draft.id, 1)


def test_what_is_withheld_again_shows_nothing_and_proves_nothing(
    house: Ministry, staff: tuple[Someone, Someone]
) -> None:
    basis, before = held_back(house, staff)
    (withheld,) = still_withheld(before, ())
    sealed(house, staff, showing(basis, withheld.digest, withheld=True), act="reply")
    act, row = newest(house)
    assert [each.state for each in act.portions] == ["withheld"]
    assert act.portions[0].digest != withheld.digest
    assert row.entry.portions == ()


def test_what_was_purged_cannot_be_shown_any_more(house: Ministry, staff: tuple[Someone, Someone]) -> None:
    basis, before = held_back(house, staff)
    (withheld,) = still_withheld(before, ())
    listed = kept(house, basis)
    assert decode_act(listed.row.entry.act) == before
    house.us.store.purge(house.line, listed.log, listed.row.index)
    shown = house.draft(staff[0], showing(basis, withheld.digest), act="reply")
    assert [each.code for each in shown.findings] == ["disclosure-foreign"]
