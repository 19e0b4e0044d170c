"""Attachments between two nodes: whatever is cut, restarted or sealed meanwhile, both end with the same and say so."""

from hashlib import sha256
from typing import Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from rabita.line.attachment import make_blob
from rabita.line.entry import NO_APPROVALS, encode
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.line.possession import read_possession
from rabita.services.attachments import KIND, Added, held_files, listed, named
from tests.pair import Pair, Side, fresh

SIZES: Final = (1, 5_000, 40_000)


def name(side: Side, *blobs: bytes) -> list[str]:
    """Keep blobs and seal an act that names them."""
    digests = [side.blobs.put(side.line, blob) for blob in blobs]
    act = encode(msgspec.structs.replace(side.message(Lane.ROUTINE), attachments=tuple(digests)))
    side.seal_draft(Draft(act, NO_APPROVALS), Lane.ROUTINE)
    return digests


def blob(size: int) -> bytes:
    return make_blob(fresh(16), "map.txt", b"x" * size)


def settle(pair: Pair) -> None:
    pair.connect()
    pair.run(10_000)


def possessions(side: Side) -> dict[tuple[str, str], str]:
    said = [(read_possession(each.note)[1], each.state) for each in side.store.documents(KIND)]
    return {(each.party, each.digest): state for each, state in said}


def holds_all(side: Side, digests: list[str]) -> bool:
    return all(side.blobs.size_bytes(side.line, digest) for digest in digests)


STEP = st.one_of(
    st.tuples(st.just("run"), st.integers(1, 60)),
    st.tuples(st.sampled_from(["cut", "connect", "restart a", "restart b", "flash", "name"]), st.just(0)),
)


@settings(max_examples=40)
@given(st.lists(STEP, max_size=14))
def test_whatever_is_cut_both_end_with_the_same_and_a_statement_each(steps: list[tuple[str, int]]) -> None:
    pair = Pair()
    digests = name(pair.a, *[blob(size) for size in SIZES])
    others = name(pair.b, blob(9_000))
    pair.run(10)
    pair.connect()
    for step, for_ms in steps:
        if step == "run":
            pair.run(for_ms)
        elif step == "flash":
            pair.a.seal(Lane.FLASH, "now")
        elif step == "name":
            digests += name(pair.a, blob(7_000))
        elif step == "connect":
            pair.cut()
            pair.connect()
        else:
            pair.cut()
            if step != "cut":
                pair.run(50)  # until what was being committed is
                (pair.a if step.endswith("a") else pair.b).wake()
    pair.run(100)
    pair.cut()
    settle(pair)
    assert holds_all(pair.b, digests)
    assert holds_all(pair.a, others)
    a, b = pair.a.code, pair.b.code
    assert possessions(pair.a) == {(b, each): "kept" for each in digests} | {(a, each): "confirmed" for each in others}
    assert possessions(pair.b) == {(b, each): "confirmed" for each in digests} | {(a, each): "kept" for each in others}


def test_the_list_says_what_each_is_how_much_is_held_and_who_signed() -> None:
    pair = Pair()
    held = blob(3_000)
    (digest,) = name(pair.a, held)
    unreadable = b"not a blob at all"
    (other,) = name(pair.a, unreadable)
    pair.run(10)
    (before, _) = listed(pair.a.store, pair.a.blobs, pair.line)
    assert (before.digest, before.author, before.reference) == (digest, pair.a.code, f"{pair.a.code}-R-0001")
    assert (before.held, before.held_bytes, before.possessed_ms) == (True, len(held), 0)
    settle(pair)
    (ours, raw) = listed(pair.a.store, pair.a.blobs, pair.line)
    assert ours.possessed_ms > 0
    (theirs, raw_there) = listed(pair.b.store, pair.b.blobs, pair.line)
    assert (theirs.name, theirs.media, theirs.size_bytes) == ("map.txt", "text/plain", len(held))
    assert (theirs.held, theirs.opens, theirs.possessed_ms) == (True, True, 0)
    assert (raw.digest, raw.opens, raw_there.held, raw_there.opens) == (other, False, True, False)


def test_a_blob_that_was_altered_on_the_holders_disk_is_never_held() -> None:
    pair = Pair()
    (digest,) = name(pair.a, blob(9_000))
    pair.a.blobs._whole[(pair.line, digest)] = blob(9_000)  # noqa: SLF001 - a disk that went bad
    settle(pair)
    assert pair.b.blobs.size_bytes(pair.line, digest) == 0
    assert pair.b.heard.told_codes.count("attachment-false") == 1
    assert possessions(pair.a) == {}
    pair.b.seal(Lane.FLASH, "all else goes on")
    pair.run()
    assert len(pair.a.heard.arrivals) == 1


def test_what_the_holder_gets_later_comes_with_the_next_conversation() -> None:
    pair = Pair()
    late = blob(100)
    digest = sha256(late).hexdigest()
    act = encode(msgspec.structs.replace(pair.a.message(Lane.ROUTINE), attachments=(digest,)))
    pair.a.seal_draft(Draft(act, NO_APPROVALS), Lane.ROUTINE)
    settle(pair)
    assert "attachment-missing" in pair.b.heard.told_codes
    pair.a.blobs.put(pair.line, late)
    pair.cut()
    settle(pair)
    assert holds_all(pair.b, [digest])


def test_whoever_reads_is_told_how_far_a_file_has_come_and_who_signed_for_it() -> None:
    pair = Pair()
    (digest,) = name(pair.a, blob(2_000_000))
    pair.run(10)
    pair.connect()
    for _ in range(1_000):
        pair.run(1)
        if pair.b.blobs.part_bytes(pair.b.line, digest):
            break
    coming = pair.b.exchange.coming
    (half,) = named(pair.b.store, pair.b.blobs, pair.b.line, [digest, "no digest", "ab" * 32])
    assert coming is not None
    assert (coming.digest, coming.total_bytes) == (digest, pair.a.blobs.size_bytes(pair.a.line, digest))
    assert (half.held, half.name, half.possessed_ms) == (False, "", 0)
    assert 0 < half.held_bytes < coming.total_bytes
    assert pair.a.exchange.coming is None
    settle(pair)
    assert pair.b.exchange.coming is None
    for side in (pair.a, pair.b):
        (whole,) = named(side.store, side.blobs, side.line, [digest])
        assert (whole.held, whole.name, whole.size_bytes) == (True, "map.txt", coming.total_bytes)
        assert whole.possessed_ms
    assert held_files(pair.b.blobs, pair.b.line, [digest, "x"]) == (
        Added(digest, "text/plain", "map.txt", coming.total_bytes),
    )
