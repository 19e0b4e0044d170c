"""The routes by which officers come in and go: enrolment, signing in, sessions.

Rules kept here: what fails for want of the right code or passkey is counted by address, and by the passkey it names,
and slowed; what is right always goes through, so nobody's guesses keep another out. Making a challenge costs next to
nothing and leaves nothing behind, and is not counted.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from litestar import Response

from rabita.gateways.rest.access import officer_principal
from rabita.gateways.rest.doors import cookie, cookie_name, csrf_of
from rabita.gateways.rest.ground import Officers
from rabita.gateways.rest.officer_forms import (
    ByCode,
    ByPasskey,
    Ceremony,
    Enrolled,
    Enrolling,
    Nothing,
    SessionShown,
    SignedIn,
    shown_session,
)
from rabita.gateways.rest.routing import OPEN, OWN, At, Made, Query, Route, read_body
from rabita.line.errors import UserFault
from rabita.services.audit import Action
from rabita.services.officers import Who
from rabita.services.policy import allowed, subject_of
from rabita.services.sign_in import Opened

T = TypeVar("T")

BODY_BYTES_MAX: Final = 65_536
NAMED_CHARS_MAX: Final = 128
JSON: Final = "application/json"
_NO_OFFICERS: Final = ("web-origin-needed", "officer-needed")
_PASSKEY: Final = ("passkey-refused", "passkey-ended", "passkey-cloned", "rate-exceeded")


class SessionsQuery(Query, frozen=True):
    """Whose sessions: one's own, or everyone's, where policy allows that."""

    all: bool = False


def officers_of(at: At) -> Officers:
    """Give the officers' services; raises ``UserFault("web-origin-needed")`` where there are none."""
    if at.services.officers is None:
        raise UserFault("web-origin-needed")
    return at.services.officers


def signed_in(at: At) -> Who:
    """Give the officer who asks; the route lets officers alone through."""
    if at.who is None:
        raise UserFault("officer-needed")
    return at.who


async def enrol_begin(at: At, _query: Query) -> Ceremony:
    """Ask for a new passkey."""
    form = read_body(ByCode, at.body)
    return Ceremony(await _tried(at, "", lambda: officers_of(at).enrolment.begin(form.code)))


async def enrol(at: At, _query: Query) -> Made:
    """Keep a new passkey."""
    form = read_body(Enrolling, at.body)
    officer = await _tried(at, "", lambda: officers_of(at).enrolment.finish(form.code, form.answer))
    return Made(200, msgspec.json.encode(Enrolled(officer.id)), f"/officers/{officer.id}")


def sign_in_begin(at: At, _query: Query) -> Ceremony:
    """Ask for a passkey, whosever."""
    read_body(Nothing, at.body)
    return Ceremony(officers_of(at).sign_in.begin())


async def sign_in(at: At, _query: Query) -> Response[bytes]:
    """Open a session."""
    form, officers = read_body(ByPasskey, at.body), officers_of(at)
    return await _signed_in(at, await _tried(at, _named(form), lambda: officers.sign_in.finish(form.answer)))


async def exercise(at: At, _query: Query) -> Response[bytes]:
    """Open a session by a code alone, at a node of an exercise."""
    form, entry = read_body(ByCode, at.body), officers_of(at).exercise
    if entry is None:
        raise UserFault("exercise-alone")
    return await _signed_in(at, await _tried(at, "", lambda: entry.enter(form.code)))


async def _signed_in(at: At, opened: Opened) -> Response[bytes]:
    officers = officers_of(at)
    who = await asyncio.to_thread(officers.sign_in.who, opened.text)
    may = await asyncio.to_thread(allowed, at.services.policy, subject_of(who))
    told = SignedIn(officer_principal(who), csrf_of(opened.text), may)
    return _with_cookie(told, cookie(officers, opened.text), location=f"/officers/{who.officer.id}")


def confirm_begin(at: At, _query: Query) -> Ceremony:
    """Ask for a passkey once more."""
    read_body(Nothing, at.body)
    return Ceremony(officers_of(at).sign_in.begin_again(signed_in(at)))


async def confirm(at: At, _query: Query) -> SessionShown:
    """Note that the officer has just shown a passkey."""
    form, who = read_body(ByPasskey, at.body), signed_in(at)
    session = await _tried(at, _named(form), lambda: officers_of(at).sign_in.finish_again(who, form.answer))
    return shown_session(session, who.session.id)


def session(at: At, _query: Query) -> SignedIn:
    """Say who is signed in, and what their pages say in ``X-Rabita-CSRF``."""
    signed_in(at)
    csrf = csrf_of(at.cookies.get(cookie_name(officers_of(at)), ""))
    return SignedIn(at.principal, csrf, allowed(at.services.policy, at.subject))


def sign_out(at: At, _query: Query) -> Response[bytes]:
    """End the session that asks."""
    read_body(Nothing, at.body)
    officers, who = officers_of(at), signed_in(at)
    officers.sign_in.end(who)
    ended = shown_session(who.session, who.session.id)
    return _with_cookie(ended, cookie(officers, ""), **{"clear-site-data": '"cache", "storage"'})


def sessions(at: At, query: SessionsQuery) -> tuple[SessionShown, ...]:
    """List the sessions that stand."""
    who = signed_in(at)
    if query.all:
        at.permit("see-sessions")
    found = officers_of(at).people.sessions("" if query.all else who.officer.id)
    return tuple([shown_session(each, who.session.id) for each in found])


def end_session(at: At, _query: Query) -> SessionShown:
    """End a session: one's own, or anyone's where policy allows that."""
    read_body(Nothing, at.body)
    who = signed_in(at)
    whose = "" if at.allows("end-sessions") else who.officer.id
    ended = officers_of(at).people.end_session(at.path["session"], whose)
    return shown_session(ended, who.session.id)


async def _tried(at: At, account: str, carry_out: Callable[[], T]) -> T:
    """Carry out what a stranger could guess at; raises ``UserFault("rate-exceeded")`` for one failure too many."""
    try:
        return await asyncio.to_thread(carry_out)
    except UserFault:
        now_ms = at.services.clock.monotonic_ms()
        for asker in (at.client, *([f"passkey {account}"] if account else [])):
            at.held.strangers.take(asker, now_ms)
        raise


def _named(form: ByPasskey) -> str:
    return str(form.answer.get("id", ""))[:NAMED_CHARS_MAX]


def _with_cookie(told: msgspec.Struct, text: str, **headers: str) -> Response[bytes]:
    """Answer with a cookie; a location names the officer, in the audit log too."""
    headers["set-cookie"] = text
    return Response(msgspec.json.encode(told), status_code=200, media_type=JSON, headers=headers)


def _post(path: str, name: str, title: str, body: Any, answers: Any, run: Any, **more: Any) -> Route:  # noqa: ANN401 - types and handlers
    usual = {"apart": False, "audit": Action.SIGN_IN, "action": OPEN}
    return Route(
        method="POST",
        path=f"/access{path}",
        name=name,
        title=title,
        body=body,
        body_bytes_max=BODY_BYTES_MAX,
        answers={200: answers},
        run=run,
        tag="access",
        **{**usual, **more, "faults": (*_NO_OFFICERS, *more.get("faults", ()))},
    )


ROUTES: Final = (
    _post(
        *("/enrol/begin", "enrol-begin", "What the browser needs to make a passkey"),
        *(ByCode, Ceremony, enrol_begin),
        audit=Action.STATUS,
        faults=("invitation-refused", "rate-exceeded"),
    ),
    _post(
        *("/enrol", "enrol", "Keep a passkey made with a code"),
        *(Enrolling, Enrolled, enrol),
        audit=Action.ENROL,
        faults=("invitation-refused", "passkey-refused", "rate-exceeded"),
    ),
    _post(
        *("/sign-in/begin", "sign-in-begin", "What the browser needs to show a passkey"),
        *(Nothing, Ceremony, sign_in_begin),
        audit=Action.STATUS,
        apart=True,
    ),
    _post(
        *("/sign-in", "sign-in", "Open a session with a passkey; its cookie comes with the answer"),
        *(ByPasskey, SignedIn, sign_in),
        faults=_PASSKEY,
    ),
    _post(
        *("/exercise", "sign-in-exercise", "Open a session with a one-time code alone, at a node of an exercise"),
        *(ByCode, SignedIn, exercise),
        faults=("exercise-alone", "invitation-refused", "passkey-needed", "rate-exceeded"),
    ),
    _post(
        *("/confirm/begin", "confirm-begin", "What the browser needs to show a passkey once more"),
        *(Nothing, Ceremony, confirm_begin),
        audit=Action.STATUS,
        apart=True,
        action=OWN,
    ),
    _post(
        *("/confirm", "confirm", "Show a passkey once more, within a session"),
        *(ByPasskey, SessionShown, confirm),
        action=OWN,
        faults=_PASSKEY,
    ),
    _post(
        *("/sign-out", "sign-out", "End the session that asks"),
        *(Nothing, SessionShown, sign_out),
        audit=Action.SIGN_OUT,
        apart=True,
        action=OWN,
    ),
    Route(
        method="GET",
        path="/access/session",
        name="session",
        title="Who is signed in by this session",
        action=OWN,
        audit=Action.STATUS,
        answers={200: SignedIn},
        run=session,
        faults=_NO_OFFICERS,
        tag="access",
    ),
    Route(
        method="GET",
        path="/access/sessions",
        name="sessions",
        title="The sessions that stand: one's own; with `all`, everyone's",
        action=OWN,
        audit=Action.LIST,
        query=SessionsQuery,
        answers={200: tuple[SessionShown, ...]},
        run=sessions,
        faults=_NO_OFFICERS,
        tag="access",
    ),
    _post(
        *("/sessions/{session}/end", "end-session", "End a session of one's own, or anyone's where policy allows that"),
        *(Nothing, SessionShown, end_session),
        audit=Action.SIGN_OUT,
        apart=True,
        action=OWN,
        faults=("session-unknown",),
    ),
)
