"""An officer's own passkeys: another one made, one revoked, by whoever has just shown one.

Rules kept here: a session alone changes nothing, for it may be stolen; a passkey must have been shown within it in the
last minutes. Nobody revokes their last passkey: a stolen session and device together still cannot take the watch away.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from rabita.line.errors import UserFault
from rabita.ports import Clock
from rabita.services.officers import (
    OfficerRows,
    OfficerStore,
    Passkey,
    Session,
    Standing,
    Who,
    end_sessions_of,
)
from rabita.services.passkeys import Challenges, Passkeys

FRESH_MS: Final = 5 * 60_000
"""How long a passkey counts as just shown."""
PASSKEYS_MAX: Final = 8


class OwnPasskeys:
    """Lets an officer who is signed in keep their own passkeys. Any thread may call."""

    def __init__(self, store: OfficerStore, passkeys: Passkeys, challenges: Challenges, clock: Clock) -> None:
        """Begin."""
        self._store = store
        self._passkeys = passkeys
        self._challenges = challenges
        self._clock = clock

    def listed(self, who: Who) -> tuple[Passkey, ...]:
        """List them, the oldest first, with those that were revoked."""
        with self._store.reading() as rows:
            return rows.of(Passkey, who.officer.id)

    def begin(self, who: Who) -> dict[str, Any]:
        """Write what a browser needs to make another one; raises as ``finish``."""
        check_fresh(who, self._clock.now_ms())
        with self._store.reading() as rows:
            known = tuple([each.id for each in _room(rows, who)])
        return self._passkeys.creation(self._challenges.make(_purpose(who)), who.officer.id, known)

    def finish(self, who: Who, answer: Mapping[str, Any]) -> Passkey:
        """Keep the passkey that was made.

        Raises ``UserFault``: ``confirmation-needed``, ``passkeys-full``, ``passkey-refused``, ``session-over``.
        """
        now_ms = self._clock.now_ms()
        check_fresh(who, now_ms)
        challenge = self._passkeys.challenge(answer)
        self._challenges.check(challenge, _purpose(who))
        made = self._passkeys.made(answer, challenge)
        self._challenges.use(challenge)
        with self._store.transaction() as rows:
            _check_stands(rows, who)
            _room(rows, who)
            if rows.get(Passkey, made.id) is not None:
                raise UserFault("passkey-refused")
            passkey = Passkey(made.id, who.officer.id, made.public_key, made.sign_count, Standing.ACTIVE, now_ms, 0)
            rows.put(passkey)
        return passkey

    def revoke(self, who: Who, passkey_id: str) -> Passkey:
        """Revoke one for good, and end the sessions that it opened.

        Raises ``UserFault``: ``confirmation-needed``, ``passkey-unknown``, ``passkey-last``, ``session-over``.
        """
        now_ms = self._clock.now_ms()
        check_fresh(who, now_ms)
        with self._store.transaction() as rows:
            _check_stands(rows, who)
            passkey = rows.get(Passkey, passkey_id)
            if passkey is None or passkey.officer != who.officer.id:
                raise UserFault("passkey-unknown")
            others = [each for each in rows.of(Passkey, who.officer.id) if each.id != passkey_id]
            if not any(each.standing is Standing.ACTIVE for each in others):
                raise UserFault("passkey-last")
            passkey = msgspec.structs.replace(passkey, standing=Standing.REVOKED)
            rows.put(passkey)
            end_sessions_of(rows, passkey, now_ms)
        return passkey


def check_fresh(who: Who, now_ms: int) -> None:
    """Raise ``UserFault("confirmation-needed")`` unless a passkey was just shown in this session."""
    if not 0 <= now_ms - who.session.authenticated_ms < FRESH_MS:
        raise UserFault("confirmation-needed")


def _check_stands(rows: OfficerRows, who: Who) -> None:
    """Raise ``UserFault("session-over")`` where the session was ended while the officer made a passkey."""
    session = rows.get(Session, who.session.id)
    if session is None or session.revoked_ms:
        raise UserFault("session-over")


def _room(rows: OfficerRows, who: Who) -> tuple[Passkey, ...]:
    """Give the officer's passkeys, if there may be one more."""
    held = rows.of(Passkey, who.officer.id)
    if sum(each.standing is not Standing.REVOKED for each in held) >= PASSKEYS_MAX:
        raise UserFault("passkeys-full")
    return held


def _purpose(who: Who) -> str:
    return f"passkey {who.session.id}"
