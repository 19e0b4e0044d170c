"""What a concern may hold: a group and a coarse area, never an individual or a point; action on the host's own soil.

Rules (3-procedures, concern; 1-mechanism):

1. ``concern-individual``: no portion of a concern may be marked as personal data.
2. Its area is on the charter's edition and sound (``place_rules``) and leaves room for a circle ``CONCERN_EXTENT_KM``
   wide, else ``concern-point``.
3. ``concern-elsewhere``, shown only: the area touches nothing the other side claims, so it cannot act there.
4. What the host says it does lies on its own soil: the territory guard's verdict, without any consent.
5. ``review-without-meeting``: a review names the meeting's entry in its basis.
"""

from rabita.procedures.concern import Acted, More, Raised, Reviewed
from rabita.procedures.engine.coded import Place
from rabita.procedures.place_rules import place_findings, shape_findings
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.territory import CONCERN_EXTENT_KM, Window
from rabita.procedures.territory_edition import polygon
from rabita.procedures.territory_guard import coarse_enough, guard


def check_concern(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Give what the rules above find in an act of a concern."""
    fields = facts.fields
    marked = [each for markings in facts.markings.values() for each in markings if each.personal]
    found = (RuleFinding("concern-individual"),) if marked else ()  # 1
    if isinstance(fields, Raised | More) and fields.area is not None:
        return found + _area(facts, fields.area)
    if isinstance(fields, Acted) and fields.where is not None:
        return found + _own_soil(facts, fields.where)
    if isinstance(fields, Reviewed) and not _names_a_meeting(facts):
        return (*found, RuleFinding("review-without-meeting", "basis"))  # 5
    return found


def _area(facts: RuleFacts, place: Place) -> tuple[RuleFinding, ...]:
    if found := shape_findings(facts, place):
        return found  # 2
    if not coarse_enough(place.area, CONCERN_EXTENT_KM):
        return (RuleFinding("concern-point", f"{CONCERN_EXTENT_KM} km"),)  # 2
    if facts.edition is None:
        return ()
    _, other = facts.edition.sides(facts.act.author)
    theirs = other.territory.intersects(polygon(place.area))
    return () if theirs else (RuleFinding("concern-elsewhere", refuses=False),)  # 3


def _own_soil(facts: RuleFacts, place: Place) -> tuple[RuleFinding, ...]:
    if found := place_findings(facts, place):
        return found
    if facts.edition is None:
        return (RuleFinding("edition-unheld"),)
    verdict = guard(facts.edition, facts.act.author, place.area, Window(0, 0), assured=True)
    return () if verdict.allowed else (RuleFinding(verdict.code),)  # 4


def _names_a_meeting(facts: RuleFacts) -> bool:
    """Say whether the basis names an entry of another case."""
    own = {each.held.digest for each in facts.case.acts} if facts.case is not None else set()
    return bool(set(facts.act.basis) - own)
