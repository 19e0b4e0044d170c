"""What the program says when it cannot: one sentence, a code, an exit status that says whose the fault is."""

from pathlib import Path

import pytest

from rabita.line.errors import SENTENCES
from tests.app.people import found_pair
from tests.cli.people import Side


def refused(side: Side, status: int, code: str, *arguments: str | Path, say: str = "", **changed: str) -> None:
    """Check that a command is refused in one sentence."""
    answer = side.run(*arguments, say=say, **changed)
    assert (answer.code, answer.out) == (status, "")
    assert answer.err.startswith(SENTENCES[code])
    assert f"[{code}" in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.sockets
def test_where_no_party_is_every_command_says_so(tmp_path: Path) -> None:
    for command in (
        ["status"],
        ["inbox"],
        ["seal", "-"],
        ["serve"],
        ["doctor"],
        ["backup", "x"],
        ["show", "X-PAK-R-0001"],
    ):
        refused(Side(tmp_path), 2, "home-missing", *command)


@pytest.mark.sockets
def test_each_fault_has_its_sentence_and_status(tmp_path: Path) -> None:
    pair = found_pair(tmp_path)
    side = Side(pair.homes[0].folder)
    refused(side, 2, "passphrase-wrong", "seal", "-", say="x", RABITA_PASSPHRASE="not the word")
    apart = Side(side.home, apart=True)
    refused(apart, 2, "passphrase-needed", "seal", "-", say="x", RABITA_PASSPHRASE="")
    refused(side, 2, "setting-invalid", "seal", "-", "-p", "URGENT", say="x")
    refused(side, 2, "setting-invalid", "seal", "-", "--kind", "war", say="x")
    refused(side, 2, "message-too-long", "seal", "-", "-p", "FLASH", say="word " * 201)
    refused(side, 2, "reference-unknown", "show", "X-PAK-R-0009")
    refused(side, 2, "reference-malformed", "show", "nine")
    refused(side, 2, "line-unknown", "seal", "-", "--line", "zzz", say="x")
    refused(side, 2, "safety-number-wrong", "party", "confirm", "X-IRN", "12345")
    refused(side, 2, "home-taken", "party", "create", "X-PAK")
    refused(side, 3, "file-unavailable", "seal", tmp_path / "none.txt")
    refused(side, 3, "file-unavailable", "verify", tmp_path / "none.txt")
    refused(side, 2, "setting-invalid", "status", RABITA_LOG_LEVEL="loud")
    letter = tmp_path / "letter.txt"
    letter.write_text("a letter", encoding="utf-8")
    refused(side, 4, "note-malformed", "party", "import", letter)
    refused(side, 2, "backup-malformed", "restore", letter, "--home", tmp_path / "empty")
    pair.homes[0].database.write_bytes(b"no database at all, but long enough to be read as one" * 100)
    refused(side, 3, "store-unavailable", "status")


@pytest.mark.parametrize("arguments", [["--help"], ["seal", "--help"], ["--version"]])
def test_help_needs_nothing(tmp_path: Path, arguments: list[str]) -> None:
    answer = Side(tmp_path / "nowhere", apart=True).run(*arguments)
    assert answer.code == 0
    assert not (tmp_path / "nowhere").exists()
