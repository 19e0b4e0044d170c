"""Notes, checkpoints, keys and their signatures: the examples of C2SP, our vectors, and whatever a stranger sends."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from rabita.line import note as notes
from rabita.line.errors import InvariantBroken, PeerFault
from rabita.line.note import Checkpoint, Note, NoteSignature, SignatureKind, VerifierKey
from rabita.line.signature import ED25519_SMALL_ORDER_Y, verify_ed25519, verify_es256, verify_mldsa44, verify_note
from tests.vectors_build import VECTORS, note_vectors

SIGNED_NOTE: Final = """Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""  # noqa: E501 - as printed there
"""The example of c2sp.org/signed-note."""

COSIGNED: Final = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501 - as printed there
"""The example of c2sp.org/tlog-cosignature, which holds that of c2sp.org/tlog-checkpoint."""

GO_VKEY: Final = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE: Final = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
"""The example of golang.org/x/mod/sumdb/note, with its public key."""

VECTOR: Final[dict[str, Any]] = json.loads((VECTORS / "notes.json").read_text(encoding="utf-8"))
VECTOR_NOTE: Final = VECTOR["note"].encode()
VECTOR_KEYS: Final = [notes.parse_vkey(each["vkey"]) for each in VECTOR["signatures"]]

names = st.text(min_size=1, max_size=60).filter(notes.is_name)
texts = st.text(
    st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Z"), include_characters="\n"), max_size=80
).map(lambda text: f"{text}\n".encode())
signatures = st.builds(NoteSignature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
any_note = st.builds(
    Note,
    texts,
    st.lists(signatures, min_size=1, max_size=16, unique_by=lambda each: (each.name, each.key_id)).map(tuple),
)
checkpoints = st.builds(Checkpoint, names, st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))


def bent(raw: bytes, at: int, byte: int) -> bytes:
    at %= len(raw)
    return raw[:at] + bytes([byte]) + raw[at + 1 :]


def survives(parse: Callable[[bytes], Any], form: Callable[[Any], bytes], raw: bytes) -> None:
    """Require that *raw* is refused by a ``PeerFault`` or is the one form of what it says."""
    try:
        parsed = parse(raw)
    except PeerFault:
        return
    assert form(parsed) == raw


@pytest.mark.parametrize("raw", [SIGNED_NOTE, COSIGNED, GO_NOTE, VECTOR["note"]])
def test_examples_are_read_and_written_to_the_same_bytes(raw: str) -> None:
    assert notes.format_note(notes.parse_note(raw.encode())) == raw.encode()


def test_the_text_of_a_note_may_hold_blank_lines() -> None:
    note = notes.parse_note(SIGNED_NOTE.encode())
    assert note.text.decode().endswith("sole:\n\ned è subito sera.\n")
    assert [(each.name, each.key_id.hex()) for each in note.signatures] == [("quasimodo.example/salvatore", "367ba04b")]
    assert len(note.signatures[0].signature) == 64


def test_the_checkpoint_example_is_read() -> None:
    note = notes.parse_note(COSIGNED.encode())
    checkpoint = notes.parse_checkpoint(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert notes.checkpoint_text(checkpoint) == note.text
    time_s, signature = notes.unpack_timestamped(note.signatures[1].signature)
    assert (time_s, len(signature)) == (1679315147, 64)
    assert notes.pack_timestamped(time_s, signature) == note.signatures[1].signature
    assert notes.cosignature_message(time_s, note.text).startswith(
        b"cosignature/v1\ntime 1679315147\nexample.com/behind"
    )


def test_the_go_example_verifies() -> None:
    key = notes.parse_vkey(GO_VKEY)
    note, time_s = verify_note(GO_NOTE.encode(), key)
    assert (time_s, notes.format_vkey(key)) == (None, GO_VKEY)
    assert verify_note(note, key) == (note, None)


def test_vectors_hold() -> None:
    checkpoint = VECTOR["checkpoint"]
    parsed = notes.parse_checkpoint(checkpoint["text"].encode())
    assert parsed == Checkpoint(checkpoint["origin"], checkpoint["size"], bytes.fromhex(checkpoint["root"]))
    for case, key in zip(VECTOR["signatures"], VECTOR_KEYS, strict=True):
        assert (key.kind, notes.format_vkey(key)) == (case["kind"], case["vkey"])
        note, time_s = verify_note(VECTOR_NOTE, key)
        assert time_s == case["time_s"]
        assert notes.signed_message(key, time_s or 0, note.text).hex() == case["message"]


def test_vectors_are_those_their_script_writes_but_for_the_randomness_of_mldsa() -> None:
    written = json.loads(json.dumps(note_vectors()))
    for vectors in (written, stored := dict(VECTOR)):
        vectors["note"] = vectors["note"].splitlines()[:-1]
    assert written == stored


@pytest.mark.parametrize("case", VECTOR["refused_notes"], ids=lambda case: case["why"])
def test_malformed_note_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(PeerFault, match="note-malformed"):
        notes.parse_note(bytes.fromhex(case["note"]))


@pytest.mark.parametrize("case", VECTOR["refused_checkpoints"], ids=lambda case: case["why"])
def test_malformed_checkpoint_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(PeerFault, match="checkpoint-malformed"):
        notes.parse_checkpoint(case["text"].encode())


def test_origin_outside_utf8_is_refused() -> None:
    with pytest.raises(PeerFault, match="checkpoint-malformed"):
        notes.parse_checkpoint(b"\xff\n0\n" + b64encode(bytes(32)) + b"\n")


def test_note_1_sixty_four_kibibytes_are_the_most() -> None:
    line = GO_NOTE.encode().partition(b"\n\n")[2]
    largest = b"a" * (65_534 - len(line)) + b"\n\n" + line
    assert notes.format_note(notes.parse_note(largest)) == largest
    with pytest.raises(PeerFault, match="note-oversized"):
        notes.parse_note(b"a" + largest)


@given(any_note)
def test_a_note_survives_the_way_out_and_in(note: Note) -> None:
    assert notes.parse_note(notes.format_note(note)) == note


@given(checkpoints)
def test_a_checkpoint_survives_the_way_out_and_in(checkpoint: Checkpoint) -> None:
    assert notes.parse_checkpoint(notes.checkpoint_text(checkpoint)) == checkpoint


@given(st.binary(max_size=300) | texts)
def test_strange_bytes_are_refused_or_have_one_form(raw: bytes) -> None:
    survives(notes.parse_note, notes.format_note, raw)
    survives(notes.parse_checkpoint, notes.checkpoint_text, raw)
    survives(
        lambda each: notes.parse_vkey(each.decode("utf-8", "replace")), lambda key: notes.format_vkey(key).encode(), raw
    )


@given(st.integers(0), st.integers(0, 255))
def test_bent_examples_are_refused_or_have_one_form(at: int, byte: int) -> None:
    for raw in (SIGNED_NOTE.encode(), COSIGNED.encode()):
        survives(notes.parse_note, notes.format_note, bent(raw, at, byte))
    survives(
        notes.parse_checkpoint, notes.checkpoint_text, bent(COSIGNED.partition("\n\n")[0].encode() + b"\n", at, byte)
    )
    vkey = GO_VKEY.encode("latin-1")
    with pytest.raises(PeerFault, match="key-malformed"):
        notes.parse_vkey(bent(vkey, at, vkey[at % len(vkey)] ^ (byte or 1)).decode("latin-1"))


@pytest.mark.parametrize(
    "note",
    [
        Note(b"no newline", (NoteSignature("a", bytes(4), b"s"),)),
        Note(b"text\n", ()),
        Note(b"text\n", (NoteSignature("a b", bytes(4), b"s"),)),
        Note(b"text\n", (NoteSignature("a", bytes(5), b""), NoteSignature("a", bytes(4), b"s"))),
    ],
)
def test_we_never_write_a_note_that_would_not_read_back(note: Note) -> None:
    with pytest.raises(InvariantBroken):
        notes.format_note(note)


@pytest.mark.parametrize(
    ("name", "length"), [("", 32), ("a+b", 32), ("a b", 32), ("\ud800", 32), ("é" * 128, 32), ("a", 31), ("a", 1312)]
)
def test_a_key_has_a_name_and_the_length_of_its_kind(name: str, length: int) -> None:
    with pytest.raises(PeerFault, match="key-malformed"):
        VerifierKey(name, SignatureKind.ED25519, bytes(length))


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        GO_VKEY.replace("PeterNeumann", "Peter Neumann"),
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY + "A",
        "a+00000000+Ag==",
        "a+00000000+A===",
    ],
)
def test_malformed_vkey_is_refused(vkey: str) -> None:
    with pytest.raises(PeerFault, match="key-malformed"):
        notes.parse_vkey(vkey)


def test_verify_2_a_note_without_the_key_s_line_is_unsigned() -> None:
    key = notes.parse_vkey(GO_VKEY)
    same_name = NoteSignature(key.name, bytes(4), bytes(64))
    same_id = NoteSignature("other", key.key_id, bytes(64))
    with pytest.raises(PeerFault, match="note-unsigned"):
        verify_note(Note(b"text\n", (same_name, same_id)), key)
    note = notes.parse_note(GO_NOTE.encode())
    assert verify_note(Note(note.text, (same_name, same_id, *note.signatures)), key)[1] is None


@pytest.mark.parametrize("signature", [b"", bytes(7), (2**63).to_bytes(8, "big") + bytes(64)])
def test_verify_3_a_cosignature_holds_a_time(signature: bytes) -> None:
    key = VECTOR_KEYS[1]
    with pytest.raises(PeerFault, match="signature-false"):
        verify_note(Note(b"text\n", (NoteSignature(key.name, key.key_id, signature),)), key)


@pytest.mark.parametrize("key", VECTOR_KEYS[1:], ids=lambda key: key.kind.name)
def test_verify_4_a_cosignature_stands_under_a_checkpoint(key: VerifierKey) -> None:
    with pytest.raises(PeerFault, match="checkpoint-malformed"):
        verify_note(Note(b"text\n", (NoteSignature(key.name, key.key_id, bytes(2428)),)), key)


@given(st.sampled_from(VECTOR_KEYS), st.integers(0, 8 * 2428 - 1), st.booleans())
def test_verify_5_any_flipped_bit_of_text_time_or_signature_fails(key: VerifierKey, bit: int, in_text: bool) -> None:  # noqa: FBT001 - drawn
    note = notes.parse_note(VECTOR_NOTE)
    signed = next(each for each in note.signatures if each.key_id == key.key_id)
    raw = bytearray(note.text if in_text else signed.signature)
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    text, signature = (bytes(raw), signed.signature) if in_text else (note.text, bytes(raw))
    with pytest.raises(PeerFault, match=r"signature-false|checkpoint-malformed"):
        verify_note(Note(text, (NoteSignature(key.name, key.key_id, signature),)), key)


@given(st.binary(max_size=100) | st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.binary(max_size=50))
def test_strange_keys_and_signatures_are_false(public: bytes, signature: bytes, message: bytes) -> None:
    for verify in (verify_ed25519, verify_mldsa44, verify_es256):
        with pytest.raises(PeerFault, match="signature-false"):
            verify(public, signature, message)


def test_ed25519_1_keys_of_small_order_are_refused() -> None:
    identity = (1).to_bytes(32, "little")
    fits_everything = identity + bytes(32)
    Ed25519PublicKey.from_public_bytes(identity).verify(fits_everything, b"any message")
    prime = 2**255 - 19
    for y in (*ED25519_SMALL_ORDER_Y, prime, prime + 1):
        for sign in (0, 2**255):
            with pytest.raises(PeerFault, match="signature-false"):
                verify_ed25519((y | sign).to_bytes(32, "little"), fits_everything, b"any message")


def test_ed25519_verifies() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    verify_ed25519(key.public_key().public_bytes_raw(), key.sign(b"message"), b"message")


def test_mldsa44_verifies_under_its_context_only() -> None:
    key = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"message", b"context")
    verify_mldsa44(public, signature, b"message", b"context")
    for context in (b"", b"other", bytes(256)):
        with pytest.raises(PeerFault, match="signature-false"):
            verify_mldsa44(public, signature, b"message", context)


def test_es256_verifies_under_point_and_spki_of_p256_only() -> None:
    key, other = generate_private_key(SECP256R1()), generate_private_key(SECP384R1())
    signature = key.sign(b"message", ECDSA(SHA256()))
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    verify_es256(point, signature, b"message")
    verify_es256(spki, signature, b"message")
    compressed = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    foreign = other.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for public in (compressed, foreign, bent(point, 64, point[64] ^ 1), b"\x05" + point[1:], spki + b"\0"):
        with pytest.raises(PeerFault, match="signature-false"):
            verify_es256(public, signature, b"message")
    with pytest.raises(PeerFault, match="signature-false"):
        verify_es256(point, signature + b"\0", b"message")
