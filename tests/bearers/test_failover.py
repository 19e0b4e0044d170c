"""The dial loop over real TLS: it fails over to the next endpoint, returns to the better one, and rests on demand."""

import asyncio
from functools import partial

import pytest

from rabita.bearers import dial
from rabita.bearers.dial_loop import DialLoop
from rabita.bearers.endpoint import Endpoint
from rabita.line.errors import LocalFault, PeerFault
from tests.bearers.people import IRN, LINE, PAK, Node, node, play

pytestmark = pytest.mark.sockets


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probe and count as settled without delay; the policy itself is tested on its own clock."""
    monkeypatch.setattr(dial, "PROBE_INTERVAL_MS", 20)
    monkeypatch.setattr(dial, "BACKOFF_MS_MIN", 10)
    monkeypatch.setattr(dial, "SETTLED_MS", 0)


class Caller:
    """PAK, with a loop that dials IRN and a list of what failed."""

    def __init__(self, pak: Node, endpoints: list[Endpoint]) -> None:
        self.pak = pak
        self.failures: list[tuple[Endpoint, str]] = []
        self.loop = DialLoop(partial(pak.bearer.dial, party="IRN", line_id=LINE), endpoints, self._failed)

    def _failed(self, endpoint: Endpoint, fault: PeerFault | LocalFault) -> None:
        self.failures.append((endpoint, fault.code))

    async def until_at(self, *endpoints: Endpoint) -> None:
        """Wait until exactly *endpoints* are connected."""
        texts = [endpoint.text.removeprefix("tls://") for endpoint in endpoints]
        await self.pak.diary.until(lambda: [channel.address for channel in self.pak.diary.channels] == texts)


async def free_endpoint() -> Endpoint:
    """Return an endpoint where nobody listens."""
    gone = await node(IRN, PAK)
    await gone.bearer.close()
    return gone.at


def test_failover_and_return() -> None:
    async def scene() -> None:
        pak, irn, primary = await node(PAK, IRN), await node(IRN, PAK), await free_endpoint()
        caller = Caller(pak, [primary, irn.at])
        caller.loop.resume()
        await caller.until_at(irn.at)
        assert caller.failures[0] == (primary, "endpoint-unreachable")

        await irn.bearer.serve([primary])
        await caller.until_at(primary)
        assert pak.diary.ends == [None], "the worse channel was closed in good order"
        await caller.loop.stop()
        assert pak.diary.channels == []
        await pak.bearer.close()
        await irn.bearer.close()

    play(scene)


def test_a_lost_connection_is_dialled_again() -> None:
    async def scene() -> None:
        pak, irn = await node(PAK, IRN), await node(IRN, PAK)
        caller = Caller(pak, [irn.at])
        caller.loop.resume()
        await caller.until_at(irn.at)
        await irn.diary.until(lambda: irn.diary.channels)
        irn.diary.channels[0].close()
        await pak.diary.until(lambda: pak.diary.ends)
        await caller.until_at(irn.at)
        await caller.loop.stop()
        await pak.bearer.close()
        await irn.bearer.close()

    play(scene)


def test_an_endpoint_with_a_wrong_key_is_passed_over() -> None:
    async def scene() -> None:
        pak, irn, impostor = await node(PAK, IRN), await node(IRN, PAK), await node(PAK, PAK)
        caller = Caller(pak, [impostor.at, irn.at])
        caller.loop.resume()
        await caller.until_at(irn.at)
        assert caller.failures[0] == (impostor.at, "pin-unknown")
        await caller.loop.stop()
        for each in (pak, irn, impostor):
            await each.bearer.close()

    play(scene)


def test_rest_calls_off_a_dial_and_leaves_an_open_channel() -> None:
    async def scene() -> None:
        pak, irn = await node(PAK, IRN), await node(IRN, PAK)
        caller = Caller(pak, [irn.at])
        caller.loop.resume()
        await asyncio.sleep(0)
        caller.loop.rest()
        caller.loop.resume()
        await caller.until_at(irn.at)
        caller.loop.rest()
        await irn.diary.until(lambda: irn.diary.channels)
        irn.diary.channels[0].close()
        await caller.until_at()
        assert caller.failures == []
        await caller.loop.stop()
        await pak.bearer.close()
        await irn.bearer.close()

    play(scene)
