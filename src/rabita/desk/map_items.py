"""What a map shows of a line: every place that either side named, whose word it is, what stands at crossings and posts.

Rules kept here: a part of the list is one range of the index, and only its cases are folded. Of what a side says of
one thing in a case its newest word counts, as corrected; what the reader may not see is counted and left out. Each
account has its own place; where both agree, the part they share stands beside them and moves neither.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from rabita.line.errors import UserFault
from rabita.ports.index import ActRow, CaseRow
from rabita.procedures.accreditation import nomination
from rabita.procedures.crossing import Status as Crossing
from rabita.procedures.crossing import side_by_side
from rabita.procedures.engine.coded import Place, Window
from rabita.procedures.engine.definition import CORRECT
from rabita.procedures.engine.fold import Folded as FoldedAct
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.say import Reader, placeholders, say_state, say_value
from rabita.procedures.incident_facts import Verdict, account, compare
from rabita.procedures.territory import Area, Distances, Point
from rabita.services.casebook import Casebook, Folded, Reading, bounded, read_cursor
from rabita.services.caseindex_fold import EVERYWHERE, parts
from rabita.services.reads import find_line
from rabita.services.sight import markings_of

if TYPE_CHECKING:
    from rabita.procedures.territory_edition import Edition

PLACED: Final = (
    *("incident", "notice", "hazard notice", "alert", "violation report", "concern", "humanitarian request"),
    *("meeting", "stop request"),
)
"""The procedures whose acts name places and times, and so are found by them."""
STANDING: Final = ("crossing", "accreditation")
"""Those of things that stand somewhere until they end; all that stand are shown."""
STANDING_MAX: Final = 50
SCANNED_MAX: Final = 1_000
"""Entries of all lines looked at for one part; then it ends early and goes on at its cursor."""
_IN_EFFECT: Final = (Status.EFFECTIVE, Status.CROSSED)
MEASURED_MAX: Final = 4_096
"""Places whose distance to the line is kept."""
_STATES: Final = {"accreditation": ("agreed", "in post", "leaving"), "crossing": ("",)}


class Wanted(NamedTuple):
    """Which items: of a procedure (empty: all), whose time touches this span (ms since 1970 UTC)."""

    procedure: str = ""
    from_ms: int = 0
    until_ms: int = EVERYWHERE.end_ms


class Item(NamedTuple):
    """Something on the map. ``areas`` are rings of one word; ``point`` is the code of a known place instead.

    ``party`` said it, empty where both did; ``kind`` is what it says it is (a code), ``says`` its sentence, ``stands``
    where its case stands. Times are ms since 1970 UTC, from and until when it is said to be. ``near`` has metres to the
    line under each claim; ``foreign``: read on another map edition, so not measured. ``verdict`` is how the place of an
    account stands to the other side's, empty where there is none to compare.
    """

    id: str
    case: str
    procedure: str
    kind: str
    party: str
    says: str
    stands: str
    closed: bool
    from_ms: int
    until_ms: int
    areas: tuple[Area, ...] = ()
    point: str = ""
    near: Distances = ()
    foreign: bool = False
    verdict: str = ""


class Found(NamedTuple):
    """A part of the list, newest word first: the cursor to go on from (empty: the end), how many may not be seen."""

    items: tuple[Item, ...]
    next: str
    unseen: int


class _Told(NamedTuple):
    """An act with what its case is."""

    case: Folded
    act: FoldedAct
    row: ActRow


def items(book: Casebook, line: str, wanted: Wanted, cursor: str, count: int, reader: Reader) -> Found:
    """List what has a place, and before the first part what stands somewhere.

    Raises ``UserFault``: ``procedure-unknown``, ``cursor-malformed``, and as ``find_line``.
    """
    if wanted.procedure not in ("", *PLACED, *STANDING):
        raise UserFault("procedure-unknown", wanted.procedure[:64])
    name = find_line(book.store, line)
    (before,) = read_cursor(cursor, 1)
    rows, following = _rows(book, name, wanted, before, bounded(count))
    reading = Reading(book, name)
    standing = list(_standing(book, reading, name, wanted, reader)) if not before else []
    cases = book.index.cases_of(list(dict.fromkeys([row.case for row in rows])))
    reading.take(cases)
    folded = {case.id: reading.fold(case) for case in cases if case.computed}
    told = _told(folded, rows)
    seen = [each for each in told if _sees(book, reading, each.row)]
    shown = [_placed(book, each, reader) for each in seen]
    agreed = [item for each in seen if (item := _agreed(book, reading, each, reader)) is not None]
    return Found((*standing, *agreed, *shown), following, len(told) - len(seen))


def _rows(book: Casebook, line: str, wanted: Wanted, before: int, count: int) -> tuple[list[ActRow], str]:
    """Walk the range of places and times; gives acts of the line, and the cursor to go on from."""
    if wanted.procedure in STANDING:
        return [], ""
    procedures = (wanted.procedure,) if wanted.procedure else PLACED
    within = EVERYWHERE._replace(start_ms=wanted.from_ms, end_ms=wanted.until_ms)
    found: list[ActRow] = []
    for _ in range(0, SCANNED_MAX, count):
        seqs = book.index.spread(procedures, within, before, count)
        for row in book.index.rows(seqs):
            before = row.seq
            if row.line == line and row.case:
                found.append(row)
            if len(found) == count:
                return found, str(before)
        if len(seqs) < count:
            return found, ""
    return found, str(before)


def _told(folded: Mapping[bytes, Folded], rows: Iterable[ActRow]) -> list[_Told]:
    """Give those acts of *rows* that count: a side's newest word of its kind in the case, if it names a place."""
    counting = {each.held.digest: (found, each) for found in folded.values() for each in _newest(found)}
    named = [(row, counting[row.digest.hex()]) for row in rows if row.digest.hex() in counting]
    return [_Told(found, each, row) for row, (found, each) in named]


def _newest(found: Folded) -> tuple[FoldedAct, ...]:
    told = {
        (each.held.author, type(each.corrected or each.fields)): each
        for each in found.case.acts
        if each.status in _IN_EFFECT and not each.withdrawn_by and each.fields is not None and each.act != CORRECT
    }
    return tuple([each for each in told.values() if _places(each)])


def _places(each: FoldedAct) -> list[Place]:
    fields = each.corrected or each.fields
    return [part for part in parts(fields) if isinstance(part, Place)] if fields is not None else []


def _span(each: FoldedAct, said_ms: int) -> tuple[int, int]:
    """Give from and until when an act says its matter is; where it says nothing of that, the time it was said."""
    fields = each.corrected or each.fields
    windows = [part for part in parts(fields) if isinstance(part, Window)] if fields is not None else []
    if windows:
        return min(part.start_ms for part in windows), max(part.end_ms for part in windows)
    return said_ms, getattr(fields, "expires_ms", 0) or said_ms


def _sees(book: Casebook, reading: Reading, row: ActRow) -> bool:
    return book.sees(row.line, row.procedure, markings_of(reading.taken[row.seq].act))


def _placed(book: Casebook, told: _Told, reader: Reader) -> Item:
    """Show an act as one item with all its areas, measured where they were read on the edition of its charter."""
    from rabita.procedures.territory_edition import polygon  # noqa: PLC0415 - the geometry library is heavy

    edition = book.edition(told.case.charter) if told.case.charter is not None else None
    places = _places(told.act)
    areas = tuple([each.area for each in places if polygon(each.area).is_valid])
    foreign = edition is None or any(each.edition != edition.digest for each in places)
    near = () if foreign or edition is None else _nearest(_Measured(edition), areas)
    return _item(told, reader)._replace(areas=areas, near=near, foreign=foreign, verdict=_verdict(told))


def _item(told: _Told, reader: Reader) -> Item:
    found, act = told.case, told.act
    from_ms, until_ms = _span(act, told.row.claimed_ms or told.row.held_ms)
    return Item(
        id=told.row.digest.hex(),
        case=found.row.id.hex(),
        procedure=found.row.procedure,
        kind=_kind(act),
        party=act.held.author,
        says=_sentence(found, act, reader),
        stands=say_state(found.procedure, found.case, reader),
        closed=found.row.closed,
        from_ms=from_ms,
        until_ms=until_ms,
    )


def _kind(act: FoldedAct) -> str:
    fields = act.corrected or act.fields
    return str(next((getattr(fields, name) for name in ("what", "kind", "status") if hasattr(fields, name)), ""))


def _sentence(found: Folded, act: FoldedAct, reader: Reader) -> str:
    """Say an act by its sentence alone, without the coded fields that the sentence has no place for."""
    says, fields = found.procedure.rules[act.act].says, act.corrected or act.fields
    other = found.case.responder if act.held.author == found.case.opener else found.case.opener
    parties = {
        "author": act.held.author,
        "other": other,
        "opener": found.case.opener,
        "responder": found.case.responder,
    }
    values = {name: say_value(name, getattr(fields, name, ""), reader) for name in placeholders(says) - parties.keys()}
    return reader.translate(says).format_map(values | {name: reader.party(code) for name, code in parties.items()})


class _Measured(NamedTuple):
    """An edition to measure on, in a cache known by its digest and parties, for its shapes are long to compare."""

    edition: "Edition"

    def __hash__(self) -> int:
        return hash(self.edition.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Measured) and self._key == other._key

    @property
    def _key(self) -> tuple[str, str, str]:
        one, two = self.edition.claims
        return self.edition.digest, one.party, two.party


@lru_cache(maxsize=MEASURED_MAX)
def _nearest(on: _Measured, areas: tuple[Area, ...]) -> Distances:
    """Give the least metres to the line under each claim; what was said stays, so that it is measured once."""
    from rabita.procedures.territory_edition import line_distances, polygon  # noqa: PLC0415 - the geometry library is heavy

    found = [line_distances(on.edition, polygon(area)) for area in areas]
    return tuple([(each[0][0], min(metres for _, metres in each)) for each in zip(*found, strict=True)])


# accounts of one incident


def _verdict(told: _Told) -> str:
    """Say how the place of an account stands to the other side's, where both gave one."""
    case = told.case.case
    if told.case.row.procedure != "incident" or told.act not in (
        account(case, case.opener),
        account(case, case.responder),
    ):
        return ""
    verdict = next(row.verdict for row in compare(case, {}).rows if row.field == "where")
    return verdict.value if verdict in (Verdict.AGREED, Verdict.DISPUTED) else ""


def _agreed(book: Casebook, reading: Reading, told: _Told, reader: Reader) -> Item | None:
    """Give the part of their places that both accounts share, once, with the newer of the two."""
    case = told.case.case
    from shapely import Polygon  # noqa: PLC0415 - as below

    from rabita.procedures.territory_edition import polygon  # noqa: PLC0415 - the geometry library is heavy

    both = [account(case, party) for party in (case.opener, case.responder)]
    rows = [told.case.acts[each.held.digest] for each in both if each is not None]
    if _verdict(told) != Verdict.AGREED.value or told.row.seq != max(row.seq for row in rows):
        return None
    if not all(_sees(book, reading, row) for row in rows):
        return None
    one, two = (polygon(_places(each)[0].area) for each in both if each is not None)
    shared = one.intersection(two)
    if not isinstance(shared, Polygon) or shared.is_empty:
        return None
    area = tuple([Point(round(lon), round(lat)) for lon, lat in shared.exterior.coords[:-1]])
    item = _item(told, reader)
    return item._replace(id=f"{item.case}-agreed", party="", areas=(area,), verdict="shared")


# what stands somewhere


def _standing(book: Casebook, reading: Reading, line: str, wanted: Wanted, reader: Reader) -> Iterator[Item]:
    for procedure in STANDING:
        if wanted.procedure in ("", procedure):
            cases = [
                case
                for state in _STATES[procedure]
                for case in book.index.cases(line, procedure, state, 0, STANDING_MAX, open_only=True)
                if case.computed
            ]
            reading.take(cases)
            yield from _OF[procedure](book, reading, cases, reader)


def _crossings(book: Casebook, reading: Reading, cases: Sequence[CaseRow], reader: Reader) -> Iterator[Item]:
    """Show each crossing point once, with what both sides say of their halves."""
    folded = [found for case in cases if _all_seen(book, reading, found := reading.fold(case))]
    home = {digest: found for found in folded for digest in found.acts}
    points = {each.fields.point for found in folded for each in found.case.acts if isinstance(each.fields, Crossing)}
    for point in sorted(points):
        parties = sorted({party for found in folded for party in (found.case.opener, found.case.responder)})
        both = side_by_side([each.case for each in folded], point, parties, book.clock.now_ms())
        halves = [half.said for half in both.halves.values() if half is not None]
        if halves:
            newest = max(halves, key=lambda said: said.held.place)
            found = home[newest.held.digest]
            item = _item(_Told(found, newest, found.acts[newest.held.digest]), reader)
            says = " ".join([_sentence(found, each, reader) for each in halves])
            yield item._replace(id=f"crossing-{point}", party="", says=says, kind=both.passable, point=point)


def _posts(book: Casebook, reading: Reading, cases: Sequence[CaseRow], reader: Reader) -> Iterator[Item]:
    """Show each liaison officer's post at the place it was nominated for; never a person."""
    for case in cases:
        found = reading.fold(case)
        named, opening = nomination(found.case), found.case.acts[0]
        if named is not None and _all_seen(book, reading, found):
            item = _item(_Told(found, opening, found.acts[opening.held.digest]), reader)
            yield (
                item._replace(areas=(named.at.area,)) if isinstance(named.at, Place) else item._replace(point=named.at)
            )


def _all_seen(book: Casebook, reading: Reading, found: Folded) -> bool:
    return all(_sees(book, reading, row) for row in found.acts.values())


_OF: Final = {"crossing": _crossings, "accreditation": _posts}
