"""Names of things on a line: parties, lanes, logs, references; how each is written and read.

A log is (party, epoch, lane). Lanes are the four precedences of ACP 121 and *control*, which goes before FLASH.
"""

import re
from base64 import b32decode, b32encode
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, NamedTuple, TypeAlias

import msgspec

from rabita.line.errors import UserFault
from rabita.line.limits import INTEGER_MAX, PARTY_CODE_CHARS_MAX

Natural: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
"""A size, count or time: every number that comes from outside has a bound."""
Epoch: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=INTEGER_MAX)]

_PARTY: Final = re.compile(rf"[A-Z](?:[A-Z0-9]|-(?=[A-Z0-9])){{1,{PARTY_CODE_CHARS_MAX - 1}}}")
_REFERENCE: Final = re.compile(r"(?:([a-z2-7]{4,52})/)?([A-Z][A-Z0-9-]*)-([CFIPR])(?:(\d{1,6})\.)?-?(\d{4,16})")
_JOINERS: Final = dict.fromkeys(map(ord, "\u200c\u200d"))
EXERCISE_PREFIX: Final = "X-"


class Lane(StrEnum):
    """The lanes of a party, most urgent first; the four precedences keep their prosigns (ACP 121)."""

    CONTROL = "CONTROL"
    FLASH = "FLASH"
    IMMEDIATE = "IMMEDIATE"
    PRIORITY = "PRIORITY"
    ROUTINE = "ROUTINE"

    __hash__ = str.__hash__  # a lane stands in every log's name, and Enum's own hash runs in Python

    @property
    def letter(self) -> str:
        """The letter of the lane in a telephone reference, as in ``PAK-F-0041``."""
        return self.value[0]


LANES: Final = tuple(Lane)
PRECEDENCES: Final = LANES[1:]
RANK: Final = {lane: rank for rank, lane in enumerate(LANES)}
_BY_LETTER: Final = {lane.letter: lane for lane in LANES}


class LogId(NamedTuple):
    """One append-only log of one line: its author, the author's epoch and the lane."""

    party: str
    epoch: Epoch
    lane: Lane


class Reference(NamedTuple):
    """A short reference for the telephone: the ``number``-th entry (from 1) of a log."""

    log: LogId
    number: int
    line: str


def is_shown(text: str) -> bool:
    """Say whether a name is read as it stands, in one line: nothing unseen but the joiners of Persian and Urdu."""
    return text.translate(_JOINERS).isprintable()


def is_party_code(code: str) -> bool:
    """Say whether *code* is a party code: 2 to 16 of ``A-Z 0-9 -``, a letter first, no hyphen last or doubled."""
    return _PARTY.fullmatch(code) is not None and len(code) <= PARTY_CODE_CHARS_MAX


def is_exercise_code(code: str) -> bool:
    """Say whether *code* belongs to an exercise line (``X-PAK``)."""
    return code.startswith(EXERCISE_PREFIX)


def line_name(line_id: bytes) -> str:
    """Write a 32-byte line id as 52 lower-case base32 characters (RFC 4648 without padding), a valid DNS label."""
    return b32encode(line_id).decode().rstrip("=").lower()


def line_id_of(name: str) -> bytes:
    """Read the 32-byte line id back; raises ``ValueError`` when *name* is not one."""
    if len(name) != 52 or name != name.lower():  # noqa: PLR2004 - 32 bytes in base32
        raise ValueError(name)
    line_id = b32decode(name.upper() + "====")
    if line_name(line_id) != name:
        raise ValueError(name)
    return line_id


def first_nonce(line: str, party: str) -> str:
    """Give the nonce (32 hex digits) of a party's epoch 1, which needs no opening: it follows from line and party."""
    return sha256(f"rabita/epoch/v1\n{line}\n{party}\n".encode()).hexdigest()[:32]


def origin(line: str, log: LogId, nonce: str) -> str:
    """Write the origin line of a log's checkpoints; the ``.invalid`` domain (RFC 2606) never resolves."""
    return f"{line}.rabita.invalid/{log.party}/{log.epoch}-{nonce}/{log.lane.lower()}"


def key_name(party: str, role: str) -> str:
    """Name a party's key in notes, for example ``PAK.rabita.invalid/receipt``."""
    return f"{party}.rabita.invalid/{role}"


def reference(log: LogId, index: int) -> str:
    """Write the reference of the entry at *index* (from 0): ``PAK-F-0041``, in later epochs ``PAK-F2.0041``."""
    epoch = f"{log.epoch}." if log.epoch > 1 else "-"
    return f"{log.party}-{log.lane.letter}{epoch}{index + 1:04d}"


def parse_reference(text: str) -> Reference:
    """Read a telephone reference, with the beginning of the line's name before a slash where ambiguous.

    Raises ``UserFault`` with code ``reference-malformed``.
    """
    match = _REFERENCE.fullmatch(text.strip())
    if match is None or not is_party_code(match[2]) or int(match[5]) < 1:
        raise UserFault("reference-malformed", text[:64])
    log = LogId(match[2], int(match[4] or 1), _BY_LETTER[match[3]])
    return Reference(log, int(match[5]), match[1] or "")
