"""Commitment: exact words, signed by both; a date or the words used instead; rated, and never new twice."""

from typing import Any, Final

import pytest

from rabita.procedures.commitment import COMMITMENT, dues, signatures, terms
from rabita.procedures.commitment_views import History, Rated, Standing, Theme, by_theme, history, rated, standing
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Case, Status
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.say import explain
from tests.procedures.carrying import Carried, carry, codes, found
from tests.procedures.ruling import NOW_MS
from tests.procedures.world import IRN, PAK, PARTIES, World

DAY_MS: Final = 86_400_000
DUE_MS: Final = NOW_MS + 10 * DAY_MS
TEXTS: Final = tuple([Carried("text", f"Words in {each}.", language=each) for each in ("en", "ur", "fa")])
DATED: Final = {"owed_by": "responder", "theme": "liaison-officers", "source": "meeting", "valid": "no-expiry"}
EARLY: Final[dict[str, Any]] = {"words_used": "at-an-early-date", "review_ms": NOW_MS + 30 * DAY_MS}


def propose(w: World, carried: tuple[Carried, ...] = TEXTS, **fields: Any) -> Held:  # noqa: ANN401 - a coded field
    dated = {} if "words_used" in fields else {"due_ms": DUE_MS}
    held = carry(w, PAK, "commitment", "propose", (), {**DATED, **dated, **fields}, carried)
    w.meet()
    return held


def confirm(w: World, held: Held, opening: Held | None = None) -> tuple[Held, Held]:
    both = [w.say(code, "commitment", "confirm", [opening or held, held], {"digest": held.digest}) for code in PARTIES]
    w.meet()
    return both[0], both[1]


def confirmed(w: World, **fields: Any) -> Held:  # noqa: ANN401 - a coded field
    held = propose(w, **fields)
    confirm(w, held)
    return held


def rate(w: World, held: Held, code: str, rating: int) -> Held:
    return carry(w, code, "commitment", "report progress", [held], {"rating": rating}, [Carried("evidence")])


def fulfil(w: World, held: Held, code: str) -> Held:
    return carry(w, code, "commitment", "fulfil", [held], {}, [Carried("evidence")])


def receipts(w: World) -> dict[str, int]:
    return {each.digest: NOW_MS for each in w.all()}


def cases(w: World) -> dict[str, Case]:
    return {digest: each for digest, each in w.compute(w.all()).cases.items() if each.procedure == "commitment"}


def test_it_exists_when_both_have_signed_the_same_digest_in_all_languages() -> None:
    """3-procedures: "Joint things need both"; commitment: "propose (text per language …) → confirm"."""
    w = World()
    held = propose(w)
    one = w.say(PAK, "commitment", "confirm", [held], {"digest": held.digest})
    assert codes(found(w, one)) == []
    assert (w.case(held).state, terms(w.case(held))) == ("proposed", None)
    w.meet()
    other = w.say(IRN, "commitment", "amend", [held], {**DATED, "due_ms": DUE_MS + DAY_MS})
    w.say(IRN, "commitment", "confirm", [held, other], {"digest": other.digest})
    assert w.case(held).state == "proposed"
    w.say(IRN, "commitment", "confirm", [held], {"digest": held.digest})
    assert w.case(held).state == "confirmed"
    assert "both sides' signature" in explain(COMMITMENT, w.case(held))


def test_text_per_language_is_there_before_anybody_signs() -> None:
    """3-procedures, commitment: "text per language"; each language a portion of the act both sign."""
    w = World()
    assert codes(found(w, propose(w), TEXTS)) == []
    w = World()
    held = propose(w, TEXTS[:2])
    assert codes(found(w, held, TEXTS[:2])) == ["(language-lacking)"]
    signing = w.say(IRN, "commitment", "confirm", [held], {"digest": held.digest})
    assert [(each.code, each.detail, each.refuses) for each in found(w, signing)] == [("language-lacking", "fa", True)]


@pytest.mark.parametrize(
    ("fields", "valid"),
    [
        ({"due_ms": DUE_MS}, True),
        (EARLY, True),
        ({}, False),
        ({"due_ms": DUE_MS, **EARLY}, False),
        ({"words_used": "immediately"}, False),
        ({"due_ms": DUE_MS, "valid": None}, False),
        ({"due_ms": DUE_MS, "valid": "until"}, False),
        ({"due_ms": DUE_MS, "valid": "until", "valid_until_ms": DUE_MS}, True),
        ({"due_ms": DUE_MS, "valid": "until", "valid_until_ms": DUE_MS - 1}, False),
        ({"due_ms": DUE_MS, "valid": "until-fulfilled", "valid_until_ms": DUE_MS}, False),
    ],
)
def test_a_due_date_or_the_words_used_plus_a_review_date_and_always_validity(
    fields: dict[str, Any],
    valid: bool,  # noqa: FBT001 - a row of the table
) -> None:
    """3-procedures, commitment: "due date or the words used ("at an early date") plus a review date, validity"."""
    w = World()
    given = {name: value for name, value in {**DATED, **fields}.items() if value is not None}
    held = carry(w, PAK, "commitment", "propose", (), given, TEXTS)
    assert (w.of(held, held).status is Status.EFFECTIVE) == valid


def test_words_that_no_code_has_are_given_as_they_were_used() -> None:
    """3-procedures, commitment: "the words used"."""
    w = World()
    other: dict[str, Any] = {"words_used": "other-words", "review_ms": NOW_MS + DAY_MS}
    assert codes(found(w, propose(w, **other), TEXTS)) == ["commitment-words"]
    w = World()
    verbatim = (*TEXTS, Carried("timing", "before the snow melts", language="en"))
    assert codes(found(w, propose(w, verbatim, **other), verbatim)) == []


@pytest.mark.parametrize("name", ["due_ms", "review_ms", "valid_until_ms"])
def test_its_dates_lie_ahead(name: str) -> None:
    """3-procedures, commitment: "due date", "review date", "validity"."""
    dates: dict[str, dict[str, Any]] = {
        "due_ms": {"due_ms": NOW_MS},
        "review_ms": {"words_used": "immediately", "review_ms": NOW_MS},
        "valid_until_ms": {**EARLY, "valid": "until", "valid_until_ms": NOW_MS},
    }
    w = World()
    held = propose(w, **dates[name])
    assert [(each.code, each.detail) for each in found(w, held, TEXTS)] == [("date-past", name)]
    correction = w.say(PAK, "commitment", "correct", [held], {"reason": "error", "fields": {**DATED, **dates[name]}})
    assert codes(found(w, correction)) == []


@pytest.mark.parametrize(("owed_by", "debtors"), [("opener", [PAK]), ("responder", [IRN]), ("both", [PAK, IRN])])
def test_who_owes_it_by_when_and_overdue_is_seen_by_both(owed_by: str, debtors: list[str]) -> None:
    """3-procedures, commitment: "who owes it"; "overdue seen by both"."""
    w = World()
    held = propose(w, owed_by=owed_by)
    assert dues(w.case(held)) == []
    signing = confirm(w, held)
    views = []
    for code in PARTIES:
        found_here = dues(w.case(held, code))
        assert [each.debtors[0] for each in found_here] == debtors
        assert {each.since for each in found_here} <= {each.digest for each in signing}
        views.append([owed(each, receipts(w), DUE_MS + 1).view for each in found_here])
        assert standing(w.case(held, code), receipts(w), DUE_MS) is Standing.OPEN
        assert standing(w.case(held, code), receipts(w), DUE_MS + 1) is Standing.OVERDUE
    assert views[0] == views[1] == [View.OVERDUE] * len(debtors)


def test_an_undated_promise_shows_days_open_never_overdue() -> None:
    """3-procedures, commitment: "an undated promise shows *days open*, never overdue" (91 in 2024)."""
    w = World()
    held = confirmed(w, **EARLY)
    (due, review) = dues(w.case(held))
    later = owed(due, receipts(w), NOW_MS + 91 * DAY_MS)
    assert (later.view, later.due_ms, later.days_open) == (View.OWED, 0, 91)
    assert standing(w.case(held), receipts(w), NOW_MS + 9000 * DAY_MS) is Standing.OPEN
    assert (review.duty, review.debtors, review.due_ms) == ("review", (PAK, IRN), EARLY["review_ms"])
    assert owed(review, receipts(w), NOW_MS + 91 * DAY_MS).view is View.OVERDUE


def test_a_review_sets_the_next_review_date() -> None:
    """3-procedures, commitment: "plus a review date"."""
    w = World()
    held = confirmed(w, **EARLY)
    reviewed = w.say(IRN, "commitment", "review", [held], {"review_ms": NOW_MS + 60 * DAY_MS})
    assert codes(found(w, reviewed)) == []
    assert codes(found(w, reviewed, (), NOW_MS + 60 * DAY_MS)) == ["date-past"]
    (_, first, second) = dues(w.case(held))
    assert (first.met_by, second.since, second.due_ms) == (reviewed.digest, reviewed.digest, NOW_MS + 60 * DAY_MS)
    w.meet()
    w.say(PAK, "commitment", "review", [held], {"review_ms": 0})
    assert [each.met_by != "" for each in dues(w.case(held))] == [False, True, True]


def test_new_terms_are_a_new_text_that_both_sign_and_the_old_one_stays_on_record() -> None:
    """3-procedures: what stands is undone by nothing; a later text both signed is the one in force."""
    w = World()
    held = confirmed(w, **EARLY)
    amended = carry(w, IRN, "commitment", "amend", [held], {**DATED, "due_ms": DUE_MS}, TEXTS)
    w.meet()
    promise = terms(w.case(held))
    assert promise is not None
    assert promise.due_ms == 0
    confirm(w, amended, held)
    promise = terms(w.case(held))
    assert promise is not None
    assert promise.due_ms == DUE_MS
    assert [text.held.digest for text, _ in signatures(w.case(held))] == [held.digest, amended.digest]
    (due,) = dues(w.case(held))
    assert (due.due_ms, due.since) == (DUE_MS, signatures(w.case(held))[0][1].held.digest)


def test_progress_is_rated_0_to_3_with_evidence_by_each_side() -> None:
    """3-procedures, commitment: "progress + evidence"; "rated 0–3"."""
    w = World()
    held = confirmed(w)
    assert rated(w.case(held)) == Rated(-1, -1)
    beyond = rate(w, held, PAK, 4)
    assert w.of(beyond, held).because == "field-invalid"
    for rating, expected in ((0, []), (1, ["commitment-evidence"])):
        bare = w.say(PAK, "commitment", "report progress", [held], {"rating": rating})
        assert codes(found(w, bare)) == expected
    shown = w.say(PAK, "commitment", "report progress", [held], {"rating": 3}, attachments=("a" * 64,))
    assert codes(found(w, shown)) == []
    rate(w, held, IRN, 1)
    ratings = rated(w.case(held))
    assert (ratings, ratings.common) == (Rated(3, 1), 1)


def test_an_entry_of_another_case_is_evidence_too() -> None:
    """3-procedures, commitment: "progress + evidence"."""
    w = World()
    held = confirmed(w)
    note = w.say(PAK, "message", "send", portions=(TEXTS[0].ref,))
    shown = w.say(PAK, "commitment", "fulfil", [held, note])
    assert codes(found(w, shown)) == []
    bare = w.say(PAK, "commitment", "fulfil", [held])
    assert codes(found(w, bare)) == ["commitment-evidence"]
    correction = w.say(PAK, "commitment", "correct", [bare], {"reason": "error", "fields": {}})
    assert codes(found(w, correction)) == []


def test_fulfilled_when_both_hold_it_fulfilled() -> None:
    """3-procedures, commitment: "→ fulfilled": not by its debtor's word alone."""
    w = World()
    held = confirmed(w)
    done = fulfil(w, held, IRN)
    w.meet()
    case = w.case(held)
    assert (case.state, rated(case), dues(case)[0].met_by) == ("confirmed", Rated(-1, 3), done.digest)
    (judge,) = [each for each in obligations(COMMITMENT, w.charters[1], case) if each.duty == "judge"]
    assert judge.debtors == (PAK,)
    assert standing(case, receipts(w), DUE_MS + 1) is Standing.OPEN
    fulfil(w, held, PAK)
    case = w.case(held)
    assert (case.state, rated(case)) == ("fulfilled", Rated(3, 3))
    assert standing(case, {}, DUE_MS + 1) is Standing.FULFILLED
    assert not any(each.ended for each in dues(case))


def test_lapsed_is_a_view_of_its_validity_and_never_a_state() -> None:
    """3-procedures: "*overdue*, *lapsed*, *expired* are each node's own view of the clock and never a state"."""
    w = World()
    held = confirmed(w, valid="until", valid_until_ms=DUE_MS + DAY_MS)
    assert "lapsed" not in COMMITMENT.states
    assert standing(w.case(held), receipts(w), DUE_MS + DAY_MS) is Standing.OVERDUE
    assert standing(w.case(held), receipts(w), DUE_MS + DAY_MS + 1) is Standing.LAPSED
    assert w.case(held).state == "confirmed"


def test_withdrawn_declined_or_still_proposed() -> None:
    """3-procedures, commitment: "→ fulfilled / lapsed / withdrawn"."""
    w = World()
    held = propose(w)
    assert standing(w.case(held), {}, NOW_MS) is Standing.PROPOSED
    w.say(IRN, "commitment", "decline", [held], {"reason": "not-agreed"})
    assert standing(w.case(held), {}, NOW_MS) is Standing.DECLINED
    held = propose(w)
    w.say(PAK, "commitment", "withdraw", [held], {"reason": "error"})
    assert standing(w.case(held), {}, NOW_MS) is Standing.WITHDRAWN
    held = confirmed(w)
    w.say(PAK, "commitment", "withdraw", [held], {"reason": "error"})
    assert w.case(held).state == "confirmed"
    w.say(IRN, "commitment", "withdraw from", [held], {"reason": "circumstances"})
    case = w.case(held)
    assert (case.state, standing(case, {}, NOW_MS)) == ("withdrawn from", Standing.WITHDRAWN)
    assert dues(case)[0].ended


def test_a_decline_that_crosses_other_terms_leaves_them_open() -> None:
    """3-procedures: acts at one depth are resolved jointly."""
    w = World()
    held = propose(w)
    w.say(IRN, "commitment", "decline", [held], {"reason": "not-agreed"})
    w.say(PAK, "commitment", "amend", [held], {**DATED, "due_ms": DUE_MS})
    w.meet()
    assert w.case(held).state == "proposed"


def test_percent_by_theme_counts_what_both_grant() -> None:
    """3-procedures, commitment: "percent by theme"; field.md: 0 to 3, "percentage by theme"."""
    w = World()
    kept = confirmed(w)
    for code in PARTIES:
        fulfil(w, kept, code)
    w.meet()
    half = confirmed(w, **EARLY)
    rate(w, half, IRN, 3)
    rate(w, half, PAK, 1)
    confirmed(w, theme="trade")
    propose(w, theme="territory")
    assert by_theme(cases(w).values()) == {"liaison-officers": Theme(2, 66), "trade": Theme(1, 0)}


def test_promises_made_again_show_their_history() -> None:
    """1-mechanism: "promises are announced again and again": "a commitments register with history"."""
    w = World()
    first = propose(w, first_made_ms=NOW_MS - 3650 * DAY_MS)
    again = propose(w, **EARLY, renews=first.digest)
    third = propose(w, renews=again.digest)
    told = history(w.case(third), cases(w))
    assert [each.id for each in told.cases] == [first.digest, again.digest, third.digest]
    assert told.first_made_ms == NOW_MS - 3650 * DAY_MS
    lost = propose(w, renews="0" * 64)
    assert history(w.case(lost), cases(w)) == History((w.case(lost),), 0)
    void = propose(w, valid="never")
    assert history(w.case(void), cases(w)) == History((w.case(void),), 0)


def test_a_promise_made_again_without_saying_so_is_flagged() -> None:
    """january-2024: "note the two wordings of one promise"."""
    w = World()
    propose(w)
    table: list[tuple[dict[str, Any], list[str]]] = [
        ({**EARLY}, ["(commitment-again)"]),
        ({"owed_by": "both"}, ["(commitment-again)"]),
        ({"owed_by": "opener"}, []),
        ({"theme": "trade"}, []),
    ]
    for fields, expected in table:
        other = World()
        propose(other)
        assert codes(found(other, propose(other, **fields), TEXTS)) == expected
    named = propose(w, **EARLY, renews=propose(w).digest)
    assert codes(found(w, named, TEXTS)) == []
    amended = carry(w, IRN, "commitment", "amend", [named], {**DATED, "due_ms": DUE_MS}, TEXTS)
    assert "(commitment-again)" in codes(found(w, amended, TEXTS))
