"""Looking a node over: files, database, every log against its checkpoints, keys, endpoints, clock, disk.

Nothing is changed. Each finding says what was looked at and, where something is wrong, what.
"""

import contextlib
import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from rabita.app.doctor_officers import officers, provider, web_origin
from rabita.app.doctor_settings import notice_targets, unsafe_settings
from rabita.app.findings import Finding
from rabita.app.home import FILE_MODE, FOLDER_MODE, Home
from rabita.app.policies import examine_policy
from rabita.app.settings import Settings
from rabita.app.space import FolderSpace, is_low
from rabita.bearers.certificate import transport_certificate
from rabita.bearers.endpoint import parse_endpoint
from rabita.keys.file import open_keys
from rabita.keys.sets import NodeKeys
from rabita.line.errors import RabitaError
from rabita.line.ids import origin
from rabita.line.keybook import checkpoint_keys_at, receipt_keys_at
from rabita.line.merkle import EMPTY, append, root
from rabita.line.note import Checkpoint
from rabita.line.record import LogRow
from rabita.line.signature import verify_note
from rabita.line.state import LineState, load
from rabita.line.verify import check_checkpoint
from rabita.services.audit_heads import own_descriptors, read_descriptors, verify_log
from rabita.services.caseindex import Indexer
from rabita.services.pairing import confirmed_descriptor
from rabita.store.audit_sqlite import SqliteAudit
from rabita.store.index_sqlite import open_index
from rabita.store.sqlite import SqliteStore, open_store

LEAVES_AT_ONCE: Final = 4_096
REACH_S: Final = 3
CLOCK_EARLIEST_MS: Final = 1_735_689_600_000
"""1 January 2025, before this program was written: a clock that says less is wrong."""


def examine(settings: Settings, passphrase: Callable[[], str]) -> list[Finding]:
    """Look a node over, running or not."""
    home = Home(settings.home)
    findings = [*_modes(home), *unsafe_settings(home, settings)]
    findings += [_quick_check(home.database), _disk(home, settings), _clock()]
    findings += [*_guarded("officers", lambda: officers(home, settings)), *web_origin(settings)]
    findings += _guarded("identity provider", lambda: provider(settings))
    findings += _guarded("notices", lambda: notice_targets(settings))
    try:
        store = open_store(home.database)
    except RabitaError as fault:
        return [*findings, Finding("store", ok=False, detail=fault.sentence)]
    try:
        findings += _guarded("keys", lambda: _keys(home, settings, store, passphrase()))
        for record in store.lines():
            findings += _guarded(f"line {record.line[:12]}", partial(_line, store, record.line))
        findings += [Finding(*each) for each in examine_policy(settings.policy_dir)]
        if home.audit.exists():
            findings += _guarded("audit log", lambda: _audit(home, settings, store))
        if home.index.exists():
            findings += _guarded("index", lambda: _index(home, store))
    finally:
        store.close()
    return findings


def _guarded(what: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """Turn a fault on the way into a finding."""
    try:
        return list(look())
    except RabitaError as fault:
        return [Finding(what, ok=False, detail=str(fault))]


def _modes(home: Home) -> Iterator[Finding]:
    """Look at who may read what."""
    files = [
        *(home.database, home.audit, home.index, home.drafts, home.desk, home.web_records, home.lock),
        *sorted(home.keys.glob("*.json")),
    ]
    for path, allowed in [(home.folder, FOLDER_MODE), (home.keys, FOLDER_MODE), *[(each, FILE_MODE) for each in files]]:
        if path.exists():
            mode = path.stat().st_mode & 0o777
            tight = not mode & ~allowed and path.stat().st_uid == os.getuid()
            yield Finding(f"mode of {path.name}", tight, "" if tight else f"{mode:o}: chmod {allowed:o} {path}")
    apart = not home.root_keys.exists()
    yield Finding("root key apart", apart, "" if apart else f"move {home.root_keys} away from this machine")


def _quick_check(path: Path) -> Finding:
    """Let SQLite look its file over."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            rows = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
    except sqlite3.Error as fault:
        rows = [str(fault)]
    return Finding("database", rows == ["ok"], "" if rows == ["ok"] else "; ".join(rows[:3]))


def _disk(home: Home, settings: Settings) -> Finding:
    space = FolderSpace(home.folder)
    low = is_low(space, settings)
    kept = f", below the reserve of {settings.disk_reserve_bytes // 2**20:,} MiB: only FLASH is taken in" if low else ""
    return Finding("disk space", not low, f"{space.free_bytes() // 2**20:,} MiB free{kept}")


def _clock() -> Finding:
    right = time.time_ns() // 1_000_000 >= CLOCK_EARLIEST_MS
    return Finding("clock", right, time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()))


def _keys(home: Home, settings: Settings, store: SqliteStore, passphrase: str) -> Iterator[Finding]:
    """Compare the node's keys with what our descriptor says of them."""
    keys = open_keys(home.node_keys, passphrase, NodeKeys)
    ours = confirmed_descriptor(store, settings.party)
    public = keys.public(transport_certificate)
    fits = (public.checkpoint, public.receipt, public.bundle) == (ours.checkpoint, ours.receipt, ours.bundle)
    fits = fits and public.transport[0] in ours.transport
    yield Finding("keys fit the descriptor", fits, "" if fits else f"descriptor {ours.serial} names other keys")
    expired = ours.expires_ms < time.time_ns() // 1_000_000
    yield Finding("descriptor in date", not expired, "rotate the keys: rabita keys rotate" if expired else "")


def _audit(home: Home, settings: Settings, store: SqliteStore) -> Iterator[Finding]:
    """Verify the audit log from its first entry."""
    log = SqliteAudit(home.audit)
    try:
        descriptors = read_descriptors(own_descriptors(store, settings.party), settings.party)
        verdict = verify_log(log, descriptors, settings.party)
    finally:
        log.close()
    said = "; ".join(f"{each.where}: {each.code}" for each in verdict.faults[:3])
    detail = said or f"{verdict.entries:,} entries, {verdict.signed:,} of them signed"
    yield Finding("audit log", verdict.genuine, detail)


def _index(home: Home, store: SqliteStore) -> Iterator[Finding]:
    """Say how far the index of cases is behind; a running node lets it catch up, and nothing is lost without it."""
    index = open_index(home.index)
    try:
        for record in store.lines():
            found = Indexer(store, index).progress(record.line)
            detail = f"{found.behind:,} entries behind" if found.behind else ""
            yield Finding(f"index of {record.line[:12]}", ok=True, detail=detail)
    finally:
        index.close()


def _line(store: SqliteStore, line: str) -> Iterator[Finding]:
    """Recompute every log of a line from its leaves and check its notes; try the counterpart's endpoints."""
    state = load(store.snapshot(line))
    for log, row in sorted(state.logs.items()):
        if row.frontier.size:
            name = f"log {log.party}/{log.epoch}/{log.lane} of {line[:12]}"
            yield from _guarded(name, partial(_log, store, state, row, name))
    for text in state.facts.books[state.peer].newest.endpoints:
        yield from _guarded(text, partial(_reach, text))
    for evidence in store.evidence(line):
        yield Finding(f"contradiction kept in {evidence.log.party}/{evidence.log.lane}", ok=False, detail=evidence.code)
    if state.behind:
        yield Finding("tail certain", ok=False, detail="rabita epoch open")


def _log(store: SqliteStore, state: LineState, row: LogRow, name: str) -> Iterator[Finding]:
    log, size = row.log, row.frontier.size
    frontier = EMPTY
    while frontier.size < size:
        leaves = store.leaves(state.line, log, frontier.size, min(frontier.size + LEAVES_AT_ONCE, size))
        if not leaves:
            yield Finding(name, ok=False, detail=f"leaves are missing from {frontier.size} on")
            return
        frontier = append(frontier, leaves)
    title = origin(state.line, log, row.nonce)
    keys = checkpoint_keys_at(state.facts.books[log.party], log, title, size)
    check_checkpoint(row.note, Checkpoint(title, size, root(frontier)), keys)
    if row.receipt:
        verify_note(row.receipt, receipt_keys_at(state.facts.books[state.peer], log, row.receipted)[0])
    yield Finding(name, frontier == row.frontier, f"{size:,} entries" if frontier == row.frontier else "another root")


def _reach(text: str) -> Iterator[Finding]:
    endpoint = parse_endpoint(text)
    try:
        socket.create_connection((endpoint.host, endpoint.port), REACH_S).close()
    except OSError as fault:
        yield Finding(f"endpoint {text}", ok=False, detail=fault.strerror or type(fault).__name__)
    else:
        yield Finding(f"endpoint {text}", ok=True)
