"""Puts together what officers need: their file, their passkeys, the limits of the settings, the node's clock."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from rabita.app.oidc import make_provider
from rabita.app.settings import Settings
from rabita.gateways.rest.ground import Officers
from rabita.keys.passkeys import WebauthnPasskeys
from rabita.line.errors import UserFault
from rabita.line.ids import is_exercise_code
from rabita.ports import Clock
from rabita.services.enrolment import Enrolment
from rabita.services.exercise_entry import ExerciseEntry
from rabita.services.identities import Identities
from rabita.services.officers import Limits, OfficerStore
from rabita.services.oidc import OidcSignIn
from rabita.services.own_passkeys import OwnPasskeys
from rabita.services.passkeys import Challenges
from rabita.services.people import People
from rabita.services.sign_in import SignIn

MINUTE_MS = 60_000
HOUR_MS = 3_600_000


def origin_of(settings: Settings, port: int) -> str:
    """Say where browsers find this node: as set, or on this machine; empty where only the operator can know.

    Passkeys belong to a name, never to an IP address (WebAuthn level 3, 5.1.2): on this machine that is ``localhost``.
    """
    if settings.web_origin:
        return settings.web_origin
    if not ip_address(settings.web_address).is_loopback:
        return ""
    return f"{'https' if settings.web_certificate else 'http'}://localhost:{port}"


def limits_of(settings: Settings) -> Limits:
    """Give the limits that are set."""
    return Limits(
        settings.session_idle_minutes * MINUTE_MS,
        settings.session_hours * HOUR_MS,
        settings.invitation_minutes * MINUTE_MS,
    )


def make_people(store: OfficerStore, clock: Clock, settings: Settings) -> People:
    """Make what administers officers: all that commands need."""
    return People(store, clock, limits_of(settings))


def make_identities(store: OfficerStore, clock: Clock, settings: Settings) -> Identities:
    """Make what links officers to the identity provider of the settings."""
    return Identities(store, clock, settings.oidc_issuer)


def make_officers(store: OfficerStore, clock: Clock, settings: Settings, port: int) -> Officers | None:
    """Make the officers' services; none where the node does not know its own origin.

    Raises ``UserFault("setting-invalid")`` for an identity provider that is not set in full, and for what only an
    exercise may set.
    """
    origin = origin_of(settings, port)
    if not urlsplit(origin).hostname:
        return None
    provider = make_provider(settings, origin, clock)
    passkeys, challenges = WebauthnPasskeys(origin), Challenges(clock.monotonic_ms)
    return Officers(
        origin,
        make_people(store, clock, settings),
        Enrolment(store, passkeys, challenges, clock),
        SignIn(store, passkeys, challenges, clock, limits_of(settings)),
        OwnPasskeys(store, passkeys, challenges, clock),
        make_identities(store, clock, settings),
        OidcSignIn(store, provider, clock) if provider is not None else None,
        _make_exercise_entry(store, clock, settings),
    )


def _make_exercise_entry(store: OfficerStore, clock: Clock, settings: Settings) -> ExerciseEntry | None:
    """Make the way in by a code alone, if it is set: a party in earnest may not."""
    if not settings.exercise_sign_in:
        return None
    if not is_exercise_code(settings.party):
        raise UserFault("setting-invalid", "exercise_sign_in: for a party of an exercise alone, X-...")
    return ExerciseEntry(store, clock)
