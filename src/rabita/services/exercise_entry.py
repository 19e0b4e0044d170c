"""How a visitor of an exercise comes in where a browser has no authenticator: the one-time code of an invitation alone.

Rules kept here: only a node of an exercise has this way in, and only where its operator set it. The code is used up by
it, as by making a passkey. No passkey counts as shown: such a session reads and drafts, approves nothing, and holds no
role that governs officers; an invitation to such a role is left as it is.
"""

from typing import Final

import msgspec

from rabita.line.errors import UserFault
from rabita.ports import Clock
from rabita.services.enrolment import invitation_of
from rabita.services.officers import BY_PASSKEY_ALONE, CONSOLE, Identity, OfficerStore, Tenure, identity_id
from rabita.services.sign_in import Opened, open_session

ISSUER: Final = "exercise"
"""Who vouches for such a visitor, where an identity provider would be named; no provider's name is like it."""


class ExerciseEntry:
    """Opens sessions by a code alone. Any thread may call."""

    def __init__(self, store: OfficerStore, clock: Clock) -> None:
        """Begin; for a node of an exercise alone."""
        self._store = store
        self._clock = clock

    def enter(self, code: str) -> Opened:
        """Open a session for whoever holds a code, and use it up.

        Raises ``UserFault``: ``invitation-refused``, ``passkey-needed`` for a role that needs one, the code unused.
        """
        now_ms = self._clock.now_ms()
        with self._store.transaction() as rows:
            invitation = invitation_of(rows, code, now_ms)
            officer = invitation.officer
            if any(each.role in BY_PASSKEY_ALONE for each in rows.of(Tenure, officer) if each.holds(now_ms)):
                raise UserFault("passkey-needed")
            identity = Identity(identity_id(ISSUER, officer), officer, ISSUER, officer, now_ms, CONSOLE)
            rows.put(identity)
            rows.put(msgspec.structs.replace(invitation, used_ms=now_ms))
            return open_session(rows, identity, now_ms)
