"""The casebook as a command sees it: the store and the index of cases, brought up to date first.

Rule kept here: one process changes the index. Where a node runs, a command waits until it has followed; where none
runs, the command follows itself, in the node's place.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rabita.cli.common import Place, opened
from rabita.line.errors import UserFault

if TYPE_CHECKING:
    from rabita.services.casebook import Casebook
    from rabita.services.caseindex import Indexer

PATIENCE_S: Final = 10
LOOK_S: Final = 0.02


@contextmanager
def booked(where: Place) -> Iterator["Casebook"]:
    """Open the casebook with everything in the index that is durable now.

    Raises ``LocalFault``: ``store-unavailable``, ``index-unavailable``, ``index-busy``. A running node that is far
    behind is waited for ten seconds; then what it has followed is shown.
    """
    from rabita.app.outside import MachineClock
    from rabita.services.casebook import Casebook, builtin_annexes
    from rabita.services.caseindex import Indexer
    from rabita.store.index_sqlite import open_index

    with opened(where) as store:
        index = open_index(where.home.index)
        try:
            indexer = Indexer(store, index)
            try:
                with where.home.locked():
                    indexer.catch_up()
            except UserFault as fault:
                if fault.code != "node-running":
                    raise
                _await(indexer)
            yield Casebook(store, index, MachineClock(), builtin_annexes)
        finally:
            index.close()


def _await(indexer: "Indexer") -> None:
    end_s = time.monotonic() + PATIENCE_S
    while any(indexer.progress(each.line).behind for each in indexer.store.lines()) and time.monotonic() < end_s:
        time.sleep(LOOK_S)
