"""The virtual network: connections as TCP gives them, and couriers who carry recorded frames in their own time.

Within one connection frames arrive in order and none is lost, until it is cut: then everything under way is lost, and
either side may learn of it late or never (half-open). Couriers lose, delay, repeat and reorder whole bundles, and may
lose a bundle's tail.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from rabita_sim.clock import Clockwork

WHOLE_BYTES: Final = 8_192


class Host(Protocol):
    """What the network knows of a node."""

    code: str
    life: int

    @property
    def up(self) -> bool:
        """Say whether it runs."""
        ...

    def opened(self, end: "End", *, dialled: bool) -> None:
        """Learn of a conversation."""
        ...

    def received(self, session: int, frames: Sequence[bytes]) -> None:
        """Take frames in."""
        ...

    def closed(self, session: int) -> None:
        """Learn of a conversation's end."""
        ...

    def sends(self, end: "End | None", frames: Sequence[bytes]) -> Sequence[bytes]:
        """Look at frames that leave the node; gives what really leaves it."""
        ...


class End:
    """One side's end of a connection; the ``Channel`` that its node writes to."""

    def __init__(self, link: "Link", host: Host) -> None:
        """Belong to *host* in its present life."""
        self.link = link
        self.host = host
        self.life = host.life
        self.other: End = self
        self.session = 0
        self.open = True
        self.bulk = False
        self._free_ms = 0
        self._last_ms = 0
        self._early: list[Sequence[bytes]] = []

    @property
    def alive(self) -> bool:
        """Say whether its node still runs the life it was opened in."""
        return self.open and self.host.up and self.host.life == self.life

    def send(self, frames: Sequence[bytes]) -> None:
        """Put frames on the wire, as fast as it carries them."""
        frames = self.host.sends(self, frames)
        if not (self.open and self.other.open):
            return
        groups = [frames] if sum(map(len, frames)) <= WHOLE_BYTES else [(frame,) for frame in frames]
        clock = self.link.clock
        for group in groups:
            size = sum(map(len, group))
            self._free_ms = max(clock.now_ms, self._free_ms) + size * 1000 // self.link.bytes_per_s
            self._last_ms = max(self._last_ms, self._free_ms + self.link.delay_ms)
            clock.at(self._last_ms, self._arrival(group))

    def _arrival(self, group: Sequence[bytes]) -> Callable[[], None]:
        return lambda: self.other.arrive(group)

    def close(self) -> None:
        """End the connection in good order: the other side learns of it after all that was sent."""
        self.open = False
        clock = self.link.clock
        clock.at(max(self._last_ms, clock.now_ms + self.link.delay_ms), self.other.finish)

    def begin(self, *, dialled: bool) -> None:
        """Hand the end to its node, and then what came early."""
        self.host.opened(self, dialled=dialled)
        early, self._early = self._early, []
        for group in early:
            self.arrive(group)

    def arrive(self, group: Sequence[bytes]) -> None:
        """Deliver, unless the connection was cut meanwhile or the node died."""
        if not self.alive:
            return
        if not self.session:
            self._early.append(group)
            return
        self.host.received(self.session, group)

    def finish(self) -> None:
        """Tell the node that the conversation ended."""
        alive, self.open = self.alive, False
        if alive and self.session:
            self.host.closed(self.session)

    def vanish(self, notice_ms: int | None) -> None:
        """Lose what is under way; the node learns of it after a while, or (None) not at all."""
        if not self.open:
            return
        self.open = False
        session, host, life = self.session, self.host, self.life
        if notice_ms is not None:
            self.link.clock.after(
                notice_ms, lambda: host.closed(session) if host.up and host.life == life and session else None
            )


class Link:
    """What lies between the two nodes; its quality changes, its connections come and go."""

    def __init__(self, clock: Clockwork) -> None:
        """Begin well: 10 MB/s, 5 ms each way."""
        self.clock = clock
        self.bytes_per_s = 10_000_000
        self.delay_ms = 5
        self.usable = True
        self._ends: list[End] = []

    def dial(self, host: Host, peer: Host) -> None:
        """Open a connection from *host* to *peer*; nothing comes of it when either is down or the link unusable."""
        if not (self.usable and host.up):
            return
        near, life = End(self, host), peer.life
        self.clock.after(self.delay_ms + 1, lambda: self._accept(near, peer, life))

    def _accept(self, near: End, peer: Host, life: int) -> None:
        if not (self.usable and peer.up and peer.life == life and near.alive):
            return
        far = End(self, peer)
        near.other, far.other = far, near
        self._ends = [end for end in self._ends if end.open] + [near, far]
        self.clock.after(self.delay_ms, lambda: self._answered(near))
        far.begin(dialled=False)

    def _answered(self, near: End) -> None:
        if near.alive:
            near.begin(dialled=True)
        elif near.open:
            near.vanish(None)
            near.other.vanish(self.delay_ms)

    def cut(self, *, half_open: bool = False) -> None:
        """Cut every connection; each side learns of it at its own time, or (half-open) one side not at all."""
        random = self.clock.random
        for number, end in enumerate(self._ends):
            silent = half_open and number % 2 == 0
            end.vanish(None if silent else random.randrange(1, 200))
        self._ends = []

    def died(self, host: Host) -> None:
        """Learn that a node died; mostly the other side is told by its own network."""
        random = self.clock.random
        for end in self._ends:
            if end.host is host and end.open:
                end.vanish(None)
                end.other.vanish(None if random.random() < 0.2 else random.randrange(1, 300))  # noqa: PLR2004 - a fifth


class Bundle:
    """Frames recorded from a bulk session, and who is to get them."""

    def __init__(self, host: Host) -> None:
        """Record what *host* says."""
        self.host = host
        self.frames: list[bytes] = []

    def send(self, frames: Sequence[bytes]) -> None:
        """Record."""
        self.frames.extend(self.host.sends(None, frames))

    def close(self) -> None:
        """Nothing to close: a courier does not answer."""
