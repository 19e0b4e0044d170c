"""Back to what one was writing: a form tells where its officer is in a draft, and asks when it is opened again."""

from typing import Final

from rabita.desk.rendering import Desk, script_route
from rabita.gateways.rest.officer_forms import Nothing
from rabita.gateways.rest.routing import At, Query, Route, read_body
from rabita.gateways.rest.sign_in import signed_in
from rabita.services.audit import Action
from rabita.services.drafting import ID_BYTES
from rabita.services.left_off import Spot, leave_off, left_off

PATH: Final = "/desk/drafts/{draft}/spot"
_ID_CHARS: Final = 2 * ID_BYTES


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make both routes."""

    def tell(at: At, _query: Query) -> Spot:
        return left_off(desk.store, signed_in(at).officer.id, at.path["draft"][:_ID_CHARS])

    def keep(at: At, _query: Query) -> Nothing:
        spot, officer = read_body(Spot, at.body), signed_in(at).officer.id
        leave_off(desk.store, officer, at.path["draft"][:_ID_CHARS], spot, at.services.clock.now_ms())
        return Nothing()

    return (
        script_route(
            *("GET", PATH, "draftSpot", "Where one left a draft", tell),
            action="draft",
            audit=Action.STATUS,
            answers={200: Spot},
        ),
        script_route(
            *("POST", PATH, "keepDraftSpot", "Keep where one is in a draft", keep),
            action="draft",
            audit=Action.SAVE,
            body=Spot,
            answers={200: Nothing},
            faults=("officer-needed",),
        ),
    )
