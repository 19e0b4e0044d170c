"""The tree against the recursions of the RFC, against known roots, and against anyone who bends a proof."""

import json
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line import merkle
from rabita.line.errors import InvariantBroken, PeerFault
from tests.vectors_build import VECTORS, merkle_vectors, path, subproof, tree

KNOWN_ROOTS: Final = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""Roots over the test leaves of Certificate Transparency (github.com/google/certificate-transparency)."""

VECTOR: Final[dict[str, Any]] = json.loads((VECTORS / "merkle.json").read_text(encoding="utf-8"))


def leaves(size: int) -> list[bytes]:
    return [number.to_bytes(4, "big") for number in range(size)]


def hashes(size: int) -> list[bytes]:
    return [merkle.leaf_hash(leaf) for leaf in leaves(size)]


@st.composite
def positions(draw: st.DrawFn, size_max: int = 300) -> tuple[int, int]:
    """Draw (index, size) with the index inside the tree."""
    size = draw(st.integers(1, size_max))
    return draw(st.integers(0, size - 1)), size


def flipped(value: bytes, bit: int) -> bytes:
    raw = bytearray(value)
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    return bytes(raw)


def test_vectors_are_those_of_the_recursions_and_of_certificate_transparency() -> None:
    assert json.loads(json.dumps(merkle_vectors())) == VECTOR
    assert tuple(VECTOR["roots"]) == KNOWN_ROOTS


def test_vectors_hold() -> None:
    vector_hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in VECTOR["leaves"]]
    roots = [bytes.fromhex(each) for each in VECTOR["roots"]]
    assert [merkle.root_of(vector_hashes[:size]) for size in range(len(roots))] == roots
    for case in VECTOR["inclusion"]:
        index, size = case["index"], case["size"]
        proof = merkle.inclusion_proof(vector_hashes[:size], index)
        assert [each.hex() for each in proof] == case["proof"]
        merkle.verify_inclusion(vector_hashes[index], index, size, proof, roots[size])
    for case in VECTOR["consistency"]:
        old, new = case["old_size"], case["new_size"]
        proof = merkle.consistency_proof(vector_hashes[:new], old)
        assert [each.hex() for each in proof] == case["proof"]
        merkle.verify_consistency(old, roots[old], new, roots[new], proof)


@given(st.lists(st.integers(0, 300), max_size=5))
def test_appending_in_any_split_gives_the_tree_of_the_recursion(batches: list[int]) -> None:
    frontier, wanted = merkle.EMPTY, hashes(sum(batches))
    ends = [sum(batches[:count]) for count in range(len(batches) + 1)]
    for start, end in pairwise(ends):
        frontier = merkle.append(frontier, wanted[start:end])
    assert merkle.root(frontier) == tree(leaves(len(wanted)))
    assert frontier == merkle.append(merkle.EMPTY, wanted)
    assert merkle.frontier_from_bytes(merkle.frontier_bytes(frontier)) == frontier
    subtrees = merkle.perfect_subtrees(wanted)
    assert frontier.nodes == tuple(subtrees[node] for node in merkle.range_nodes(0, len(wanted)))


@given(positions())
def test_inclusion_proofs_are_those_of_the_recursion_and_verify(position: tuple[int, int]) -> None:
    index, size = position
    proof = merkle.inclusion_proof(hashes(size), index)
    assert list(proof) == path(index, leaves(size))
    merkle.verify_inclusion(hashes(size)[index], index, size, proof, tree(leaves(size)))


@given(positions())
def test_consistency_proofs_are_those_of_the_recursion_and_verify(position: tuple[int, int]) -> None:
    old, new = position[0] + 1, position[1]
    proof = merkle.consistency_proof(hashes(new), old)
    assert list(proof) == subproof(old, leaves(new), whole=True)
    merkle.verify_consistency(old, tree(leaves(old)), new, tree(leaves(new)), proof)


@given(positions(40), st.data())
def test_a_bent_inclusion_proof_is_refused(position: tuple[int, int], data: st.DataObject) -> None:
    index, size = position
    parts = [hashes(size)[index], tree(leaves(size)), *path(index, leaves(size))]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flipped(parts[which], data.draw(st.integers(0, 255)))
    with pytest.raises(PeerFault, match="proof-false"):
        merkle.verify_inclusion(parts[0], index, size, parts[2:], parts[1])


@given(positions(40), st.data())
def test_a_bent_consistency_proof_is_refused(position: tuple[int, int], data: st.DataObject) -> None:
    old, new = position[0] + 1, position[1]
    parts = [tree(leaves(old)), tree(leaves(new)), *subproof(old, leaves(new), whole=True)]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flipped(parts[which], data.draw(st.integers(0, 255)))
    with pytest.raises(PeerFault, match="proof-false"):
        merkle.verify_consistency(old, parts[0], new, parts[1], parts[2:])


@given(positions(40), st.integers(-2, 42))
def test_a_proof_serves_no_other_leaf(position: tuple[int, int], other: int) -> None:
    index, size = position
    if other != index:
        with pytest.raises(PeerFault, match="proof-false"):
            merkle.verify_inclusion(hashes(size)[index], other, size, path(index, leaves(size)), tree(leaves(size)))


@given(
    st.binary(max_size=40),
    st.integers(-1, 2**70),
    st.integers(-1, 2**70),
    st.lists(st.binary(min_size=30, max_size=33) | st.binary(min_size=32, max_size=32), max_size=70),
)
def test_from_a_foreign_proof_only_a_peer_fault_escapes(value: bytes, low: int, high: int, proof: list[bytes]) -> None:
    for root in (value, bytes(32)):
        with pytest.raises(PeerFault, match="proof-false"):
            merkle.verify_inclusion(root, low, high, proof, root)
        if low != high or proof:
            with pytest.raises(PeerFault, match="proof-false"):
                merkle.verify_consistency(low, root, high, root, proof)


def test_consistency_3_of_equal_sizes_the_roots_are_equal_and_the_proof_empty() -> None:
    root, other = tree(leaves(5)), tree(leaves(4))
    merkle.verify_consistency(5, root, 5, root, ())
    for proof, new_root in (((root,), root), ((), other)):
        with pytest.raises(PeerFault, match="proof-false"):
            merkle.verify_consistency(5, root, 5, new_root, proof)
    merkle.verify_consistency(0, merkle.EMPTY_ROOT, 0, merkle.EMPTY_ROOT, ())
    with pytest.raises(PeerFault, match="proof-false"):
        merkle.verify_consistency(0, merkle.EMPTY_ROOT, 0, root, ())


def test_consistency_4_every_tree_begins_with_the_empty_one() -> None:
    root = tree(leaves(5))
    assert merkle.consistency_proof(hashes(5), 0) == ()
    merkle.verify_consistency(0, merkle.EMPTY_ROOT, 5, root, ())
    for old_root, proof in ((root, ()), (merkle.EMPTY_ROOT, (root,))):
        with pytest.raises(PeerFault, match="proof-false"):
            merkle.verify_consistency(0, old_root, 5, root, proof)


def test_hashes_with_a_shifted_border_are_refused() -> None:
    left, right = hashes(2)
    root = merkle.node_hash(left, right)
    assert merkle.node_hash(left[:-1], left[-1:] + right) == root
    with pytest.raises(PeerFault, match="proof-false"):
        merkle.verify_inclusion(left[:-1], 0, 2, (left[-1:] + right,), root)


def test_a_plan_outside_the_tree_is_our_own_fault() -> None:
    with pytest.raises(InvariantBroken):
        merkle.inclusion_nodes(5, 5)
    with pytest.raises(InvariantBroken):
        merkle.consistency_nodes(6, 5)


@given(positions(70_000), st.integers(0, 70_000))
def test_a_store_of_every_eighth_level_serves_every_proof(position: tuple[int, int], old_size: int) -> None:
    index, size = position
    for plan in (merkle.inclusion_nodes(index, size), merkle.consistency_nodes(min(old_size, size), size)):
        nodes = [node for each in plan for node in each]
        assert len(plan) <= 18
        assert len(nodes) <= 2 * 18
        for level, start, end in map(merkle.stored_span, nodes):
            assert level in {0, 8, 16}
            assert end - start <= 128
            assert end << level <= size


def test_a_stored_span_gives_the_hash_of_its_node() -> None:
    subtrees = merkle.perfect_subtrees(hashes(1024))
    for node, wanted in subtrees.items():
        level, start, end = merkle.stored_span(node)
        assert merkle.root_of(subtrees[level, index] for index in range(start, end)) == wanted


@given(st.binary(max_size=200))
def test_frontier_bytes_are_read_strictly(raw: bytes) -> None:
    try:
        frontier = merkle.frontier_from_bytes(raw)
    except PeerFault:
        return
    assert merkle.frontier_bytes(frontier) == raw


@pytest.mark.parametrize("size", [1, 2, 3, 2**53])
def test_frontier_bytes_of_another_length_or_size_are_refused(size: int) -> None:
    whole = size.to_bytes(8, "big") + bytes(32 * size.bit_count())
    for raw in (whole + b"\0", whole[:-1], whole if size == 2**53 else b""):
        with pytest.raises(PeerFault, match="frontier-malformed"):
            merkle.frontier_from_bytes(raw)
