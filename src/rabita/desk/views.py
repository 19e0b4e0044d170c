"""Views kept under a name: an address of the desk with its filters, one's own or shared with this node's officers.

Rules kept here: a view is an address on this node and nothing else; only whoever keeps it drops it; what it shows is
decided anew for whoever follows it.
"""

import secrets
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final, NamedTuple

import msgspec

from rabita.desk.rendering import Desk, Reading, script_route
from rabita.gateways.rest.officer_forms import Nothing
from rabita.gateways.rest.routing import OWN, At, Made, Query, Route, read_body
from rabita.gateways.rest.sign_in import signed_in
from rabita.line.errors import UserFault
from rabita.services.preferences import SavedView, Switch

VIEWS_MAX: Final = 50
"""How many views an officer keeps."""
ID_BYTES: Final = 8


class ViewWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A view to be kept: its name, the address with its filters, whether other officers are shown it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    address: Annotated[str, msgspec.Meta(pattern=r"^/desk/[a-z]+(\?[\x21-\x7e]*)?$", max_length=1_000)]
    shared: bool = False


class View(NamedTuple):
    """A view in the list; ``mine``: whoever reads keeps it, and may drop it."""

    view: SavedView
    mine: bool


def views_of(seen: Reading, path: str) -> list[View]:
    """List the views of a page that the officer keeps, then those that others share."""
    officer = seen.at.who.officer.id if seen.at.who is not None else ""
    with seen.desk.store.reading() as rows:
        kept = rows.of(SavedView)
    found = [View(each, each.officer == officer) for each in kept if each.address.partition("?")[0] == path]
    return sorted(
        [each for each in found if each.mine or each.view.shared is Switch.ON], key=lambda each: not each.mine
    )


def keep(desk: Desk, at: At, _query: Query) -> Made:
    """Keep a view; raises ``UserFault("views-full")``."""
    form, officer = read_body(ViewWanted, at.body), signed_in(at).officer.id
    shared = Switch.ON if form.shared else Switch.OFF
    with desk.store.transaction() as rows:
        if len(rows.of(SavedView, officer)) >= VIEWS_MAX:
            raise UserFault("views-full", str(VIEWS_MAX))
        view = SavedView(secrets.token_hex(ID_BYTES), officer, form.name, form.address, shared)
        rows.put(view)
    return Made(HTTPStatus.CREATED, msgspec.json.encode(view), f"/desk/views/{view.id}")


def drop(desk: Desk, at: At, _query: Query) -> Nothing:
    """Forget a view of one's own; raises ``UserFault("view-unknown")``."""
    read_body(Nothing, at.body)
    officer = signed_in(at).officer.id
    with desk.store.transaction() as rows:
        view = rows.get(SavedView, at.path["view"])
        if view is None or view.officer != officer:
            raise UserFault("view-unknown", at.path["view"][:16])
        rows.drop(SavedView, view.id)
    return Nothing()


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes that keep and drop views."""
    return (
        script_route(
            *("POST", "/desk/views", "keep-view", "Keep a view under a name", partial(keep, desk)),
            action=OWN,
            body=ViewWanted,
            answers={HTTPStatus.CREATED: SavedView},
            faults=("views-full",),
        ),
        script_route(
            *("POST", "/desk/views/{view}/drop", "drop-view", "Forget a view", partial(drop, desk)),
            action=OWN,
            body=Nothing,
            answers={HTTPStatus.OK: Nothing},
            faults=("view-unknown",),
        ),
    )
