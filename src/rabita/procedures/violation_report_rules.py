"""Violation reports are measured: on the shared map edition, with its accuracy, the distance under each side's claim.

1. The place, the explainer's own too, is on the charter's edition and sound, and not too fine on the other's soil
   (``place_rules``).
2. ``violation-future``: it is reported for a time that has not come.
3. ``place-elsewhere``, shown only: the place touches nothing that the reporter claims.

``measured`` says how near the line the place lies. It gives no side: the map cannot, and the reporter states it.
"""

from typing import NamedTuple

from rabita.procedures.engine.coded import Place
from rabita.procedures.engine.fold import Case
from rabita.procedures.place_rules import place_findings
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.territory import Distances, editions_differ, near_line_sentence
from rabita.procedures.territory_edition import Edition, area_fault, line_distances, polygon
from rabita.procedures.violation_report import Explanation, Violation


class Measured(NamedTuple):
    """A place as measured: the edition's digest and accuracy, metres to the line as each party claims it, the sentence.

    ``author`` is the side whose place it is; ``distance_m`` is in the order of the parties' codes, 0 where reached.
    """

    author: str
    edition: str
    accuracy_m: int
    distance_m: Distances
    sentence: str


class Measurement(NamedTuple):
    """Both sides' places of one violation, as far as told; whether they were read on different editions."""

    places: tuple[Measured, ...]
    editions_differ: bool


def check_violation_report(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Give what the rules above find in an act of a violation report."""
    fields = facts.fields
    if isinstance(fields, Explanation) and fields.where is not None:
        return place_findings(facts, fields.where)  # 1
    if not isinstance(fields, Violation):
        return ()
    future = fields.when.start_ms > facts.now_ms
    return (
        *(place_findings(facts, fields.where) or _elsewhere(facts, fields.where)),
        *([RuleFinding("violation-future", "when")] if future else []),  # 2
    )


def _elsewhere(facts: RuleFacts, place: Place) -> tuple[RuleFinding, ...]:
    """Apply rule 3 to a place that passed the first."""
    if facts.edition is None:
        return ()
    own, _ = facts.edition.sides(facts.act.author)
    inside = own.territory.intersects(polygon(place.area))
    return () if inside else (RuleFinding("place-elsewhere", refuses=False),)


def measured(case: Case, edition: Edition) -> Measurement:
    """Measure the places of a violation report on the edition they were read on; others are left out, and flagged."""
    told = [(each.held.author, _place(each.corrected)) for each in case.effective("report", "explain")]
    newest = {author: place for author, place in told if place is not None}
    here = {author: place for author, place in newest.items() if place.edition == edition.digest}
    return Measurement(
        tuple([_measure(author, place, edition) for author, place in here.items() if not area_fault(place.area)]),
        editions_differ(edition.digest, *(place.edition for place in newest.values())),
    )


def _measure(author: str, place: Place, edition: Edition) -> Measured:
    distance_m = line_distances(edition, polygon(place.area))
    sentence = near_line_sentence(distance_m, edition.accuracy_m)
    return Measured(author, edition.digest, edition.accuracy_m, distance_m, sentence)


def _place(fields: object) -> Place | None:
    return fields.where if isinstance(fields, Violation | Explanation) else None
