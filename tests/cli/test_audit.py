"""``rabita audit``: every command is entered, and what was written can be checked here and elsewhere."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import typer.main

from rabita.app.answers import AUDITED
from rabita.app.asks import Ask
from rabita.cli.entering import COMMANDS
from rabita.cli.program import app
from rabita.procedures.catalogue import CATALOGUE
from rabita.services.audit import FREE, read_deed, write_deed
from tests.cli.people import Side, quickly_founded
from tests.services.auditing import deed, spoil

pytestmark = pytest.mark.sockets


@pytest.fixture
def side(tmp_path: Path) -> Side:
    return quickly_founded(tmp_path)[0]


def doors(side: Side) -> list[tuple[str, str, str]]:
    return [(each["deed"]["door"], each["deed"]["outcome"], each["deed"].get("code", "")) for each in shown(side)]


def shown(side: Side) -> list[dict[str, Any]]:
    return [{"deed": each} for each in reversed(side.do("audit", "show"))]


def commands(command: Any, path: str = "") -> dict[str, Any]:  # noqa: ANN401 - Typer's own classes are not public
    children = getattr(command, "commands", None)
    if children is None:
        return {path: command}
    found: dict[str, Any] = {}
    for name, child in children.items():
        found |= commands(child, f"{path} {name}".strip())
    return found


def test_every_command_that_works_in_a_home_is_entered() -> None:
    found = commands(typer.main.get_command(app))
    at_home = {path for path, command in found.items() if any(each.name == "home" for each in command.params)}
    assert at_home - {"demo"} == set(COMMANDS), "the demonstration has homes of its own"


def test_every_door_has_a_name_that_can_be_entered() -> None:
    acts = [f"{each.slug} {act.replace(' ', '-')}" for each in CATALOGUE.procedures.values() for act in each.rules]
    asks = [f"ask {each.__struct_config__.tag}" for each in AUDITED]
    for door in (*COMMANDS, *acts, *asks, "ask subscribe"):
        assert read_deed(write_deed(deed(door=door))).door == door


def test_every_ask_of_the_control_socket_is_entered() -> None:
    assert set(Ask.__subclasses__()) == set(AUDITED)


def test_what_is_done_is_entered_before_and_after_and_what_is_read_after(side: Side) -> None:
    side.do("status")
    reference = side.seal("canary words")
    made = side.do("token", "create", "map server", "--scope", "audit")
    side.run("token", "revoke", "nothing")
    side.do("token", "revoke", made["id"])
    assert doors(side) == [
        ("status", "allowed", ""),
        ("seal", "begun", ""),
        ("ask seal", "begun", ""),
        ("ask seal", "allowed", ""),
        ("seal", "allowed", ""),
        ("token create", "begun", ""),
        ("token create", "allowed", ""),
        ("token revoke", "begun", ""),
        ("token revoke", "refused", "token-unknown"),
        ("token revoke", "begun", ""),
        ("token revoke", "allowed", ""),
    ]
    deeds = [each["deed"] for each in shown(side)]
    assert deeds[3]["target"] == reference
    assert deeds[6]["target"] == deeds[10]["target"] == made["id"]
    assert {each["kind"] for each in deeds} == {"command"}
    assert all(each["actor"].startswith("uid:") for each in deeds)
    kept = b"".join(path.read_bytes() for path in side.home.glob("audit.db*"))
    assert b"canary" not in kept
    assert b"map server" not in kept


def test_a_procedure_s_act_is_a_seal_and_its_dry_run_a_check(side: Side) -> None:
    side.run("message", "send", "--text", "x", "--check")
    assert [each["deed"]["action"] for each in shown(side)] == ["check"]


def test_a_running_node_enters_its_start_its_stop_and_who_asked(side: Side) -> None:
    with side.serving():
        side.do("status")
    deeds = [each["deed"] for each in shown(side)]
    assert [(each["door"], each["action"]) for each in deeds if each["kind"] == "service"] == [
        ("node", "start"),
        ("node", "stop"),
    ]
    assert "ask status" in {each["door"] for each in deeds}
    assert side.do("audit", "verify")["signed"] >= len(deeds)


def test_an_export_is_checked_anywhere_and_holds_the_log_to_it(side: Side, tmp_path: Path) -> None:
    side.do("status")
    file = tmp_path / "pak.audit"
    told = side.do("audit", "export", file)
    assert "file-exists" in side.run("audit", "export", file).err
    verdict = Side(tmp_path / "nowhere").do("audit", "verify", file)
    assert (verdict["genuine"], verdict["whole"], verdict["entries"]) == (True, True, told["entries"])
    assert side.do("audit", "verify", "--against", file)["genuine"]
    assert "Genuine." in side.run("audit", "verify").out
    raw = file.read_bytes()
    file.write_bytes(raw.replace(b"status", b"search", 1))
    answer = Side(tmp_path / "nowhere").run("audit", "verify", file)
    assert (answer.code, "entry 0: Entries of the audit log are not what was written" in answer.out) == (1, True)
    file.write_bytes(b"".join(raw.splitlines(keepends=True)[:-2]))
    answer = Side(tmp_path / "nowhere").run("audit", "verify", file)
    assert (answer.code, "audit-missing" in answer.out or "missing" in answer.out) == (1, True)
    only = tmp_path / "only.audit"
    side.do("audit", "export", only, "--action", "status", "--line", side.status()["line"][:6])
    assert not side.do("audit", "verify", only)["whole"]


def test_a_log_that_was_changed_or_cut_is_found_and_named(side: Side, tmp_path: Path) -> None:
    for _ in range(3):
        side.do("status")
    file = tmp_path / "pak.audit"
    side.do("audit", "export", file)
    path = side.home / "audit.db"
    with pytest.raises(sqlite3.DatabaseError, match="only ever added to"), sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM entries")
    connection.close()
    spoil(path, ("UPDATE entries SET raw = replace(raw, 'status', 'search') WHERE number = 1", ()))
    answer = side.run("audit", "verify")
    assert (answer.code, "entry 1: " in answer.out, "NOT GENUINE" in answer.out) == (1, True, True)
    findings = {each["what"]: each for each in side.run("doctor", "--json").json}
    assert (findings["audit log"]["ok"], "entry 1" in findings["audit log"]["detail"]) == (False, True)
    for end in ("", "-wal", "-shm"):
        Path(str(path) + end).unlink(missing_ok=True)
    side.do("status")
    assert side.run("audit", "verify").code == 0
    answer = side.run("audit", "verify", "--against", file)
    assert (answer.code, "cut, restored or replaced" in answer.out) == (1, True)


def test_where_it_cannot_be_entered_nothing_is_done_and_reading_goes_on(side: Side) -> None:
    (side.home / "audit.db").mkdir()
    answer = side.run("seal", "-", say="unheard")
    assert (answer.code, "audit-unavailable" in answer.err) == (3, True)
    answer = side.run("inbox")
    assert (answer.code, "audit-unavailable" in answer.err) == (0, True)
    assert side.run("token", "create", "x").code == 3
    (side.home / "audit.db").rmdir()
    assert side.do("token", "list") == []
    assert side.texts("X-PAK") == []


def test_a_backup_takes_the_log_along_and_a_restore_is_entered_in_it(side: Side, tmp_path: Path) -> None:
    side.do("status")
    side.do("backup", tmp_path / "backup")
    other = Side(tmp_path / "again")
    other.do("restore", tmp_path / "backup")
    assert [door for door, _, _ in doors(other)] == ["status", "backup", "ask seal", "ask seal", "restore"]
    assert other.run("audit", "verify").code == 0


def test_what_goes_on_without_the_log_is_only_what_reads() -> None:
    acts = {path for path, action in COMMANDS.items() if action is not None and action not in FREE}
    assert {"seal", "backup", "token create", "transcript export", "keys rotate", "audit export"} <= acts
    assert {"status", "inbox", "search", "case", "audit show", "audit verify", "doctor"}.isdisjoint(acts)
