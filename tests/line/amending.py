"""Amendments of the founders' charter, signed by whichever roots a test wants."""

from hashlib import sha256

import msgspec

from rabita.line.amendment import Amendment, Version, read_amendment
from rabita.line.charter import LaneTerms
from rabita.line.control import AMENDING, Amending
from rabita.line.document import AMENDMENT, document_digest, document_text
from rabita.line.entry import NO_APPROVALS, SENT, Act, PortionRef, encode
from rabita.line.events import Draft
from rabita.line.ids import LANES, line_name
from tests.line.founders import THEM, US, member
from tests.line.players import control

BOTH = (US, THEM)


def amended(
    before: Version, /, *, signers: tuple[str, ...] = BOTH, lane_terms: LaneTerms | None = None, **changes: object
) -> bytes:
    """Write the version after *before*; the retention changes, and whatever else a test wants changed."""
    line = str(changes.pop("line", "")) or line_of(before)
    named = str(changes.pop("before", before.digest))
    lanes = {lane.value: lane_terms for lane in LANES} if lane_terms is not None else before.charter.lanes
    plain = {"version": before.number + 1, "retention_days": before.charter.retention_days + 1, "lanes": lanes}
    charter = msgspec.structs.replace(before.charter, **{**plain, **changes})
    text = document_text(AMENDMENT, Amendment(line, named, charter))
    first, *rest = signers
    return member(first).signed(text) + b"".join([member(each).signed(text)[len(text) + 1 :] for each in rest])


def line_of(version: Version) -> str:
    """Give the line of a version: the founding charter's digest names it, an amendment says it."""
    if not version.n:
        return line_name(bytes.fromhex(version.digest))
    return read_amendment(version.note)[1].line


def amending(author: str, note: bytes, **changes: object) -> Act:
    """Write the control act that seals an amendment."""
    parsed, body = read_amendment(note)
    form = Amending(body.charter.version, document_digest(parsed.text).hex())
    raw = bytes(16) + note
    act = control(author, AMENDING, msgspec.structs.replace(form, **changes))
    refs = (PortionRef(sha256(raw).hexdigest(), SENT, "CLEAR"),)
    return msgspec.structs.replace(act, line=body.line, portions=refs)


def amendment_draft(author: str, note: bytes, **changes: object) -> Draft:
    """Write that act ready to be sealed."""
    return Draft(encode(amending(author, note, **changes)), NO_APPROVALS, (bytes(16) + note,))
