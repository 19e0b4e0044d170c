"""The room in which drafting and release work: what they work with, and the questions both put to policy.

Rules kept here: policy is asked with what is true at this moment, of every step and of every read. A draft whose act is
being sealed is left alone until that is over. What was sealed before a crash is found by its act id, and its draft is
marked released before anything else is done with it, so that nothing is sealed twice.
"""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import msgspec

from rabita.line.entry import decode_act
from rabita.line.errors import UserFault
from rabita.line.ids import Lane, reference
from rabita.procedures.engine.held import FOREIGN_MINISTRY
from rabita.services.casebook import Casebook
from rabita.services.draft_facts import Accreditation, circumstances_of, matter_of
from rabita.services.drafts import (
    ENDED,
    MOVES,
    Did,
    Draft,
    DraftRows,
    DraftStore,
    Frozen,
    Noted,
    Said,
    Step,
    Version,
    find,
    moved,
    note_step,
    read_said,
    without_words,
)
from rabita.services.officers import Who
from rabita.services.policy import Decision, Matter, Policy, subject_of

DRAFT: Final = "draft"
REVIEW: Final = "review"
REVIEW_PERSONAL_DATA: Final = "review-personal-data"
RELEASE: Final = "release"
RELEASE_ALONE: Final = "release-alone"
APPROVE_CONSENT: Final = "approve-consent"


@dataclass(frozen=True, slots=True)
class Room:
    """What drafting and release share. ``sealing`` holds the ids of drafts whose acts are being sealed just now."""

    book: Casebook
    store: DraftStore
    policy: Policy
    accreditation: Accreditation
    sealing: set[str] = field(default_factory=set)

    def at_once(self) -> "Room":
        """Give the room for one look at many drafts: how a post is accredited is asked once for all of them."""
        return replace(self, accreditation=cache(self.accreditation))

    def about(self, rows: DraftRows, draft: Draft, said: Said, precedence: Lane | None = None) -> "About":
        """Gather what is true of a draft that says this."""
        seen = [each for each in rows.of(Step, draft.id) if each.version == draft.version]
        return About(self, matter_of(self.book, draft, said, precedence), tuple(seen))

    def settled(self, rows: DraftRows, draft: Draft) -> Draft:
        """Give the draft, marked released if what was frozen of it has been sealed."""
        frozen = next(iter(rows.of(Frozen, draft.id)), None)
        if draft.state in ENDED or frozen is None:
            return draft
        act = decode_act(frozen.act)
        uses = self.book.store.acts(draft.line, bytes.fromhex(act.id))
        ours = [use for use in uses if use[0].party == act.author and use[2].hex() == frozen.digest]
        if not ours:
            return draft
        noted = rows.of(Noted, draft.id)
        now_ms, by = self.book.clock.now_ms(), noted[-1].by if noted else ""
        draft = moved(draft, MOVES[Did.RELEASE], now_ms)
        draft = msgspec.structs.replace(draft, digest=frozen.digest, reference=reference(ours[0][0], ours[0][1]))
        draft = note_step(rows, draft, Did.RELEASE, by, digest=frozen.digest)
        without_words(rows, draft)
        return draft

    def still(self, rows: DraftRows, draft_id: str) -> Draft:
        """Give a draft for something to be done with it; raises ``UserFault``: ``draft-unknown``, ``draft-busy``."""
        draft = find(rows, draft_id)
        if draft.id in self.sealing:
            raise UserFault("draft-busy", draft.id)
        return self.settled(rows, draft)

    def settle(self, draft_id: str) -> None:
        """Mark a draft released if its act has been sealed."""
        with self.store.reading() as rows:
            unsure = draft_id not in self.sealing and rows.of(Frozen, draft_id)
        if unsure:
            with self.store.transaction() as rows:
                self.settled(rows, find(rows, draft_id))


@dataclass(frozen=True, slots=True)
class About:
    """What is true of a draft, for whoever asks."""

    room: Room
    matter: Matter
    seen: tuple[Step, ...]

    def decide(self, who: Who, action: str, ago_ms: int | None = None) -> Decision:
        """Ask policy; *ago_ms* is how long ago the passkey was shown, if not as the session says."""
        room, matter = self.room, self.matter
        ago_ms = max(0, room.book.clock.now_ms() - who.session.authenticated_ms) if ago_ms is None else ago_ms
        found = circumstances_of(room.book, matter, who, ago_ms, self.seen, room.accreditation)
        return room.policy.decide(subject_of(who), action, matter, found)

    def require(self, who: Who, *actions: str) -> tuple[str, ...]:
        """Give those of these actions that are let through.

        Raises ``UserFault("policy-refused")`` where none is, with the sentence that says why not the first.
        """
        found = {action: self.decide(who, action) for action in actions}
        allowed = tuple([action for action, decision in found.items() if decision.allowed])
        if not allowed:
            raise UserFault("policy-refused", found[actions[0]].sentence)
        return allowed

    @property
    def readers(self) -> tuple[str, ...]:
        """Name the actions any of which lets one read the draft: who may do something with it, may read it."""
        matter = self.matter
        personal, consent = (REVIEW_PERSONAL_DATA,), (APPROVE_CONSENT,)
        return (DRAFT, REVIEW, *(personal if matter.personal_data else ()), *(consent if matter.consent else ()))

    def releases(self, officer: str, role: str) -> str:
        """Name the action that an officer's approval in a role is: what one wrote oneself is released alone."""
        if role == FOREIGN_MINISTRY:
            return APPROVE_CONSENT
        return RELEASE_ALONE if officer in self.matter.drafters else RELEASE


def newest(rows: DraftRows, draft: Draft) -> Said:
    """Give what the newest version says, nothing where the draft ended."""
    return read_said(rows.of(Version, draft.id)[-1].said)
