"""Accreditation, clause by clause (3-procedures, accreditation; 1-mechanism, M1; VCDR, articles 4, 7 and 9)."""

from functools import cache
from typing import Any, Final

import pytest

from rabita.line.charter import Charter
from rabita.procedures.accreditation import ACCREDITATION, authority, disclosure_fault, nomination, tour
from rabita.procedures.accreditation_ranks import RANKS, rank_word
from rabita.procedures.accreditation_rules import headcount
from rabita.procedures.engine.coded import Window
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Case, Status
from rabita.procedures.engine.held import Held
from rabita.procedures.marking import Marking, parse_marking
from rabita.procedures.territory_edition import Edition
from tests.procedures.ruling import flagged, refused, ruled
from tests.procedures.soil import charter_of, place, soil
from tests.procedures.world import IRN, PAK, World

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
NOW_MS: Final = 1_714_000_000_000
TOUR: Final = {"start_ms": NOW_MS + 10 * DAY_MS, "end_ms": NOW_MS + 740 * DAY_MS}
IN_TOUR_MS: Final = NOW_MS + 20 * DAY_MS
POST: Final = "pak-lo-zahedan"
CEILING: Final = 5
NOMINATED: Final[dict[str, Any]] = {
    "post": POST,
    "at": "zahedan",
    "role": "liaison-officer",
    "rank": "of-5",
    "status": "border-liaison",
    "tour": TOUR,
    "disclosure": {"ceiling": "secret", "categories": ["incidents", "notices"], "methods": ["oral"]},
}
LEVELS: Final = ("RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET")
NAMED: Final = parse_marking("PERSONAL accreditation/official/800", ())


@cache
def edition() -> Edition:
    return soil()


def terms(**deadlines_s: int) -> Charter:
    clocks = {"accreditation-tour": 730 * 86_400, "persona-non-grata-departure": 72 * 3600}
    return charter_of(edition(), deadlines_s={**clocks, **deadlines_s}, classification={level: {} for level in LEVELS})


def world() -> World:
    w = World()
    w.charters[1] = terms()
    return w


def nominate(w: World, author: str = PAK, **changes: Any) -> Held:  # noqa: ANN401 - a coded field
    opening = w.say(author, "accreditation", "nominate", fields={**NOMINATED, **changes})
    w.meet()
    return opening


def sign(w: World, opening: Held, joint: str = "", draft: Held | None = None) -> None:
    signed = draft or opening
    for act, author in (("confirm", opening.author), ("agree", IRN if opening.author == PAK else PAK)):
        w.say(author, "accreditation", f"{act}{joint}", [signed], {"digest": signed.digest})
        w.meet()


def say(w: World, author: str, act: str, opening: Held, **fields: Any) -> Held:  # noqa: ANN401 - a coded field
    said = w.say(author, "accreditation", act, [opening], fields)
    w.meet()
    return said


def in_post(w: World, **changes: Any) -> Held:  # noqa: ANN401 - a coded field
    opening = nominate(w, **changes)
    sign(w, opening)
    say(w, PAK, "take up post", opening)
    return opening


def test_it_exists_when_both_have_signed_the_same_nomination() -> None:
    """3-procedures: an accreditation exists when both have signed the same digest, never by one side's word."""
    w = world()
    opening = nominate(w)
    say(w, IRN, "agree", opening, digest=opening.digest)
    assert w.case(opening).state == "nominated"
    assert w.of(say(w, PAK, "take up post", opening), opening).because == "wrong-state"
    say(w, PAK, "confirm", opening, digest=opening.digest)
    assert (w.case(opening).state, w.case(opening).stands("accreditation")) == ("agreed", True)


def test_to_decline_needs_no_reason() -> None:
    """VCDR, article 4 (2): the receiving state is not obliged to give reasons; there is not even a field for one."""
    w = world()
    opening = nominate(w)
    declined = say(w, IRN, "decline", opening)
    assert w.of(declined, opening).status is Status.EFFECTIVE
    assert w.case(opening).state == "declined"
    reasoned = say(w, IRN, "decline", nominate(w), reason="not-agreed")
    assert w.of(reasoned, w.sides[PAK].logs[opening.lane][-1]).because == "field-unknown"


def test_nominate_agree_take_up_extend_end_of_tour_departed() -> None:
    w = world()
    opening = in_post(w)
    assert w.case(opening).state == "in post"
    longer = TOUR["end_ms"] + 100 * DAY_MS
    extension = say(w, PAK, "extend", opening, until_ms=longer)
    assert tour(w.case(opening)) == Window(**TOUR)
    sign(w, opening, " extension", extension)
    assert tour(w.case(opening)) == Window(TOUR["start_ms"], longer)
    say(w, PAK, "end tour", opening)
    assert w.case(opening).state == "leaving"
    say(w, PAK, "depart", opening)
    assert w.case(opening).state == "departed"


def test_an_extension_is_one_sides_wish_until_the_other_signs() -> None:
    w = world()
    opening = in_post(w)
    extension = say(w, PAK, "extend", opening, until_ms=TOUR["end_ms"] + DAY_MS)
    say(w, PAK, "confirm extension", extension, digest=extension.digest)
    say(w, IRN, "decline extension", extension)
    assert tour(w.case(opening)) == Window(**TOUR)
    assert w.case(opening).state == "in post"


@pytest.mark.parametrize("before", ["agreed", "in post", "leaving"])
def test_persona_non_grata_at_any_time_without_reason_and_before_arrival(before: str) -> None:
    """VCDR, article 9 (1): at any time, without explaining its decision, also before arrival."""
    w = world()
    opening = nominate(w)
    sign(w, opening)
    for act, state in (("take up post", "in post"), ("recall", "leaving")):
        if w.case(opening).state != before:
            say(w, PAK, act, opening)
            assert w.case(opening).state == state
    assert ACCREDITATION.acts["persona non grata"].fields is ACCREDITATION.acts["decline"].fields
    say(w, IRN, "persona non grata", opening)
    assert w.case(opening).state == "not acceptable"


def test_only_the_host_declares_it() -> None:
    w = world()
    opening = in_post(w)
    assert w.of(say(w, PAK, "persona non grata", opening), opening).because == "not-your-act"


def test_the_notice_period_runs_from_receipt_and_is_the_charters() -> None:
    """Research, Clocks: recall within a reasonable period, commonly 48 to 72 hours; receipt to receipt (2-line)."""
    w = world()
    opening = in_post(w)
    declared = say(w, IRN, "persona non grata", opening)
    withdraw = next(
        each for each in obligations(ACCREDITATION, w.charters[1], w.case(opening)) if each.duty == "withdraw"
    )
    receipts = {declared.digest: NOW_MS}
    assert owed(withdraw, receipts, NOW_MS + HOUR_MS).due_ms == NOW_MS + 72 * HOUR_MS
    assert owed(withdraw, receipts, NOW_MS + 73 * HOUR_MS).view is View.OVERDUE


def test_recognition_does_not_end_before_the_notice_period() -> None:
    """VCDR, article 9 (2): if the sending state fails to withdraw within a reasonable period."""
    w = world()
    opening = in_post(w)
    declared = say(w, IRN, "persona non grata", opening)
    ended = say(w, IRN, "end recognition", opening)
    receipts = {declared.digest: NOW_MS}
    period_ms = 72 * HOUR_MS
    assert refused(ruled(w, ended, NOW_MS + period_ms - 1, receipts=receipts)) == ["accreditation-notice"]
    assert refused(ruled(w, ended, NOW_MS + period_ms, receipts=receipts)) == []
    assert refused(ruled(w, ended, NOW_MS + period_ms)) == ["accreditation-notice"]
    assert w.case(opening).state == "not recognised"


def test_departure_crossing_a_declaration_leaves_the_officer_departed() -> None:
    for act, state in (("depart", "departed"), ("recall", "not acceptable")):
        w = world()
        opening = in_post(w)
        w.say(PAK, "accreditation", act, [opening])
        w.say(IRN, "accreditation", "persona non grata", [opening])
        w.meet()
        assert w.case(opening).state == state


def test_headcount_ceiling() -> None:
    """3-procedures: headcount ceiling. One more is refused at the nomination, and at either signature."""
    w = world()
    serving = [in_post(w, post=f"post-{number}") for number in range(CEILING)]
    one_more = nominate(w, post="one-more")
    assert refused(ruled(w, one_more, NOW_MS)) == ["accreditation-headcount"]
    agreed = say(w, IRN, "agree", one_more, digest=one_more.digest)
    assert refused(ruled(w, agreed, NOW_MS)) == ["accreditation-headcount"]
    say(w, PAK, "recall", serving[0])
    say(w, PAK, "depart", serving[0])
    assert refused(ruled(w, one_more, NOW_MS)) == []


def test_the_ceiling_counts_one_sides_officers_at_one_time() -> None:
    """The other side's, those only nominated and tours that never meet do not count together."""
    w = world()
    theirs = nominate(w, IRN, post="irn-lo-turbat", at="turbat")
    sign(w, theirs)
    nominate(w, post="only-nominated")
    for number in range(CEILING):
        start_ms = NOW_MS + (20 + 10 * number) * DAY_MS
        in_post(w, post=f"post-{number}", tour={"start_ms": start_ms, "end_ms": start_ms + 5 * DAY_MS})
    cases = tuple(w.compute(w.all()).cases.values())
    assert headcount(cases, PAK, Window(**TOUR)) == 1
    assert headcount(cases, IRN, Window(**TOUR)) == 1
    assert headcount(cases, IRN, Window(0, 1)) == 0
    assert refused(ruled(w, nominate(w), NOW_MS)) == []


def test_a_tour_lasts_24_months() -> None:
    """3-procedures: tour 24 months, the charter's ``accreditation-tour``."""
    w = world()
    longer = nominate(w, tour={**TOUR, "end_ms": TOUR["end_ms"] + 1})
    assert refused(ruled(w, longer, NOW_MS)) == ["accreditation-tour-long"]
    assert refused(ruled(w, nominate(w), NOW_MS)) == []
    past = nominate(w, tour={"start_ms": NOW_MS - DAY_MS, "end_ms": NOW_MS})
    assert refused(ruled(w, past, NOW_MS)) == ["accreditation-tour-over"]
    w.charters[1] = charter_of(edition(), deadlines_s={}, classification={"SECRET": {}})
    assert refused(ruled(w, longer, NOW_MS)) == []


def test_an_extension_is_no_longer_than_a_tour_and_ends_later_than_it() -> None:
    w = world()
    opening = in_post(w)
    end_ms = TOUR["end_ms"]
    for until_ms, codes in (
        (end_ms + DAY_MS, []),
        (end_ms, ["accreditation-tour-over"]),
        (end_ms + 731 * DAY_MS, ["accreditation-tour-long"]),
    ):
        assert refused(ruled(w, say(w, PAK, "extend", opening, until_ms=until_ms), NOW_MS)) == codes


def test_a_correction_cannot_lengthen_the_tour() -> None:
    w = world()
    opening = nominate(w)
    longer = {**NOMINATED, "tour": {**TOUR, "end_ms": TOUR["end_ms"] + 1}}
    corrected = say(w, PAK, CORRECT, opening, reason="error", fields=longer)
    assert refused(ruled(w, corrected, NOW_MS)) == ["accreditation-tour-long"]


def test_a_post_is_taken_up_within_the_tour() -> None:
    w = world()
    opening = nominate(w)
    sign(w, opening)
    taken = say(w, PAK, "take up post", opening)
    for now_ms, codes in (
        (NOW_MS, ["accreditation-early"]),
        (IN_TOUR_MS, []),
        (TOUR["end_ms"] + 1, ["accreditation-tour-over"]),
    ):
        assert refused(ruled(w, taken, now_ms)) == codes


def test_host_location_is_a_place_of_the_annex_or_a_coarse_place_on_the_hosts_soil() -> None:
    """3-procedures: host location (Turbat, Zahedan); 1-mechanism: locations on the host's soil are coarsened."""
    w = world()
    for where, codes in (
        ("zahedan", []),
        (place(3, 1, 3.1, 1.1), []),
        (place(3, 1, 3.02, 1.02), ["place-fine"]),
        (place(1, 1, 1.1, 1.1), ["accreditation-elsewhere"]),
        ({**place(3, 1, 3.1, 1.1), "edition": "0" * 64}, ["edition-foreign"]),
    ):
        assert refused(ruled(w, nominate(w, at=where), NOW_MS, edition=edition())) == codes
    assert refused(ruled(w, nominate(w, at=place(1, 1, 1.1, 1.1)), NOW_MS)) == []


def test_disclosure_ceiling_categories_and_methods() -> None:
    """3-procedures: disclosure ceiling and categories; research: delegation of disclosure."""
    w = world()
    case = w.case(in_post(w))
    for level, category, method, code in (
        ("SECRET", "incidents", "oral", ""),
        ("", "notices", "oral", ""),
        ("TOP SECRET", "incidents", "oral", "disclosure-ceiling"),
        ("COSMIC", "incidents", "oral", "disclosure-ceiling"),
        ("SECRET", "intelligence", "oral", "disclosure-category"),
        ("SECRET", "incidents", "documentary", "disclosure-method"),
    ):
        assert disclosure_fault(case, level, category, method, LEVELS) == code


def test_a_disclosure_ceiling_is_a_level_of_the_charter() -> None:
    w = world()
    disclosure = {**NOMINATED["disclosure"], "ceiling": "cosmic"}
    opening = nominate(w, disclosure=disclosure)
    assert refused(ruled(w, opening, NOW_MS)) == ["accreditation-level"]
    assert disclosure_fault(w.case(opening), "", "incidents", "oral", LEVELS) == "disclosure-ceiling"


def test_rank_equivalence() -> None:
    """1-mechanism: language and rank mismatch delay the line: rank-equivalence table."""
    assert (rank_word("of-5", "ur"), rank_word("of-5", "fa"), rank_word("of-5", "de")) == ("کرنل", "سرهنگ", "colonel")
    assert rank_word("of-99", "fa") == "of-99"
    assert all(set(words) == {"en", "ur", "fa"} for words in RANKS.values())


def test_a_rank_unlike_the_other_sides_is_flagged_and_not_refused() -> None:
    w = world()
    sign(w, nominate(w, IRN, post="irn-lo-turbat", rank="of-4"))
    found = ruled(w, nominate(w), NOW_MS)
    assert (refused(found), flagged(found), found[0].detail) == ([], ["accreditation-rank"], "of-4")
    assert ruled(w, nominate(w, role="interpreter"), NOW_MS) == ()
    assert ruled(w, nominate(w, rank="of-4"), NOW_MS) == ()


def test_personal_names_cross_only_where_the_nomination_needs_them() -> None:
    """VCDR, article 7: names of attachés may be required beforehand; they travel in a portion marked as personal."""
    w = world()
    for status, markings, codes in (
        ("attache", {}, []),
        ("attache", {"name": (NAMED,)}, []),
        ("attache", {"name": (Marking(),)}, ["personal-unmarked"]),
        ("border-liaison", {"name": (NAMED,)}, ["accreditation-name"]),
    ):
        assert refused(ruled(w, nominate(w, status=status), NOW_MS, markings=markings)) == codes


def test_the_host_may_ask_for_the_name_before_it_answers() -> None:
    w = world()
    opening = nominate(w)
    say(w, IRN, "ask name", opening)
    given = say(w, PAK, "give name", opening)
    assert refused(ruled(w, given, NOW_MS, markings={"name": (NAMED,)})) == []
    assert refused(ruled(w, given, NOW_MS, markings={"name": (NAMED, Marking())})) == ["personal-unmarked"]
    assert w.case(opening).state == "nominated"


def test_authority_begins_with_the_post_and_not_before() -> None:
    """3-procedures: accreditation governs authority to act as that post on the line."""
    w = world()
    opening = nominate(w)
    acts = [w.say(PAK, "message", "send")]
    sign(w, opening)
    acts.append(w.say(PAK, "message", "send"))
    say(w, PAK, "take up post", opening)
    acts.append(w.say(PAK, "message", "send"))
    case = w.case(opening)
    assert [authority(case, POST, each, IN_TOUR_MS) for each in acts] == ["post-not-taken", "post-not-taken", ""]


@pytest.mark.parametrize("ending", ["end tour", "recall", "depart"])
def test_authority_ends_in_the_second_it_ends(ending: str) -> None:
    """The very next act of the author has none; what was sealed before stays valid, also once the case is closed."""
    w = world()
    opening = in_post(w)
    before = w.say(PAK, "message", "send")
    say(w, PAK, ending, opening)
    after = w.say(PAK, "message", "send")
    case = w.case(opening)
    assert [authority(case, POST, each, IN_TOUR_MS) for each in (before, after)] == ["", "accreditation-ended"]


def test_what_was_sealed_without_having_seen_the_declaration_stays_valid() -> None:
    """By position, never by claimed time (2-line): *persona non grata* ends authority once the sender has seen it."""
    w = world()
    opening = in_post(w)
    w.say(IRN, "accreditation", "persona non grata", [opening])
    unseen = w.say(PAK, "message", "send")
    w.meet()
    seen = w.say(PAK, "message", "send")
    case = w.case(opening)
    assert [authority(case, POST, each, IN_TOUR_MS) for each in (unseen, seen)] == ["", "accreditation-ended"]


def test_a_withdrawn_recall_gives_no_authority_back() -> None:
    """A withdrawal says that it should not have been said; the officer is nominated anew."""
    w = world()
    opening = in_post(w)
    recall = say(w, PAK, "recall", opening)
    say(w, PAK, WITHDRAW, recall, reason="error")
    assert authority(w.case(opening), POST, w.say(PAK, "message", "send"), IN_TOUR_MS) == "accreditation-ended"


def test_authority_ends_with_the_tour_unless_both_extended_it() -> None:
    w = world()
    opening = in_post(w)
    said = w.say(PAK, "message", "send")
    late_ms = TOUR["end_ms"] + 1
    assert authority(w.case(opening), POST, said, TOUR["end_ms"]) == ""
    assert authority(w.case(opening), POST, said, late_ms) == "tour-over"
    sign(w, opening, " extension", say(w, PAK, "extend", opening, until_ms=late_ms))
    assert authority(w.case(opening), POST, said, late_ms) == ""


def test_it_says_nothing_of_other_posts_nor_of_the_hosts_acts() -> None:
    """3-procedures: access to a nation's own node is that state's alone; here is only what a post may say."""
    w = world()
    opening = in_post(w)
    case, ours, theirs = w.case(opening), w.say(PAK, "message", "send"), w.say(IRN, "message", "send")
    assert authority(case, "operations-room", ours, IN_TOUR_MS) == "post-foreign"
    assert authority(case, POST, theirs, IN_TOUR_MS) == "post-foreign"


def test_an_accreditation_that_does_not_stand_gives_nothing() -> None:
    w = world()
    opening = nominate(w)
    said = w.say(PAK, "message", "send")
    assert authority(w.case(opening), POST, said, IN_TOUR_MS) == "accreditation-unsigned"
    void = nominate(w, rank="colonel")
    case: Case = w.case(void)
    assert (nomination(case), tour(case)) == (None, None)
    assert authority(case, POST, said, IN_TOUR_MS) == "post-foreign"
    assert disclosure_fault(case, "", "incidents", "oral", LEVELS) == "accreditation-unsigned"
    assert ruled(w, w.say(IRN, "accreditation", "decline", [opening]), NOW_MS) == ()
    assert ruled(w, w.say(PAK, "accreditation", "take up post", [void]), NOW_MS) == ()


def test_the_wait_for_an_officer_promised_shows_days_open() -> None:
    """Scenario: ninety-one days from the promise of January 2024 to officers about to take up their posts."""
    w = world()
    opening = nominate(w)
    sign(w, opening)
    due = next(each for each in obligations(ACCREDITATION, w.charters[1], w.case(opening)) if each.duty == "take up")
    seen = owed(due, {due.since: NOW_MS}, NOW_MS + 91 * DAY_MS)
    assert (seen.view, seen.days_open) == (View.OWED, 91)
