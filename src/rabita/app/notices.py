"""Tells people outside the node, by whatever means apprise knows, that something waits: never what, nor from whom.

Rules kept here: a notice holds this party's code, how many items wait, how many of them are FLASH, and nothing else; an
exercise says so. The addresses hold secrets: they come from a file, and are neither logged nor shown. Sending happens
off the event loop; what fails is tried again, later each time, and holds nothing up. What was told is remembered in
memory: after a restart it is told once more.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rabita.app.logs import say
from rabita.line.errors import RabitaError, UserFault
from rabita.line.ids import Lane, is_exercise_code
from rabita.services.alarm import ACKNOWLEDGE, alarms, answer_of
from rabita.services.case_views import DutyLine
from rabita.services.casebook import Casebook
from rabita.services.duties_read import owed

if TYPE_CHECKING:
    import apprise

    from rabita.app.node import Node

LOOK_S: Final = 5
SENDING_S: Final = 10
BACK_OFF_MS: Final = 30_000
BACK_OFF_MS_MAX: Final = 900_000
DUTIES_LOOKED_AT: Final = 200
MINUTE_MS: Final = 60_000
EXERCISE: Final = "EXERCISE. "
OVERDUE: Final = "overdue"


class Target(Protocol):
    """Where a notice goes: an address that apprise has read. ``is_plain``: whoever listens in between can read it."""

    is_plain: bool

    def send(self, text: str) -> bool:
        """Send a notice; says whether it was taken. Blocks for ``SENDING_S`` at most."""
        ...


class Waits(NamedTuple):
    """What waits for this side: each item by its name, which of them are FLASH, whether any rings."""

    items: frozenset[str]
    flash: int
    rings: bool


class Notices:
    """The notices of one node. Targets that were not reached are *behind*, and tried again."""

    def __init__(self, node: "Node", targets: Sequence[Target]) -> None:
        """Begin with nothing told."""
        self._node = node
        self._targets = targets
        self._told: frozenset[str] = frozenset()
        self._told_ms = 0
        self._behind: tuple[Target, ...] = ()
        self._again_ms = 0
        self._failures = 0

    async def keep(self) -> None:
        """Look for as long as the node serves."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.tick()

    async def tick(self) -> None:
        """Send what is due now."""
        try:
            waits = await asyncio.to_thread(self._waits)
        except RabitaError as fault:
            say(self._node.log, fault.code, detail=fault.detail)
            return
        now_ms = self._node.clock.now_ms()
        if self._is_due(waits, now_ms):
            self._told, self._told_ms, self._failures = waits.items, now_ms, 0
            await self._send(self._targets, waits)
        elif self._behind and waits.items and now_ms >= self._again_ms:
            await self._send(self._behind, waits)
        self._told &= waits.items
        self._behind = self._behind if waits.items else ()

    def _waits(self) -> Waits:
        book = self._node.casebook
        return gathered([waiting(book, line) for line in tuple(self._node.links)])

    def _is_due(self, waits: Waits, now_ms: int) -> bool:
        """Say whether there is something new, or something still rings; never too soon after the notice before."""
        settings, since_ms = self._node.settings, now_ms - self._told_ms
        if since_ms < settings.notices_minutes * MINUTE_MS:
            return False
        still = waits.rings and since_ms >= settings.escalate_minutes * MINUTE_MS
        return still or bool(waits.items - self._told)

    async def _send(self, targets: Iterable[Target], waits: Waits) -> None:
        text = notice(self._node.settings.party, waits)
        sent = [(each, await asyncio.to_thread(each.send, text)) for each in targets]
        self._behind = tuple([each for each, taken in sent if not taken])
        self._node.log.info("notice", sent=len(sent) - len(self._behind), failed=len(self._behind))
        if self._behind:
            self._failures += 1
            self._again_ms = self._node.clock.now_ms() + min(BACK_OFF_MS << self._failures - 1, BACK_OFF_MS_MAX)
            say(self._node.log, "notice-unsent", failed=len(self._behind))


def waiting(book: Casebook, line: str) -> tuple[Sequence[DutyLine], Sequence[DutyLine]]:
    """List what rings on a line, and what else of ours is overdue or wants our acknowledgement."""
    ours = owed(book, line, "us", count=DUTIES_LOOKED_AT).rows
    wanted = [
        each
        for each in ours
        if each.view == OVERDUE or answer_of(book.procedure(each.procedure), each.duty) == ACKNOWLEDGE
    ]
    return alarms(book, line), wanted


def gathered(found: Iterable[tuple[Sequence[DutyLine], Sequence[DutyLine]]]) -> Waits:
    """Put what waits on all lines together, each item once."""
    lines = list(found)
    items = {
        f"{each.line}/{each.case}/{each.reference}/{each.duty}": each
        for pair in lines
        for some in pair
        for each in some
    }
    flash = [each for each in items.values() if each.lane is Lane.FLASH]
    return Waits(frozenset(items), len(flash), rings=any(rings for rings, _ in lines))


def notice(party: str, waits: Waits) -> str:
    """Write a notice: that something waits at a party's node, and nothing else."""
    count = len(waits.items)
    mark = EXERCISE if is_exercise_code(party) else ""
    flash = f", {waits.flash} FLASH" if waits.flash else ""
    return f"{mark}Rabita {party}: {count} item{'s wait' if count != 1 else ' waits'}{flash}."


def read_targets(path: str) -> tuple[Target, ...]:
    """Read the addresses of a file, one a line; empty lines and those that begin with ``#`` say nothing.

    Raises ``UserFault("setting-invalid")`` naming the line, never what stands in it.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as fault:
        raise UserFault("setting-invalid", "notices_file cannot be read") from fault
    addresses = [(number, each.strip()) for number, each in enumerate(lines, 1)]
    return tuple([_target(number, each) for number, each in addresses if each and not each.startswith("#")])


def _target(number: int, address: str) -> Target:
    import apprise  # noqa: PLC0415 - most nodes send no notices

    log = logging.getLogger("apprise")
    log.propagate, log.handlers = False, [logging.NullHandler()]
    asset = apprise.AppriseAsset(
        app_id="Rabita",
        app_desc="Rabita",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        http_redirects=False,
        storage_mode="memory",
    )
    service = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if not isinstance(service, apprise.NotifyBase):
        raise UserFault("setting-invalid", f"notices_file: line {number} is no address that apprise knows")
    return _Told(apprise.Apprise([service], asset=asset), is_plain=_is_plain(service))


def _is_plain(service: object) -> bool:
    """Say whether an address has a form with TLS and is not of it."""
    secure = _names(getattr(service, "secure_protocol", None))
    url: str = service.url(privacy=True)  # type: ignore[attr-defined]  # - every service of apprise has one
    return bool(secure) and url.partition(":")[0] not in secure


def _names(protocol: object) -> tuple[str, ...]:
    return (protocol,) if isinstance(protocol, str) else tuple(protocol) if isinstance(protocol, tuple | list) else ()


class _Told:
    """A target behind apprise."""

    def __init__(self, service: "apprise.Apprise", *, is_plain: bool) -> None:
        self.is_plain = is_plain
        self._service = service

    def send(self, text: str) -> bool:
        """Send a notice."""
        return bool(self._service.notify(text, timeout=SENDING_S))
