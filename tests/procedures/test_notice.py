"""Notices, clause by clause (3-procedures, notice and Territory guard; research, Clocks; 1-mechanism, M6)."""

from functools import cache
from typing import Any, Final

import pytest

from rabita.line.errors import UserFault
from rabita.procedures.clarification import ORDINARY, Asked
from rabita.procedures.engine.check import check
from rabita.procedures.engine.coded import Place, Window
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import FOREIGN_MINISTRY, Approved, Held
from rabita.procedures.notice import NOTICE, announced
from rabita.procedures.notice_unannounced import clarification_of
from rabita.procedures.territory_edition import Edition
from tests.procedures.ruling import flagged, refused, ruled
from tests.procedures.soil import charter_of, place, place_of, soil
from tests.procedures.world import CONSENTING, IRN, OFFICERS, PAK, World

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
NOW_MS: Final = 1_714_000_000_000
OURS: Final = place(1, 1, 1.5, 1.5)
NEAR: Final = place(1.5, 1, 1.95, 1.5)
DISPUTED: Final = place(1.5, 1, 2.1, 1.5)
ACROSS: Final = place(1.5, 1, 2.5, 1.5)


@cache
def edition() -> Edition:
    return soil()


def world() -> World:
    w = World()
    w.charters[1] = charter_of(
        edition(),
        deadlines_s={
            "notice-exercise-lead-max": 90 * 86_400,
            "notice-exercise-lead-min": 15 * 86_400,
            "notice-missile-test-lead-min": 3 * 86_400,
            "notice-missile-test-window-max": 5 * 86_400,
            "notice-patrol-lead-min": 6 * 3600,
            "notice-consent-window-max": 30 * 86_400,
        },
    )
    return w


def span(from_days: float, until_days: float) -> dict[str, int]:
    return {"start_ms": NOW_MS + round(from_days * DAY_MS), "end_ms": NOW_MS + round(until_days * DAY_MS)}


def plan(kind: str = "exercise", *areas: Any, window: dict[str, int] | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - coded fields
    return {
        "kind": kind,
        "areas": list(areas or (OURS,)),
        "window": window or span(20, 25),
        "formation": "brigade",
        "contact": "pak-ops-quetta",
        **more,
    }


def say(
    w: World,
    author: str,
    act: str,
    basis: list[Held],
    fields: dict[str, Any] | None = None,
    **more: Any,  # noqa: ANN401 - a field of the act
) -> Held:
    said = w.say(author, "notice", act, basis, fields, **more)
    w.meet()
    return said


def announce(w: World, fields: dict[str, Any] | None = None, author: str = PAK, *basis: Held) -> Held:
    return say(w, author, "announce", list(basis), fields or plan())


def consent(
    w: World,
    area: dict[str, Any] = ACROSS,
    window: dict[str, int] | None = None,
    approvals: Any = CONSENTING,  # noqa: ANN401 - verified approvals
) -> tuple[Held, Held]:
    """Have PAK ask and IRN consent."""
    within = window or span(0, 25)
    asked = say(w, PAK, "ask consent", [], {"purpose": "rescue", "area": area, "window": within})
    return asked, say(w, IRN, "consent", [asked], {"area": area, "window": within}, approvals=approvals)


def codes(w: World, held: Held, now_ms: int = NOW_MS) -> list[str]:
    return refused(ruled(w, held, now_ms, edition=edition()))


def test_announce_acknowledge_begun_ended() -> None:
    w = world()
    opening = announce(w)
    for author, act, state in (
        (IRN, "acknowledge", "acknowledged"),
        (PAK, "begin", "begun"),
        (PAK, "end", "ended"),
    ):
        say(w, author, act, [opening])
        assert w.case(opening).state == state


def test_object_with_reason_answer_change_or_cancel() -> None:
    w = world()
    opening = announce(w)
    say(w, IRN, "object", [opening], {"reason": "size"})
    assert w.case(opening).state == "objected"
    assert "objection" in {each.duty for each in obligations(NOTICE, w.charters[1], w.case(opening)) if not each.met_by}
    say(w, PAK, "answer", [opening])
    say(w, PAK, "change", [opening], plan(formation="battalion"))
    assert w.case(opening).state == "announced"
    assert getattr(announced(w.case(opening)), "formation", "") == "battalion"
    say(w, PAK, "cancel", [opening])
    assert w.case(opening).state == "cancelled"


@pytest.mark.parametrize(
    ("kind", "window", "expected"),
    [
        ("exercise", span(15, 20), []),
        ("exercise", span(14.9, 20), ["notice-lead-short"]),
        ("exercise", span(90, 95), []),
        ("exercise", span(90.1, 95), ["notice-lead-long"]),
        ("missile-test", span(3, 8), []),
        ("missile-test", span(2.9, 5), ["notice-lead-short"]),
        ("missile-test", span(3, 8.1), ["notice-window-long"]),
        ("patrol", span(0.25, 1), []),
        ("patrol", span(0.24, 1), ["notice-lead-short"]),
        ("works", span(0, 400), []),
        ("works", span(-0.1, 1), ["notice-lead-short"]),
    ],
)
def test_lead_times_per_kind(kind: str, window: dict[str, int], expected: list[str]) -> None:
    """Exercise 15 to 90 days (1991), missile test 3 days before a window of 5 (2005), patrol hours: the charter's."""
    w = world()
    assert codes(w, announce(w, plan(kind, window=window))) == expected


def test_a_change_that_only_narrows_needs_no_new_lead() -> None:
    """Narrower in area and time, of the same kind; anything else is announced with its lead, as if new."""
    w = world()
    opening = announce(w)
    day_before_ms = NOW_MS + 19 * DAY_MS
    for fields, expected in (
        (plan(), []),
        (plan(areas=[place(1.1, 1.1, 1.4, 1.4)], window=span(21, 24)), []),
        (plan(window=span(21, 26)), ["notice-lead-short"]),
        (plan(window=span(19.5, 25)), ["notice-lead-short"]),
        (plan(areas=[place(1, 1, 1.6, 1.5)]), ["notice-lead-short"]),
        (plan("missile-test", window=span(21, 24)), ["notice-lead-short"]),
    ):
        changed = say(w, PAK, "change", [opening], fields)
        assert codes(w, changed, day_before_ms) == expected
        say(w, PAK, WITHDRAW, [changed], {"reason": "error"})


def test_no_lead_is_gained_by_correcting() -> None:
    w = world()
    opening = announce(w)
    for fields, expected in ((plan(window=span(1, 25)), ["notice-lead-short"]), (plan(formation="division"), [])):
        corrected = say(w, PAK, CORRECT, [opening], {"reason": "error", "fields": fields})
        assert codes(w, corrected) == expected
        say(w, PAK, WITHDRAW, [corrected], {"reason": "error"})


@pytest.mark.parametrize(
    ("area", "assured", "refusals", "flags"),
    [
        (OURS, False, [], []),
        (NEAR, False, ["territory-assurance-needed"], []),
        (NEAR, True, [], ["territory-band"]),
        (DISPUTED, True, ["territory-disputed"], []),
        (ACROSS, True, ["territory-across"], []),
        (place(-1, 1, 1, 2), False, ["territory-outside"], []),
        (place(-3, 1, 3, 2), False, ["area-huge"], []),
        ({**OURS, "area": [[0, 0], [500_000, 500_000], [500_000, 0], [0, 500_000]]}, False, ["area-self-crossing"], []),
        ({**OURS, "edition": "0" * 64}, False, ["edition-foreign"], []),
    ],
)
def test_the_territory_guard(area: dict[str, Any], assured: bool, refusals: list[str], flags: list[str]) -> None:  # noqa: FBT001 - a row of the table
    """3-procedures, Territory guard: own side; near the line with assurance, flagged; across or disputed refused."""
    w = world()
    found = ruled(w, announce(w, plan("works", area, assured=assured)), NOW_MS, edition=edition())
    assert (refused(found), flagged(found)) == (refusals, flags)


def test_every_area_is_judged_and_no_notice_is_sealed_without_a_map() -> None:
    w = world()
    both = announce(w, plan("works", OURS, ACROSS))
    assert codes(w, both) == ["territory-across"]
    assert refused(ruled(w, announce(w), NOW_MS)) == ["edition-unheld"]


def test_a_change_or_correction_cannot_move_the_area_across() -> None:
    w = world()
    opening = announce(w, plan("works"))
    changed = say(w, PAK, "change", [opening], plan("works", ACROSS))
    assert codes(w, changed) == ["territory-across"]
    corrected = say(w, PAK, CORRECT, [opening], {"reason": "error", "fields": plan("works", ACROSS)})
    assert codes(w, corrected) == ["territory-across"]


def test_overlaps_with_the_others_notices_are_flagged() -> None:
    """3-procedures, notice. Both must meet, area and time; one's own notices and consents asked for do not count."""
    w = world()
    consent(w)
    theirs = announce(w, plan("works", place(1.4, 1.4, 3, 3), window=span(24, 30)), IRN)
    announce(w, plan("works"))
    for fields, expected in (
        (plan("works"), ["notice-overlap"]),
        (plan("works", window=span(20, 23)), []),
        (plan("works", window=span(31, 32)), []),
        (plan("works", place(0.5, 0.5, 1, 1)), []),
        (plan("works", {**OURS, "area": [[0, 0], [500_000, 500_000], [500_000, 0], [0, 500_000]]}), []),
    ):
        assert flagged(ruled(w, announce(w, fields), NOW_MS, edition=edition())) == expected
    say(w, IRN, "cancel", [theirs])
    assert flagged(ruled(w, announce(w), NOW_MS, edition=edition())) == []


def test_across_it_needs_the_others_consent_which_the_basis_names() -> None:
    """3-procedures: refused unless it names an entry of the other's consent covering area and time; then flagged."""
    w = world()
    _, given = consent(w)
    named = announce(w, plan("works", ACROSS), PAK, given)
    found = ruled(w, named, NOW_MS, edition=edition())
    assert (refused(found), flagged(found)) == ([], ["territory-consented"])
    assert codes(w, announce(w, plan("works", ACROSS))) == ["territory-across"]


def test_a_consent_is_bounded_in_area_and_time() -> None:
    w = world()
    _, given = consent(w, place(2, 1, 2.3, 1.5), span(20, 25))
    assert codes(w, announce(w, plan("works", place(1.5, 1, 2.3, 1.5)), PAK, given)) == []
    assert codes(w, announce(w, plan("works", ACROSS), PAK, given)) == ["consent-area"]
    late = plan("works", place(1.5, 1, 2.3, 1.5), window=span(20, 26))
    assert codes(w, announce(w, late, PAK, given)) == ["consent-time"]


def test_a_consent_is_never_longer_than_the_charter_allows_nor_over() -> None:
    for window, expected in (
        (span(0, 30), []),
        (span(0, 30.1), ["consent-unbounded"]),
        (span(-2, 0), ["consent-over"]),
    ):
        w = world()
        assert codes(w, consent(w, window=window)[1]) == expected
    w = world()
    w.charters[1] = charter_of(edition(), deadlines_s={})
    assert codes(w, consent(w, window=span(0, 300))[1]) == []


def test_what_is_asked_and_given_has_a_sound_area_on_the_agreed_map() -> None:
    w = world()
    for held in consent(w, {**ACROSS, "edition": "0" * 64}):
        assert codes(w, held) == ["edition-foreign"]
    for held in consent(w, place(1, 1, 9, 2)):
        assert codes(w, held) == ["area-huge"]


@pytest.mark.parametrize(
    "approvals",
    [
        OFFICERS,
        (*OFFICERS, Approved("releaser", "33")),
        (Approved(FOREIGN_MINISTRY, "33"), Approved("releaser", "22")),
        (Approved("service", "99"), *OFFICERS, Approved(FOREIGN_MINISTRY, "22")),
    ],
)
def test_a_consent_needs_the_foreign_ministry_and_two_officers(approvals: tuple[Approved, ...]) -> None:
    """3-procedures: a consent act is approved by the foreign-ministry role and two officers, never by a single one."""
    w = world()
    asked, given = consent(w, approvals=approvals)
    assert w.of(given, asked).status is Status.UNVERIFIED
    assert w.case(asked).state == "consent asked"
    assert codes(w, announce(w, plan("works", ACROSS), PAK, given)) == ["territory-across"]


@pytest.mark.parametrize("by", ["revoke consent", "return consent", WITHDRAW])
def test_a_consent_is_revocable_and_then_covers_nothing(by: str) -> None:
    w = world()
    asked, given = consent(w)
    revoker = PAK if by == "return consent" else IRN
    say(w, revoker, by, [given], {"reason": "no-longer-needed"} if by == WITHDRAW else {})
    assert codes(w, announce(w, plan("works", ACROSS), PAK, given)) == ["territory-across"]
    assert w.case(asked).state == ("consented" if by == WITHDRAW else "consent ended")


def test_a_consent_is_revocable_while_notices_are_suspended() -> None:
    w = world()
    asked, given = consent(w)
    case = w.case(asked)
    check(NOTICE, w.charters[1], case, w.say(IRN, "notice", "revoke consent", [given]).act, suspended=True)
    with pytest.raises(UserFault, match="procedure-suspended"):
        check(NOTICE, w.charters[1], case, w.say(PAK, "notice", "return consent", [given]).act, suspended=True)


def test_an_activity_does_not_begin_under_a_revoked_consent() -> None:
    """Revocable: the guard judges anew when it begins, by what stands then."""
    w = world()
    _, given = consent(w)
    opening = announce(w, plan("works", ACROSS), PAK, given)
    begun = w.say(PAK, "notice", "begin", [opening])
    in_window_ms = NOW_MS + 21 * DAY_MS
    assert codes(w, begun, in_window_ms) == []
    say(w, IRN, "revoke consent", [given])
    assert codes(w, begun, in_window_ms) == ["territory-across"]


def test_a_consent_is_not_widened_by_a_correction() -> None:
    """A correction lacks the approvals of a consent act."""
    w = world()
    _, given = consent(w, place(2, 1, 2.3, 1.5))
    wider = {"reason": "error", "fields": {"area": ACROSS, "window": span(0, 25)}}
    corrected = say(w, IRN, CORRECT, [given], wider)
    assert codes(w, corrected) == ["consent-corrected"]
    assert codes(w, announce(w, plan("works", ACROSS), PAK, given)) == ["consent-area"]


def test_one_cannot_consent_for_the_other() -> None:
    w = world()
    asked = say(w, IRN, "ask consent", [], {"purpose": "rescue", "area": ACROSS, "window": span(0, 25)})
    given = say(w, PAK, "consent", [asked], {"area": ACROSS, "window": span(0, 25)}, approvals=CONSENTING)
    assert codes(w, announce(w, plan("works", ACROSS), PAK, given)) == ["consent-foreign"]


def test_no_acknowledgement_or_message_is_a_consent() -> None:
    """3-procedures: nothing said here is consent, unless it is a consent act."""
    w = world()
    first = announce(w, plan("works", ACROSS))
    acknowledged = say(w, IRN, "acknowledge", [first])
    message = w.say(IRN, "message", "send")
    w.meet()
    assert codes(w, announce(w, plan("works", ACROSS), PAK, acknowledged, message)) == ["territory-across"]
    assert [name for name, rule in NOTICE.rules.items() if rule.consent] == ["consent"]


def test_declined_consent_ends_the_request() -> None:
    w = world()
    asked = say(w, PAK, "ask consent", [], {"purpose": "transit", "area": ACROSS, "window": span(0, 1)})
    say(w, IRN, "decline consent", [asked], {"reason": "not-agreed"})
    assert w.case(asked).state == "consent declined"
    assert announced(w.case(asked)) is None


def test_to_begin_outside_the_window_is_flagged_and_never_silenced() -> None:
    w = world()
    opening = announce(w)
    begun = w.say(PAK, "notice", "begin", [opening])
    for now_ms, flags in ((NOW_MS, ["notice-outside-window"]), (NOW_MS + 21 * DAY_MS, [])):
        found = ruled(w, begun, now_ms, edition=edition())
        assert (refused(found), flagged(found)) == ([], flags)


def test_other_acts_have_nothing_to_check() -> None:
    w = world()
    opening = announce(w)
    assert ruled(w, w.say(IRN, "notice", "acknowledge", [opening])) == ()
    void = announce(w, {"kind": "exercise"})
    assert ruled(w, w.say(PAK, "notice", "begin", [void])) == ()


def test_unannounced_activity_points_to_clarification() -> None:
    """3-procedures, notice: with the ordinary clock, the matter and the time filled in; announced activity does not."""
    w = world()
    opening = announce(w)
    seen, other = place_of(place(1.2, 1.2, 1.3, 1.3)), place_of(place(0.2, 0.2, 0.3, 0.3))
    during, after = Window(**span(21, 22)), Window(**span(26, 27))

    def pointed(where: Place, when: Window, party: str = PAK) -> Asked | None:
        return clarification_of(w.compute(w.all()).cases.values(), party, where, when)

    assert pointed(seen, during) is None
    for where, when, party in ((seen, after, PAK), (other, during, PAK), (seen, during, IRN)):
        assert pointed(where, when, party) == Asked(clock=ORDINARY, matter="movement", happened=when)
    say(w, PAK, "cancel", [opening])
    assert pointed(seen, during) is not None


def test_a_void_notice_announces_nothing() -> None:
    w = world()
    consent(w)
    void = announce(w, {"kind": "exercise"})
    cases = [w.case(void)._replace(state="announced")]
    assert clarification_of(cases, PAK, place_of(OURS), Window(**span(20, 25))) is not None


def test_word_of_the_end_is_owed_when_the_window_ends() -> None:
    w = world()
    opening = announce(w)
    say(w, PAK, "change", [opening], plan(window=span(20, 23)))
    dues = [each for each in obligations(NOTICE, w.charters[1], w.case(opening)) if each.duty == "end"]
    receipts = {each.since: NOW_MS for each in dues} | {each.met_by: NOW_MS for each in dues if each.met_by}
    views = [owed(each, receipts, NOW_MS + 24 * DAY_MS) for each in dues]
    assert [each.view for each in views] == [View.MET, View.OVERDUE]
    assert views[1].due_ms == NOW_MS + 23 * DAY_MS


@pytest.mark.parametrize(
    ("ours", "theirs", "state"),
    [
        ("begin", "object", "begun"),
        ("begin", "acknowledge", "begun"),
        ("cancel", "object", "cancelled"),
        ("change", "acknowledge", "announced"),
    ],
)
def test_what_crosses_is_settled_by_the_act_and_not_by_the_party(ours: str, theirs: str, state: str) -> None:
    w = world()
    opening = announce(w)
    w.say(PAK, "notice", ours, [opening], plan(formation="corps") if ours == "change" else {})
    w.say(IRN, "notice", theirs, [opening], {"reason": "area"} if theirs == "object" else {})
    w.meet()
    assert w.case(opening).state == state
