"""What every use case around cases works with: the store, its index, the clock, the catalogue, the charter's annexes.

Rule kept here: nothing is remembered between two calls but annexes, which are named by their digest. So a read gives
what is committed, whichever thread asks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec

from rabita.line.charter import Boundary, Charter
from rabita.line.errors import PeerFault, UserFault
from rabita.line.ids import parse_reference
from rabita.line.record import LineRecord
from rabita.ports import Clock, Store
from rabita.ports.index import ActRow, CaseIndex, CaseRow
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.compute import Catalogue
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.fold import Case, fold
from rabita.procedures.engine.judge import Suspension
from rabita.services.caseindex_fold import suspensions_held
from rabita.services.caseindex_held import Loader, Taken, known, take
from rabita.services.caseindex_state import glance
from rabita.services.charters import charters_held, record_of
from rabita.services.sight import Sees, everything

if TYPE_CHECKING:  # the geometry library is heavy, and most cases do without
    from rabita.procedures.territory_edition import Edition

T = TypeVar("T")
Annexes: TypeAlias = Callable[[str], bytes | None]
"""Gives an annex of a charter by its SHA-256 (hex), None while it is not held."""
DIGEST_CHARS: Final = 64
PAGE_MAX: Final = 200


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list; ``next`` is the cursor to go on from, empty at the end."""

    rows: tuple[T, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Casebook:
    """What use cases work with.

    *annexes* gives map editions and duty directories; *sees* says what whoever reads may see.
    """

    store: Store
    index: CaseIndex
    clock: Clock
    annexes: Annexes
    catalogue: Catalogue = CATALOGUE
    sees: Sees = everything

    def record(self, line: str) -> LineRecord:
        """Give what is kept of a line; raises ``UserFault("line-unknown")``."""
        return record_of(self.store, line)

    def charters(self, line: str) -> Mapping[int, Charter]:
        """Give the charters of a line that are held, by version."""
        return charters_held(self.store, line, amended=glance(self.index.state(line)).amended)

    def charter(self, line: str) -> Charter:
        """Give the charter of a line that is in force."""
        held = self.charters(line)
        return held[max(held)]

    def procedure(self, name: str) -> Procedure:
        """Give a definition; raises ``UserFault("procedure-unknown")``."""
        if name not in self.catalogue.procedures:
            raise UserFault("procedure-unknown", name[:64])
        return self.catalogue.procedures[name]

    def edition(self, charter: Charter) -> "Edition | None":
        """Give the map edition a charter names, None while it is not held or cannot be read."""
        raw = self.annexes(charter.boundary.digest)
        parties = (charter.parties[0].party, charter.parties[1].party)
        return _edition(raw, charter.boundary, parties) if raw is not None else None


class Folded(NamedTuple):
    """A case folded now, with the rows of its acts by digest (hex) and the charter it is under."""

    row: CaseRow
    procedure: Procedure
    charter: Charter | None
    case: Case
    acts: Mapping[str, ActRow]

    @property
    def receipts(self) -> dict[str, int]:
        """Give when the other side first receipted each act, as for duties."""
        return {digest: row.received_ms for digest, row in self.acts.items() if row.received_ms}


def act_row(book: Casebook, line: str, name: str) -> ActRow:
    """Find an act by its digest (64 hex digits) or telephone reference.

    Raises ``UserFault``: ``basis-unknown`` for a digest not held, ``reference-malformed``, ``reference-unknown``.
    """
    text = name.strip()
    if len(text) == DIGEST_CHARS and not set(text) - set("0123456789abcdef"):
        rows = book.index.mains_of(line, [bytes.fromhex(text)])
        if not rows:
            raise UserFault("basis-unknown", text[:12])
        return rows[0]
    wanted = parse_reference(text.upper() if "/" not in text else text)
    found = book.index.at(line, wanted.log, wanted.number - 1, wanted.number)
    if not found or not line.startswith(wanted.line):
        raise UserFault("reference-unknown", text[:64])
    return found[0]


def case_row(book: Casebook, line: str, name: str) -> CaseRow:
    """Find a case by its id, or by the digest or reference of any of its acts; raises ``UserFault("case-unknown")``."""
    try:
        row = act_row(book, line, name)
    except UserFault as fault:
        raise UserFault("case-unknown", name[:64]) from fault
    found = book.index.case(line, row.case) if row.case else None
    if found is None:
        raise UserFault("case-unknown", name[:64])
    return found


class Reading:
    """Cases of one line read together: what they share is read once, and the entries of all of them at once."""

    def __init__(self, book: Casebook, line: str) -> None:
        self._book = book
        self._line = line
        self._charters = book.charters(line)
        self._extent = glance(book.index.state(line)).extent
        self._suspensions = suspensions(book, line)
        self.taken: dict[int, Taken] = {}
        self._members: dict[bytes, tuple[ActRow, ...]] = {}

    def take(self, cases: Sequence[CaseRow]) -> None:
        """Read the acts of cases that are about to be folded, and all their entries at once."""
        self._members |= self._book.index.members(self._line, [each.id for each in cases])
        self.fetch([row for each in cases for row in self._members.get(each.id, ())])

    def fetch(self, rows: Sequence[ActRow]) -> None:
        """Read entries that are about to be asked for."""
        missing = [row.seq for row in rows if row.seq not in self.taken]
        for listed in self._book.store.at(missing) if missing else ():
            self.taken[listed.seq] = take(listed)

    def fold(self, row: CaseRow, *, before_seq: int = 0) -> Folded:
        """Fold a case from the acts held, those that came before *before_seq* if that is given.

        Raises ``UserFault("case-unknown")`` where its opening act is not among them.
        """
        if row.id not in self._members:
            self.take([row])
        rows = [each for each in self._members.get(row.id, ()) if not before_seq or each.seq < before_seq]
        self.fetch(rows)
        rows = [each for each in rows if each.seq in self.taken]
        held = [known(each, self.taken[each.seq].parsed) for each in rows]
        opening = next((each for each in held if each.digest == row.id.hex()), None)
        if opening is None:
            raise UserFault("case-unknown", row.id.hex()[:12])
        procedure = self._book.catalogue.procedures[row.procedure]
        terms = self._book.catalogue.terms(self._charters, opening.charter)
        case = fold(procedure, terms, row.id.hex(), held, self._extent, self._suspensions)
        return Folded(row, procedure, terms, case, {each.digest.hex(): each for each in rows})


def folded(book: Casebook, row: CaseRow, *, before_seq: int = 0) -> Folded:
    """Fold one case, as ``Reading.fold``."""
    return Reading(book, row.line).fold(row, before_seq=before_seq)


def all_folded(book: Casebook, line: str, rows: Sequence[CaseRow]) -> tuple[Folded, ...]:
    """Fold cases of a line together, in the order given; nothing is read for none. Raises as ``Reading.fold``."""
    if not rows:
        return ()
    reading = Reading(book, line)
    reading.take(rows)
    return tuple(map(reading.fold, rows))


def suspensions(book: Casebook, line: str) -> tuple[Suspension, ...]:
    """Give the suspensions held of a line, those that ended too."""
    found = suspensions_held(book.index, Loader(book.store), book.catalogue, book.charters(line), line)
    return tuple([each for some in found.values() for each in some])


def suspended(book: Casebook, line: str, procedure: str) -> bool:
    """Say whether a suspension of a procedure is in force, as far as this node holds."""
    return any(procedure in each.procedures and each.resumed is None for each in suspensions(book, line))


def read_cursor(cursor: str, count: int) -> tuple[int, ...]:
    """Read a cursor of *count* numbers, zeros from an empty one; raises ``UserFault("cursor-malformed")``."""
    if not cursor:
        return (0,) * count
    parts = cursor.split(".")
    if len(parts) != count or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):  # noqa: PLR2004 - 2^63 has 19 digits
        raise UserFault("cursor-malformed")
    return tuple([int(part) for part in parts])


def page(rows: Sequence[T], count: int, places: Sequence[Sequence[int]], *, more: bool) -> Page[T]:
    """Make a page of rows whose list goes on if there is *more*; *places* has the cursor of each."""
    return Page(tuple(rows), ".".join([str(each) for each in places[count - 1]]) if more else "")


def bounded(count: int) -> int:
    """Keep the size of a page within bounds."""
    return max(1, min(count, PAGE_MAX))


@lru_cache(maxsize=1)
def _builtin() -> Mapping[str, bytes]:
    raw = files("rabita").joinpath("data/border-region/edition.geojson").read_bytes()
    return {sha256(raw).hexdigest(): raw}


def builtin_annexes(digest: str) -> bytes | None:
    """Give an annex that comes with Rabita."""
    return _builtin().get(digest)


@lru_cache(maxsize=4)
def _edition(raw: bytes, boundary: Boundary, parties: tuple[str, str]) -> "Edition | None":
    from rabita.procedures.territory_edition import read_edition  # noqa: PLC0415 - the geometry library is heavy

    try:
        return read_edition(raw, boundary, parties)
    except PeerFault:
        return None
