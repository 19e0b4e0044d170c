"""What goes into the node's core and what comes out: events and effects, all of them data.

The pump carries effects out in their order and feeds back what became of them as events. It never sends what the core
did not tell it to send, and the core tells it only after ``Committed``: durable before visible.
"""

from typing import NamedTuple, TypeAlias

from rabita.line.changes import Changes
from rabita.line.frames import Frame
from rabita.line.ids import Lane, LogId
from rabita.line.possession import Possession
from rabita.line.record import EntryRow, OrderEntry, StoredBatch


class Draft(NamedTuple):
    """An act ready to be sealed: its bytes, its approvals, the portions sent and those withheld, in act order."""

    act: bytes
    approvals: bytes
    portions: tuple[bytes, ...] = ()
    withheld: tuple[bytes, ...] = ()


class SignRequest(NamedTuple):
    """One signature wanted: by the key with this public half, over *message*; ML-DSA-44 if ``hybrid``, else Ed25519."""

    public: bytes
    message: bytes
    hybrid: bool = False


class Now(NamedTuple):
    """When an event happens: a monotonic clock for waits and rates, the wall clock for claimed times (ms)."""

    now_ms: int
    time_ms: int


# events


class Opened(NamedTuple):
    """A conversation was authenticated. ``bulk`` ones (courier) have neither window nor credit and expect no answer."""

    session: int
    dialled: bool
    bulk: bool = False


class Closed(NamedTuple):
    """A conversation ended."""

    session: int


class Received(NamedTuple):
    """Frames arrived, as bytes, in order."""

    session: int
    frames: tuple[bytes, ...]


class Seal(NamedTuple):
    """Seal these drafts as one group commit. Not while another is under way (``LineState.sealing``)."""

    drafts: tuple[Draft, ...]


class Signed(NamedTuple):
    """The signatures asked for under this ticket, in order."""

    ticket: int
    signatures: tuple[bytes, ...]


class Committed(NamedTuple):
    """What was to be stored under this ticket is durable."""

    ticket: int


class Failed(NamedTuple):
    """What was asked under this ticket was not done, nothing of it; ``code`` is that of the local fault."""

    ticket: int
    code: str


class Loaded(NamedTuple):
    """The answer to ``LoadBatch``; None when the store holds no further batch."""

    session: int
    log: LogId
    batch: StoredBatch | None


class NoteLoaded(NamedTuple):
    """The answer to ``LoadNote``; None when the store holds no note at that size."""

    ticket: int
    note: bytes | None


class OrderLoaded(NamedTuple):
    """The answer to ``LoadOrder``."""

    party: str
    epoch: int
    entries: tuple[OrderEntry, ...]


class Attest(NamedTuple):
    """Sign all heads and receipts with ML-DSA-44 now (before an export, before a conversation ends, on demand)."""


class Woke(NamedTuple):
    """Time has passed."""


class Room(NamedTuple):
    """Free space on this node's disk fell below its reserve (``low``), or there is room again."""

    low: bool


class Accord(NamedTuple):
    """An officer here agreed to go on with the counterpart's epoch of this number after a proven contradiction."""

    epoch: int


class Sought(NamedTuple):
    """The answer to ``SeekBlob``: a blob of which ``offset`` bytes are held, ``whole`` or not.

    ``note`` is our statement that we hold it, where it is still to be said. Where nothing is left to do, no answer.
    """

    session: int
    digest: str
    offset: int
    whole: bool = False
    note: bytes = b""


class PieceLoaded(NamedTuple):
    """The answer to ``LoadPiece``: the bytes from ``offset``, or the code of why there are none."""

    session: int
    digest: str
    offset: int
    total_bytes: int = 0
    data: bytes = b""
    code: str = ""


class BlobKept(NamedTuple):
    """A blob is whole, its digest right, and durable; or the code of why what came of it is not kept."""

    session: int
    digest: str
    code: str = ""


class PossessionKept(NamedTuple):
    """A statement of *party*'s possession is durable, or the code of why it is not kept."""

    session: int
    party: str
    digest: str
    code: str = ""


Event: TypeAlias = (
    Opened
    | Closed
    | Received
    | Seal
    | Signed
    | Committed
    | Failed
    | Loaded
    | NoteLoaded
    | OrderLoaded
    | Attest
    | Woke
    | Room
    | Accord
    | Sought
    | PieceLoaded
    | BlobKept
    | PossessionKept
)


# effects


class Sign(NamedTuple):
    """Ask for signatures; answered by ``Signed`` or ``Failed``."""

    ticket: int
    requests: tuple[SignRequest, ...]


class Store(NamedTuple):
    """Make changes durable; answered by ``Committed`` or ``Failed``. In order within a lane, else by urgency."""

    ticket: int
    lane: Lane
    changes: Changes


class Send(NamedTuple):
    """Send frames on a conversation, in order."""

    session: int
    frames: tuple[Frame, ...]


class Close(NamedTuple):
    """End a conversation."""

    session: int
    code: str


class LoadBatch(NamedTuple):
    """Read the next batch of a log from entry *first*; answered by ``Loaded``."""

    session: int
    log: LogId
    first: int


class LoadNote(NamedTuple):
    """Read the author's note over a log at a size; answered by ``NoteLoaded``."""

    ticket: int
    log: LogId
    size: int


class LoadOrder(NamedTuple):
    """Read an author's entries by n after ``after_n``; answered by ``OrderLoaded``."""

    party: str
    epoch: int
    after_n: int


class SeekBlob(NamedTuple):
    """Find an attachment that acts of the counterpart name and that is to be said, signed or asked for.

    Not those of *passed*. Answered by ``Sought``, if there is one.
    """

    session: int
    passed: tuple[str, ...]


class LoadPiece(NamedTuple):
    """Read at most *size* bytes of a blob that an act sealed by us on this line names; answered by ``PieceLoaded``."""

    session: int
    digest: str
    offset: int
    size: int


class KeepPiece(NamedTuple):
    """Add a piece to the part of a blob that is held; answered by ``BlobKept`` when that is whole, or on a fault."""

    session: int
    digest: str
    offset: int
    total_bytes: int
    data: bytes


class DropPart(NamedTuple):
    """Forget the part of a blob that is held."""

    digest: str


class KeepPossession(NamedTuple):
    """Make a statement of possession durable; answered by ``PossessionKept``.

    Ours is ``confirmed`` once the counterpart said that it keeps it.
    """

    session: int
    said: Possession
    note: bytes
    confirmed: bool = False


class Wake(NamedTuple):
    """Send ``Woke`` at this monotonic time or soon after; a newer wake-up does not cancel an older one."""

    at_ms: int


class SealDone(NamedTuple):
    """The drafts of the group commit are sealed and durable: where each is, in the order given."""

    placed: tuple[tuple[LogId, int], ...]


class SealRefused(NamedTuple):
    """Nothing of the group was sealed: draft number ``position`` cannot be (-1: no draft can now), or we failed.

    ``local`` says that the fault is ours and a retry may succeed.
    """

    position: int
    code: str
    local: bool = False


class Arrived(NamedTuple):
    """Entries of the counterpart are durable here; they may be shown and rung for."""

    log: LogId
    rows: tuple[EntryRow, ...]


class ReceiptHeld(NamedTuple):
    """The counterpart's receipt over an own log up to *size* is durable here."""

    log: LogId
    size: int


class Tell(NamedTuple):
    """Tell the officers and the audit trail; ``code`` is that of a fault or of a notice."""

    code: str
    detail: str


Effect: TypeAlias = (
    Sign
    | Store
    | Send
    | Close
    | LoadBatch
    | LoadNote
    | LoadOrder
    | SeekBlob
    | LoadPiece
    | KeepPiece
    | DropPart
    | KeepPossession
    | Wake
    | SealDone
    | SealRefused
    | Arrived
    | ReceiptHeld
    | Tell
)
