"""Where an officer left a draft: the field, the words marked in it, how far the page was scrolled; never what was said.

Rules kept here: it is each officer's own, of this node alone, and decides nothing; browsers store nothing.
"""

from typing import Annotated, Final

import msgspec

from rabita.line.limits import INTEGER_MAX
from rabita.services.preferences import DeskStore

KEPT_MAX: Final = 50
"""Places kept for one officer; of more drafts the one longest ago is forgotten."""
FIELD_CHARS_MAX: Final = 128

Pixels = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]


class Spot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in a form: the member it is in, the first and last character marked, pixels scrolled."""

    field: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_.]*$", max_length=FIELD_CHARS_MAX)] = ""
    first: Pixels = 0
    last: Pixels = 0
    top: Pixels = 0


class LeftOff(msgspec.Struct, frozen=True):
    """A spot as kept, of an officer in a draft, and since when (ms)."""

    id: str
    officer: str
    draft: str
    field: str
    first: int
    last: int
    top: int
    at_ms: int


def leave_off(store: DeskStore, officer: str, draft: str, spot: Spot, now_ms: int) -> None:
    """Keep where an officer is in a draft."""
    with store.transaction() as rows:
        rows.put(LeftOff(_id(officer, draft), officer, draft, spot.field, spot.first, spot.last, spot.top, now_ms))
        kept = sorted(rows.of(LeftOff, officer), key=lambda each: each.at_ms)
        for each in kept[:-KEPT_MAX]:
            rows.drop(LeftOff, each.id)


def left_off(store: DeskStore, officer: str, draft: str) -> Spot:
    """Give where an officer left a draft; with no field where they never were in it."""
    with store.reading() as rows:
        found = rows.get(LeftOff, _id(officer, draft))
    return Spot(found.field, found.first, found.last, found.top) if found is not None else Spot()


def _id(officer: str, draft: str) -> str:
    return f"{officer}.{draft}"
