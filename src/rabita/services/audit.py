"""The audit log: who read, tried, sealed, exported or changed what, when, through which door, and with what outcome.

Rules kept here: an entry (a *deed*) holds codes, names of this program's own doors, digests and references, and nothing
that anyone said: whatever comes from outside is kept only if it has the shape of a name of ours. An act or an export is
entered before it is carried out (``begun``) and again when its outcome is known; where that cannot be done it is not
carried out. What merely reads is never held up: repetitions within a minute are counted into one entry, with an outcome
and a code of their own each, and what could not be written is itself an entry (``gap``).
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final, NamedTuple, Protocol, TypeAlias

import msgspec

from rabita.line.errors import LocalFault, PeerFault, RabitaError, UserFault
from rabita.line.ids import Natural, is_party_code, line_id_of, parse_reference
from rabita.line.limits import INTEGER_MAX
from rabita.ports import Clock

MINUTE_MS: Final = 60_000
GATHERED_MAX: Final = 4_096
UNNUMBERED: Final = -1
_HEX: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")

Coded: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9 ._:-]{0,64}$")]
Target: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9./-]{0,128}$")]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=UNNUMBERED, le=INTEGER_MAX)]


class Kind(StrEnum):
    """Who acts, and what names them: a token's id, a user of this machine, the node itself, an officer's id, or nobody.

    A ``command`` is the command line, or a program that asks over the control socket as it does.
    """

    TOKEN = "token"  # noqa: S105 - a kind of actor
    COMMAND = "command"
    SERVICE = "service"
    OFFICER = "officer"
    NOBODY = "nobody"


class Outcome(StrEnum):
    """What became of it: about to be carried out, carried out, not allowed, or failed on the way."""

    BEGUN = "begun"
    ALLOWED = "allowed"
    REFUSED = "refused"
    FAILED = "failed"


class Action(StrEnum):
    """What is done; ``MEANINGS`` says each in words. The list is closed: a door names one of these."""

    READ = "read"
    LIST = "list"
    SEARCH = "search"
    LISTEN = "listen"
    STATUS = "status"
    VERIFY = "verify"
    CHECK = "check"
    SAVE = "save"
    DRAFT = "draft"
    REVIEW = "review"
    RETURN = "return"
    SEAL = "seal"
    APPROVE = "approve"
    RELEASE = "release"
    ATTACH = "attach"
    EXPORT = "export"
    IMPORT = "import"
    CARRY = "carry"
    PAIR = "pair"
    AMEND = "amend"
    KEYS = "keys"
    EPOCH = "epoch"
    HAND_OVER = "hand-over"
    CHANGE_SETTINGS = "change-settings"
    TOKEN_CREATE = "token-create"  # noqa: S105 - the name of an action
    TOKEN_REVOKE = "token-revoke"  # noqa: S105 - the name of an action
    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    ENROL = "enrol"
    BACKUP = "backup"
    RESTORE = "restore"
    FOUND = "found"
    START = "start"
    STOP = "stop"
    READ_AUDIT = "read-audit"
    EXPORT_AUDIT = "export-audit"
    GAP = "gap"


MEANINGS: Final[Mapping[Action, str]] = {
    Action.READ: "Something was read: an entry, a case, a charter.",
    Action.LIST: "A list was read.",
    Action.SEARCH: "What was said was searched; the words looked for are not kept.",
    Action.LISTEN: "Somebody began to listen to events.",
    Action.STATUS: "The state of the node or its lines was read.",
    Action.VERIFY: "Something was verified.",
    Action.CHECK: "An act was tried without sealing it.",
    Action.SAVE: "A draft was saved while it was written.",
    Action.DRAFT: "A draft was made, submitted or dropped, or this node wiped personal data in it whose time was over.",
    Action.REVIEW: "A draft was reviewed.",
    Action.RETURN: "A draft was returned to those who write it.",
    Action.SEAL: "An act was sealed.",
    Action.APPROVE: "An approval was given.",
    Action.RELEASE: "Something was released to the other side.",
    Action.ATTACH: "A file was added.",
    Action.EXPORT: "A record left this node as a file.",
    Action.IMPORT: "A file of the other side was taken in.",
    Action.CARRY: "A courier bundle was written.",
    Action.PAIR: "A party or a line was paired, proposed, signed or accepted.",
    Action.AMEND: "An amendment of the charter was worked on.",
    Action.KEYS: "Keys were made, rotated, revoked or published.",
    Action.EPOCH: "An epoch was opened or agreed to.",
    Action.HAND_OVER: "A watch was handed over, or signed for.",
    Action.CHANGE_SETTINGS: "A setting was changed.",
    Action.TOKEN_CREATE: "An access token was made.",
    Action.TOKEN_REVOKE: "An access token was revoked.",
    Action.SIGN_IN: "An officer signed in.",
    Action.SIGN_OUT: "An officer signed out.",
    Action.ENROL: "An officer, or a way for one to sign in, was added or taken away.",
    Action.BACKUP: "A backup was written.",
    Action.RESTORE: "A backup was restored: what this log held after that backup is not in it.",
    Action.FOUND: "A party was founded here.",
    Action.START: "The node started.",
    Action.STOP: "The node stopped in good order.",
    Action.READ_AUDIT: "The audit log was read or verified.",
    Action.EXPORT_AUDIT: "The audit log was exported.",
    Action.GAP: "This many entries could not be written, from the first time to the last.",
}
FREE: Final = frozenset(
    (
        *(Action.READ, Action.LIST, Action.SEARCH, Action.LISTEN, Action.STATUS, Action.VERIFY, Action.CHECK),
        *(Action.SAVE, Action.SIGN_IN, Action.SIGN_OUT, Action.START, Action.STOP, Action.READ_AUDIT, Action.GAP),
    )
)
"""What goes on while the log cannot be written; anything else is refused."""


class Deed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry. Times are milliseconds since 1970 UTC by this node's clock.

    ``number`` is its place in the log from 0; ``door`` the route, ask or command; ``target`` a reference, a digest or
    a token's id; ``code`` that of the fault. ``count`` such deeds happened, the last at ``last_ms`` where there are
    several. ``begun`` is the number of the entry that announced it.
    """

    number: Number
    time_ms: Natural
    kind: Kind
    actor: Coded
    action: Action
    door: Coded
    line: Coded = ""
    target: Target = ""
    outcome: Outcome = Outcome.ALLOWED
    code: Coded = ""
    count: Annotated[int, msgspec.Meta(ge=1, le=INTEGER_MAX)] = 1
    last_ms: Natural = 0
    begun: Number = UNNUMBERED


class Row(NamedTuple):
    """An entry as stored: its number, its bytes and its leaf hash (RFC 6962)."""

    number: int
    raw: bytes
    leaf: bytes


class Head(NamedTuple):
    """A signed head: how many entries it covers, the frontier of their tree, the checkpoint note over its root."""

    size: int
    frontier: bytes
    note: bytes


class Wanted(msgspec.Struct, frozen=True):
    """Which entries: a field empty or 0 for any; times from (inclusive) and until (exclusive); *lines*: these only."""

    actor: str = ""
    action: str = ""
    line: str = ""
    from_ms: int = 0
    until_ms: int = 0
    lines: tuple[str, ...] = ()


EVERYTHING: Final = Wanted()


class AuditLog(Protocol):
    """Keeps entries and heads, and never changes or forgets one. What is put is durable on return; any thread may call.

    Several processes may append at once. Raises ``LocalFault("audit-unavailable")`` with nothing changed.
    """

    def append(self, deeds: Sequence[Deed]) -> int:
        """Append entries under the next numbers; gives the number of the first."""
        ...

    def size(self) -> int:
        """Count the entries."""
        ...

    def rows(self, first: int, count: int) -> Sequence[Row]:
        """Give at most *count* entries from number *first* on, as stored, in their order."""
        ...

    def newest(self, wanted: Wanted, before: int, count: int) -> Sequence[bytes]:
        """Give at most *count* of the entries wanted that stand before number *before*, the newest first."""
        ...

    def put_head(self, head: Head) -> None:
        """Keep a head; where there is one of its size, that one stays."""
        ...

    def heads(self) -> Sequence[Head]:
        """List the heads by size."""
        ...

    def last_head(self) -> Head | None:
        """Give the largest head."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


def write_deed(deed: Deed) -> bytes:
    """Write an entry in its one form: JSON without spaces, members in the order of ``Deed``."""
    return msgspec.json.encode(deed)


def read_deed(raw: bytes) -> Deed:
    """Read an entry; raises ``PeerFault("audit-altered")`` unless the bytes are what ``write_deed`` gives."""
    try:
        deed = _deeds.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise PeerFault("audit-altered") from None
    if write_deed(deed) != raw:
        raise PeerFault("audit-altered")
    return deed


_deeds: Final = msgspec.json.Decoder(Deed)


def line_or_none(text: str) -> str:
    """Give a line's name as it is, and anything else as nothing."""
    try:
        line_id_of(text)
    except ValueError:
        return ""
    return text


def target_or_none(text: str) -> str:
    """Give a digest, a reference or a token's id as it is, and anything else as nothing: words are never kept."""
    if _HEX.fullmatch(text):
        return text
    try:
        return text if is_party_code(parse_reference(text).log.party) and text == text.strip() else ""
    except UserFault:
        return ""


class Gathering:
    """Counts repetitions: the first of its kind is entered at once, those of the minute after it as one entry.

    While it goes on there is one entry a minute. Of one kind are deeds alike in all but time; acts and exports that
    were carried out are each entered by themselves.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._open: dict[Deed, tuple[int, Deed | None]] = {}

    def __bool__(self) -> bool:
        """Say whether something may come due."""
        return bool(self._open)

    def take(self, deed: Deed) -> tuple[Deed, ...]:
        """Take a deed; gives what is to be entered now."""
        if deed.action not in FREE and deed.outcome is not Outcome.REFUSED:
            return (deed,)
        key = msgspec.structs.replace(deed, time_ms=0)
        if key not in self._open:
            self._open[key] = (deed.time_ms, None)
            return (deed, *(self._closed(next(iter(self._open))) if len(self._open) > GATHERED_MAX else ()))
        since_ms, held = self._open[key]
        first = held or deed
        more = (held.count if held else 0) + 1
        last_ms = deed.time_ms if more > 1 else 0
        self._open[key] = (since_ms, msgspec.structs.replace(first, count=more, last_ms=last_ms))
        return ()

    def due(self, now_ms: int) -> list[Deed]:
        """Give what was counted in the minutes that have ended; a clock put back ends a minute too."""
        ended = [key for key, (since_ms, _) in self._open.items() if not 0 <= now_ms - since_ms < MINUTE_MS]
        found: list[Deed] = []
        for key in ended:
            counted = self._closed(key)
            if counted:
                self._open[key] = (now_ms, None)
            found += counted
        return found

    def rest(self) -> list[Deed]:
        """Give all that was counted, and begin anew."""
        return [deed for key in tuple(self._open) for deed in self._closed(key)]

    def _closed(self, key: Deed) -> tuple[Deed, ...]:
        _, held = self._open.pop(key)
        return (held,) if held is not None else ()


class Auditing(Protocol):
    """Where the doors tell what is done; what stands behind writes it on a thread of its own."""

    def note(self, deed: Deed) -> None:
        """Enter a deed soon; never waits, never raises."""
        ...

    async def write(self, deed: Deed) -> int:
        """Enter a deed durably and give its number; raises ``LocalFault("audit-unavailable")``."""
        ...

    async def sign(self) -> None:
        """Enter all that was told and sign the head; raises ``LocalFault``."""
        ...

    def log(self) -> AuditLog:
        """Give the log for reading; raises ``LocalFault("audit-unavailable")``."""
        ...


class Doing:
    """One thing done at a door, from before it is carried out to its outcome; the door fills in what it learns."""

    def __init__(self, audit: Auditing, clock: Clock, door: str, action: Action) -> None:
        """Begin with nobody as the actor."""
        self._audit = audit
        self._clock = clock
        self._begun = UNNUMBERED
        self.door = door
        self.action = action
        self.kind = Kind.NOBODY
        self.actor = ""
        self.line = ""
        self.target = ""

    async def begin(self) -> None:
        """Announce it, where it is an act or an export; raises ``LocalFault("audit-unavailable")``."""
        if self.action not in FREE:
            self._begun = await self._audit.write(self.deed(Outcome.BEGUN))

    def end(self, fault: BaseException | None = None) -> None:
        """Tell its outcome."""
        self._audit.note(self.deed(outcome_of(fault), code_of(fault)))

    def deed(self, outcome: Outcome, code: str = "") -> Deed:
        """Write it as an entry."""
        return Deed(
            number=UNNUMBERED,
            time_ms=self._clock.now_ms(),
            kind=self.kind,
            actor=self.actor,
            action=self.action,
            door=self.door,
            line=line_or_none(self.line),
            target=target_or_none(self.target),
            outcome=outcome,
            code=code,
            begun=self._begun,
        )


def outcome_of(fault: BaseException | None) -> Outcome:
    """Say what a fault made of a deed: what was asked was not allowed, or this node could not do it."""
    if fault is None:
        return Outcome.ALLOWED
    return Outcome.REFUSED if isinstance(fault, UserFault | PeerFault) else Outcome.FAILED


def code_of(fault: BaseException | None) -> str:
    """Give the code of a fault; what nobody foresaw, and what was broken off, is a fault of the program."""
    return fault.code if isinstance(fault, RabitaError) else "program-fault" if fault is not None else ""


def gap(lost: int, first_ms: int, last_ms: int) -> Deed:
    """Write the entry that says how many were lost."""
    return Deed(
        number=UNNUMBERED,
        time_ms=first_ms,
        kind=Kind.SERVICE,
        actor="",
        action=Action.GAP,
        door="audit",
        outcome=Outcome.FAILED,
        code=LocalFault("audit-unavailable").code,
        count=lost,
        last_ms=last_ms,
    )
