"""Who may do what: the words in which it is asked, and the port that answers. The rules themselves are policies.

Rules kept here: one question has one form, whoever asks and through whichever door; a refusal says why in plain words.
Everything a rule may look at is in the question, so that an answer can be had again. The subject is what is held now.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import msgspec

from rabita.line.errors import UserFault
from rabita.services.officers import Who

OFFICER: Final = "officer"
TOKEN: Final = "token"  # noqa: S105 - the name of a kind
NO_ACCREDITATION, IN_FORCE, ENDED = "none", "in-force", "ended"


class Subject(msgspec.Struct, frozen=True):
    """Who asks. ``kind``: ``officer`` or ``token``; ``lines`` empty: every line; ``scope`` is a token's.

    ``roles``, ``posts`` and ``clearances`` are what an officer holds now, and ``tenures`` each role with the post it is
    held at; a token has none. ``subject_of`` makes one of an officer.
    """

    id: str
    kind: str
    roles: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    clearances: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    scope: str = ""
    tenures: tuple[tuple[str, str], ...] = ()


class Matter(msgspec.Struct, frozen=True):
    """What it is about; empty where it is about none.

    ``markings`` are the classification levels of all that is in it, as the charter names them; ``post`` is whom it is
    said as; ``drafters`` are the ids of the officers who wrote any of it; ``officer`` is whom an act on officers is
    about, and ``purpose``, ``category`` and ``retention_until_ms`` what is said of its personal data.
    """

    line: str = ""
    exercise: bool = False
    procedure: str = ""
    act: str = ""
    precedence: str = ""
    markings: tuple[str, ...] = ()
    consent: bool = False
    personal_data: bool = False
    post: str = ""
    drafters: tuple[str, ...] = ()
    officer: str = ""
    purpose: str = ""
    category: str = ""
    retention_until_ms: int = 0


class Circumstances(msgspec.Struct, frozen=True):
    """How it is done: how long ago the passkey was shown, and what was found before.

    ``accreditation`` is that of the subject to the matter's post on its line: ``none``, ``in-force`` or ``ended``;
    ``reviews`` counts the reviews of others; ``clearance_suffices`` says that the subject's clearances cover every one
    of the matter's markings, in the order of the charter: what ``clears`` says.
    """

    authenticated_ago_ms: int = 0
    accreditation: str = NO_ACCREDITATION
    reviews: int = 0
    data_protection_reviewed: bool = False
    clearance_suffices: bool = True


class Decision(msgspec.Struct, frozen=True):
    """What was decided; ``sentence`` says why not, in plain words; ``policies`` names those that decided it."""

    allowed: bool
    sentence: str = ""
    policies: tuple[str, ...] = ()


NOTHING: Final = Matter()
USUAL: Final = Circumstances()


class Policy(Protocol):
    """Decides. The same question has the same answer for as long as the node runs; any thread may ask.

    What it does not know is refused: an unknown action, a policy that cannot be evaluated.
    """

    @property
    def actions(self) -> tuple[str, ...]:
        """Name all there is to do."""
        ...

    def decide(
        self, subject: Subject, action: str, matter: Matter = NOTHING, circumstances: Circumstances = USUAL
    ) -> Decision:
        """Say whether the subject may."""
        ...


def permit(
    policy: Policy, subject: Subject, action: str, matter: Matter = NOTHING, circumstances: Circumstances = USUAL
) -> Decision:
    """Let it through; raises ``UserFault("policy-refused")`` with the sentence that says why not."""
    decision = policy.decide(subject, action, matter, circumstances)
    if not decision.allowed:
        raise UserFault("policy-refused", decision.sentence)
    return decision


def allowed(policy: Policy, subject: Subject) -> tuple[str, ...]:
    """Name what the subject may do, as far as that can be said of nothing in particular."""
    return tuple([action for action in policy.actions if policy.decide(subject, action).allowed])


def subject_of(who: Who) -> Subject:
    """Name an officer who is signed in as policies know one."""
    officer = who.officer
    held = tuple([(each.role.value, each.post) for each in who.tenures])
    return Subject(officer.id, OFFICER, who.roles, who.posts, officer.clearances, tenures=held)


def clears(levels: Sequence[str], clearances: Iterable[str], markings: Iterable[str]) -> bool:
    """Say whether clearances cover markings; *levels* are the charter's, from low to high, each covering those below.

    What has no level needs no clearance; a level the charter does not know is covered by none.
    """
    rank = {level: number for number, level in enumerate(levels)}
    highest = max([rank[each] for each in clearances if each in rank], default=-1)
    return all(rank.get(each, len(rank)) <= highest for each in markings if each)
