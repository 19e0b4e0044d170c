"""The connections of the HTTP server: who says nothing is let go, and what is no HTTP is refused like any other fault.

Rules kept here: from its first byte on, a connection has HEAD_S to bring the head of a request whole, and again after
each answer; of a crowd, the one that has waited longest for the rest of a head goes first, so that connections which
say nothing keep nobody out; what the server refuses by itself has the form and the headers of every other answer.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final, cast

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from rabita.gateways.rest.application import SAFE_HEADERS
from rabita.gateways.rest.problems import MEDIA_TYPE, problem_of
from rabita.line.errors import UserFault

HEAD_S: Final = 15.0
CROWD_MAX: Final = 192
"""Below the server's own bound on connections, at which it would refuse whoever asks next."""
HEAD_BYTES_MAX: Final = 32_768


class Wire(H11Protocol):
    """One connection. ``head_s`` and ``crowd_max`` may be set lower on a class made of it."""

    head_s: float = HEAD_S
    crowd_max: int = CROWD_MAX

    def __init__(self, *rest: Any, **named: Any) -> None:  # noqa: ANN401 - what the server gives
        """Begin without a deadline."""
        super().__init__(*rest, **named)
        self._waits_s: float = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # - as the server's own
        """Take a connection, and let another go if they are too many."""
        super().connection_made(transport)
        self._watch()
        waiting = [each for each in self.connections if isinstance(each, Wire) and each is not self and each.is_waiting]
        if len(self.connections) > self.crowd_max and waiting:
            min(waiting, key=lambda each: each._waits_s).let_go()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the deadline ends with the head of a request, not with any byte of it."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP as problem details, with the headers of every answer."""
        del msg
        body = msgspec.json.encode(problem_of(UserFault("request-malformed")))
        headers = [("content-type", MEDIA_TYPE), ("content-length", str(len(body))), ("connection", "close")]
        told = [*headers, *SAFE_HEADERS.items()]
        reason = HTTPStatus.BAD_REQUEST.phrase.encode()
        for event in (
            h11.Response(status_code=HTTPStatus.BAD_REQUEST, headers=told, reason=reason),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    @property
    def is_waiting(self) -> bool:
        """Say whether no request is under way here."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # none before the first request
        return self.conn.their_state is h11.IDLE or (cycle is not None and cycle.response_complete)

    def let_go(self) -> None:
        """End a connection that waits."""
        self._rest()
        if not self.transport.is_closing():
            self.transport.abort()

    def _watch(self) -> None:
        if not self.is_waiting:
            self._rest()
        elif self._deadline is None and not self.transport.is_closing():
            self._waits_s = self.loop.time()
            self._deadline = self.loop.call_later(self.head_s, self.let_go)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
