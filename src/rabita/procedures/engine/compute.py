"""From a set of entries to every case, in one call: what a node shows, and what both must agree on (E1, E16)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rabita.line.charter import Charter
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.fold import Case, fold
from rabita.procedures.engine.gather import PROCEDURE_UNKNOWN, gather
from rabita.procedures.engine.held import Extent, Held
from rabita.procedures.engine.judge import Suspension

NOT_COMPUTED = "not-computed"


class Catalogue(NamedTuple):
    """The procedures this version knows, by name, and the catalogue versions it can compute under."""

    versions: tuple[str, ...]
    procedures: Mapping[str, Procedure]

    def terms(self, charters: Mapping[int, Charter], version: int) -> Charter | None:
        """Give the charter of a version if it is held and names a catalogue known here, else None."""
        charter = charters.get(version)
        return charter if charter is not None and charter.catalogue in self.versions else None


class Computed(NamedTuple):
    """Every case by the digest of its opening act; acts that wait, by what for; acts in no case, by why not."""

    cases: dict[str, Case]
    waiting: dict[str, str]
    stray: dict[str, str]


def compute(catalogue: Catalogue, charters: Mapping[int, Charter], entries: Iterable[Held], extent: Extent) -> Computed:
    """Compute every case. *charters* are the versions held, by number; suspensions are found among the cases.

    A case keeps the charter its opening act's stamp names, whatever versions its later acts name.
    """
    held = list(entries)
    found = gather(catalogue.procedures, held)
    openings = {each.digest: each for case, acts in found.cases.items() for each in acts if each.digest == case}
    versions = {each.digest: each.charter for each in held if each.digest in found.stray}
    by_name: dict[str, list[str]] = {}
    for case, opening in openings.items():
        by_name.setdefault(opening.act.procedure, []).append(case)
    suspending = [name for name in by_name if catalogue.procedures[name].suspends]
    suspensions: list[Suspension] = []
    cases: dict[str, Case] = {}
    for name in [*suspending, *(each for each in by_name if each not in suspending)]:
        procedure = catalogue.procedures[name]
        for case in by_name[name]:
            terms = catalogue.terms(charters, openings[case].charter)
            cases[case] = fold(procedure, terms, case, found.cases[case], extent, suspensions)
        if name in suspending:
            suspensions += suspensions_of(procedure, [cases[case] for case in by_name[name]])
    stray = {
        digest: NOT_COMPUTED if code == PROCEDURE_UNKNOWN and not catalogue.terms(charters, versions[digest]) else code
        for digest, code in found.stray.items()
    }
    return Computed(cases, found.waiting, stray)


def suspensions_of(procedure: Procedure, cases: Sequence[Case]) -> list[Suspension]:
    """Read the suspensions off the cases of the procedure that announces them (E15)."""
    if procedure.suspends is None:
        return []
    announce, resume = procedure.suspends
    found = []
    for case in cases:
        ended = [each.held for each in case.effective(resume)]
        for each in case.effective(announce):
            named = getattr(each.fields, "procedures", ())
            found.append(Suspension(tuple(named), each.held, ended[0] if ended else None))
    return found
