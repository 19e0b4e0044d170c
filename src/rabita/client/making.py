"""Making the calls over HTTP, waiting for each (``Client``) or on an event loop (``AsyncClient``).

Rules kept here: what seals carries an Idempotency-Key, so a call whose answer was lost is made again without sealing
twice; a refusal is raised as the fault the node named.
"""

import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, NamedTuple, Self, TypeVar, cast

import httpx
import msgspec

from rabita.client.calls import Call
from rabita.client.streaming import Heard, Parser
from rabita.gateways.rest.problems import FieldError, Problem
from rabita.line.errors import SENTENCES, LocalFault, RabitaError, UserFault
from rabita.services.casebook import Page

T = TypeVar("T")

TRIES: Final = 3
TIMEOUT_S: Final = 30.0
KEY_BYTES: Final = 16
UNAVAILABLE: Final = 503


class Told(NamedTuple):
    """An answer with its ETag, for ``If-Match``."""

    value: Any
    etag: str


class Client:
    """Asks a node over HTTP; close it, or use it in a ``with`` block.

    Raises the fault the node answered with; ``LocalFault("node-unreachable")`` when it did not answer.
    """

    def __init__(self, url: str, token: str = "", *, transport: httpx.BaseTransport | None = None) -> None:
        """Ask the node at *url* with this token; nothing is sent yet."""
        self._http = httpx.Client(base_url=url, headers=_headers(token), timeout=TIMEOUT_S, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def ask(self, call: Call[T]) -> T:
        """Make a call and give its answer."""
        return cast("T", self.tell(call).value)

    def tell(self, call: Call[T]) -> Told:
        """Make a call and give its answer with its ETag."""
        request = _request(self._http, call)
        for left in reversed(range(TRIES)):
            try:
                return _told(call, self._http.send(request))
            except httpx.TransportError as fault:
                if not left:
                    raise LocalFault("node-unreachable", str(self._http.base_url)) from fault
        raise LocalFault("node-unreachable")

    def each(self, call: Call[Page[T]]) -> Iterator[T]:
        """Give every row of a list, page by page."""
        wanted: Call[Page[T]] | None = call
        while wanted is not None:
            page = self.ask(wanted)
            yield from page.rows
            wanted = call.next(page.next) if page.next else None

    def events(self, line: str = "", last_id: str = "") -> Iterator[Heard]:
        """Give what changes from now on, or since *last_id*; ends when the node ends the stream."""
        with self._http.stream("GET", "/events", **_listening(line, last_id)) as answer:
            if answer.is_error:
                answer.read()
                raise fault_of(answer)
            parser = Parser()
            for chunk in answer.iter_bytes():
                yield from parser.feed(chunk)


class AsyncClient:
    """The same on an event loop; close it, or use it in an ``async with`` block."""

    def __init__(self, url: str, token: str = "", *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Ask the node at *url* with this token; nothing is sent yet."""
        self._http = httpx.AsyncClient(base_url=url, headers=_headers(token), timeout=TIMEOUT_S, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def ask(self, call: Call[T]) -> T:
        """Make a call and give its answer."""
        return cast("T", (await self.tell(call)).value)

    async def tell(self, call: Call[T]) -> Told:
        """Make a call and give its answer with its ETag."""
        request = _request(self._http, call)
        for left in reversed(range(TRIES)):
            try:
                return _told(call, await self._http.send(request))
            except httpx.TransportError as fault:
                if not left:
                    raise LocalFault("node-unreachable", str(self._http.base_url)) from fault
        raise LocalFault("node-unreachable")

    async def each(self, call: Call[Page[T]]) -> AsyncIterator[T]:
        """Give every row of a list, page by page."""
        wanted: Call[Page[T]] | None = call
        while wanted is not None:
            page = await self.ask(wanted)
            for row in page.rows:
                yield row
            wanted = call.next(page.next) if page.next else None

    async def events(self, line: str = "", last_id: str = "") -> AsyncIterator[Heard]:
        """Give what changes from now on, or since *last_id*; ends when the node ends the stream."""
        async with self._http.stream("GET", "/events", **_listening(line, last_id)) as answer:
            if answer.is_error:
                await answer.aread()
                raise fault_of(answer)
            parser = Parser()
            async for chunk in answer.aiter_bytes():
                for heard in parser.feed(chunk):
                    yield heard


def fault_of(answer: httpx.Response) -> RabitaError:
    """Read the fault an answer names; one this version does not know becomes ``node-unreachable``."""
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.DecodeError:
        return LocalFault("node-unreachable", f"status {answer.status_code}")
    if problem.code not in SENTENCES:
        return LocalFault("node-unreachable", problem.code[:64])
    if problem.field:
        return FieldError(problem.code, problem.field, problem.rule)
    return (LocalFault if problem.status >= UNAVAILABLE else UserFault)(problem.code, problem.detail)


def _headers(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


def _request(http: httpx.Client | httpx.AsyncClient, call: Call[Any]) -> httpx.Request:
    headers = dict(call.headers)
    if call.seals:
        headers.setdefault("idempotency-key", secrets.token_hex(KEY_BYTES))
    content = call.body if call.method == "POST" else None
    return http.build_request(call.method, call.path, params=dict(call.parameters), headers=headers, content=content)


def _told(call: Call[Any], answer: httpx.Response) -> Told:
    if answer.is_error:
        raise fault_of(answer)
    value = answer.content if call.form is bytes else msgspec.json.decode(answer.content, type=call.form)
    return Told(value, answer.headers.get("etag", ""))


def _listening(line: str, last_id: str) -> dict[str, Any]:
    return {
        "params": {"line": line} if line else {},
        "headers": {"last-event-id": last_id} if last_id else {},
        "timeout": httpx.Timeout(TIMEOUT_S),
    }
