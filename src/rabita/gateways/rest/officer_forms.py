"""What goes over the wire about officers: signing in, sessions, and who holds what."""

from typing import Annotated, Any, Literal

import msgspec

from rabita.gateways.rest.access import Principal
from rabita.gateways.rest.forms import Milliseconds
from rabita.line.descriptor import LANGUAGES
from rabita.procedures.accreditation_ranks import RANKS
from rabita.services.identities import SUBJECT_CHARS_MAX
from rabita.services.officers import NAME_CHARS_MAX, WORD_CHARS_MAX, Passkey, Role, Session, Standing, Tenure
from rabita.services.people import HOME_POST, Invited, Known

ROLES_MAX = len(Role)
CODE_CHARS_MAX = 64

Code = Annotated[str, msgspec.Meta(max_length=CODE_CHARS_MAX, description="the one-time code of an invitation")]
Answer = Annotated[dict[str, Any], msgspec.Meta(description="what the browser gave: `PublicKeyCredential.toJSON()`")]
OfficerName = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=WORD_CHARS_MAX)]
Rank = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(RANKS)})?$", description="a code of STANAG 2116, or empty")]
Language = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(LANGUAGES)})$")]
Few = msgspec.Meta(max_length=16)


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body that says nothing; it is there because other sites cannot send JSON."""


class ByCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever holds a code."""

    code: Code


class ByPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever shows a passkey."""

    answer: Answer


class Enrolling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey made with a code."""

    code: Code
    answer: Answer


class Ceremony(msgspec.Struct, frozen=True):
    """What the browser is to be asked: the member ``publicKey`` of ``navigator.credentials.create`` or ``get``."""

    public_key: Annotated[dict[str, Any], msgspec.Meta(description="options, JSON as WebAuthn level 3 has it")]


class Enrolled(msgspec.Struct, frozen=True):
    """An officer who now has a passkey."""

    officer: str


class Ways(msgspec.Struct, frozen=True):
    """In which ways officers may sign in: ``provider`` is what people call the identity provider, empty: none.

    ``code``: by a one-time code alone, as at some nodes of an exercise.
    """

    passkey: bool
    provider: str
    code: bool


class SignedIn(msgspec.Struct, frozen=True):
    """An officer who is signed in; ``csrf`` is what goes into ``X-Rabita-CSRF`` with all that changes something.

    ``may`` names what policy allows, where nothing in particular speaks against it: what pages offer.
    """

    principal: Principal
    csrf: str
    may: tuple[str, ...]


class SessionShown(msgspec.Struct, frozen=True):
    """A session that stands; ``own`` is the one that asks. ``authenticated_ms`` 0: no passkey was shown in it yet."""

    id: str
    officer: str
    created_ms: int
    seen_ms: int
    authenticated_ms: int
    own: bool
    way: Literal["passkey", "identity"]


class OfficerWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer to be invited, with the roles held at a post from now on."""

    name: OfficerName
    roles: Annotated[tuple[Role, ...], msgspec.Meta(max_length=ROLES_MAX)]
    post: Word = HOME_POST
    rank: Rank = ""
    languages: Annotated[tuple[Language, ...], Few] = ()
    clearances: Annotated[tuple[Word, ...], Few] = ()


class IdentityWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the identity provider calls an officer; empty takes the link away."""

    subject: Annotated[str, msgspec.Meta(max_length=SUBJECT_CHARS_MAX, description="the `sub` of their ID tokens")]


class TenureWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role at a post; ``from_ms`` 0: from now on, ``until_ms`` 0: until it is ended."""

    post: Word
    role: Role
    from_ms: Milliseconds = 0
    until_ms: Milliseconds = 0


class PasskeyShown(msgspec.Struct, frozen=True):
    """A passkey, without its keys."""

    id: str
    standing: Standing
    created_ms: int
    used_ms: int


class OfficerShown(msgspec.Struct, frozen=True):
    """An officer; ``recovery_by`` names who approved an enrolment anew, while a second approval is waited for.

    ``identity`` is what the identity provider calls them (``sub``), empty where they are not linked to it.
    """

    id: str
    name: str
    rank: str
    languages: tuple[str, ...]
    clearances: tuple[str, ...]
    standing: Standing
    created_ms: int
    by: str
    tenures: tuple[Tenure, ...]
    passkeys: tuple[PasskeyShown, ...]
    recovery_by: str
    identity: str


class InvitationShown(msgspec.Struct, frozen=True):
    """A code to enrol with, shown this once; of a recovery that waits for a second officer there is none yet."""

    officer: str
    state: Literal["invited", "waiting"]
    code: str
    expires_ms: int


def shown_officer(known: Known) -> OfficerShown:
    """Write what is shown of an officer."""
    officer = known.officer
    return OfficerShown(
        *(officer.id, officer.name, officer.rank, officer.languages, officer.clearances),
        *(officer.standing, officer.created_ms, officer.by),
        known.tenures,
        tuple([shown_passkey(each) for each in known.passkeys]),
        known.recovery.by if known.recovery is not None else "",
        known.identity.subject if known.identity is not None else "",
    )


def shown_passkey(passkey: Passkey) -> PasskeyShown:
    """Write what is shown of a passkey."""
    return PasskeyShown(passkey.id, passkey.standing, passkey.created_ms, passkey.used_ms)


def shown_session(session: Session, own: str) -> SessionShown:
    """Write what is shown of a session; *own* is the id of the one that asks."""
    return SessionShown(
        *(session.id, session.officer, session.created_ms, session.seen_ms, session.authenticated_ms),
        session.id == own,
        "identity" if session.identity else "passkey",
    )


def shown_invitation(invited: Invited) -> InvitationShown:
    """Write an invitation."""
    return InvitationShown(invited.officer.id, "invited", invited.code, invited.expires_ms)
