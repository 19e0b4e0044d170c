"""Grades: source and information apart, two schemes never mixed (3-procedures, intelligence report)."""

import pytest

from rabita.procedures.marking_grades import (
    FOUR,
    INFORMATION_WORDS,
    SIX,
    SOURCE_WORDS,
    Grade,
    Information,
    Source,
    diagonal_pct,
    grade_fault,
    grade_sentence,
    grade_text,
)


def grade(code: str, scheme: str = SIX, probability_pct: int = -1) -> Grade:
    return Grade(Source(code[0]), Information(code[1]), scheme, probability_pct)


def test_source_a_to_f_and_information_1_to_6_are_graded_separately() -> None:
    assert "".join(SOURCE_WORDS[SIX]) + "".join(INFORMATION_WORDS[SIX]) == "ABCDEF123456"
    assert all(
        not grade_fault(Grade(source, number)) for source in SOURCE_WORDS[SIX] for number in INFORMATION_WORDS[SIX]
    )


def test_4x4_is_the_other_scheme() -> None:
    assert "".join(SOURCE_WORDS[FOUR]) + "".join(INFORMATION_WORDS[FOUR]) == "ABCX1234"
    assert grade_fault(grade("X4", FOUR)) == ""


@pytest.mark.parametrize(("code", "scheme"), [("X1", SIX), ("D1", FOUR), ("A5", FOUR), ("A1", "5x5")])
def test_the_schemes_are_not_mixed(code: str, scheme: str) -> None:
    assert grade_fault(grade(code, scheme)) == "grade-mixed"


@pytest.mark.parametrize(
    ("percent", "code"), [(-1, ""), (0, ""), (100, ""), (101, "grade-probability"), (-2, "grade-probability")]
)
def test_a_probability_may_stand_beside_a_grade(percent: int, code: str) -> None:
    assert grade_fault(grade("B2", probability_pct=percent)) == code


def test_a_grade_is_said_in_the_fields_words() -> None:
    assert (grade_text(grade("B2")), grade_text(grade("X3", FOUR))) == ("B2", "X3 (4x4)")
    assert grade_sentence(grade("F5")) == "Source reliability cannot be judged; information improbable."


def test_a_grader_is_shown_how_often_the_two_grades_go_together() -> None:
    """1-mechanism: grades cluster on the A1, B2, C3 diagonal; the habit is shown to the grader."""
    assert diagonal_pct([grade("A1"), grade("B2"), grade("C2"), grade("F6")]) == 66
    assert diagonal_pct([grade("F6")]) == 0
