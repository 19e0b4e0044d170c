"""The node over HTTP: the REST gateway put on the node's services and served on the node's own event loop.

Rules kept here: beyond this machine only with TLS; the server logs nothing (what it would log may hold content), the
node's log says what matters. uvicorn serves because it runs on a loop that is there already and needs but h11.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import msgspec
import uvicorn

from rabita import __version__
from rabita.app.asks import Happened
from rabita.app.case_news import CaseNews
from rabita.app.casework import signer
from rabita.app.draft_keeping import keep_drafts
from rabita.app.node import Node, place_of
from rabita.app.officers import make_officers, origin_of
from rabita.app.policies import note_policy
from rabita.app.releasing import make_releasing
from rabita.app.web_records import WebRecords
from rabita.app.web_wire import HEAD_BYTES_MAX, Wire
from rabita.desk.application import desk_routes
from rabita.gateways.rest.access import Principal
from rabita.gateways.rest.application import Gateway, create_app
from rabita.gateways.rest.ground import Releasing, Services
from rabita.keys.file import open_keys
from rabita.keys.sets import OfficerKey
from rabita.line.errors import LocalFault, UserFault
from rabita.line.events import Draft
from rabita.line.ids import Lane, LogId
from rabita.policy.cedar import open_policy
from rabita.procedures.engine.held import SERVICE
from rabita.services.attachments import Coming
from rabita.services.casework import Prepared, Signer
from rabita.services.exchange import Placed
from rabita.services.reads import LineStatus
from rabita.store.desk_sqlite import SqliteDesk
from rabita.store.drafts_sqlite import SqliteDrafts
from rabita.store.officers_sqlite import SqliteOfficers

CONNECTIONS_MAX: Final = 256
FAREWELL_S: Final = 2
UNREAD_MS: Final = 60_000
"""After this long the kernel drops a connection whose other end takes nothing (TCP_USER_TIMEOUT)."""
BACKLOG: Final = 128
OFFICER: Final = "officer"


class _Server(uvicorn.Server):
    """A server that leaves signals to the node."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Web:
    """The HTTP side of a running node. ``address`` is where it listens, once it does."""

    def __init__(self, node: Node, passphrase: Callable[[], str]) -> None:
        """Open what is kept and the officers' keys of the settings; *passphrase* is asked for only if there are any.

        Raises ``UserFault``: ``setting-invalid``, ``policy-invalid``, or as ``open_keys``;
        ``LocalFault("store-unavailable")``.
        """
        settings = node.settings
        if not (settings.web_certificate or ip_address(settings.web_address).is_loopback):
            raise UserFault("setting-invalid", "web_address: beyond this machine it needs web_certificate and web_key")
        self.address = ("", 0)
        self._node = node
        self.policy = open_policy(settings.policy_dir)
        self._tls = _tls(settings.web_certificate, settings.web_key) if settings.web_certificate else None
        self._keys = [open_keys(Path(path), passphrase(), OfficerKey) for path in settings.web_officer_keys]
        self.records = WebRecords(node.home.web_records)
        self.officers = SqliteOfficers(node.home.officers)
        self.drafts = SqliteDrafts(node.home.drafts)
        self.desk = SqliteDesk(node.home.desk)
        self._gateway: Gateway | None = None
        self._case_news: list[CaseNews] = []
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen; raises ``LocalFault``: ``listen-failed``, ``audit-unavailable``."""
        await note_policy(self._node.audit, self._node.clock, self.policy)
        settings = self._node.settings
        listening = _listening(settings.web_address, settings.web_port)
        self.address = listening.getsockname()[:2]
        self._node.credentials.origin = origin_of(settings, self.address[1])
        services = self.services()
        self._gateway = create_app(
            services,
            rate_per_s=settings.web_rate_per_s,
            secure=self._tls is not None,
            pages=desk_routes(self.desk),
        )
        tls = self._tls
        config = uvicorn.Config(
            self._gateway.app,
            interface="asgi3",
            loop="none",
            http=Wire,
            h11_max_incomplete_event_size=HEAD_BYTES_MAX,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_graceful_shutdown=FAREWELL_S,
            ssl_context_factory=(lambda _config, _usual: tls) if tls is not None else None,
        )
        _silence()
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve([listening]))
        if services.releasing is not None:
            self._keeping = asyncio.create_task(keep_drafts(self._node, services.releasing.drafting))
        self._node.log.info("web", address=self.address[0], port=self.address[1], tls=tls is not None)

    async def close(self) -> None:
        """End every stream and connection, then release the files."""
        if self._gateway is not None:
            self._gateway.close()
        for each in self._case_news:
            await each.close()
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        self.records.close()
        self.officers.close()
        self.drafts.close()
        self.desk.close()

    def services(self) -> Services:
        """Give what the gateway stands on."""
        node = self._node
        officers = make_officers(self.officers, node.clock, node.settings, self.address[1])
        return Services(
            party=node.settings.party,
            version=__version__,
            book=node.casebook,
            store=node.store,
            clock=node.clock,
            records=self.records,
            status=self._status,
            seal=self._seal,
            progress=node.indexing.indexer.progress,
            indexed=node.indexed,
            attest=node.sign_heads,
            signers=self._signers,
            subscribe=self._subscribe,
            unexpected=self._unexpected,
            officers=officers,
            releasing=self._releasing(officers.origin) if officers is not None else None,
            audit=node.audit,
            blobs=node.blobs,
            coming=self._coming,
            policy=self.policy,
        )

    def _releasing(self, origin: str) -> Releasing:
        return make_releasing(self._node, self.drafts, self.officers, self.policy, origin, self._seal)

    def _status(self) -> Sequence[LineStatus]:
        return [link.status() for _, link in sorted(self._node.links.items())]

    def _coming(self, line: str) -> Coming | None:
        link = self._node.links.get(line)
        return link.exchange.coming if link is not None else None

    async def _seal(self, line: str, lane: Lane, draft: Draft) -> Placed:
        placed = await self._node.seal(line, lane, draft)
        return LogId(placed.party, placed.epoch, placed.lane), placed.index

    def _signers(self, _principal: Principal, prepared: Prepared) -> Sequence[Signer]:
        """Choose a key of ours for each role an act needs, each key once, by the credentials published on its line."""
        state = self._node.link(prepared.line).exchange.state
        credentials = state.facts.credentials
        left = {key.public: key for key in self._keys}
        chosen = []
        for role in prepared.approvals:
            for public, key in left.items():
                credential = credentials.get(f"{state.us}/{public.hex()}")
                fit = [each for each in (credential.roles if credential else ()) if _fits(each, role)]
                if fit:
                    chosen.append(signer(key, fit[0]))
                    del left[public]
                    break
        return chosen

    def _subscribe(self, tell: Callable[[str, str, Mapping[str, Any]], None]) -> Callable[[], None]:
        cases = CaseNews(self._node.casebook, tell)
        self._case_news.append(cases)

        def heard(news: Happened) -> None:
            tell(news.what, news.line, msgspec.to_builtins(news))
            cases.heard(news)

        return self._node.news.subscribe(heard)

    def _unexpected(self, error: BaseException) -> None:
        self._node.log.error("program-fault", kind=type(error).__name__, at=place_of(error))


def _fits(role: str, wanted: str) -> bool:
    """Say whether a key of *role* may give the approval *wanted*: any officer's does where no office is named."""
    return wanted in (role, SERVICE) or (wanted == OFFICER and role != SERVICE)


def _listening(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET  # noqa: PLR2004 - IPv6
    try:
        found = socket.create_server((address, port), family=family, backlog=BACKLOG)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a small answer waits 40 ms for the ACK
    except OSError as fault:
        raise LocalFault("listen-failed", f"{address}:{port}") from fault
    return found


def _tls(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as fault:
        raise UserFault(
            "setting-invalid", "web_certificate, web_key: they cannot be read or do not belong together"
        ) from fault
    return context


def _silence() -> None:
    """Keep the server's own log quiet."""
    log = logging.getLogger("uvicorn")
    log.propagate = False
    log.addHandler(logging.NullHandler())
