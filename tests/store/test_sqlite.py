"""The SQLite store against the real world: killed processes, full and read-only disks, flipped bytes, live backups."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Event, Thread

import pytest
from sqlalchemy import Pool, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from rabita.line.changes import Changes
from rabita.line.errors import InvariantBroken, LocalFault, UserFault
from rabita.store.memory import MemoryStore
from rabita.store.sqlite import SqliteStore, open_store
from tests.store.rows import (
    CONTROL,
    LINE,
    NOW_MS,
    ROUTINE,
    THEIRS,
    WITHHELD,
    Author,
    everything,
    keep,
    new_logs,
    record,
)

PAGE_BYTES = 8_192
ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = open_store(path)
    opened.add_line(record())
    yield opened
    opened.close()


@contextmanager
def every_connection(pragma: str) -> Iterator[None]:
    """Give every connection opened meanwhile a setting of SQLite's, to make a disk small or read-only."""

    def taken(connection: DBAPIConnection, _record: object, _proxy: object) -> None:
        connection.cursor().execute(f"PRAGMA {pragma}")

    event.listen(Pool, "checkout", taken)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", taken)


def test_all_of_it_is_there_after_a_restart(store: SqliteStore, path: Path) -> None:
    author, control = Author(ROUTINE), Author(CONTROL)
    keep(store, author.batch(3, portions=(b"w",), withheld=(WITHHELD,)), control.batch(1))
    store.commit([Changes(LINE, receipts=(author.receipt(3),), facts=(("a", "1"),))], NOW_MS)
    before = everything(store)
    store.close()
    again = open_store(path)
    assert everything(again) == before
    keep(again, author.batch(1))
    assert [found.seq for found in again.listed(LINE, "", 0, 9)] == [5, 4, 3, 2, 1]
    again.close()


@pytest.mark.parametrize("lines", [1, 5, 12, 30, 60])
def test_a_killed_process_leaves_a_prefix_with_all_it_called_durable(path: Path, lines: int) -> None:
    command = [sys.executable, "-m", "tests.store.committing", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        durable = [int(process.stdout.readline()) for _ in range(lines)][-1]
        process.send_signal(signal.SIGKILL)
        durable = max([durable, *[int(each) for each in process.stdout.read().splitlines()]])
    store = open_store(path)
    (head,) = store.logs(LINE)
    size = head.frontier.size
    sizes = [at for at, _, _ in store.notes(LINE, ROUTINE, 0, 1000)]
    assert durable <= size
    assert [after - before for before, after in zip([0, *sizes], sizes, strict=False)] == [
        each % 40 + 1 for each in range(len(sizes))
    ]
    assert sizes[-1] == size == head.receipted == store.snapshot(LINE).facts["held"]
    assert len(store.leaves(LINE, ROUTINE, 0, size + 1)) == size
    assert [each.row.index for each in store.listed(LINE, "", 0, 10_000)] == list(range(size))[::-1]
    last = store.entry(LINE, ROUTINE, size - 1)
    assert last is not None
    assert last.row.withheld == (WITHHELD,)
    store.close()


def test_a_full_disk_refuses_a_commit_and_changes_nothing(path: Path) -> None:
    author = Author(ROUTINE)
    with every_connection("max_page_count=40"):
        store = open_store(path)
        store.add_line(record())
        keep(store, author.batch(1))
        before = everything(store)
        with pytest.raises(LocalFault, match="store-unavailable") as full:
            keep(store, Author(ROUTINE, author.frontier, author.n).batch(200, portions=(b"secret" * 1000,)))
        assert b"secret" not in repr(full.value).encode()
        assert everything(store) == before
        keep(store, author.batch(1))
        store.close()
    again = open_store(path)
    assert [head.frontier.size for head in again.logs(LINE)] == [2]
    again.close()


def test_a_read_only_disk_refuses_every_write_and_serves_every_read(path: Path, store: SqliteStore) -> None:
    keep(store, Author(ROUTINE).batch(2))
    before = everything(store)
    store.close()
    with every_connection("query_only=ON"):
        locked = open_store(path)
        writes: list[Callable[[], None]] = [
            lambda: keep(locked, Author(THEIRS).batch(1)),
            lambda: locked.add_line(record("new")),
            lambda: locked.purge(LINE, ROUTINE, 0),
        ]
        for write in writes:
            with pytest.raises(LocalFault, match="store-unavailable"):
                write()
        assert everything(locked) == before
        locked.close()


def test_a_database_in_use_elsewhere_refuses_a_write_and_changes_nothing(path: Path, store: SqliteStore) -> None:
    before = everything(store)
    store.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with every_connection("busy_timeout=1"):
        hasty = open_store(path)
        with pytest.raises(LocalFault, match="store-unavailable"):
            hasty.add_line(record("new"))
        assert everything(hasty) == before
        other.close()
        hasty.add_line(record("new"))
        hasty.close()


def test_a_number_no_column_holds_is_refused_and_changes_nothing(store: SqliteStore) -> None:
    author, before = Author(ROUTINE), everything(store)
    with pytest.raises(InvariantBroken):
        keep(store, author.sealed((author.rows(1)[0]._replace(n=2**63),)))
    assert everything(store) == before


def test_a_flipped_byte_is_never_worse_than_a_local_fault(path: Path, store: SqliteStore) -> None:
    for log in (ROUTINE, CONTROL, THEIRS):
        author = Author(log)
        keep(store, author.batch(12, portions=(b"w" * 300, None), withheld=(WITHHELD,)))
        store.commit([Changes(LINE, receipts=(author.receipt(12),), facts=((log.lane, "[1]"),))], NOW_MS)
    store.close()
    whole, random = path.read_bytes(), Random(1)
    damaged, faults = path.with_name("damaged.db"), 0
    for number in range(100):
        page, head = random.randrange(0, len(whole), PAGE_BYTES), random.randrange(64)  # a page begins with its map
        place = page + head if number % 2 else random.randrange(len(whole))
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << random.randrange(8)]) + whole[place + 1 :])
        faults += faults_of(damaged)
    assert faults > 10


def faults_of(path: Path) -> int:
    """Do everything with a damaged store, counting what is refused as it should be."""
    try:
        store = open_store(path)
    except (LocalFault, UserFault):
        return 1
    logs = (ROUTINE, CONTROL, THEIRS)
    calls: list[Callable[[], object]] = [
        lambda: store.snapshot(LINE),
        lambda: [store.batch(LINE, log, 0) for log in logs],
        lambda: [store.entry(LINE, log, index) for log in logs for index in range(12)],
        lambda: [store.listed(LINE, "", 0, 99), store.order(LINE, "PAK", 1, 0, 99), store.audit(9), store.lines()],
        lambda: [(store.notes(LINE, log, 0, 9), store.leaves(LINE, log, 0, 99)) for log in logs],
        lambda: keep(store, Author(ROUTINE._replace(epoch=2)).batch(1)),
        lambda: store.purge(LINE, ROUTINE, 3),
    ]
    faults = 0
    for call in calls:
        try:
            call()
        except (LocalFault, InvariantBroken):
            faults += 1
    store.close()
    return faults


def test_a_backup_taken_while_another_thread_commits_is_one_moment(store: SqliteStore, tmp_path: Path) -> None:
    author, stop, started = Author(ROUTINE), Event(), Event()
    keep(store, author.batch(1))

    def commit() -> None:
        while not stop.is_set():
            store.commit([Changes(LINE, (), (author.batch(5, withheld=(WITHHELD,)),))], NOW_MS)
            started.set()

    thread = Thread(target=commit)
    thread.start()
    try:
        assert started.wait(60)
        for number in range(5):
            store.backup(str(tmp_path / f"copy{number}.db"))
    finally:
        stop.set()
        thread.join()
    sizes = []
    for number in range(5):
        copy = open_store(tmp_path / f"copy{number}.db")
        (head,) = copy.logs(LINE)
        sizes.append(head.frontier.size)
        assert len(copy.leaves(LINE, ROUTINE, 0, 10_000)) == head.frontier.size
        assert copy.note(LINE, ROUTINE, head.frontier.size) == head.note
        copy.close()
    assert sizes == sorted(sizes)
    assert sizes[0] > 1


def test_a_backup_is_the_whole_store_for_its_owner_s_eyes(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    keep(store, Author(ROUTINE).batch(3, withheld=(WITHHELD,)))
    store.backup(str(tmp_path / "copy.db"))
    copy = open_store(tmp_path / "copy.db")
    assert everything(copy) == everything(store)
    copy.close()
    assert {each.stat().st_mode & 0o777 for each in (path, tmp_path / "copy.db")} == {0o600}


def test_a_backup_overwrites_nothing(store: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_bytes(b"")
    for each in (store, MemoryStore()):
        with pytest.raises(UserFault, match="backup-exists"):
            each.backup(str(tmp_path / "copy.db"))
    assert (tmp_path / "copy.db").read_bytes() == b""


def test_a_backup_that_cannot_be_written_leaves_no_file(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    keep(store, Author(ROUTINE).batch(60, portions=(b"w" * 1000,)))
    with pytest.raises(LocalFault, match="store-unavailable"):
        store.backup(str(tmp_path / "missing" / "copy.db"))
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-PAGE_BYTES] + b"\xff" * PAGE_BYTES)
    damaged = open_store(path)
    with pytest.raises(LocalFault, match="store-unavailable"):
        damaged.backup(str(tmp_path / "copy.db"))
    damaged.close()
    assert not (tmp_path / "copy.db").exists()


def test_a_store_in_memory_has_no_backup(tmp_path: Path) -> None:
    with pytest.raises(LocalFault, match="store-unavailable"):
        MemoryStore().backup(str(tmp_path / "copy.db"))


def test_a_purge_during_a_long_reading_says_so_and_is_done_when_repeated(store: SqliteStore, path: Path) -> None:
    keep(store, Author(ROUTINE).batch(1, portions=(b"words of the colonel",)))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM entries").fetchall()
    with every_connection("busy_timeout=1"), pytest.raises(LocalFault, match="store-unavailable"):
        store.purge(LINE, ROUTINE, 0)
    reader.close()
    store.purge(LINE, ROUTINE, 0)
    assert b"words of the colonel" not in everywhere(path)


def test_a_purge_leaves_the_words_in_no_file(store: SqliteStore, path: Path) -> None:
    authors = [Author(ROUTINE), Author(THEIRS)]
    words = {f"{author.log.party} {index}".encode() * 40 for author in authors for index in range(30)}
    for index in range(30):
        for author in authors:
            word = f"{author.log.party} {index}".encode() * 40
            keep(store, author.batch(1, portions=(word,), withheld=(word + WITHHELD,)))
    assert all(word in everywhere(path) for word in words)
    for index in range(1, 30, 2):
        for log in (ROUTINE, THEIRS):
            store.purge(LINE, log, index)
    left = {word for word in words if word in everywhere(path)}
    assert left == {word for word in words if int(word.split()[1][:2].strip(b"IP")) % 2 == 0}


def everywhere(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(path.name + "*")))


def test_another_thread_reads_only_what_is_committed(store: SqliteStore) -> None:
    author, stop, torn = Author(ROUTINE), Event(), []
    keep(store, author.batch(1))

    def read() -> None:
        while not stop.is_set():
            (head,) = store.logs(LINE)
            batch = store.batch(LINE, ROUTINE, head.frontier.size - 1)
            if batch is None or batch.note != head.note:
                torn.append(head.frontier.size)

    thread = Thread(target=read)
    thread.start()
    for _ in range(60):
        keep(store, author.batch(7))
    stop.set()
    thread.join()
    assert torn == []
    assert new_logs(ROUTINE)[0].log in {head.log for head in store.logs(LINE)}
