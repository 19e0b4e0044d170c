"""A request made twice under one Idempotency-Key seals one act, also across a crash at any point.

Rules kept here: the act's id is kept, durably, before it is sealed; whoever asks again is told what was answered, or,
where the answer was lost, whether that act was sealed. The same key with another request is refused; so is one that is
still being carried out. Refusals change nothing and are not kept. Keys are kept for a week.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from rabita.gateways.rest.records import Kept, Records
from rabita.line.errors import UserFault

KEEP_MS: Final = 7 * 86_400_000
_KEY: Final = re.compile(r"[!-~]{1,128}")


class Answered(NamedTuple):
    """What was answered: status, body and the address of what was made."""

    status: int
    body: bytes
    location: str


Reserve = Callable[[bytes], None]


class Repeats:
    """Carries requests out once. ``sealed`` says what was answered had an act, by line and id, been sealed: or None."""

    def __init__(self, records: Records, now_ms: Callable[[], int]) -> None:
        """Begin with nothing under way."""
        self._records = records
        self._now_ms = now_ms
        self._busy: set[tuple[str, str]] = set()

    async def once(
        self,
        about: Kept,
        carry_out: Callable[[Reserve], Awaitable[Answered]],
        sealed: Callable[[str, bytes], Answered | None],
    ) -> Answered:
        """Carry a request out unless it was; *carry_out* is given what it must call with the act's id before sealing.

        Raises ``UserFault``: ``idempotency-key-malformed``, ``idempotency-key-reused``, ``idempotency-key-busy``, and
        whatever *carry_out* raises.
        """
        if not _KEY.fullmatch(about.key):
            raise UserFault("idempotency-key-malformed")
        name = (about.principal, about.key)
        if name in self._busy:
            raise UserFault("idempotency-key-busy")
        self._busy.add(name)
        try:
            return self._before(about, sealed) or await self._now(about, carry_out)
        finally:
            self._busy.discard(name)

    def _before(self, about: Kept, sealed: Callable[[str, bytes], Answered | None]) -> Answered | None:
        """Give what was answered before, if it was."""
        kept = self._records.kept(about.principal, about.key)
        if kept is None:
            return None
        if kept.digest != about.digest:
            raise UserFault("idempotency-key-reused")
        return Answered(kept.status, kept.answer, kept.location) if kept.status else sealed(kept.line, kept.act_id)

    async def _now(self, about: Kept, carry_out: Callable[[Reserve], Awaitable[Answered]]) -> Answered:
        reserved = about

        def reserve(act_id: bytes) -> None:
            nonlocal reserved
            reserved = Kept(about.principal, about.key, about.digest, about.at_ms, about.line, act_id)
            self._records.keep(reserved, self._now_ms() - KEEP_MS)

        answered = await carry_out(reserve)
        done = Kept(
            *(about.principal, about.key, about.digest, about.at_ms, about.line, reserved.act_id),
            *(answered.status, answered.body, answered.location),
        )
        self._records.keep(done, self._now_ms() - KEEP_MS)
        return answered
