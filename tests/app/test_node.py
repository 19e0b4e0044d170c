"""A node put together: two in one process over real TLS, what they are asked, and what disturbs them."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from rabita.app.answers import answer
from rabita.app.asks import Agree, Done, GetStatus, Happened, Placed, Refresh, Rotate, SealAct, SignHeads
from rabita.app.client import Client, connected
from rabita.app.control import ControlServer
from rabita.app.drafting import revocation
from rabita.app.founding import recovery_ring, rotate_keys
from rabita.app.node import Node
from rabita.line.errors import InvariantBroken, LocalFault, UserFault
from rabita.line.ids import Lane
from rabita.line.revocation import LogSize
from rabita.services.pairing import confirmed_descriptor, revoke
from rabita.services.reads import LineStatus, find_entry, inbox, summary, view
from rabita.services.recovery import acts_in_force, opening_draft
from tests.app.people import WORDS, Pair, new_pair, node_of, play, receipted, until, words


@pytest.mark.sockets
def test_what_one_seals_the_other_holds_and_receipts(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with node_of(pair, 0) as pak, node_of(pair, 1) as irn:
            first = await pak.seal(pair.line, Lane.ROUTINE, words(pak, pair.line, "good morning", withheld="a source"))
            assert first.reference == "X-PAK-R-0001"
            await until(pak, lambda: receipted(pak, pair.line) == 1)
            await irn.seal(pair.line, Lane.FLASH, words(irn, pair.line, "stop", Lane.FLASH))
            await until(irn, lambda: receipted(irn, pair.line, Lane.FLASH) == 1)
            (shown,) = inbox(irn.store, [pair.line], "", 0, 10)
            assert (shown.reference, shown.text, shown.withheld) == ("X-PAK-R-0001", "good morning", 1)
            theirs = view(irn.store, find_entry(irn.store, "X-PAK-R-0001"))
            assert [each.state for each in theirs.portions] == ["sent", "not disclosed"]
            ours = view(pak.store, find_entry(pak.store, "X-PAK-R-0001"))
            assert [each.text for each in ours.portions] == ["good morning", "a source"]
            assert ours.summary.receipted
            assert ours.proof is not None
            assert ours.proof.receipted_s > 0
            (status,) = [link.status() for link in pak.links.values()]
            assert status.state == "up"
            assert {lane.lane: lane.held for lane in status.lanes}[Lane.FLASH] == 1

    play(scene)


@pytest.mark.sockets
def test_what_was_sealed_without_a_bearer_goes_out_once_there_is_one(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with node_of(pair, 0, serve=False) as pak:
            for number in range(3):
                await pak.seal(pair.line, Lane.PRIORITY, words(pak, pair.line, f"{number}", Lane.PRIORITY))
            assert [link.status().state for link in pak.links.values()] == ["down"]
        async with node_of(pair, 1) as irn, node_of(pair, 0) as pak:
            await until(pak, lambda: receipted(pak, pair.line, Lane.PRIORITY) == 3)
            assert [each.text for each in inbox(irn.store, [pair.line], "X-PAK", 0, 2)] == ["2", "1"]

    play(scene)


@pytest.mark.sockets
def test_either_side_finds_the_other_again(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with node_of(pair, 0) as pak:
            for number in range(1, 4):
                async with node_of(pair, 1):
                    await pak.seal(pair.line, Lane.ROUTINE, words(pak, pair.line, "again"))
                    await until(pak, lambda number=number: receipted(pak, pair.line) == number)  # type: ignore[misc]  # - one lambda a round

    play(scene)


@pytest.mark.sockets
def test_a_rotation_is_learnt_by_the_other_side_and_the_old_key_can_be_revoked(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with node_of(pair, 1) as irn:
            async with node_of(pair, 0) as pak:
                await pak.seal(pair.line, Lane.ROUTINE, words(pak, pair.line, "before"))
                held = confirmed_descriptor(pak.store, "X-PAK")
                note = rotate_keys(pair.homes[0], held, pair.root(0), WORDS.node, 2)
                shown = pak.shown_generation()
                placed = await answer(pak, Rotate(note, WORDS.node))
                assert isinstance(placed, tuple)
                assert pak.shown_generation() == shown, "the other side may not know the new key yet"
                await pak.seal(pair.line, Lane.ROUTINE, words(pak, pair.line, "after"))
                await until(pak, lambda: receipted(pak, pair.line, Lane.CONTROL) == 1)
                await until(pak, lambda: receipted(pak, pair.line) == 2)
                assert irn.link(pair.line).exchange.state.facts.books["X-PAK"].newest.serial == 2
            async with node_of(pair, 0) as pak:
                state = pak.link(pair.line).exchange.state
                sizes = [LogSize(*log, row.frontier.size) for log, row in state.logs.items()]
                book = state.facts.books["X-PAK"]
                note = revoke(pair.root(0), book.newest, held.checkpoint.ed25519, sizes, 3)
                await pak.seal(pair.line, Lane.CONTROL, revocation(state, note, pak.clock.now_ms()))
                await pak.seal(pair.line, Lane.ROUTINE, words(pak, pair.line, "with the new key"))
                await until(pak, lambda: receipted(pak, pair.line) == 3)
                assert pak.shown_generation().number == 2
                assert irn.link(pair.line).exchange.state.facts.books["X-PAK"].eras[0].good_until is not None

    play(scene)


@pytest.mark.sockets
def test_what_a_closed_epoch_lost_is_sealed_anew_and_shown_once(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with node_of(pair, 0) as pak:
            async with node_of(pair, 1):
                await pak.seal(pair.line, Lane.ROUTINE, words(pak, pair.line, "first"))
                await until(pak, lambda: receipted(pak, pair.line) == 1)
            for text in ("second", "third"):
                await pak.seal(pair.line, Lane.ROUTINE, words(pak, pair.line, text))
            recovery = recovery_ring(pair.homes[0].recovery_keys, WORDS.recovery)
            opening = opening_draft(pak.link(pair.line).exchange.state, recovery, b"n" * 16, b"i" * 16)
            await pak.seal(pair.line, Lane.CONTROL, opening)
            async with node_of(pair, 1) as irn:
                await until(pak, lambda: receipted(pak, pair.line, epoch=2) == 2)
                acts = acts_in_force(irn.store, pair.line, "X-PAK")
                entries = [irn.store.entry(pair.line, each.log, each.index) for each in acts]
                texts = [summary(irn.store, each).text for each in entries if each is not None]
                assert [text for text in texts if text] == ["first", "second", "third"]

    play(scene)


async def running(stack: AsyncExitStack, pair: Pair, side: int) -> tuple[Node, Client]:
    """Run a node with its control socket and give a client of it."""
    node = await stack.enter_async_context(node_of(pair, side))
    control = ControlServer(node)
    await control.open()
    stack.push_async_callback(control.close)
    client = await stack.enter_async_context(connected(pair.homes[side].socket))
    assert client is not None
    return node, client


@pytest.mark.sockets
def test_the_control_socket_answers_and_tells_news(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with AsyncExitStack() as stack:
            pak, client = await running(stack, pair, 0)
            _, other = await running(stack, pair, 1)
            assert pair.homes[0].socket.stat().st_mode & 0o777 == 0o600
            heard: list[Happened] = []
            told = asyncio.Event()

            async def hear() -> None:
                async for each in other.news():
                    heard.append(each)
                    told.set()

            hearing = asyncio.create_task(hear())
            drafts = [words(pak, pair.line, f"act {number}") for number in range(20)]
            asks = [SealAct(pair.line, Lane.ROUTINE, each.act, each.approvals, each.portions) for each in drafts]
            placed = await asyncio.gather(*[client.ask(each, Placed) for each in asks])
            assert sorted(each.index for each in placed) == list(range(20))
            await until(pak, lambda: receipted(pak, pair.line) == 20)
            while sum(each.count for each in heard if each.what == "arrived") < 20:
                told.clear()
                await told.wait()
            (status,) = await client.ask(GetStatus(), list[LineStatus])
            assert status.line == pair.line
            assert await client.ask(SignHeads(pair.line), Done) == Done()
            assert await client.ask(Refresh(), Done) == Done()
            assert await client.ask(Agree(pair.line, 2), Done) == Done()
            assert pak.link(pair.line).exchange.state.accord == 2
            with pytest.raises(UserFault, match="line-unknown"):
                await client.ask(SignHeads("nothing"), Done)
            with pytest.raises(UserFault, match="act-malformed"):
                await client.ask(SealAct(pair.line, Lane.ROUTINE, b"{}"), Placed)
            hearing.cancel()

    play(scene)


@pytest.mark.sockets
@pytest.mark.parametrize("said", [b"\xff\xff\xff\xff", b"\0\0\0\2{}", b"\0\0\0\5hello"])
def test_who_cannot_be_read_is_hung_up_on_and_the_node_goes_on(tmp_path: Path, said: bytes) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with AsyncExitStack() as stack:
            _, client = await running(stack, pair, 0)
            reader, writer = await asyncio.open_unix_connection(pair.homes[0].socket)
            writer.write(said)
            assert b"ask-malformed" in await reader.read()
            writer.close()
            await writer.wait_closed()
            assert len(await client.ask(GetStatus(), list[LineStatus])) == 1

    play(scene)


@pytest.mark.sockets
def test_a_client_learns_that_the_node_went_away(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with AsyncExitStack() as stack:
            async with AsyncExitStack() as inner:
                node = await inner.enter_async_context(node_of(pair, 0))
                control = ControlServer(node)
                await control.open()
                client = await stack.enter_async_context(connected(pair.homes[0].socket))
                assert client is not None
                await client.ask(Refresh(), Done)
                await control.close()
            with pytest.raises(LocalFault, match="node-unreachable"):
                await client.ask(GetStatus(), list[LineStatus])
            async with connected(pair.homes[0].socket) as nobody:
                assert nobody is None

    play(scene)


@pytest.mark.sockets
def test_records_in_contradiction_stop_the_node(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with node_of(pair, 0, serve=False) as pak:
            before = pak.link(pair.line).exchange.state
            await pak.seal(pair.line, Lane.ROUTINE, words(pak, pair.line, "once"))
            pak.link(pair.line).exchange.state = before
            pak.link(pair.line).exchange.seal(words(pak, pair.line, "over it"), Lane.ROUTINE, lambda _: None)
            with pytest.raises(InvariantBroken):
                await pak.broken

    play(scene)
