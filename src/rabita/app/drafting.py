"""Acts written for sealing: messages of an officer, and what the line itself says on its control lane.

Times are milliseconds since 1970 UTC. An act may be sealed within a week, so that what
a broken disk loses can be sealed anew.
"""

import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from rabita.keys.ring import KeyRing
from rabita.keys.sets import OfficerKey
from rabita.line.amendment import read_amendment
from rabita.line.control import (
    AMENDING,
    CREDENTIAL,
    CREDENTIAL_REVOCATION,
    PROCEDURE,
    REVOCATION,
    ROTATION,
    Amending,
    Revoked,
    RevokedCredential,
    Rotation,
    fields_of,
)
from rabita.line.document import document_digest
from rabita.line.entry import (
    NO_APPROVALS,
    SENT,
    WITHHELD,
    Act,
    Approval,
    PortionRef,
    approval_message,
    encode,
    new_act_id,
    portion,
)
from rabita.line.errors import UserFault
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.line.limits import PORTION_SALT_BYTES
from rabita.line.revocation import LogSize
from rabita.line.sealing import rotation_sizes
from rabita.line.state import LineState
from rabita.line.verify import ED25519, Credential
from rabita.procedures.engine.held import FOREIGN_MINISTRY

SEAL_WITHIN_MS: Final = 7 * 86_400_000
ROLES: Final = ("drafter", "releaser", FOREIGN_MINISTRY)
"""What an officer's approval key may be published for."""


class Words(NamedTuple):
    """A portion to be: its text, its marking and language."""

    text: str
    marking: str = ""
    language: str = ""


class Message(NamedTuple):
    """What an officer says: on which lane, in what kind of traffic, to which posts, under which procedure and act."""

    lane: Lane
    kind: str
    sent: tuple[Words, ...]
    withheld: tuple[Words, ...] = ()
    posts: tuple[str, ...] = ()
    marking: str = ""
    basis: tuple[str, ...] = ()
    procedure: str = "message"
    act: str = "send"
    fields: Mapping[str, Any] = {}
    reply_by_ms: int = 0
    expires_ms: int = 0


def message(state: LineState, said: Message, officers: Sequence[tuple[OfficerKey, str]], now_ms: int) -> Draft:
    """Write an officer's message, approved by *officers* (key and role).

    Raises ``UserFault("message-too-long")`` beyond the words the charter allows on the lane.
    """
    words_max = state.charter.terms(said.lane).words_max
    if words_max and sum([len(each.text.split()) for each in said.sent]) > words_max:
        raise UserFault("message-too-long", f"{said.lane}: {words_max} words")
    sent = [portion(secrets.token_bytes(PORTION_SALT_BYTES), each.text.encode()) for each in said.sent]
    withheld = [portion(secrets.token_bytes(PORTION_SALT_BYTES), each.text.encode()) for each in said.withheld]
    refs = [
        PortionRef(sha256(raw).hexdigest(), standing, each.marking or said.marking, language=each.language)
        for standing, raws, words in ((SENT, sent, said.sent), (WITHHELD, withheld, said.withheld))
        for raw, each in zip(raws, words, strict=True)
    ]
    act = _act(state, said.lane, said.procedure, said.act, now_ms)
    act = msgspec.structs.replace(
        act,
        kind=said.kind,
        basis=said.basis,
        posts=said.posts,
        marking=said.marking,
        fields=dict(said.fields),
        portions=tuple(refs),
        reply_by_ms=said.reply_by_ms,
        expires_ms=said.expires_ms,
    )
    raw = encode(act)
    approvals = [_approval(KeyRing(key), key.public, role, raw) for key, role in officers]
    return Draft(raw, encode(approvals) if approvals else NO_APPROVALS, tuple(sent), tuple(withheld))


def rotation(state: LineState, descriptor: bytes, now_ms: int) -> Draft:
    """Write the rotation to *descriptor* (a note), with the sizes of all logs at this very point."""
    sizes = tuple([LogSize(*log, size) for log, size in rotation_sizes(state).items()])
    return Draft(_control(state, ROTATION, Rotation(descriptor.decode(), sizes), now_ms), NO_APPROVALS)


def revocation(state: LineState, note: bytes, now_ms: int) -> Draft:
    """Write the passing on of the root's revocation (a note)."""
    return Draft(_control(state, REVOCATION, Revoked(note.decode()), now_ms), NO_APPROVALS)


def credential(state: LineState, key: OfficerKey, roles: Sequence[str], now_ms: int) -> Draft:
    """Write the publication of an officer's software key, for these roles."""
    return publication(state, Credential(key.public.hex(), key.post, tuple(roles), ED25519, key.public), now_ms)


def publication(state: LineState, published: Credential, now_ms: int) -> Draft:
    """Write the publication of a credential; one under the same key replaces it from there on."""
    return Draft(_control(state, CREDENTIAL, published, now_ms), NO_APPROVALS)


def credential_revocation(state: LineState, key: str, now_ms: int) -> Draft:
    """Write the end of a credential, by the name of its key; the key is never published again."""
    return Draft(_control(state, CREDENTIAL_REVOCATION, RevokedCredential(key), now_ms), NO_APPROVALS)


def amendment(state: LineState, raw: bytes, now_ms: int) -> Draft:
    """Write the sealing of an amendment (a note that both roots signed); raises ``PeerFault`` as ``read_amendment``."""
    note, body = read_amendment(raw)
    sent = portion(secrets.token_bytes(PORTION_SALT_BYTES), raw)
    form = Amending(body.charter.version, document_digest(note.text).hex())
    refs = (PortionRef(sha256(sent).hexdigest(), SENT, "CLEAR"),)
    return Draft(_control(state, AMENDING, form, now_ms, refs), NO_APPROVALS, (sent,))


def _control(
    state: LineState, name: str, form: msgspec.Struct, now_ms: int, portions: tuple[PortionRef, ...] = ()
) -> bytes:
    act = _act(state, Lane.CONTROL, PROCEDURE, name, now_ms)
    return encode(msgspec.structs.replace(act, fields=fields_of(form), portions=portions))


def _act(state: LineState, lane: Lane, procedure: str, name: str, now_ms: int) -> Act:
    return Act(
        line=state.line,
        author=state.us,
        precedence=lane,
        id=new_act_id(now_ms, secrets.token_bytes(10)),
        seal_before_ms=now_ms + SEAL_WITHIN_MS,
        kind="exercise" if state.charter.exercise else "operation",
        procedure=procedure,
        act=name,
    )


def _approval(ring: KeyRing, public: bytes, role: str, act: bytes) -> Approval:
    return Approval(role, public.hex(), ring.sign_ed25519(public, approval_message(role, act)))
