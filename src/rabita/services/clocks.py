"""What the clocks of a watch ask for now: reminders, escalation to the next post, line tests and their answers.

A pure decision: the state of the watch and the time go in, actions come out; the node carries them out and feeds back
what was done. Times are milliseconds since 1970 UTC by this node's clock. Rules:

1. A duty of ours that has a due time is called to mind once three quarters of its time have passed, and when it is due;
   each ``escalate_ms`` after that the next post in the order of the watch is told, until the last.
2. A duty that rings is told at once, and goes on to the next post each ``ringing_ms`` until it is answered.
3. A test of ours is due when the charter's cadence has passed since the last.
4. An automatic test of the other side is answered at once, or declined with the reason the watch has set.
5. Two misses in a row, of either kind of test, are an alarm, told once until a test is answered again.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import msgspec

from rabita.line.charter import LineTest
from rabita.procedures.line_test import LineReport

REMIND_SHARE: Final = (3, 4)
"""Of the time allowed: when a duty is first called to mind."""
_SECOND_MS: Final = 1_000


class Owing(NamedTuple):
    """An open duty of ours: what it hangs on, when its clock started, when it is due (0: not known, or never).

    ``key`` names it, ``post`` is whom the act was addressed to, empty for nobody.
    """

    key: str
    case: str
    duty: str
    since_ms: int
    due_ms: int
    rings: bool
    post: str = ""


class Terms(NamedTuple):
    """How a watch is kept: the order of posts, how long until the next is told, why tests are declined (empty: not)."""

    posts: tuple[str, ...] = ()
    escalate_ms: int = 1_800_000
    ringing_ms: int = 300_000
    declines: str = ""


class Watched(NamedTuple):
    """What a watch sees of one line.

    ``told`` gives by duty the step of its reminders told last; ``asked`` are automatic tests of the other side that
    nobody answered (digests); ``last_test_ms`` is when our last automatic test was sealed, 0 for never; ``report`` is
    what our tests say of the line; ``alarmed`` whether its alarm was told already. ``tests``: whether this node sends
    and answers automatic tests.
    """

    line: str
    cadence: LineTest
    report: LineReport
    owing: tuple[Owing, ...] = ()
    told: Mapping[str, int] = {}
    asked: tuple[str, ...] = ()
    last_test_ms: int = 0
    alarmed: bool = False
    tests: bool = True


class Remind(msgspec.Struct, frozen=True, tag="remind"):
    """Tell a post of a duty; ``step`` 1 is the first reminder, 2 that it is due (or rings), more the next posts."""

    line: str
    key: str
    case: str
    duty: str
    post: str
    step: int
    due_ms: int


class SendTest(msgspec.Struct, frozen=True, tag="test"):
    """Test the line."""

    line: str


class AnswerTest(msgspec.Struct, frozen=True, tag="answer"):
    """Answer a test of the other side; with a reason, decline it."""

    line: str
    test: str
    declines: str = ""


class Alarm(msgspec.Struct, frozen=True, tag="alarm"):
    """Tell that the line is silent, or that it is heard again."""

    line: str
    silent: bool
    missed: int


Action: TypeAlias = Remind | SendTest | AnswerTest | Alarm


def due(watched: Watched, terms: Terms, now_ms: int) -> tuple[Action, ...]:
    """Decide what is to be done now, by the rules above."""
    actions: list[Action] = []
    for each in watched.owing:
        step = step_of(each, terms, now_ms)
        if step > watched.told.get(each.key, 0):
            post = post_of(each, terms, step)
            actions.append(Remind(watched.line, each.key, each.case, each.duty, post, step, each.due_ms))  # 1, 2
    every_ms = watched.cadence.automatic_every_s * _SECOND_MS
    if watched.tests and every_ms and now_ms >= watched.last_test_ms + every_ms:
        actions.append(SendTest(watched.line))  # 3
    if watched.tests:
        actions += [AnswerTest(watched.line, each, terms.declines) for each in watched.asked]  # 4
    if watched.report.alarm != watched.alarmed:
        missed = max(watched.report.missed_automatic, watched.report.missed_by_person)
        actions.append(Alarm(watched.line, watched.report.alarm, missed))  # 5
    return tuple(actions)


def step_of(owing: Owing, terms: Terms, now_ms: int) -> int:
    """Say how far the reminders of a duty have come by now.

    0 is none, 1 called to mind, 2 due or ringing, 3 and more the posts after the first. A duty that nobody received
    yet, or without a due time, has none unless it rings.
    """
    last = 1 + max(1, len(_order(owing, terms)))
    if owing.rings and owing.since_ms:
        return min(last, 2 + max(0, now_ms - owing.since_ms) // max(1, terms.ringing_ms))
    if not owing.due_ms or not owing.since_ms:
        return 0
    part, whole = REMIND_SHARE
    if now_ms >= owing.due_ms:
        return min(last, 2 + (now_ms - owing.due_ms) // max(1, terms.escalate_ms))
    first_ms = owing.since_ms + (owing.due_ms - owing.since_ms) * part // whole
    return 1 if now_ms >= first_ms else 0


def post_of(owing: Owing, terms: Terms, step: int) -> str:
    """Give the post that a step is told to; empty where nobody was named."""
    order = _order(owing, terms)
    return order[min(max(0, step - 2), len(order) - 1)] if order else ""


def _order(owing: Owing, terms: Terms) -> Sequence[str]:
    """Put the post addressed first, then the others in the order of the watch."""
    first = (owing.post,) if owing.post else ()
    return tuple(dict.fromkeys([*first, *terms.posts]))
