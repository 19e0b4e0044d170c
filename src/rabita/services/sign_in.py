"""Signing in with a passkey, and sessions, however they were opened: used, confirmed with a passkey, ended.

Rules kept here: nobody is named before a passkey is shown, so nothing tells who is an officer; what fails, fails alike
and takes as long. A counter that does not grow says that there are two of a passkey: it is suspended with its sessions,
for one of the two is an adversary. What is wrong with a passkey is said to whoever showed that they hold it.
"""

import secrets
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line.errors import UserFault
from rabita.ports import Clock
from rabita.services.credentials import point_of
from rabita.services.officers import (
    SEEN_STEP_MS,
    Identity,
    Limits,
    Officer,
    OfficerRows,
    OfficerStore,
    Passkey,
    Session,
    Standing,
    Who,
    digest_of,
    end_sessions_of,
    is_secret,
    standing_of,
)
from rabita.services.passkeys import Challenges, Passkeys

ID_BYTES: Final = 8
SECRET_BYTES: Final = 32
KEEP_MS: Final = 30 * 86_400_000
"""How long a session is listed after it began."""
_PURPOSE: Final = "sign in"
_NOBODY: Final = bytes(32)
_SIGNED: Final = ("signature", "authenticatorData", "clientDataJSON")


class Opened(NamedTuple):
    """A new session, and its secret text (``id_secret``) to hand out once."""

    session: Session
    text: str


class Over(NamedTuple):
    """A passkey's signature over a digest: whose, the point of its key, what it signed with (WebAuthn), for where."""

    officer: str
    public: bytes
    signature: bytes
    data: bytes
    client: bytes
    origin: str


class SignIn:
    """Opens and checks the sessions of officers. Any thread may call."""

    def __init__(
        self, store: OfficerStore, passkeys: Passkeys, challenges: Challenges, clock: Clock, limits: Limits
    ) -> None:
        """Begin."""
        self._store = store
        self._passkeys = passkeys
        self._challenges = challenges
        self._clock = clock
        self._limits = limits

    def begin(self) -> dict[str, Any]:
        """Write what a browser needs to show a passkey."""
        return self._passkeys.request(self._challenges.make(_PURPOSE))

    def begin_again(self, who: Who) -> dict[str, Any]:
        """Write what a browser needs to show a passkey once more, within this session."""
        return self._passkeys.request(self._challenges.make(_again(who)))

    def finish(self, answer: Mapping[str, Any]) -> Opened:
        """Open a session for whoever showed a passkey.

        Raises ``UserFault``: ``passkey-refused``, and to whoever holds the passkey ``passkey-ended``,
        ``passkey-cloned``.
        """
        passkey, now_ms = self._shown(answer, _PURPOSE), self._clock.now_ms()
        with self._store.transaction() as rows:
            return open_session(rows, passkey, now_ms)

    def finish_again(self, who: Who, answer: Mapping[str, Any]) -> Session:
        """Note that the officer of a session showed a passkey of theirs just now; raises as ``finish``."""
        passkey = self._shown(answer, _again(who))
        if passkey.officer != who.officer.id:
            raise UserFault("passkey-refused")
        now_ms = self._clock.now_ms()
        with self._store.transaction() as rows:
            session = rows.get(Session, who.session.id)
            if session is None or session.revoked_ms:
                raise UserFault("session-over")
            session = msgspec.structs.replace(
                session, passkey=session.passkey or passkey.id, authenticated_ms=now_ms, seen_ms=now_ms
            )
            rows.put(session)
        return session

    def begin_over(self, digest: bytes) -> dict[str, Any]:
        """Write what a browser needs to have a passkey sign a digest (32 bytes)."""
        return self._passkeys.request(digest)

    def finish_over(self, digest: bytes, answer: Mapping[str, Any]) -> Over:
        """Check that a passkey signed this digest, and count its use; the passkey says whose it is.

        Raises as ``finish``.
        """
        passkey = self._counted(answer, digest)
        signature, data, client = [_unpacked(answer["response"][name]) for name in _SIGNED]
        origin = str(msgspec.json.decode(client)["origin"])
        return Over(passkey.officer, point_of(passkey.public_key), signature, data, client, origin)

    def who(self, text: str, *, unattended: bool = False) -> Who:
        """Find out whose session this is, and note that it was used.

        *unattended*: a page asks by itself. That is no use of the session, and is answered where it is idle too.
        Raises ``UserFault("session-over")``: unknown, ended, its officer or passkey suspended or revoked.
        """
        session_id, _, secret = text.partition("_")
        now_ms = self._clock.now_ms()
        with self._store.reading() as rows:
            session = rows.get(Session, session_id)
            told = is_secret(secret, session.digest if session is not None else _NOBODY)
            who = None
            if session is not None and told:
                who = standing_of(rows, session, self._limits, now_ms, unattended=unattended)
        if who is None:
            raise UserFault("session-over")
        if not unattended and now_ms - who.session.seen_ms >= SEEN_STEP_MS:
            self._see(session_id, now_ms)
        return who

    def standing(self, session_id: str) -> Who | None:
        """Say who a session stands for now, None where it stands no more; asking is no use of it."""
        with self._store.reading() as rows:
            session = rows.get(Session, session_id)
            return standing_of(rows, session, self._limits, self._clock.now_ms()) if session is not None else None

    def end(self, who: Who) -> None:
        """End a session."""
        with self._store.transaction() as rows:
            session = rows.get(Session, who.session.id)
            if session is not None and not session.revoked_ms:
                rows.put(msgspec.structs.replace(session, revoked_ms=self._clock.now_ms()))

    def _see(self, session_id: str, now_ms: int) -> None:
        with self._store.transaction() as rows:
            session = rows.get(Session, session_id)
            if session is not None and standing_of(rows, session, self._limits, now_ms) is not None:
                rows.put(msgspec.structs.replace(session, seen_ms=now_ms))

    def _shown(self, answer: Mapping[str, Any], purpose: str) -> Passkey:
        """Check a passkey that was shown, and count its use."""
        challenge = self._passkeys.challenge(answer)
        self._challenges.check(challenge, purpose)
        return self._counted(answer, challenge, used=self._challenges.use)

    def _counted(
        self, answer: Mapping[str, Any], challenge: bytes, used: Callable[[bytes], None] = lambda _challenge: None
    ) -> Passkey:
        """Check that a passkey answered this challenge, *used* up then, and count the passkey's use."""
        with self._store.reading() as rows:
            known = rows.get(Passkey, str(answer.get("id", "")))
        count = self._passkeys.shown(answer, challenge, known)
        used(challenge)
        if known is None:
            raise UserFault("passkey-refused")
        with self._store.transaction() as rows:
            passkey, fault = counted(rows, known.id, count, self._clock.now_ms())
        if fault:
            raise UserFault(fault)
        return passkey


def open_session(rows: OfficerRows, by: Passkey | Identity, now_ms: int) -> Opened:
    """Open a session, in this transaction; by an identity, no passkey counts as shown."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    passkey, identity = (by.id, "") if isinstance(by, Passkey) else ("", by.id)
    session = Session(
        secrets.token_hex(ID_BYTES),
        *(by.officer, passkey, digest_of(secret)),
        *(now_ms, now_ms, now_ms if passkey else 0, 0),
        identity,
    )
    rows.put(session)
    _forget(rows, by.officer, now_ms - KEEP_MS)
    return Opened(session, f"{session.id}_{secret}")


def counted(rows: OfficerRows, passkey_id: str, count: int, now_ms: int, answer: bytes = b"") -> tuple[Passkey, str]:
    """Count a use, or say what speaks against it; what is found out of a clone is kept all the same.

    *answer* is the SHA-256 of an approval's signature: the very approval that was counted last is the same use, sent
    again because this node stopped before it had noted it. For anything else a challenge is good once.
    """
    passkey = rows.get(Passkey, passkey_id)
    officer = rows.get(Officer, passkey.officer) if passkey is not None else None
    if passkey is None or officer is None:
        raise UserFault("passkey-refused")
    if {passkey.standing, officer.standing} != {Standing.ACTIVE}:
        return passkey, "passkey-ended"
    if answer and answer == passkey.answer:
        return passkey, ""
    if (count or passkey.sign_count) and count <= passkey.sign_count:
        rows.put(msgspec.structs.replace(passkey, standing=Standing.SUSPENDED))
        end_sessions_of(rows, passkey, now_ms)
        return passkey, "passkey-cloned"
    passkey = msgspec.structs.replace(passkey, sign_count=count, used_ms=now_ms, answer=answer)
    rows.put(passkey)
    return passkey, ""


def _forget(rows: OfficerRows, officer: str, before_ms: int) -> None:
    for session in rows.of(Session, officer):
        if session.created_ms < before_ms:
            rows.drop(Session, session.id)


def _unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _again(who: Who) -> str:
    return f"again {who.session.id}"
