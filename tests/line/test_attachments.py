"""Carrying attachments, as the two ends of a conversation see it: asked for, sent below all lanes, signed for."""

from hashlib import sha256
from typing import Final

import pytest

from rabita.line import limits
from rabita.line.attachment import make_blob
from rabita.line.entry import NO_APPROVALS, encode
from rabita.line.errors import LocalFault
from rabita.line.events import BlobKept, Draft, PieceLoaded, PossessionKept, Room, Sought
from rabita.line.frames import Ack, Chunk, Credit, Declined, Kept, Piece, Possessed, Want
from rabita.line.ids import Lane
from rabita.line.possession import Possession, possession_key, possession_text, read_possession, signed_possession
from rabita.services.attachments import KIND
from rabita.store.blobs_memory import MemoryBlobs
from tests.line.founders import LINE, THEM, US, member
from tests.line.players import Author, Node, act_of, fresh

PIECE: Final = limits.CHUNK_BYTES_MIN
TRIES: Final = limits.ATTACHMENT_TRIES_MAX


def blob_of(size: int, name: str = "log.txt") -> bytes:
    return make_blob(fresh(16), name, (sha256(b"%d" % size).hexdigest().encode() * (size // 64 + 1))[:size])


BLOB: Final = blob_of(3 * PIECE)
DIGEST: Final = sha256(BLOB).hexdigest()
OTHER: Final = blob_of(10)
OTHERS: Final = sha256(OTHER).hexdigest()


def naming(author: str, *digests: str, lane: Lane = Lane.ROUTINE) -> Draft:
    return Draft(encode(act_of(author, lane, attachments=digests)), NO_APPROVALS)


def pieces(blob: bytes = BLOB, offset: int = 0, size: int = PIECE) -> list[Piece]:
    digest = sha256(blob).hexdigest()
    return [Piece(digest, at, len(blob), blob[at : at + size]) for at in range(offset, len(blob), size)]


def reader(*digests: str, author: Author | None = None) -> Node:
    """Give a node whose counterpart named attachments in an act."""
    node, author = Node(), author or Author()
    node.meet()
    act = encode(act_of(THEM, Lane.ROUTINE, attachments=digests))
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, act=act)))
    return node


def holder(blob: bytes = BLOB) -> Node:
    """Give a node that named an attachment, and whose lanes are silent."""
    node = Node()
    digest = node.blobs.put(node.line, blob)
    node.seal_draft(naming(US, digest), Lane.ROUTINE)
    node.meet()
    node.hear(Credit(node.log(Lane.ROUTINE), 2**40, over_quota=False))
    return node


def acknowledge(node: Node) -> None:
    node.at_ms += 10
    sizes = [len(chunk.data) for chunk in node.said(Chunk)] + [len(piece.data) for piece in node.said(Piece)]
    node.hear(Ack(sum(sizes)))


def statement(node: Node, digest: str = DIGEST, size: int = len(BLOB), party: str = THEM) -> bytes:
    said = Possession(node.line, digest, size, party, 1)
    public = member(THEM).descriptors[0].receipt.ed25519
    signature = member(THEM).ring.sign_ed25519(public, possession_text(said))
    return signed_possession(said, possession_key(THEM, public), signature)


def kept(node: Node) -> dict[str, str]:
    return {each.name.split("/")[1]: each.state for each in node.disk.documents(KIND)}


# the reader


def test_what_an_act_names_is_asked_for_taken_and_signed_for() -> None:
    node = reader(DIGEST)
    assert node.said(Want) == [Want(DIGEST, 0)]
    node.hear(*pieces())
    assert node.blobs.read(LINE, DIGEST, 0, 2**20) == BLOB
    (said,) = node.said(Possessed)
    assert read_possession(said.note)[1] == Possession(LINE, DIGEST, len(BLOB), US, node.now_ms())
    assert kept(node) == {DIGEST: "signed"}
    node.hear(Kept(DIGEST))
    assert kept(node) == {DIGEST: "confirmed"}
    assert "attachment-held" in node.codes
    again = node.restarted()
    again.meet()
    assert again.said(Possessed) == []
    assert again.said(Want) == []


def test_a_cut_transfer_goes_on_in_the_next_conversation_and_after_a_restart() -> None:
    node = reader(DIGEST)
    first, second, *rest = pieces()
    node.hear(first)
    node.meet()
    assert node.said(Want) == [Want(DIGEST, PIECE)]
    node.hear(second)
    node = node.restarted()
    node.meet()
    assert node.said(Want) == [Want(DIGEST, 2 * PIECE)]
    node.hear(*rest)
    node = node.restarted()
    node.meet()
    assert len(node.said(Possessed)) == 1
    node.hear(Kept(DIGEST))
    assert kept(node) == {DIGEST: "confirmed"}


def test_one_after_another_and_what_had_begun_goes_first() -> None:
    node = reader(OTHERS, DIGEST)
    assert node.said(Want) == [Want(OTHERS, 0)]
    node.hear(Declined(OTHERS, "attachment-missing"))
    assert node.said(Want)[1:] == [Want(DIGEST, 0)]
    node.hear(pieces()[0])
    node.meet()
    assert node.said(Want) == [Want(DIGEST, PIECE)]
    node.hear(*pieces(offset=PIECE))
    node.hear(Kept(DIGEST))
    assert node.said(Want)[1:] == [Want(OTHERS, 0)]


def bad_pieces() -> dict[str, list[Piece]]:
    first, second, *_ = pieces()
    size = len(BLOB)
    return {
        "a gap": [first, Piece(DIGEST, 2 * PIECE, size, second.data)],
        "twice the same": [first, first],
        "another total": [first, Piece(DIGEST, PIECE, size + 1, second.data)],
        "beyond the total": [Piece(DIGEST, 0, 10, first.data)],
        "too large": [Piece(DIGEST, 0, limits.ATTACHMENT_BYTES_MAX + 1, first.data)],
        "too small": [Piece(DIGEST, 0, size, b"x")],
        "nothing": [Piece(DIGEST, 0, size, b"")],
        "another blob": [Piece(DIGEST, 0, PIECE, first.data)],
    }


@pytest.mark.parametrize("why", bad_pieces())
def test_a_bad_piece_spoils_its_own_blob_alone_and_it_is_asked_for_twice(why: str) -> None:
    node = reader(DIGEST, OTHERS)
    for _ in range(TRIES):
        node.hear(*bad_pieces()[why])
    assert [want.digest for want in node.said(Want)] == [DIGEST] * TRIES + [OTHERS]
    assert node.codes.count("attachment-false") == 1
    assert node.said(Declined) == [Declined(DIGEST, "attachment-false")] * TRIES
    assert node.blobs.part_bytes(LINE, DIGEST) == 0
    assert not node.has_ended()
    node.hear(*pieces(OTHER))
    assert node.blobs.size_bytes(LINE, OTHERS) == len(OTHER)
    node.meet()
    assert len(node.said(Possessed)) == 1
    node.hear(Kept(OTHERS))
    node.hear(*pieces())
    assert node.blobs.size_bytes(LINE, DIGEST) == len(BLOB)


def test_a_part_that_a_crash_left_whole_but_unchecked_is_begun_anew() -> None:
    node = reader(DIGEST)
    node.blobs.add(LINE, DIGEST, 0, BLOB)
    node.meet()
    assert node.said(Want) == [Want(DIGEST, len(BLOB))]
    node.hear(Declined(DIGEST, "attachment-false"))
    assert node.said(Want)[1:] == [Want(DIGEST, 0)]
    node.hear(*pieces())
    assert node.blobs.size_bytes(LINE, DIGEST) == len(BLOB)


def test_a_statement_confirmed_twice_is_confirmed_once() -> None:
    node = reader(DIGEST, OTHERS)
    node.hear(*pieces())
    node.hear(Kept(DIGEST), Kept(DIGEST))
    assert [want.digest for want in node.said(Want)] == [DIGEST, OTHERS]
    node.exchange.feed(PossessionKept(node.session, US, DIGEST))
    node.hear(*pieces(OTHER))
    assert node.blobs.size_bytes(LINE, OTHERS) == len(OTHER)


def test_pieces_nobody_asked_for_are_passed_over() -> None:
    node = Node()
    node.meet()
    node.hear(*pieces(), Kept(DIGEST), Declined(DIGEST, "x"))
    assert node.blobs.part_bytes(LINE, DIGEST) == 0
    named = reader(DIGEST)
    named.hear(*pieces(offset=PIECE), *pieces(OTHER))
    assert named.blobs.part_bytes(LINE, DIGEST) == 0
    named.hear(Kept(DIGEST), *pieces(), *pieces())
    assert named.blobs.size_bytes(LINE, DIGEST) == len(BLOB)
    assert not named.has_ended()


def test_nothing_is_taken_in_while_the_disk_is_low() -> None:
    node = reader(DIGEST)
    node.exchange.feed(Room(low=True))
    node.hear(pieces()[0])
    assert node.said(Declined) == [Declined(DIGEST, "disk-low")]
    node.hear(*pieces())
    assert node.blobs.part_bytes(LINE, DIGEST) == 0
    node.exchange.feed(Sought(node.session, DIGEST, 0))
    assert len(node.said(Want)) == 1
    node.exchange.feed(Room(low=False))
    assert len(node.said(Want)) == 2


def test_a_content_store_that_fails_costs_nothing_but_time() -> None:
    node = reader(DIGEST)
    node.blobs.broken = True
    node.hear(pieces()[0])
    assert "store-unavailable" in node.codes
    node.blobs.broken = False
    node.meet()
    assert node.said(Want) == [Want(DIGEST, 0)]
    node.blobs.broken = True
    node.hear(Piece(DIGEST, 0, 5, b"x" * 9))
    node.blobs.broken = False
    node.meet()
    node.hear(*pieces())
    assert len(node.said(Possessed)) == 1


class Locked:
    """Keys that cannot be used."""

    def sign_ed25519(self, public: bytes, message: bytes) -> bytes:
        raise LocalFault("key-unavailable", f"{len(public)} {len(message)}")

    sign_mldsa44 = sign_ed25519


def test_without_its_key_a_node_holds_and_signs_later() -> None:
    first = reader(DIGEST)
    node = Node(disk=first.disk, keys=Locked(), blobs=first.blobs)
    node.meet()
    node.hear(*pieces())
    assert node.said(Possessed) == []
    assert not node.has_ended()
    node = node.restarted()
    node.meet()
    assert len(node.said(Possessed)) == 1


def test_a_statement_that_cannot_be_stored_is_not_said() -> None:
    node = reader(DIGEST)
    session = node.session
    node.exchange.feed(PossessionKept(session, US, DIGEST, "store-unavailable"))
    assert node.said(Possessed) == []
    assert "store-unavailable" in node.codes


def test_answers_for_a_conversation_that_ended_are_passed_over() -> None:
    node = reader(DIGEST)
    old = node.session
    node.meet()
    before = len(node.taps[node.session].frames)
    node.exchange.feed(Sought(old, OTHERS, 0))
    node.exchange.feed(Sought(node.session, OTHERS, 0))
    node.exchange.feed(BlobKept(old, DIGEST))
    node.exchange.feed(BlobKept(node.session, OTHERS))
    node.exchange.feed(PieceLoaded(old, DIGEST, 0))
    node.exchange.feed(PieceLoaded(node.session, DIGEST, 0))
    node.exchange.feed(PossessionKept(old, THEM, DIGEST))
    assert len(node.taps[node.session].frames) == before


# the holder


def test_pieces_go_out_as_the_window_lets_them_from_where_the_reader_is() -> None:
    node = holder()
    acknowledge(node)
    node.hear(Want(DIGEST, PIECE))
    count = -1
    while count != len(node.said(Piece)):
        count = len(node.said(Piece))
        acknowledge(node)
    sent = node.said(Piece)
    assert [piece.offset for piece in sent] == sorted({piece.offset for piece in sent})
    assert b"".join([piece.data for piece in sent]) == BLOB[PIECE:]
    assert {piece.total_bytes for piece in sent} == {len(BLOB)}


def test_never_more_than_a_window_is_under_way() -> None:
    node = holder(blob_of(50 * PIECE))
    acknowledge(node)
    digest = next(iter(node.disk.attachments(LINE))).digest
    node.hear(Want(digest, 0))
    window = node.exchange.state.session.window if node.exchange.state.session else None
    assert window is not None
    assert 0 < sum([len(piece.data) for piece in node.said(Piece)]) <= window.window_bytes


@pytest.mark.parametrize("lane", [Lane.FLASH, Lane.ROUTINE])
def test_what_is_sealed_meanwhile_goes_out_before_the_next_piece(lane: Lane) -> None:
    blob = blob_of(50 * PIECE)
    node = holder(blob)
    acknowledge(node)
    node.hear(Credit(node.log(lane), 2**40, over_quota=False), Want(sha256(blob).hexdigest(), 0))
    before = len(node.said(Piece))
    node.seal(lane, "y" * 60_000)
    while not any(chunk.log.lane is lane and chunk.last and chunk.first == 1 for chunk in node.said(Chunk)):
        if lane is Lane.FLASH and any(chunk.log.lane is lane and chunk.last for chunk in node.said(Chunk)):
            break
        assert len(node.said(Piece)) == before
        acknowledge(node)
    acknowledge(node)
    assert len(node.said(Piece)) > before


@pytest.mark.parametrize(
    ("digest", "offset", "code"),
    [
        (OTHERS, 0, "attachment-unknown"),
        (DIGEST, len(BLOB), "attachment-false"),
        (DIGEST, 2**53 - 1, "attachment-false"),
    ],
)
def test_what_no_act_of_ours_names_is_declined(digest: str, offset: int, code: str) -> None:
    node = holder()
    node.blobs.put(node.line, OTHER)
    node.hear(Want(digest, offset))
    assert node.said(Declined) == [Declined(digest, code)]
    assert node.said(Piece) == []


def test_what_is_named_but_not_held_is_declined_and_so_is_what_only_the_other_side_named() -> None:
    node = Node()
    node.seal_draft(naming(US, DIGEST), Lane.ROUTINE)
    node.meet()
    node.hear(Credit(node.log(Lane.ROUTINE), 2**40, over_quota=False), Want(DIGEST, 0))
    assert node.said(Declined) == [Declined(DIGEST, "attachment-missing")]
    other = reader(DIGEST)
    other.blobs.put(LINE, BLOB)
    other.hear(Want(DIGEST, 0))
    assert Declined(DIGEST, "attachment-unknown") in other.said(Declined)


def test_a_want_of_no_digest_ends_the_conversation() -> None:
    node = holder()
    node.hear(Want("../../keys/node.json", 0))
    assert node.has_ended()


def test_a_reader_that_declines_gets_no_more() -> None:
    node = holder(blob_of(50 * PIECE))
    acknowledge(node)
    digest = next(iter(node.disk.attachments(LINE))).digest
    node.hear(Want(digest, 0), Declined(OTHERS, "x"), Declined(digest, "disk-low"))
    count = len(node.said(Piece))
    acknowledge(node)
    assert len(node.said(Piece)) == count


def test_a_bundle_carries_no_attachments() -> None:
    node = holder()
    node.meet(bulk=True)
    node.hear(Want(DIGEST, 0))
    assert node.said(Piece) == []
    assert node.said(Declined) == []


def test_the_readers_statement_is_checked_kept_and_confirmed() -> None:
    node = holder()
    node.hear(Possessed(DIGEST, statement(node)))
    assert node.said(Kept) == [Kept(DIGEST)]
    assert kept(node) == {DIGEST: "kept"}
    assert "possession-held" in node.codes


def test_a_false_statement_is_declined_and_changes_nothing() -> None:
    node = holder()
    false = {
        "possession-false": [
            Possessed(DIGEST, statement(node, OTHERS)),
            Possessed(DIGEST, statement(node, size=7)),
            Possessed(OTHERS, statement(node, OTHERS)),
            Possessed(DIGEST, statement(node, party=US)),
            Possessed(DIGEST, node.row(node.log(Lane.ROUTINE)).note),
        ],
        "note-malformed": [Possessed(DIGEST, b"x")],
        "signature-false": [Possessed(DIGEST, statement(node).replace(b"IRN 1\n", b"IRN 2\n"))],
        "note-unsigned": [Possessed(DIGEST, statement(node).replace(b"invalid/possession", b"invalid/possessio"))],
    }
    for code, frames in false.items():
        for frame in frames:
            node.hear(frame)
            assert node.said(Declined)[-1] == Declined(frame.digest, code), frame
    assert node.said(Kept) == []
    assert kept(node) == {}
    assert not node.has_ended()


def test_statements_of_a_blob_we_no_longer_hold_are_kept() -> None:
    first = holder()
    node = Node(disk=first.disk, blobs=MemoryBlobs())
    node.meet()
    node.hear(Possessed(DIGEST, statement(node)))
    assert node.said(Kept) == [Kept(DIGEST)]
