"""The route on which programs listen to events."""

from collections.abc import AsyncIterator
from functools import cache, partial
from typing import Any, Final

from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from rabita.gateways.rest.doors import still
from rabita.gateways.rest.events import Event
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import READ, At, Query, Route
from rabita.services.audit import Action
from rabita.services.policy import Matter

ID_CHARS_MAX: Final = 64


class EventsQuery(Query, frozen=True):
    """Of which line; empty: of every line the asker may see."""

    line: Name = ""


def listen(at: At, query: EventsQuery) -> ServerSentEvent:
    """Tell what happens from now on, first what came after ``Last-Event-ID``."""
    services, principal = at.services, at.principal

    @cache
    def hears(line: str) -> bool:
        return query.line in ("", line) and at.allows(READ, Matter(line=line))

    last = at.headers.get("last-event-id", "")[:ID_CHARS_MAX]
    heard = at.held.events.listen(last, hears, partial(still, services, principal, READ))
    return ServerSentEvent(_written(heard), headers={"Cache-Control": "no-store"})


async def _written(events: AsyncIterator[Event | None]) -> AsyncIterator[ServerSentEventMessage]:
    """Write events as they go over the wire; a heartbeat is a comment."""
    async for event in events:
        if event is None:
            yield ServerSentEventMessage(data=None, comment="still here")
        else:
            yield ServerSentEventMessage(data=event.data, event=event.what, id=event.id)


ROUTES: Final = (
    Route(
        method="GET",
        path="/events",
        name="events",
        title="Everything that changes, as it happens",
        action=READ,
        audit=Action.LISTEN,
        query=EventsQuery,
        answers={200: Any},
        run=listen,
        gives="text/event-stream",
        headers=("Last-Event-ID",),
        apart=False,
        tag="events",
    ),
)
