"""The application: the table of routes as Litestar handlers, and what holds for every one of them.

Rules kept here: policy is asked in ``_answer``, by the route's data, before anything is read; every fault
leaves as problem details; headers that keep browsers from guessing go with every answer, and no other origin is let in;
who sends or reads too slowly is let go.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from functools import cache, partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, cast

import msgspec
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from rabita.gateways.rest import (
    acts,
    attachments,
    auditing,
    calendar,
    cases,
    drafts,
    lines,
    listening,
    officers,
    oidc,
    own_passkeys,
    sign_in,
    transcripts,
)
from rabita.gateways.rest.access import Principal
from rabita.gateways.rest.doors import Entered, enter
from rabita.gateways.rest.events import Events
from rabita.gateways.rest.ground import Services
from rabita.gateways.rest.idempotency import Repeats
from rabita.gateways.rest.openapi import OPENAPI_ROUTE, description_json
from rabita.gateways.rest.problems import MEDIA_TYPE, FieldError, problem_of
from rabita.gateways.rest.rates import Rate
from rabita.gateways.rest.routing import At, Held, Made, Query, Route, etag, matches, read_query
from rabita.gateways.rest.shelf import Shelf
from rabita.line.errors import InvariantBroken, LocalFault, RabitaError, UserFault
from rabita.services.audit import Doing, Kind, target_or_none

Asked = Request[Any, Any, Any]

JSON: Final = "application/json"
SPOOL_BYTES: Final = 2**20
SLOW_S: Final = 30.0
"""How long one piece of a request may take to come, or of an answer to be taken."""
STRANGERS_PER_S: Final = 2
STRANGERS_BURST: Final = 20
BURST_S: Final = 4
SAFE_HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
HSTS: Final = ("strict-transport-security", "max-age=31536000; includeSubDomains")
NOBODY: Final = Entered(Principal("", "", None, ()))
ROUTES: Final = (
    *(*lines.ROUTES, *cases.ROUTES, *acts.ROUTES, *drafts.ROUTES, *attachments.ROUTES),
    *(*calendar.ROUTES, *transcripts.ROUTES, *listening.ROUTES),
    *(*sign_in.ROUTES, *own_passkeys.ROUTES, oidc.WAYS, *officers.ROUTES, *auditing.ROUTES, OPENAPI_ROUTE),
)
_BY_STATUS: Final = {
    HTTPStatus.NOT_FOUND: "path-unknown",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request-oversized",
}


class Gateway:
    """The REST gateway of one node. ``app`` is what a server runs; ``close`` ends every stream of events."""

    def __init__(
        self,
        services: Services,
        *,
        rate_per_s: int,
        secure: bool,
        routes: tuple[Route, ...] = ROUTES,
        pages: tuple[Route, ...] = (),
        heartbeat_s: float | None = None,
        slow_s: float = SLOW_S,
    ) -> None:
        """Make the application; *secure* says that it is served over TLS. Must be made on a running event loop.

        *pages* are for browsers alone: they are no part of the API's description.
        """
        events = Events() if heartbeat_s is None else Events(heartbeat_s)
        self._strangers = Rate(STRANGERS_PER_S, STRANGERS_BURST)
        self._held = Held(
            services,
            events,
            Repeats(services.records, services.clock.now_ms),
            Shelf(),
            cache(partial(description_json, routes)),
            self._strangers,
        )
        self._rate = Rate(rate_per_s, rate_per_s * BURST_S)
        self._headers = [(name.encode(), value.encode()) for name, value in SAFE_HEADERS.items()]
        self._headers += [(HSTS[0].encode(), HSTS[1].encode())] if secure else []
        self._end = services.subscribe(events.tell)
        self._slow_s = slow_s
        self._litestar = Litestar(
            [self._handler(route) for route in (*routes, *oidc.LINKS, *pages)],
            exception_handlers={Exception: self._refuse},
            openapi_config=None,
            logging_config=None,
        )
        self.app: ASGIApp = self._guarded

    def close(self) -> None:
        """Hear no more, and end every stream."""
        self._end()
        self._held.events.close()

    def _handler(self, route: Route) -> HTTPRouteHandler:
        async def answer(request: Asked) -> Response[Any]:
            return await self._entered(route, request)

        return HTTPRouteHandler(
            _typed(route.path),
            http_method=route.method,
            name=route.name,
            status_code=min(route.answers),
            request_max_body_size=route.body_bytes_max,
            opt={"action": route.action},
        )(answer)

    async def _entered(self, route: Route, request: Asked) -> Response[Any]:
        """Answer, and enter in the audit log what was asked and what became of it."""
        doing = Doing(self._held.services.audit, self._held.services.clock, route.name, route.audit)
        path = {name: str(value) for name, value in request.path_params.items()}
        doing.line = path.pop("line", "")
        doing.target = next(filter(target_or_none, path.values()), "")
        at = self._at(request, doing)
        try:
            response = await self._answer(route, request, at, doing)
        except BaseException as fault:
            told = _fault_of(fault) if isinstance(fault, Exception) else fault
            doing.end(told)
            if route.refused is not None and isinstance(told, UserFault | LocalFault):
                return await asyncio.to_thread(route.refused, at, told)
            raise
        made = response.headers.get("content-location", response.headers.get("location", ""))
        doing.target = made.rpartition("/")[2] or doing.target
        doing.end()
        return response

    def _at(self, request: Asked, doing: Doing) -> At:
        """Say what a request is about, before it is known who asks."""
        path = {name: str(value) for name, value in request.path_params.items()}
        return At(
            *(self._held, NOBODY.principal, path, request.headers),
            f"{request.method} {request.url.path}?{_parameters(request)}",
            cookies=request.cookies,
            client=_client(request),
            doing=doing,
        )

    async def _answer(self, route: Route, request: Asked, at: At, doing: Doing) -> Response[Any]:
        """Let the asker in, read the request, carry it out, write the answer."""
        principal, who = NOBODY if route.is_open else self._who(route, request)
        doing.kind, doing.actor = Kind(principal.kind) if principal.id else Kind.NOBODY, principal.id
        at = at._replace(principal=principal, who=who)
        least = route.trial_action or route.action
        if not route.is_open:
            at.permit(least, at.matter)
        query = read_query(route.query, _parameters(request))
        doing.action = route.does(query)
        if (asked := route.asks(query)) != least:
            at.permit(asked, at.matter)
        if "line" in at.path:
            at.record()
        if route.takes:
            with SpooledTemporaryFile(SPOOL_BYTES) as stream:
                await _upload(request, route, stream)
                await doing.begin()
                return await self._carried(route, at._replace(upload=stream), query)
        if route.body is not None:
            _check_media(request, JSON)
            at = at._replace(body=await request.body())
        await doing.begin()
        return await self._carried(route, at, query)

    def _who(self, route: Route, request: Asked) -> Entered:
        """Find out who asks. Failures are limited by address, so that others lock out nobody whom the node knows."""
        services = self._held.services
        now_ms = services.clock.monotonic_ms()
        try:
            entered = enter(services, request.method, request.headers, request.cookies, unattended=route.unattended)
        except UserFault:
            self._strangers.take(_client(request), now_ms)
            raise
        self._rate.take(entered.principal.id, now_ms)
        return entered

    async def _carried(self, route: Route, at: At, query: Query) -> Response[Any]:
        if route.apart:
            answer = await asyncio.to_thread(route.run, at, query)
        else:
            answer = route.run(at, query)
            if isinstance(answer, Awaitable):
                answer = await answer
        if isinstance(answer, Response):
            return answer
        if isinstance(answer, Made):
            headers = {"location": answer.location} if answer.location else {}
            return Response(answer.body, status_code=answer.status, media_type=JSON, headers=headers)
        raw = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        if route.method != "GET":
            return Response(raw, status_code=HTTPStatus.OK, media_type=JSON)
        tag = etag(route.version(answer) if route.version else "", raw)
        if matches(at.headers.get("if-none-match", ""), tag):
            return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, media_type=JSON, headers={"etag": tag})
        return Response(raw, status_code=HTTPStatus.OK, media_type=JSON, headers={"etag": tag})

    def _refuse(self, _request: Asked, error: Exception) -> Response[bytes]:
        """Write any fault as problem details; what nobody foresaw is told to the node's log by kind and place alone."""
        fault = _fault_of(error)
        if isinstance(fault, InvariantBroken):
            self._held.services.unexpected(error)
        problem = problem_of(fault)
        headers = {}
        if problem.status == HTTPStatus.UNAUTHORIZED:
            headers["www-authenticate"] = 'Bearer realm="rabita"'
        if problem.status == HTTPStatus.TOO_MANY_REQUESTS:
            headers["retry-after"] = str(self._rate.wait_s)
        if isinstance(error, HTTPException) and error.headers:
            headers |= {name: value for name, value in error.headers.items() if name.lower() == "allow"}
        return Response(
            msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers
        )

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the safe headers to every answer, and let go of who sends or reads too slowly."""
        whole = False

        async def taken() -> Any:  # noqa: ANN401 - a message of the server
            nonlocal whole
            if whole:
                return await receive()
            async with asyncio.timeout(self._slow_s):
                message: Any = await receive()
            whole = not message.get("more_body", False)
            return message

        async def given(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._missing(message)]
            async with asyncio.timeout(self._slow_s):
                await send(message)

        await self._litestar(scope, taken, given)

    def _missing(self, message: Any) -> list[tuple[bytes, bytes]]:  # noqa: ANN401 - the start of a response
        held = {name.lower() for name, _ in message["headers"]}
        return [(name, value) for name, value in self._headers if name not in held]


def create_app(
    services: Services, *, rate_per_s: int = 50, secure: bool = False, pages: tuple[Route, ...] = ()
) -> Gateway:
    """Make the REST gateway over a node's services, and the *pages* that stand on it."""
    return Gateway(services, rate_per_s=rate_per_s, secure=secure, pages=pages)


def _parameters(request: Asked) -> list[tuple[str, str]]:
    return list(cast("Iterable[tuple[str, str]]", request.query_params.multi_items()))


def _client(request: Asked) -> str:
    return request.client.host if request.client else ""


def _typed(path: str) -> str:
    """Write a path as Litestar has it: every parameter is text."""
    return path.replace("}", ":str}")


def _check_media(request: Asked, wanted: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != wanted:
        raise FieldError("media-unsupported", "Content-Type", wanted)


async def _upload(request: Asked, route: Route, stream: IO[bytes]) -> None:
    """Take a file in."""
    _check_media(request, route.takes)
    async for chunk in request.stream():
        await asyncio.to_thread(stream.write, chunk)
    stream.seek(0)


def _fault_of(error: Exception) -> RabitaError:
    """Name what was raised; a fault of the program is told by kind and place to the node's log, not to callers."""
    if isinstance(error, RabitaError):
        return error
    if isinstance(error, TimeoutError):
        return UserFault("request-malformed", "it came too slowly")
    if isinstance(error, HTTPException) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return UserFault(_BY_STATUS.get(HTTPStatus(error.status_code), "request-malformed"))
    return InvariantBroken("program-fault")
