"""A node's policies over its life: a change is entered in the audit log, and an unsafe set is named."""

import asyncio
from pathlib import Path

from rabita.app.audit import Auditor
from rabita.app.logs import open_log
from rabita.app.outside import MachineClock
from rabita.app.policies import examine_policy, note_policy
from rabita.policy.cedar import open_policy
from rabita.policy.files import builtin
from rabita.services.audit import Action, Deed, Kind, read_deed
from rabita.store.audit_sqlite import SqliteAudit
from tests.services.auditing import deed, log_at, party

OWN = (
    '@id("mine")\n@words("Anyone may see the state.")\npermit (principal, action == Action::"see-status", resource);\n'
)


def copied(folder: Path) -> Path:
    folder.mkdir()
    for each in builtin().iterdir():
        (folder / each.name).write_bytes(each.read_bytes())
    return folder


def test_another_set_than_at_the_last_start_is_entered_once(tmp_path: Path) -> None:
    us, log, policies = party(tmp_path / "party"), tmp_path / "audit.db", tmp_path / "policies"
    policies.mkdir()
    (policies / "own.cedar").write_text(OWN)

    def start(folder: str) -> None:
        audit = Auditor(lambda: SqliteAudit(log), lambda: us.keys, MachineClock(), open_log("critical", "json"))
        try:
            asyncio.run(note_policy(audit, MachineClock(), open_policy(folder)))
            audit.note(deed(1, Action.CHANGE_SETTINGS, door="watch keep"))
        finally:
            audit.close()

    def entered() -> list[Deed]:
        with log_at(log) as held:
            deeds = [read_deed(row.raw) for row in held.rows(0, 10_000)]
        return [each for each in deeds if each.door == "policy"]

    for folder in ("", "", str(policies), str(policies), ""):
        start(folder)
    own, usual = open_policy(str(policies)).source.digest, open_policy("").source.digest
    assert [(each.kind, each.action, each.target) for each in entered()] == [
        (Kind.SERVICE, Action.CHANGE_SETTINGS, each) for each in (usual, own, usual)
    ]


def test_a_set_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    assert [each.ok for each in examine_policy("")] == [True]
    (tmp_path / "own.cedar").write_text("permit (")
    (found,) = examine_policy(str(tmp_path))
    assert (found.ok, found.detail.partition(" ")[0]) == (False, "own.cedar:1:")


def test_a_laxer_set_is_a_problem_unless_its_own_tests_say_so(tmp_path: Path) -> None:
    folder = copied(tmp_path / "policies")
    assert [each.ok for each in examine_policy(str(folder))] == [True, True]
    (folder / "flash-alone.cedar.example").rename(folder / "flash-alone.cedar")
    tests, lax = examine_policy(str(folder))
    assert (tests.ok, lax.ok) == (False, False)
    assert lax.detail == "laxer than the built-in set: duty-releaser / release-alone / own + flash"
    table = (folder / "tests.toml").read_text()
    row = '["duty-releaser", "release-alone", "own + flash", "refuse"'
    assert row in table
    (folder / "tests.toml").write_text(table.replace(row, row.replace("refuse", "allow")))
    assert [each.ok for each in examine_policy(str(folder))] == [True, True]
    (folder / "tests.toml").unlink()
    (folder / "reading.cedar").write_text('@id("all")\n@words("Anyone may.")\npermit (principal, action, resource);\n')
    (lax,) = examine_policy(str(folder))
    assert not lax.ok
    assert lax.detail.count(";") == 3
    assert "more" in lax.detail
