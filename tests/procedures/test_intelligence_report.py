"""Intelligence report: graded twice over, marked, kept under its originator's control, and refused where tainted."""

from collections.abc import Sequence
from typing import Any, Final

import pytest

from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.say import say_act
from rabita.procedures.intelligence_report import INTELLIGENCE_REPORT
from rabita.procedures.intelligence_report_views import Habit, grades, habit, may_pass, releases
from rabita.procedures.marking_grades import grade_text
from tests.procedures.carrying import Carried, carry, codes, found
from tests.procedures.ruling import NOW_MS
from tests.procedures.world import IRN, PAK, World

NAME: Final = "intelligence report"
DAY_MS: Final = 86_400_000
THIRD: Final = "X-THIRD"
PERSONAL: Final = "PERSONAL safety/victim/90"
ASK: Final = {"third": THIRD, "part": "whole", "purpose": "prevent-attack"}


def statement(grade: str, scheme: str = "6x6", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a coded field
    return {"nature": "fact", "grade": {"source": grade[0], "information": grade[1], "scheme": scheme}, **more}


def issue(world: World, carried: Sequence[Carried] = (Carried("text"),), grade: str = "B3", **fields: Any) -> Held:  # noqa: ANN401 - coded fields
    stated = {"subject": "armed-group", "statements": [statement(grade)], **fields}
    held = carry(world, PAK, NAME, "issue", (), stated, carried)
    world.meet()
    return held


def test_source_and_information_are_graded_separately() -> None:
    """3-procedures, intelligence report: "source A–F and information 1–6 separately"."""
    w = World()
    held = issue(w)
    for source in "ABCDEF":
        for information in "123456":
            held = issue(w, grade=source + information)
            assert [grade_text(each.grade) for each in grades(w.case(held), PAK)] == [source + information]
    said = say_act(INTELLIGENCE_REPORT, w.case(held), w.of(held, held))
    assert "Source reliability cannot be judged; information truth cannot be judged" in said
    ungraded = issue(w, statements=[{"nature": "fact", "grade": {"source": "A"}}])
    assert w.of(ungraded, ungraded).because == "field-missing"


def test_a_probability_is_optional_and_a_whole_percent() -> None:
    """3-procedures, intelligence report: "optional probability"."""
    w = World()
    for probability, status in ((70, Status.EFFECTIVE), (101, Status.VOID)):
        sure = statement("B3")
        sure["grade"]["probability_pct"] = probability
        held = issue(w, statements=[sure])
        assert w.of(held, held).status is status


def test_the_4x4_scheme_is_an_alternative_and_never_mixed() -> None:
    """3-procedures, intelligence report: "4x4 codes as an alternative scheme"."""
    w = World()
    for grade, scheme, status in (
        ("X4", "4x4", Status.EFFECTIVE),
        ("X4", "6x6", Status.VOID),
        ("D5", "4x4", Status.VOID),
    ):
        held = issue(w, statements=[statement(grade, scheme)])
        assert w.of(held, held).status is status


def test_each_statement_stands_in_a_portion_and_fact_is_apart_from_assessment() -> None:
    """field.md, personal data: "fact apart from assessment"; each statement has its own grade."""
    w = World()
    two = (Carried("text"), Carried("assessment"))
    both = [statement("A2"), statement("C4", nature="assessment", portion="assessment")]
    assert codes(found(w, issue(w, two, statements=both), two)) == []
    stray = issue(w, statements=both)
    assert codes(found(w, stray, [Carried("text")])) == ["grade-portion"]


@pytest.mark.parametrize(
    ("marking", "expected"),
    [
        ("TLP:GREEN//H0", []),
        ("TLP:AMBER+STRICT", ["marking-reason", "marking-review"]),
        ("H3//WHY operation", ["marking-review"]),
        ("ORCON//WHY source//REVIEW 2024-01-01", ["marking-review"]),
        ("H1//WHY court//REVIEW 2024-07-01", []),
        ("TLP:MAUVE", ["marking-malformed"]),
        ("H4", ["marking-malformed"]),
    ],
)
def test_tlp_2_and_handling_codes_and_restrictive_marks_need_a_reason_and_a_review_date(
    marking: str, expected: list[str]
) -> None:
    """3-procedures, intelligence report: "TLP 2.0; handling H0–H3; … need a reason and a review date"."""
    w = World()
    held = issue(w, (Carried("text", marking=marking),))
    assert codes(found(w, held)) == expected


def test_rel_to_names_who_may_have_it() -> None:
    """3-procedures, intelligence report: "REL TO": what names others only does not leave for this reader."""
    w = World()
    foreign = (Carried("text", marking=f"REL TO {THIRD}"),)
    assert codes(found(w, issue(w, foreign), foreign)) == ["release-not-named"]
    named = (Carried("text", marking=f"REL TO {THIRD},{IRN}"),)
    held = issue(w, named)
    assert codes(found(w, held, named)) == []
    assert may_pass(w.case(held), THIRD, NOW_MS, ()) == (("text", ""),)


def test_purpose_and_retention_are_mandatory_for_personal_data() -> None:
    """3-procedures, intelligence report: "purpose and retention mandatory for personal data"."""
    w = World()
    unmarked = (Carried("text"),)
    assert codes(found(w, issue(w, unmarked, personal=True), unmarked)) == ["personal-unmarked"]
    marked = (Carried("text", marking=PERSONAL),)
    assert codes(found(w, issue(w, marked, personal=True), marked)) == []
    for marking, expected in (
        ("PERSONAL accreditation/official/90", ["personal-purpose"]),
        ("PERSONAL safety/victim/9999", ["personal-retention"]),
    ):
        wrong = (Carried("text", marking=marking),)
        assert codes(found(w, issue(w, wrong, personal=True), wrong)) == expected


def test_feedback_says_what_it_was_worth_and_may_grade_anew() -> None:
    """3-procedures, intelligence report: "feedback (useful, used, wrong; re-grade)"."""
    w = World()
    held = issue(w)
    (due,) = obligations(INTELLIGENCE_REPORT, w.charters[1], w.case(held))
    assert owed(due, {held.digest: NOW_MS}, NOW_MS + 400 * DAY_MS)[1:] == (View.OWED, NOW_MS, 0, 0, 400)
    first = w.say(IRN, NAME, "give feedback", [held], {"worth": "used"})
    w.say(IRN, NAME, "give feedback", [held], {"worth": "wrong", "regrades": [statement("D5")]})
    case = w.case(held)
    assert case.state == "assessed"
    assert obligations(INTELLIGENCE_REPORT, w.charters[1], case)[0].met_by == first.digest
    assert [grade_text(each.grade) for each in grades(case, IRN)] == ["D5"]
    w.meet()
    w.say(PAK, NAME, "regrade", [held], {"statements": [statement("C4")]})
    w.say(PAK, NAME, "close", [held], {"reason": "wrong"})
    w.meet()
    w.say(IRN, NAME, "give feedback", [held], {"worth": "not-useful"})
    case = w.case(held)
    assert case.state == "closed"
    assert [grade_text(each.grade) for party in (PAK, IRN) for each in grades(case, party)] == ["C4", "D5"]
    assert len(case.effective("give feedback")) == 3
    quiet = issue(w, feedback_asked=False)
    assert obligations(INTELLIGENCE_REPORT, w.charters[1], w.case(quiet)) == []


def test_information_suspected_to_stem_from_torture_is_refused_for_that_reason() -> None:
    """1-mechanism: it "is refused with its own reason code", before or after it was looked at."""
    for feedback in (False, True):
        w = World()
        held = issue(w)
        if feedback:
            w.say(IRN, NAME, "give feedback", [held], {"worth": "useful"})
        w.say(IRN, NAME, "refuse", [held], {"reason": "suspected-torture"})
        assert w.case(held).state == "refused"


def test_a_refusal_prevails_over_a_close_it_crosses() -> None:
    """3-procedures: acts at one depth are resolved jointly; a refusal must be heard."""
    w = World()
    held = issue(w)
    w.say(IRN, NAME, "refuse", [held], {"reason": "unlawful"})
    w.say(PAK, NAME, "close", [held], {"reason": "purpose-served"})
    w.meet()
    assert w.case(held).state == "refused"
    held = issue(w)
    w.say(IRN, NAME, "give feedback", [held], {"worth": "used"})
    w.say(PAK, NAME, "close", [held], {"reason": "purpose-served"})
    w.meet()
    assert w.case(held).state == "closed"


def test_nothing_goes_to_a_third_party_without_the_originators_prior_consent() -> None:
    """3-procedures, intelligence report: "originator control"; "release request to a third → grant"."""
    w = World()
    controlled = "ORCON//WHY source//REVIEW 2024-06-01"
    held = issue(w, (Carried("text", marking=controlled), Carried("source", state="withheld"), Carried("tear-line")))
    before = (("text", "release-originator"), ("tear-line", "release-third-party"))
    assert may_pass(w.case(held), THIRD, NOW_MS, ()) == before
    asked = w.say(IRN, NAME, "ask release", [held], ASK)
    assert codes(found(w, asked)) == []
    w.meet()
    (due,) = [each for each in obligations(INTELLIGENCE_REPORT, w.charters[1], w.case(held)) if each.duty == "release"]
    assert (due.debtors, due.since) == ((PAK,), asked.digest)
    granted = w.say(PAK, NAME, "grant release", [asked])
    assert may_pass(w.case(held), THIRD, NOW_MS, ()) == (("text", ""), ("tear-line", ""))
    assert may_pass(w.case(held), "X-FOURTH", NOW_MS, ()) == before
    w.say(PAK, NAME, "withdraw", [granted], {"reason": "not-authorised"})
    assert may_pass(w.case(held), THIRD, NOW_MS, ()) == before
    by_asker = w.say(IRN, NAME, "grant release", [asked])
    assert w.of(by_asker, held).because == "not-your-act"


def test_a_release_is_denied_or_conditioned_and_may_end() -> None:
    """3-procedures, intelligence report: "→ grant / deny / condition"."""
    w = World()
    held = issue(w, (Carried("text"), Carried("tear-line")))
    asked = w.say(IRN, NAME, "ask release", [held], ASK)
    w.meet()
    conditions = {"conditions": ["tear-line-only", "until"], "until_ms": NOW_MS + DAY_MS}
    condition = w.say(PAK, NAME, "condition release", [asked], conditions)
    assert codes(found(w, condition)) == []
    assert codes(found(w, condition, (), NOW_MS + DAY_MS)) == ["date-past"]
    assert may_pass(w.case(held), THIRD, NOW_MS, ()) == (("text", "release-third-party"), ("tear-line", ""))
    assert releases(w.case(held), NOW_MS + DAY_MS + 1) == ()
    w.say(PAK, NAME, "deny release", [asked], {"reason": "policy"})
    assert releases(w.case(held), NOW_MS) == ()
    for fields in ({"conditions": ["until"]}, {"conditions": ["report-back"], "until_ms": NOW_MS}):
        timeless = w.say(PAK, NAME, "condition release", [asked], fields)
        assert w.of(timeless, held).because == "field-invalid"


def test_a_release_is_asked_for_a_third_party_and_for_what_the_report_has() -> None:
    """field.md, third-party rule; tear-line: pre-authorised sanitised passage."""
    w = World()
    held = issue(w)
    own = w.say(IRN, NAME, "ask release", [held], {**ASK, "third": PAK})
    assert codes(found(w, own)) == ["release-party"]
    torn = w.say(IRN, NAME, "ask release", [held], {**ASK, "part": "tear-line"})
    assert codes(found(w, torn)) == ["release-part"]
    held = issue(w, (Carried("text"), Carried("tear-line")))
    torn = w.say(IRN, NAME, "ask release", [held], {**ASK, "part": "tear-line"})
    assert codes(found(w, torn)) == []
    w.meet()
    w.say(PAK, NAME, "grant release", [torn])
    assert may_pass(w.case(held), THIRD, NOW_MS, ()) == (("text", "release-third-party"), ("tear-line", ""))


def test_the_habit_of_the_diagonal_is_shown_to_the_grader() -> None:
    """1-mechanism: "grades cluster on the A1/B2/C3 diagonal": "the habit shown to the grader"."""
    w = World()
    opened = [issue(w, grade=grade) for grade in ("A1", "B2", "C3", "B4", "F6")]
    cases = [w.case(each) for each in opened]
    assert habit(cases, PAK) == Habit(5, 75)
    assert habit(cases, IRN) == Habit(0, 0)
