"""The append-only tree of a log (RFC 6962; RFC 9162 section 2.1; SHA-256): one root stands for every leaf below it.

Rules kept here: what a log remembers of its tree is a ``Frontier``, at most 53 hashes, never its history; a proof is
first a plan of subtree coordinates and only then hashes, so a store that keeps the roots of complete subtrees serves
any proof in O(log n) reads; whatever is wrong with a foreign proof, only ``PeerFault`` comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

import msgspec

from rabita.line.errors import PeerFault, ensure
from rabita.line.limits import INTEGER_MAX

HASH_BYTES: Final = 32
SIZE_BYTES: Final = 8
EMPTY_ROOT: Final = sha256(b"").digest()
STORED_LEVEL_STEP: Final = 8

Node: TypeAlias = tuple[int, int]
"""(level, index): the perfect subtree over the leaves from ``index << level`` to ``(index + 1) << level``."""
Plan: TypeAlias = tuple[tuple[Node, ...], ...]
"""One element per hash of a proof: the nodes, left to right, that fold into it."""


class Frontier(msgspec.Struct, frozen=True):
    """A tree of ``size`` leaves as the roots of its perfect subtrees, 32 bytes each, left (largest) to right."""

    size: int
    nodes: tuple[bytes, ...]


EMPTY: Final = Frontier(0, ())


def leaf_hash(data: bytes) -> bytes:
    """Hash the data of one leaf (RFC 9162 section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring subtrees into their parent (RFC 9162 section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def append(frontier: Frontier, leaf_hashes: Iterable[bytes]) -> Frontier:
    """Extend a tree by leaf hashes, in order; about one node hash per leaf, whatever the size of the tree.

    The new nodes are hashed a level at a time: each row is paired into the next, after the frontier's node of its
    level where the row begins with a right half; one left over at the end of a row is a node of the new frontier.
    """
    nodes, row, index, hasher = list(frontier.nodes), list(leaf_hashes), frontier.size, sha256
    size = index + len(row)
    ends: list[bytes] = []
    while row:
        if index & 1:
            row.insert(0, nodes.pop())
        if len(row) & 1:
            ends.append(row.pop())
        row = [hasher(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
        index >>= 1
    return Frontier(size, (*nodes, *reversed(ends)))


def fold(hashes: Sequence[bytes]) -> bytes:
    """Join the roots of ever smaller perfect subtrees, left to right, into the root over them all."""
    if not hashes:
        return EMPTY_ROOT
    *larger, root_hash = hashes
    for left in reversed(larger):
        root_hash = node_hash(left, root_hash)
    return root_hash


def root(frontier: Frontier) -> bytes:
    """Return the root hash of the tree, 32 bytes; that of the empty tree is SHA-256 of nothing."""
    return fold(frontier.nodes)


def root_of(hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes, or over the roots of equal perfect subtrees that are neighbours."""
    return root(append(EMPTY, hashes))


def frontier_bytes(frontier: Frontier) -> bytes:
    """Serialise a frontier: size as 8 bytes big-endian, then 32 bytes per perfect subtree."""
    return frontier.size.to_bytes(SIZE_BYTES, "big") + b"".join(frontier.nodes)


def frontier_from_bytes(raw: bytes) -> Frontier:
    """Read what ``frontier_bytes`` wrote; raises ``PeerFault`` (``frontier-malformed``) on any other length or size."""
    size = int.from_bytes(raw[:SIZE_BYTES], "big")
    if size > INTEGER_MAX or len(raw) != SIZE_BYTES + HASH_BYTES * size.bit_count():
        raise PeerFault("frontier-malformed", f"{len(raw)} bytes")
    return Frontier(size, tuple(raw[at : at + HASH_BYTES] for at in range(SIZE_BYTES, len(raw), HASH_BYTES)))


def range_nodes(start: int, end: int) -> tuple[Node, ...]:
    """Cover the leaves from *start* up to, not including, *end* by the fewest perfect subtrees, left to right."""
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        nodes.append((level, start >> level))
        start += 1 << level
    return tuple(nodes)


def stored_span(node: Node) -> tuple[int, int, int]:
    """Say which kept hashes make up *node*: (stored level, first index, index after the last), at most 128 of them.

    A store keeps the leaf hashes and the roots of complete subtrees at every eighth level; ``root_of`` over the
    span is the node's hash.
    """
    level, index = node
    stored_level = level - level % STORED_LEVEL_STEP
    return stored_level, index << (level - stored_level), (index + 1) << (level - stored_level)


def inclusion_nodes(index: int, size: int) -> Plan:
    """Plan the proof that leaf *index* is in the tree of *size* leaves (PATH of RFC 9162 section 2.1.3.1)."""
    ensure(0 <= index < size, "inclusion proof of a leaf outside the tree")
    plan: list[tuple[Node, ...]] = []
    start, end = 0, size
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            plan.append(range_nodes(middle, end))
            end = middle
        else:
            plan.append(range_nodes(start, middle))
            start = middle
    return tuple(reversed(plan))


def consistency_nodes(old_size: int, new_size: int) -> Plan:
    """Plan the proof that the tree of *old_size* begins that of *new_size* (PROOF of RFC 9162 section 2.1.4.1).

    From the empty tree, and between equal sizes, the plan is empty.
    """
    ensure(0 <= old_size <= new_size, "consistency proof from a larger tree to a smaller")
    plan: list[tuple[Node, ...]] = []
    start, end = 0, new_size if old_size else 0
    while end > old_size:
        middle = _split(start, end)
        if old_size <= middle:
            plan.append(range_nodes(middle, end))
            end = middle
        else:
            plan.append(range_nodes(start, middle))
            start = middle
    if start:  # the old tree ends inside a subtree of the new one, whose root the verifier cannot know yet
        plan.append(range_nodes(start, end))
    return tuple(reversed(plan))


def prove(plan: Plan, hashes: Mapping[Node, bytes]) -> tuple[bytes, ...]:
    """Turn a plan into a proof, 32 bytes per element, from the hashes of the nodes it names."""
    return tuple(fold([hashes[node] for node in nodes]) for nodes in plan)


def perfect_subtrees(leaf_hashes: Sequence[bytes]) -> dict[Node, bytes]:
    """Hash every perfect subtree over the leaves: all that any proof in their tree can need, in O(n)."""
    hashes: dict[Node, bytes] = {}
    row, level = list(leaf_hashes), 0
    while row:
        hashes.update(((level, index), value) for index, value in enumerate(row))
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)]
        level += 1
    return hashes


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Prove that leaf *index* is in the tree over all of *leaf_hashes*."""
    return prove(inclusion_nodes(index, len(leaf_hashes)), perfect_subtrees(leaf_hashes))


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Prove that the tree over all of *leaf_hashes* grew from the one over its first *old_size*."""
    return prove(consistency_nodes(old_size, len(leaf_hashes)), perfect_subtrees(leaf_hashes))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> None:
    """Check that the leaf hash *leaf* is number *index* in the tree of *size* leaves with root *root_hash*.

    Raises ``PeerFault`` (``proof-false``) unless (RFC 9162 section 2.1.3.2):
    1. the index lies in the tree, and the tree within the protocol's bound;
    2. leaf, root and proof are whole hashes, and the proof is as long as index and size require;
    3. the proof leads from the leaf to the root.
    """
    _require(0 <= index < size <= INTEGER_MAX)  # 1
    inner, border = _shape(index, size)
    _require(len(proof) == inner + border and _are_hashes(leaf, root_hash, *proof))  # 2
    _require(_climb_border(_climb(leaf, proof[:inner], index), proof[inner:]) == root_hash)  # 3


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree with *old_size* and *old_root* is the beginning of that with *new_size* and *new_root*.

    Raises ``PeerFault`` (``proof-false``) unless (RFC 9162 section 2.1.4.2):
    1. the sizes do not fall and stay within the protocol's bound;
    2. roots and proof are whole hashes;
    3. of equal sizes, the roots are equal and the proof empty;
    4. from the empty tree, the old root is that of the empty tree and the proof empty;
    5. otherwise the proof is as long as the sizes require, and
    6. leads to the old root, and
    7. leads to the new root.
    """
    _require(0 <= old_size <= new_size <= INTEGER_MAX)  # 1
    _require(_are_hashes(old_root, new_root, *proof))  # 2
    if old_size == new_size:
        _require(old_root == new_root)  # 3
    if old_size == 0:
        _require(old_root == EMPTY_ROOT)  # 4
    if old_size in (0, new_size):
        _require(not proof)  # 3, 4
        return
    shift = (old_size & -old_size).bit_length() - 1
    inner, border = _shape(old_size - 1, new_size)
    inner -= shift
    path = (old_root, *proof) if old_size == 1 << shift else tuple(proof)
    _require(len(path) == 1 + inner + border)  # 5
    seed, inner_path, border_path = path[0], path[1 : 1 + inner], path[1 + inner :]
    index = (old_size - 1) >> shift
    lefts = [sibling for height, sibling in enumerate(inner_path) if index >> height & 1]
    _require(_climb_border(_climb_border(seed, lefts), border_path) == old_root)  # 6
    _require(_climb_border(_climb(seed, inner_path, index), border_path) == new_root)  # 7


def _require(condition: bool) -> None:  # noqa: FBT001 - reads as a sentence at every call
    if not condition:
        raise PeerFault("proof-false")


def _are_hashes(*values: bytes) -> bool:
    """Tell whether all are 32 bytes: a shifted border between two hashes would otherwise keep their digest."""
    return all(len(value) == HASH_BYTES for value in values)


def _split(start: int, end: int) -> int:
    """Return where a range of two or more leaves divides: after the largest power of two below its length."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _shape(index: int, size: int) -> tuple[int, int]:
    """Count the steps from a leaf until its path joins the tree's right border, and the left siblings from there."""
    inner = (index ^ (size - 1)).bit_length()
    return inner, (index >> inner).bit_count()


def _climb(node: bytes, siblings: Sequence[bytes], index: int) -> bytes:
    """Hash upwards with siblings on the side that the bits of *index* tell."""
    for height, sibling in enumerate(siblings):
        node = node_hash(sibling, node) if index >> height & 1 else node_hash(node, sibling)
    return node


def _climb_border(node: bytes, siblings: Sequence[bytes]) -> bytes:
    """Hash upwards with every sibling on the left."""
    for sibling in siblings:
        node = node_hash(sibling, node)
    return node
