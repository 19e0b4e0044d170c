"""Grades of a report: how far its source is relied on, and separately how far what it says is believed.

Two schemes, never mixed: A to F with 1 to 6, and the 4x4 of Europol. Graders drift to the diagonal (A1, B2, C3), so
the habit is shown to them; a probability may stand beside a grade and never in its place.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Annotated, Final

import msgspec

SIX: Final = "6x6"
FOUR: Final = "4x4"


class Source(StrEnum):
    """Reliability of the source: A to F in the six-step scheme; A, B, C, X in 4x4."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"
    X = "X"


class Information(StrEnum):
    """Credibility of the information: 1 to 6 in the six-step scheme, 1 to 4 in 4x4."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    FIVE = "5"
    SIX = "6"


SOURCE_WORDS: Final[dict[str, dict[Source, str]]] = {
    SIX: {
        Source.A: "completely reliable",
        Source.B: "usually reliable",
        Source.C: "fairly reliable",
        Source.D: "not usually reliable",
        Source.E: "unreliable",
        Source.F: "reliability cannot be judged",
    },
    FOUR: {
        Source.A: "no doubt about the source",
        Source.B: "mostly reliable",
        Source.C: "mostly unreliable",
        Source.X: "cannot be assessed",
    },
}
INFORMATION_WORDS: Final[dict[str, dict[Information, str]]] = {
    SIX: {
        Information.ONE: "confirmed by other sources",
        Information.TWO: "probably true",
        Information.THREE: "possibly true",
        Information.FOUR: "doubtful",
        Information.FIVE: "improbable",
        Information.SIX: "truth cannot be judged",
    },
    FOUR: {
        Information.ONE: "not in doubt",
        Information.TWO: "known personally to the source, not to the official",
        Information.THREE: "not known personally to the source, but corroborated",
        Information.FOUR: "not known personally to the source, and cannot be corroborated",
    },
}
GRADE: Final = "Source {source}; information {information}."
_PERCENT_MAX: Final = 100
_UNJUDGED: Final = {(Source.F, Information.SIX)}


class Grade(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A grade: its scheme (``6x6`` or ``4x4``), source and information; a probability in percent, -1 for none given."""

    source: Source
    information: Information
    scheme: Annotated[str, msgspec.Meta(pattern="^(6x6|4x4)$", max_length=3)] = SIX
    probability_pct: Annotated[int, msgspec.Meta(ge=-1, le=100)] = -1


def grade_fault(grade: Grade) -> str:
    """Give the code of what is wrong with a grade, empty when nothing is: ``grade-mixed``, ``grade-probability``."""
    if (
        grade.source not in SOURCE_WORDS.get(grade.scheme, {})
        or grade.information not in INFORMATION_WORDS[grade.scheme]
    ):
        return "grade-mixed"
    return "" if -1 <= grade.probability_pct <= _PERCENT_MAX else "grade-probability"


def grade_text(grade: Grade) -> str:
    """Write a grade as officers say it: ``B2``, or ``B2 (4x4)``."""
    return f"{grade.source}{grade.information}" + ("" if grade.scheme == SIX else f" ({grade.scheme})")


def grade_sentence(grade: Grade, translate: Callable[[str], str] = str) -> str:
    """Write a grade without fault in the field's words, by the reader's catalogue."""
    source, information = SOURCE_WORDS[grade.scheme][grade.source], INFORMATION_WORDS[grade.scheme][grade.information]
    return translate(GRADE).format(source=translate(source), information=translate(information))


def diagonal_pct(grades: Iterable[Grade]) -> int:
    """Give the share of a grader's grades that lie on the diagonal, in percent rounded down, 0 where there are none.

    Shown to the grader alone (1-mechanism: grades cluster on A1, B2, C3). F6, which judges nothing, is left out.
    """
    judged = [each for each in grades if (each.source, each.information) not in _UNJUDGED]
    steps = list(Source)
    on = [each for each in judged if steps.index(each.source) + 1 == int(each.information)]
    return 100 * len(on) // len(judged) if judged else 0
