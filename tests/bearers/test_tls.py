"""Two nodes over real TLS on this machine: who gets in, what passes, and how it ends."""

import asyncio
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import pytest

from rabita.bearers.channel import Channel
from rabita.bearers.endpoint import Endpoint
from rabita.line.errors import InvariantBroken, LocalFault, PeerFault
from rabita.line.limits import FRAME_BYTES_MAX
from tests.bearers.people import IRN, LINE, PAK, STRANGER, Diary, Node, Person, listener, node, person, play

pytestmark = pytest.mark.sockets
OTHER_LINE: Final = sha256(b"another line").digest()


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever callers do, nothing of it reaches the log."""
    yield
    assert caplog.records == []


async def pair() -> tuple[Node, Node, Channel, Channel]:
    """Return PAK, IRN, and the two ends of a channel that PAK dialled."""
    pak, irn = await node(PAK, IRN), await node(IRN, PAK)
    dialled = await pak.bearer.dial(irn.at, "IRN", LINE)
    await irn.diary.until(lambda: irn.diary.channels)
    return pak, irn, dialled, irn.diary.channels[0]


async def end(*nodes: Node) -> None:
    for each in nodes:
        await each.bearer.close()


def test_the_right_pins_connect_and_both_know_whom_they_speak_to() -> None:
    async def scene() -> None:
        pak, irn, dialled, accepted = await pair()
        assert (dialled.peer_party, dialled.line_id, dialled.dialled) == ("IRN", LINE, True)
        assert (accepted.peer_party, accepted.line_id, accepted.dialled) == ("PAK", LINE, False)
        assert dialled.peer_pin != accepted.peer_pin
        await end(pak, irn)
        assert (pak.diary.ends, irn.diary.ends) == ([None], [None])
        assert (pak.diary.refusals, irn.diary.refusals) == ([], [])

    play(scene)


def test_frames_of_every_size_arrive_in_order_both_ways() -> None:
    frames = [bytes([size % 251]) * size for size in (0, 1, 15, 16, 1024, 16_384, 16_385, 65_536, FRAME_BYTES_MAX)] * 20

    async def scene() -> None:
        pak, irn, dialled, accepted = await pair()
        dialled.send(frames)
        for frame in frames:
            accepted.send([frame])
        assert accepted.unsent_bytes > 0
        await irn.diary.until(lambda: len(irn.diary.received) == len(frames))
        await pak.diary.until(lambda: len(pak.diary.received) == len(frames))
        assert pak.diary.received == irn.diary.received == frames
        assert accepted.unsent_bytes == 0
        await end(pak, irn)

    play(scene)


def test_frames_sent_while_opening_and_just_before_closing_arrive() -> None:
    async def scene() -> None:
        def greet(channel: Channel) -> None:
            channel.send([b"first", b"last"])
            channel.close()
            channel.send([b"too late"])

        pak, irn = await node(PAK, IRN, diary=Diary(on_opened=greet)), await node(IRN, PAK)
        await pak.bearer.dial(irn.at, "IRN", LINE)
        await irn.diary.until(lambda: irn.diary.ends)
        assert irn.diary.received == [b"first", b"last"]
        assert irn.diary.ends == [None]
        await end(pak, irn)

    play(scene)


@pytest.mark.parametrize(
    ("caller", "caller_trusts", "callee_trusts", "caller_code", "callee_code"),
    [
        pytest.param(STRANGER, IRN, PAK, "tls-failed", "pin-unknown", id="caller unknown"),
        pytest.param(PAK, person("IRN"), PAK, "pin-unknown", "tls-failed", id="callee unknown"),
        pytest.param(STRANGER, person("IRN"), PAK, "pin-unknown", "tls-failed", id="both unknown"),
    ],
)
def test_a_wrong_certificate_is_refused(
    caller: Person, caller_trusts: Person, callee_trusts: Person, caller_code: str, callee_code: str
) -> None:
    async def scene() -> None:
        calling, called = await node(caller, caller_trusts), await node(IRN, callee_trusts)
        with pytest.raises(PeerFault, match=caller_code):
            await calling.bearer.dial(called.at, "IRN", LINE)
        await called.diary.until(lambda: called.diary.refusals)
        assert called.diary.refusals == [callee_code]
        assert called.diary.channels == calling.diary.channels == []
        assert calling.diary.refusals == []
        await end(calling, called)

    play(scene)


def test_a_node_without_peers_refuses_everybody_and_dials_nobody() -> None:
    async def scene() -> None:
        pak, alone = await node(PAK, IRN), await node(IRN)
        with pytest.raises(PeerFault, match="tls-failed"):
            await pak.bearer.dial(alone.at, "IRN", LINE)
        with pytest.raises(PeerFault, match="pin-unknown"):
            await alone.bearer.dial(pak.at, "PAK", LINE)
        await end(pak, alone)
        assert alone.diary.refusals == ["pin-unknown"]

    play(scene)


def test_trust_may_change_while_the_node_runs() -> None:
    async def scene() -> None:
        pak, irn, dialled, accepted = await pair()
        irn.bearer.trust([STRANGER.peer])
        with pytest.raises(PeerFault):
            await pak.bearer.dial(irn.at, "IRN", LINE)
        dialled.send([b"still here"])
        await irn.diary.until(lambda: irn.diary.received)
        with pytest.raises(PeerFault, match="key-malformed"):
            irn.bearer.trust([PAK.peer, type(PAK.peer)("X", (b"no certificate",))])
        irn.bearer.trust([STRANGER.peer, PAK.peer])
        await pak.bearer.dial(irn.at, "IRN", LINE)
        assert not accepted.ending
        await end(pak, irn)

    play(scene)


def test_a_line_the_party_may_not_open_is_refused() -> None:
    async def scene() -> None:
        pak, irn = await node(PAK, IRN), await node(IRN, PAK)
        with pytest.raises(PeerFault):
            await pak.bearer.dial(irn.at, "IRN", OTHER_LINE)
        await irn.diary.until(lambda: irn.diary.refusals)
        assert irn.diary.refusals == ["handshake-failed"]
        await end(pak, irn)

    play(scene)


def test_a_party_that_names_another_s_key_as_its_own_gains_nothing() -> None:
    async def scene() -> None:
        diary = Diary(lines=frozenset({("PAK", LINE), ("THIEF", OTHER_LINE)}))
        pak, irn = await node(PAK, IRN), await node(IRN, diary=diary)
        irn.bearer.trust([type(PAK.peer)("THIEF", PAK.peer.certificates_der), PAK.peer])
        await pak.bearer.dial(irn.at, "IRN", LINE)
        await irn.diary.until(lambda: irn.diary.channels)
        assert irn.diary.channels[0].peer_party == "PAK"
        await end(pak, irn)

    play(scene)


@pytest.mark.parametrize(("fault", "code"), [(None, None), (PeerFault("frame-malformed"), "frame-malformed")])
def test_the_owner_ends_a_channel_with_or_without_fault(fault: PeerFault | None, code: str | None) -> None:
    async def scene() -> None:
        pak, irn, dialled, accepted = await pair()
        accepted.close(fault)
        await accepted.wait_closed()
        await dialled.wait_closed()
        assert irn.diary.ends == [code]
        assert pak.diary.ends == [None if code is None else "connection-lost"]
        dialled.send([b"nobody hears this"])
        await end(pak, irn)

    play(scene)


def test_a_fault_the_owner_raises_over_a_frame_closes_the_channel() -> None:
    def judge(_: Channel, frames: list[bytes]) -> None:
        if b"poison" in frames:
            raise PeerFault("frame-malformed")

    async def scene() -> None:
        pak, irn = await node(PAK, IRN), await node(IRN, PAK, diary=Diary(on_frames=judge))
        dialled = await pak.bearer.dial(irn.at, "IRN", LINE)
        dialled.send([b"food"])
        await irn.diary.until(lambda: irn.diary.received)
        dialled.send([b"poison"])
        await dialled.wait_closed()
        assert irn.diary.ends == ["frame-malformed"]
        await end(pak, irn)

    play(scene)


def test_a_frame_before_the_handshake_is_our_own_mistake() -> None:
    async def scene() -> None:
        class Hasty(Diary):
            def admits(self, party: str, line_id: bytes) -> bool:
                (channel,) = irn.bearer.channels
                with pytest.raises(InvariantBroken):
                    channel.send([b"too early"])
                return super().admits(party, line_id)

        pak, irn = await node(PAK, IRN), await node(IRN, PAK, diary=Hasty())
        await pak.bearer.dial(irn.at, "IRN", LINE)
        await end(pak, irn)

    play(scene)


def test_an_endpoint_where_nobody_listens_is_unreachable() -> None:
    async def scene() -> None:
        pak, irn = await node(PAK, IRN), await node(IRN, PAK)
        await irn.bearer.close()
        with pytest.raises(LocalFault, match="endpoint-unreachable"):
            await pak.bearer.dial(irn.at, "IRN", LINE)
        with pytest.raises(LocalFault, match="endpoint-unreachable"):
            await pak.bearer.dial(Endpoint("name.invalid", 7420), "IRN", LINE)
        with pytest.raises(LocalFault, match="listen-failed"):
            await irn.bearer.serve([pak.at])
        await end(pak)

    play(scene)


def test_a_dial_that_is_called_off_leaves_nothing_behind() -> None:
    async def scene() -> None:
        pak = await node(PAK, IRN)
        async with listener() as (at, called):
            dial = asyncio.create_task(pak.bearer.dial(at, "IRN", LINE))
            await called.wait()
            dial.cancel()
            with pytest.raises(asyncio.CancelledError):
                await dial
            await end(pak)
            assert pak.bearer.channels == ()

    play(scene)
