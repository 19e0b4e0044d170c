"""Humanitarian request: for people in need, with as little about them as it takes, and not for long."""

from typing import Any, Final

import pytest

from rabita.procedures.disclosure import Purge, Retained, purge
from rabita.procedures.engine.duties import obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.humanitarian_request import HUMANITARIAN_REQUEST, RETENTION
from rabita.procedures.marking import parse_marking
from rabita.services.terms import DEADLINES_S
from tests.procedures.carrying import Carried, carry, codes, found
from tests.procedures.ruling import NOW_MS, ruled
from tests.procedures.soil import charter_of, place, soil
from tests.procedures.world import HOUR_S, IRN, PAK, World, charter

NAME: Final = "humanitarian request"
DAY_MS: Final = 86_400_000
FISHERMEN: Final[dict[str, Any]] = {"kind": "detained-fishermen", "how_many": 2}


def marked(category: str = "detained", purpose: str = "humanitarian", days: int = 90) -> str:
    return f"PERSONAL {purpose}/{category}/{days}"


def request(w: World, carried: tuple[Carried, ...] = (), **fields: Any) -> Held:  # noqa: ANN401 - a coded field
    held = carry(w, PAK, NAME, "request", (), {**FISHERMEN, **fields}, carried)
    w.meet()
    return held


def test_accepted_or_declined_then_done() -> None:
    """3-procedures, humanitarian request: "→ accept / decline → done"."""
    w = World()
    held = request(w)
    (answer,) = obligations(HUMANITARIAN_REQUEST, w.charters[1], w.case(held))
    assert (answer.debtors, answer.allowed_ms) == ((IRN,), 6 * HOUR_S * 1000)
    w.say(IRN, NAME, "accept", [held])
    (_, carry_out) = obligations(HUMANITARIAN_REQUEST, w.charters[1], w.case(held))
    assert owed(carry_out, {carry_out.since: NOW_MS}, NOW_MS + 30 * DAY_MS)[3:] == (0, 0, 30)
    w.say(IRN, NAME, "report done", [held], {"outcome": "released", "how_many": 2})
    assert w.case(held).state == "carried out"
    w.meet()
    (confirm,) = [
        each for each in obligations(HUMANITARIAN_REQUEST, w.charters[1], w.case(held)) if each.duty == "confirm"
    ]
    assert confirm.debtors == (PAK,)
    w.say(PAK, NAME, "done", [held])
    assert w.case(held).state == "done"


def test_declined_and_taken_up_after_all_or_closed() -> None:
    """3-procedures, humanitarian request: "accept / decline"."""
    w = World()
    held = request(w)
    w.say(IRN, NAME, "decline", [held], {"reason": "not-with-us"})
    assert w.case(held).state == "declined"
    w.say(IRN, NAME, "accept", [held])
    assert w.case(held).state == "accepted"
    w.meet()
    w.say(PAK, NAME, "close", [held], {"reason": "met-otherwise"})
    assert w.case(held).state == "closed"


@pytest.mark.parametrize(
    ("fields", "valid"),
    [
        ({"kind": "missing-persons"}, True),
        ({"kind": "remains", "how_many": 1}, True),
        ({"kind": "remains", "how_many": 0}, False),
        ({"kind": "medical-passage"}, False),
        ({"kind": "medical-passage", "during": {"start_ms": NOW_MS, "end_ms": NOW_MS}}, True),
        ({"kind": "extradition"}, False),
    ],
)
def test_detained_fishermen_missing_persons_medical_passage_remains(
    fields: dict[str, Any],
    valid: bool,  # noqa: FBT001 - a row of the table
) -> None:
    """3-procedures: "detained fishermen, missing persons, medical passage, remains"."""
    w = World()
    held = request(w, **fields)
    assert (w.of(held, held).status is Status.EFFECTIVE) == valid


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        (Carried("particulars", marking=marked()), []),
        (Carried("particulars"), ["personal-unmarked"]),
        (Carried("text", marking=marked()), ["personal-elsewhere"]),
        (Carried("particulars", marking=marked(purpose="investigation")), ["personal-purpose"]),
        (Carried("particulars", marking=marked("suspect")), ["personal-category"]),
        (Carried("particulars", "name " * 80, marking=marked()), []),
        (Carried("particulars", "name " * 81, marking=marked()), ["personal-many"]),
    ],
)
def test_minimal_personal_data(carried: Carried, expected: list[str]) -> None:
    """3-procedures, humanitarian request: "minimal personal data": one portion, one purpose, few words."""
    w = World()
    held = request(w, (carried,))
    assert codes(found(w, held, [carried])) == expected


def test_short_retention() -> None:
    """3-procedures, humanitarian request: "short retention": the charter's, and gone then even from an open request."""
    w = World()
    for days, expected in ((90, []), (91, ["personal-long"])):
        carried = (Carried("particulars", marking=marked(days=days)),)
        assert codes(found(w, request(w, carried), carried)) == expected
    w.charters[1] = charter(deadlines_s={RETENTION: 30 * 24 * HOUR_S})
    carried = (Carried("particulars", marking=marked(days=31)),)
    assert codes(found(w, request(w, carried), carried)) == ["personal-long"]
    assert DEADLINES_S[RETENTION] == 90 * 24 * HOUR_S
    kept = Retained(parse_marking(marked(days=30), ()), NOW_MS, open_case=True)
    assert purge(kept, 3650, NOW_MS + 30 * DAY_MS - 1) is Purge.KEEP
    assert purge(kept, 3650, NOW_MS + 30 * DAY_MS) is Purge.MUST


def test_answers_hold_data_of_those_the_request_is_for_and_no_others() -> None:
    """3-procedures, humanitarian request: "minimal personal data"; the request as last brought up to date counts."""
    w = World()
    held = request(w)
    answered = (Carried("particulars", "name " * 50, marking=marked()),)
    answer = carry(w, IRN, NAME, "accept", [held], {}, answered)
    assert codes(found(w, answer, answered)) == []
    w.say(PAK, NAME, "update", [held], {"kind": "remains", "how_many": 1})
    assert codes(found(w, answer, answered)) == ["personal-category", "personal-many"]
    void = request(w, kind="extradition")
    stray = carry(w, IRN, NAME, "accept", [void], {}, answered)
    assert codes(found(w, stray, answered)) == []


def test_the_place_is_coarse_and_on_the_agreed_map() -> None:
    """1-mechanism: "locations on the host's soil are coarsened"."""
    w = World()
    w.charters[1] = charter_of(soil())
    for east, expected in ((2.51, ["place-fine"]), (2.9, [])):
        held = request(w, where=place(2.5, 1, east, 1.4))
        assert codes(ruled(w, held, edition=soil())) == expected


def test_an_update_asks_for_a_new_answer_and_a_close_prevails() -> None:
    """3-procedures: one template, announce → answer → close."""
    w = World()
    held = request(w)
    w.say(PAK, NAME, "update", [held], {**FISHERMEN, "how_many": 3})
    w.say(IRN, NAME, "accept", [held])
    w.meet()
    assert w.case(held).state == "requested"
    w.say(PAK, NAME, "close", [held], {"reason": "no-longer-needed"})
    w.say(IRN, NAME, "accept", [held])
    w.meet()
    assert w.case(held).state == "closed"
