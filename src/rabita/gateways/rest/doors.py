"""How anyone comes in: by a service token, or as an officer by the cookie of a session.

Rules kept here: the cookie is out of reach of scripts and of other sites; what changes something must come from this
node's own pages as well, by a value only they can read and by the browser's word for where it was asked. A token in a
header cannot be sent unknowingly, and so needs neither. Whether someone still may is asked anew at every request.
"""

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NamedTuple

from rabita.gateways.rest.access import Kind, Principal, authenticate, is_good, officer_principal
from rabita.gateways.rest.ground import Officers, Services
from rabita.line.errors import UserFault
from rabita.services.officers import Who
from rabita.services.policy import subject_of

CSRF: Final = "X-Rabita-CSRF"
SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
SECURE: Final = "https://"


class Entered(NamedTuple):
    """Who came in, and of an officer all that is known."""

    principal: Principal
    who: Who | None = None


def enter(
    services: Services, method: str, headers: Mapping[str, str], cookies: Mapping[str, str], *, unattended: bool = False
) -> Entered:
    """Find out who asks; *unattended* as for ``SignIn.who``.

    Raises ``UserFault``: as ``authenticate``, ``session-over``, ``csrf-refused``.
    """
    officers = services.officers
    text = cookies.get(cookie_name(officers), "") if officers is not None else ""
    if officers is None or "authorization" in headers or not text:
        header = headers.get("authorization", "")
        return Entered(authenticate(header, services.records.token, services.clock.now_ms()))
    who = officers.sign_in.who(text, unattended=unattended)
    if method not in SAFE_METHODS:
        _check_own_page(officers, text, headers)
    return Entered(officer_principal(who), who)


def still(services: Services, principal: Principal, action: str) -> bool:
    """Say whether whoever came in may still be here, and an officer still do what they came for."""
    if principal.kind is Kind.OFFICER:
        who = services.officers.sign_in.standing(principal.session) if services.officers is not None else None
        return who is not None and services.policy.decide(subject_of(who), action).allowed
    return is_good(services.records.token(principal.id), services.clock.now_ms())


def csrf_of(text: str) -> str:
    """Give what a page of this session says in ``X-Rabita-CSRF``: only who can read answers of this node knows it."""
    return sha256(b"rabita csrf\n" + text.encode()).hexdigest()


def cookie_name(officers: Officers) -> str:
    """Name the cookie: over TLS by a prefix that keeps other hosts and plain HTTP from setting it."""
    return "__Host-rabita" if officers.origin.startswith(SECURE) else "rabita"


def cookie(officers: Officers, text: str) -> str:
    """Write the cookie of a session; without a text, what takes it away."""
    parts = [f"{cookie_name(officers)}={text}", "Path=/", "HttpOnly", "SameSite=Strict"]
    parts += ["Secure"] if officers.origin.startswith(SECURE) else []
    return "; ".join(parts if text else [*parts, "Max-Age=0"])


def _check_own_page(officers: Officers, text: str, headers: Mapping[str, str]) -> None:
    origin = headers.get("origin", "")
    ours = origin == officers.origin or (not origin and headers.get("sec-fetch-site", "") == "same-origin")
    told = headers.get(CSRF.lower(), "")
    if not (ours and compare_digest(told.encode(), csrf_of(text).encode())):
        raise UserFault("csrf-refused")
