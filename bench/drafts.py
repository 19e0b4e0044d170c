"""Acts of exactly 1 KiB: the act's JSON and its one sent portion are 1,024 bytes together; approvals come on top.

They are written before the clock starts: drafting and approving are the officers' work, not the exchange's.
"""

import secrets
import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from rabita.app.drafting import ROLES
from rabita.keys.ring import KeyRing
from rabita.keys.sets import OfficerKey
from rabita.line.entry import NO_APPROVALS, Act, Approval, PortionRef, approval_message, encode, new_act_id, portion
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.line.limits import PORTION_SALT_BYTES

ACT_BYTES: Final = 1_024
DAY_MS: Final = 86_400_000
_NO_DIGEST: Final = "0" * 64


class Drafter:
    """Writes drafts of one party on one line; ``officers`` are those who approve them, by role."""

    def __init__(self, line: str, party: str) -> None:
        self._line = line
        self._party = party
        self.officers = {role: OfficerKey.generate(party, f"post-{role}") for role in ROLES}
        self._rings = [(role, key.public, KeyRing(key)) for role, key in self.officers.items()]
        self._content_bytes = {lane: ACT_BYTES - PORTION_SALT_BYTES - len(self._act(lane, _NO_DIGEST)) for lane in Lane}

    def drafts(self, count: int, lane: Lane, approvals: int = 0) -> Iterator[Draft]:
        """Write *count* drafts with this many approvals (0 to 2)."""
        for _ in range(count):
            words = secrets.token_hex(self._content_bytes[lane])[: self._content_bytes[lane]].encode()
            raw = portion(secrets.token_bytes(PORTION_SALT_BYTES), words)
            act = self._act(lane, sha256(raw).hexdigest())
            yield Draft(act, self._approved(act, approvals), (raw,))

    def _act(self, lane: Lane, digest: str) -> bytes:
        return encode(
            Act(
                line=self._line,
                author=self._party,
                precedence=lane,
                id=new_act_id(time.time_ns() // 1_000_000, secrets.token_bytes(10)),
                seal_before_ms=time.time_ns() // 1_000_000 + DAY_MS,
                kind="exercise",
                procedure="message",
                act="send",
                posts=("duty officer",),
                marking="RESTRICTED",
                portions=(PortionRef(digest, "sent", "RESTRICTED", language="en"),),
            )
        )

    def _approved(self, act: bytes, count: int) -> bytes:
        if not count:
            return NO_APPROVALS
        return encode(
            [
                Approval(role, public.hex(), ring.sign_ed25519(public, approval_message(role, act)))
                for role, public, ring in self._rings[:count]
            ]
        )
