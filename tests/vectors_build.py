"""Writes the tree and note vectors of docs/vectors: ``python -m tests.vectors_build``.

The tree is computed by the recursions of RFC 9162 as printed there, not by the product, so that the vectors can judge
it; the tests use the same recursions. Notes are signed with seeds anyone can see. Only ML-DSA-44 signatures differ
from run to run, because FIPS 204 mixes in fresh randomness.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

VECTORS: Final = Path(__file__).parent.parent / "docs" / "vectors"
LEAVES: Final = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ORIGIN: Final = "line.rabita.invalid/PAK/1-00/flash"
WITNESS: Final = "line.rabita.invalid/IRN/receipt"
TIME_S: Final = 1_706_486_400


def tree(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1."""
    if len(leaves) < 2:
        return sha256(b"\x00" + leaves[0]).digest() if leaves else sha256(b"").digest()
    middle = split(len(leaves))
    return sha256(b"\x01" + tree(leaves[:middle]) + tree(leaves[middle:])).digest()


def split(size: int) -> int:
    """Return the largest power of two below *size*."""
    middle = 1
    while 2 * middle < size:
        middle *= 2
    return middle


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162 section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    middle = split(len(leaves))
    if index < middle:
        return [*path(index, leaves[:middle]), tree(leaves[middle:])]
    return [*path(index - middle, leaves[middle:]), tree(leaves[:middle])]


def subproof(old_size: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 9162 section 2.1.4.1; PROOF is this with *whole* true."""
    if old_size == len(leaves):
        return [] if whole else [tree(leaves)]
    middle = split(len(leaves))
    if old_size <= middle:
        return [*subproof(old_size, leaves[:middle], whole=whole), tree(leaves[middle:])]
    return [*subproof(old_size - middle, leaves[middle:], whole=False), tree(leaves[:middle])]


def hexed(hashes: Sequence[bytes]) -> list[str]:
    return [each.hex() for each in hashes]


def merkle_vectors() -> dict[str, object]:
    leaves = [bytes.fromhex(leaf) for leaf in LEAVES]
    sizes = range(1, len(leaves) + 1)
    return {
        "leaves": LEAVES,
        "roots": hexed([tree(leaves[:size]) for size in range(len(leaves) + 1)]),
        "inclusion": [
            {"index": index, "size": size, "proof": hexed(path(index, leaves[:size]))}
            for size in sizes
            for index in range(size)
        ],
        "consistency": [
            {"old_size": old, "new_size": new, "proof": hexed(subproof(old, leaves[:new], whole=True))}
            for new in sizes
            for old in range(1, new + 1)
        ],
    }


def signature_line(name: str, kind: int, public: bytes, signature: bytes) -> tuple[str, str]:
    """Return (vkey, signature line) by the formulas of signed-note."""
    key_id = sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
    vkey = f"{name}+{key_id.hex()}+{b64encode(bytes([kind]) + public).decode()}"
    return vkey, f"\u2014 {name} {b64encode(key_id + signature).decode()}\n"


def note_vectors() -> dict[str, object]:
    author, witness = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2))
    lasting = MLDSA44PrivateKey.from_seed_bytes(bytes([3]) * 32)
    root, size = tree([bytes.fromhex(leaf) for leaf in LEAVES]), len(LEAVES)
    text = f"{ORIGIN}\n{size}\n{b64encode(root).decode()}\n"
    time = TIME_S.to_bytes(8, "big")
    plain = text.encode()
    witnessed = f"cosignature/v1\ntime {TIME_S}\n{text}".encode()
    subtree = b"".join(
        (
            b"subtree/v1\n\x00",
            bytes([len(WITNESS)]) + WITNESS.encode() + time,
            bytes([len(ORIGIN)]) + ORIGIN.encode(),
            (0).to_bytes(8, "big") + size.to_bytes(8, "big") + root,
        )
    )
    signed = (
        (ORIGIN, 1, None, plain, author.public_key().public_bytes_raw(), author.sign(plain)),
        (WITNESS, 4, TIME_S, witnessed, witness.public_key().public_bytes_raw(), time + witness.sign(witnessed)),
        (WITNESS, 6, TIME_S, subtree, lasting.public_key().public_bytes_raw(), time + lasting.sign(subtree)),
    )
    lines = [signature_line(name, kind, public, raw) for name, kind, _, _, public, raw in signed]
    return {
        "seeds": {"1": "01" * 32, "4": "02" * 32, "6": "03" * 32},
        "checkpoint": {"origin": ORIGIN, "size": size, "root": root.hex(), "text": text},
        "note": text + "\n" + "".join(line for _, line in lines),
        "signatures": [
            {"kind": kind, "vkey": vkey, "time_s": time_s, "message": message.hex()}
            for (_, kind, time_s, message, _, _), (vkey, _) in zip(signed, lines, strict=True)
        ],
        "refused_notes": [{"why": why, "note": raw.hex()} for why, raw in refused_notes(lines[0][1])],
        "refused_checkpoints": [{"why": why, "text": raw} for why, raw in refused_checkpoints(text)],
    }


def refused_notes(line: str) -> list[tuple[str, bytes]]:
    dash, name, blob = line[:-1].split(" ")
    lines = {
        "no signature": "",
        "no newline at the end": line[:-1],
        "two spaces": f"{dash}  {name} {blob}\n",
        "hyphen for dash": f"- {name} {blob}\n",
        "no name": f"{dash}  {blob}\n",
        "plus in name": f"{dash} a+b {blob}\n",
        "no-break space in name": f"{dash} a\u00a0b {blob}\n",
        "name of 256 bytes": f"{dash} {'a' * 256} {blob}\n",
        "base64 without padding": f"{dash} {name} AAAAAAA\n",
        "base64 with loose bits": f"{dash} {name} AAAAAAB=\n",
        "key id alone": f"{dash} {name} AAAAAA==\n",
        "one key twice": line + line,
        "seventeen signatures": "".join(f"{dash} {name}{number} {blob}\n" for number in range(17)),
        "control character": f"{dash} {name} {blob}\r\n",
    }
    return [
        *((why, f"text\n\n{each}".encode()) for why, each in lines.items()),
        ("no blank line", f"text\n{line}".encode()),
        ("not UTF-8", b"\xff\n\n" + line.encode()),
    ]


def refused_checkpoints(text: str) -> list[tuple[str, str]]:
    origin, size, root, _ = text.split("\n")
    return [
        ("extension line", f"{text}more\n"),
        ("blank line", f"{text}\n"),
        ("two lines", f"{origin}\n{size}\n"),
        ("no newline at the end", text[:-1]),
        ("no origin", f"\n{size}\n{root}\n"),
        ("space in origin", f"a b\n{size}\n{root}\n"),
        ("origin of 256 bytes", f"{'a' * 256}\n{size}\n{root}\n"),
        ("leading zero", f"{origin}\n08\n{root}\n"),
        ("sign", f"{origin}\n+8\n{root}\n"),
        ("size of 2^53", f"{origin}\n{2**53}\n{root}\n"),
        ("digits of another script", f"{origin}\n\u0668\n{root}\n"),
        ("root of 31 bytes", f"{origin}\n{size}\n{b64encode(bytes(31)).decode()}\n"),
        ("root with loose bits", f"{origin}\n{size}\n{'A' * 42}B=\n"),
    ]


def write(name: str, vectors: dict[str, object]) -> None:
    text = json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"
    (VECTORS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write("merkle.json", merkle_vectors())
    write("notes.json", note_vectors())
