"""What holds for everything that is taken out of the desk, whatever its form.

Rules kept here: only what policy lets its reader both read and export goes out, entry by entry, by clearance too; what
stays at this node (withheld words, drafts) does not, whoever asks. What is taken out is in the audit log before it is
sent. A file says its own name in plain ASCII.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from litestar import Response

from rabita.desk.lines import on_line
from rabita.desk.months import month_of
from rabita.desk.registers import PROCEDURES
from rabita.desk.rendering import Desk, Reading, reading, refusal
from rabita.gateways.rest.routing import READ, At, Query, Route
from rabita.line.charter import Charter
from rabita.line.errors import PeerFault, UserFault
from rabita.ports.index import CaseRow
from rabita.procedures.marking import parse_marking
from rabita.services import registers
from rabita.services.audit import Action
from rabita.services.casebook import Casebook, Page
from rabita.services.caseindex_held import take
from rabita.services.policy import NOTHING, USUAL, Circumstances, Decision, Matter, Policy, Subject
from rabita.services.registers import Registered
from rabita.services.sight import markings_of

EXPORT: Final = "export"
DRAFT: Final = "draft"
MARKINGS_MAX: Final = 3
"""So many markings are named as written; of more of them the highest level."""
_PLAIN: Final = re.compile(r"[^A-Za-z0-9]+")


class Leaving:
    """The party's policy for what leaves: to read something takes the right to export it, and nobody drafts."""

    def __init__(self, policy: Policy) -> None:
        """Stand before *policy*."""
        self._policy = policy

    @property
    def actions(self) -> tuple[str, ...]:
        """Name all there is to do."""
        return self._policy.actions

    def decide(
        self, subject: Subject, action: str, matter: Matter = NOTHING, circumstances: Circumstances = USUAL
    ) -> Decision:
        """Say whether the subject may."""
        if action == DRAFT:
            return Decision(allowed=False)
        decision = self._policy.decide(subject, action, matter, circumstances)
        if action != READ or not decision.allowed:
            return decision
        return self._policy.decide(subject, EXPORT, matter, circumstances)


def leaving(seen: Reading, line: str) -> Reading:
    """Look at one line as far as it may leave; raises as ``on_line``."""
    services = seen.at.services
    held = seen.at.held._replace(services=replace(services, policy=Leaving(services.policy)))
    return on_line(seen._replace(at=seen.at._replace(held=held)), line)


def file_route(desk: Desk, name: str, path: str, run: Any, media_type: str, query: type[Query]) -> Route:  # noqa: ANN401 - takes a reading and its query
    """Make the route of a file; *run* gives its bytes' response. Refusals are pages, for a browser came by a link."""

    def given(at: At, asked: Query) -> Response[bytes]:
        if at.who is None:
            raise UserFault("session-over")
        response: Response[bytes] = run(reading(desk, at), asked)
        return response

    return Route(
        method="GET",
        path=path,
        name=name,
        title=name,
        action=EXPORT,
        audit=Action.EXPORT,
        query=query,
        answers={HTTPStatus.OK: Any},
        run=given,
        gives=media_type,
        refused=partial(refusal, desk),
        tag="pages",
    )


def file_response(raw: bytes, media_type: str, name: str, ending: str) -> Response[bytes]:
    """Send a file under a name that every system takes."""
    plain = _PLAIN.sub("-", name).strip("-")
    headers = {"content-disposition": f'attachment; filename="{plain}.{ending}"'}
    return Response(raw, status_code=HTTPStatus.OK, media_type=media_type, headers=headers)


def markings_in(book: Casebook, cases: Iterable[CaseRow]) -> tuple[str, ...]:
    """Give the markings of those acts of cases that the reader may see, each once."""
    found: dict[str, None] = {}
    for case in cases:
        for listed in book.store.at([row.seq for row in book.index.members(case.line, [case.id]).get(case.id, ())]):
            told = markings_of(take(listed).act)
            if book.sees(case.line, case.procedure, told):
                found |= dict.fromkeys(told)
    return tuple(found)


def registered(seen: Reading, name: str, at_ms: int, cursor: str, count: int) -> Page[Registered]:
    """Read a part of the register of a page; of notices, those of the month of *at_ms* (ms since 1970 UTC, 0: now)."""
    book, line = seen.at.book, seen.at.line
    if name in PROCEDURES:
        return registers.register(book, PROCEDURES[name], line, "", cursor, count, seen.reader)
    month = month_of(at_ms or seen.at.services.clock.now_ms(), seen.how)
    return registers.notices(book, line, month.from_ms, month.until_ms, cursor, count, seen.reader)


def marking_of(charter: Charter, markings: Sequence[str]) -> str:
    """Say how a whole is marked by its parts: their markings as written, or of many the highest level.

    A marking that cannot be read stands above all.
    """
    written = [each for each in dict.fromkeys(markings) if each]
    if len(written) <= MARKINGS_MAX:
        return "; ".join(written)
    levels = tuple(charter.classification)
    ranked = {each: _rank(levels, each) for each in written}
    highest = max(ranked.values())
    return levels[highest] if 0 <= highest < len(levels) else max(written, key=lambda each: ranked[each])


def _rank(levels: Sequence[str], marking: str) -> int:
    try:
        level = parse_marking(marking, tuple(levels)).level
    except PeerFault:
        return len(levels)
    return levels.index(level) if level in levels else -1
