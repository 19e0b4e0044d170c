"""Which credential an officer's approval is judged by: the one that stood at the entry's place in its author's order.

Rules kept here (docs/protocol.md, 6): places (epoch, ``n``) alone count, never times nor what arrived when, so both
sides, an index made anew and a mediator judge alike. Of what was published under a key the newest before the entry
counts; where nothing is before it, the first after it, which came late. After the first revocation of a key nothing
that it approved counts any more, and nothing that is published under it.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

from rabita.line.entry import Approval
from rabita.line.errors import PeerFault
from rabita.line.limits import INTEGER_MAX
from rabita.line.verify import Credential, check_approval

Place: TypeAlias = tuple[int, int]
"""Epoch and number in its author's own order."""
END: Final[Place] = (INTEGER_MAX, INTEGER_MAX)
VERIFIED: Final = "verified"
FALSE: Final = "false"
UNKNOWN: Final = "unknown"
REVOKED: Final = "revoked"
_WORDS: Final = {"credential-unknown": UNKNOWN, "credential-revoked": REVOKED}


class Publication(NamedTuple):
    """What a control entry said of a key: its credential from there on, or None: it is revoked.

    ``index`` is that of the entry in its control log.
    """

    place: Place
    index: int  # type: ignore[assignment]  # - not the tuple method
    credential: Credential | None


History: TypeAlias = tuple[Publication, ...]
"""All that was said of one key, by place."""


def with_publication(history: History, said: Publication) -> History:
    """Put what was said of a key in its place."""
    return tuple(sorted((*history, said), key=lambda each: each[:2]))


def revoked_at(history: Iterable[Publication]) -> Place:
    """Give the place of a key's first revocation, ``END`` where there is none."""
    return next((each.place for each in history if each.credential is None), END)


def credential_at(history: History, place: Place) -> Credential:
    """Give the credential that an approval in the entry at this place is judged by.

    Raises ``PeerFault``: ``credential-revoked`` after a revocation, ``credential-unknown`` where none was published.
    """
    end = revoked_at(history)
    if end < place:
        raise PeerFault("credential-revoked")
    good = [(each.place, each.credential) for each in history if each.credential is not None and each.place < end]
    before = [found for found in good if found[0] < place]
    if not good:
        raise PeerFault("credential-unknown")
    return (before[-1] if before else good[0])[1]


def standing(history: History) -> Credential | None:
    """Give the credential that counts for whatever is sealed next, None where there is none or no more."""
    try:
        return credential_at(history, END)
    except PeerFault:
        return None


def check_approval_at(approval: Approval, act: bytes, place: Place, history: History) -> Credential:
    """Check an approval in the entry at this place; gives the credential it was checked by.

    *history* is that of the approval's key by the entry's own author: nobody else's credential counts. Raises
    ``PeerFault`` as ``credential_at`` and ``check_approval``.
    """
    credential = credential_at(history, place)
    check_approval(approval, act, credential)
    return credential


def judged(approval: Approval, act: bytes, place: Place, history: History) -> str:
    """Say how an approval stands, as for ``check_approval_at``: verified, false, unknown or revoked."""
    try:
        check_approval_at(approval, act, place, history)
    except PeerFault as fault:
        return _WORDS.get(fault.code, FALSE)
    return VERIFIED
