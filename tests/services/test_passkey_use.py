"""A use of a passkey is counted once: the very approval sent again is the same use, and a passkey of two is not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rabita.line.errors import UserFault
from rabita.services.officers import Passkey, Role, Standing
from rabita.services.release import Outcome
from tests.services.release_house import Died, Ministry, Someone, ministry


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Ministry]:
    with ministry(tmp_path) as found:
        yield found


def standings(house: Ministry, officer: Someone) -> list[Standing]:
    with house.officers.reading() as rows:
        return [each.standing for each in rows.of(Passkey, officer.id)]


def counted_and_not_noted(house: Ministry) -> tuple[Someone, Callable[[], Outcome]]:
    """Stop the node when a releaser's use was counted, before the approval was noted; gives what sends it again."""
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)
    shown = house.reviewed(drafter, releaser)
    begun = house.begun(releaser, shown)
    answer = releaser.keys[0].show(begun.public_key)

    def send() -> Outcome:
        return house.release.release(house.who(releaser), shown.draft.id, begun.digest, answer)

    house.store.close()
    before = (house.folder / "drafts.db").read_bytes()
    house.start()
    house.dies = "before"
    with pytest.raises(Died):
        send()
    house.store.close()
    (house.folder / "drafts.db").write_bytes(before)
    house.start()
    return releaser, send


def test_an_approval_sent_again_after_a_stop_is_the_same_use(house: Ministry) -> None:
    releaser, send = counted_and_not_noted(house)
    assert (send().state, house.seals) == ("released", 2)
    assert standings(house, releaser) == [Standing.ACTIVE]
    assert [role for role, _ in house.approvers()] == ["releaser"]


def test_an_approval_from_before_another_use_is_a_second_of_the_passkey(house: Ministry) -> None:
    releaser, send = counted_and_not_noted(house)
    house.sign_in.finish(releaser.keys[0].show(house.sign_in.begin()))
    with pytest.raises(UserFault, match="passkey-cloned"):
        send()
    assert standings(house, releaser) == [Standing.SUSPENDED]
    assert house.sealed() == []
