"""Reading entries by the million: of an act only its id and its portions, of a stamp only what differs from the last.

What does not fit the short way is read in full by ``entry.read``, which decides. Whether officers can read an act, and
what it means, is no matter of verification.
"""

import re
from binascii import hexlify
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from rabita.line.entry import SENT, UNREADABLE, Entry, Stamp, check_portions, decode_stamp, encode, read
from rabita.line.errors import PeerFault
from rabita.line.ids import LogId
from rabita.line.transcript_batch import Columns

_HEX: Final = "0123456789abcdef"
_ID_BYTES: Final = 16
_FORM: Final = re.compile(rb'(.*"n":)[0-9]+(,"prev":")[0-9a-f]*(".*"time_ms":[1-9][0-9]{12}})')
_TIME: Final = re.compile(rb"[1-9][0-9]{12}}")
_TIME_BYTES: Final = 14


class _Portion(msgspec.Struct, frozen=True, gc=False):
    digest: str
    state: str


class _Act(msgspec.Struct, frozen=True, gc=False):
    id: str
    portions: tuple[_Portion, ...] = ()


class Skimmed(NamedTuple):
    """What the acts of a batch say, and the words that come with them.

    ``ids`` has an act id for each entry, empty where there is none to rely on. ``sent`` counts the portions listed as
    sent, ``withheld`` those listed otherwise; ``purged`` has the index of the entry of each portion marked as purged.
    ``faults`` maps indices to the codes of content faults.
    """

    ids: Sequence[str]
    sent: int
    withheld: int
    purged: Sequence[int]
    faults: dict[int, str]


_act: Final = msgspec.json.Decoder(_Act).decode


def skim(first: int, parts: Columns, line: str, log: LogId) -> Skimmed:
    """Read the acts of a batch, its entries from index *first*, and check its words.

    Raises ``PeerFault``: ``portion-missing`` unless each entry brings as many portions as its act lists as sent,
    ``portion-false`` unless each of them has its digest or is marked as purged.
    """
    try:
        acts = [_act(act) for act in parts.acts]
        ids = [act.id for act in acts]
        plain = _are_ids(ids)
    except (*UNREADABLE, ValueError):
        return _skim_each(first, parts, line, log)
    refs = [act.portions for act in acts]
    sent = [ref.digest for each in refs for ref in each if ref.state == SENT]
    words = [sha256(raw).hexdigest() for each in parts.portions for raw in each if raw is not None]
    if plain and words == sent and list(map(len, refs)) == list(map(len, parts.portions)):
        return Skimmed(ids, len(sent), 0, (), {})
    return _skim_each(first, parts, line, log)


def _are_ids(ids: Sequence[str]) -> bool:
    """Say whether all are 16 bytes in lower-case hex; raises ``ValueError`` where one is no hex at all."""
    text = " ".join(ids)
    return bytes.fromhex(text).hex(" ", _ID_BYTES) == text


def _skim_each(first: int, parts: Columns, line: str, log: LogId) -> Skimmed:
    """Read acts one by one; one whose number of portions does not fit is read in full."""
    ids: list[str] = []
    purged: list[int] = []
    faults: dict[int, str] = {}
    sent = withheld = 0
    for index, entry in enumerate(map(Entry, *parts), first):
        act_id, digests, listed, fault = _skim_one(entry, line, log)
        try:
            check_portions(entry, digests, purged_allowed=True)
        except PeerFault as found:
            raise PeerFault(found.code, f"entry {index}") from found
        ids.append(act_id if len(act_id) == 2 * _ID_BYTES and not act_id.strip(_HEX) else "")
        purged += [index] * entry.portions.count(None)
        faults |= {index: fault} if fault else {}
        sent += len(digests)
        withheld += listed - len(digests)
    return Skimmed(ids, sent, withheld, purged, faults)


def _skim_one(entry: Entry, line: str, log: LogId) -> tuple[str, tuple[str, ...], int, str]:
    """Give an act's id, the digests listed as sent, how many portions it lists, and the code of a content fault."""
    try:
        act = _act(entry.act)
        digests = tuple([ref.digest for ref in act.portions if ref.state == SENT])
        if len(digests) == len(entry.portions):
            return act.id, digests, len(act.portions), ""
    except UNREADABLE:
        pass
    reading = read(entry, line, log)
    full = reading.act
    return full.id if full else "", reading.sent, len(full.portions) if full else len(reading.sent), reading.fault


class Stamps:
    """Reads the stamps of one log, one after another.

    A node writes the stamps of a run alike but for number, ``prev`` and time: so the next one's bytes are predicted
    from the last one's, and only a stamp that differs is parsed. Only a stamp in the one form that ``encode`` writes
    is predicted from, so that what fits says nothing else.
    """

    __slots__ = ("_form", "_line", "_log")

    def __init__(self, line: str, log: LogId) -> None:
        """Begin a log of *line*."""
        self._line, self._log = line, log
        self._form = b""

    def following(self, stamps: Sequence[bytes], n: int, prevs: Sequence[bytes]) -> int:
        """Count how many of *stamps*, from the first, are certainly the last one but for number, ``prev`` and time.

        The first of them would be number *n*; *prevs* has the leaf hash of the entry before each.
        """
        form = self._form
        if not form:
            return 0
        for number, (raw, prev) in enumerate(zip(stamps, prevs, strict=True), n):
            expected = form % (number, hexlify(prev))
            if raw != expected:
                time = raw[-_TIME_BYTES:]
                if raw[:-_TIME_BYTES] != expected[:-_TIME_BYTES] or not _TIME.fullmatch(time):
                    return number - n
                self._form = form = form[:-_TIME_BYTES] + time
        return len(stamps)

    def read(self, raw: bytes) -> tuple[Stamp | None, str]:
        """Parse a stamp, and learn to predict the next; gives None and a code where it is not this log's."""
        try:
            stamp = decode_stamp(raw)
        except PeerFault as fault:
            return None, fault.code
        if (stamp.line, stamp.party, stamp.epoch, stamp.lane) != (self._line, *self._log):
            return None, "stamp-foreign"
        form = _FORM.fullmatch(raw) if encode(stamp) == raw else None
        self._form = b"%b%%d%b%%b%b" % tuple([part.replace(b"%", b"%%") for part in form.groups()]) if form else b""
        return stamp, ""
