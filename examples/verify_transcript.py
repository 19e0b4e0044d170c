"""Verify a Rabita transcript of a first epoch: ``python verify_transcript.py < FILE``. From docs/protocol.md alone."""

import base64
import json
import sys
from functools import partial
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

TYPES = {1: b"\x01", 4: b"\x04", 6: b"\x06", 255: b"\xffrabita/mldsa44-text/v1"}
Json = Any
unbase = partial(base64.b64decode, validate=True)


def need(holds: object, code: str, where: str) -> None:
    if not holds:
        raise ValueError(f"{code}: {where}")


def sha(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def split(note: str) -> tuple[str, Json]:
    text, _, lines = note.rpartition("\n\n")
    parts = [line.removeprefix("\u2014 ").split(" ") for line in lines.splitlines()]
    return text + "\n", {(name, unbase(blob)[:4]): unbase(blob)[4:] for name, blob in parts}


def check(key: Json, text: str, signatures: Json, where: str, *, must: bool = True) -> None:
    """Check the signature of a key and take it out of those left to explain (section 2)."""
    name, kind, public = key
    signature = signatures.pop((name, sha(name.encode(), b"\n", TYPES[kind], public)[:4]), b"")
    need(signature or not must, "note-unsigned", where)
    message = text.encode()
    if kind == 4:
        message = b"cosignature/v1\ntime %d\n" % int.from_bytes(signature[:8], "big") + message
    if kind == 6:
        origin, size, root = text.splitlines()
        named = [bytes([len(each)]) + each.encode() for each in (name, origin)]
        message = b"subtree/v1\n\0" + named[0] + signature[:8] + named[1] + bytes(8)
        message += int(size).to_bytes(8, "big") + unbase(root)
    algorithm = Ed25519PublicKey if kind in (1, 4) else MLDSA44PublicKey
    try:
        if signature:
            algorithm.from_public_bytes(public).verify(signature[8 * (kind in (4, 6)) :], message)
    except InvalidSignature:
        raise ValueError(f"signature-false: {where}") from None


def keys(name: str, ed25519: int, mldsa44: int, public: Json) -> list[Json]:
    return [(name, ed25519, unbase(public["ed25519"])), (name, mldsa44, unbase(public["mldsa44"]))]


def document(note: str, title: str, *described: Json) -> tuple[str, Json]:
    """Read a document signed by the roots of these descriptors; a descriptor by its own (section 5)."""
    text, signatures = split(note)
    need(text.startswith(f"{title}\n"), "document-foreign", title)
    members = json.loads(text.partition("\n")[2])
    for each in described or [members]:
        for key in keys(f"{each['party']}.rabita.invalid/root", 1, 255, each["root"]):
            check(key, text, signatures, title)
    return text, members


def tree(leaves: list[bytes]) -> bytes:
    half = 1 << (len(leaves) - 1).bit_length() >> 1
    return sha(b"\1", tree(leaves[:half]), tree(leaves[half:])) if half else leaves[0]


def take_batch(log: Json, batch: Json, parties: Json) -> None:
    """Check a batch: its words, its checkpoint and its receipt (section 13, steps 4 to 9)."""
    need(batch["first"] == len(log["leaves"]), "batch-gap", f"{log['name']} {batch['first']}")
    for parts in batch["entries"]:
        where = f"{log['name']} entry {len(log['leaves'])}"
        stamp, act, approvals = map(unbase, parts[:3])
        need(json.loads(act)["act"] not in ("rotate-keys", "revoke-key", "open-epoch"), "beyond this example", where)
        sent = [each["digest"] for each in json.loads(act).get("portions", []) if each["state"] == "sent"]
        need(len(sent) == len(parts[3]), "portion-missing", where)
        for digest, portion in zip(sent, parts[3], strict=True):
            need(portion is None or sha(unbase(portion)).hex() == digest, "portion-false", where)
            log["purged"] = len(log["leaves"]) if portion is None else log["purged"]
        log["leaves"].append(sha(b"\0", sha(stamp), sha(act), sha(approvals)))
        log["stamps"].append((json.loads(stamp), log["leaves"][-1].hex(), where))
    size, where = len(log["leaves"]), f"{log['name']} checkpoint {len(log['leaves'])}"
    expected = f"{log['origin']}\n{size}\n{base64.b64encode(tree(log['leaves'])).decode()}\n"
    reader = next(party for party in parties if party != log["party"])
    author_keys = keys(log["origin"], 1, 6, parties[log["party"]]["checkpoint"])
    reader_keys = keys(f"{reader}.rabita.invalid/receipt", 4, 6, parties[reader]["receipt"])
    receipt = [(batch["receipt"], "receipt-false", [*reader_keys, *author_keys])] if batch["receipt"] else []
    for note, code, allowed in [(batch["note"], "root-mismatch", author_keys), *receipt]:
        text, signatures = split(note)
        need(text == expected, code, where)
        for key in allowed:
            check(key, text, signatures, where, must=key is allowed[0])
        need(not signatures, "signature-foreign", where)
    log["receipted"] = size if receipt else log["receipted"]


def check_order(stamps: Json) -> None:
    """Follow an author's order over all its lanes (section 4)."""
    before: Json = {"n": 0, "seen_epoch": 0, "seen": [], "leaf": "0" * 64}
    for stamp, leaf, where in sorted(stamps, key=lambda each: int(each[0]["n"])):
        fell = stamp["seen_epoch"] <= before["seen_epoch"] and any(map(int.__gt__, before["seen"], stamp["seen"]))
        follows = stamp["n"] == before["n"] + 1 and stamp["prev"] == before["leaf"] and not fell
        need(follows or stamp["n"] > before["n"] + 1, "order-contradicted", where)
        before = {**stamp, "leaf": leaf}


def verify(text: str) -> list[str]:
    """Give what holds, a sentence a log; raises ``ValueError`` at the first thing that does not (section 13)."""
    need('\n{"end":' in text, "transcript-truncated", "the end")
    head, charter, *rest = lines = [json.loads(line) for line in text.splitlines()]
    described = [document(line["descriptor"], "rabita/descriptor/v1")[1] for line in rest[:2]]
    founding, terms = document(charter["charter"], "rabita/charter/v1", *described)
    name = base64.b32encode(sha(founding.encode())).decode().rstrip("=").lower()
    parties = {each["party"]: each for each in described}
    for each in terms["parties"]:
        public = [key for _, _, key in keys("", 1, 255, parties[each["party"]]["root"])]
        need(sha(each["party"].encode(), b"\n", *public).hex() == each["root"], "charter-foreign", each["party"])
    need((head["line"], head["by"]) == (name, described[0]["party"]), "charter-foreign", "the first line")
    logs: list[Json] = []
    for line in rest[2:]:
        if "log" in line:
            log = {**line["log"], "leaves": [], "stamps": [], "receipted": 0, "purged": -1}
            nonce = sha(f"rabita/epoch/v1\n{name}\n{log['party']}\n".encode()).hex()[:32]
            need((log["epoch"], log["nonce"]) == (1, nonce), "opening-malformed", log["lane"])
            log["origin"] = f"{name}.rabita.invalid/{log['party']}/1-{nonce}/{log['lane'].lower()}"
            logs.append({**log, "name": f"{log['party']} {log['lane']}"})
        elif "first" in line:
            take_batch(logs[-1], line, parties)
    for log in logs:
        check_order([stamp for each in logs if each["party"] == log["party"] for stamp in each["stamps"]])
        need(log["party"] != head["by"] or log["purged"] < log["receipted"], "portion-missing", log["name"])
    sizes = [len(line["entries"]) for line in lines if "first" in line]
    others = [f"{raw}\n".encode() for raw in text.splitlines() if not raw.startswith(('{"first"', '{"end"'))]
    end = {"batches": len(sizes), "entries": sum(sizes), "digest": sha(*others).hex()}
    need(lines[-1].get("end") == end, "transcript-altered", "the end")
    return [f"{log['name']}: complete up to {len(log['leaves'])}, receipted {log['receipted']}" for log in logs]


if __name__ == "__main__":
    try:
        print("Genuine.", *verify(sys.stdin.read()), sep="\n")
    except (ValueError, KeyError, TypeError, IndexError) as fault:
        sys.exit(f"NOT genuine as it stands. {fault}")
