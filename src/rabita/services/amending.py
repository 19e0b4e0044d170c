"""Amending the charter: a proposal the root signs, the other side's signature, and what a file of it says.

Rules kept here: what is signed names the charter in force as the one before and keeps parties, line and exercise; the
last signer signs when the other has, and one successor only: it is written down here before the signature leaves. The
running node is not needed for any of it; it seals the text that both have signed.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from rabita.line.amendment import Amendment, Version, check_founded, last_signer, read_amendment
from rabita.line.charter import Charter
from rabita.line.document import AMENDMENT, document_digest, document_text, root_keys
from rabita.line.errors import PeerFault, UserFault
from rabita.line.note import Note
from rabita.line.signature import verify_note
from rabita.line.state import LineState, load
from rabita.ports import Document, Keys, Store
from rabita.procedures.amendment import Change, amendment_findings, changes, signing_findings
from rabita.procedures.catalogue import VERSION
from rabita.services.pairing import signed_by_root

KIND: Final = "amendment"
SIGNED: Final = "signed"
PROPOSED: Final = "proposed"


class Proposal(NamedTuple):
    """What a file of an amendment says: the terms, whose root signatures verify, and what differs from *before*."""

    version: int
    digest: str
    before: int
    signed_by: tuple[str, ...]
    last_signer: str
    in_force: bool
    changes: tuple[Change, ...]


def charters_held(store: Store, line: str) -> Mapping[int, Charter]:
    """Give the versions of a line's charter that are in force, by number; every control entry is read for it."""
    return {each.number: each.charter for each in load(store.snapshot(line)).charters}


def propose_amendment(store: Store, keys: Keys, state: LineState, terms: Charter) -> bytes:
    """Sign *terms*, of the next version, as the successor of the charter in force; gives the note for the other side.

    Raises ``UserFault``: as ``amendment_findings``; ``amendment-order`` where we are the one to sign last;
    ``charter-malformed``, ``note-oversized``; ``LocalFault("key-unavailable")``.
    """
    body = Amendment(state.line, state.charters[-1].digest, terms)
    text = document_text(AMENDMENT, body)
    _may_sign(store, state, body, text, ())
    raw = _signed(keys, state, Note(text, ()))
    _write_down(store, state, body, raw, PROPOSED)
    return raw


def sign_amendment(store: Store, keys: Keys, state: LineState, raw: bytes) -> bytes:
    """Add our root's signatures to an amendment the other side has signed; the text stays as it is.

    Signing again gives the same text signed again. Raises ``UserFault`` as ``propose_amendment``, ``amendment-before``
    unless it follows the charter in force, ``amendment-other`` where we completed another of its version; ``PeerFault``
    as ``read_amendment``, ``amendment-foreign`` and ``signature-false``.
    """
    note, body = read_amendment(raw)
    check_founded(body, state.charters[0])
    if body.before != state.charters[-1].digest:
        raise UserFault("amendment-before", f"version {body.charter.version}")
    _may_sign(store, state, body, note.text, signers(state, note))
    if state.us == last_signer(body.charter, body.charter.version):
        _write_down(store, state, body, raw, SIGNED)
    return _signed(keys, state, note)


def read_proposal(state: LineState, raw: bytes) -> Proposal:
    """Say what a file of an amendment is; raises ``PeerFault`` as ``sign_amendment``."""
    note, body = read_amendment(raw)
    check_founded(body, state.charters[0])
    digest, version = document_digest(note.text).hex(), body.charter.version
    before = next((each for each in state.charters if each.digest == body.before), state.charters[-1])
    return Proposal(
        version,
        digest,
        before.number,
        signers(state, note),
        last_signer(body.charter, version),
        digest in [each.digest for each in state.charters],
        changes(before.charter, body.charter),
    )


def standing(state: LineState, raw: bytes) -> Version | None:
    """Give the version in force that a file of an amendment is, if it is one; raises as ``read_amendment``."""
    digest = document_digest(read_amendment(raw)[0].text).hex()
    return next((each for each in state.charters if each.digest == digest), None)


def signers(state: LineState, note: Note) -> tuple[str, ...]:
    """List the parties both of whose root keys signed; raises ``PeerFault("signature-false")`` for a false one."""
    found = []
    for party, book in sorted(state.facts.books.items()):
        try:
            for key in root_keys(party, book.newest.root):
                verify_note(note, key)
        except PeerFault as fault:
            if fault.code != "note-unsigned":
                raise
        else:
            found.append(party)
    return tuple(found)


def _may_sign(store: Store, state: LineState, body: Amendment, text: bytes, signed_by: tuple[str, ...]) -> None:
    """Raise ``UserFault`` with the first rule that keeps us from signing."""
    digest = document_digest(text).hex()
    findings = (
        *amendment_findings(state.charter, body.charter, (VERSION,)),
        *signing_findings(body.charter, digest, state.us, signed_by, _completed(store, state)),
    )
    if findings:
        raise UserFault(findings[0].code, findings[0].detail)


def _completed(store: Store, state: LineState) -> Mapping[int, str]:
    """Give the digests of what we signed last, by version."""
    kept = [each for each in store.documents(KIND) if (each.name, each.state) == (state.line, SIGNED)]
    return {each.serial: document_digest(read_amendment(each.note)[0].text).hex() for each in kept}


def _write_down(store: Store, state: LineState, body: Amendment, raw: bytes, standing_as: str) -> None:
    store.put_document(Document(KIND, state.line, body.charter.version, raw, standing_as))


def _signed(keys: Keys, state: LineState, note: Note) -> bytes:
    try:
        ours, theirs = (state.facts.books[party].newest for party in (state.us, state.peer))
        raw = signed_by_root(keys, note, ours, theirs)
        read_amendment(raw)
    except PeerFault as fault:
        raise UserFault(fault.code, fault.detail) from fault
    return raw
