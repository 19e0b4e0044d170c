"""Files that a node keeps open while another process opens and closes them: nothing is pulled from under the node."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rabita.app.web_records import WebRecords
from rabita.store.audit_sqlite import SqliteAudit
from rabita.store.drafts_sqlite import SqliteDrafts
from rabita.store.index_sqlite import open_index
from rabita.store.officers_sqlite import SqliteOfficers
from rabita.store.sqlite import open_store

STRANGER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT * FROM sqlite_master").fetchall()
connection.close()
"""
"""What another program does that looks at the file: the last to close a write-ahead log takes it away."""


@pytest.mark.parametrize(
    "open_file",
    [open_store, open_index, SqliteOfficers, SqliteDrafts, WebRecords, SqliteAudit],
    ids=lambda each: each.__name__,
)
def test_another_process_takes_nothing_away_from_whoever_has_a_file_open_twice(
    open_file: Callable[[Path], Any], tmp_path: Path
) -> None:
    path = tmp_path / "file.db"
    first, second = open_file(path), open_file(path)
    log = Path(f"{path}-wal")
    assert log.exists()
    before = log.stat().st_ino
    subprocess.run([sys.executable, "-c", STRANGER, str(path)], check=True)
    assert log.exists()
    assert log.stat().st_ino == before
    second.close()
    first.close()
