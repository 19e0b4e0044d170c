"""The thread that writes the audit log: what waits is durable or refused, what does not wait is counted or a gap."""

import asyncio
from pathlib import Path

import pytest

from rabita.app.audit import SIGN_ENTRIES, Auditor
from rabita.app.logs import open_log
from rabita.app.outside import MachineClock
from rabita.line.errors import LocalFault
from rabita.services.audit import Action, AuditLog, Deed, Outcome, read_deed
from rabita.store.audit_sqlite import SqliteAudit
from tests.services.auditing import Party, deed, log_at, party


@pytest.fixture(scope="module")
def us(tmp_path_factory: pytest.TempPathFactory) -> Party:
    return party(tmp_path_factory.mktemp("party"))


class Disk:
    """Where the log lies; while ``full``, it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.full = False

    def opened(self) -> AuditLog:
        if self.full:
            raise LocalFault("audit-unavailable", "disk full")
        return SqliteAudit(self.path)


class Stopped(MachineClock):
    """Stands at the time of the deeds, so that no minute of theirs ends while a test runs."""

    def now_ms(self) -> int:
        return deed().time_ms


def auditor(us: Party, disk: Disk) -> Auditor:
    return Auditor(disk.opened, lambda: us.keys, Stopped(), open_log("critical", "json"))


def entries(path: Path) -> list[Deed]:
    with log_at(path) as log:
        return [read_deed(row.raw) for row in log.rows(0, 10_000)]


def test_what_waits_gets_its_number_and_the_head_is_signed_at_the_end(us: Party, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "audit.db")
    audit = auditor(us, disk)

    async def scene() -> list[int]:
        return [await audit.write(deed(number, Action.SEAL, Outcome.BEGUN)) for number in range(3)]

    assert asyncio.run(scene()) == [0, 1, 2]
    audit.close()
    audit.close()
    with log_at(disk.path) as log:
        assert us.verify(log).signed == 3


def test_repetitions_are_counted_and_refusals_are_not_lost(us: Party, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "audit.db")
    audit = auditor(us, disk)
    for number in range(100):
        audit.note(deed(number))
        audit.note(deed(number, outcome=Outcome.REFUSED, code="policy-refused"))
    audit.close()
    found = entries(disk.path)
    assert len(found) == 4
    assert sum(each.count for each in found if each.outcome is Outcome.REFUSED) == 100
    assert sum(each.count for each in found if each.outcome is Outcome.ALLOWED) == 100


def test_heads_are_signed_as_the_log_grows_and_when_asked(us: Party, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "audit.db")
    audit = auditor(us, disk)

    async def scene() -> None:
        await asyncio.gather(*[audit.write(deed(number, Action.SEAL)) for number in range(2 * SIGN_ENTRIES)])
        await audit.write(deed(0, Action.SEAL))
        await audit.sign()

    asyncio.run(scene())
    head = audit.log().last_head()
    assert head is not None
    assert head.size == 2 * SIGN_ENTRIES + 1
    audit.close()


def test_while_it_cannot_be_written_acts_are_refused_and_the_gap_is_an_entry(us: Party, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "audit.db")
    disk.full = True
    audit = auditor(us, disk)

    async def refused() -> None:
        with pytest.raises(LocalFault, match="audit-unavailable"):
            await audit.write(deed(1, Action.SEAL, Outcome.BEGUN))
        with pytest.raises(LocalFault, match="audit-unavailable"):
            await audit.sign()

    audit.note(deed(2))
    audit.note(deed(3, outcome=Outcome.FAILED))
    asyncio.run(refused())
    disk.full = False
    assert asyncio.run(audit.write(deed(9, Action.SEAL))) > 0
    audit.close()
    gap, *others = entries(disk.path)
    assert (gap.action, gap.count, gap.code) == (Action.GAP, 2, "audit-unavailable")
    assert (gap.time_ms, gap.last_ms) == (deed(2).time_ms, deed(3).time_ms)
    assert [each.action for each in others] == [Action.SEAL]
    with log_at(disk.path) as log:
        assert us.verify(log).genuine


def test_after_the_end_nothing_is_taken(us: Party, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "audit.db")
    audit = auditor(us, disk)
    audit.close()
    audit.note(deed(1))
    with pytest.raises(LocalFault, match="audit-unavailable"):
        asyncio.run(audit.write(deed(1, Action.SEAL)))
    assert not disk.path.exists()
