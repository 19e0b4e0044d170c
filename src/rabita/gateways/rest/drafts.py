"""The routes of drafts and their release: for officers alone, each step about a version that was read.

Rules kept here: at the door policy is asked whether the officer drafts or reads at all, and by the service whether they
may do just this with just that draft. The audit log learns ids and digests, never words; saving, which pages do by
themselves every few seconds, is counted by the minute.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final

import msgspec

from rabita.gateways.rest.acts import find_act, slug
from rabita.gateways.rest.draft_forms import (
    AtVersion,
    Commented,
    DraftLine,
    DraftShown,
    DraftsQuery,
    DraftWanted,
    ReleaseAnswered,
    ReleaseBegun,
    Saved,
    draft_line,
    draft_shown,
)
from rabita.gateways.rest.ground import Releasing
from rabita.gateways.rest.routing import READ, At, Made, Query, Route, read_body
from rabita.gateways.rest.sign_in import signed_in
from rabita.line.errors import UserFault
from rabita.services.audit import Action
from rabita.services.casebook import Page
from rabita.services.drafting import Shown, ShownVersion
from rabita.services.release import Begun, Outcome

DRAFT: Final = "draft"
NUMBER_DIGITS_MAX: Final = 16
_STEP: Final = ("draft-unknown", "draft-changed", "draft-state", "draft-busy", "policy-refused", "marking-malformed")
_ACT: Final = (
    *("personal-incomplete", "attachment-missing", "field-invalid", "field-missing", "portion-lacking", "case-missing"),
    *("wrong-state", "case-closed", "not-your-act"),
)
_APPROVAL: Final = ("approval-key-missing", "passkey-refused", "passkey-ended", "passkey-cloned")


def drafts(at: At, query: DraftsQuery) -> Page[DraftLine]:
    """List the drafts that the officer may read."""
    found = _releasing(at).drafting.listed(signed_in(at), query.line, query.state or "", query.cursor, query.count)
    return Page(tuple([draft_line(each) for each in found.rows]), found.next)


def draft(at: At, _query: Query) -> DraftShown:
    """Show a draft."""
    return _told(at, _releasing(at).drafting.read(signed_in(at), at.path["draft"]))


def version(at: At, _query: Query) -> ShownVersion:
    """Show an older version."""
    text = at.path["number"]
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX):
        raise UserFault("draft-unknown", text[:NUMBER_DIGITS_MAX])
    return _releasing(at).drafting.version(signed_in(at), at.path["draft"], int(text))


def create(at: At, _query: Query) -> Made:
    """Begin a draft."""
    form = read_body(DraftWanted, at.body)
    procedure, act = find_act(slug(form.procedure), slug(form.act))
    made = _releasing(at).drafting.create(signed_in(at), form.line, procedure.name, act, form.said)
    shown = _told(at, made)
    return Made(HTTPStatus.CREATED, msgspec.json.encode(shown), f"/drafts/{shown.id}")


def save(at: At, _query: Query) -> DraftShown:
    """Keep what a draft says now."""
    form = read_body(Saved, at.body)
    return _told(at, _releasing(at).drafting.save(signed_in(at), at.path["draft"], form.version, form.said))


async def submit(at: At, _query: Query) -> DraftShown:
    """Put a draft before its reviewers."""
    form, who = read_body(AtVersion, at.body), signed_in(at)
    await at.services.indexed()
    shown = await asyncio.to_thread(_releasing(at).drafting.submit, who, at.path["draft"], form.version)
    return _told(at, shown)


def drop(at: At, _query: Query) -> DraftShown:
    """End a draft without release."""
    form = read_body(AtVersion, at.body)
    return _told(at, _releasing(at).drafting.drop(signed_in(at), at.path["draft"], form.version))


def review(at: At, _query: Query) -> DraftShown:
    """Pass a draft on."""
    form, drafting = read_body(Commented, at.body), _releasing(at).drafting
    return _told(at, drafting.review(signed_in(at), at.path["draft"], form.version, form.comment))


def return_(at: At, _query: Query) -> DraftShown:
    """Give a draft back."""
    form, drafting = read_body(Commented, at.body), _releasing(at).drafting
    return _told(at, drafting.return_(signed_in(at), at.path["draft"], form.version, form.comment))


async def begin(at: At, _query: Query) -> Begun:
    """Freeze what would leave, and show it."""
    form, who = read_body(ReleaseBegun, at.body), signed_in(at)
    await at.services.indexed()
    release = _releasing(at).release
    begun = await asyncio.to_thread(release.begin, who, at.path["draft"], form.version, form.precedence)
    _about(at, begun.act.line, begun.digest)
    return begun


async def release(at: At, _query: Query) -> Outcome:
    """Approve what was shown; sealed once all have approved who must."""
    form, who = read_body(ReleaseAnswered, at.body), signed_in(at)
    await at.services.indexed()
    outcome = await asyncio.to_thread(_releasing(at).release.release, who, at.path["draft"], form.digest, form.answer)
    _about(at, outcome.line, outcome.digest)
    if at.doing is not None and not outcome.reference:
        at.doing.action = Action.APPROVE
    await at.services.indexed()
    return outcome


def _releasing(at: At) -> Releasing:
    """Give the services of drafts; raises ``UserFault("web-origin-needed")`` where there are none."""
    if at.services.releasing is None:
        raise UserFault("web-origin-needed")
    return at.services.releasing


def _told(at: At, shown: Shown) -> DraftShown:
    _about(at, shown.draft.line, shown.draft.id)
    return draft_shown(shown)


def _about(at: At, line: str, target: str) -> None:
    """Tell the audit log what it is about."""
    if at.doing is not None:
        at.doing.line, at.doing.target = line, target


def _get(path: str, name: str, title: str, answers: Any, run: Any, **more: Any) -> Route:  # noqa: ANN401 - types and handlers
    usual = {"audit": Action.READ, "faults": ("web-origin-needed", "draft-unknown")}
    return Route(
        method="GET",
        path=f"/drafts{path}",
        name=name,
        title=title,
        action=READ,
        answers={200: answers},
        run=run,
        tag="drafts",
        **{**usual, **more},
    )


def _post(path: str, name: str, title: str, body: Any, run: Any, *faults: str, **more: Any) -> Route:  # noqa: ANN401 - types and handlers
    usual = {"audit": Action.DRAFT, "action": DRAFT, "answers": {200: DraftShown}}
    return Route(
        method="POST",
        path=f"/drafts{path}",
        name=name,
        title=title,
        body=body,
        run=run,
        faults=("web-origin-needed", *(_STEP if path else _STEP[-2:]), *faults),
        tag="drafts",
        **{**usual, **more},
    )


ROUTES: Final = (
    _get("", "drafts", "The drafts one may read", Page[DraftLine], drafts, query=DraftsQuery, audit=Action.LIST),
    _get("/{draft}", "draft", "A draft in full", DraftShown, draft),
    _get("/{draft}/versions/{number}", "draftVersion", "A version of a draft", ShownVersion, version),
    _post(
        *("", "createDraft", "Begin a draft", DraftWanted, create),
        *("line-unknown", "procedure-unknown", "act-unknown"),
        answers={201: DraftShown},
    ),
    _post("/{draft}/save", "saveDraft", "Keep what a draft says now", Saved, save, audit=Action.SAVE),
    _post(
        *("/{draft}/submit", "submitDraft", "Put a draft before its reviewers", AtVersion, submit, *_ACT),
        apart=False,
    ),
    _post("/{draft}/drop", "dropDraft", "End a draft without release; its words are forgotten", AtVersion, drop),
    _post(
        *("/{draft}/review", "reviewDraft", "Pass a draft on, also for its personal data", Commented, review),
        action=READ,
        audit=Action.REVIEW,
    ),
    _post(
        *("/{draft}/return", "returnDraft", "Give a draft back to those who write it", Commented, return_),
        action=READ,
        audit=Action.RETURN,
    ),
    _post(
        *("/{draft}/release/begin", "beginRelease", "Freeze what would leave, and show it", ReleaseBegun, begin),
        *(*_ACT, "approval-key-missing"),
        action=READ,
        audit=Action.CHECK,
        answers={200: Begun},
        apart=False,
    ),
    _post(
        *("/{draft}/release", "release", "Approve by passkey what was shown; sealed once all have who must"),
        *(ReleaseAnswered, release),
        *(*_ACT, *_APPROVAL, "lane-stopped", "epoch-needed"),
        action=READ,
        audit=Action.RELEASE,
        answers={200: Outcome},
        apart=False,
    ),
)
