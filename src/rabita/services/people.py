"""Administering officers: invited, given roles at posts, suspended, revoked, let in again after a lost passkey.

Rules kept here: nobody gives a role to themselves. The console of this machine makes an administrator only while none
can sign in; from then on officers invite officers. A lost passkey is replaced by two different security officers, and
what the officer had is revoked in the same transaction. One act takes a seized device out: passkeys and live sessions.
"""

import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from rabita.line.errors import UserFault
from rabita.ports import Clock
from rabita.services.enrolment import invite
from rabita.services.officers import (
    CONSOLE,
    WORD_CHARS_MAX,
    Identity,
    Limits,
    Officer,
    OfficerRows,
    OfficerStore,
    Passkey,
    Recovery,
    Role,
    Session,
    Standing,
    Tenure,
    Who,
    check_officer,
    check_tenure,
    end_access,
    end_sessions,
    standing_of,
)

ID_BYTES: Final = 8
HOME_POST: Final = "HOME"


class Wanted(NamedTuple):
    """An officer to be invited: see ``Officer``; *roles* are held at *post* from now on, until they are ended."""

    name: str
    roles: Sequence[Role]
    post: str = HOME_POST
    rank: str = ""
    languages: tuple[str, ...] = ()
    clearances: tuple[str, ...] = ()


class Invited(NamedTuple):
    """An officer, the code to enrol with (shown once), and until when it is good."""

    officer: Officer
    code: str
    expires_ms: int


class Known(NamedTuple):
    """All that is kept of an officer, but for sessions."""

    officer: Officer
    tenures: tuple[Tenure, ...]
    passkeys: tuple[Passkey, ...]
    recovery: Recovery | None
    identity: Identity | None = None


class People:
    """Administers the officers of a node; *by* is whoever does it, None the console. Any thread may call."""

    def __init__(self, store: OfficerStore, clock: Clock, limits: Limits) -> None:
        """Begin."""
        self._store = store
        self._clock = clock
        self._limits = limits

    def invite_first(self, wanted: Wanted, life_ms: int = 0) -> Invited:
        """Invite an administrator from the console; *life_ms* 0: as long as the limits say.

        Raises ``UserFault``: ``officer-terms``, ``administrator-stands`` where one can sign in already.
        """
        if Role.ADMINISTRATOR not in wanted.roles:
            raise UserFault("officer-terms", "roles")
        now_ms = self._clock.now_ms()
        with self._store.transaction() as rows:
            if any(_can_administer(rows, each, now_ms) for each in rows.of(Officer)):
                raise UserFault("administrator-stands")
            return self._invited(rows, wanted, CONSOLE, life_ms)

    def invite(self, by: Who, wanted: Wanted) -> Invited:
        """Invite an officer; raises ``UserFault("officer-terms")``."""
        with self._store.transaction() as rows:
            return self._invited(rows, wanted, by.officer.id, 0)

    def invite_again(self, by: Who, officer_id: str) -> Invited:
        """Make a new code for an officer who never enrolled.

        Raises ``UserFault``: as ``known``, ``officer-ended``, ``officer-enrolled``.
        """
        with self._store.transaction() as rows:
            officer = _active(rows, officer_id)
            if rows.of(Passkey, officer_id):
                raise UserFault("officer-enrolled", officer_id)
            return self._coded(rows, officer, by.officer.id, 0)

    def appoint(self, by: Who, officer_id: str, post: str, role: Role, from_ms: int, until_ms: int) -> Tenure:
        """Give a role at a post; *from_ms* 0: from now on.

        Raises ``UserFault``: as ``known``, ``officer-terms``, ``officer-oneself``, ``officer-ended``.
        """
        from_ms = from_ms or self._clock.now_ms()
        check_tenure(post, from_ms, until_ms)
        with self._store.transaction() as rows:
            _active(rows, officer_id)
            if by.officer.id == officer_id:
                raise UserFault("officer-oneself")
            tenure = Tenure(secrets.token_hex(ID_BYTES), officer_id, post, role, from_ms, until_ms, by.officer.id)
            rows.put(tenure)
        return tenure

    def dismiss(self, officer_id: str, tenure_id: str) -> Tenure:
        """End a role at a post, now; raises ``UserFault``: as ``known``, ``tenure-unknown``."""
        now_ms = self._clock.now_ms()
        with self._store.transaction() as rows:
            tenure = rows.get(Tenure, tenure_id)
            if tenure is None or tenure.officer != officer_id:
                raise UserFault("tenure-unknown", tenure_id[:ID_BYTES])
            if not tenure.until_ms or tenure.until_ms > now_ms:
                tenure = msgspec.structs.replace(tenure, from_ms=min(tenure.from_ms, now_ms), until_ms=now_ms)
                rows.put(tenure)
        return tenure

    def suspend(self, officer_id: str) -> Officer:
        """Keep an officer out until restored, and end live sessions.

        Raises ``UserFault``: as ``known``, ``officer-ended``.
        """
        with self._store.transaction() as rows:
            officer = _standing(_officer(rows, officer_id), Standing.SUSPENDED)
            rows.put(officer)
            end_sessions(rows, officer_id, self._clock.now_ms())
        return officer

    def restore(self, by: Who, officer_id: str) -> Officer:
        """Let a suspended officer in again; raises ``UserFault``: as ``suspend``, ``officer-oneself``."""
        with self._store.transaction() as rows:
            officer = _standing(_officer(rows, officer_id), Standing.ACTIVE)
            if by.officer.id == officer_id:
                raise UserFault("officer-oneself")
            rows.put(officer)
        return officer

    def revoke(self, officer_id: str) -> Officer:
        """Keep an officer out for good: passkeys, sessions and invitations end. Raises ``UserFault``: as ``known``."""
        now_ms = self._clock.now_ms()
        with self._store.transaction() as rows:
            officer = msgspec.structs.replace(_officer(rows, officer_id), standing=Standing.REVOKED)
            rows.put(officer)
            end_access(rows, officer_id, now_ms)
        return officer

    def recover(self, by: Who, officer_id: str) -> Invited | Recovery:
        """Approve that an officer enrols anew: the first of two is noted, the second gives the code.

        With the second, the officer's passkeys are revoked and live sessions ended. Raises ``UserFault``: as ``known``,
        ``officer-ended``, ``officer-oneself`` for one's own recovery or a second approval by the same officer.
        """
        now_ms, approver = self._clock.now_ms(), by.officer.id
        with self._store.transaction() as rows:
            officer = _active(rows, officer_id)
            first = rows.get(Recovery, officer_id)
            if first is not None and first.expires_ms <= now_ms:
                first = None
            if approver == officer_id or (first is not None and first.by == approver):
                raise UserFault("officer-oneself")
            if first is None or not _can_approve(rows, first.by, now_ms):
                first = Recovery(officer_id, officer_id, approver, now_ms, now_ms + self._limits.recovery_ms)
                rows.put(first)
                return first
            end_access(rows, officer_id, now_ms)
            return self._coded(rows, officer, f"{first.by} {approver}", 0)

    def known(self, officer_id: str) -> Known:
        """Give all that is kept of an officer; raises ``UserFault("officer-unknown")``."""
        with self._store.reading() as rows:
            return _known(rows, _officer(rows, officer_id))

    def everyone(self) -> tuple[Known, ...]:
        """List the officers, the first invited first."""
        with self._store.reading() as rows:
            return tuple([_known(rows, each) for each in rows.of(Officer)])

    def sessions(self, officer_id: str = "") -> tuple[Session, ...]:
        """List the sessions that stand, of an officer or of everyone, the oldest first."""
        now_ms = self._clock.now_ms()
        with self._store.reading() as rows:
            found = rows.of(Session, officer_id)
            return tuple([each for each in found if standing_of(rows, each, self._limits, now_ms) is not None])

    def end_session(self, session_id: str, officer_id: str = "") -> Session:
        """End a session, of this officer if one is named; raises ``UserFault("session-unknown")``."""
        with self._store.transaction() as rows:
            session = rows.get(Session, session_id)
            if session is None or officer_id not in ("", session.officer):
                raise UserFault("session-unknown", session_id[:ID_BYTES])
            session = msgspec.structs.replace(session, revoked_ms=session.revoked_ms or self._clock.now_ms())
            rows.put(session)
        return session

    def _invited(self, rows: OfficerRows, wanted: Wanted, by: str, life_ms: int) -> Invited:
        now_ms = self._clock.now_ms()
        check_officer(wanted.name, wanted.rank, wanted.languages, wanted.clearances)
        check_tenure(wanted.post, now_ms, 0)
        officer = Officer(
            secrets.token_hex(ID_BYTES),
            *(wanted.name, wanted.rank, wanted.languages, wanted.clearances),
            *(Standing.ACTIVE, now_ms, by),
        )
        rows.put(officer)
        for role in dict.fromkeys(wanted.roles):
            rows.put(Tenure(secrets.token_hex(ID_BYTES), officer.id, wanted.post, role, now_ms, 0, by))
        return self._coded(rows, officer, by, life_ms)

    def _coded(self, rows: OfficerRows, officer: Officer, by: str, life_ms: int) -> Invited:
        now_ms, life_ms = self._clock.now_ms(), life_ms or self._limits.invitation_ms
        return Invited(officer, invite(rows, officer.id, by, now_ms, life_ms), now_ms + life_ms)


def _officer(rows: OfficerRows, officer_id: str) -> Officer:
    officer = rows.get(Officer, officer_id)
    if officer is None:
        raise UserFault("officer-unknown", officer_id[:WORD_CHARS_MAX])
    return officer


def _active(rows: OfficerRows, officer_id: str) -> Officer:
    officer = _officer(rows, officer_id)
    if officer.standing is not Standing.ACTIVE:
        raise UserFault("officer-ended", officer_id)
    return officer


def _standing(officer: Officer, standing: Standing) -> Officer:
    """Suspend or restore; what was revoked stays so."""
    if officer.standing is Standing.REVOKED:
        raise UserFault("officer-ended", officer.id)
    return msgspec.structs.replace(officer, standing=standing)


def _known(rows: OfficerRows, officer: Officer) -> Known:
    tenures, passkeys = rows.of(Tenure, officer.id), rows.of(Passkey, officer.id)
    identity = next(iter(rows.of(Identity, officer.id)), None)
    return Known(officer, tenures, passkeys, rows.get(Recovery, officer.id), identity)


def _can_administer(rows: OfficerRows, officer: Officer, now_ms: int) -> bool:
    """Say whether an officer could sign in now and administer."""
    return _can(rows, officer, Role.ADMINISTRATOR, now_ms) and any(
        each.standing is Standing.ACTIVE for each in rows.of(Passkey, officer.id)
    )


def _can_approve(rows: OfficerRows, officer_id: str, now_ms: int) -> bool:
    """Say whether a security officer who approved once still is one."""
    officer = rows.get(Officer, officer_id)
    return officer is not None and _can(rows, officer, Role.SECURITY_OFFICER, now_ms)


def _can(rows: OfficerRows, officer: Officer, role: Role, now_ms: int) -> bool:
    held = any(each.role is role and each.holds(now_ms) for each in rows.of(Tenure, officer.id))
    return held and officer.standing is Standing.ACTIVE
