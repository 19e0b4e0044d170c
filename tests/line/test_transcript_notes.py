"""Notes read by comparing them with what they must be are read exactly as notes that are parsed."""

from collections.abc import Callable
from typing import Final, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.descriptor import checkpoint_keys, receipt_keys
from rabita.line.errors import PeerFault
from rabita.line.note import (
    Checkpoint,
    Note,
    NoteSignature,
    checkpoint_text,
    format_note,
    pack_timestamped,
    parse_checkpoint,
    parse_note,
)
from rabita.line.transcript_notes import Signers, checked_note, checked_receipt, vouched
from tests.pair import Pair

Outcome: TypeAlias = Note | str

CHECKPOINT: Final = Checkpoint("line.rabita.invalid/X-PAK/1-ab/routine", 7, bytes(range(32)))
TEXT: Final = checkpoint_text(CHECKPOINT)
AUTHOR: Final = NoteSignature(CHECKPOINT.origin, b"auth", bytes(range(64)))
NOTE: Final = Note(TEXT, (AUTHOR,))
NOTED: Final = format_note(NOTE)
DESCRIPTOR: Final = Pair().b.party.descriptor
READER: Final = Signers(DESCRIPTOR, receipt_keys(DESCRIPTOR))
COSIGNED: Final = Note(TEXT, (AUTHOR, NoteSignature(READER.name, b"read", pack_timestamped(1, bytes(64)))))
RECEIPT: Final = format_note(COSIGNED)


def outcome(read: Callable[[], Note]) -> Outcome:
    try:
        return read()
    except PeerFault as fault:
        return fault.code


def parsed_note(raw: bytes) -> Note:
    note = parse_note(raw)
    if note.text != TEXT:
        raise PeerFault("checkpoint-foreign" if parse_checkpoint(note.text).origin != AUTHOR.name else "root-mismatch")
    return note


def parsed_receipt(raw: bytes) -> Note:
    receipt = parse_note(raw)
    if receipt.text != TEXT:
        raise PeerFault("receipt-false")
    return receipt


@st.composite
def near(draw: st.DrawFn, raw: bytes) -> bytes:
    """Draw bytes that differ from *raw* in one place, where one part is replaced by another."""
    at = draw(st.integers(0, len(raw)))
    until = draw(st.integers(at, min(at + 4, len(raw))))
    return raw[:at] + draw(st.sampled_from((b"", b"=", b"A", b"/", b"\n", b" ", b"\xff", b"A=", b"\n\n"))) + raw[until:]


@given(near(NOTED))
def test_a_note_is_read_as_it_would_be_parsed(raw: bytes) -> None:
    assert outcome(lambda: checked_note(raw, CHECKPOINT)) == outcome(lambda: parsed_note(raw))


@given(near(RECEIPT))
def test_a_receipt_is_read_as_it_would_be_parsed(raw: bytes) -> None:
    assert outcome(lambda: checked_receipt(raw, NOTE, NOTED, READER)) == outcome(lambda: parsed_receipt(raw))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (NOTED[:-2] + b"\xff\n", "note-malformed"),
        (NOTED[:-4] + b"=A=\n", "note-malformed"),
        (NOTED[:-3] + b"9=\n", "note-malformed"),
        (NOTED.replace(b"\n7\n", b"\n8\n"), "root-mismatch"),
        (NOTED.replace(b"/1-ab/", b"/1-ac/"), "checkpoint-foreign"),
    ],
)
def test_what_is_wrong_with_a_note_is_named(raw: bytes, code: str) -> None:
    assert outcome(lambda: checked_note(raw, CHECKPOINT)) == code


def test_what_is_wrong_with_a_receipt_is_named() -> None:
    assert outcome(lambda: checked_receipt(RECEIPT, NOTE, NOTED, READER)) == COSIGNED
    assert outcome(lambda: checked_receipt(RECEIPT.replace(b"\n7\n", b"\n8\n"), NOTE, NOTED, READER)) == "receipt-false"


def test_a_note_must_be_signed_by_its_author() -> None:
    with pytest.raises(PeerFault, match="note-unsigned"):
        vouched(NOTE, READER)
    author = Signers(DESCRIPTOR, checkpoint_keys(DESCRIPTOR, CHECKPOINT.origin))
    forged = Note(TEXT, (NoteSignature(author.name, author.keys[0].key_id, bytes(64)), AUTHOR))
    with pytest.raises(PeerFault, match="signature-false"):
        vouched(forged, author)
