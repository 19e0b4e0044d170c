"""Pairing: from two descriptor files and two officers on the telephone to a line that both roots founded.

Rules kept here: nothing of a party is trusted before the safety number of its root was compared; a confirmed
descriptor is replaced only by a higher serial under the same root; a charter comes into force only between two
confirmed parties and with all four root signatures.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from rabita.line.charter import Charter, charter_line, check_charter, read_charter
from rabita.line.descriptor import BundleKey, Descriptor, check_succession, read_descriptor
from rabita.line.document import (
    CHARTER,
    DESCRIPTOR,
    REVOCATION,
    PublicKey,
    document_text,
    root_digest,
    root_keys,
)
from rabita.line.errors import PeerFault, UserFault
from rabita.line.limits import NOTE_BYTES_MAX
from rabita.line.note import Note, NoteSignature, VerifierKey, format_note, signed_message
from rabita.line.record import LineRecord
from rabita.line.revocation import LogSize, Revocation, read_revocation
from rabita.line.safety import safety_digits
from rabita.line.signature import verify_note
from rabita.ports import Document, Keys, Store

TEXT_BYTES_MAX: Final = NOTE_BYTES_MAX - 8_192
"""The longest text of a document: the two Ed25519 and two ML-DSA-44 lines under a charter take some 6,900 bytes."""


class NodePublic(NamedTuple):
    """What a descriptor says of a node's keys; ``transport`` lists certificates (DER), the newest first."""

    checkpoint: PublicKey
    receipt: PublicKey
    transport: tuple[bytes, ...]
    bundle: BundleKey


def issue_descriptor(keys: Keys, descriptor: Descriptor) -> bytes:
    """Sign *descriptor* with its root, which *keys* must hold; gives the note.

    Raises ``UserFault`` with the code a reader would give (``descriptor-malformed``, ``key-malformed``,
    ``note-oversized``) and ``LocalFault("key-unavailable")``.
    """
    try:
        raw = _signed(keys, descriptor, document_text(DESCRIPTOR, descriptor))
        read_descriptor(raw)
    except PeerFault as fault:
        raise UserFault(fault.code, fault.detail) from fault
    return raw


def renew_descriptor(keys: Keys, held: Descriptor, node: NodePublic, issued_ms: int, expires_ms: int) -> bytes:
    """Issue the descriptor that follows *held* after a rotation of the node's keys: same root, next serial.

    Raises as ``issue_descriptor``.
    """
    times = {"issued_ms": issued_ms, "expires_ms": expires_ms}
    following = msgspec.structs.replace(held, serial=held.serial + 1, **node._asdict(), **times)
    return issue_descriptor(keys, following)


def revoke(keys: Keys, ours: Descriptor, key: bytes, sizes: Sequence[LogSize], issued_ms: int) -> bytes:
    """Issue the root's revocation of *key* (Ed25519 public half), good up to *sizes*; gives the note.

    Raises ``UserFault("revocation-malformed")`` and ``LocalFault("key-unavailable")``.
    """
    body = Revocation(ours.party, key, tuple(sizes), issued_ms)
    try:
        raw = _signed(keys, ours, document_text(REVOCATION, body))
        read_revocation(raw, ours)
    except PeerFault as fault:
        raise UserFault(fault.code, fault.detail) from fault
    return raw


def import_descriptor(store: Store, raw: bytes, *, own: bool = False) -> Descriptor:
    """Keep a descriptor: ``imported``, or ``confirmed`` where it is our *own* or follows one that is confirmed.

    The file held already changes nothing. Raises ``PeerFault`` as ``read_descriptor``, and ``descriptor-foreign`` or
    ``descriptor-old`` where a confirmed one forbids it.
    """
    descriptor = read_descriptor(raw)
    held = _confirmed(store, descriptor.party)
    if held is not None and held.note != raw:
        check_succession(read_descriptor(held.note), descriptor)
    state = "confirmed" if own or held else "imported"
    store.put_document(Document("descriptor", descriptor.party, descriptor.serial, raw, state))
    return descriptor


def safety_number(descriptor: Descriptor) -> str:
    """Give the 30 digits, in groups of five, that officers compare for the party of *descriptor*."""
    return safety_digits(root_digest(descriptor.party, descriptor.root))


def confirm(store: Store, party: str, typed: str) -> Document:
    """Confirm *party* by the safety number its officer read out, in Latin, Urdu or Persian digits.

    Of several descriptors imported, the newest one of the root so named is confirmed. Confirming again changes
    nothing. Raises ``UserFault``: ``descriptor-unknown`` or ``safety-number-wrong``.
    """
    candidates = [each for each in store.documents("descriptor") if each.name == party]
    if not candidates:
        raise UserFault("descriptor-unknown", party)
    confirmed = _confirmed(store, party)
    digits = _digits(typed)
    for document in [confirmed] if confirmed else sorted(candidates, key=_serial, reverse=True):
        if _digits(safety_number(read_descriptor(document.note))) == digits:
            chosen = document._replace(state="confirmed")
            store.put_document(chosen)
            return chosen
    raise UserFault("safety-number-wrong", party)


def confirmed_descriptor(store: Store, party: str) -> Descriptor:
    """Give the newest confirmed descriptor of *party*.

    Raises ``UserFault``: ``descriptor-unknown``, or ``pairing-unconfirmed`` while it is only imported.
    """
    return read_descriptor(_confirmed_document(store, party).note)


def propose_charter(store: Store, keys: Keys, us: str, terms: Charter) -> bytes:
    """Sign *terms* with our root and keep them as proposed; gives the note for the other side.

    Raises ``UserFault``: ``descriptor-unknown`` or ``pairing-unconfirmed`` unless both parties are confirmed, and the
    code a reader would give (``charter-malformed``, ``charter-foreign``); ``LocalFault("key-unavailable")``.
    """
    try:
        ours = confirmed_descriptor(store, us)
        theirs = confirmed_descriptor(store, _peer_of(terms, us))
        raw = _signed(keys, ours, document_text(CHARTER, terms))
        _check_founders(read_charter(raw)[1], ours, theirs)
    except PeerFault as fault:
        raise UserFault(fault.code, fault.detail) from fault
    _keep_charter(store, raw, "proposed")
    return raw


def sign_charter(keys: Keys, raw: bytes, ours: Descriptor, theirs: Descriptor) -> bytes:
    """Add our root's two signatures to a charter; the text, and so the line's name, stays as it is.

    Touches no store, so that it can be done where the root is kept. Signatures of any but the two roots are dropped.
    Raises ``PeerFault`` as ``read_charter``, ``charter-foreign`` unless it names the two roots, ``signature-false`` for
    a false one of theirs, ``note-oversized`` for a text that leaves no room for signatures;
    ``LocalFault("key-unavailable")``.
    """
    note, terms = read_charter(raw)
    _check_founders(terms, ours, theirs)
    return signed_by_root(keys, note, ours, theirs)


def signed_by_root(keys: Keys, note: Note, ours: Descriptor, theirs: Descriptor) -> bytes:
    """Add our root's two signatures to a document's; signatures of any but the two roots are dropped.

    Raises ``PeerFault``: ``signature-false`` for a false one of theirs, ``note-oversized`` for a text that leaves no
    room for signatures; ``LocalFault("key-unavailable")``.
    """
    lines = {(each.name, each.key_id): each for each in note.signatures}
    kept = [key for key in root_keys(theirs.party, theirs.root) if (key.name, key.key_id) in lines]
    for key in kept:
        verify_note(note, key)
    return _signed(keys, ours, note.text, tuple(lines[key.name, key.key_id] for key in kept))


def accept_charter(store: Store, us: str, raw: bytes) -> LineRecord:
    """Found the line of a charter that both roots have signed. A line that stands already is given back as it is.

    Raises ``UserFault``: ``descriptor-unknown`` or ``pairing-unconfirmed``; ``PeerFault`` as ``check_charter``.
    """
    note, terms = read_charter(raw)
    line = charter_line(note)
    standing = next((each for each in store.lines() if each.line == line), None)
    if standing is not None:
        return standing
    peer = _peer_of(terms, us)
    documents = (_confirmed_document(store, us), _confirmed_document(store, peer))
    ours, theirs = (read_descriptor(each.note) for each in documents)
    check_charter(raw, ours, theirs)
    record = LineRecord(line, us, peer, raw, (documents[0].note, documents[1].note))
    store.add_line(record)
    _keep_charter(store, raw, "signed")
    return record


def _signed(keys: Keys, author: Descriptor, text: bytes, others: tuple[NoteSignature, ...] = ()) -> bytes:
    """Write the note of *text* with the signatures *others* and both of the author's root.

    Raises ``PeerFault("note-oversized")`` for a text that leaves no room for the signatures of two roots.
    """
    if len(text) > TEXT_BYTES_MAX:
        raise PeerFault("note-oversized", author.party)
    ed25519, mldsa44 = root_keys(author.party, author.root)
    added = (
        _line(ed25519, keys.sign_ed25519(ed25519.public, signed_message(ed25519, 0, text))),
        _line(mldsa44, keys.sign_mldsa44(mldsa44.public, signed_message(mldsa44, 0, text))),
    )
    return format_note(Note(text, (*others, *added)))


def _line(key: VerifierKey, signature: bytes) -> NoteSignature:
    return NoteSignature(key.name, key.key_id, signature)


def _check_founders(terms: Charter, ours: Descriptor, theirs: Descriptor) -> None:
    named = {each.party: each.root for each in terms.parties}
    if named != {each.party: root_digest(each.party, each.root).hex() for each in (ours, theirs)}:
        raise PeerFault("charter-foreign")


def _peer_of(terms: Charter, us: str) -> str:
    codes = [founder.party for founder in terms.parties]
    if us not in codes:
        raise PeerFault("charter-foreign", us)
    return codes[1 - codes.index(us)]


def _keep_charter(store: Store, raw: bytes, state: str) -> None:
    note, terms = read_charter(raw)
    store.put_document(Document("charter", charter_line(note), terms.version, raw, state))


def _confirmed(store: Store, party: str) -> Document | None:
    found = [each for each in store.documents("descriptor") if each.name == party and each.state == "confirmed"]
    return max(found, key=_serial, default=None)


def _confirmed_document(store: Store, party: str) -> Document:
    document = _confirmed(store, party)
    if document is not None:
        return document
    known = any(each.name == party for each in store.documents("descriptor"))
    raise UserFault("pairing-unconfirmed" if known else "descriptor-unknown", party)


def _serial(document: Document) -> int:
    return document.serial


def _digits(typed: str) -> str:
    """Bring a safety number to bare Latin digits; whatever else was typed stays and so never matches."""
    bare = "".join(typed.split()).replace("-", "")
    return "".join(str(unicodedata.decimal(each, each)) for each in bare)
