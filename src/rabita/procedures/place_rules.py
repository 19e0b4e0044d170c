"""What every place in an act must keep to, whatever the procedure: the agreed map, a sound shape, no pinpoint abroad.

Rules (3-procedures, Territory guard; 1-mechanism, "locations on the host's soil are coarsened"):

1. ``edition-foreign``: it was read on another map edition than the charter names.
2. The fault of its shape, if it has one (``area_fault``).
3. ``place-fine``: it touches what the other side claims and leaves less room than ``HOST_SOIL_EXTENT_KM``.
"""

from rabita.procedures.engine.coded import Place
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.territory_edition import area_fault
from rabita.procedures.territory_guard import too_fine_on_host_soil


def shape_findings(facts: RuleFacts, place: Place) -> tuple[RuleFinding, ...]:
    """Give what rules 1 and 2 find in a place: all of it is refused, since nothing can be measured there."""
    if place.edition != facts.charter.boundary.digest:
        return (RuleFinding("edition-foreign", place.edition[:12]),)  # 1
    fault = area_fault(place.area)
    return (RuleFinding(fault),) if fault else ()  # 2


def place_findings(facts: RuleFacts, place: Place) -> tuple[RuleFinding, ...]:
    """Give what the three rules find in a place; the third needs the edition to be held."""
    if found := shape_findings(facts, place):
        return found
    edition = facts.edition
    fine = edition is not None and too_fine_on_host_soil(edition, facts.act.author, place.area)
    return (RuleFinding("place-fine"),) if fine else ()  # 3
