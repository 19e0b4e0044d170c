"""The territory guard: no notice, stop request or operation area covers the other party's soil without its consent.

It is enforced at sealing and shown as a flag at receipt, on both nodes from the same bytes of the same edition; it is
no part of the fold. Its rules (3-procedures, Territory guard; 1-mechanism, M6):

1. An area whose shape has a fault is refused with that fault.
2. An area that leaves what the edition shows of either party's territory is refused, consent or not: neither party
   can speak for that soil.
3. Wholly in what the announcing party claims and the other does not, further from both claims of the line than the
   edition's band: allowed.
4. As 3, but within the band of either claim: refused without the announcer's recorded assurance that it stays on its
   own side; allowed with it, and flagged to the other.
5. Reaching into what both claim, or over the line: refused, unless one consent of the other party covers all of that
   part for the whole time; then allowed and flagged.
"""

from collections.abc import Sequence
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from rabita.procedures.territory import HOST_SOIL_EXTENT_KM, Area, Consent, Verdict, Window
from rabita.procedures.territory_edition import Claim, Edition, area_fault, line_distances, polygon, room_m

_GRACE: Final = 0.99
"""A cell of a grid is a little less than square in metres; its inscribed circle is found to 0.2 %."""


def guard(
    edition: Edition,
    announcer: str,
    area: Area,
    window: Window,
    *,
    assured: bool = False,
    consents: Sequence[Consent] = (),
) -> Verdict:
    """Judge an area by the rules above; never raises for what is in the area.

    *assured* is the assurance recorded in the act; *consents* are the standing consent acts that the act names.
    Raises ``PeerFault("edition-foreign")`` when *announcer* is no party of the edition.
    """
    own, other = edition.sides(announcer)
    fault = area_fault(area)
    if fault:
        return Verdict(fault, allowed=False, flagged=True)  # 1
    shape = polygon(area)
    distance_m = line_distances(edition, shape)
    if not edition.either.covers(shape):
        return Verdict("territory-outside", allowed=False, flagged=True, distance_m=distance_m)  # 2
    if own.undisputed.covers(shape):
        if min(metres for _, metres in distance_m) >= edition.band_m:
            return Verdict("territory-own", allowed=True, flagged=False, distance_m=distance_m)  # 3
        code = "territory-band" if assured else "territory-assurance-needed"
        return Verdict(code, allowed=assured, flagged=True, distance_m=distance_m)  # 4
    code = "territory-disputed" if own.territory.covers(shape) else "territory-across"
    for consent in consents:
        code = _consent_fault(consent, own, other, shape, window)
        if not code:
            return Verdict(
                "territory-consented", allowed=True, flagged=True, distance_m=distance_m, consent=consent.act
            )
    return Verdict(code, allowed=False, flagged=True, distance_m=distance_m)  # 5


def _consent_fault(consent: Consent, own: Claim, other: Claim, shape: BaseGeometry, window: Window) -> str:
    """Say why a consent does not cover an activity, empty when it does."""
    if consent.giver != other.party:
        return "consent-foreign"
    if not consent.window.from_ms <= window.from_ms <= window.until_ms <= consent.window.until_ms:
        return "consent-time"
    if area_fault(consent.area):
        return "consent-area"
    covered = shapely.union(own.undisputed, polygon(consent.area), grid_size=1)
    return "" if shapely.difference(shape, covered, grid_size=1).area == 0 else "consent-area"


def coarse_enough(area: Area, extent_km: int) -> bool:
    """Say whether an area without fault leaves room for a circle *extent_km* wide, so that it points at no place."""
    return room_m(area) >= _GRACE * 1000 * extent_km


def too_fine_on_host_soil(edition: Edition, author: str, area: Area, extent_km: int = HOST_SOIL_EXTENT_KM) -> bool:
    """Say whether an area without fault touches the other party's soil and is not coarsened as it must be there.

    What both claim counts as the other's. Raises ``PeerFault("edition-foreign")`` when *author* is no party.
    """
    _, other = edition.sides(author)
    return bool(other.territory.intersects(polygon(area))) and not coarse_enough(area, extent_km)
