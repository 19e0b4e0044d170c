"""Authority to act as a post on a line comes with the accreditation, and goes with it in the same moment."""

from typing import Any

import pytest

from rabita.procedures.engine.held import Held
from rabita.services.authority import Posts, accreditation
from tests.procedures.test_accreditation import NOMINATED
from tests.procedures.world import IRN, PAK, PARTIES
from tests.services.desk import DAY_MS, Desk
from tests.services.transcribed import LINE

POST = "PAK-LO-ZAHEDAN"


def tour(desk: Desk, days: int = 30) -> dict[str, int]:
    return {"start_ms": desk.clock.at_ms - DAY_MS, "end_ms": desk.clock.at_ms + days * DAY_MS}


def nominate(desk: Desk, author: str = PAK, **changes: Any) -> Held:  # noqa: ANN401 - a coded field
    fields = {**NOMINATED, "tour": tour(desk), **changes}
    return desk.say(author, "accreditation", "nominate", fields=fields)


def say(desk: Desk, author: str, act: str, opening: Held, **fields: Any) -> Held:  # noqa: ANN401 - a coded field
    return desk.say(author, "accreditation", act, [opening], fields)


def signed(desk: Desk, opening: Held) -> None:
    for act, author in (("confirm", PAK), ("agree", IRN)):
        say(desk, author, act, opening, digest=opening.digest)


def in_post(desk: Desk, **changes: Any) -> Held:  # noqa: ANN401 - a coded field
    opening = nominate(desk, **changes)
    signed(desk, opening)
    say(desk, PAK, "take up post", opening)
    return opening


def words(desk: Desk, post: str = POST) -> tuple[str, str]:
    """Give how a post stands, and what policies are told of it."""
    return Posts(desk.book, LINE).standing(post), accreditation(desk.book, LINE, post)


def test_a_post_at_home_needs_no_accreditation() -> None:
    desk = Desk()
    in_post(desk)
    assert words(desk, "HOME") == ("none", "none")


def test_it_is_in_force_from_taking_up_the_post_on() -> None:
    desk = Desk()
    opening = nominate(desk)
    assert words(desk) == ("awaited", "none")
    signed(desk, opening)
    assert words(desk) == ("awaited", "none")
    say(desk, PAK, "take up post", opening)
    assert words(desk) == ("in-force", "in-force")


@pytest.mark.parametrize(("author", "act"), [(PAK, "recall"), (PAK, "end tour"), (IRN, "persona non grata")])
def test_the_act_that_ends_it_ends_the_authority(author: str, act: str) -> None:
    """Nothing is remembered: the very next question after the entry is held has the other answer."""
    desk = Desk()
    opening = in_post(desk)
    assert words(desk)[1] == "in-force"
    say(desk, author, act, opening)
    assert words(desk) == ("ended", "ended")
    say(desk, PAK, "depart", opening)
    assert words(desk) == ("ended", "ended")


def test_a_nomination_declined_or_recalled_before_arrival_gives_none() -> None:
    for acts in (("decline",), ("recall",)):
        desk = Desk()
        opening = nominate(desk)
        if acts == ("recall",):
            signed(desk, opening)
        say(desk, IRN if acts == ("decline",) else PAK, acts[0], opening)
        assert words(desk) == ("ended", "ended")


def test_a_tour_over_by_the_clock_ends_it_until_it_is_extended() -> None:
    desk = Desk()
    opening = in_post(desk)
    desk.clock.at_ms += 31 * DAY_MS
    assert words(desk) == ("over", "ended")
    extension = say(desk, PAK, "extend", opening, until_ms=desk.clock.at_ms + DAY_MS)
    for act, author in (("confirm extension", PAK), ("agree extension", IRN)):
        desk.say(author, "accreditation", act, [extension], {"digest": extension.digest})
    assert words(desk) == ("in-force", "in-force")


def test_a_successor_in_post_suffices_and_the_other_side_s_posts_are_not_ours() -> None:
    desk = Desk()
    say(desk, PAK, "recall", in_post(desk))
    again = nominate(desk, role="deputy")
    assert words(desk) == ("ended", "ended")
    signed(desk, again)
    say(desk, PAK, "take up post", again)
    assert words(desk) == ("in-force", "in-force")
    theirs = nominate(desk, IRN, post="irn-lo-turbat", at="turbat")
    assert [each for each in PARTIES if each == theirs.author] == [IRN]
    assert words(desk, "IRN-LO-TURBAT") == ("none", "none")
