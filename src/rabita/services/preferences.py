"""How each officer sees the desk: language, calendar, digits, zone, letters, colours; and the views they keep.

They are of this node alone, say nothing to anyone else, and decide nothing: what is lost of them is chosen again.
"""

from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Annotated, Protocol, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


class Calendar(StrEnum):
    """Which calendar days are written in."""

    GREGORIAN = "gregorian"
    SOLAR_HIJRI = "solar-hijri"


class Digits(StrEnum):
    """Which digits times and counts are written in; references keep theirs."""

    LATIN = "latin"
    EASTERN = "eastern"


class Zone(StrEnum):
    """Which zone times are written in; it always stands beside them."""

    Z = "Z"
    PKT = "PKT"
    IRST = "IRST"


class Letters(StrEnum):
    """Which hand Urdu is written in; Naskh is denser."""

    NASTALIQ = "nastaliq"
    NASKH = "naskh"


class Theme(StrEnum):
    """The colours of the desk; ``system`` follows the browser."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


class Switch(StrEnum):
    """Whether something is on."""

    ON = "on"
    OFF = "off"


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer's own; ``id`` is the officer's, empty for whoever is not signed in."""

    id: str = ""
    language: Annotated[str, msgspec.Meta(pattern="^(en|ur|fa)$")] = "en"
    calendar: Calendar = Calendar.GREGORIAN
    digits: Digits = Digits.LATIN
    zone: Zone = Zone.Z
    letters: Letters = Letters.NASTALIQ
    theme: Theme = Theme.SYSTEM
    shortcuts: Switch = Switch.ON


class SavedView(msgspec.Struct, frozen=True):
    """A view kept under a name: an address of the desk with its filters; ``shared`` with every officer of this node."""

    id: str
    officer: str
    name: str
    address: str
    shared: Switch


class DeskRows(Protocol):
    """The rows of one transaction; *owner* is an officer's id."""

    def get(self, kind: type[S], row_id: str) -> S | None:
        """Find a row by its id."""

    def of(self, kind: type[S], owner: str = "") -> tuple[S, ...]:
        """List the rows of an officer, or of everyone, the oldest first."""

    def put(self, row: msgspec.Struct) -> None:
        """Keep a row, in place of the one of the same kind and id."""

    def drop(self, kind: type[msgspec.Struct], row_id: str) -> None:
        """Forget a row, if there is one."""


class DeskStore(Protocol):
    """Keeps what officers choose; any thread may call. Raises ``LocalFault("store-unavailable")``."""

    def transaction(self) -> AbstractContextManager[DeskRows]:
        """Read and change; what is raised within changes nothing."""

    def reading(self) -> AbstractContextManager[DeskRows]:
        """Read; holds nobody up."""


def preferences_of(store: DeskStore, officer: str) -> Preferences | None:
    """Give what an officer chose, None before they chose anything."""
    with store.reading() as rows:
        return rows.get(Preferences, officer)
