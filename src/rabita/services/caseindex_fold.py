"""Cases folded again, and the rows that lists are read from: the case, its acts' standing, its duties, its places.

The engine folds; nothing of a rule is here. A case is folded whole from its acts each time one of them is new or
changed, which costs what its length is; a suspension touches the cases whose authors had seen it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rabita.line.charter import Charter
from rabita.ports.index import ActRow, CaseRow, DutyRow, IndexQueries, Spread
from rabita.procedures.engine.coded import Coded, Part, Place, Window
from rabita.procedures.engine.compute import NOT_COMPUTED, Catalogue, suspensions_of
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.duties import Obligation, obligations
from rabita.procedures.engine.fold import Case, Folded, Status, fingerprint, fold
from rabita.procedures.engine.held import Extent, Held, complete
from rabita.procedures.engine.judge import Suspension
from rabita.services.caseindex_held import Loader
from rabita.services.caseindex_slice import Work
from rabita.services.caseindex_state import glance

REFOLDED_AT_ONCE: Final = 256
"""Cases folded in a slice because something else changed; the rest are marked and follow."""
EVERYWHERE: Final = Spread(-180_000_000, -90_000_000, 180_000_000, 90_000_000, -(2**46), 2**46)
_IN_EFFECT: Final = (Status.EFFECTIVE, Status.CROSSED)


def fold_touched(work: Work) -> dict[bytes, Case]:
    """Fold the cases touched; gives them. Suspensions come first, because what they touch may be among the others."""
    work.touch(*work.changes.marked(work.line, "stale", REFOLDED_AT_ONCE))
    extent = work.state.extent()
    found: dict[bytes, Case] = {}
    while work.touched:
        cases, work.touched = list(work.touched), {}
        members = work.changes.members(work.line, cases)
        work.loader.fetch([row for rows in members.values() for row in rows])
        read = [(case, members.get(case, ())) for case in cases]
        for case, rows in sorted(read, key=lambda each: not _suspends(work, each[1])):
            folded = _fold(work, case, rows, extent)
            if folded is not None:
                found[case] = folded
    return found


def suspensions_held(
    index: IndexQueries, loader: Loader, catalogue: Catalogue, charters: Mapping[int, Charter], line: str
) -> dict[bytes, tuple[Suspension, ...]]:
    """Read the suspensions off the cases kept, by case; no suspension suspends another."""
    found: dict[bytes, tuple[Suspension, ...]] = {}
    extent = glance(index.state(line)).extent
    for procedure in catalogue.procedures.values():
        at = 0
        while procedure.suspends and (rows := index.cases(line, procedure.name, "", at, REFOLDED_AT_ONCE)):
            at = rows[-1].last_seq
            for case, acts in index.members(line, [row.id for row in rows]).items():
                held = loader.held(acts)
                opening = next(each for each in held if each.digest == case.hex())
                terms = catalogue.terms(charters, opening.charter)
                folded = fold(procedure, terms, case.hex(), held, extent)
                found[case] = tuple(suspensions_of(procedure, [folded]))
    return found


def _suspends(work: Work, rows: Sequence[ActRow]) -> bool:
    procedure = work.catalogue.procedures.get(rows[0].procedure) if rows else None
    return procedure is not None and procedure.suspends is not None


def _fold(work: Work, case: bytes, rows: Sequence[ActRow], extent: Extent) -> Case | None:
    """Fold one case and put its rows; None where its opening act is gone."""
    opening = next((row for row in rows if row.digest == case), None)
    if opening is None:
        work.changes.drop_case(work.line, case)
        return None
    procedure = work.catalogue.procedures[opening.procedure]
    terms = work.catalogue.terms(work.charters, opening.charter)
    held = work.loader.held(rows)
    folded = fold(procedure, terms, case.hex(), held, extent, work.state.in_all_suspensions())
    if procedure.suspends is not None:
        _suspend(work, case, tuple(suspensions_of(procedure, [folded])))
    _put_acts(work, procedure, folded, rows)
    unsettled = any(_is_unsettled(work, procedure, each, extent) for each in held)
    row = CaseRow(
        id=case,
        line=work.line,
        procedure=procedure.name,
        state=folded.state,
        computed=folded.computed,
        closed=folded.state in procedure.ends,
        opener=folded.opener,
        responder=folded.responder,
        lane=opening.log.lane,
        opened_seq=opening.seq,
        last_seq=rows[-1].seq,
        acts=len(rows),
        fingerprint=bytes.fromhex(fingerprint(folded)),
        unsettled=unsettled,
    )
    owed = obligations(procedure, terms, folded) if terms is not None else []
    work.changes.put_case(row, _duty_rows(work, procedure.name, owed, rows))
    return folded


def _is_unsettled(work: Work, procedure: Procedure, held: Held, extent: Extent) -> bool:
    """Say whether a signature may still come to stand, once more is held (E13)."""
    rule = procedure.rules.get(held.act.act)
    other = work.peer if held.author == work.us else work.us
    return rule is not None and bool(rule.signs) and held.in_force and not complete(held, other, extent)


def _put_acts(work: Work, procedure: Procedure, folded: Case, rows: Sequence[ActRow]) -> None:
    became = {each.held.digest: each for each in folded.acts}
    changed, spreads = [], []
    for row in rows:
        each = became.get(row.digest.hex())
        status, because = (each.status.value, each.because) if each else (NOT_COMPUTED, NOT_COMPUTED)
        if (status, because) != (row.status, row.because):
            changed.append(row._replace(status=status, because=because))
        if each is not None and _may_spread(procedure, each):
            spreads.append((row.seq, procedure.name, _spread(each)))
    work.changes.stand(changed)
    work.changes.put_spreads(spreads)


def _duty_rows(work: Work, procedure: str, owed: Iterable[Obligation], rows: Sequence[ActRow]) -> list[DutyRow]:
    acts = {row.digest.hex(): row for row in rows}
    return [
        DutyRow(
            case=bytes.fromhex(each.case),
            line=work.line,
            procedure=procedure,
            duty=each.duty,
            since=acts[each.since].digest,
            since_seq=acts[each.since].seq,
            by_us=work.us in each.debtors,
            by_them=work.peer in each.debtors,
            allowed_ms=each.allowed_ms,
            named_ms=each.due_ms,
            met_by=bytes.fromhex(each.met_by),
            ended=each.ended,
            rings=each.rings,
            since_ms=acts[each.since].received_ms,
            met_ms=acts[each.met_by].received_ms if each.met_by else 0,
        )
        for each in owed
    ]


# what is suspended


def _suspend(work: Work, case: bytes, found: tuple[Suspension, ...]) -> None:
    """Take in what a case suspends, and have what that changes folded again: some now, the rest when there is time."""
    known = work.state.suspensions.get(case, ())
    work.state.suspensions[case] = found
    cases: dict[bytes, None] = {}
    for each in [*[one for one in found if one not in known], *[one for one in known if one not in found]]:
        named = [name for name in each.procedures if name in work.catalogue.procedures]
        digest = bytes.fromhex(each.announced.digest)
        for row in work.changes.mains_of(work.line, [digest]):
            cases |= dict.fromkeys(work.changes.covering(work.line, named, row))
    work.touch(*list(cases)[:REFOLDED_AT_ONCE])
    work.changes.mark_stale(work.line, list(cases)[REFOLDED_AT_ONCE:])


# where and when


def _may_spread(procedure: Procedure, each: Folded) -> bool:
    """Say whether an act's fields may name a place or a window."""
    rule = procedure.rules.get(each.act)
    fields = each.corrected or each.fields
    return rule is not None and fields is not None and any(True for _ in parts(fields))


def _spread(each: Folded) -> Spread | None:
    """Give what an act in effect says of place and time, as one box."""
    fields = each.corrected or each.fields
    if fields is None or each.status not in _IN_EFFECT or each.withdrawn_by:
        return None
    return spread_of(fields)


def spread_of(fields: Coded) -> Spread:
    """Give what coded fields say of place and time, as one box; where they say nothing, everywhere or always."""
    named = list(parts(fields))
    boxes = [each.bounds for each in named if isinstance(each, Place)]
    times = [(each.start_ms, each.end_ms) for each in named if isinstance(each, Window)]
    west, south, east, north = EVERYWHERE[:4]
    if boxes:
        west, south = min(each[0] for each in boxes), min(each[1] for each in boxes)
        east, north = max(each[2] for each in boxes), max(each[3] for each in boxes)
    start_ms, end_ms = EVERYWHERE[4:]
    if times:
        start_ms, end_ms = min(start for start, _ in times), max(end for _, end in times)
    return Spread(west, south, east, north, start_ms, end_ms)


def parts(fields: Coded | Part) -> Iterable[Place | Window]:
    """Find the places and windows in coded fields, those in groups and lists too."""
    for name in fields.__struct_fields__:
        value = getattr(fields, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Place | Window):
                yield each
            elif isinstance(each, Part):
                yield from parts(each)
