"""The composition root: one process, one home folder, every line of its party.

Rules kept here: everything but commits happens on the event loop's thread; a fault of the disk keeps the node up, to be
tried again; records that contradict themselves stop it (``broken``). Without bearers the same node serves one command
while no other process runs.
"""

import asyncio
import contextlib
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from rabita.app.asks import Happened, Placed
from rabita.app.audit import Auditor, of_the_node
from rabita.app.home import Home
from rabita.app.link import Link
from rabita.app.logs import Log, open_log, say
from rabita.app.metrics import Metrics
from rabita.app.news import News
from rabita.app.outside import LiveKeys, LoopScheduler, MachineClock
from rabita.app.settings import Settings
from rabita.app.space import FolderSpace, is_low
from rabita.bearers.certificate import TlsIdentity, TlsPeer, transport_certificate
from rabita.bearers.channel import Channel
from rabita.bearers.endpoint import Endpoint, parse_endpoint
from rabita.bearers.tls import TlsBearer
from rabita.keys.file import open_keys
from rabita.keys.ring import KeyRing
from rabita.keys.service import service_key
from rabita.keys.sets import NodeGeneration, NodeKeys
from rabita.line.descriptor import Descriptor, read_descriptor
from rabita.line.errors import InvariantBroken, PeerFault, RabitaError, UserFault
from rabita.line.events import Draft, Room
from rabita.line.ids import Lane, LogId, line_name, reference
from rabita.line.keybook import Era
from rabita.line.state import AttestPending, LineState, RowsPending, load
from rabita.ports import Space
from rabita.services.audit import Action
from rabita.services.audit_heads import HeadKeys
from rabita.services.commits import CommitQueue
from rabita.services.exchange import Exchange, Outside
from rabita.services.exchange import Placed as Place
from rabita.services.pairing import confirmed_descriptor
from rabita.store.attachments import FolderBlobs
from rabita.store.audit_sqlite import SqliteAudit
from rabita.store.sqlite import SqliteStore, open_store

if TYPE_CHECKING:  # the procedures are loaded by those who work with cases
    from rabita.app.credentials import CredentialKeeping
    from rabita.app.indexing import Indexing
    from rabita.app.notices import Notices
    from rabita.app.timekeeping import Timekeeping
    from rabita.services.casebook import Casebook

DISK_LOOK_S: Final = 1
SETTLE_S: Final = 0.005
FAREWELL_S: Final = 5


class Node:
    """A node of one party; implements ``rabita.bearers.channel.Owner``.

    Must be made on a running event loop. Raises ``UserFault``: ``passphrase-wrong``, ``key-file-missing``;
    ``LocalFault``: ``store-unavailable``; ``InvariantBroken`` for founding documents that do not verify.
    """

    def __init__(self, settings: Settings, passphrase: str, log: Log | None = None) -> None:
        """Unlock the keys, open the store and take every line up; nothing listens or dials yet."""
        self.settings = settings
        self.home = Home(settings.home)
        self.log = log or open_log(settings.log_level, settings.log_format)
        self.links: dict[str, Link] = {}
        self.metrics = Metrics()
        self.clock = MachineClock()
        self.news = News(self.clock, self.metrics, self.log)
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.addresses: tuple[Endpoint, ...] = ()
        self._keys_held = open_keys(self.home.node_keys, passphrase, NodeKeys)
        self._live = LiveKeys(KeyRing(self._keys_held))
        self.service_key = service_key(self.home, settings.party, passphrase) if settings.line_tests else None
        self.store: SqliteStore = open_store(self.home.database)
        self.audit = Auditor(partial(SqliteAudit, self.home.audit), self._head_keys, self.clock, self.log)
        self.space: Space = FolderSpace(self.home.folder)
        self.scheduler = LoopScheduler(self.store, self.clock, self.metrics.commit_seconds.observe, self.break_off)
        self.blobs = FolderBlobs(self.home.attachments, settings.disk_reserve_bytes)
        self._outside = Outside(
            self.store, self._live, self.clock, self.scheduler, CommitQueue(self.scheduler), self.news, self.blobs
        )
        self._bearer: TlsBearer | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        asyncio.get_running_loop().set_exception_handler(self._unexpected)
        self.news.subscribe(self._heard)
        self._take_lines_up()

    # running

    async def serve(self) -> None:
        """Listen and dial; raises ``LocalFault("listen-failed")``."""
        generation = self.shown_generation()
        certificate = transport_certificate(generation.transport_pem, self.settings.party)
        self._bearer = TlsBearer(TlsIdentity(generation.transport_pem, certificate), self)
        ours = confirmed_descriptor(self.store, self.settings.party)
        listen = [parse_endpoint(text) for text in self.settings.listen or ours.endpoints]
        self.addresses = await self._bearer.serve(listen)
        await self._meet()
        self._begin(self._watch_disk())
        self.indexing.start()
        self._begin(self.timekeeping.keep())
        self._begin(self.credentials.keep())
        if self.settings.notices_file:
            self._begin(self.notices.keep())
        self.news.subscribe(lambda news: self.indexing.wake(news.count if news.what in ("sealed", "arrived") else 0))
        self.audit.note(of_the_node(Action.START, self.clock.now_ms()))
        self.log.info("ready", party=self.settings.party, listen=[each.text for each in self.addresses])

    async def refresh(self) -> None:
        """Take up lines and descriptors that were added to the store since."""
        self._take_lines_up()
        await self._meet()

    async def close(self) -> None:
        """Sign the heads for the long term, end the conversations, finish what is being stored, release the files."""
        if not self.broken.done():
            for link in self.links.values():
                link.exchange.attest()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._quiet(), FAREWELL_S)
        if "indexing" in self.__dict__:
            await self.indexing.stop()
            self.indexing.indexer.index.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in self.links.values():
            await link.stop()
        if self._bearer is not None:
            await self._bearer.close()
            self.audit.note(of_the_node(Action.STOP, self.clock.now_ms()))
        await asyncio.to_thread(self.audit.close)
        self.scheduler.close()
        self.store.close()

    def break_off(self, error: BaseException) -> None:
        """Stop the node: what is wrong will not get better by going on."""
        if not self.broken.done():
            self.broken.set_exception(error)

    # what it is asked

    @cached_property
    def indexing(self) -> "Indexing":
        """The index of cases, opened the first time it is needed; it follows by itself while the node serves."""
        from rabita.app.indexing import SLICE_ENTRIES, Indexing, open_or_memory  # noqa: PLC0415 - see above
        from rabita.services.caseindex import Indexer  # noqa: PLC0415 - see above

        index = open_or_memory(str(self.home.index), self.log)
        return Indexing(Indexer(self.store, index, slice_entries=SLICE_ENTRIES), self.metrics, self.log)

    @cached_property
    def casebook(self) -> "Casebook":
        """What the use cases around cases work with."""
        from rabita.services.casebook import Casebook, builtin_annexes  # noqa: PLC0415 - see above

        return Casebook(self.store, self.indexing.indexer.index, self.clock, builtin_annexes)

    @cached_property
    def timekeeping(self) -> "Timekeeping":
        """The clocks of the watch."""
        from rabita.app.timekeeping import Timekeeping  # noqa: PLC0415 - see above

        return Timekeeping(self)

    @cached_property
    def credentials(self) -> "CredentialKeeping":
        """What keeps the lines told of our officers' approval keys."""
        from rabita.app.credentials import CredentialKeeping  # noqa: PLC0415 - see above

        return CredentialKeeping(self)

    @cached_property
    def notices(self) -> "Notices":
        """What tells people elsewhere that something waits; raises ``UserFault("setting-invalid")``."""
        from rabita.app.notices import Notices, read_targets  # noqa: PLC0415 - see above

        return Notices(self, read_targets(self.settings.notices_file))

    async def indexed(self) -> None:
        """Wait until everything durable now is in the index; raises ``LocalFault``."""
        await self.indexing.caught_up()

    def link(self, line: str) -> Link:
        """Give a line; raises ``UserFault("line-unknown")``."""
        if line not in self.links:
            raise UserFault("line-unknown", line)
        return self.links[line]

    async def seal(self, line: str, lane: Lane, draft: Draft) -> Placed:
        """Seal a draft; returns once it is durable. Raises ``UserFault`` or ``LocalFault`` with nothing sealed."""
        sealed: asyncio.Future[Place] = asyncio.get_running_loop().create_future()

        def answer(result: Place | RabitaError) -> None:
            if sealed.done():
                return
            if isinstance(result, RabitaError):
                sealed.set_exception(result)
            else:
                sealed.set_result(result)

        self.link(line).exchange.seal(draft, lane, answer)
        log, index = await sealed
        return Placed(reference(log, index), line, log.party, log.epoch, log.lane, index)

    async def sign_heads(self, line: str) -> None:
        """Sign all heads of a line with ML-DSA-44; returns once that is durable."""
        self.link(line).exchange.attest()
        await self._quiet()

    def unlock(self, passphrase: str) -> None:
        """Take up the node keys as they stand in the key file now; raises as ``open_keys``."""
        self._keys_held = open_keys(self.home.node_keys, passphrase, NodeKeys)
        self._live.ring = KeyRing(self._keys_held)

    @property
    def ring(self) -> KeyRing:
        """The unlocked keys."""
        return self._live.ring

    # what the bearer tells

    def admits(self, party: str, line_id: bytes) -> bool:
        """Say whether *party* may open a conversation about a line."""
        link = self.links.get(line_name(line_id))
        return link is not None and link.exchange.state.peer == party

    def opened(self, channel: Channel) -> None:
        """Pass a channel to its line."""
        self._gauge(channel, 1)
        self.links[line_name(channel.line_id)].opened(channel)

    def frames(self, channel: Channel, frames: list[bytes]) -> None:
        """Pass frames to their line."""
        self.links[line_name(channel.line_id)].frames(channel, frames)

    def closed(self, channel: Channel, fault: RabitaError | None) -> None:
        """Tell a line that a channel ended."""
        self._gauge(channel, -1)
        self.links[line_name(channel.line_id)].closed(channel, fault)

    def refused(self, address: str, fault: RabitaError) -> None:
        """Note a caller who was turned away."""
        self.metrics.told.labels(fault.code).inc()
        say(self.log, fault.code, address=address, detail=fault.detail)

    # within

    def _head_keys(self) -> HeadKeys:
        return HeadKeys(self.settings.party, self._keys_held.newest.checkpoint.public, self.ring)

    def _take_lines_up(self) -> None:
        for record in self.store.lines():
            if record.line not in self.links:
                try:
                    state = load(self.store.snapshot(record.line))
                except PeerFault as fault:
                    raise InvariantBroken("invariant-broken", f"{record.line[:12]}: {fault.code}") from fault
                exchange = Exchange(state, self._outside)
                self.links[record.line] = Link(exchange, self.store, self.log, self.news.stands)
                self.metrics.queued.labels(record.line).set_function(partial(_queued, exchange))
        self._look_at_disk()

    async def _meet(self) -> None:
        """Trust the counterparts' newest descriptors and dial where they say."""
        if self._bearer is None:
            return
        peers = {link.exchange.state.peer: self._newest(link.exchange.state) for link in self.links.values()}
        self._bearer.trust([TlsPeer(party, peer.transport) for party, peer in peers.items()])
        for link in self.links.values():
            await link.dial(self._bearer, self._endpoints(peers[link.exchange.state.peer]))

    def _newest(self, state: LineState) -> Descriptor:
        """Give the counterpart's newest descriptor: of a rotation on the line, or of a file imported since."""
        notes = [each for each in self.store.documents("descriptor") if each.name == state.peer]
        filed = [read_descriptor(each.note) for each in notes if each.state == "confirmed"]
        rotated = [link.exchange.state.facts.books[state.peer].newest for link in self._links_with(state.peer)]
        return max((*filed, *rotated), key=lambda each: each.serial)

    def _links_with(self, peer: str) -> list[Link]:
        return [link for link in self.links.values() if link.exchange.state.peer == peer]

    def _endpoints(self, descriptor: Descriptor) -> list[Endpoint]:
        found = []
        for text in descriptor.endpoints:
            try:
                found.append(parse_endpoint(text))
            except PeerFault as fault:
                say(self.log, fault.code, party=descriptor.party)
        return found

    def shown_generation(self) -> NodeGeneration:
        """Choose the transport key to show: the newest that every counterpart is known to have learnt of."""
        generations = self._keys_held.generations
        known = [_learnt(link.exchange.state, generations) for link in self.links.values()]
        return generations[max(known, default=0)]

    def _heard(self, news: Happened) -> None:
        if news.what == "arrived" and news.lane == Lane.CONTROL and self._bearer is not None:
            self._begin(self._meet())
        elif news.code == "silent":
            self.links[news.line].fault = news.code
        elif news.code == "epoch-frozen" and news.line in self.links:
            self.links[news.line].look_for_losses()

    def _begin(self, work: Any) -> None:  # noqa: ANN401 - a coroutine that returns nothing
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._unexpected(asyncio.get_running_loop(), {"message": "a task failed", "exception": error})

    async def _quiet(self) -> None:
        """Wait until no signature over heads is being made or stored."""
        while any(  # noqa: ASYNC110 - the core tells no one when nothing is left to do
            isinstance(pending, AttestPending | RowsPending)
            for link in self.links.values()
            for pending in link.exchange.state.pending.values()
        ):
            await asyncio.sleep(SETTLE_S)

    async def _watch_disk(self) -> None:
        """Look at the free space every second: what is admitted meanwhile is far less than a reserve."""
        while True:
            self._look_at_disk()
            await asyncio.sleep(DISK_LOOK_S)

    def _look_at_disk(self) -> None:
        """Tell every line whether there is room for what the counterparts send."""
        self.metrics.disk_free_bytes.set(self.space.free_bytes())
        low = is_low(self.space, self.settings)
        for link in self.links.values():
            if link.exchange.state.disk_low != low:
                link.exchange.feed(Room(low))

    def _gauge(self, channel: Channel, change: int) -> None:
        self.metrics.sessions.labels(line_name(channel.line_id)).inc(change)

    def _unexpected(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Stop on a broken invariant; anything else that nobody caught is a bug, logged by its kind and place alone."""
        error = context.get("exception")
        if isinstance(error, InvariantBroken):
            self.break_off(error)
            return
        self.log.error("unexpected", message=context.get("message", ""), kind=type(error).__name__, at=place_of(error))


def learnt_era(state: LineState) -> Era:
    """Give our newest era that the counterpart is known to have learnt of: it receipted the rotation that began it."""
    eras = state.facts.books[state.us].eras
    for era in reversed(eras):
        control = [log for log in era.after if log.party == state.us and log.lane is Lane.CONTROL]
        last: LogId | None = max(control, default=None, key=lambda log: log.epoch)
        if last is None or state.logs[last].receipted >= era.after[last]:
            return era
    return eras[0]


def _learnt(state: LineState, generations: tuple[NodeGeneration, ...]) -> int:
    """Say which of our generations (0 is the newest) that era's descriptor shows on a connection."""
    certificates = [transport_certificate(each.transport_pem, state.us) for each in generations]
    shown = learnt_era(state).descriptor.transport[0]
    return certificates.index(shown) if shown in certificates else len(generations) - 1


def _queued(exchange: Exchange) -> float:
    return exchange.queued


def place_of(error: BaseException | None) -> str:
    """Name the file and line an error came from; never its text, which may hold content."""
    trace = error.__traceback__ if error is not None else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
