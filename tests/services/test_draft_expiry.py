"""Personal data in drafts: kept as long as they may be, then wiped with the draft that holds them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.procedures.marking import Category, Purpose
from rabita.services.draft_expiry import kept_until_ms
from rabita.services.drafting import Shown
from rabita.services.drafts import Did, PersonalData, Said, SaidPortion, State
from rabita.services.officers import Role
from tests.line.founders import terms
from tests.services.release_house import DAY_MS, Died, Ministry, Someone, message, ministry

WORDS: Final = "Asma of Quetta is looked for by her brother"
MARKED: Final = "PERSONAL humanitarian/missing/3"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Ministry]:
    with ministry(tmp_path) as found:
        yield found


def personal(house: Ministry, days: int, text: str = WORDS) -> Said:
    until_ms = house.clock.now_ms() + days * DAY_MS
    return message(text, personal_data=PersonalData(Purpose.HUMANITARIAN, Category.MISSING, until_ms))


def later(house: Ministry, days: float) -> tuple[str, ...]:
    """Let days pass; gives the drafts that lost words."""
    house.clock.at_ms += int(days * DAY_MS)
    return tuple([each.id for each in house.drafting.expire()])


def bytes_kept(house: Ministry) -> bytes:
    return b"".join(path.read_bytes() for path in house.folder.glob("drafts.db*"))


def read(house: Ministry, by: Someone, shown: Shown) -> Shown:
    return house.drafting.read(house.who(by), shown.draft.id)


def test_a_draft_ends_with_the_time_of_its_personal_data_and_its_words_are_wiped(house: Ministry) -> None:
    drafter, reviewer = house.officer(Role.DRAFTER), house.officer(Role.REVIEWER)
    shown = house.draft(drafter, personal(house, 2))
    others = [house.draft(drafter, message("No names here.")), house.draft(drafter, personal(house, 3))]
    shown = house.drafting.submit(house.who(drafter), shown.draft.id, 1)
    house.drafting.review(house.who(reviewer), shown.draft.id, 1, f"Is it so that {WORDS}?")
    assert later(house, 1.9) == ()
    assert later(house, 0.2) == (shown.draft.id,)
    assert later(house, 0) == (), "once"
    ended = read(house, drafter, shown)
    assert (ended.draft.state, ended.said) == (State.DROPPED, Said())
    assert [(each.did, each.by, each.comment) for each in ended.steps[-1:]] == [(Did.EXPIRE, "", "")]
    assert [read(house, drafter, each).draft.state for each in others] == [State.DRAFTING] * 2
    assert later(house, 1) == (others[1].draft.id,)
    house.store.close()
    assert WORDS.encode() not in bytes_kept(house)
    assert b"No names here." in bytes_kept(house)


def test_of_an_older_version_the_words_go_and_what_was_said_of_them(house: Ministry) -> None:
    drafter, reviewer = house.officer(Role.DRAFTER), house.officer(Role.DRAFTER, Role.REVIEWER)
    shown = house.draft(drafter, personal(house, 1))
    house.drafting.submit(house.who(drafter), shown.draft.id, 1)
    house.drafting.return_(house.who(reviewer), shown.draft.id, 1, f"Why say that {WORDS}?")
    house.drafting.save(house.who(reviewer), shown.draft.id, 1, message("She is looked for by her brother."))
    assert later(house, 2) == (shown.draft.id,)
    assert later(house, 0) == ()
    kept = read(house, drafter, shown)
    assert kept.said == message("She is looked for by her brother.")
    assert (kept.draft.state, [each.comment for each in kept.steps]) == (State.RETURNED, ["", ""])
    assert house.drafting.version(house.who(drafter), shown.draft.id, 1).said == Said()
    house.store.close()
    assert WORDS.encode() not in bytes_kept(house)


def test_what_is_being_sealed_is_left_and_what_was_sealed_is_released(house: Ministry) -> None:
    drafter, releaser, data = (
        house.officer(each) for each in (Role.DRAFTER, Role.RELEASER, Role.DATA_PROTECTION_REVIEWER)
    )
    shown = house.reviewed(drafter, releaser, personal(house, 1))
    house.drafting.review(house.who(data), shown.draft.id, 1, "")
    house.room.sealing.add(shown.draft.id)
    assert later(house, 0.9) == ()
    house.room.sealing.clear()
    house.dies = "after"
    with pytest.raises(Died):
        house.approved(releaser, shown)
    house.restart()
    assert later(house, 0.2) == ()
    assert read(house, drafter, shown).draft.state is State.RELEASED


NOW_MS: Final = 1_700_000_000_000
CHARTER: Final = terms()


@given(st.none() | st.integers(1, NOW_MS * 2), st.sampled_from(("", MARKED)))
def test_it_is_kept_no_longer_than_stated_marked_or_agreed(stated_ms: int | None, marking: str) -> None:
    stated = PersonalData(Purpose.HUMANITARIAN, Category.MISSING, stated_ms) if stated_ms else None
    said = Said(portions=(SaidPortion(WORDS, marking=marking),), personal_data=stated)
    until_ms = kept_until_ms(CHARTER, said, NOW_MS)
    latest_ms = NOW_MS + (3 if marking else CHARTER.retention_days) * DAY_MS
    if stated is None:
        assert until_ms == (latest_ms if marking else None)
    else:
        said_ms = stated.retention_until_ms
        assert until_ms == (min(latest_ms, said_ms) if said_ms > NOW_MS else latest_ms)


def test_a_marking_that_is_known_no_more_shortens_nothing() -> None:
    said = Said(marking="SECRET", fields={"personal": True})
    none = msgspec.structs.replace(CHARTER, classification={})
    assert kept_until_ms(none, said, NOW_MS) == NOW_MS + CHARTER.retention_days * DAY_MS
