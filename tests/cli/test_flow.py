"""Two parties by commands alone: founded, paired, talking over TLS, killed, restored, proven; nothing in process."""

import re
from pathlib import Path

import pytest

from tests.cli.people import Side, founded, kill, quickly_founded, wait_for


def opened_epoch(references: list[str]) -> int:
    """Read the number of the epoch that one opening opened; a restored node skips some numbers at random."""
    (opening,) = references
    found = re.fullmatch(r"X-PAK-C(\d+)\.0001", opening)
    assert found is not None
    assert int(found[1]) > 1
    return int(found[1])


@pytest.mark.sockets
def test_two_parties_talk_and_prove_it(tmp_path: Path) -> None:
    pak, irn = founded(tmp_path)
    assert pak.status()["state"] == "offline"
    assert pak.seal("sealed before any node ran") == "X-PAK-R-0001"
    with pak.serving(), irn.serving():
        again = pak.run("serve")
        assert (again.code, "node-running" in again.err) == (2, True)
        key = tmp_path / "officer.key"
        assert pak.do("officer", "create", "LO-TURBAT", key)["published"][0]["reference"] == "X-PAK-C-0001"
        kept = tmp_path / "kept.txt"
        kept.write_text("who told us", encoding="utf-8")
        options = ("--withhold", kept, "--approve", key, "--to", "LO-ZAHEDAN", "--marking", "RESTRICTED")
        assert pak.seal("stop at once", "-p", "flash", *options) == "X-PAK-F-0001"
        wait_for(lambda: len(irn.texts()) == 3)
        assert irn.seal("will comply", "-p", "FLASH", "--reply", "X-PAK-F-0001") == "X-IRN-F-0001"
        wait_for(lambda: pak.texts() == ["will comply"])
        wait_for(lambda: pak.unreceipted() == 0)
        status = pak.status()
        assert (status["state"], status["exercise"], status["epoch_needed"]) == ("up", True, False)
        shown = irn.do("show", "X-PAK-F-0001")
        assert [each["standing"] for each in shown["approvals"]] == ["verified"]
        assert [each["state"] for each in shown["portions"]] == ["sent", "not disclosed"]
        assert pak.do("show", "X-PAK-F-0001")["proof"]["receipted_s"] > 0
        assert irn.do("show", "X-IRN-F-0001")["basis"] == [shown["act_digest"]]
        for words in ("LO-TURBAT", "the other side signed that it holds it durably", "who told us"):
            assert words in pak.run("show", "X-PAK-F-0001", COLUMNS="400").out
        files = [tmp_path / "pak.transcript", tmp_path / "irn.transcript"]
        for side, file in zip((pak, irn), files, strict=True):
            assert side.do("transcript", "export", file)["entries"] == 4
            assert b"who told us" not in file.read_bytes()
        verdict = pak.do("verify", *files)
        assert [each["genuine"] for each in verdict["transcripts"]] == [True, True]
        assert verdict["comparisons"][0]["equal"]
    newest = pak.do("inbox", "--party", "all", "--count", "2")
    assert [each["text"] for each in newest] == ["will comply", "stop at once"]
    files[0].write_bytes(files[0].read_bytes()[:-200])
    assert pak.run("verify", *files).code == 1


@pytest.mark.sockets
def test_a_killed_node_resumes_and_a_restored_one_goes_on_in_a_new_epoch(tmp_path: Path) -> None:
    pak, irn = quickly_founded(tmp_path)
    archive = tmp_path / "backup.age"
    with irn.serving():
        with pak.serving() as node:
            pak.seal("before the backup")
            wait_for(lambda: pak.unreceipted() == 0)
            assert pak.do("backup", archive)["bytes"] > 0
            pak.seal("after the backup")
            kill(node)
        assert (pak.home / "rabita.sock").exists(), "a killed node leaves its socket, which stops nobody"
        with pak.serving() as node:
            pak.seal("after the kill")
            wait_for(lambda: irn.texts() == ["after the kill", "after the backup", "before the backup"])
            kill(node)
        restored = Side(tmp_path / "again")
        epoch = opened_epoch(restored.do("restore", archive)["epochs"])
        with restored.serving():
            assert restored.seal("in the new epoch") == f"X-PAK-R{epoch}.0001"
            wait_for(lambda: irn.texts()[0] == "in the new epoch")
            wait_for(lambda: "after the kill" in restored.texts("all"))
            wait_for(lambda: restored.unreceipted() == 0)
            assert restored.status()["epoch"] == irn.status()["peer_epoch"] == epoch


@pytest.mark.sockets
def test_without_recovery_words_a_restored_node_seals_nothing_until_an_epoch_is_opened(tmp_path: Path) -> None:
    pak, _ = quickly_founded(tmp_path)
    archive = tmp_path / "backup.age"
    pak.do("backup", archive)
    restored = Side(tmp_path / "again", {"RABITA_PASSPHRASE_RECOVERY": ""})
    answer = restored.run("restore", archive, RABITA_PASSPHRASE_RECOVERY="")
    assert (answer.code, "rabita epoch open" in answer.out) == (0, True)
    assert restored.status()["epoch_needed"]
    refused = restored.run("seal", "-", say="too early")
    assert (refused.code, "epoch-needed" in refused.err) == (2, True)
    opened = restored.run("epoch", "open", "--json", RABITA_PASSPHRASE_RECOVERY="recovery word 3")
    assert restored.seal("now it may") == f"X-PAK-R{opened_epoch(opened.json)}.0001"
    assert restored.do("epoch", "open") == []


@pytest.mark.sockets
def test_keys_are_rotated_and_revoked_and_the_courier_carries_it(tmp_path: Path) -> None:
    pak, irn = quickly_founded(tmp_path)
    assert [each["reference"] for each in pak.do("keys", "rotate")] == ["X-PAK-C-0001"]
    pak.seal("under the new keys")
    assert [each["reference"] for each in pak.do("keys", "revoke", "1")] == ["X-PAK-C-0002", "X-PAK-C-0003"]
    there, back = tmp_path / "there.bundle", tmp_path / "back.bundle"
    assert pak.do("courier", "export", there)["frames"] > 0
    assert irn.do("courier", "import", there) == irn.do("courier", "import", there)
    assert irn.texts().count("under the new keys") == 1
    assert pak.unreceipted() == 4
    irn.do("courier", "export", back)
    pak.do("courier", "import", back)
    assert pak.unreceipted() == 0
    foreign = pak.run("courier", "import", there)
    assert (foreign.code, "bundle-foreign" in foreign.err) == (4, True)
    assert pak.run("courier", "export", there).code == 2, "a file that stands is left as it is"
