"""What the REST gateway stands on: the node's services, as one value that the composition root makes.

Everything here is called on the node's event loop, except ``book`` and ``store``, which any thread may read.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rabita.gateways.rest.access import Principal
from rabita.gateways.rest.records import Records
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.ports import Clock, Store
from rabita.ports.blobs import Blobs
from rabita.services.attachments import Coming
from rabita.services.audit import Auditing
from rabita.services.casebook import Casebook
from rabita.services.caseindex import IndexProgress
from rabita.services.casework import Prepared, Signer
from rabita.services.drafting import Drafting
from rabita.services.enrolment import Enrolment
from rabita.services.exchange import Placed
from rabita.services.exercise_entry import ExerciseEntry
from rabita.services.identities import Identities
from rabita.services.oidc import OidcSignIn
from rabita.services.own_passkeys import OwnPasskeys
from rabita.services.people import People
from rabita.services.policy import Policy
from rabita.services.reads import LineStatus
from rabita.services.release import Release
from rabita.services.sign_in import SignIn


class Officers(NamedTuple):
    """The officers' services; any thread may call. ``origin`` is where browsers find this node, no slash at its end.

    ``oidc`` is for the event loop alone, and None where no identity provider is set; ``exercise`` is None but at a node
    of an exercise whose operator wants it.
    """

    origin: str
    people: People
    enrolment: Enrolment
    sign_in: SignIn
    own: OwnPasskeys
    identities: Identities
    oidc: OidcSignIn | None
    exercise: ExerciseEntry | None


class Releasing(NamedTuple):
    """The services of drafts and their release; for worker threads alone."""

    drafting: Drafting
    release: Release


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one node.

    ``progress`` says how far the index of a line is (any thread may ask); ``indexed`` waits until what is durable now
    can be read back from it. ``attest`` signs all heads of a line for the long term. ``signers`` gives the keys with
    which this node approves an act of a principal: the seam at which officers' own release comes in. ``officers`` is
    None where the node does not know where browsers find it: then there are tokens alone, and no ``releasing``.
    ``coming`` gives the attachment that comes in on a line now, None where none does (any thread may ask).
    ``subscribe`` tells a call of every piece of news (its kind, its line, its plain data) until what it gives is
    called. ``unexpected`` is told of faults of the program, ``audit`` of every request. ``policy`` says who may do
    what.
    """

    party: str
    version: str
    book: Casebook
    store: Store
    clock: Clock
    records: Records
    status: Callable[[], Sequence[LineStatus]]
    seal: Callable[[str, Lane, Draft], Awaitable[Placed]]
    progress: Callable[[str], IndexProgress]
    indexed: Callable[[], Awaitable[None]]
    attest: Callable[[str], Awaitable[None]]
    signers: Callable[[Principal, Prepared], Sequence[Signer]]
    subscribe: Callable[[Callable[[str, str, Mapping[str, Any]], None]], Callable[[], None]]
    unexpected: Callable[[BaseException], None]
    audit: Auditing
    blobs: Blobs
    coming: Callable[[str], Coming | None]
    policy: Policy
    officers: Officers | None = None
    releasing: Releasing | None = None
