"""The thread behind the index: it yields to a busy line, and what goes wrong is tried again."""

import time
from pathlib import Path

import pytest

from rabita.app import indexing
from rabita.app.indexing import BUSY_ENTRIES, Indexing
from rabita.app.logs import open_log
from rabita.app.metrics import Metrics
from rabita.line.errors import LocalFault
from rabita.services.caseindex import Indexer
from rabita.store.index_sqlite import open_index
from tests.services.test_caseindex import spoken
from tests.services.transcribed import LINE, Holder


def made(tmp_path: Path) -> Indexing:
    holder = Holder(spoken())
    holder.take_all()
    indexer = Indexer(holder.store, open_index(tmp_path / "index.db"), slice_entries=2)
    return Indexing(indexer, Metrics(), open_log("critical", "json"))


def wait_for(following: Indexing) -> None:
    while following.progress(LINE).behind:
        time.sleep(0.01)


def test_what_goes_wrong_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "AGAIN_S", 0.01)
    following = made(tmp_path)
    faults: list[Exception] = [LocalFault("store-unavailable"), ZeroDivisionError()]
    whole = following.indexer.slice

    def slice_or_fail(line: str) -> bool:
        if faults:
            raise faults.pop()
        return whole(line)

    monkeypatch.setattr(following.indexer, "slice", slice_or_fail)
    following.start()
    while faults:
        following.wake(1)
        time.sleep(0.01)
    following.wake(1)
    wait_for(following)
    following.end()


def test_a_busy_line_is_told_from_one_at_rest(tmp_path: Path) -> None:
    following = made(tmp_path)
    following.wake(BUSY_ENTRIES)
    assert not following.is_busy()
    following.wake(1)
    assert following.is_busy()


def test_it_ends_while_it_is_behind(tmp_path: Path) -> None:
    following = made(tmp_path)
    following.wake(BUSY_ENTRIES + 1)
    following.start()
    following.end()
    following.indexer.index.close()
