"""The watch is handed over: what is open at that moment, written down, named by post and signed by both officers.

A record of this node alone: it never crosses the line. It is kept beside the documents of pairing, and signed over its
own bytes by software keys or passkeys, so that what was handed over cannot be changed afterwards.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from rabita.line.entry import UNREADABLE, Approval
from rabita.line.errors import LocalFault, PeerFault, UserFault
from rabita.line.verify import ED25519, WEBAUTHN, Credential, check_signed
from rabita.ports import Document, Store
from rabita.services.case_views import DutyLine
from rabita.services.casebook import Casebook
from rabita.services.casework import Signer
from rabita.services.duties_read import owed, owing, ringing
from rabita.services.line_tests import line_tests
from rabita.services.preferences import DeskStore
from rabita.services.reads import find_line
from rabita.services.unhandled import Unhandled, unhandled

KIND: Final = "handover"
SIGNED: Final = "signed"
OPEN_LISTED: Final = 200
_TITLE: Final = b"rabita/handover/v1\n"
PostName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Handover(msgspec.Struct, frozen=True):
    """What one post hands over to another. ``since_ms`` is the handover before, 0 for the first.

    ``state`` is what our tests say of the line. Of *owed by us* and *owed to us* the first ``OPEN_LISTED`` are listed;
    ``owing_by_us`` and ``owing_to_us`` say how many there were (``duties_read.owing``), 0 in a record from before they
    were counted. ``unhandled`` is what was answered and marked since as not handled.
    """

    line: str
    number: int
    from_post: PostName
    to_post: PostName
    since_ms: int
    at_ms: int
    state: str
    alarm: bool
    ringing: tuple[DutyLine, ...]
    owed_by_us: tuple[DutyLine, ...]
    owed_to_us: tuple[DutyLine, ...]
    remarks: str = ""
    unhandled: tuple[Unhandled, ...] = ()
    owing_by_us: int = 0
    owing_to_us: int = 0


class Signature(msgspec.Struct, frozen=True):
    """An officer's signature over the record: the post, the public key (Ed25519), 64 bytes.

    Of a passkey: the P-256 point, what its authenticator and the browser said beside, the origin it signed for, and
    the officer's id.
    """

    post: str
    public: bytes
    signature: bytes
    authenticator_data: bytes = b""
    client_data: bytes = b""
    origin: str = ""
    officer: str = ""

    @property
    def credential(self) -> Credential:
        """Give what checks it."""
        if not self.client_data:
            return Credential("", self.post, (), ED25519, self.public)
        rp = urlsplit(self.origin).hostname or ""
        return Credential("", self.post, (), WEBAUTHN, self.public, rp, (self.origin,))


class Kept(msgspec.Struct, frozen=True):
    """A record as kept: its bytes as both officers signed them."""

    record: bytes
    signatures: tuple[Signature, Signature]

    @property
    def handover(self) -> Handover:
        """Read the record."""
        return msgspec.json.decode(self.record, type=Handover)


def draft_handover(
    book: Casebook,
    line: str,
    from_post: str,
    to_post: str,
    remarks: str = "",
    *,
    desk: DeskStore | None = None,
    one_post: bool = False,
    listed: int = OPEN_LISTED,
) -> Handover:
    """Write down what is open now; *one_post*: two officers of one post may hand over, where signatures name officers.

    *desk* has what was marked as not handled; without it nothing is. At most *listed* duties of each side are listed.
    Raises ``UserFault("handover-same")`` for one post otherwise, and as ``find_line``.
    """
    name = find_line(book.store, line)
    if (from_post == to_post and not one_post) or not from_post or not to_post:
        raise UserFault("handover-same", from_post[:64])
    before = handovers(book.store, name)
    tests = line_tests(book, name)
    return Handover(
        line=name,
        number=len(before) + 1,
        from_post=from_post,
        to_post=to_post,
        since_ms=before[-1].handover.at_ms if before else 0,
        at_ms=book.clock.now_ms(),
        state=tests.report.state.value,
        alarm=tests.report.alarm,
        ringing=ringing(book, name),
        owed_by_us=owed(book, name, "us", count=listed).rows,
        owed_to_us=owed(book, name, "them", count=listed).rows,
        remarks=remarks,
        unhandled=unhandled(desk, name) if desk is not None else (),
        owing_by_us=owing(book, name, "us"),
        owing_to_us=owing(book, name, "them"),
    )


def sign_handover(store: Store, handover: Handover, signers: Sequence[Signer]) -> Kept:
    """Keep a record that both officers sign: first who hands over, then who takes over.

    Raises ``UserFault("role-missing")`` unless two different keys sign.
    """
    if len({each.public for each in signers}) != 2:  # noqa: PLR2004 - one hands over, the other takes over
        raise UserFault("role-missing", "two officers")
    record = msgspec.json.encode(handover)
    posts = (handover.from_post, handover.to_post)
    first, second = [
        Signature(post, each.public, each.sign(_TITLE + record)) for post, each in zip(posts, signers, strict=True)
    ]
    return keep(store, Kept(record, (first, second)))


def keep(store: Store, kept: Kept) -> Kept:
    """Keep a record that both have signed."""
    handover = kept.handover
    store.put_document(Document(KIND, handover.line, handover.number, msgspec.msgpack.encode(kept), SIGNED))
    return kept


def digest_of(record: bytes) -> bytes:
    """Give what a passkey signs of a record: its SHA-256 under our title."""
    return sha256(_TITLE + record).digest()


def handovers(store: Store, line: str) -> tuple[Kept, ...]:
    """List the handovers of a line, the oldest first.

    Raises ``LocalFault("store-unavailable")`` for one that cannot be read; ``check_handover`` looks at signatures.
    """
    try:
        return tuple(
            [msgspec.msgpack.decode(each.note, type=Kept) for each in store.documents(KIND) if each.name == line]
        )
    except UNREADABLE as fault:
        raise LocalFault("store-unavailable", KIND) from fault


def check_handover(kept: Kept) -> None:
    """Check both signatures of a record; raises ``PeerFault("signature-false")``."""
    for each in kept.signatures:
        shown = Approval("", "", each.signature, each.authenticator_data, each.client_data)
        try:
            check_signed(shown, _TITLE + kept.record, each.credential)
        except PeerFault as fault:
            raise PeerFault("signature-false", each.post) from fault
