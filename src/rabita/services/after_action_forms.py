"""The after-action report of an exercise as data: plain values, JSON as they are.

Times are scenario times in milliseconds since 1970 UTC, 0 where it never happened; parties by code. ``inject`` names
the scenario's entry, ``sentence`` says the act in words from its coded fields.
"""

from typing import Final

import msgspec

CAUTION: Final = (
    "This report says what would have been known, asked and owed, and by when. It does not say that a strike would not "
    "have happened."
)


class Form(msgspec.Struct, frozen=True):
    """A part of the report."""


class Kept(Form, frozen=True):
    """How often something was done in time, late, or never within the play; ``open`` may still be done in time."""

    in_time: int = 0
    late: int = 0
    never: int = 0
    open: int = 0


class Clock(Form, frozen=True):
    """A duty with a time limit: who owed it, since when, by when, and when it was done. ``result``: see ``Kept``."""

    procedure: str
    inject: str
    duty: str
    owed_by: tuple[str, ...]
    since_ms: int
    due_ms: int
    met_ms: int
    result: str
    lane: str


class Question(Form, frozen=True):
    """An incident that its reporter attributes to the other side: when it asked for an explanation, if it did.

    ``hours`` from the report to the question, -1 where none was asked. ``force_first``: the reporter used force itself
    before it asked, or without asking.
    """

    inject: str
    sentence: str
    by: str
    reported_ms: int
    asked_ms: int
    hours: int
    force_first: bool


class Owed(Form, frozen=True):
    """What a side owed at a moment because of which inject, and until when; 0: no date was set."""

    inject: str
    sentence: str
    owed_by: tuple[str, ...]
    due_ms: int


class Force(Form, frozen=True):
    """A use of force, and what stood on the line at that moment.

    ``asked`` lists what its author had asked of the other side before, ``told`` what the other side had said of that,
    ``owed`` all that was owed then by either.
    """

    inject: str
    by: str
    at_ms: int
    asked: tuple[str, ...]
    told: tuple[str, ...]
    owed: tuple[Owed, ...]


class Told(Form, frozen=True):
    """What a side learnt from the other, and how long after it happened."""

    to: str
    at_ms: int
    inject: str
    sentence: str
    happened_ms: int
    after_minutes: int


class Promise(Form, frozen=True):
    """A promise: ``signed`` by both or not, dated or not, and how it stands at the end of the play.

    ``days_open`` runs from the second signature (an unsigned one: from its proposal) to its fulfilment or the end.
    ``reviews`` counts how often both looked at it again.
    """

    inject: str
    theme: str
    owed_by: tuple[str, ...]
    signed: bool
    due_ms: int
    words_used: str
    standing: str
    kept_ms: int
    days_open: int
    reviews: int


class LineTests(Form, frozen=True):
    """Tests by a person from the first one until the envoys were back (else to the end): due, held, missed."""

    days: int
    due: int
    held: int
    missed: int


class Restoration(Form, frozen=True):
    """A measure that can be undone: since when, until when, how many days; -1 while it stands."""

    inject: str
    kind: str
    by: str
    since_ms: int
    restored_ms: int
    days: int


class PlayReport(Form, frozen=True):
    """One play. ``handling`` is by precedence, ``clocks`` are the charter's other deadlines.

    ``rupture_days`` runs from the first envoy recalled or kept away to the last one's return, -1 while one is away.
    """

    play: str
    title: str
    caution: str
    acts: int
    invented: int
    cases: dict[str, int]
    begins_ms: int
    ends_ms: int
    handling: dict[str, Kept]
    clocks: Kept
    limits: tuple[Clock, ...]
    questions: tuple[Question, ...]
    force: tuple[Force, ...]
    told: tuple[Told, ...]
    promises: tuple[Promise, ...]
    tests: LineTests
    restorations: tuple[Restoration, ...]
    rupture_days: int


class Row(Form, frozen=True):
    """One measure of the comparison, with its value in each play."""

    what: str
    values: tuple[str, ...]


class AfterAction(Form, frozen=True):
    """The report of an exercise: each play, and the plays side by side."""

    scenario: str
    line: str
    caution: str
    plays: tuple[PlayReport, ...]
    side_by_side: tuple[Row, ...]
