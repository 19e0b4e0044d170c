"""Who works at this node: officers, the posts and roles they hold, their passkeys, their sessions. Data and rules.

Rules kept here: an officer is a pseudonym; the name behind it stays in this node's own file. A role is held at a post
from a time until a time, and counts within it. A session stands only while its officer, whatever opened it and both its
time limits do, so that what ends one of them ends it at its next request. Who came in by another's word (an identity
provider's) holds no role that governs officers until they show a passkey. Of every secret the SHA-256 alone is kept.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Final, Protocol, TypeVar

import msgspec

from rabita.line.descriptor import LANGUAGES
from rabita.line.errors import UserFault
from rabita.line.ids import is_shown
from rabita.procedures.accreditation_ranks import RANKS

NAME_CHARS_MAX: Final = 80
WORD_CHARS_MAX: Final = 32
CONSOLE: Final = "console"
"""Who acts where a command of this machine does, as the ``by`` of a row."""


class Role(StrEnum):
    """What an officer does at a post."""

    DRAFTER = "drafter"
    REVIEWER = "reviewer"
    RELEASER = "releaser"
    DUTY_OFFICER = "duty-officer"
    LIAISON_OFFICER = "liaison-officer"
    FOREIGN_MINISTRY_DESK = "foreign-ministry-desk"
    SECURITY_OFFICER = "security-officer"
    DATA_PROTECTION_REVIEWER = "data-protection-reviewer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


BY_PASSKEY_ALONE: Final = (Role.SECURITY_OFFICER, Role.ADMINISTRATOR)
"""Roles that are not held in a session in which no passkey was shown."""


class Standing(StrEnum):
    """Whether an officer, or a passkey, may be used: for now not, or never again."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Officer(msgspec.Struct, frozen=True):
    """An officer. ``rank`` is a code of ``RANKS`` or empty; ``clearances`` are levels of a charter's classification."""

    id: str
    name: str
    rank: str
    languages: tuple[str, ...]
    clearances: tuple[str, ...]
    standing: Standing
    created_ms: int
    by: str


class Tenure(msgspec.Struct, frozen=True):
    """A role that an officer holds at a post; ``until_ms`` 0: until it is ended."""

    id: str
    officer: str
    post: str
    role: Role
    from_ms: int
    until_ms: int
    by: str

    def holds(self, now_ms: int) -> bool:
        """Say whether it is held at this time."""
        return self.from_ms <= now_ms and (not self.until_ms or now_ms < self.until_ms)


class Passkey(msgspec.Struct, frozen=True):
    """A passkey: ``id`` is the credential's, base64url; ``public_key`` is COSE; ``sign_count`` as it said last.

    ``answer`` is the SHA-256 of the signature counted last where that was an approval, else empty.
    """

    id: str
    officer: str
    public_key: bytes
    sign_count: int
    standing: Standing
    created_ms: int
    used_ms: int
    answer: bytes = b""


class Identity(msgspec.Struct, frozen=True):
    """By which name (``subject``) an identity provider (``issuer``) knows an officer; ``id`` is ``identity_id``'s."""

    id: str
    officer: str
    issuer: str
    subject: str
    created_ms: int
    by: str


class Invitation(msgspec.Struct, frozen=True):
    """A one-time code to enrol a passkey with, of which the SHA-256 is kept; ``used_ms`` 0 until it is."""

    id: str
    officer: str
    digest: bytes
    created_ms: int
    expires_ms: int
    used_ms: int
    by: str


class Recovery(msgspec.Struct, frozen=True):
    """What one security officer has approved: that an officer may enrol anew. One per officer, named by the officer."""

    id: str
    officer: str
    by: str
    created_ms: int
    expires_ms: int


class Session(msgspec.Struct, frozen=True):
    """A session. ``seen_ms`` is exact to ``SEEN_STEP_MS``; ``authenticated_ms`` is when a passkey was last shown.

    Of one opened by an ``identity`` that is 0, and ``passkey`` is empty, until the officer shows a passkey within it.
    """

    id: str
    officer: str
    passkey: str
    digest: bytes
    created_ms: int
    seen_ms: int
    authenticated_ms: int
    revoked_ms: int
    identity: str = ""


Row = Officer | Tenure | Passkey | Identity | Invitation | Recovery | Session
R = TypeVar("R", bound=Row)


class OfficerRows(Protocol):
    """The rows of one transaction; what is put is seen at once within it."""

    def get(self, kind: type[R], row_id: str) -> R | None:
        """Find a row by its id."""
        ...

    def of(self, kind: type[R], officer: str = "") -> tuple[R, ...]:
        """List the rows of an officer, or of everyone, the oldest first and by id among equals."""
        ...

    def put(self, row: Row) -> None:
        """Keep a row, in place of the one of the same kind and id."""
        ...

    def drop(self, kind: type[R], row_id: str) -> None:
        """Forget a row, if there is one."""
        ...


class OfficerStore(Protocol):
    """Keeps the rows. A transaction is all or nothing, durable once it ended, and alone while it runs.

    Any thread may begin one, and so may another process. Raises ``LocalFault("store-unavailable")``, nothing changed.
    """

    def transaction(self) -> AbstractContextManager[OfficerRows]:
        """Read and change; what is raised within changes nothing."""
        ...

    def reading(self) -> AbstractContextManager[OfficerRows]:
        """Read; holds nobody up."""
        ...


class Limits(msgspec.Struct, frozen=True):
    """How long things are good for, in milliseconds."""

    idle_ms: int = 15 * 60_000
    absolute_ms: int = 12 * 3_600_000
    invitation_ms: int = 15 * 60_000
    recovery_ms: int = 24 * 3_600_000


SEEN_STEP_MS: Final = 15_000
"""A session's last use is written down when it is this much newer, so that few requests wait for the disk."""


class Who(msgspec.Struct, frozen=True):
    """Whoever is signed in: the officer, what it holds now, and by which session."""

    officer: Officer
    tenures: tuple[Tenure, ...]
    session: Session

    @property
    def roles(self) -> tuple[Role, ...]:
        """Name the roles held now, in the order of the table of roles."""
        return roles_of(self.tenures)

    @property
    def posts(self) -> tuple[str, ...]:
        """Name the posts held now."""
        return tuple(sorted({each.post for each in self.tenures}))


def roles_of(tenures: Iterable[Tenure]) -> tuple[Role, ...]:
    """Name the roles of these tenures, each once, in the order of the table."""
    held = {each.role for each in tenures}
    return tuple([role for role in Role if role in held])


def identity_id(issuer: str, subject: str) -> str:
    """Name an identity: no two pairs of issuer and subject have one name."""
    return sha256(msgspec.json.encode([issuer, subject])).hexdigest()


def digest_of(secret: str) -> bytes:
    """Give what is kept of a secret."""
    return sha256(secret.encode()).digest()


def is_secret(secret: str, digest: bytes) -> bool:
    """Say in constant time whether this is the secret of a digest."""
    return compare_digest(digest_of(secret), digest)


def standing_of(
    rows: OfficerRows, session: Session, limits: Limits, now_ms: int, *, unattended: bool = False
) -> Who | None:
    """Say who a session stands for at this time, or None where it stands no more; *unattended*: it may be idle."""
    officer = rows.get(Officer, session.officer)
    if session.revoked_ms or officer is None or officer.standing is not Standing.ACTIVE:
        return None
    if not _opener_stands(rows, session) or now_ms - session.created_ms >= limits.absolute_ms:
        return None
    if not unattended and now_ms - session.seen_ms >= limits.idle_ms:
        return None
    left_out = () if session.authenticated_ms else BY_PASSKEY_ALONE
    held = [each for each in rows.of(Tenure, officer.id) if each.holds(now_ms) and each.role not in left_out]
    return Who(officer, tuple(held), session)


def _opener_stands(rows: OfficerRows, session: Session) -> bool:
    """Say whether the passkey and the identity of a session stand; it has one of them, or both."""
    passkey = rows.get(Passkey, session.passkey) if session.passkey else None
    if session.passkey and (passkey is None or passkey.standing is not Standing.ACTIVE):
        return False
    return rows.get(Identity, session.identity) is not None if session.identity else passkey is not None


def end_access(rows: OfficerRows, officer: str, now_ms: int) -> None:
    """Revoke the passkeys, end the sessions, invitations and recoveries of an officer, forget their identities."""
    for passkey in rows.of(Passkey, officer):
        rows.put(msgspec.structs.replace(passkey, standing=Standing.REVOKED))
    for identity in rows.of(Identity, officer):
        rows.drop(Identity, identity.id)
    for invitation in rows.of(Invitation, officer):
        rows.put(msgspec.structs.replace(invitation, used_ms=invitation.used_ms or now_ms))
    rows.drop(Recovery, officer)
    end_sessions(rows, officer, now_ms)


def end_sessions(rows: OfficerRows, officer: str, now_ms: int) -> None:
    """End the live sessions of an officer."""
    for session in rows.of(Session, officer):
        if not session.revoked_ms:
            rows.put(msgspec.structs.replace(session, revoked_ms=now_ms))


def end_sessions_of(rows: OfficerRows, passkey: Passkey, now_ms: int) -> None:
    """End the live sessions in which a passkey was shown to open or to confirm them."""
    for session in rows.of(Session, passkey.officer):
        if session.passkey == passkey.id and not session.revoked_ms:
            rows.put(msgspec.structs.replace(session, revoked_ms=now_ms))


def check_officer(name: str, rank: str, languages: Iterable[str], clearances: Iterable[str]) -> None:
    """Check what is said of an officer; raises ``UserFault("officer-terms")`` naming what is not allowed."""
    words = all(_is_word(each) for each in clearances)
    for what, allowed in (
        ("name", _is_text(name, NAME_CHARS_MAX)),
        ("rank", not rank or rank in RANKS),
        ("languages", set(languages) <= set(LANGUAGES)),
        ("clearances", words),
    ):
        if not allowed:
            raise UserFault("officer-terms", what)


def check_tenure(post: str, from_ms: int, until_ms: int) -> None:
    """Check where and when a role is held; raises ``UserFault("officer-terms")``."""
    if not _is_word(post):
        raise UserFault("officer-terms", "post")
    if until_ms and until_ms <= from_ms:
        raise UserFault("officer-terms", "until_ms")


def _is_text(text: str, chars_max: int) -> bool:
    return 0 < len(text) <= chars_max and is_shown(text) and text == text.strip()


def _is_word(text: str) -> bool:
    return _is_text(text, WORD_CHARS_MAX)
