"""Proofs from tiles are those of the tree itself, whatever is kept, and cost a few reads however long a log is."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from rabita.line.ids import LogId
from rabita.line.merkle import inclusion_nodes, inclusion_proof, node_hash, perfect_subtrees, prove, root_of
from rabita.services.log_tree import TILE, LogTree, keep_subtrees, verified_proof
from rabita.store.index_sqlite import SqliteIndex, open_index
from rabita.store.memory import MemoryStore
from tests.store.rows import LINE, ROUTINE

LEVELS: Final = (8, 16)


class Leaves(MemoryStore):
    """A store of one log, by its leaf hashes alone; ``read`` counts those that were asked for."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        super().__init__()
        self.hashes = tuple(hashes)
        self.read = 0

    def leaves(self, line: str, log: LogId, first: int, end: int) -> tuple[bytes, ...]:
        del line, log
        found = self.hashes[first:end]
        self.read += len(found)
        return found


def hashes(count: int) -> list[bytes]:
    return [sha256(number.to_bytes(4)).digest() for number in range(count)]


def grown(store: MemoryStore, sizes: Sequence[int]) -> SqliteIndex:
    """Keep what a log completed as it grew through these sizes."""
    index, old = open_index(":memory:"), 0
    for size in sizes:
        with index.changing() as changes:
            keep_subtrees(store, changes, LINE, ROUTINE, (old, size))
        old = size
    return index


def kept(index: SqliteIndex, size: int) -> dict[int, tuple[bytes, ...]]:
    return {level: index.subtrees(LINE, ROUTINE, level, 0, size) for level in LEVELS}


@given(steps=st.lists(st.integers(0, 700), min_size=1, max_size=4), keeps=st.booleans(), data=st.data())
def test_a_proof_is_that_of_the_tree_whatever_is_kept(steps: list[int], keeps: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    sizes = [1 + sum(steps[: count + 1]) for count in range(len(steps))]
    every = hashes(sizes[-1])
    store = Leaves(every)
    index = grown(store, sizes) if keeps else None
    size = data.draw(st.integers(1, sizes[-1]))
    at = data.draw(st.integers(0, size - 1))
    tree = LogTree(store, index, LINE, ROUTINE, size)
    wanted = inclusion_proof(every[:size], at)
    assert tree.inclusion_proof(at) == wanted
    assert verified_proof(tree, every[at], at, root_of(every[:size])) == wanted
    assert verified_proof(tree, every[at], at, bytes(32)) is None


@given(steps=st.lists(st.integers(0, 700), min_size=1, max_size=5))
def test_what_is_kept_does_not_depend_on_how_a_log_grew(steps: list[int]) -> None:
    sizes = [sum(steps[: count + 1]) for count in range(len(steps))]
    store = Leaves(hashes(sizes[-1]))
    assert kept(grown(store, sizes), sizes[-1]) == kept(grown(store, sizes[-1:]), sizes[-1])


def test_a_long_log_is_proven_by_a_few_tiles() -> None:
    """Two tiles of each level at most: the one that the entry is in, and the one at the end of the log."""
    size = TILE**2 + 3 * TILE + 5
    store = Leaves(hashes(size))
    index, nodes = grown(store, [TILE**2 - 1, size]), perfect_subtrees(store.hashes)
    assert index.subtrees(LINE, ROUTINE, 16, 0, 9) == (nodes[16, 0],)
    assert index.subtrees(LINE, ROUTINE, 8, 0, size) == tuple([nodes[8, each] for each in range(size >> 8)])
    for at in (0, 255, 256, 40_000, TILE**2 - 1, TILE**2, size - 1):
        store.read = 0
        assert LogTree(store, index, LINE, ROUTINE, size).inclusion_proof(at) == prove(inclusion_nodes(at, size), nodes)
        assert store.read <= 2 * TILE


def test_what_is_missing_between_is_hashed_anew() -> None:
    every = hashes(5 * TILE)
    store, index = Leaves(every), open_index(":memory:")
    with index.changing() as changes:
        changes.keep_subtrees(LINE, ROUTINE, 8, 0, [root_of(every[:TILE])])
        changes.keep_subtrees(LINE, ROUTINE, 8, 2, [root_of(every[2 * TILE : 3 * TILE])])
    assert index.subtrees(LINE, ROUTINE, 8, 0, 5) == (root_of(every[:TILE]),)
    assert LogTree(store, index, LINE, ROUTINE, len(every)).inclusion_proof(7) == inclusion_proof(every, 7)


def test_what_is_kept_wrongly_neither_proves_nor_disproves() -> None:
    every = hashes(4 * TILE)
    store, index = Leaves(every), grown(Leaves(every), [4 * TILE])
    with index.changing() as changes:
        changes.keep_subtrees(LINE, ROUTINE, 8, 1, [node_hash(every[0], every[1])])
    tree = LogTree(store, index, LINE, ROUTINE, len(every))
    assert tree.inclusion_proof(7) != inclusion_proof(every, 7)
    assert verified_proof(tree, every[7], 7, root_of(every)) == inclusion_proof(every, 7)
