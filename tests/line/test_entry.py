"""Entries as bytes: what is read, what is found at fault, and what never leaves the reader as anything but a fault."""

import json
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line import limits
from rabita.line.entry import (
    NO_APPROVALS,
    SENT,
    WITHHELD,
    Act,
    Entry,
    PortionRef,
    check_portions,
    check_sizes,
    decode_act,
    decode_approvals,
    decode_stamp,
    encode,
    entry_bytes,
    new_act_id,
    open_act,
    parse_content,
    portion,
    portion_content,
    read,
    read_sealable,
    sent_portions,
)
from rabita.line.errors import PeerFault, UserFault
from rabita.line.ids import Lane
from tests.line.founders import LINE, THEM, US
from tests.line.players import Author, act_of, draft

LOG = Author().log(Lane.ROUTINE)
WORDS = portion(bytes(16), b"words")
DIGEST = sha256(WORDS).hexdigest()


def entry(**parts: object) -> Entry:
    return Author().entry(Lane.ROUTINE, "words")._replace(**parts)  # type: ignore[arg-type] # - parts are named by tests


def changed(act: Act, **members: object) -> bytes:
    """Write an act with members that the form does not allow."""
    return json.dumps({**json.loads(encode(act)), **members}).encode()


def test_a_plain_entry_reads_without_fault() -> None:
    given_entry = entry()
    reading = read(given_entry, LINE, LOG)
    assert reading.fault == ""
    assert reading.stamp is not None
    assert reading.act is not None
    assert reading.act == decode_act(given_entry.act)
    assert reading.sent == tuple([each.digest for each in reading.act.portions])


def test_an_act_written_in_another_form_reads_alike() -> None:
    act = act_of(THEM, Lane.ROUTINE, fields={"note": "x"}, portions=(PortionRef(DIGEST, SENT, "CLEAR"),))
    spaced = json.dumps(json.loads(encode(act)), indent=2).encode()
    assert open_act(spaced) == open_act(encode(act)) == (act, (DIGEST,))
    assert read(entry(act=spaced), LINE, LOG).act == act


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (b"\xff", "content-encoding"),
        (b'"\xff"', "content-encoding"),
        (b"{", "content-json"),
        (b"[]", "content-json"),
        (b'{"a":1,"a":1}', "content-json"),
        (b'{"a":1.0}', "content-json"),
        (b'{"a":NaN}', "content-json"),
        (b'{"a":9007199254740992}', "content-json"),
        (b'{"a":-9007199254740992}', "content-json"),
        (b'{"a":' + b"9" * 5_000 + b"}", "content-json"),
        (b'{"a":"\\ud800"}', "content-json"),
        (b'{"a":' + b"[" * 17 + b"]" * 17 + b"}", "content-depth"),
        (b'{"a":' + b"[" * 9_000, "content-depth"),
        (b'{"a":9007199254740991}', "act-malformed"),
        (b'{"a":' + b"[" * 14 + b'"\\"[[[[{{{{"' + b"]" * 14 + b"}", "act-malformed"),
        (changed(act_of(THEM, Lane.ROUTINE), posts=7), "act-malformed"),
        (changed(act_of(THEM, Lane.ROUTINE), fields={"a": [1, {"b": 0.5}]}), "content-json"),
        (changed(act_of(THEM, Lane.ROUTINE), fields={"a": 2**60}), "content-json"),
        (changed(act_of(THEM, Lane.ROUTINE), reply_by_ms=2**60), "content-json"),
        (encode(act_of(US, Lane.ROUTINE)), "act-foreign"),
        (encode(act_of(THEM, Lane.FLASH)), "act-foreign"),
        (encode(act_of(THEM, Lane.ROUTINE, line="another")), "act-foreign"),
    ],
)
def test_what_is_wrong_with_an_act_is_named(act: bytes, fault: str) -> None:
    reading = read(entry(act=act), LINE, LOG)
    assert reading.fault == fault
    assert reading.stamp is None or reading.stamp.party == THEM
    if fault != "act-foreign":
        with pytest.raises(PeerFault, match=fault):
            decode_act(act)


def test_fields_nested_as_deep_as_is_allowed_read() -> None:
    deepest: object = 1
    for _ in range(limits.JSON_DEPTH_MAX - 2):
        deepest = [deepest]
    allowed = encode(act_of(THEM, Lane.ROUTINE, fields={"a": deepest}))
    assert read(entry(act=allowed), LINE, LOG).fault == ""
    assert parse_content(allowed)
    beyond = encode(act_of(THEM, Lane.ROUTINE, fields={"a": [deepest]}))
    assert read(entry(act=beyond), LINE, LOG).fault == "content-depth"


@pytest.mark.parametrize(
    "stamp",
    [
        b"",
        b"\xff",
        b'{"line":"\xff"}',
        b"[" * 4_000,
        encode(Author().stamp(Lane.ROUTINE, n=-1)),
        encode(Author().stamp(Lane.ROUTINE, n=2**53)),
        encode(Author().stamp(Lane.ROUTINE, seen=(1, 2, 3, 4, 2**70))),
        encode(Author().stamp(Lane.ROUTINE, time_ms=2**64)),
        encode(Author().stamp(Lane.ROUTINE, epoch=0)),
    ],
)
def test_a_stamp_that_cannot_be_read_is_a_fault_and_no_more(stamp: bytes) -> None:
    reading = read(entry(stamp=stamp), LINE, LOG)
    assert (reading.stamp, reading.fault) == (None, "stamp-malformed")
    assert reading.sent != ()
    with pytest.raises(PeerFault, match="stamp-malformed"):
        decode_stamp(stamp)


@pytest.mark.parametrize(
    "change",
    [{"line": "another"}, {"party": US}, {"epoch": 2}, {"lane": Lane.FLASH}],
    ids=lambda each: next(iter(each)),
)
def test_a_stamp_of_another_log_is_foreign(change: dict[str, object]) -> None:
    reading = read(entry(stamp=encode(Author().stamp(Lane.ROUTINE, **change))), LINE, LOG)
    assert reading.fault == "stamp-foreign"
    assert reading.act is not None


@pytest.mark.parametrize("raw", [b"", b"\xff", b'["\xff"]', b"{}", b"[" * 9_000, b'[{"role":1}]'])
def test_approvals_that_cannot_be_read_are_named_and_take_nothing_away(raw: bytes) -> None:
    reading = read(entry(approvals=raw), LINE, LOG)
    assert reading.fault == "approvals-malformed"
    assert reading.act is not None
    with pytest.raises(PeerFault, match="approvals-malformed"):
        decode_approvals(raw)


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_reading_never_raises(stamp: bytes, act: bytes, approvals: bytes) -> None:
    assert read(Entry(stamp, act, approvals, ()), LINE, LOG).fault


members = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(members)
def test_what_is_accepted_is_read_as_it_stands(value: object) -> None:
    raw = json.dumps({"value": value}).encode()
    try:
        content = parse_content(raw)
    except PeerFault as fault:
        assert fault.code in ("content-json", "content-depth")
        return
    assert content == json.loads(raw)
    assert not any(isinstance(each, float) for each in flat(content))


def flat(value: object) -> list[object]:
    inside = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value, *[each for inner in inside for each in flat(inner)]]


@given(members)
def test_both_ways_of_reading_an_act_agree(value: object) -> None:
    whole = changed(act_of(THEM, Lane.ROUTINE), fields={"value": value})
    try:
        act, sent = open_act(whole)
    except PeerFault as fault:
        assert read(entry(act=whole, portions=()), LINE, LOG).fault == fault.code
        return
    assert open_act(encode(act)) == (act, sent)


def test_a_later_version_of_an_act_still_brings_its_words() -> None:
    raw = changed(
        act_of(THEM, Lane.ROUTINE),
        colour="new",
        portions=[{"digest": DIGEST, "state": "sent", "shape": 1}, {"state": "withheld"}, 3],
    )
    reading = read(entry(act=raw), LINE, LOG)
    assert (reading.fault, reading.act, reading.sent) == ("act-malformed", None, (DIGEST,))
    assert sent_portions({}) == sent_portions({"portions": "none"}) == ()


def test_portions_must_be_there_and_must_be_right() -> None:
    check_portions(entry(portions=(WORDS,)), (DIGEST,), purged_allowed=False)
    check_portions(entry(portions=(None,)), (DIGEST,), purged_allowed=True)
    for portions, code in (((), "portion-missing"), ((None,), "portion-missing"), ((b"other",), "portion-false")):
        with pytest.raises(PeerFault, match=code):
            check_portions(entry(portions=portions), (DIGEST,), purged_allowed=False)
    assert portion_content(WORDS) == b"words"


@pytest.mark.parametrize(
    "parts",
    [
        {"stamp": bytes(limits.STAMP_BYTES_MAX + 1)},
        {"act": bytes(limits.ACT_BYTES_MAX + 1)},
        {"approvals": bytes(limits.APPROVALS_BYTES_MAX + 1)},
        {"portions": (b"",) * (limits.PORTIONS_MAX + 1)},
        {"portions": (bytes(limits.PORTION_BYTES_MAX + 1),)},
        {"portions": (bytes(limits.PORTION_BYTES_MAX),) * 3},
    ],
)
def test_every_part_has_its_limit(parts: dict[str, object]) -> None:
    check_sizes(entry())
    with pytest.raises(PeerFault, match="entry-oversized"):
        check_sizes(entry(**parts))


def test_purged_portions_do_not_count() -> None:
    assert entry_bytes(Entry(b"1", b"22", b"333", ())) == entry_bytes(Entry(b"1", b"22", b"333", (None,))) == 6
    assert entry_bytes(Entry(b"1", b"22", b"333", (b"4444", None))) == 10


# sealing


def sealable(
    now_ms: int = 0, withheld: tuple[bytes, ...] = (), approvals: bytes = NO_APPROVALS, **members: object
) -> Act:
    raw = encode(msgspec.structs.replace(act_of(US, Lane.ROUTINE), **members))
    return read_sealable(Entry(b"", raw, approvals, ()), withheld, LINE, US, now_ms)


def test_what_is_sealable_reads() -> None:
    kept = draft(US, Lane.ROUTINE, "said", "kept")
    act = read_sealable(Entry(b"", kept.act, kept.approvals, kept.portions), kept.withheld, LINE, US, 0)
    assert [each.state for each in act.portions] == [SENT, WITHHELD]
    assert sealable(now_ms=7, seal_before_ms=7).seal_before_ms == 7


@pytest.mark.parametrize(
    ("code", "given_parts"),
    [
        ("act-foreign", {"line": "another"}),
        ("act-foreign", {"author": THEM}),
        ("seal-too-late", {"now_ms": 8, "seal_before_ms": 7}),
        ("act-id-malformed", {"id": "AB" * 16}),
        ("act-id-malformed", {"id": "ab"}),
        ("act-oversized", {"precedence": Lane.CONTROL, "act": "x" * 17_000}),
        ("portion-missing", {"portions": (PortionRef(DIGEST, SENT, "CLEAR"),)}),
        ("portion-false", {"portions": (PortionRef(DIGEST, WITHHELD, "CLEAR"),)}),
        ("portion-false", {"withheld": (WORDS,)}),
        ("approvals-malformed", {"approvals": b"{}"}),
        ("entry-oversized", {"act": "x" * 40_000}),
        ("content-json", {"fields": {"a": 0.5}}),
    ],
)
def test_what_the_other_side_would_find_at_fault_is_not_sealed(code: str, given_parts: dict[str, object]) -> None:
    with pytest.raises(UserFault) as refused:
        sealable(**given_parts)  # type: ignore[arg-type] # - named by the cases
    assert refused.value.code == code


def test_act_ids_rise_with_time_and_hold_their_entropy() -> None:
    early, late = new_act_id(7, bytes(10)), new_act_id(8, b"\xff" * 10)
    assert len(early) == len(late) == 32
    assert early < late
    assert late.endswith("ff" * 10)
