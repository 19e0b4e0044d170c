"""What goes over the wire: bodies as callers write them and answers as they read them; shared with the client.

Where a service already gives plain data (a list's rows, a line's state, an entry with its proof) that is the answer.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from rabita.gateways.rest.access import Principal
from rabita.line.charter import Charter
from rabita.line.ids import Lane
from rabita.line.limits import ATTACHMENTS_MAX, NAME_CHARS_MAX, PORTION_BYTES_MAX, PORTIONS_MAX
from rabita.procedures.engine.coded import Digest
from rabita.services.casework import Finding

BASIS_MAX: Final = 64
POSTS_MAX: Final = 32
APPROVALS_MAX: Final = 8
SIGNATURE_BYTES: Final = 64

Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)]
Milliseconds: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Basis: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([0-9a-f]{64}|([a-z2-7]{4,52}/)?[A-Z][A-Z0-9-]*-[CFIPR]([0-9]{1,6}[.])?-?[0-9]{4,16})$",
        max_length=NAME_CHARS_MAX,
        description="the SHA-256 of an act, or a telephone reference as in `PAK-F-0041`",
    ),
]


class Health(msgspec.Struct, frozen=True):
    """The node answers; nothing else is told to strangers."""

    status: str


class Us(msgspec.Struct, frozen=True):
    """Who asks, and of which node."""

    party: str
    version: str
    principal: Principal


class CharterShown(msgspec.Struct, frozen=True):
    """A line's charter: its terms, who signed it, and the signed note itself."""

    line: str
    signed_by: tuple[str, ...]
    terms: Charter
    note: str


class DescriptorShown(msgspec.Struct, frozen=True):
    """A party's descriptor as confirmed at pairing, and the signed note itself."""

    party: str
    names: dict[str, str]
    serial: int
    issued_ms: int
    expires_ms: int
    endpoints: tuple[str, ...]
    note: str


class ProcedureShown(msgspec.Struct, frozen=True):
    """One procedure of the catalogue."""

    name: str
    title: str
    purpose: str
    address: str


class CatalogueShown(msgspec.Struct, frozen=True):
    """The catalogue this node computes by: its version, its digest, its procedures."""

    version: str
    digest: str
    procedures: tuple[ProcedureShown, ...]


class Fingerprints(msgspec.Struct, frozen=True):
    """The computed state of every case, by a digest both nodes come to; ``all`` covers them together."""

    all: str
    cases: dict[str, str]


class PortionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A portion: its words, what it is, its marking and language; a withheld one never leaves this node.

    ``discloses`` is the SHA-256 (hex) of a portion that an act of ours in the basis withheld, with these very words.
    """

    text: Annotated[str, msgspec.Meta(max_length=PORTION_BYTES_MAX)]
    role: Annotated[str, msgspec.Meta(pattern="^([a-z0-9]+(-[a-z0-9]+)*)?$", max_length=48)] = ""
    marking: Name = ""
    language: Literal["", "en", "ur", "fa"] = ""
    withheld: bool = False
    discloses: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""


class ActBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every act may carry beside its coded ``fields`` and ``precedence``; times are ms since 1970 UTC, 0 none."""

    basis: Annotated[tuple[Basis, ...], msgspec.Meta(max_length=BASIS_MAX)] = ()
    portions: Annotated[tuple[PortionBody, ...], msgspec.Meta(max_length=PORTIONS_MAX)] = ()
    posts: Annotated[tuple[Name, ...], msgspec.Meta(max_length=POSTS_MAX)] = ()
    marking: Name = ""
    kind: Literal["", "exercise", "operation", "project", "drill"] = ""
    reply_by_ms: Milliseconds = 0
    expires_ms: Milliseconds = 0
    attachments: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=ATTACHMENTS_MAX)] = ()


class ApprovalBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An approval given elsewhere: role, public key and Ed25519 signature (base64) over the approval message."""

    role: Name
    key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    signature: Annotated[bytes, msgspec.Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]


class SealBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The approvals a prepared act is sealed with."""

    approvals: Annotated[tuple[ApprovalBody, ...], msgspec.Meta(min_length=1, max_length=APPROVALS_MAX)]


class Checked(msgspec.Struct, frozen=True):
    """What became of a trial: whether it may be sealed, all that speaks against it, and what was prepared if it may.

    ``approvals`` are the roles that must approve, over ``digest`` (SHA-256 of ``act``, whose bytes are in base64).
    """

    allowed: bool
    findings: tuple[Finding, ...]
    digest: str = ""
    act: bytes = b""
    sentence: str = ""
    approvals: tuple[str, ...] = ()


class Sealed(msgspec.Struct, frozen=True):
    """A sealed act: where it stands, in which case, and what is flagged on it."""

    reference: str
    digest: str
    case: str
    party: str
    epoch: int
    lane: Lane
    index: int
    flags: tuple[Finding, ...] = ()


class Found(msgspec.Struct, frozen=True):
    """Something found at a place of the transcript."""

    code: str
    where: str
    sentence: str


class LogVerified(msgspec.Struct, frozen=True):
    """One log: its size, and up to where it is complete, receipted and signed for the long term."""

    log: str
    size: int
    complete: int
    receipted: int
    post_quantum: int
    post_quantum_receipts: int


class Verified(msgspec.Struct, frozen=True):
    """What verifying a transcript found; ``contradictions`` are the parties' own doing and leave it genuine."""

    genuine: bool
    line: str
    by: str
    parties: tuple[str, ...]
    exercise: bool
    entries: int
    batches: int
    faults: tuple[Found, ...]
    contradictions: tuple[Found, ...]
    approvals: dict[str, int]
    logs: tuple[LogVerified, ...]
    summary: tuple[str, ...]
