"""What a node can be asked, as data: by the command line over the control socket, by the exercise, by the bench.

An ask goes in a ``Call`` and is answered by one ``Reply`` of the same id; ``Subscribe`` is answered by news until the
connection ends. Calls may be made ahead; replies come as they are ready.
"""

from typing import Final, TypeAlias

import msgspec

from rabita.line.errors import InvariantBroken, LocalFault, PeerFault, RabitaError, UserFault
from rabita.line.ids import Lane

FRAME_BYTES_MAX: Final = 2**22
HEAD_BYTES: Final = 4


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="ask", tag=True):
    """Something a node is asked."""


class SealAct(Ask, frozen=True, tag="seal"):
    """Seal an act: its bytes, its approvals, the portions sent and withheld in act order. Answered by ``Placed``."""

    line: str
    lane: Lane
    act: bytes
    approvals: bytes = b"[]"
    portions: tuple[bytes, ...] = ()
    withheld: tuple[bytes, ...] = ()


class GetStatus(Ask, frozen=True, tag="status"):
    """Give the state of every line. Answered by a list of ``services.reads.LineStatus``."""


class SignHeads(Ask, frozen=True, tag="attest"):
    """Sign all heads of a line with ML-DSA-44 and wait until that is durable. Answered by ``Done``."""

    line: str


class Refresh(Ask, frozen=True, tag="refresh"):
    """Take up lines and descriptors that were added to the store. Answered by ``Done``."""


class Rotate(Ask, frozen=True, tag="rotate"):
    """Take up the new node keys in the key file and seal *descriptor* (a note) as a rotation on every line.

    Answered by a list of ``Placed``.
    """

    descriptor: bytes
    passphrase: str

    def __repr__(self) -> str:
        """Show no secret."""
        return "Rotate(...)"


class Agree(Ask, frozen=True, tag="accord"):
    """An officer agrees to go on with the counterpart's epoch of this number. Answered by ``Done``."""

    line: str
    epoch: int


class WriteBundle(Ask, frozen=True, tag="courier-export"):
    """Write all that the counterpart has not receipted to a courier bundle at *path*. Answered by ``Carried``."""

    line: str
    path: str


class ReadBundle(Ask, frozen=True, tag="courier-import"):
    """Take a courier bundle in. Answered by ``Carried``; what came before a fault counts."""

    line: str
    path: str


class SignAudit(Ask, frozen=True, tag="audit-sign"):
    """Sign the head of the audit log. Answered by ``Done``."""


class Subscribe(Ask, frozen=True, tag="subscribe"):
    """Send every piece of news from now on, each as a ``Reply`` to this call."""


AnyAsk: TypeAlias = (
    SealAct | GetStatus | SignHeads | Refresh | Rotate | Agree | WriteBundle | ReadBundle | SignAudit | Subscribe
)


class Placed(msgspec.Struct, frozen=True):
    """Where a sealed act stands: its telephone reference, and its log and index (from 0)."""

    reference: str
    line: str
    party: str
    epoch: int
    lane: Lane
    index: int


class Fault(msgspec.Struct, frozen=True):
    """A fault as it crosses the socket."""

    blame: str
    code: str
    detail: str


class Carried(msgspec.Struct, frozen=True):
    """How many frames a courier bundle carried, and the fault that ended the reading of it early, if one did."""

    frames: int
    fault: Fault | None = None


class Done(msgspec.Struct, frozen=True):
    """It was done."""


class Happened(msgspec.Struct, frozen=True):
    """News of a line; ``time_ms`` is since 1970 UTC.

    ``what`` is ``sealed`` or ``arrived`` (entries ``first`` up to ``first`` + ``count``), ``receipted`` (own entries
    below ``count``), ``told`` (``code``, ``detail``) or ``line`` (it came up or ended: ``code`` is ``up``,
    ``degraded``, ``silent`` or ``down``).
    """

    what: str
    time_ms: int
    line: str
    party: str = ""
    epoch: int = 0
    lane: str = ""
    first: int = 0
    count: int = 0
    code: str = ""
    detail: str = ""


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An ask under a number of the asker's choice."""

    id: int
    ask: AnyAsk


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to the call of this number, or the fault that kept it from being carried out."""

    id: int
    answer: msgspec.Raw = msgspec.Raw(b"null")
    fault: Fault | None = None


BLAMES: Final[dict[str, type[RabitaError]]] = {
    each.__name__: each for each in (PeerFault, LocalFault, UserFault, InvariantBroken)
}


def fault_of(error: RabitaError) -> Fault:
    """Write a fault."""
    return Fault(type(error).__name__, error.code, error.detail)


def error_of(fault: Fault) -> RabitaError:
    """Read a fault back; one this version does not know becomes ``node-unreachable``."""
    try:
        return BLAMES[fault.blame](fault.code, fault.detail)
    except KeyError:
        return LocalFault("node-unreachable", fault.code[:64])
