"""The settings of one's own desk: language, calendar, digits, zone, letters, colours, keys. Each is kept at once.

Rule kept here: they are the officer's own and change what nobody else sees; what is not said stays as it is.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from litestar import Response
from msgspec import UNSET, UnsetType

from rabita.desk.dates import day_text, time_text
from rabita.desk.languages import OWN_NAMES
from rabita.desk.rendering import Desk, Place, Reading, page, page_route, script_route
from rabita.gateways.rest.routing import OWN, At, Query, Route, read_body
from rabita.gateways.rest.sign_in import signed_in
from rabita.services.audit import Action
from rabita.services.preferences import (
    Calendar,
    DeskStore,
    Digits,
    Letters,
    Preferences,
    Switch,
    Theme,
    Zone,
    preferences_of,
)

PLACE: Final = Place("settings", "/desk/settings", "Settings", "How your desk looks. Each change is kept at once.")
STYLE: Final = Place("style", "/desk/style", "Style", "Everything that pages are made of, as you see it.")


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer chooses; what is left out stays as it was."""

    language: Annotated[str, msgspec.Meta(pattern="^(en|ur|fa)$")] | UnsetType = UNSET
    calendar: Calendar | UnsetType = UNSET
    digits: Digits | UnsetType = UNSET
    zone: Zone | UnsetType = UNSET
    letters: Letters | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET
    shortcuts: Switch | UnsetType = UNSET


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the settings and of the style page."""
    return (
        page_route(desk, PLACE, show, action=OWN, audit=Action.STATUS),
        page_route(desk, STYLE, style, action=OWN, audit=Action.STATUS),
        script_route(
            *("POST", "/desk/preferences", "desk-preferences", "Keep how one's desk looks", partial(keep, desk.store)),
            action=OWN,
            body=Chosen,
            answers={200: Preferences},
            faults=("officer-needed",),
        ),
    )


def show(seen: Reading, _query: Query) -> Response[bytes]:
    """Show what may be chosen and what is."""
    return page(
        *(seen, PLACE.page, PLACE.title), lead=PLACE.lead, scripts=("settings",), sheets=("settings",), **_view(seen)
    )


def style(seen: Reading, _query: Query) -> Response[bytes]:
    """Show every token and part of the design system in the reader's own way."""
    return page(*(seen, STYLE.page, STYLE.title), lead=STYLE.lead, sheets=("settings", "watch"))


def keep(store: DeskStore, at: At, _query: Query) -> Preferences:
    """Keep what was chosen, beside what was before."""
    chosen, officer = read_body(Chosen, at.body), signed_in(at).officer.id
    said = {name: value for name, value in msgspec.structs.asdict(chosen).items() if value is not UNSET}
    with store.transaction() as rows:
        before = rows.get(Preferences, officer) or Preferences(officer)
        kept = msgspec.structs.replace(before, **said)
        rows.put(kept)
    return kept


def _view(seen: Reading) -> Mapping[str, Any]:
    """Show each choice by an example of itself: the day today, the time now."""
    now_ms, how = seen.at.services.clock.now_ms(), seen.how
    return {
        "tongues": OWN_NAMES,
        "calendars": {each: day_text(now_ms, msgspec.structs.replace(how, calendar=each)) for each in Calendar},
        "numerals": {each: time_text(now_ms, msgspec.structs.replace(how, digits=each)) for each in Digits},
        "zones": {each: time_text(now_ms, msgspec.structs.replace(how, zone=each)) for each in Zone},
        "chosen": preferences_of(seen.desk.store, how.id) is not None,
    }
