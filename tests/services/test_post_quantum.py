"""How far logs are signed for the long term is found by looking at what is new alone, as if all was looked at."""

from hypothesis import given
from hypothesis import strategies as st

from rabita.line.ids import Lane
from rabita.services.reads import PostQuantum
from tests.line.players import Node

STEPS = ("seal", "flash", "attest", "look")


@given(steps=st.lists(st.sampled_from(STEPS), max_size=12))
def test_what_is_found_is_what_looking_anew_finds(steps: list[str]) -> None:
    node = Node()
    known = PostQuantum(node.disk)
    for number, step in enumerate((*steps, "look")):
        if step == "attest":
            node.exchange.attest()
        elif step == "look":
            state = node.exchange.state
            assert known.sizes(state) == PostQuantum(node.disk).sizes(state)
        else:
            node.seal(Lane.FLASH if step == "flash" else Lane.ROUTINE, f"words {number}")


def test_a_head_that_is_signed_where_it_stands_is_looked_at_again() -> None:
    node = Node()
    known = PostQuantum(node.disk)
    node.seal(Lane.ROUTINE, "one")
    name = f"{node.us}/{Lane.ROUTINE}"
    assert name not in known.sizes(node.exchange.state)
    node.exchange.attest()
    assert known.sizes(node.exchange.state)[name] == 1
    node.seal(Lane.ROUTINE, "two")
    assert known.sizes(node.exchange.state)[name] == 1
