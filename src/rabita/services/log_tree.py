"""The tree of a log, read a few hashes at a time, so that what proves an entry costs the same however long its log is.

Hashes come in tiles, 256 neighbours of one level, levels in steps of eight (C2SP tlog-tiles): leaves from the store,
roots of whole subtrees from the index, which keeps them as it follows a log. Rule kept here: what the index lacks is
hashed anew from the level below, so that a proof is the same whatever is kept; none is given out unverified.
"""

from typing import Final

from rabita.line.errors import PeerFault
from rabita.line.ids import LogId
from rabita.line.merkle import (
    STORED_LEVEL_STEP,
    Node,
    inclusion_nodes,
    prove,
    root_of,
    stored_span,
    verify_inclusion,
)
from rabita.ports import Store
from rabita.ports.index import IndexChanges, IndexQueries

TILE: Final = 1 << STORED_LEVEL_STEP


class LogTree:
    """The tree over the first *size* entries of a log; *kept* has roots of its subtrees, None: none are kept."""

    def __init__(self, store: Store, kept: IndexQueries | None, line: str, log: LogId, size: int) -> None:
        self._store = store
        self._kept = kept
        self._line = line
        self._log = log
        self.size = size
        self._tiles: dict[Node, tuple[bytes, ...]] = {}

    def inclusion_proof(self, index: int) -> tuple[bytes, ...]:
        """Prove that entry *index* is in the tree (``merkle.inclusion_proof``)."""
        plan = inclusion_nodes(index, self.size)
        return prove(plan, {node: self._hash(node) for nodes in plan for node in nodes})

    def without_kept(self) -> "LogTree":
        """Give the same tree, of which nothing is kept."""
        return LogTree(self._store, None, self._line, self._log, self.size)

    def made(self, level: int, first: int, end: int) -> tuple[bytes, ...]:
        """Hash the subtrees of a stored level above the leaves, from index *first* up to *end*, from those below."""
        step = STORED_LEVEL_STEP
        below = self._row(level - step, first << step, end << step) if first < end else ()
        return tuple([root_of(below[at : at + TILE]) for at in range(0, len(below), TILE)])

    def _hash(self, node: Node) -> bytes:
        level, first, end = stored_span(node)
        number, at = divmod(first, TILE)
        return root_of(self._tile(level, number)[at : at + end - first])

    def _tile(self, level: int, number: int) -> tuple[bytes, ...]:
        """Read a tile once; the last of a level is as long as the tree has whole subtrees for."""
        if (level, number) not in self._tiles:
            end = min((number + 1) * TILE, self.size >> level)
            self._tiles[level, number] = self._row(level, number * TILE, end)
        return self._tiles[level, number]

    def _row(self, level: int, first: int, end: int) -> tuple[bytes, ...]:
        if level == 0:
            return self._store.leaves(self._line, self._log, first, end)
        kept = self._kept.subtrees(self._line, self._log, level, first, end) if self._kept is not None else ()
        return (*kept, *self.made(level, first + len(kept), end))


def verified_proof(tree: LogTree, leaf: bytes, index: int, root: bytes) -> tuple[bytes, ...] | None:
    """Prove under *root* (32 bytes) that entry *index* has this leaf hash; None where the proof does not hold.

    Where what is kept does not lead there, the leaves alone are asked, which are what was signed.
    """
    for each in (tree, tree.without_kept()):
        hashes = each.inclusion_proof(index)
        try:
            verify_inclusion(leaf, index, each.size, hashes, root)
        except PeerFault:
            continue
        return hashes
    return None


def keep_subtrees(store: Store, changes: IndexChanges, line: str, log: LogId, sizes: tuple[int, int]) -> None:
    """Keep the roots of the subtrees that a log completed as it grew from the first of *sizes* to the second."""
    old, new = sizes
    tree, level = LogTree(store, changes, line, log, new), STORED_LEVEL_STEP
    while (first := old >> level) < (end := new >> level):
        changes.keep_subtrees(line, log, level, first, tree.made(level, first, end))
        level += STORED_LEVEL_STEP
