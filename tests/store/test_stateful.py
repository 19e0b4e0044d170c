"""Whatever valid changes come in whatever order, SQLite and memory give the same; a refused commit changes neither."""

import shutil
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rabita.line.changes import Changes
from rabita.line.errors import InvariantBroken
from rabita.line.ids import Lane, LogId
from rabita.line.record import AuditRow, EvidenceRow, OrderRow
from rabita.ports import Document, Store
from rabita.store.memory import MemoryStore
from rabita.store.sqlite import open_store
from tests.store.rows import LINE, OTHER_LINE, Author, entry_row, everything, record

LINES = st.sampled_from([LINE, OTHER_LINE])
LOGS = st.builds(
    LogId,
    st.sampled_from(["PAK", "IRN"]),
    st.integers(1, 2),
    st.sampled_from([Lane.CONTROL, Lane.FLASH, Lane.ROUTINE]),
)
SMALL = st.integers(0, 12)
NUMBERS = st.lists(st.integers(0, 2**53), max_size=6).map(tuple)
BYTES = st.binary(max_size=40)


class Stores(RuleBasedStateMachine):
    """Two stores told the same."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(mkdtemp())
        self.sqlite: Store = open_store(self.folder / "node.db")
        self.memory = MemoryStore()
        self.authors: dict[tuple[str, LogId], Author] = {}
        self.times = count(1)
        for line in (LINE, OTHER_LINE):
            for store in (self.sqlite, self.memory):
                store.add_line(record(line))

    def teardown(self) -> None:
        self.sqlite.close()
        shutil.rmtree(self.folder)

    def commit(self, *changes: Changes) -> None:
        now_ms = next(self.times)
        for store in (self.sqlite, self.memory):
            store.commit(changes, now_ms)

    def changes(self, line: str, log: LogId, entries: st.DataObject) -> Changes:
        """Draw a batch for a log, which is begun where it is new."""
        author = self.authors.get((line, log))
        logs = () if author else (Author(log).head(),)
        author = self.authors.setdefault((line, log), author or Author(log))
        rows = [
            entry_row(
                log,
                author.frontier.size + place,
                entries.draw(SMALL),
                act=entries.draw(BYTES),
                act_id=entries.draw(st.sampled_from([b"", b"a" * 16, b"b" * 16])),
                portions=entries.draw(st.lists(st.none() | BYTES, max_size=3).map(tuple)),
                withheld=entries.draw(st.lists(BYTES, max_size=2).map(tuple)),
                fault=entries.draw(st.sampled_from(["", "content-json"])),
            )
            for place in range(entries.draw(st.integers(1, 4)))
        ]
        batches = (author.sealed(tuple(rows)),)
        receipts = (author.receipt(author.frontier.size),) if entries.draw(st.booleans()) else ()
        return Changes(line, logs, batches, receipts)

    @rule(logs=st.lists(st.tuples(LINES, LOGS), min_size=1, max_size=3), entries=st.data())
    def seal(self, logs: list[tuple[str, LogId]], entries: st.DataObject) -> None:
        self.commit(*[self.changes(line, log, entries) for line, log in logs])

    @rule(line=LINES, log=LOGS, stopped=st.sampled_from(["", "fork"]), frozen_at=st.integers(-1, 9), note=BYTES)
    def change_head(self, line: str, log: LogId, stopped: str, frozen_at: int, note: bytes) -> None:
        author = self.authors.setdefault((line, log), Author(log))
        head = author.head(note=note, stopped=stopped)._replace(frozen_at=frozen_at)
        self.commit(Changes(line, (head,)))

    @rule(line=LINES, log=LOGS, which=SMALL)
    def receipt(self, line: str, log: LogId, which: int) -> None:
        author = self.authors.get((line, log))
        if author and author.notes:
            size = sorted(author.notes)[which % len(author.notes)]
            self.commit(Changes(line, receipts=(author.receipt(size, time_s=next(self.times)),)))

    @rule(line=LINES, log=LOGS, n=SMALL, seen=NUMBERS, items=st.lists(BYTES, max_size=2).map(tuple), value=SMALL)
    def rest(self, line: str, log: LogId, n: int, seen: tuple[int, ...], items: tuple[bytes, ...], value: int) -> None:
        orders = (OrderRow(log.party, log.epoch, n, b"l" * 32, seen),)
        evidence = (EvidenceRow(log, "fork", items),)
        audit = (AuditRow(value, "fork", line),)
        facts = ((f"fact {n}", str(value)),)
        self.commit(Changes(line, orders=orders, evidence=evidence, audit=audit, facts=facts))

    @rule(line=LINES, log=LOGS, index=SMALL)
    def purge(self, line: str, log: LogId, index: int) -> None:
        for store in (self.sqlite, self.memory):
            if log.lane is Lane.CONTROL:
                with pytest.raises(InvariantBroken):
                    store.purge(line, log, index)
            else:
                store.purge(line, log, index)

    @rule(kind=st.sampled_from(["charter", "descriptor"]), serial=st.integers(1, 3), note=BYTES)
    def document(self, kind: str, serial: int, note: bytes) -> None:
        for store in (self.sqlite, self.memory):
            store.put_document(Document(kind, "PAK", serial, note, "imported"))

    @rule(line=LINES, log=LOGS, other=LOGS)
    def contradict(self, line: str, log: LogId, other: LogId) -> None:
        author = self.authors.get((line, log))
        if author and author.notes:
            good = Changes(
                line, (Author(other).head(),) if (line, other) not in self.authors else (), facts=(("x", "1"),)
            )
            again = Changes(line, batches=(Author(log).batch(1),))
            for store in (self.sqlite, self.memory):
                with pytest.raises(InvariantBroken):
                    store.commit([good, again], 0)

    @rule()
    def crash(self) -> None:
        self.sqlite.close()
        self.sqlite, self.memory = open_store(self.folder / "node.db"), self.memory.clone()

    @rule(line=LINES, party=st.sampled_from(["", "PAK"]), before=SMALL, after=SMALL, items=st.integers(1, 3))
    def pages(self, line: str, party: str, before: int, after: int, items: int) -> None:
        one, two = self.sqlite, self.memory
        assert one.listed(line, party, before, items) == two.listed(line, party, before, items)
        assert one.order(line, "PAK", 1, after, items) == two.order(line, "PAK", 1, after, items)
        assert one.acts(line, b"a" * 16) == two.acts(line, b"a" * 16)

    @invariant()
    def same(self) -> None:
        if hasattr(self, "memory"):
            assert everything(self.sqlite) == everything(self.memory)


Stores.TestCase.settings = settings(stateful_step_count=12, max_examples=15)
TestStores = Stores.TestCase
