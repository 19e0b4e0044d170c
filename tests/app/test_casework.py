"""Two nodes whose officers act: what one says the other finds in its case, and both compute the same."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from rabita.app.casework import Said, say, signer
from rabita.app.drafting import credential
from rabita.app.node import Node
from rabita.keys.sets import OfficerKey
from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.services.case_reads import case, state_digest
from rabita.services.casework import Wanted, Words
from rabita.services.duties_read import owed
from tests.app.people import Pair, new_pair, node_of, play


async def officer(node: Node, line: str) -> OfficerKey:
    """Publish an officer's key on the line."""
    key = OfficerKey.generate(node.settings.party, "duty-officer")
    state = node.links[line].exchange.state
    await node.seal(line, Lane.CONTROL, credential(state, key, ("drafter", "releaser"), node.clock.now_ms()))
    return key


async def said(node: Node, key: OfficerKey, wanted: Wanted) -> Said:
    return await say(node, wanted, [signer(key, "drafter"), signer(key, "releaser")])


async def shows(node: Node, holds: Callable[[], object]) -> None:
    """Wait until the index of a node shows something."""
    await node.indexed()
    while not holds():
        await asyncio.sleep(0.01)  # what arrives, and its index, tell nobody in one place
        await node.indexed()


def digests(*nodes: Node) -> list[str]:
    """Give what each node computes of its one line."""
    return [state_digest(node.casebook, "") for node in nodes]


def message(pair: Pair, text: str) -> Wanted:
    return Wanted(pair.line, "message", "send", words=(Words(text),))


@pytest.mark.sockets
def test_what_one_says_the_other_answers_in_one_case(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with node_of(pair, 0) as pak, node_of(pair, 1) as irn:
            ours, theirs = await officer(pak, pair.line), await officer(irn, pair.line)
            sent = await said(pak, ours, message(pair, "A patrol is late."))
            assert sent.placed.reference == "X-PAK-R-0001"
            assert sent.case == sent.digest
            await shows(irn, lambda: owed(irn.casebook, pair.line).rows)
            (duty,) = owed(irn.casebook, pair.line).rows
            assert (duty.duty, duty.view) == ("handle", "owed")
            answer = await said(irn, theirs, Wanted(pair.line, "message", "acknowledge", basis=("X-PAK-R-0001",)))
            assert answer.case == sent.digest
            await shows(pak, lambda: len(set(digests(pak, irn))) == 1)
            assert case(pak.casebook, pair.line, sent.digest).case.state == "acknowledged"
            with pytest.raises(UserFault, match="wrong-state"):
                await said(pak, ours, Wanted(pair.line, "message", "acknowledge", basis=("X-PAK-R-0001",)))

    play(scene)


@pytest.mark.sockets
def test_the_index_catches_up_after_a_restart_and_by_itself(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with node_of(pair, 0, serve=False) as pak:
            key = await officer(pak, pair.line)
            await said(pak, key, message(pair, "one"))
        (tmp_path / "index.db").unlink(missing_ok=True)
        async with node_of(pair, 0) as pak:
            await said(pak, key, message(pair, "two"))
            assert len(pak.casebook.index.cases(pair.line, "message", "sent", 0, 9)) == 2

    play(scene)


@pytest.mark.sockets
def test_an_index_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        pair.homes[0].index.mkdir()
        async with node_of(pair, 0) as pak:
            key = await officer(pak, pair.line)
            assert (await said(pak, key, message(pair, "one"))).case

    play(scene)
