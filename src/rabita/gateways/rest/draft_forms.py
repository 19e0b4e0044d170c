"""What goes over the wire about drafts and their release."""

from typing import Annotated, Any

import msgspec

from rabita.gateways.rest.forms import Milliseconds, Name
from rabita.gateways.rest.officer_forms import Answer
from rabita.gateways.rest.routing import PageQuery
from rabita.line.ids import Lane
from rabita.procedures.engine.coded import Digest
from rabita.services.casework import Finding
from rabita.services.drafting import Shown, VersionLine
from rabita.services.drafts import COMMENT_CHARS_MAX, Draft, Said, State, Step

Number = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1, description="the version of the draft as it was read")]
Comment = Annotated[str, msgspec.Meta(max_length=COMMENT_CHARS_MAX)]


class DraftsQuery(PageQuery, frozen=True):
    """Which drafts: of a line, in a state."""

    line: Name = ""
    state: State | None = None


class DraftWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft to be begun: of an act of a procedure, by their names or as addresses have them."""

    line: Name
    procedure: Name
    act: Name
    said: Said = Said()


class Saved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a draft says now, in place of that version."""

    version: Number
    said: Said


class AtVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step about a version."""

    version: Number


class Commented(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step about a version, with what is said of it; it stays on this node."""

    version: Number
    comment: Comment = ""


class ReleaseBegun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version to be released, at the precedence that the releaser confirms or changes."""

    version: Number
    precedence: Lane


class ReleaseAnswered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An approval of what was shown: the act's SHA-256, and what the passkey answered."""

    digest: Digest
    answer: Answer


class DraftLine(msgspec.Struct, frozen=True):
    """A draft in a list; ``reference`` and ``digest`` are those of the act, once it is released."""

    id: str
    line: str
    procedure: str
    act: str
    state: State
    version: int
    writers: tuple[str, ...]
    created_ms: Milliseconds
    changed_ms: Milliseconds
    digest: str
    reference: str


class DraftShown(DraftLine, frozen=True):
    """A draft in full: what it says, all that speaks against it, its versions and what was done with them."""

    said: Said
    findings: tuple[Finding, ...]
    versions: tuple[VersionLine, ...]
    steps: tuple[Step, ...]


def draft_line(draft: Draft) -> DraftLine:
    """Write a draft in a list."""
    return DraftLine(**_members(draft))


def draft_shown(shown: Shown) -> DraftShown:
    """Write a draft in full."""
    return DraftShown(
        **_members(shown.draft), said=shown.said, findings=shown.findings, versions=shown.versions, steps=shown.steps
    )


def _members(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in DraftLine.__struct_fields__}
