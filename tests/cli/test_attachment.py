"""Attachments by commands alone: a file goes with an act, is listed on both sides, and is saved under a safe name."""

from hashlib import sha256
from pathlib import Path

import pytest

from rabita.line.attachment import make_blob
from rabita.store.attachments import FolderBlobs
from rabita.store.sqlite import open_store
from tests.cli.people import Side, quickly_founded, wait_for
from tests.cli.test_procedures import officer

pytestmark = pytest.mark.sockets


def line_of(side: Side) -> str:
    store = open_store(side.home / "rabita.db")
    try:
        return store.lines()[0].line
    finally:
        store.close()


def test_a_file_goes_with_an_act_and_both_sides_say_who_holds_it(tmp_path: Path) -> None:
    pak, irn = quickly_founded(tmp_path)
    ours = officer(pak, tmp_path, "releaser")
    file = tmp_path / "sector map.txt"
    file.write_bytes(b"a map in words\n" * 20_000)
    act = ("message", "send", "--text", "See the map.", "--marking", "GREEN", "--attach", file)
    assert not pak.do(*act, "--check")["sealed"]
    assert not (pak.home / "attachments").exists()
    with pak.serving(), irn.serving():
        assert pak.do(*act, *ours)["sealed"]
        wait_for(lambda: [each["possessed_ms"] for each in pak.do("attachment", "list")] > [0])
        (theirs,) = irn.do("attachment", "list")
        assert (theirs["name"], theirs["media"], theirs["held"]) == ("sector map.txt", "text/plain", True)
        shown = irn.run("attachment", "show", theirs["digest"][:8])
        assert "held whole" in shown.out
        assert "signed that it holds it" in pak.run("attachment", "show", theirs["digest"]).out
        assert theirs["digest"][:12] in irn.run("attachment", "list").out
    assert irn.run("attachment", "save", theirs["digest"][:8], "--to", tmp_path / "copy").code == 0
    assert (tmp_path / "copy").read_bytes() == file.read_bytes()
    assert irn.run("attachment", "save", theirs["digest"], "--to", tmp_path / "copy").code == 2
    archive = tmp_path / "backup.age"
    assert pak.run("backup", archive).code == 0
    restored = Side(tmp_path / "restored")
    assert restored.run("restore", archive).code == 0
    (row,) = restored.do("attachment", "list")
    assert row["held"]


def test_what_may_not_be_attached_is_refused_and_what_is_added_waits_for_an_act(tmp_path: Path) -> None:
    pak, _ = quickly_founded(tmp_path)
    (tmp_path / "a.zip").write_bytes(b"PK")
    refused = pak.run("attachment", "add", tmp_path / "a.zip")
    assert (refused.code, "[attachment-media" in refused.err) == (2, True)
    refused = pak.run("message", "send", "--text", "x", "--marking", "GREEN", "--attach", tmp_path / "a.zip", "--check")
    assert "[attachment-media" in refused.err
    many = [word for _ in range(33) for word in ("--attach", tmp_path / "a.zip")]
    assert "[setting-invalid" in pak.run("message", "send", "--text", "x", *many).err
    assert "[file-unavailable" in pak.run("attachment", "add", tmp_path / "none.txt").err
    (tmp_path / "a.txt").write_bytes(b"words")
    digest = pak.run("attachment", "add", tmp_path / "a.txt").out.strip()
    assert FolderBlobs(pak.home / "attachments").size_bytes(line_of(pak), digest) > 5
    assert pak.do("attachment", "add", tmp_path / "a.txt")["digest"] != digest
    assert pak.do("attachment", "list") == []
    assert "[attachment-unknown" in pak.run("attachment", "save", digest).err


def test_a_hostile_name_stays_in_the_folder_and_a_foreign_type_stays_shut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pak, _ = quickly_founded(tmp_path)
    ours = officer(pak, tmp_path, "releaser")
    evil = make_blob(b"s" * 16, "../../../etc/cron.d/evil", b"x", "text/plain")
    page = b"s" * 16 + (36).to_bytes(4, "big") + b'{"media":"text/html","name":"a.html"}'[:36] + b"<p>"
    (tmp_path / "a.txt").write_bytes(b"words")
    sealed = [pak.do("message", "send", "--text", "x", "--marking", "GREEN", "--attach", tmp_path / "a.txt", *ours)]
    (row,) = pak.do("attachment", "list")
    assert sealed[0]["sealed"]
    assert row["name"] == "a.txt"
    held = pak.home / "attachments" / line_of(pak) / row["digest"]
    into = tmp_path / "deep" / "here"
    into.mkdir(parents=True)
    monkeypatch.chdir(into)
    held.write_bytes(evil)  # as it would come from a peer under the digest of these bytes
    assert pak.run("attachment", "save", row["digest"]).out == "evil.txt\n"
    assert [path.name for path in into.iterdir()] == ["evil.txt"]
    held.write_bytes(page)
    assert "[attachment-m" in pak.run("attachment", "save", row["digest"], "--to", tmp_path / "page").err
    assert not (tmp_path / "page").exists()
    assert sha256(evil).hexdigest() != row["digest"]
