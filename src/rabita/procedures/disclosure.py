"""Tear-lines and retention: what was held back can be proved later, what is purged leaves every proof valid.

An act commits to each portion by the SHA-256 of 16 bytes of fresh salt and the content, whether it was sent or
withheld. Who later sends the same bytes proves that they are what was withheld then; nobody can guess a withheld text
by trying, because of the salt. Purging removes the bytes of portions only: stamps, acts, approvals, notes and receipts
stay, so that every signature and every proof of the log keeps verifying (2-line, Portions).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple

from rabita.line.entry import SENT, WITHHELD, Act, PortionRef
from rabita.line.errors import PeerFault
from rabita.line.limits import PORTION_SALT_BYTES
from rabita.procedures.marking import Marking, may_go_to, parse_marking

DAY_MS: Final = 86_400_000


def prove_disclosure(withholding: Act, withholding_digest: str, disclosing: Act, raw: bytes) -> PortionRef:
    """Prove that the portion *raw*, sent by *disclosing*, is one that *withholding* held back; gives it as it was then.

    *withholding_digest* is the SHA-256 (hex) of the withholding act's bytes. Raises ``PeerFault``:
    1. ``disclosure-author`` unless both acts are by one author;
    2. ``disclosure-basis`` unless the disclosing act names the withholding one as its basis;
    3. ``disclosure-unsalted`` when the portion is shorter than its salt;
    4. ``disclosure-foreign`` unless the withholding act lists its digest as withheld, and the disclosing one as sent.
    """
    if disclosing.author != withholding.author:
        raise PeerFault("disclosure-author")  # 1
    if withholding_digest not in disclosing.basis:
        raise PeerFault("disclosure-basis")  # 2
    if len(raw) < PORTION_SALT_BYTES:
        raise PeerFault("disclosure-unsalted")  # 3
    digest = sha256(raw).hexdigest()
    before = {ref.digest: ref for ref in withholding.portions if ref.state == WITHHELD}
    if digest not in before or (digest, SENT) not in {(ref.digest, ref.state) for ref in disclosing.portions}:
        raise PeerFault("disclosure-foreign")  # 4
    return before[digest]


def still_withheld(withholding: Act, disclosed: Iterable[str]) -> tuple[PortionRef, ...]:
    """List what an act held back and nobody has disclosed since, given the digests disclosed."""
    known = frozenset(disclosed)
    return tuple([ref for ref in withholding.portions if ref.state == WITHHELD and ref.digest not in known])


def must_withhold(
    act: Act, party: str, parties: Sequence[str], levels: Sequence[str]
) -> tuple[tuple[PortionRef, str], ...]:
    """List the portions an act would send to a party although their marking does not let them go, each with why.

    The codes are those of ``may_go_to``; raises ``PeerFault("marking-malformed")``.
    """
    faults = [
        (ref, may_go_to(parse_marking(ref.marking, levels), party, originator=act.author, parties=parties))
        for ref in act.portions
        if ref.state == SENT
    ]
    return tuple([(ref, code) for ref, code in faults if code])


class Purge(StrEnum):
    """What is to become of a portion's bytes."""

    KEEP = "keep"
    MAY = "may"
    MUST = "must"


class Retained(NamedTuple):
    """What the purge decision needs of one portion held.

    ``kept_since_ms`` is when it was receipted (ms since 1970 UTC), 0 while it is not; ``open_case`` says that its
    procedure is still open or an officer holds it back from purging.
    """

    marking: Marking
    kept_since_ms: int
    open_case: bool


def purge_due_ms(portion: Retained, retention_days: int) -> int:
    """Give the time from which a receipted portion is to go: personal data by their own retention, if shorter."""
    days = [retention_days, *(each.retention_days for each in portion.marking.personal)]
    return portion.kept_since_ms + min(days) * DAY_MS


def purge(portion: Retained, retention_days: int, now_ms: int) -> Purge:
    """Decide on the bytes of one portion; *retention_days* is the charter's.

    1. Not receipted: keep; its receipt must still cover the words (2-line, Portions).
    2. Not due: keep.
    3. Personal data that are due must go, whatever else holds (EU 2016/680, article 5).
    4. Other data of an open case are kept; of a closed one they may go.
    """
    if not portion.kept_since_ms or now_ms < purge_due_ms(portion, retention_days):
        return Purge.KEEP  # 1, 2
    if portion.marking.personal:
        return Purge.MUST  # 3
    return Purge.KEEP if portion.open_case else Purge.MAY  # 4
