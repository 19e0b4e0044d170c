"""Reading entries by the million: of an act only its id and its portions, of a stamp only what differs from the last.

What does not fit the short way is read in full by ``entry.read``, which decides. Whether officers can read an act, and
what it means, is no matter of verification.
"""

import re
from typing import Final, TypeAlias

import msgspec

from rabita.line.entry import SENT, UNREADABLE, Entry, Stamp, decode_stamp, read
from rabita.line.errors import PeerFault
from rabita.line.ids import LogId
from rabita.line.transcript_lines import Parts

_HEX: Final = "0123456789abcdef"
_ID_DIGITS: Final = 32
_TIME: Final = re.compile(rb"[1-9][0-9]{12}}\Z")
_UNKNOWN: Final = b""

Skimmed: TypeAlias = tuple[str, list[str], int, str]
"""The act id (empty where there is none to rely on), the digests of the portions listed as sent, how many are
withheld, and the code of a content fault."""


class _Portion(msgspec.Struct, frozen=True, gc=False):
    digest: str
    state: str


class _Act(msgspec.Struct, frozen=True):
    id: str
    portions: tuple[_Portion, ...] = ()


_act: Final = msgspec.json.Decoder(_Act).decode


def skim(parts: Parts, line: str, log: LogId) -> Skimmed:
    """Read an entry's act for verification; never raises. A number of portions that does not fit is read in full."""
    try:
        act = _act(parts[1])
    except UNREADABLE:
        return _read(parts, line, log)
    act_id, refs = act.id, act.portions
    sent = [ref.digest for ref in refs if ref.state == SENT]
    if len(sent) != len(parts[3]):
        return _read(parts, line, log)
    return act_id if len(act_id) == _ID_DIGITS and not act_id.strip(_HEX) else "", sent, len(refs) - len(sent), ""


def _read(parts: Parts, line: str, log: LogId) -> Skimmed:
    reading = read(Entry(*parts), line, log)
    act = reading.act
    act_id = act.id if act and len(act.id) == _ID_DIGITS and not act.id.strip(_HEX) else ""
    return act_id, list(reading.sent), len(act.portions) - len(reading.sent) if act else 0, reading.fault


class Stamps:
    """Reads the stamps of one log, one after another.

    A node writes the stamps of a run alike but for number, ``prev`` and time: so the next one's bytes are predicted
    from the last one's, and only a stamp that differs is parsed.
    """

    __slots__ = ("_head", "_line", "_log", "_tail", "stamp")

    def __init__(self, line: str, log: LogId) -> None:
        """Begin a log of *line*."""
        self._line, self._log = line, log
        self._head, self._tail = b"", _UNKNOWN
        self.stamp: Stamp | None = None

    def follows(self, raw: bytes, n: int, prev: bytes) -> bool:
        """Say whether *raw* is certainly the last stamp but for number *n*, ``prev`` (a leaf hash) and its time."""
        if self._tail is _UNKNOWN:
            return False
        expected = b'%b%d,"prev":"%b%b' % (self._head, n, prev.hex().encode(), self._tail)
        time = raw[len(expected) :]
        return raw.startswith(expected) and _TIME.fullmatch(time) is not None

    def read(self, raw: bytes) -> tuple[Stamp | None, str]:
        """Parse a stamp, and learn to predict the next; gives None and a code where it is not this log's."""
        try:
            stamp = decode_stamp(raw)
        except PeerFault as fault:
            return None, fault.code
        if (stamp.line, stamp.party, stamp.epoch, stamp.lane) != (self._line, *self._log):
            return None, "stamp-foreign"
        head, _, rest = raw.partition(b'"n":')
        _, prev, tail = rest.partition(stamp.prev.encode())
        tail = _TIME.sub(b"", tail)
        self._head, self._tail = head + b'"n":', tail if prev and tail.endswith(b'"time_ms":') else _UNKNOWN
        return stamp, ""
