"""Entries: stamp, act and approvals, each kept and hashed as the bytes its author sent.

Admission looks at bytes only (digests, sizes, portions); *reading* an entry comes after it is receipted and may
find content faults, which are shown and block nothing.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Annotated, Any, Final, NamedTuple, NoReturn, TypeAlias

import msgspec

from rabita.line import limits
from rabita.line.errors import PeerFault, UserFault
from rabita.line.ids import Epoch, Lane, LogId, Natural
from rabita.line.merkle import leaf_hash

NO_APPROVALS: Final = b"[]"
FIRST_PREV: Final = "0" * 64
SENT: Final = "sent"
WITHHELD: Final = "withheld"
ACT_ID_BYTES: Final = 16
KINDS: Final = ("exercise", "operation", "project", "drill")
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises on bytes it cannot read."""
TimeMs: TypeAlias = Annotated[int, msgspec.Meta(ge=-limits.INTEGER_MAX, le=limits.INTEGER_MAX)]


class Stamp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the author's node says of an entry when it seals it.

    ``n`` counts the author's entries over all lanes of the epoch from 1; ``prev`` is the leaf hash (hex) of its
    entry n-1; ``seen`` gives, for each of the counterpart's lanes in the order of ``LANES``, the size of its log in
    ``seen_epoch`` that the author durably held; ``time_ms`` is the claimed time in milliseconds since 1970 UTC.
    """

    line: str
    party: str
    epoch: Epoch
    lane: Lane
    charter: Natural
    n: Natural
    prev: str
    seen_epoch: Epoch
    seen: tuple[Natural, Natural, Natural, Natural, Natural]
    time_ms: Natural


class PortionRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A portion as the act commits to it: SHA-256 (hex), ``sent`` or ``withheld``, marking, media type, language."""

    digest: str
    state: str
    marking: str
    media: str = "text/plain"
    language: str = ""


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What officers approve. Times are milliseconds since 1970 UTC; 0 or empty means not given.

    ``basis`` lists the SHA-256 (hex) of the acts this one answers; ``fields`` holds the procedure's coded fields.
    """

    line: str
    author: str
    precedence: Lane
    id: str
    seal_before_ms: TimeMs
    kind: str
    procedure: str
    act: str
    basis: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    marking: str = ""
    reply_by_ms: TimeMs = 0
    expires_ms: TimeMs = 0
    fields: dict[str, Any] = {}
    portions: tuple[PortionRef, ...] = ()
    attachments: tuple[str, ...] = ()


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A signature over ``approval_message(role, act)`` by the key published under ``key``.

    ``signature`` is base64 by msgspec. A software key signs the message itself; a WebAuthn authenticator signs
    ``authenticator_data || SHA-256(client_data)`` with the message's SHA-256 as its challenge (W3C WebAuthn 2, 7.2).
    """

    role: str
    key: str
    signature: bytes
    authenticator_data: bytes = b""
    client_data: bytes = b""


class Entry(NamedTuple):
    """An entry as it travels: the three parts and, for each ``sent`` portion in order, its bytes or None (purged)."""

    stamp: bytes
    act: bytes
    approvals: bytes
    portions: tuple[bytes | None, ...]


class Reading(NamedTuple):
    """An entry as this version reads it.

    ``sent`` lists the digests of the portions that must come with it; ``fault`` is the code of the first content
    fault, empty when there is none.
    """

    stamp: Stamp | None
    act: Act | None
    approvals: tuple[Approval, ...]
    sent: tuple[str, ...]
    fault: str


_stamp_decoder: Final = msgspec.json.Decoder(Stamp)
_act_decoder: Final = msgspec.json.Decoder(Act)
_approvals_decoder: Final = msgspec.json.Decoder(tuple[Approval, ...])
encode: Final = msgspec.json.Encoder().encode


def new_act_id(time_ms: int, entropy: bytes) -> str:
    """Make an act id of 32 hex digits from the time (48 bits) and 10 fresh random bytes.

    Ids that rise with time, as in UUIDv7 (RFC 9562), keep a store's index of them small and quick; nothing reads the
    time out of them.
    """
    return (time_ms % 2**48).to_bytes(6, "big").hex() + entropy.hex()


def approval_message(role: str, act: bytes) -> bytes:
    """Give the bytes an approval signs: ``rabita/approval/v1 || role || SHA-256(act)``, parts ended by a zero byte."""
    return b"rabita/approval/v1\0" + role.encode() + b"\0" + sha256(act).digest()


def entry_leaf(entry: Entry) -> bytes:
    """Give the RFC 6962 leaf hash over SHA-256(stamp) || SHA-256(act) || SHA-256(approvals)."""
    return leaf_hash(sha256(entry.stamp).digest() + sha256(entry.act).digest() + sha256(entry.approvals).digest())


def entry_bytes(entry: Entry) -> int:
    """Count the bytes of an entry that limits and quotas count: the three parts and the portions present."""
    size_bytes = len(entry.stamp) + len(entry.act) + len(entry.approvals)
    for portion in entry.portions:
        if portion is not None:
            size_bytes += len(portion)
    return size_bytes


def portion(salt: bytes, content: bytes) -> bytes:
    """Join a portion: 16 bytes of fresh salt, then the content; its SHA-256 is what the act commits to."""
    return salt + content


def portion_content(raw: bytes) -> bytes:
    """Give the content of a portion without its salt."""
    return raw[limits.PORTION_SALT_BYTES :]


def sent_portions(members: dict[str, Any]) -> tuple[str, ...]:
    """List the digests of the portions that an act, given as its JSON members, says are sent.

    Tolerant of everything else in the act, so that a later version's act still brings its words.
    """
    portions = members.get("portions")
    refs = portions if isinstance(portions, list) else []
    return tuple([str(ref.get("digest")) for ref in refs if isinstance(ref, dict) and ref.get("state") == SENT])


def check_portions(entry: Entry, sent: tuple[str, ...], *, purged_allowed: bool) -> None:
    """Check that an entry brings every portion its act lists as sent, and that each digest is right.

    Raises ``PeerFault``: ``portion-missing`` or ``portion-false``. A receipt covers the words (2-line, Portions).
    """
    if len(sent) != len(entry.portions):
        raise PeerFault("portion-missing")
    for digest, raw in zip(sent, entry.portions, strict=True):
        if raw is None:
            if not purged_allowed:
                raise PeerFault("portion-missing")
        elif sha256(raw).hexdigest() != digest:
            raise PeerFault("portion-false")


def check_sizes(entry: Entry) -> None:
    """Check the protocol's limits on the parts of an entry; raises ``PeerFault("entry-oversized")``."""
    portions, size_bytes = entry.portions, entry_bytes(entry)
    if size_bytes <= limits.STAMP_BYTES_MAX and len(portions) <= limits.PORTIONS_MAX:
        return  # the smallest of the limits: no part can be beyond its own
    if (
        len(entry.stamp) > limits.STAMP_BYTES_MAX
        or len(entry.act) > limits.ACT_BYTES_MAX
        or len(entry.approvals) > limits.APPROVALS_BYTES_MAX
        or len(portions) > limits.PORTIONS_MAX
        or any(len(each) > limits.PORTION_BYTES_MAX for each in portions if each is not None)
        or size_bytes > limits.ENTRY_BYTES_MAX
    ):
        raise PeerFault("entry-oversized")


def hex_bytes(text: str, length: int) -> bytes:
    """Read *length* bytes written in lower-case hex; empty if they are not."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return b""
    return raw if len(raw) == length and text == raw.hex() else b""


def _no_number(_text: str) -> NoReturn:
    raise ValueError("number")


def _small_int(text: str) -> int:
    if (
        len(text) > len(str(limits.INTEGER_MAX)) + 1
        or not -limits.INTEGER_MAX <= (number := int(text)) <= limits.INTEGER_MAX
    ):
        raise ValueError("number")
    return number


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate")
    return members


_strict: Final = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_float=_no_number, parse_int=_small_int, parse_constant=_no_number
)


def _depth(text: str) -> int:
    """Give the greatest nesting of arrays and objects, strings left out."""
    depth = deepest = 0
    inside = escaped = False
    for char in text:
        if inside:
            inside = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            inside = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def parse_content(raw: bytes) -> dict[str, Any]:
    """Read the JSON members of an act.

    Raises ``PeerFault``: ``content-encoding`` (not UTF-8), ``content-depth``, ``content-json`` (not a JSON object, a
    duplicate key, a float, an integer of 2^53 or more, or half a surrogate pair).
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as fault:
        raise PeerFault("content-encoding") from fault
    if text.count("[") + text.count("{") > limits.JSON_DEPTH_MAX and _depth(text) > limits.JSON_DEPTH_MAX:
        raise PeerFault("content-depth")
    try:
        members = _strict.decode(text)
        encode(members)  # half a surrogate pair, written as an escape, is no text
    except ValueError as fault:
        raise PeerFault("content-json") from fault
    if not isinstance(members, dict):
        raise PeerFault("content-json")
    return members


def decode_stamp(raw: bytes) -> Stamp:
    """Read a stamp; raises ``PeerFault("stamp-malformed")``."""
    try:
        return _stamp_decoder.decode(raw)
    except UNREADABLE as fault:
        raise PeerFault("stamp-malformed") from fault


def decode_act(raw: bytes) -> Act:
    """Read an act; raises ``PeerFault`` with the code of the content fault, or ``act-malformed``."""
    return open_act(raw)[0]


def open_act(raw: bytes) -> tuple[Act, tuple[str, ...]]:
    """Read an act and the digests of the portions it sends; raises as ``decode_act``.

    An act in the form this module writes is recognised by being written back to the same bytes, which rules out
    duplicate keys; any other form is parsed member by member.
    """
    act = _written_by_us(raw)
    if act is not None:
        return act, _sent_refs(act.portions)
    members = parse_content(raw)
    return _act_of(members), sent_portions(members)


def _sent_refs(refs: Sequence[PortionRef]) -> tuple[str, ...]:
    return tuple([ref.digest for ref in refs if ref.state == SENT])


def _written_by_us(raw: bytes) -> Act | None:
    try:
        act = _act_decoder.decode(raw)
    except UNREADABLE:
        return None
    return act if (not act.fields or _plain(act.fields, 2)) and encode(act) == raw else None


def _plain(value: object, depth: int) -> bool:
    """Say whether a value holds no float and no large integer, and is not nested too deep."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return depth < limits.JSON_DEPTH_MAX and all(_plain(each, depth + 1) for each in inside)
    if isinstance(value, int):
        return -limits.INTEGER_MAX <= value <= limits.INTEGER_MAX
    return not isinstance(value, float)


def _act_of(members: dict[str, Any]) -> Act:
    try:
        return msgspec.convert(members, Act)
    except msgspec.ValidationError as fault:
        raise PeerFault("act-malformed") from fault


def decode_approvals(raw: bytes) -> tuple[Approval, ...]:
    """Read the approvals; raises ``PeerFault("approvals-malformed")``."""
    try:
        return _approvals_decoder.decode(raw) if raw != NO_APPROVALS else ()
    except UNREADABLE as fault:
        raise PeerFault("approvals-malformed") from fault


def read(entry: Entry, line: str, log: LogId) -> Reading:
    """Read an entry. Never raises: the first thing wrong is named in ``fault``.

    1. The act is JSON without duplicate keys, floats or large integers; its sent portions are known.
    2. The stamp is readable and names this line, party, epoch and lane.
    3. The act fits the schema, and names this line, its author and the lane it travels in.
    4. The approvals are readable.
    """
    sent: tuple[str, ...] = ()
    stamp: Stamp | None = None
    act: Act | None = None
    approvals: tuple[Approval, ...] = ()
    fault = ""
    try:
        members = {} if (act := _written_by_us(entry.act)) else parse_content(entry.act)
        sent = _sent_refs(act.portions) if act else sent_portions(members)
        stamp = decode_stamp(entry.stamp)
        act = act or _act_of(members)
        approvals = decode_approvals(entry.approvals)
    except PeerFault as found:
        fault = found.code
        with suppress(PeerFault):
            stamp = stamp or decode_stamp(entry.stamp)  # an act that cannot be read does not hide its author's order
    if stamp is not None and (stamp.line, stamp.party, stamp.epoch, stamp.lane) != (line, *log):
        fault = "stamp-foreign"
    elif act is not None and (act.line, act.author, act.precedence) != (line, log.party, log.lane):
        fault = fault or "act-foreign"
    return Reading(stamp, act, approvals, sent, fault)


def read_sealable(draft: Entry, withheld: Sequence[bytes], line: str, party: str, now_ms: int) -> Act:
    """Read the act of an entry to be sealed (its stamp still empty), refusing what the other side would find at fault.

    Raises ``UserFault`` with the content fault's code, or ``act-foreign`` (line or author), ``seal-too-late`` (past
    ``seal_before_ms``), ``act-oversized``, ``entry-oversized``, ``portion-missing``, ``portion-false``,
    ``act-id-malformed``.
    """
    try:
        act, sent = open_act(draft.act)
        decode_approvals(draft.approvals)
        check_sizes(draft)
        check_portions(draft, sent, purged_allowed=False)
    except PeerFault as fault:
        raise UserFault(fault.code, fault.detail) from fault
    code = _unsealable(draft, act, withheld, line, party, now_ms)
    if code:
        raise UserFault(code)
    return act


def _unsealable(draft: Entry, act: Act, withheld: Sequence[bytes], line: str, party: str, now_ms: int) -> str:
    """Give the code of what keeps an act from being sealed by *party* now, empty if nothing does."""
    limit = limits.CONTROL_ACT_BYTES_MAX if act.precedence is Lane.CONTROL else limits.ACT_BYTES_MAX
    if act.line != line or act.author != party:
        return "act-foreign"
    if now_ms > act.seal_before_ms:
        return "seal-too-late"
    if not hex_bytes(act.id, ACT_ID_BYTES):
        return "act-id-malformed"
    if len(draft.act) > limit:
        return "act-oversized"
    digests = [sha256(raw).hexdigest() for raw in withheld]
    return "portion-false" if digests != [ref.digest for ref in act.portions if ref.state != SENT] else ""
