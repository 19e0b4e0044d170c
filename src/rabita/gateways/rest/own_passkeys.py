"""The routes by which officers keep their own passkeys: list them, make another, revoke one.

Rule kept here: making and revoking need a passkey that was just shown in the session (``POST /access/confirm``).
"""

from typing import Any, Final

from rabita.gateways.rest.officer_forms import ByPasskey, Ceremony, Nothing, PasskeyShown, shown_passkey
from rabita.gateways.rest.routing import OWN, At, Query, Route, read_body
from rabita.gateways.rest.sign_in import BODY_BYTES_MAX, officers_of, signed_in
from rabita.services.audit import Action


def listed(at: At, _query: Query) -> tuple[PasskeyShown, ...]:
    """List one's own passkeys."""
    return tuple([shown_passkey(each) for each in officers_of(at).own.listed(signed_in(at))])


def begin(at: At, _query: Query) -> Ceremony:
    """Ask for another passkey."""
    read_body(Nothing, at.body)
    return Ceremony(officers_of(at).own.begin(signed_in(at)))


def make(at: At, _query: Query) -> PasskeyShown:
    """Keep another passkey."""
    form = read_body(ByPasskey, at.body)
    return shown_passkey(officers_of(at).own.finish(signed_in(at), form.answer))


def revoke(at: At, _query: Query) -> PasskeyShown:
    """Revoke one's own passkey."""
    read_body(Nothing, at.body)
    return shown_passkey(officers_of(at).own.revoke(signed_in(at), at.path["passkey"]))


def _route(method: Any, path: str, name: str, title: str, *faults: str, **more: Any) -> Route:  # noqa: ANN401 - types and handlers
    return Route(
        method=method,
        path=f"/access/passkeys{path}",
        name=name,
        title=title,
        action=OWN,
        body_bytes_max=BODY_BYTES_MAX,
        faults=("web-origin-needed", "officer-needed", *faults),
        tag="access",
        **more,
    )


ROUTES: Final = (
    _route(
        *("GET", "", "passkeys", "One's own passkeys"),
        audit=Action.LIST,
        answers={200: tuple[PasskeyShown, ...]},
        run=listed,
    ),
    _route(
        *("POST", "/begin", "passkey-begin", "What the browser needs to make another passkey"),
        *("confirmation-needed", "passkeys-full"),
        audit=Action.STATUS,
        body=Nothing,
        answers={200: Ceremony},
        run=begin,
    ),
    _route(
        *("POST", "", "passkey-make", "Keep another passkey"),
        *("confirmation-needed", "passkeys-full", "passkey-refused", "session-over"),
        audit=Action.ENROL,
        body=ByPasskey,
        answers={200: PasskeyShown},
        run=make,
    ),
    _route(
        *("POST", "/{passkey}/revoke", "passkey-revoke", "Revoke one of one's own; the sessions it opened end"),
        *("confirmation-needed", "passkey-unknown", "passkey-last", "session-over"),
        audit=Action.ENROL,
        body=Nothing,
        answers={200: PasskeyShown},
        run=revoke,
    ),
)
