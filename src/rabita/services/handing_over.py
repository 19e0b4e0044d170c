"""A handover at the desk: drawn up by one officer, signed by two passkeys one after the other, then kept.

Rules kept here: a passkey signs the record's own bytes, so nothing can be changed between the two signatures; the first
is of an officer of the post that hands over, the second of another officer, of the post that takes over. The passkey
says who signs, whoever is signed in: both may sign at one screen. What is drawn up waits in this node's own file, one
for each line, and is kept (``services.watch``) once both have signed.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from rabita.line.errors import UserFault
from rabita.services.casebook import Casebook
from rabita.services.people import People
from rabita.services.preferences import DeskStore
from rabita.services.sign_in import Over, SignIn
from rabita.services.watch import Handover, Kept, Signature, digest_of, draft_handover, handovers

ID_BYTES: Final = 8


class Handing(msgspec.Struct, frozen=True):
    """A handover that waits for signatures; ``officer`` drew it up, ``signed`` is the first signature, or empty."""

    id: str
    officer: str
    line: str
    drawn_ms: int
    record: bytes
    signed: bytes

    @property
    def handover(self) -> Handover:
        """Read the record."""
        return msgspec.json.decode(self.record, type=Handover)

    @property
    def signature(self) -> Signature | None:
        """Give the first signature, None while there is none."""
        return msgspec.msgpack.decode(self.signed, type=Signature) if self.signed else None


class HandingOver:
    """Draws handovers up and has them signed. Any thread may call."""

    def __init__(self, book: Casebook, store: DeskStore, people: People, sign_in: SignIn) -> None:
        """Begin."""
        self._book = book
        self._store = store
        self._people = people
        self._sign_in = sign_in

    def draw_up(self, officer: str, line: str, from_post: str, to_post: str, remarks: str) -> Handing:
        """Write down what is open now, in place of what waits for the line; raises as ``draft_handover``."""
        posts = (from_post, to_post)
        handover = draft_handover(self._book, line, *posts, remarks, desk=self._store, one_post=True)
        record = msgspec.json.encode(handover)
        drawn = Handing(secrets.token_hex(ID_BYTES), officer, handover.line, handover.at_ms, record, b"")
        with self._store.transaction() as rows:
            for each in rows.of(Handing):
                if each.line == handover.line:
                    rows.drop(Handing, each.id)
            rows.put(drawn)
        return drawn

    def waiting(self, line: str) -> Handing | None:
        """Give what waits for signatures on a line."""
        with self._store.reading() as rows:
            return next((each for each in rows.of(Handing) if each.line == line), None)

    def drop(self, handing_id: str) -> None:
        """Forget what waits; nothing where it does not."""
        with self._store.transaction() as rows:
            rows.drop(Handing, handing_id)

    def begin(self, line: str, handing_id: str) -> dict[str, Any]:
        """Write what a browser needs to have a passkey sign; raises ``UserFault("handover-unknown")``."""
        return self._sign_in.begin_over(digest_of(self._find(line, handing_id).record))

    def sign(self, line: str, handing_id: str, answer: Mapping[str, Any]) -> Handing | Kept:
        """Take a signature; gives the record to be kept (``keep``) with the second one.

        Raises ``UserFault``: ``handover-unknown``, ``handover-officer`` unless the next signature is this officer's,
        ``handover-passed``, and as ``SignIn.finish_over``.
        """
        handing = self._find(line, handing_id)
        handover, first = handing.handover, handing.signature
        post = handover.to_post if first is not None else handover.from_post
        over = self._sign_in.finish_over(digest_of(handing.record), answer)
        self._check_signs(over, post, first)
        signature = Signature(post, over.public, over.signature, over.data, over.client, over.origin, over.officer)
        if first is not None:
            return Kept(handing.record, (first, signature))
        signed = msgspec.structs.replace(handing, signed=msgspec.msgpack.encode(signature))
        with self._store.transaction() as rows:
            if rows.get(Handing, handing_id) != handing:
                raise UserFault("handover-unknown", handing_id)
            rows.put(signed)
        return signed

    def _find(self, line: str, handing_id: str) -> Handing:
        """Give what waits, if nothing was handed over since it was drawn up."""
        with self._store.reading() as rows:
            found = rows.get(Handing, handing_id)
        if found is None or found.line != line:
            raise UserFault("handover-unknown", handing_id[:32])
        if found.handover.number != len(handovers(self._book.store, line)) + 1:
            raise UserFault("handover-passed")
        return found

    def _check_signs(self, over: Over, post: str, first: Signature | None) -> None:
        now_ms = self._book.clock.now_ms()
        held = {each.post for each in self._people.known(over.officer).tenures if each.holds(now_ms)}
        if post not in held or (first is not None and first.officer == over.officer):
            raise UserFault("handover-officer", post)
