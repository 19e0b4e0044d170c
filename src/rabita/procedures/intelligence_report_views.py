"""What follows from the acts of an intelligence report: where it may go by now, how it is graded, a grader's habit.

Pure views over folded cases, alike on both nodes but for the clock; a habit is shown to its own grader alone.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rabita.line.entry import SENT
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.intelligence_report import (
    TEAR_LINE,
    Condition,
    Feedback,
    Issued,
    Regraded,
    ReleaseAsked,
    Statement,
)
from rabita.procedures.marking import may_go_to, parse_marking
from rabita.procedures.marking_grades import diagonal_pct
from rabita.procedures.views import roles_of

ANSWERS: Final = ("grant release", "condition release", "deny release")


class Release(NamedTuple):
    """A release granted: to which third party, how much, on what conditions, until when (ms; 0: without an end)."""

    third: str
    tear_line_only: bool
    conditions: tuple[str, ...]
    until_ms: int


class Habit(NamedTuple):
    """A grader's habit: how many statements it graded, and the share on the diagonal A1, B2, C3 (percent)."""

    graded: int
    diagonal_pct: int


def releases(case: Case, now_ms: int) -> tuple[Release, ...]:
    """List the releases that hold at *now_ms*: the newest answer to each request counts, withdrawn ones do not."""
    asked = {each.held.digest: each.corrected for each in case.effective("ask release")}
    newest: dict[str, Folded] = {}
    for answer in case.effective(*ANSWERS):
        newest |= {digest: answer for digest in answer.held.act.basis if digest in asked}
    found = [
        _release(request, answer)
        for digest, answer in newest.items()
        if isinstance(request := asked[digest], ReleaseAsked) and answer.act != "deny release"
    ]
    return tuple([each for each in found if not each.until_ms or now_ms <= each.until_ms])


def may_pass(case: Case, party: str, now_ms: int, levels: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Say of each portion sent whether it may go to *party*: its role with the code of why not, empty when it may.

    The originator's consent, by its markings or by a release granted here, is what counts (``marking.may_go_to``).
    Raises ``PeerFault("marking-malformed")``.
    """
    found = []
    for act, fields in [(each.held.act, each.fields) for each in case.effective("issue") if each.fields]:
        granted = [each for each in releases(case, now_ms) if each.third == party]
        whole = any(not each.tear_line_only for each in granted)
        for role, ref in zip(roles_of(act, fields, "text"), act.portions, strict=True):
            consented = [party] if whole or (granted and role == TEAR_LINE) else []
            code = may_go_to(
                parse_marking(ref.marking, levels),
                party,
                originator=case.opener,
                parties=(case.opener, case.responder),
                consented=consented,
            )
            found += [(role, code)] if ref.state == SENT else []
    return tuple(found)


def grades(case: Case, party: str) -> tuple[Statement, ...]:
    """Give how a side grades the report now: the issuer by its newest grades, the reader by its newest feedback."""
    newest: tuple[Statement, ...] = ()
    for each in case.effective("issue", "regrade", "give feedback"):
        fields = each.corrected
        if each.held.author == party and isinstance(fields, Issued | Regraded):
            newest = fields.statements
        elif each.held.author == party and isinstance(fields, Feedback):
            newest = fields.regrades or newest
    return newest


def habit(cases: Iterable[Case], party: str) -> Habit:
    """Count a side's grades over its reports (1-mechanism: grades cluster on the A1, B2, C3 diagonal)."""
    given = [each.grade for case in cases for each in grades(case, party)]
    return Habit(len(given), diagonal_pct(given))


def _release(request: ReleaseAsked, answer: Folded) -> Release:
    fields = answer.corrected
    conditions = fields.conditions if isinstance(fields, Condition) else ()
    until_ms = fields.until_ms if isinstance(fields, Condition) else 0
    only = request.part == TEAR_LINE or "tear-line-only" in conditions
    return Release(request.third, only, conditions, until_ms)
