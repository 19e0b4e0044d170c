"""The routes by which officers are administered: who there is, who holds which role where, who is kept out.

Rules kept here: what policy is asked is data on each route. An act of two officers (a recovery) is asked for by each.
Keeping somebody out goes on while the audit log cannot be written (it is an end of sessions, ``Action.SIGN_OUT``):
a seized device does not wait for a disk. Letting somebody in does not.
"""

from typing import Any, Final

import msgspec

from rabita.gateways.rest.officer_forms import (
    IdentityWanted,
    InvitationShown,
    Nothing,
    OfficerShown,
    OfficerWanted,
    TenureWanted,
    shown_invitation,
    shown_officer,
)
from rabita.gateways.rest.routing import At, Made, Query, Route, read_body
from rabita.gateways.rest.sign_in import BODY_BYTES_MAX, officers_of, signed_in
from rabita.services.audit import Action
from rabita.services.officers import Recovery, Tenure
from rabita.services.people import Wanted

NEEDED: Final = ("web-origin-needed", "officer-needed")


def everyone(at: At, _query: Query) -> tuple[OfficerShown, ...]:
    """List the officers."""
    return tuple([shown_officer(each) for each in officers_of(at).people.everyone()])


def officer(at: At, _query: Query) -> OfficerShown:
    """Give an officer."""
    return _shown(at)


def invite(at: At, _query: Query) -> Made:
    """Invite an officer."""
    form = read_body(OfficerWanted, at.body)
    wanted = Wanted(form.name, form.roles, form.post, form.rank, form.languages, form.clearances)
    invited = shown_invitation(officers_of(at).people.invite(signed_in(at), wanted))
    return Made(200, msgspec.json.encode(invited), f"/officers/{invited.officer}")


def invite_again(at: At, _query: Query) -> InvitationShown:
    """Make a new code for an officer who never enrolled."""
    read_body(Nothing, at.body)
    return shown_invitation(officers_of(at).people.invite_again(signed_in(at), at.path["officer"]))


def appoint(at: At, _query: Query) -> Tenure:
    """Give a role at a post."""
    form = read_body(TenureWanted, at.body)
    people = officers_of(at).people
    return people.appoint(signed_in(at), at.path["officer"], form.post, form.role, form.from_ms, form.until_ms)


def identify(at: At, _query: Query) -> OfficerShown:
    """Link an officer to what the identity provider calls them, or take the link away."""
    form, identities = read_body(IdentityWanted, at.body), officers_of(at).identities
    if form.subject:
        identities.link(signed_in(at).officer.id, at.path["officer"], form.subject)
    else:
        identities.unlink(at.path["officer"])
    return _shown(at)


def dismiss(at: At, _query: Query) -> Tenure:
    """End a role at a post."""
    read_body(Nothing, at.body)
    return officers_of(at).people.dismiss(at.path["officer"], at.path["tenure"])


def suspend(at: At, _query: Query) -> OfficerShown:
    """Keep an officer out for now."""
    read_body(Nothing, at.body)
    officers_of(at).people.suspend(at.path["officer"])
    return _shown(at)


def restore(at: At, _query: Query) -> OfficerShown:
    """Let a suspended officer in again."""
    read_body(Nothing, at.body)
    officers_of(at).people.restore(signed_in(at), at.path["officer"])
    return _shown(at)


def revoke(at: At, _query: Query) -> OfficerShown:
    """Keep an officer out for good."""
    read_body(Nothing, at.body)
    officers_of(at).people.revoke(at.path["officer"])
    return _shown(at)


def recover(at: At, _query: Query) -> InvitationShown:
    """Approve that an officer enrols anew."""
    read_body(Nothing, at.body)
    done = officers_of(at).people.recover(signed_in(at), at.path["officer"])
    if isinstance(done, Recovery):
        return InvitationShown(done.officer, "waiting", "", done.expires_ms)
    return shown_invitation(done)


def _shown(at: At) -> OfficerShown:
    return shown_officer(officers_of(at).people.known(at.path["officer"]))


def _get(path: str, name: str, title: str, **more: Any) -> Route:  # noqa: ANN401 - types and handlers
    told: dict[str, Any] = {"action": "see-officers", "tag": "officers", **more}
    return Route(method="GET", path=f"/officers{path}", name=name, title=title, **told)


def _post(path: str, name: str, title: str, *faults: str, **more: Any) -> Route:  # noqa: ANN401 - types and handlers
    return Route(
        method="POST",
        path=f"/officers{path}",
        name=name,
        title=title,
        body_bytes_max=BODY_BYTES_MAX,
        faults=(*NEEDED, *(("officer-unknown",) if "{officer}" in path else ()), *faults),
        tag="officers",
        **{"body": Nothing, "audit": Action.ENROL, **more},
    )


ROUTES: Final = (
    _get(
        *("", "officers", "The officers"),
        audit=Action.LIST,
        answers={200: tuple[OfficerShown, ...]},
        run=everyone,
        faults=("web-origin-needed",),
    ),
    _get(
        *("/{officer}", "officer", "An officer"),
        audit=Action.READ,
        answers={200: OfficerShown},
        run=officer,
        faults=("web-origin-needed", "officer-unknown"),
    ),
    _post(
        *("", "invite", "Invite an officer; the code is in the answer, this once", "officer-terms"),
        action="invite",
        body=OfficerWanted,
        answers={200: InvitationShown},
        run=invite,
    ),
    _post(
        *("/{officer}/invite", "invite-again", "A new code for an officer who never enrolled"),
        *("officer-ended", "officer-enrolled"),
        action="invite",
        answers={200: InvitationShown},
        run=invite_again,
    ),
    _post(
        *("/{officer}/tenures", "appoint", "Give a role at a post"),
        *("officer-terms", "officer-oneself", "officer-ended"),
        action="appoint",
        body=TenureWanted,
        answers={200: Tenure},
        run=appoint,
    ),
    _post(
        *("/{officer}/identity", "identify", "Link an officer to the identity provider, or unlink them"),
        *("officer-terms", "officer-oneself", "officer-ended", "identity-taken", "oidc-needed"),
        action="link-identity",
        body=IdentityWanted,
        answers={200: OfficerShown},
        run=identify,
    ),
    _post(
        *("/{officer}/tenures/{tenure}/end", "dismiss", "End a role at a post", "tenure-unknown"),
        action="dismiss",
        answers={200: Tenure},
        run=dismiss,
    ),
    _post(
        *("/{officer}/suspend", "suspend", "Keep an officer out for now; live sessions end", "officer-ended"),
        action="suspend",
        audit=Action.SIGN_OUT,
        answers={200: OfficerShown},
        run=suspend,
    ),
    _post(
        *("/{officer}/restore", "restore", "Let a suspended officer in again", "officer-ended", "officer-oneself"),
        action="restore",
        answers={200: OfficerShown},
        run=restore,
    ),
    _post(
        *("/{officer}/revoke", "revoke", "Keep an officer out for good: passkeys and live sessions end"),
        action="revoke",
        audit=Action.SIGN_OUT,
        answers={200: OfficerShown},
        run=revoke,
    ),
    _post(
        *("/{officer}/recover", "recover", "Let an officer enrol anew; two security officers must say so"),
        *("officer-ended", "officer-oneself"),
        action="recover",
        answers={200: InvitationShown},
        run=recover,
    ),
)
