"""By which name an identity provider knows an officer: linked by an administrator, for a sign-in without a passkey.

Rules kept here: nobody links themselves; one officer has one identity at most, and an identity one officer. Taking a
link away ends the sessions that came of it, for they stand while it does.
"""

from typing import Final

from rabita.line.errors import UserFault
from rabita.ports import Clock
from rabita.services.officers import Identity, Officer, OfficerStore, Standing, identity_id

SUBJECT_CHARS_MAX: Final = 255
"""OpenID Connect Core 1.0, section 2: ``sub`` has at most 255 ASCII characters."""


class Identities:
    """Links officers to what the provider *issuer* calls them. Any thread may call."""

    def __init__(self, store: OfficerStore, clock: Clock, issuer: str) -> None:
        """Begin; an empty *issuer*: no provider is set."""
        self._store = store
        self._clock = clock
        self._issuer = issuer

    def link(self, by: str, officer_id: str, subject: str) -> Identity:
        """Link an officer, in place of the link before; *by* is an officer's id, or the console.

        Raises ``UserFault``: ``oidc-needed``, ``officer-unknown``, ``officer-ended``, ``officer-oneself``,
        ``officer-terms`` for what is no subject, ``identity-taken`` where it is another officer's.
        """
        if not self._issuer:
            raise UserFault("oidc-needed")
        if not is_subject(subject):
            raise UserFault("officer-terms", "subject")
        linked = identity_id(self._issuer, subject)
        with self._store.transaction() as rows:
            officer = rows.get(Officer, officer_id)
            if officer is None:
                raise UserFault("officer-unknown")
            if officer.standing is not Standing.ACTIVE:
                raise UserFault("officer-ended", officer_id)
            if by == officer_id:
                raise UserFault("officer-oneself")
            held = rows.get(Identity, linked)
            if held is not None and held.officer != officer_id:
                raise UserFault("identity-taken")
            for old in rows.of(Identity, officer_id):
                rows.drop(Identity, old.id)
            identity = Identity(linked, officer_id, self._issuer, subject, self._clock.now_ms(), by)
            rows.put(identity)
        return identity

    def unlink(self, officer_id: str) -> None:
        """Take an officer's link away, if there is one; raises ``UserFault("officer-unknown")``."""
        with self._store.transaction() as rows:
            if rows.get(Officer, officer_id) is None:
                raise UserFault("officer-unknown")
            for each in rows.of(Identity, officer_id):
                rows.drop(Identity, each.id)


def is_subject(text: object) -> bool:
    """Say whether this may be a subject: printable ASCII, not too long."""
    return isinstance(text, str) and 0 < len(text) <= SUBJECT_CHARS_MAX and text.isascii() and text.isprintable()
