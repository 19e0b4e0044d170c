"""The vectors of docs/vectors for entries, frames, documents and transcripts: the product reads them as they say.

Digests are recomputed here with nothing but hashlib, so that a vector cannot merely repeat what the product believes.
"""

import base64
import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from docs.build import DOCS
from rabita.line import limits
from rabita.line.amendment import check_amendment, founding, last_signer
from rabita.line.attachment import Header, open_blob
from rabita.line.charter import check_charter
from rabita.line.control import AMENDING
from rabita.line.descriptor import checkpoint_keys, read_descriptor, receipt_keys
from rabita.line.document import root_keys
from rabita.line.entry import Entry, approval_message, check_portions, decode_act, entry_leaf, read
from rabita.line.errors import SENTENCES, PeerFault
from rabita.line.frames import decode_batch, decode_frame, encode_batch, encode_frame
from rabita.line.ids import Lane, LogId, first_nonce, origin
from rabita.line.note import format_vkey
from rabita.line.revocation import read_revocation
from rabita.line.transcript import verify_transcript

VECTORS: Final = DOCS / "vectors"


def vectors(name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def test_the_protocol_s_page_names_only_limits_codes_and_files_that_exist() -> None:
    page = (DOCS / "protocol.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z0-9]+)+\b", page))
    assert named
    assert named <= set(vars(limits))
    coded = set(re.findall(r"\(`([a-z0-9]+(?:-[a-z0-9]+)+)`", page)) | set(re.findall(r"`(bundle-[a-z]+)`", page))
    assert len(coded) > 15
    assert coded <= set(SENTENCES)
    assert all((VECTORS / name).exists() for name in re.findall(r"`([a-z]+\.jsonl?)`", page))


def test_an_entry_has_the_leaf_of_its_three_parts() -> None:
    for case in vectors("entries.json")["entries"]:
        parts = [case[name].encode() for name in ("stamp", "act", "approvals")]
        portions = tuple(base64.b64decode(each) for each in case["portions"])
        entry = Entry(parts[0], parts[1], parts[2], portions)
        digests = [sha256(part).digest() for part in parts]
        assert [digest.hex() for digest in digests] == case["digests"]
        assert sha256(b"\x00" + b"".join(digests)).hexdigest() == case["leaf"] == entry_leaf(entry).hex()
        stamp = json.loads(case["stamp"])
        reading = read(entry, stamp["line"], LogId(stamp["party"], stamp["epoch"], Lane(stamp["lane"])))
        assert reading.fault == ""
        check_portions(entry, reading.sent, purged_allowed=False)
        role = case["approval_message"]["role"]
        message = b"rabita/approval/v1\0" + role.encode() + b"\0" + digests[1]
        assert message.hex() == case["approval_message"]["hex"] == approval_message(role, parts[1]).hex()


@pytest.mark.parametrize("case", vectors("entries.json")["refused_acts"], ids=lambda case: str(case["why"]))
def test_an_act_that_breaks_a_rule_is_a_content_fault(case: dict[str, str]) -> None:
    with pytest.raises(PeerFault) as fault:
        decode_act(bytes.fromhex(case["act"]))
    assert fault.value.code == case["code"]


def test_an_attachment_is_salt_length_header_and_content() -> None:
    for case in vectors("entries.json")["attachments"]:
        blob = bytes.fromhex(case["blob"])
        header = f'{{"media":"{case["media"]}","name":"{case["name"]}"}}'.encode()
        content = bytes.fromhex(case["content"])
        assert blob == bytes.fromhex(case["salt"]) + len(header).to_bytes(4, "big") + header + content
        assert open_blob(blob) == (Header(case["media"], case["name"]), content)
        assert sha256(blob).hexdigest() == case["sha256"] == case["possession_text"].split("\n")[2]


def test_frames_are_messagepack_arrays_with_the_tag_first() -> None:
    found = vectors("frames.json")
    for case in found["frames"]:
        raw = bytes.fromhex(case["hex"])
        assert msgspec.msgpack.decode(raw)[0] == case["tag"]
        assert encode_frame(decode_frame(raw)) == raw
    raw = bytes.fromhex(found["batch"]["hex"])
    batch = decode_batch(raw)
    assert (batch.first, len(batch.entries)) == (found["batch"]["first"], found["batch"]["entries"])
    assert encode_batch(batch.first, batch.entries, batch.note) == raw


@pytest.mark.parametrize("case", vectors("frames.json")["refused_frames"], ids=lambda case: str(case["why"]))
def test_a_frame_no_node_writes_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(PeerFault, match="frame-malformed"):
        decode_frame(bytes.fromhex(case["hex"]))


def test_documents_give_the_names_and_keys_beside_them() -> None:
    found = vectors("documents.json")
    described = [read_descriptor(raw.encode()) for raw in found["descriptors"]]
    line, charter = check_charter(found["charter"].encode(), described[0], described[1])
    text = found["charter"].rpartition("\n\n")[0] + "\n"
    assert base64.b32encode(sha256(text.encode()).digest()).decode().rstrip("=").lower() == found["line"] == line
    assert read_revocation(found["revocation"].encode(), described[0]).party == described[0].party
    amended = found["amendment"]
    first = founding(line, charter)
    note, body = check_amendment(amended["note"].encode(), first, described)
    assert sha256(text.encode()).hexdigest() == amended["before"] == body.before == first.digest
    assert amended["fields"] == {"version": 2, "digest": sha256(note.text).hexdigest()}
    assert (amended["act"], amended["last_signer"]) == (AMENDING, last_signer(charter, 2))
    for each in described:
        party, root = each.party, each.root
        assert sha256(f"{party}\n".encode() + root.ed25519 + root.mldsa44).hexdigest() == found["root_digests"][party]
        nonce = sha256(f"rabita/epoch/v1\n{line}\n{party}\n".encode()).hexdigest()[:32]
        assert nonce == found["nonces"][party] == first_nonce(line, party)
        flash = found["origins"][f"{party} FLASH"]
        assert flash == f"{line}.rabita.invalid/{party}/1-{nonce}/flash"
        assert flash == origin(line, LogId(party, 1, Lane.FLASH), nonce)
        keys = {"root": root_keys(party, root), "receipt": receipt_keys(each), "flash": checkpoint_keys(each, flash)}
        assert {name: [format_vkey(key) for key in pair] for name, pair in keys.items()} == found["keys"][party]


def test_the_transcript_is_genuine() -> None:
    with Path(VECTORS / "transcript.jsonl").open("rb") as lines:
        report = verify_transcript(lines)
    assert report.genuine
    assert report.entries == 4
    assert [each.receipted for each in report.logs.values() if each.own and each.size] == [1, 2]
