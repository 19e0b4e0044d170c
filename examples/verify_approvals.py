"""Judge the approvals in a Rabita transcript: ``python verify_approvals.py < FILE``. From docs/protocol.md alone.

The file is taken as genuine: ``verify_transcript.py`` says first whether it is.
"""

import base64
import json
import sys
from collections import Counter
from functools import partial
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256

NEVER = (2**53, 0)
Json = Any
unbase = partial(base64.b64decode, validate=True)


def sha(raw: bytes) -> bytes:
    return sha256(raw).digest()


def check(approval: Json, act: bytes, credential: Json) -> bool:
    """Check an approval against a credential (section 4); whatever cannot be read is false."""
    message = b"rabita/approval/v1\0" + approval["role"].encode() + b"\0" + sha(act)
    public, signature = unbase(credential["public"]), unbase(approval["signature"])
    if approval["role"] not in credential["roles"]:
        return False
    if credential["algorithm"] == "ed25519":
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        return True
    data, client = unbase(approval["authenticator_data"]), unbase(approval["client_data"])
    shown = json.loads(client)
    challenge = base64.urlsafe_b64encode(sha(message)).decode().rstrip("=")
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public)
    key.verify(signature, data + sha(client), ECDSA(SHA256()))
    bound = data[:32] == sha(credential["relying_party"].encode()) and len(data) > 36 and data[32] & 5 == 5
    asked = (shown["type"], shown["challenge"]) == ("webauthn.get", challenge)
    return credential["algorithm"] == "es256-webauthn" and bound and asked and shown["origin"] in credential["origins"]


def judge(approval: Json, act: bytes, place: Json, said: Json) -> str:
    """Judge an approval in the entry at a place by what its author said of the key (section 6)."""
    end = min([at for at, credential in said if credential is None], default=NEVER)
    published = sorted([each for each in said if each[1] is not None and each[0] < end], key=lambda each: each[0])
    if end < place:
        return "revoked"
    if not published:
        return "unknown"
    before = [credential for at, credential in published if at < place]
    try:
        return "verified" if check(approval, act, (before or [published[0][1]])[-1]) else "false"
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return "false"


def read(text: str) -> tuple[Json, Json]:
    """Give what each party said of each key, and every entry: its party, its place, its act and its approvals."""
    said: Json = {}
    entries = []
    log: Json = {}
    for line in map(json.loads, text.splitlines()):
        log = line.get("log", log)
        for index, parts in enumerate(line.get("entries", ()), line.get("first", 0)):
            stamp, act = json.loads(unbase(parts[0])), json.loads(unbase(parts[1]))
            place, fields = (log["epoch"], stamp["n"]), act.get("fields", {})
            entries.append((log["party"], place, unbase(parts[1]), json.loads(unbase(parts[2]))))
            if log["lane"] != "CONTROL" or not (log["frozen_at"] < 0 or index < log["frozen_at"]):
                continue
            if act["act"] in ("publish-credential", "revoke-credential"):
                published = fields if act["act"] == "publish-credential" else None
                said.setdefault((log["party"], fields["key"]), []).append((place, published))
    return said, entries


def count(text: str) -> dict[str, int]:
    """Count the approvals of a transcript by how they stand."""
    said, entries = read(text)
    counts: Counter[str] = Counter()
    for party, place, act, approvals in entries:
        for each in approvals:
            known = said.get((party, each["key"]), [])
            counts["recovery" if each["role"] == "recovery" and not known else judge(each, act, place, known)] += 1
    return dict(sorted(counts.items()))


if __name__ == "__main__":
    print(json.dumps(count(sys.stdin.read())))
