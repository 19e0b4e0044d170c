"""Keeps every line told which approval keys of our officers stand, while a node runs.

Rules kept here: what is to be told is decided by ``services.credentials`` alone, from the officers' file and the
accreditations held as they are now; that file is watched, not asked to call, so that a command beside the node counts
like a page of it. What ends is sealed before what begins; what fails is logged and tried again.
"""

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from rabita.app.drafting import credential_revocation, publication
from rabita.app.logs import say
from rabita.line.errors import RabitaError
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.line.state import LineState
from rabita.procedures.accreditation import ACCREDITATION
from rabita.services.authority import Posts
from rabita.services.credentials import next_change_ms, plan
from rabita.services.officers import Limits
from rabita.services.people import Known, People
from rabita.store.officers_sqlite import SqliteOfficers

if TYPE_CHECKING:
    from rabita.app.node import Node

TICK_S: Final = 0.25
AGAIN_MS: Final = 10_000
"""How often all is looked at where nothing seems to have changed: a tour may be over."""
RETRY_MS: Final = 1_000


class _Seen(NamedTuple):
    """What an answer depends on: the officers' file, and by line the newest entry of an accreditation."""

    origin: str
    version: int
    accreditations: tuple[tuple[str, int], ...]


class CredentialKeeping:
    """The officers' credentials on the lines of one node.

    ``origin`` is where officers show their passkeys; while it is empty, none are published anew.
    """

    def __init__(self, node: "Node") -> None:
        """Begin with nothing looked at; the officers' file is opened once there is one."""
        self.origin = node.settings.web_origin
        self._node = node
        self._officers: SqliteOfficers | None = None
        self._seen: _Seen | None = None
        self._again_ms = 0

    async def keep(self) -> None:
        """Look for as long as the node serves."""
        try:
            while True:
                await asyncio.sleep(TICK_S)
                await self.tick()
        finally:
            self.close()

    def close(self) -> None:
        """Release the officers' file."""
        if self._officers is not None:
            self._officers.close()

    async def tick(self) -> None:
        """Tell the lines what changed, if anything did."""
        now_ms = self._node.clock.now_ms()
        try:
            seen = await asyncio.to_thread(self._look)
        except RabitaError as fault:
            say(self._node.log, fault.code, detail=fault.detail)
            return
        if seen is not None and (seen != self._seen or now_ms >= self._again_ms):
            self._seen, self._again_ms = seen, now_ms + AGAIN_MS
            for line in tuple(self._node.links):
                await self._tell(line)

    def _look(self) -> _Seen | None:
        """See whether anything may have changed; None while this node has no officers."""
        if self._officers is None:
            if not self._node.home.officers.exists():
                return None
            self._officers = SqliteOfficers(self._node.home.officers)
        index = self._node.casebook.index
        newest = [(line, index.cases(line, ACCREDITATION.name, "", 0, 1)) for line in tuple(self._node.links)]
        places = tuple([(line, rows[0].last_seq if rows else 0) for line, rows in newest])
        return _Seen(self.origin, self._officers.version(), places)

    async def _tell(self, line: str) -> None:
        """Seal what one line lacks; a line that cannot be told now keeps none of the others waiting."""
        try:
            drafts = await self._due(line)
            if drafts:
                await self._node.indexed()  # rarely: the index may be behind, and what it lacks would count
                drafts = await self._due(line)
            for draft in drafts:
                await self._node.seal(line, Lane.CONTROL, draft)
        except RabitaError as fault:
            self._again_ms = self._node.clock.now_ms() + RETRY_MS
            say(self._node.log, fault.code, line=line, detail=fault.detail)

    async def _due(self, line: str) -> list[Draft]:
        drafts, next_ms = await asyncio.to_thread(self._drafts, self._node.link(line).exchange.state)
        self._again_ms = min(self._again_ms, next_ms or self._again_ms)
        return drafts

    def _drafts(self, state: LineState) -> tuple[list[Draft], int]:
        """Write what a line is to be told; with it, when a tenure changes next (0: never)."""
        now_ms, everyone = self._node.clock.now_ms(), self._everyone()
        posts = Posts(self._node.casebook, state.line)
        found = plan(state.facts, state.us, everyone, posts.standing, self.origin, now_ms)
        drafts = [credential_revocation(state, key, now_ms) for key in found.revoke]
        drafts += [publication(state, each, now_ms) for each in found.publish]
        return drafts, next_change_ms(everyone, now_ms)

    def _everyone(self) -> tuple[Known, ...]:
        return People(self._officers, self._node.clock, Limits()).everyone() if self._officers is not None else ()
