"""Writes the vectors of entries, frames, documents and transcripts: ``python -m tests.protocol_vectors_build``.

Keys are fresh on every run, so notes differ from run to run; what is fixed are the forms, and the digests that follow
from the bytes beside them. The tests recompute those without the product.
"""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from rabita.app.drafting import amendment
from rabita.keys.ring import KeyRing
from rabita.line.attachment import digest_of, make_blob
from rabita.line.descriptor import checkpoint_keys, receipt_keys
from rabita.line.document import root_digest, root_keys
from rabita.line.entry import Act, Approval, Entry, PortionRef, Stamp, approval_message, decode_act, encode
from rabita.line.frames import (
    Ack,
    Bye,
    Chunk,
    Credit,
    Declined,
    Frame,
    Head,
    Held,
    Hello,
    Kept,
    Piece,
    Ping,
    Possessed,
    Receipt,
    Refusal,
    Want,
    encode_batch,
    encode_frame,
)
from rabita.line.ids import Lane, LogId, first_nonce, origin
from rabita.line.note import format_vkey
from rabita.line.possession import Possession, possession_text
from rabita.line.revocation import LogSize
from rabita.services.amending import propose_amendment, sign_amendment
from rabita.services.pairing import revoke
from rabita.services.transcripts import export
from tests.pair import START_MS, Pair

VECTORS: Final = Path(__file__).parent.parent / "docs" / "vectors"
LINE: Final = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst"
LOG: Final = LogId("PAK", 1, Lane.ROUTINE)
SALT: Final = bytes(range(16))
PORTION: Final = SALT + "سلام".encode()
FILE: Final = "نقشه.txt", b"crossing closed\n"
BLOB: Final = make_blob(SALT, *FILE)
HELD: Final = Possession(LINE, digest_of(BLOB), len(BLOB), "IRN", START_MS)
REFUSED_ACTS: Final = (
    ("duplicate key", b'{"a":1,"a":2}', "content-json"),
    ("duplicate key inside", b'{"fields":{"a":1,"a":2}}', "content-json"),
    ("float", b'{"a":1.5}', "content-json"),
    ("exponent", b'{"a":1e3}', "content-json"),
    ("integer of 2^53", b'{"a":9007199254740992}', "content-json"),
    ("half a surrogate pair", b'{"a":"\\ud800"}', "content-json"),
    ("not a number", b'{"a":NaN}', "content-json"),
    ("array", b"[]", "content-json"),
    ("bytes after the end", b"{} {}", "content-json"),
    ("too deep", b'{"a":' + b"[" * 16 + b"]" * 16 + b"}", "content-depth"),
    ("not UTF-8", b'{"a":"\xff"}', "content-encoding"),
    ("no act", b"{}", "act-malformed"),
)


def act() -> Act:
    """Write an act with one portion sent and one withheld."""
    return Act(
        line=LINE,
        author="PAK",
        precedence=Lane.ROUTINE,
        id="00112233445566778899aabbccddeeff",
        seal_before_ms=START_MS + 86_400_000,
        kind="operation",
        procedure="message",
        act="send",
        fields={"subject": "طبق معمول", "number": 7},
        portions=(
            PortionRef(sha256(PORTION).hexdigest(), "sent", "RESTRICTED", language="fa"),
            PortionRef("11" * 32, "withheld", "SECRET"),
        ),
    )


def stamp() -> Stamp:
    return Stamp(LINE, "PAK", 1, Lane.ROUTINE, 1, 1, "0" * 64, 1, (0, 0, 0, 0, 0), START_MS)


def entries() -> dict[str, Any]:
    """Write one entry with its digests, and acts that break a rule."""
    raw_act, raw_stamp = encode(act()), encode(stamp())
    approvals = encode((Approval("release", "key of an officer", bytes(64)),))
    digests = [sha256(part).digest() for part in (raw_stamp, raw_act, approvals)]
    return {
        "entries": [
            {
                "stamp": raw_stamp.decode(),
                "act": raw_act.decode(),
                "approvals": approvals.decode(),
                "portions": [b64encode(PORTION).decode()],
                "digests": [digest.hex() for digest in digests],
                "leaf": sha256(b"\x00" + b"".join(digests)).hexdigest(),
                "approval_message": {"role": "release", "hex": approval_message("release", raw_act).hex()},
            }
        ],
        "attachments": [
            {
                "salt": SALT.hex(),
                "media": "text/plain",
                "name": FILE[0],
                "content": FILE[1].hex(),
                "blob": BLOB.hex(),
                "sha256": digest_of(BLOB),
                "possession_text": possession_text(HELD).decode(),
            }
        ],
        "refused_acts": [{"why": why, "act": raw.hex(), "code": code} for why, raw, code in REFUSED_ACTS],
    }


def frames() -> dict[str, Any]:
    """Write every kind of frame, and a batch."""
    entry = Entry(encode(stamp()), encode(act()), b"[]", (PORTION, None))
    batch = encode_batch(0, (entry,), b"the author's note\n")
    held = Held(LOG, "0" * 32, 1, bytes(32), b"note", b"", -1)
    samples: tuple[Frame, ...] = (
        Hello("rabita/1", LINE, "PAK", 1, START_MS, (held,)),
        Chunk(LOG, 0, 0, last=True, data=batch[:16]),
        Receipt(LOG, 1, bytes(32), START_MS // 1000, bytes(64)),
        Refusal(LOG, 1, "root-mismatch", blocked=False),
        Credit(LOG, 65_536, over_quota=False),
        Ack(4_096),
        Head(LOG, b"note"),
        Want(digest_of(BLOB), 0),
        Piece(digest_of(BLOB), 0, len(BLOB), BLOB),
        Possessed(digest_of(BLOB), b"note"),
        Kept(digest_of(BLOB)),
        Declined(digest_of(BLOB), "attachment-unknown"),
        Ping(START_MS),
        Bye("closing"),
    )
    return {
        "frames": [{"tag": str(each.__struct_config__.tag), "hex": encode_frame(each).hex()} for each in samples],
        "batch": {"first": 0, "entries": 1, "hex": batch.hex()},
        "refused_frames": [{"why": why, "hex": raw.hex()} for why, raw in refused_frames()],
    }


def refused_frames() -> list[tuple[str, bytes]]:
    ping = encode_frame(Ping(START_MS))
    pack = msgspec.msgpack.encode
    return [
        ("empty", b""),
        ("cut", ping[:-1]),
        ("bytes after the end", ping + b"\x00"),
        ("unknown tag", pack(["pong", 1])),
        ("a map", pack({"ping": 1})),
        ("negative number", pack(["ack", -1])),
        ("number of 2^53", pack(["ack", 2**53])),
        ("unknown lane", pack(["head", ["PAK", 1, "SLOW"], b""])),
        ("epoch 0", pack(["head", ["PAK", 0, "FLASH"], b""])),
    ]


def documents(pair: Pair) -> dict[str, Any]:
    """Write both descriptors, the charter, a revocation and an amendment, and what follows from them."""
    party = pair.a.party
    sizes = [LogSize(party.code, 1, lane, 0) for lane in Lane]
    revocation = revoke(KeyRing(party.root), party.descriptor, party.descriptor.receipt.ed25519, sizes, START_MS)
    described = (pair.a.party, pair.b.party)
    terms = msgspec.structs.replace(pair.a.exchange.state.charter, version=2, retention_days=1825)
    proposed = propose_amendment(party.store, KeyRing(party.root), pair.a.exchange.state, terms)
    other = pair.b.party
    amended = sign_amendment(other.store, KeyRing(other.root), pair.b.exchange.state, proposed)
    sealing = decode_act(amendment(pair.b.exchange.state, amended, START_MS).act)
    logs = [LogId(each.code, 1, lane) for each in described for lane in (Lane.CONTROL, Lane.FLASH)]
    origins = {f"{log.party} {log.lane}": origin(pair.line, log, first_nonce(pair.line, log.party)) for log in logs}
    return {
        "descriptors": [each.raw.decode() for each in described],
        "charter": pair.charter.decode(),
        "revocation": revocation.decode(),
        "amendment": {
            "note": amended.decode(),
            "before": pair.a.exchange.state.charters[0].digest,
            "last_signer": other.code,
            "act": sealing.act,
            "fields": sealing.fields,
        },
        "line": pair.line,
        "root_digests": {each.code: root_digest(each.code, each.descriptor.root).hex() for each in described},
        "nonces": {each.code: first_nonce(pair.line, each.code) for each in described},
        "origins": origins,
        "keys": {
            each.code: {
                "root": [format_vkey(key) for key in root_keys(each.code, each.descriptor.root)],
                "receipt": [format_vkey(key) for key in receipt_keys(each.descriptor)],
                "flash": [format_vkey(key) for key in checkpoint_keys(each.descriptor, origins[f"{each.code} FLASH"])],
            }
            for each in described
        },
    }


def transcript(pair: Pair) -> bytes:
    """Let the two nodes talk and export what the first one holds."""
    pair.connect()
    pair.a.seal(Lane.ROUTINE, "one", "two")
    pair.a.seal(Lane.FLASH, "stop")
    pair.b.seal(Lane.PRIORITY, "answer")
    pair.run()
    pair.a.exchange.attest()
    pair.b.exchange.attest()
    pair.run()
    lines: list[bytes] = []
    export(pair.a.store, pair.line, START_MS, lines.append)
    return b"".join(lines)


def main() -> None:
    pair = Pair()
    found = {"entries": entries(), "frames": frames(), "documents": documents(pair)}
    for name, vectors in found.items():
        text = json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"
        (VECTORS / f"{name}.json").write_text(text, encoding="utf-8")
    (VECTORS / "transcript.jsonl").write_bytes(transcript(pair))


if __name__ == "__main__":
    main()
