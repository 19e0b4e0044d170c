"""Line test: does the other side hear, and will it answer? Automatic every hour, by a person twice a day.

Silence is ambiguous, so three things are told apart: a *fault* (the other node never receipted the test), *no answer*
(its node did, its people did not) and a *refusal* (declined, with a reason). Two misses in a row are an alarm. Cadences
come from the charter; elsewhere they are hourly (Moscow-Washington) and twice daily (a European deconfliction line).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from rabita.line.charter import LineTest
from rabita.procedures.engine.coded import Coded, Declines
from rabita.procedures.engine.definition import LANE, Duty, Procedure, Rule, Who, to
from rabita.procedures.engine.fold import Case

MISSES_ALARM: Final = 2
DAY_MS: Final = 86_400_000
_SECOND_MS: Final = 1_000


class Heard(Coded, frozen=True):
    """An answer: how the test was read. ``garbled`` where part of it could not be."""

    garbled: bool = False


LINE_TEST: Final = Procedure(
    name="line test",
    title="Line test",
    purpose="Shows that both nodes and the people behind them hear each other.",
    states={
        "asked": "{opener} tests the line; a person of {responder} is to answer.",
        "asked automatically": "The node of {opener} tests the line.",
        "answered": "{responder} answered the test.",
        "declined": "{responder} declined the test: it hears, and does not want to answer.",
    },
    terminal=("answered", "declined"),
    acts={
        "test": Rule(who=Who.OPENER, moves=to("asked"), says="{author} tests the line."),
        "test automatically": Rule(
            who=Who.OPENER, moves=to("asked automatically"), says="The node of {author} tests the line.", service=True
        ),
        "answer": Rule(
            who=Who.RESPONDER,
            moves=to("answered", "asked", "asked automatically"),
            says="{author} hears the test.",
            fields=Heard,
        ),
        "answer automatically": Rule(
            who=Who.RESPONDER,
            moves=to("answered", "asked automatically"),
            says="The node of {author} hears the test.",
            service=True,
            fields=Heard,
        ),
        "decline": Rule(
            who=Who.RESPONDER,
            moves=to("declined", "asked", "asked automatically"),
            says="{author} declines the test: {reason}.",
            fields=Declines,
            service=True,
        ),
    },
    duties=(
        Duty(
            name="answer",
            who=Who.RESPONDER,
            since=("test", "test automatically"),
            until=("answer", "answer automatically", "decline"),
            within=LANE,
            says="answer the line test",
        ),
    ),
    suspendable=False,
)


class Outcome(StrEnum):
    """What became of a test, by now."""

    PENDING = "pending"
    ANSWERED = "answered"
    REFUSED = "refused"
    FAULT = "fault"
    NO_ANSWER = "no answer"


_WELL: Final = (Outcome.ANSWERED, Outcome.PENDING)


class LineState(StrEnum):
    """What the tests say of the line."""

    UP = "up"
    DEGRADED = "degraded"
    SILENT = "silent"
    SUSPENDED = "suspended"


class Tried(NamedTuple):
    """A test as its sender sees it. Times in milliseconds since 1970 UTC, 0 for not yet.

    ``receipted_ms`` is the other node's receipt of the test, ``answered_ms`` ours of the answer; ``refused`` the reason
    given, empty where none was.
    """

    automatic: bool
    sent_ms: int
    receipted_ms: int
    answered_ms: int
    refused: str


class LineReport(NamedTuple):
    """The state of a line: misses in a row of either kind of test, whether that is an alarm, and the newest cause."""

    state: LineState
    missed_automatic: int
    missed_by_person: int
    alarm: bool
    cause: Outcome


def tried(case: Case, sent_ms: int, receipts: Mapping[str, int]) -> Tried:
    """Read a folded test; *receipts* as for duties, *sent_ms* when this node sealed it."""
    answers = case.effective("answer", "answer automatically", "decline")
    answered_ms = receipts.get(answers[0].held.digest, 0) if answers else 0
    fields = answers[0].fields if answers else None
    reason = fields.reason if isinstance(fields, Declines) else ""
    automatic = bool(case.effective("test automatically"))
    return Tried(automatic, sent_ms, receipts.get(case.id, 0), answered_ms, reason)


def outcome(test: Tried, allowed_s: int, now_ms: int) -> Outcome:
    """Say what became of a test that may be answered within *allowed_s* seconds of its receipt."""
    if test.answered_ms:
        return Outcome.REFUSED if test.refused else Outcome.ANSWERED
    if now_ms <= (test.receipted_ms or test.sent_ms) + allowed_s * _SECOND_MS:
        return Outcome.PENDING
    return Outcome.NO_ANSWER if test.receipted_ms else Outcome.FAULT


def line_state(
    cadence: LineTest, tests: Sequence[Tried], allowed_s: int, now_ms: int, *, suspended: bool = False
) -> LineReport:
    """Read the state of the line off one side's tests, in any order.

    A test not sent when it was due is missed like one not answered. A refusal is an answer: the line is heard, so it is
    *degraded*, or *suspended* where that is the reason given.
    """
    person_every_s = DAY_MS // _SECOND_MS // cadence.by_person_per_day if cadence.by_person_per_day else 0
    automatic, cause = _missed(tests, cadence.automatic_every_s, allowed_s, now_ms, automatic=True)
    by_person, cause_by_person = _missed(tests, person_every_s, allowed_s, now_ms, automatic=False)
    newest = next((each for each in (cause, cause_by_person) if each not in _WELL), cause)
    refused = [test for test in tests if outcome(test, allowed_s, now_ms) is Outcome.REFUSED]
    last = max(refused, key=lambda test: test.answered_ms).refused if refused and newest is Outcome.REFUSED else ""
    alarm = max(automatic, by_person) >= MISSES_ALARM
    if suspended or last == "suspended":
        state = LineState.SUSPENDED
    elif alarm:
        state = LineState.SILENT
    else:
        state = LineState.DEGRADED if automatic or by_person or last else LineState.UP
    return LineReport(state, automatic, by_person, alarm, newest)


def _missed(
    tests: Sequence[Tried], every_s: int, allowed_s: int, now_ms: int, *, automatic: bool
) -> tuple[int, Outcome]:
    """Count the tests of one kind missed in a row up to now, and say what became of the newest that is settled."""
    ours = sorted([test for test in tests if test.automatic is automatic], key=lambda test: test.sent_ms)
    if not ours or not every_s:
        return 0, Outcome.PENDING
    settled = [found for test in ours if (found := outcome(test, allowed_s, now_ms)) is not Outcome.PENDING]
    missed = 0
    for found in reversed(settled):
        if found not in (Outcome.FAULT, Outcome.NO_ANSWER):
            break
        missed += 1
    unsent = max(0, (now_ms - ours[-1].sent_ms) // (every_s * _SECOND_MS) - 1)
    return missed + unsent, settled[-1] if settled else Outcome.PENDING
