"""Reading server-sent events (WHATWG HTML 9.2.6) as bytes come in, with a bound on what one event may hold."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line.errors import PeerFault

EVENT_BYTES_MAX: Final = 2**20


class Heard(NamedTuple):
    """One event: its id (for resuming), what happened, and its data."""

    id: str
    what: str
    data: dict[str, Any]


class Parser:
    """Takes bytes as they come and gives whole events; comments (heartbeats) are dropped."""

    def __init__(self) -> None:
        """Begin at the start of a stream."""
        self._rest = b""
        self._fields: dict[str, str] = {}

    def feed(self, chunk: bytes) -> Iterator[Heard]:
        """Take a chunk in; raises ``PeerFault("frame-malformed")`` for what is no event stream of this node."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > EVENT_BYTES_MAX:
            raise PeerFault("frame-oversized")
        for raw in whole:
            text = raw.rstrip(b"\r").decode("utf-8", "replace")
            if text:
                name, _, value = text.partition(":")
                self._fields[name] = value.removeprefix(" ")
            elif event := self._event():
                yield event

    def _event(self) -> Heard | None:
        """Give the event that an empty line ended, if it was one."""
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        try:
            data = msgspec.json.decode(fields["data"], type=dict[str, Any])
        except msgspec.DecodeError as fault:
            raise PeerFault("frame-malformed") from fault
        return Heard(fields.get("id", ""), fields.get("event", "message"), data)
