"""The watch is handed over: what is open at that moment, written down, named by post and signed by both officers.

A record of this node alone: it never crosses the line. It is kept beside the documents of pairing, and signed over its
own bytes, so that what was handed over cannot be changed afterwards.
"""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from rabita.line.entry import UNREADABLE
from rabita.line.errors import LocalFault, UserFault
from rabita.line.signature import verify_ed25519
from rabita.ports import Document, Store
from rabita.services.case_views import DutyLine
from rabita.services.casebook import Casebook
from rabita.services.casework import Signer
from rabita.services.duties_read import owed, ringing
from rabita.services.line_tests import line_tests
from rabita.services.reads import find_line

KIND: Final = "handover"
SIGNED: Final = "signed"
OPEN_LISTED: Final = 200
_TITLE: Final = b"rabita/handover/v1\n"
PostName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Handover(msgspec.Struct, frozen=True):
    """What one post hands over to another. ``since_ms`` is the handover before, 0 for the first.

    ``state`` is what our tests say of the line. Of *owed by us* and *owed to us* the first ``OPEN_LISTED`` are listed.
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


class Signature(msgspec.Struct, frozen=True):
    """An officer's signature over the record: the post, the Ed25519 public key, 64 bytes."""

    post: str
    public: bytes
    signature: bytes


class Kept(msgspec.Struct, frozen=True):
    """A record as kept: its bytes as both officers signed them."""

    record: bytes
    signatures: tuple[Signature, Signature]

    @property
    def handover(self) -> Handover:
        """Read the record."""
        return msgspec.json.decode(self.record, type=Handover)


def draft_handover(book: Casebook, line: str, from_post: str, to_post: str, remarks: str = "") -> Handover:
    """Write down what is open now; raises ``UserFault("handover-same")`` for one post, and as ``find_line``."""
    name = find_line(book.store, line)
    if from_post == to_post or not from_post or not to_post:
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
        owed_by_us=owed(book, name, "us", count=OPEN_LISTED).rows,
        owed_to_us=owed(book, name, "them", count=OPEN_LISTED).rows,
        remarks=remarks,
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
    kept = Kept(record, (first, second))
    store.put_document(Document(KIND, handover.line, handover.number, msgspec.msgpack.encode(kept), SIGNED))
    return kept


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
        verify_ed25519(each.public, each.signature, _TITLE + kept.record)
