"""The duty directory as this node keeps it: which posts can be called, on which numbers, in which languages, when.

A directory is an annex that both sides hold by its SHA-256, or a party's own list, in one form
(``procedures.duty_directory``). The newest one kept is in force; earlier ones stay on record. Posts, never persons.
"""

from hashlib import sha256
from typing import Final

from rabita.line.errors import PeerFault, UserFault
from rabita.ports import Document, Store
from rabita.procedures.duty_directory import DutyDirectory, Post, read_directory

KIND: Final = "directory"
AGREED: Final = "agreed"
NATIONAL: Final = "national"


def keep_directory(store: Store, line: str, raw: bytes, *, agreed: bool = False) -> DutyDirectory:
    """Keep a directory for a line; *agreed* for one that both sides hold.

    Raises ``UserFault`` with the code of what is wrong with it.
    """
    try:
        directory = read_directory(raw, sha256(raw).hexdigest())
    except PeerFault as fault:
        raise UserFault(fault.code, fault.detail) from fault
    number = len(_kept(store, line)) + 1
    store.put_document(Document(KIND, line, number, raw, AGREED if agreed else NATIONAL))
    return directory


def directory_of(store: Store, line: str, *, agreed: bool = False) -> DutyDirectory | None:
    """Give the directory in force for a line, or the newest both sides *agreed* on; None where none is kept."""
    kept = [each for each in _kept(store, line) if not agreed or each.state == AGREED]
    return read_directory(kept[-1].note, sha256(kept[-1].note).hexdigest()) if kept else None


def on_duty(store: Store, line: str, party: str, at_ms: int) -> tuple[Post, ...]:
    """List the posts of a party that are on duty at a time (ms since 1970 UTC), in the directory's order."""
    directory = directory_of(store, line)
    return directory.answering(party, at_ms) if directory is not None else ()


def watch_order(store: Store, line: str, party: str) -> tuple[str, ...]:
    """Give the order in which posts of a party are told, where the settings name none: the directory's own."""
    directory = directory_of(store, line)
    return tuple([post.code for post in directory.posts if post.party == party]) if directory is not None else ()


def _kept(store: Store, line: str) -> list[Document]:
    return [each for each in store.documents(KIND) if each.name == line]
