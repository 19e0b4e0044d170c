"""The kinds of coded field an act may carry: numbers with bounds, codes from lists, digests; never free text.

Rules kept here (E3): no float, no text a person typed, nothing about a person. Whatever needs words travels in a
portion, which may be withheld, translated and purged; an act can never be purged.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from rabita.line.limits import INTEGER_MAX, PARTY_CODE_CHARS_MAX
from rabita.procedures.marking_grades import Grade, grade_fault
from rabita.procedures.territory import AREA_VERTICES_MAX, Point

PLACE_EXTENT_MIN: Final = 10_000
"""Microdegrees a place reaches at least, east to west and south to north."""

Millis: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
"""A time in milliseconds since 1970 UTC; 0 means not given where a default allows it."""
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Metres: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=20_000_000)]
Percent: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=100)]
Digest: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
"""SHA-256 in hex: of an act, a portion, a map edition or an attachment."""
OptionalDigest: TypeAlias = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")]
Code: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=48)]
"""A code from a list that the charter or its annexes hold (a post, a crossing point, a portion's role)."""
PartyCode: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Z][A-Z0-9-]+$", max_length=PARTY_CODE_CHARS_MAX)]
Side: TypeAlias = Literal["opener", "responder", "both", "neither", "unknown"]
"""A side of the case, so that an account reads alike whoever wrote it."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A group of coded fields inside an act's fields."""


class Exercise(Part, frozen=True):
    """What an act of an exercise says of its scenario: scenario time is a field, the stamp keeps the real one."""

    scenario: Code
    inject: Code
    at_ms: Millis
    hour: Literal["reported", "assumed"]
    source: Code
    source_kind: Literal["official", "public-reporting", "exercise"]
    claim_of: Annotated[str, msgspec.Meta(pattern="^([A-Z][A-Z0-9-]+)?$", max_length=PARTY_CODE_CHARS_MAX)] = ""
    invented: bool = False


class Coded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The coded fields of an act; every procedure's structs derive from it.

    ``roles`` names what each portion is, in the order of the act's portion list; those left out are the act's first
    portion role. ``exercise`` stands only on an exercise line.
    """

    roles: tuple[Code, ...] = ()
    exercise: Exercise | None = None


class Signs(Coded, frozen=True):
    """The fields of a signing act: the SHA-256 of the act both sides must sign, which its basis names too (E12)."""

    digest: Digest


class Declines(Coded, frozen=True):
    """The fields of an act that says no: the reason, from a list; ``not-stated`` where none is owed."""

    reason: Literal[
        "not-stated",
        "not-competent",
        "not-possible",
        "not-agreed",
        "not-authentic",
        "unlawful",
        "suspected-torture",
        "policy",
        "suspended",
        "technical",
    ]


class Window(Part, frozen=True):
    """A span of time, both ends included, in milliseconds since 1970 UTC; the ends may be equal."""

    start_ms: Millis
    end_ms: Millis

    def __post_init__(self) -> None:
        """Refuse a window that ends before it starts."""
        if self.end_ms < self.start_ms:
            raise ValueError("a window ends no earlier than it starts")


class Place(Part, frozen=True):
    """A coarse place: an area of at least a hundredth of a degree either way, about a kilometre; never a point.

    ``area`` is a ring of ``[longitude, latitude]`` in microdegrees, as the territory guard reads it; ``edition`` the
    SHA-256 of the map edition it was read on.
    """

    area: Annotated[tuple[Point, ...], msgspec.Meta(min_length=3, max_length=AREA_VERTICES_MAX)]
    edition: Digest

    def __post_init__(self) -> None:
        """Refuse an area so small that it is a point."""
        west, south, east, north = self.bounds
        if min(east - west, north - south) < PLACE_EXTENT_MIN:
            raise ValueError("a place is coarse: at least 0.01 degrees either way")

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """West, south, east and north in microdegrees."""
        lons, lats = [corner.lon for corner in self.area], [corner.lat for corner in self.area]
        return min(lons), min(lats), max(lons), max(lats)


class Graded(Part, frozen=True):
    """A statement with its grade: source and information apart."""

    grade: Grade

    def __post_init__(self) -> None:
        """Refuse a grade of mixed schemes or with a probability out of range."""
        if fault := grade_fault(self.grade):
            raise ValueError(fault)
