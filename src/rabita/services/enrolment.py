"""How an officer comes to hold a passkey: a code that is good once and for minutes, and the passkey made with it.

Rules kept here: whoever holds the code may enrol, so it is shown once, to whoever invited; of it the SHA-256 is kept. A
code that is unknown, used or too old is answered alike. Using it and keeping the passkey are one transaction.
"""

import secrets
from base64 import b32encode
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from rabita.line.errors import UserFault
from rabita.ports import Clock
from rabita.services.officers import (
    Invitation,
    Officer,
    OfficerRows,
    OfficerStore,
    Passkey,
    Standing,
    digest_of,
    is_secret,
)
from rabita.services.passkeys import Challenges, Passkeys

_ID_BYTES: Final = 5
_SECRET_BYTES: Final = 15
_ID_CHARS: Final = 8
_GROUP_CHARS: Final = 4
_NOBODY: Final = bytes(32)


class Enrolment:
    """Lets officers enrol a passkey with a code. Any thread may call."""

    def __init__(self, store: OfficerStore, passkeys: Passkeys, challenges: Challenges, clock: Clock) -> None:
        """Begin."""
        self._store = store
        self._passkeys = passkeys
        self._challenges = challenges
        self._clock = clock

    def begin(self, code: str) -> dict[str, Any]:
        """Write what a browser needs to make the passkey; raises ``UserFault("invitation-refused")``."""
        with self._store.reading() as rows:
            invitation = invitation_of(rows, code, self._clock.now_ms())
            known = tuple([each.id for each in rows.of(Passkey, invitation.officer)])
        return self._passkeys.creation(self._challenges.make(_purpose(invitation)), invitation.officer, known)

    def finish(self, code: str, answer: Mapping[str, Any]) -> Officer:
        """Keep the passkey that was made, and use the code up.

        Raises ``UserFault``: ``invitation-refused``, ``passkey-refused``.
        """
        now_ms = self._clock.now_ms()
        with self._store.reading() as rows:
            invitation = invitation_of(rows, code, now_ms)
        challenge = self._passkeys.challenge(answer)
        self._challenges.check(challenge, _purpose(invitation))
        made = self._passkeys.made(answer, challenge)
        self._challenges.use(challenge)
        with self._store.transaction() as rows:
            invitation = invitation_of(rows, code, now_ms)
            officer = rows.get(Officer, invitation.officer)
            if officer is None or rows.get(Passkey, made.id) is not None:
                raise UserFault("passkey-refused")
            rows.put(Passkey(made.id, officer.id, made.public_key, made.sign_count, Standing.ACTIVE, now_ms, 0))
            rows.put(msgspec.structs.replace(invitation, used_ms=now_ms))
        return officer


def invite(rows: OfficerRows, officer: str, by: str, now_ms: int, life_ms: int) -> str:
    """Keep a new invitation in place of those before, and give its code; a code that was not used is used no more."""
    for old in rows.of(Invitation, officer):
        rows.put(msgspec.structs.replace(old, used_ms=old.used_ms or now_ms))
    invitation, secret = _text(secrets.token_bytes(_ID_BYTES)), _text(secrets.token_bytes(_SECRET_BYTES))
    rows.put(Invitation(invitation, officer, digest_of(secret), now_ms, now_ms + life_ms, 0, by))
    code = invitation + secret
    return "-".join(code[at : at + _GROUP_CHARS] for at in range(0, len(code), _GROUP_CHARS))


def invitation_of(rows: OfficerRows, code: str, now_ms: int) -> Invitation:
    """Find the invitation of a code that is good; raises ``UserFault("invitation-refused")``."""
    plain = "".join(each for each in code.upper() if each.isascii() and each.isalnum())
    found = rows.get(Invitation, plain[:_ID_CHARS])
    told = is_secret(plain[_ID_CHARS:], found.digest if found is not None else _NOBODY)
    officer = rows.get(Officer, found.officer if found is not None else "")
    good = found is not None and officer is not None and officer.standing is Standing.ACTIVE
    if found is None or not (told and good) or found.used_ms or found.expires_ms <= now_ms:
        raise UserFault("invitation-refused")
    return found


def _purpose(invitation: Invitation) -> str:
    return f"enrol {invitation.id}"


def _text(raw: bytes) -> str:
    return b32encode(raw).decode()
