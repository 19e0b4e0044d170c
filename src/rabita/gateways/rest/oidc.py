"""The way in by an identity provider, for browsers: a link that sends them there, and where they come back to.

Rules kept here: what the browser keeps meanwhile is a cookie out of reach of scripts, sent with a visit from elsewhere
(SameSite=Lax) because that is what coming back is; the session's own cookie is not. What fails sends the browser to
the sign-in page, which says one sentence whatever it was; the audit log has the code. No link needs a script.
"""

from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from litestar import Response

from rabita.gateways.rest.doors import SECURE, cookie, cookie_name
from rabita.gateways.rest.ground import Officers
from rabita.gateways.rest.officer_forms import Ways
from rabita.gateways.rest.routing import OPEN, At, Query, Route
from rabita.gateways.rest.sign_in import officers_of
from rabita.line.errors import RabitaError, UserFault
from rabita.services.audit import Action
from rabita.services.oidc import STATE_MS, OidcSignIn, Told

CHARS_MAX: Final = 4_096
HOME: Final = "/"
REFUSED: Final = "/sign-in#refused"
HTML: Final = "text/html"

Text = Annotated[str, msgspec.Meta(max_length=CHARS_MAX)]


class AnyQuery(Query, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """What a provider or a page that links here may add is passed over (RFC 6749, 4.1.2)."""


class CallbackQuery(AnyQuery, frozen=True, kw_only=True):
    """What comes back (RFC 6749, 4.1.2; RFC 9207)."""

    state: Text = ""
    code: Text = ""
    iss: Text = ""
    error: Text = ""


def ways(at: At, _query: Query) -> Ways:
    """Say in which ways officers may sign in."""
    officers = officers_of(at)
    oidc = officers.oidc
    return Ways(passkey=True, provider=oidc.name if oidc is not None else "", code=officers.exercise is not None)


async def begin(at: At, _query: AnyQuery) -> Response[bytes]:
    """Send the browser to the provider."""
    officers = officers_of(at)
    begun = await _oidc(officers).begin()
    return _sent(begun.address, _cookie(officers, begun.secret))


async def finish(at: At, query: CallbackQuery) -> Response[bytes]:
    """Open a session for whoever came back."""
    officers = officers_of(at)
    told = Told(query.state, query.code, query.iss, query.error)
    try:
        opened = await _oidc(officers).finish(at.cookies.get(_name(officers), ""), told)
    except UserFault:
        at.held.strangers.take(at.client, at.services.clock.monotonic_ms())
        raise
    return _sent(HOME, cookie(officers, opened.text), **{"content-location": f"/officers/{opened.session.officer}"})


def _oidc(officers: Officers) -> OidcSignIn:
    if officers.oidc is None:
        raise UserFault("oidc-needed")
    return officers.oidc


def _name(officers: Officers) -> str:
    return f"{cookie_name(officers)}-oidc"


def _cookie(officers: Officers, secret: str) -> str:
    parts = [f"{_name(officers)}={secret}", "Path=/", "HttpOnly", "SameSite=Lax", f"Max-Age={STATE_MS // 1000}"]
    return "; ".join([*parts, *(["Secure"] if officers.origin.startswith(SECURE) else [])])


def _sent(address: str, kept: str, **headers: str) -> Response[bytes]:
    """Send a browser elsewhere, with a cookie."""
    headers |= {"location": address, "set-cookie": kept}
    return Response(b"", status_code=HTTPStatus.SEE_OTHER, media_type=HTML, headers=headers)


def _back(_at: At, _fault: RabitaError) -> Response[bytes]:
    """Send a browser that was refused back to where it may sign in."""
    return Response(b"", status_code=HTTPStatus.SEE_OTHER, media_type=HTML, headers={"location": REFUSED})


def _link(path: str, name: str, title: str, run: Any, query: type[Query], audit: Action) -> Route:  # noqa: ANN401 - a handler
    return Route(
        method="GET",
        path=path,
        name=name,
        title=title,
        action=OPEN,
        audit=audit,
        query=query,
        answers={303: Any},
        run=run,
        gives=HTML,
        apart=False,
        refused=_back,
        tag="access",
    )


WAYS: Final = Route(
    method="GET",
    path="/access/ways",
    name="ways",
    title="In which ways officers may sign in",
    action=OPEN,
    audit=Action.STATUS,
    answers={200: Ways},
    run=ways,
    apart=False,
    faults=("web-origin-needed",),
    tag="access",
)
LINKS: Final = (
    _link("/access/oidc", "oidc-begin", "Sign in by the identity provider", begin, AnyQuery, Action.STATUS),
    _link("/access/oidc/callback", "sign-in-oidc", "Back from it", finish, CallbackQuery, Action.SIGN_IN),
)
"""For browsers alone: they are no part of the API's description."""
