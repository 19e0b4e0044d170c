"""Drafts and what is done with them, as data: states, steps, versions, what was frozen for release, who approved it.

Rules kept here: which step leads from which state where is a table. A change has a number of its own and one that is
not the newest is never acted on; what one officer saves in a row is one version. Who wrote any of it stays known when
the words are gone, as they are when a draft ends: what was said stands in the store alone, where purging finds it.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Annotated, Any, Final, Protocol, TypeVar

import msgspec

from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.line.limits import ATTACHMENTS_MAX, INTEGER_MAX, NAME_CHARS_MAX, PORTION_BYTES_MAX, PORTIONS_MAX
from rabita.procedures.marking import Category, Purpose

VERSIONS_MAX: Final = 100
BASIS_MAX: Final = 64
POSTS_MAX: Final = 32
COMMENT_CHARS_MAX: Final = 2_000

Name = Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)]
Time = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]


class State(StrEnum):
    """Where a draft is on its way."""

    DRAFTING = "drafting"
    IN_REVIEW = "in-review"
    RETURNED = "returned"
    IN_RELEASE = "in-release"
    RELEASED = "released"
    DROPPED = "dropped"


class Did(StrEnum):
    """What an officer does with a draft; that it ends when its personal data may be kept no longer, nobody does."""

    SAVE = "save"
    SUBMIT = "submit"
    REVIEW = "review"
    REVIEW_PERSONAL_DATA = "review-personal-data"
    RETURN = "return"
    APPROVE = "approve"
    RELEASE = "release"
    DROP = "drop"
    EXPIRE = "expire"


WRITABLE: Final = (State.DRAFTING, State.RETURNED)
REVIEWED: Final = (State.IN_REVIEW, State.IN_RELEASE)
ENDED: Final = (State.RELEASED, State.DROPPED)
OPEN: Final = tuple([state for state in State if state not in ENDED])
MOVES: Final[Mapping[Did, Mapping[State, State]]] = {
    Did.SAVE: {state: state for state in WRITABLE},
    Did.SUBMIT: dict.fromkeys(WRITABLE, State.IN_REVIEW),
    Did.REVIEW: dict.fromkeys(REVIEWED, State.IN_RELEASE),
    Did.REVIEW_PERSONAL_DATA: {state: state for state in REVIEWED},
    Did.RETURN: dict.fromkeys(REVIEWED, State.RETURNED),
    Did.APPROVE: {State.IN_RELEASE: State.IN_RELEASE},
    Did.RELEASE: dict.fromkeys(OPEN, State.RELEASED),
    Did.DROP: dict.fromkeys(OPEN, State.DROPPED),
    Did.EXPIRE: dict.fromkeys(OPEN, State.DROPPED),
}
"""To which state a step leads, from each state it may be taken in."""
FLASH_APPROVED: Final[Mapping[State, State]] = {state: state for state in OPEN}
"""In which states an act at FLASH may be approved: also before its review, where policy allows it."""


class SaidPortion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A portion: its words, what it is, its marking and language; a withheld one never leaves this node.

    ``discloses`` as for ``casework.Words``.
    """

    text: Annotated[str, msgspec.Meta(max_length=PORTION_BYTES_MAX)] = ""
    role: Name = ""
    marking: Name = ""
    language: Name = ""
    withheld: bool = False
    discloses: Name = ""


class PersonalData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That there are personal data in it: for what, of whom, and until when they are kept (ms since 1970 UTC)."""

    purpose: Purpose
    category: Category
    retention_until_ms: Time


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a draft says, complete or not: an act's body, ``post`` it is said as, and its personal data, if any."""

    fields: dict[str, Any] = {}
    precedence: Lane = Lane.ROUTINE
    basis: Annotated[tuple[Name, ...], msgspec.Meta(max_length=BASIS_MAX)] = ()
    portions: Annotated[tuple[SaidPortion, ...], msgspec.Meta(max_length=PORTIONS_MAX)] = ()
    posts: Annotated[tuple[Name, ...], msgspec.Meta(max_length=POSTS_MAX)] = ()
    marking: Name = ""
    kind: Name = ""
    reply_by_ms: Time = 0
    expires_ms: Time = 0
    attachments: Annotated[tuple[Name, ...], msgspec.Meta(max_length=ATTACHMENTS_MAX)] = ()
    post: Name = ""
    personal_data: PersonalData | None = None


class Draft(msgspec.Struct, frozen=True):
    """A draft. ``number`` is its place among all; ``version`` counts its changes, ``steps`` what else was done with it.

    ``writers`` are officers' ids; ``digest`` and ``reference`` are those of the act that was released, empty before.
    """

    id: str
    number: int
    line: str
    procedure: str
    act: str
    state: State
    version: int
    steps: int
    writers: tuple[str, ...]
    created_ms: int
    changed_ms: int
    digest: str = ""
    reference: str = ""


class Version(msgspec.Struct, frozen=True):
    """What a draft said at one time: ``said`` as JSON, empty once the draft ended."""

    id: str
    draft: str
    number: int
    by: str
    saved_ms: int
    said: bytes


class Step(msgspec.Struct, frozen=True):
    """What an officer (``by``, empty for nobody) did with a version, with their ``comment``.

    ``digest`` is the act's where one was approved.
    """

    id: str
    draft: str
    number: int
    did: Did
    version: int
    by: str
    time_ms: int
    comment: str = ""
    digest: str = ""


class Frozen(msgspec.Struct, frozen=True):
    """The very bytes that are to be released; of each draft one at most, named by the draft.

    ``needed`` lists the roles that must approve it, as ``services.casework.Prepared``. ``sent`` and ``withheld`` are
    portions with their salt, in the order of the act.
    """

    id: str
    draft: str
    version: int
    precedence: Lane
    digest: str
    act: bytes
    sent: tuple[bytes, ...]
    withheld: tuple[bytes, ...]
    needed: tuple[str, ...]
    sentence: str
    frozen_ms: int


class Noted(msgspec.Struct, frozen=True):
    """An officer's approval of what was frozen: one per draft and officer, whatever passkeys they have.

    ``approval`` is ``line.entry.Approval`` as JSON; ``post`` and ``role`` are those it was given as and in; ``session``
    is the officer's, which had shown a passkey ``authenticated_ago_ms`` before.
    """

    id: str
    draft: str
    by: str
    passkey: str
    session: str
    post: str
    role: str
    approval: bytes
    given_ms: int
    authenticated_ago_ms: int


Row = Draft | Version | Step | Frozen | Noted
R = TypeVar("R", Version, Step, Frozen, Noted)


class DraftRows(Protocol):
    """The rows of one transaction; what is put is seen at once within it."""

    def draft(self, draft_id: str) -> Draft | None:
        """Find a draft."""
        ...

    def drafts(self, line: str, state: str, before: int, count: int) -> Sequence[Draft]:
        """List drafts of a line and in a state (empty: any) below number *before*, the newest made first."""
        ...

    def newest(self) -> int:
        """Give the number of the draft made last, 0 where there is none."""
        ...

    def of(self, kind: type[R], draft: str) -> tuple[R, ...]:
        """List a draft's rows of a kind, in the order they were first put."""
        ...

    def put(self, row: Row) -> None:
        """Keep a row, in place of the one of the same kind and id."""
        ...

    def drop(self, kind: type[R], row_id: str) -> None:
        """Forget a row, if there is one; its bytes are wiped."""
        ...


class DraftStore(Protocol):
    """Keeps the rows. A transaction is all or nothing, durable once it ended, and alone while it runs.

    Any thread may begin one. Raises ``LocalFault("store-unavailable")``, nothing changed.
    """

    def transaction(self) -> AbstractContextManager[DraftRows]:
        """Read and change; what is raised within changes nothing."""
        ...

    def reading(self) -> AbstractContextManager[DraftRows]:
        """Read; holds nobody up."""
        ...


def find(rows: DraftRows, draft_id: str) -> Draft:
    """Give a draft; raises ``UserFault("draft-unknown")``."""
    found = rows.draft(draft_id)
    if found is None:
        raise UserFault("draft-unknown", draft_id[:16])
    return found


def at_version(draft: Draft, version: int) -> Draft:
    """Give the draft if this is its newest version; raises ``UserFault("draft-changed")``."""
    if draft.version != version:
        raise UserFault("draft-changed", f"version {draft.version}")
    return draft


def moved(draft: Draft, moves: Mapping[State, State], now_ms: int) -> Draft:
    """Take a step; raises ``UserFault("draft-state")`` where the draft's state does not allow it."""
    if draft.state not in moves:
        raise UserFault("draft-state", draft.state)
    return msgspec.structs.replace(draft, state=moves[draft.state], changed_ms=now_ms)


def read_said(raw: bytes) -> Said:
    """Read what a version says."""
    return msgspec.json.decode(raw, type=Said) if raw else Said()


def note_step(rows: DraftRows, draft: Draft, did: Did, by: str, *, comment: str = "", digest: str = "") -> Draft:
    """Keep a draft that took a step, and write down who took it with its newest version."""
    draft = msgspec.structs.replace(draft, steps=draft.steps + 1)
    number, time_ms = draft.steps, draft.changed_ms
    rows.put(Step(f"{draft.id}.{number}", draft.id, number, did, draft.version, by, time_ms, comment, digest))
    rows.put(draft)
    return draft


def thaw(rows: DraftRows, draft_id: str) -> None:
    """Forget what was frozen, and who approved it."""
    rows.drop(Frozen, draft_id)
    for noted in rows.of(Noted, draft_id):
        rows.drop(Noted, noted.id)


def without_words(rows: DraftRows, draft: Draft) -> None:
    """Forget every word of a draft that ended."""
    thaw(rows, draft.id)
    for version in rows.of(Version, draft.id):
        rows.put(msgspec.structs.replace(version, said=b""))
    for step in rows.of(Step, draft.id):
        rows.put(msgspec.structs.replace(step, comment=""))
