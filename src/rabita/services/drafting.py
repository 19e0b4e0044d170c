"""Writing drafts: made, saved, submitted, reviewed, returned, dropped, read; everything short of release.

Rules kept here: nothing of a draft leaves this node. Every step names the version it is about, and is refused if
another was saved since. A draft may be incomplete until it is submitted. Any change of its words forgets what was
frozen for release, and who approved it.
"""

import secrets
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.ports.blobs import Blobs
from rabita.services.attachments import require
from rabita.services.casebook import Page, bounded, read_cursor
from rabita.services.casework import Finding, Prepared, findings, prepare
from rabita.services.draft_expiry import expire
from rabita.services.draft_facts import check_personal_data, wanted_of
from rabita.services.draft_room import DRAFT, RELEASE, REVIEW, REVIEW_PERSONAL_DATA, Room, newest
from rabita.services.drafts import (
    ENDED,
    MOVES,
    OPEN,
    VERSIONS_MAX,
    Did,
    Draft,
    DraftRows,
    Said,
    State,
    Step,
    Version,
    at_version,
    find,
    moved,
    note_step,
    read_said,
    thaw,
    without_words,
)
from rabita.services.officers import Who

ID_BYTES: Final = 8
SCANNED_MAX: Final = 200
"""How many drafts a list looks at for one page, however few of them the asker may read."""
FIRST_VERSION: Final = 1


class VersionLine(msgspec.Struct, frozen=True):
    """A version in a list."""

    number: int
    by: str
    saved_ms: int


class Shown(msgspec.Struct, frozen=True):
    """A draft as an officer reads it: what its newest version says, what rules find in it, its versions and steps."""

    draft: Draft
    said: Said
    findings: tuple[Finding, ...]
    versions: tuple[VersionLine, ...]
    steps: tuple[Step, ...]


class ShownVersion(msgspec.Struct, frozen=True):
    """A version in full."""

    number: int
    by: str
    saved_ms: int
    said: Said


class Drafting:
    """Keeps drafts. *who* is the officer signed in. Any thread may call."""

    def __init__(self, room: Room, blobs: Blobs) -> None:
        """Begin."""
        self._room = room
        self._blobs = blobs

    def create(self, who: Who, line: str, procedure: str, act: str, said: Said) -> Shown:
        """Begin a draft of an act of a procedure.

        Raises ``UserFault``: ``line-unknown``, ``procedure-unknown``, ``act-unknown``, ``marking-malformed``,
        ``policy-refused``.
        """
        now_ms, draft_id = self._now_ms(), secrets.token_hex(ID_BYTES)
        writers = (who.officer.id,)
        with self._room.store.transaction() as rows:
            number = rows.newest() + 1
            draft = Draft(
                draft_id,
                *(
                    number,
                    self._room.book.record(line).line,
                    procedure,
                    act,
                    State.DRAFTING,
                    FIRST_VERSION,
                    0,
                    writers,
                    now_ms,
                    now_ms,
                ),
            )
            self._room.about(rows, draft, said).require(who, DRAFT)
            rows.put(draft)
            rows.put(_version(draft, who, said))
            return self._shown(rows, draft)

    def save(self, who: Who, draft_id: str, version: int, said: Said) -> Shown:
        """Keep what a draft says now.

        Raises ``UserFault``: as ``still``, ``draft-changed``, ``draft-state``, ``marking-malformed``,
        ``policy-refused`` for what it said or what it says.
        """
        with self._room.store.transaction() as rows:
            draft = self._moved(rows, draft_id, version, Did.SAVE)
            before = newest(rows, draft)
            self._room.about(rows, draft, before).require(who, DRAFT)
            if said == before:
                return self._shown(rows, draft)
            writers = tuple(dict.fromkeys((*draft.writers, who.officer.id)))
            draft = msgspec.structs.replace(draft, version=version + 1, writers=writers)
            self._room.about(rows, draft, said).require(who, DRAFT)
            _forget_older(rows, draft, who)
            thaw(rows, draft.id)
            rows.put(_version(draft, who, said))
            rows.put(draft)
            return self._shown(rows, draft)

    def submit(self, who: Who, draft_id: str, version: int) -> Shown:
        """Put a draft before its reviewers; from now on it is complete.

        Raises ``UserFault``: as ``save``, and by the first rule that refuses the act.
        """
        with self._room.store.transaction() as rows:
            draft = self._moved(rows, draft_id, version, Did.SUBMIT)
            said = newest(rows, draft)
            self._room.about(rows, draft, said).require(who, DRAFT)
            self.check(draft, said)
            return self._shown(rows, note_step(rows, draft, Did.SUBMIT, who.officer.id))

    def review(self, who: Who, draft_id: str, version: int, comment: str) -> Shown:
        """Pass a draft on: as a reviewer, or for its personal data, or both, as policy lets the officer.

        Raises ``UserFault``: as ``still``, ``draft-changed``, ``draft-state``, ``policy-refused``.
        """
        with self._room.store.transaction() as rows:
            draft = at_version(self._room.still(rows, draft_id), version)
            about = self._room.about(rows, draft, newest(rows, draft))
            personal = (REVIEW_PERSONAL_DATA,) if about.matter.personal_data else ()
            allowed = about.require(who, REVIEW, *personal)
            for did in [each for each in (Did.REVIEW_PERSONAL_DATA, Did.REVIEW) if each in allowed]:
                draft = moved(draft, MOVES[did], self._now_ms())
                draft = note_step(rows, draft, did, who.officer.id, comment=comment)
            return self._shown(rows, draft)

    def return_(self, who: Who, draft_id: str, version: int, comment: str) -> Shown:
        """Give a draft back to those who write it; raises as ``review``."""
        with self._room.store.transaction() as rows:
            draft = self._moved(rows, draft_id, version, Did.RETURN)
            about = self._room.about(rows, draft, newest(rows, draft))
            about.require(who, *[each for each in (REVIEW, RELEASE, *about.readers) if each != DRAFT])
            thaw(rows, draft.id)
            return self._shown(rows, note_step(rows, draft, Did.RETURN, who.officer.id, comment=comment))

    def drop(self, who: Who, draft_id: str, version: int) -> Shown:
        """End a draft without release; its words are forgotten. Raises as ``review``."""
        with self._room.store.transaction() as rows:
            draft = self._moved(rows, draft_id, version, Did.DROP)
            self._room.about(rows, draft, newest(rows, draft)).require(who, DRAFT)
            draft = note_step(rows, draft, Did.DROP, who.officer.id)
            without_words(rows, draft)
            return self._shown(rows, draft)

    def expire(self) -> tuple[Draft, ...]:
        """Wipe the personal data whose time is over; gives the drafts that lost words (``draft_expiry``)."""
        return expire(self._room)

    def read(self, who: Who, draft_id: str) -> Shown:
        """Show a draft; raises ``UserFault``: ``draft-unknown``, ``policy-refused``."""
        self._room.settle(draft_id)
        with self._room.store.reading() as rows:
            draft = find(rows, draft_id)
            _check_reader(self._room, rows, draft, newest(rows, draft), who)
            return self._shown(rows, draft)

    def version(self, who: Who, draft_id: str, number: int) -> ShownVersion:
        """Show an older version, to whoever may read it and the newest.

        Raises ``UserFault``: ``draft-unknown``, ``policy-refused``.
        """
        with self._room.store.reading() as rows:
            draft = find(rows, draft_id)
            found = next((each for each in rows.of(Version, draft.id) if each.number == number), None)
            if found is None:
                raise UserFault("draft-unknown", f"{draft.id} {number}")
            said = read_said(found.said)
            for each in (newest(rows, draft), said):
                _check_reader(self._room, rows, draft, each, who)
            return ShownVersion(found.number, found.by, found.saved_ms, said)

    def listed(self, who: Who, line: str = "", state: str = "", cursor: str = "", count: int = 50) -> Page[Draft]:
        """List the drafts that the officer may read, those made last first; raises ``UserFault("cursor-malformed")``.

        A page may be short of *count* where few of many may be read, and still go on.
        """
        (before,), count = read_cursor(cursor, 1), bounded(count)
        found: list[Draft] = []
        room = self._room.at_once()
        with room.store.reading() as rows:
            scanned = rows.drafts(line, state, before, SCANNED_MAX)
            for each in scanned:
                before = each.number
                if _may_read(room, rows, each, who):
                    found.append(each)
                if len(found) == count:
                    break
        over = not scanned or (before == scanned[-1].number and len(scanned) < SCANNED_MAX)
        return Page(tuple(found), "" if over else str(before))

    def answering(self, who: Who, line: str, procedure: str, acts: AbstractSet[str]) -> tuple[Draft, ...]:
        """List the open drafts of a procedure that answer any of these acts (digests), the last changed first.

        Of those that the officer may read; of each state the ``SCANNED_MAX`` made last are looked at.
        """
        room = self._room.at_once()
        with room.store.reading() as rows:
            scanned = [each for state in OPEN for each in rows.drafts(line, state, 0, SCANNED_MAX)]
            ours = [each for each in scanned if each.procedure == procedure]
            about = [each for each in ours if acts & {*newest(rows, each).basis}]
            found = [each for each in about if _may_read(room, rows, each, who)]
        return tuple(sorted(found, key=lambda each: each.changed_ms, reverse=True))

    def check(self, draft: Draft, said: Said, precedence: Lane | None = None) -> Prepared:
        """Write the act and check it whole; raises ``UserFault`` by the first rule that refuses it."""
        self._personal(draft, said)
        self._attached(draft, said)
        return prepare(self._room.book, wanted_of(draft, said, precedence))

    def _moved(self, rows: DraftRows, draft_id: str, version: int, did: Did) -> Draft:
        return moved(at_version(self._room.still(rows, draft_id), version), MOVES[did], self._now_ms())

    def _shown(self, rows: DraftRows, draft: Draft) -> Shown:
        said = newest(rows, draft)
        found = self._findings(draft, said) if draft.state not in ENDED else ()
        versions = [VersionLine(each.number, each.by, each.saved_ms) for each in rows.of(Version, draft.id)]
        return Shown(draft, said, found, tuple(versions), rows.of(Step, draft.id))

    def _findings(self, draft: Draft, said: Said) -> tuple[Finding, ...]:
        """Give everything that stands against an act as far as it is written, and all remarks."""
        found: list[Finding] = []
        for look in (self._personal, self._attached, self._found):
            try:
                found += look(draft, said)
            except UserFault as fault:
                found.append(Finding(fault.code, fault.sentence, fault.detail))
        return tuple(found)

    def _personal(self, draft: Draft, said: Said) -> tuple[Finding, ...]:
        check_personal_data(self._room.book.charter(draft.line), said, self._now_ms())
        return ()

    def _attached(self, draft: Draft, said: Said) -> tuple[Finding, ...]:
        require(self._blobs, draft.line, said.attachments)
        return ()

    def _found(self, draft: Draft, said: Said) -> tuple[Finding, ...]:
        return findings(self._room.book, wanted_of(draft, said))

    def _now_ms(self) -> int:
        return self._room.book.clock.now_ms()


def _check_reader(room: Room, rows: DraftRows, draft: Draft, said: Said, who: Who) -> None:
    about = room.about(rows, draft, said)
    about.require(who, *about.readers)


def _may_read(room: Room, rows: DraftRows, draft: Draft, who: Who) -> bool:
    try:
        _check_reader(room, rows, draft, newest(rows, draft), who)
    except UserFault:
        return False
    return True


def _version(draft: Draft, who: Who, said: Said) -> Version:
    raw = msgspec.json.encode(said)
    return Version(f"{draft.id}.{draft.version}", draft.id, draft.version, who.officer.id, draft.changed_ms, raw)


def _forget_older(rows: DraftRows, draft: Draft, who: Who) -> None:
    """Make room for a version: of what one officer saves in a row the last stays, and of all the newest."""
    *older, last = rows.of(Version, draft.id)
    stepped = any(each.version == last.number for each in rows.of(Step, draft.id))
    goes = older[: len(older) + 2 - VERSIONS_MAX] if len(older) + 2 > VERSIONS_MAX else []
    for each in [*goes, *([last] if last.by == who.officer.id and not stepped else [])]:
        rows.drop(Version, each.id)
