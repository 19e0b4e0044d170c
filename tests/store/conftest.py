"""Every test of the contract runs against each store; ``reopened`` gives what the store is after a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rabita.ports import Store
from rabita.store.memory import MemoryStore
from rabita.store.sqlite import open_store
from tests.store.rows import LINE, OTHER_LINE, record


@pytest.fixture(params=["memory", "sqlite"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store: Store = MemoryStore() if request.param == "memory" else open_store(tmp_path / "node.db")
    yield store
    store.close()


@pytest.fixture
def store(bare: Store) -> Store:
    for line in (LINE, OTHER_LINE):
        bare.add_line(record(line))
    return bare
