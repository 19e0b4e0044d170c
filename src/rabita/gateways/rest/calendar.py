"""The deadlines of a line as an iCalendar file, for a program that keeps a calendar: a token of scope ``read`` does.

There is no secret address: a calendar is read as everything else, by whoever shows who they are.
"""

from typing import Any, Final

from litestar import Response

from rabita.gateways.rest.routing import READ, At, Query, Route
from rabita.procedures.engine.say import ENGLISH
from rabita.services.audit import Action


def calendar(at: At, _query: Query) -> Response[bytes]:
    """Give what is owed by when, and when what was agreed or announced is."""
    from rabita.gateways.calendar import MEDIA_TYPE, events, write_calendar  # noqa: PLC0415 - a library few ask for

    raw = write_calendar(_name(at), events(at.book, at.line, ENGLISH), exercise=at.matter.exercise)
    return Response(raw, media_type=MEDIA_TYPE)


def _name(at: At) -> str:
    record = at.record()
    return f"Rabita: {record.us}, {record.peer}"


ROUTES: Final = (
    Route(
        method="GET",
        path="/lines/{line}/calendar",
        name="calendar",
        title="Deadlines as an iCalendar file",
        action=READ,
        audit=Action.LIST,
        answers={200: Any},
        run=calendar,
        gives="text/calendar",
        tag="duties",
    ),
)
