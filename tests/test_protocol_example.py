"""The example verifier, written from docs/protocol.md alone, against transcripts of real nodes and what spoils them.

It runs in a process of its own and shares no code with the product; each kind of tampering must be named, by the same
code that the product's own verifier gives.
"""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rabita.keys.sets import OfficerKey
from rabita.line.control import CREDENTIAL, CREDENTIAL_REVOCATION, RevokedCredential
from rabita.line.entry import encode
from rabita.line.ids import Lane
from rabita.line.transcript import verify_transcript
from rabita.line.verify import WEBAUTHN, Credential
from rabita.services.transcripts import export
from tests.authenticator import ORIGIN, Authenticator, by_passkey
from tests.line.test_approvals import publish, say_of_key
from tests.pair import START_MS, Pair, Side

ROOT: Final = Path(__file__).parent.parent
EXAMPLE: Final = ROOT / "examples" / "verify_transcript.py"
APPROVALS: Final = ROOT / "examples" / "verify_approvals.py"
Json = Any


def judged(lines: list[bytes], example: Path = EXAMPLE) -> tuple[int, str]:
    """Run an example on a file, far from the project."""
    command = [sys.executable, "-I", str(example)]
    ran = subprocess.run(command, input=b"".join(lines), capture_output=True, cwd="/", check=False)
    return ran.returncode, (ran.stdout + ran.stderr).decode()


@cache
def transcript() -> tuple[bytes, ...]:
    """Export what X-PAK holds: two logs of its own, one of the other side, all receipted and post-quantum signed."""
    pair = Pair()
    pair.connect()
    pair.a.seal(Lane.ROUTINE, "one")
    pair.run()
    pair.a.seal(Lane.FLASH, "stop")
    pair.a.seal(Lane.ROUTINE, "two", "three", "four")
    pair.b.seal(Lane.PRIORITY, "answer")
    pair.run()
    pair.a.exchange.attest()
    pair.b.exchange.attest()
    pair.run()
    lines: list[bytes] = []
    export(pair.a.store, pair.line, START_MS, lines.append)
    return tuple(lines)


def changed(lines: list[bytes], at: int, change: Callable[[Json], None]) -> list[bytes]:
    members = json.loads(lines[at])
    change(members)
    raw = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return [*lines[:at], raw, *lines[at + 1 :]]


def routine(lines: list[bytes]) -> int:
    """Give the place of the last batch of X-PAK's ROUTINE log: three entries, receipted."""
    return max(at for at, raw in enumerate(lines) if raw.startswith(b'{"first":1,'))


def in_routine(change: Callable[[Json], None]) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: changed(lines, routine(lines), change)


def flipped(text: str, place: int = 0) -> str:
    raw = bytearray(b64decode(text))
    raw[place] ^= 1
    return b64encode(raw).decode()


def part(number: int) -> Callable[[list[bytes]], list[bytes]]:
    """Alter one byte inside a part of an entry, and leave its JSON readable."""

    def change(batch: Json) -> None:
        entry = batch["entries"][1]
        raw = b64decode(entry[number])
        entry[number] = b64encode(b" " + raw).decode()

    return in_routine(change)


def portion(batch: Json) -> None:
    batch["entries"][1][3][0] = flipped(batch["entries"][1][3][0], 20)


def no_portion(batch: Json) -> None:
    batch["entries"][1][3] = []


def dropped(batch: Json) -> None:
    del batch["entries"][1]


def inserted(batch: Json) -> None:
    batch["entries"].insert(1, batch["entries"][0])


def reordered(batch: Json) -> None:
    batch["entries"].reverse()


def signature(member: str, line: int) -> Callable[[list[bytes]], list[bytes]]:
    """Flip a bit of one signature of a note."""

    def change(batch: Json) -> None:
        lines = batch[member].split("\n")
        dash, name, blob = lines[line].split(" ")
        batch[member] = "\n".join([*lines[:line], f"{dash} {name} {flipped(blob, 20)}", *lines[line + 1 :]])

    return in_routine(change)


def receipt_of_another(batch: Json) -> None:
    """Pass off a receipt's signature line as standing under another text."""
    text, _, lines = batch["receipt"].rpartition("\n\n")
    origin, _, root = text.split("\n")
    batch["receipt"] = f"{origin}\n3\n{root}\n\n{lines}"


def unsigned(batch: Json) -> None:
    """Leave the author's own signatures in the receipt and take the reader's out."""
    batch["receipt"] = batch["note"]


def words(old: str, new: str, member: str, at: int) -> Callable[[list[bytes]], list[bytes]]:
    def change(line: Json) -> None:
        assert old in line[member]
        line[member] = line[member].replace(old, new, 1)

    return lambda lines: changed(lines, at, change)


TAMPERINGS: Final[dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]]] = {
    "altered stamp": (part(0), "root-mismatch"),
    "altered act": (part(1), "root-mismatch"),
    "altered approvals": (part(2), "root-mismatch"),
    "altered portion": (in_routine(portion), "portion-false"),
    "missing portion": (in_routine(no_portion), "portion-missing"),
    "dropped entry": (in_routine(dropped), "root-mismatch"),
    "inserted entry": (in_routine(inserted), "root-mismatch"),
    "reordered entries": (in_routine(reordered), "root-mismatch"),
    "dropped batch": (lambda lines: [*lines[: routine(lines) - 1], *lines[routine(lines) :]], "batch-gap"),
    "wrong checkpoint signature": (signature("note", 4), "signature-false"),
    "wrong post-quantum signature": (signature("note", 5), "signature-false"),
    "forged receipt": (signature("receipt", 5), "signature-false"),
    "receipt of something else": (in_routine(receipt_of_another), "receipt-false"),
    "receipt by nobody": (in_routine(unsigned), "note-unsigned"),
    "altered charter": (words('"retention_days": 3650', '"retention_days": 3651', "charter", 1), "signature-false"),
    "altered descriptor": (words('"serial": 1', '"serial": 2', "descriptor", 2), "signature-false"),
    "truncated file": (lambda lines: lines[:-1], "transcript-truncated"),
    "dropped log": (lambda lines: [*lines[: routine(lines) - 2], *lines[routine(lines) + 1 :]], "transcript-altered"),
}


@pytest.mark.parametrize("example", [EXAMPLE, APPROVALS])
def test_it_imports_nothing_of_the_product_and_is_short(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    assert "import rabita" not in text
    assert "from rabita" not in text
    assert len(text.splitlines()) <= 150


def test_a_transcript_of_real_nodes_is_genuine() -> None:
    code, said = judged(list(transcript()))
    assert (code, said.splitlines()[0]) == (0, "Genuine.")
    assert "X-PAK ROUTINE: complete up to 4, receipted 4" in said
    assert verify_transcript(transcript()).genuine


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_named(name: str) -> None:
    tamper, code = TAMPERINGS[name]
    lines = tamper(list(transcript()))
    assert lines != list(transcript())
    ended, said = judged(lines)
    assert ended == 1
    assert said.startswith(f"NOT genuine as it stands. {code}:")
    assert code in {each.code for each in verify_transcript(lines).faults}


def test_an_author_who_contradicts_himself_is_named() -> None:
    """One number in two lanes: two copies of a node go on, and their logs are put into one file."""
    pair = Pair()
    pair.a.seal(Lane.ROUTINE, "one")
    pair.run()
    twin = Side(pair.a.party, pair.line, pair.a.store.clone(), pair.world)
    pair.a.seal(Lane.ROUTINE, "to one")
    twin.seal(Lane.PRIORITY, "to another")
    pair.run()
    files: list[list[bytes]] = [[], []]
    for side, lines in zip((pair.a, twin), files, strict=True):
        export(side.store, pair.line, START_MS, lines.append)
    lines, others = files
    at = next(at for at, raw in enumerate(others) if b'"lane":"PRIORITY"' in raw)
    joined = [*lines[:4], *others[at : at + 2], *lines[4:-1]]
    plain = [raw for raw in joined if not raw.startswith(b'{"first"')]
    end = {"batches": 3, "entries": 3, "digest": sha256(b"".join(plain)).hexdigest()}
    joined.append(json.dumps({"end": end}, separators=(",", ":")).encode() + b"\n")
    ended, said = judged(joined)
    assert (ended, said.split(":")[0]) == (1, "NOT genuine as it stands. order-contradicted")
    report = verify_transcript(joined)
    assert report.genuine, "every byte is as its author signed it"
    assert [each.code for each in report.contradictions] == ["order-contradicted"]


def test_approvals_are_judged_as_by_the_product() -> None:
    """By software keys and passkeys: verified, narrowed since, revoked since, altered, moved, of nobody known."""
    pair, key = Pair(), OfficerKey.generate("X-PAK", "ops")
    device = Authenticator(rp_id="node.example")
    point = device.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    passkey = Credential("k2", "ops", ("release",), WEBAUTHN, point, "node.example", (ORIGIN,))
    pair.connect()
    pair.a.seal(Lane.ROUTINE, "published later", officer=key)
    publish(pair.a, key, "release")
    say_of_key(pair.a, CREDENTIAL, passkey)
    pair.run()
    signed = []
    for change in ({}, {"rp_id": "elsewhere.example"}, {"origin": "https://elsewhere.example"}, {"flags": 1}):
        draft = pair.a.draft(Lane.ROUTINE, "by passkey")
        signed.append(encode((by_passkey(replace(device, **change), "release", draft.act, "k2"),)))
        pair.a.seal_draft(draft._replace(approvals=signed[-1]), Lane.ROUTINE)
    pair.a.seal_draft(pair.a.draft(Lane.ROUTINE, "moved")._replace(approvals=signed[0]), Lane.ROUTINE)
    pair.a.seal(Lane.FLASH, "by nobody known", officer=OfficerKey.generate("X-PAK", "ops"))
    pair.run()
    publish(pair.a, key)
    say_of_key(pair.a, CREDENTIAL_REVOCATION, RevokedCredential("k2"))
    pair.run()
    pair.a.seal(Lane.ROUTINE, "narrowed", officer=key)
    late = pair.a.draft(Lane.ROUTINE, "revoked")
    pair.a.seal_draft(late._replace(approvals=encode((by_passkey(device, "release", late.act, "k2"),))), Lane.ROUTINE)
    pair.run()
    for side in (pair.a, pair.b):
        lines: list[bytes] = []
        export(side.store, pair.line, START_MS, lines.append)
        expected = {"verified": 2, "false": 5, "unknown": 1, "revoked": 1}
        assert dict(verify_transcript(lines).approvals) == expected
        assert json.loads(judged(lines, APPROVALS)[1]) == expected
        assert judged(lines)[0] == 0
