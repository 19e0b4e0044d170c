"""What the line itself says on its control lane, as acts of the procedure ``line``.

An act of another form, or of a later version, is kept like any entry this version cannot read; it changes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line.amendment import InForce, Version, check_amendment, refusal, succession, version_of
from rabita.line.approvals import History, Place, Publication, revoked_at, standing, with_publication
from rabita.line.descriptor import read_descriptor
from rabita.line.entry import Act, Approval, Stamp, approval_message, portion_content, read
from rabita.line.errors import PeerFault
from rabita.line.ids import LANES, Lane, LogId
from rabita.line.keybook import KeyBook, begin_epoch, revoke, rotate
from rabita.line.record import EntryRow, LogRow
from rabita.line.revocation import LogSize, read_revocation
from rabita.line.signature import verify_ed25519
from rabita.line.verify import Credential

PROCEDURE: Final = "line"
OPENING: Final = "open-epoch"
ROTATION: Final = "rotate-keys"
REVOCATION: Final = "revoke-key"
CREDENTIAL: Final = "publish-credential"
CREDENTIAL_REVOCATION: Final = "revoke-credential"
AMENDING: Final = "amend-charter"
RECOVERY: Final = "recovery"
RECOVERY_SIGNATURES: Final = 2


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New node keys: the new descriptor (note text) and the sizes of all logs up to which the old keys count."""

    descriptor: str
    sizes: tuple[LogSize, ...]


class Revoked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A root-signed revocation (note text)."""

    revocation: str


class RevokedCredential(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The end of an officer's approval key, by the name it was published under."""

    key: str


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new epoch: its nonce (32 hex digits), which enters the origins, and the last known sizes.

    ``heads`` lists the author's logs of the epoch before and all its earlier control logs: a rotation that stands
    beyond them was not known when the epoch began, and its keys do not count there.
    """

    nonce: str
    heads: tuple[LogSize, ...]


class Amending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A charter amendment: its version, and the SHA-256 (hex) of its text. Its portion is the note of both roots."""

    version: int
    digest: str


class Facts(NamedTuple):
    """What the control lanes have established so far: keys, officers' credentials, versions of the charter.

    ``published`` holds what was said of officers' keys, by ``author/key``. ``brought`` are the amendments that both
    roots signed; ``amendment.succession`` says which of them are in force.
    """

    books: Mapping[str, KeyBook]
    published: Mapping[str, History]
    first: Version | None = None
    brought: tuple[Version, ...] = ()

    @property
    def credentials(self) -> dict[str, Credential]:
        """The credentials that count for whatever is sealed next, by ``author/key``."""
        found = {name: standing(history) for name, history in self.published.items()}
        return {name: credential for name, credential in found.items() if credential is not None}

    def history(self, author: str, key: str) -> History:
        """Give what an author said of a key."""
        return self.published.get(f"{author}/{key}", ())


_FORMS: Final[dict[str, type[msgspec.Struct]]] = {
    OPENING: Opening,
    ROTATION: Rotation,
    REVOCATION: Revoked,
    CREDENTIAL: Credential,
    CREDENTIAL_REVOCATION: RevokedCredential,
    AMENDING: Amending,
}


def control_form(act: Act | None) -> msgspec.Struct | None:
    """Read the fields of a control act; None for any act that is not one this version knows."""
    if act is None or act.precedence is not Lane.CONTROL or act.procedure != PROCEDURE or act.act not in _FORMS:
        return None
    try:
        return msgspec.convert(act.fields, _FORMS[act.act])
    except msgspec.ValidationError:
        return None


def fields_of(form: msgspec.Struct) -> dict[str, Any]:
    """Write a control act's fields from its form."""
    fields: dict[str, Any] = msgspec.to_builtins(form)
    return fields


def sizes_map(sizes: Sequence[LogSize]) -> dict[LogId, int]:
    """Give sizes by log."""
    return {each.log: each.size for each in sizes}


def apply_control(
    facts: Facts, author: str, act: Act | None, stamp: Stamp, index: int, portions: Sequence[bytes | None] = ()
) -> tuple[Facts, str]:
    """Apply one control act of *author*, sealed under *stamp* at *index* of its log, with what it brings along.

    Gives the facts after it and the code of what was wrong, if anything was: that changes nothing and blocks nothing.
    A rotation needs a descriptor that succeeds the one held. The sizes it lists of its author's open logs add up to
    its own number, or it would disown checkpoints over entries sealed before it. It cannot take back receipts: whatever
    it lists, the old receipt key counts up to what the author held (``seen``) when it sealed it. A revocation needs the
    author's root; a credential and its revocation are the author's own word about its officers, and a key once revoked
    is not published again. An opening is the first entry of its epoch, checked before it was admitted. An amendment
    that both roots signed is kept even where it is not in force: it may be before its turn, or prove that its last
    signer signed two.
    """
    form = control_form(act)
    book = facts.books[author]
    try:
        if isinstance(form, Rotation):
            book = _rotated(facts, author, form, stamp, index)
        elif isinstance(form, Revoked):
            body = read_revocation(form.revocation.encode(), book.newest)
            book = revoke(book, body.key, sizes_map(body.sizes))
        elif isinstance(form, Opening) and index == 0 and stamp.epoch > 1:
            book = begin_epoch(book, author, stamp.epoch, sizes_map(form.heads))
        elif (said := publication(act, (stamp.epoch, stamp.n), index)) is not None:
            return _published(facts, author, *said), ""
        elif isinstance(form, Amending):
            version = brought_version(facts, form, (LogId(author, stamp.epoch, Lane.CONTROL), stamp.n), index, portions)
            facts = bring(facts, version)
            return facts, refusal(versions_of(facts, lambda _log, _index: True), version)
    except PeerFault as fault:
        return facts, fault.code
    return facts._replace(books={**facts.books, author: book}), ""


def publication(act: Act | None, place: Place, index: int) -> tuple[str, Publication] | None:
    """Give what the control entry at a place says of an officer's key, and which; None for any other act."""
    form = control_form(act)
    if isinstance(form, Credential):
        return form.key, Publication(place, index, form)
    return (form.key, Publication(place, index, None)) if isinstance(form, RevokedCredential) else None


def _published(facts: Facts, author: str, key: str, said: Publication) -> Facts:
    """Put what an author says of an officer's key in its place; raises ``PeerFault("credential-revoked")``."""
    history = facts.history(author, key)
    if said.credential is not None and revoked_at(history) < said.place:
        raise PeerFault("credential-revoked", key[:64])
    return facts._replace(published={**facts.published, f"{author}/{key}": with_publication(history, said)})


def _rotated(facts: Facts, author: str, form: Rotation, stamp: Stamp, index: int) -> KeyBook:
    """Give the author's keys after a rotation; raises ``PeerFault``, ``rotation-false`` where its sizes cannot be."""
    listed, seen = sizes_map(form.sizes), _seen(facts, author, stamp)
    after = {**listed, **{log: max(size, listed.get(log, 0)) for log, size in seen.items()}}
    book = rotate(facts.books[author], read_descriptor(form.descriptor.encode()), after, (stamp.epoch, index))
    if sum([size for log, size in listed.items() if log[:2] == (author, stamp.epoch)]) != stamp.n:
        raise PeerFault("rotation-false", author)
    return book


def follow_control(facts: Facts, line: str, head: LogRow, row: EntryRow) -> tuple[Facts, str]:
    """Apply an entry of the control log *head*, as ``apply_control``.

    One that came late (beyond where its log was frozen) or has a content fault is not in force and changes nothing.
    """
    reading = read(row.entry, line, head.log)
    if row.fault or reading.stamp is None or 0 <= head.frozen_at <= row.index:
        return facts, ""
    return apply_control(facts, head.log.party, reading.act, reading.stamp, row.index, row.entry.portions)


def brought_version(
    facts: Facts, form: Amending, place: tuple[LogId, int], index: int, portions: Sequence[bytes | None]
) -> Version:
    """Check the amendment that a control act brings; *place* is its log and its number in its author's order.

    Raises ``PeerFault``: ``portion-missing`` unless it has just the one portion; ``document-malformed`` unless that is
    the text its fields name; as ``check_amendment``.
    """
    (raw,) = portions if len(portions) == 1 else (None,)
    if raw is None or facts.first is None:
        raise PeerFault("portion-missing")
    content = portion_content(raw)
    note, body = check_amendment(content, facts.first, [book.newest for book in facts.books.values()])
    version = version_of(content, note, body, place, index)
    if (version.number, version.digest) != (form.version, form.digest):
        raise PeerFault("document-malformed")
    return version


def bring(facts: Facts, version: Version) -> Facts:
    """Keep a version brought, once per log."""
    if (version.log, version.digest) in [(each.log, each.digest) for each in facts.brought]:
        return facts
    return facts._replace(brought=(*facts.brought, version))


def versions_of(facts: Facts, in_force: InForce) -> tuple[Version, ...]:
    """Give the versions of the charter in force, the founding one first; empty where no founding charter is known."""
    return succession(facts.first, facts.brought, in_force) if facts.first is not None else ()


def _seen(facts: Facts, author: str, stamp: Stamp) -> dict[LogId, int]:
    """Give the sizes of the counterpart's logs that an author durably held when it sealed."""
    others = [party for party in facts.books if party != author]
    return {
        LogId(party, stamp.seen_epoch, lane): size
        for party in others
        for lane, size in zip(LANES, stamp.seen, strict=True)
    }


def check_opening(row: EntryRow, act: Act | None, approvals: Sequence[Approval], book: KeyBook) -> Opening:
    """Check the first control entry of a new epoch; it alone is verified before it is admitted.

    Raises ``PeerFault``:
    1. ``opening-malformed`` unless it is an opening with a 128-bit nonce;
    2. ``opening-unsigned`` unless two different recovery keys of the newest descriptor held approved it;
    3. ``signature-false`` unless both of those signatures verify.
    """
    form = control_form(act)
    if not isinstance(form, Opening) or len(form.nonce) != 32 or set(form.nonce) - set("0123456789abcdef"):  # noqa: PLR2004 - 128 bits in hex
        raise PeerFault("opening-malformed")  # 1
    known = {key.hex(): key for key in book.newest.recovery}
    signed = {each.key: each.signature for each in approvals if each.role == RECOVERY and each.key in known}
    if len(signed) < RECOVERY_SIGNATURES:
        raise PeerFault("opening-unsigned")  # 2
    for name in sorted(signed)[:RECOVERY_SIGNATURES]:
        verify_ed25519(known[name], signed[name], approval_message(RECOVERY, row.entry.act))  # 3
    return form
