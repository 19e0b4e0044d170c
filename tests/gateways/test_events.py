"""Events: in one order, resumable, bounded; nobody hears of another's line."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from rabita.gateways.rest.events import KEPT_EVENTS, LISTENERS_MAX, QUEUE_EVENTS, Event, Events
from rabita.line.errors import UserFault
from tests.app.people import play


def everything(_line: str) -> bool:
    return True


def always() -> bool:
    return True


async def heard(stream: AsyncIterator[Event | None], count: int) -> list[Event]:
    """Give the next *count* events, heartbeats left out."""
    found: list[Event] = []
    while len(found) < count:
        event = await anext(stream)
        found += [event] if event is not None else []
    return found


def told(events: Events, *numbers: int, line: str = "a") -> None:
    for number in numbers:
        events.tell("sealed", line, {"number": number})


def numbers_of(events: list[Event]) -> list[bytes]:
    return [each.data for each in events]


async def opened(stream: AsyncIterator[Event | None]) -> AsyncIterator[Event | None]:
    assert await anext(stream) is None
    return stream


def run(scene: Callable[[], Awaitable[None]]) -> None:
    play(scene)


def test_what_happens_is_told_in_order_and_resumed_after_an_id() -> None:
    async def scene() -> None:
        events = Events()
        stream = await opened(events.listen("", everything, always))
        told(events, 1, 2, 3)
        first, second, third = await heard(stream, 3)
        assert first.data == b'{"number":1}'
        again = await opened(events.listen(first.id, everything, always))
        assert await heard(again, 2) == [second, third]
        told(events, 4)
        assert numbers_of(await heard(again, 1)) == [b'{"number":4}']
        nothing_missed = await opened(events.listen(third.id, everything, always))
        assert numbers_of(await heard(nothing_missed, 1)) == [b'{"number":4}']

    run(scene)


@pytest.mark.parametrize("last_id", ["x", "other-3", "0123456789ab-1", "-", "1-1", "a-" + "9" * 30, "a-²"])
def test_an_id_of_another_series_is_lost(last_id: str) -> None:
    async def scene() -> None:
        events = Events()
        told(events, 1, 2)
        stream = await opened(events.listen(last_id, everything, always))
        (lost,) = await heard(stream, 1)
        assert lost.what == "lost"
        told(events, 3)
        assert numbers_of(await heard(await opened(events.listen(lost.id, everything, always)), 1)) == [b'{"number":3}']

    run(scene)


def test_what_is_kept_is_bounded() -> None:
    async def scene() -> None:
        events = Events()
        stream = await opened(events.listen("", everything, always))
        told(events, 0)
        (first,) = await heard(stream, 1)
        told(events, *range(KEPT_EVENTS + 1))
        (lost,) = await heard(await opened(events.listen(first.id, everything, always)), 1)
        assert lost.what == "lost"

    run(scene)


def test_a_listener_hears_of_its_own_lines_only() -> None:
    async def scene() -> None:
        events = Events()
        told(events, 1, line="b")
        stream = await opened(events.listen("", lambda line: line == "a", always))
        told(events, 2, line="b")
        told(events, 3, line="a")
        (event,) = await heard(stream, 1)
        assert (event.line, event.data) == ("a", b'{"number":3}')
        resumed = events.listen(f"{event.id.partition('-')[0]}-0", lambda line: line == "a", always)
        assert await heard(await opened(resumed), 1) == [event]

    run(scene)


def test_a_listener_that_does_not_read_is_cut_off_and_costs_the_others_nothing() -> None:
    async def scene() -> None:
        events = Events()
        slow = await opened(events.listen("", everything, always))
        quick = await opened(events.listen("", everything, always))
        for number in range(QUEUE_EVENTS + 1):
            told(events, number)
            await heard(quick, 1)
        with pytest.raises(StopAsyncIteration):
            await heard(slow, 1)
        told(events, 1)
        await heard(quick, 1)

    run(scene)


def test_a_stream_ends_when_its_listener_may_hear_no_more_or_the_node_stops() -> None:
    async def scene() -> None:
        events = Events(heartbeat_s=0.01)
        allowed = [True]
        stream = await opened(events.listen("", everything, lambda: allowed[0]))
        assert await anext(stream) is None, "a heartbeat"
        allowed[0] = False
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        last = await opened(events.listen("", everything, always))
        waiting = asyncio.ensure_future(heard(last, 1))
        await asyncio.sleep(0)
        events.close()
        with pytest.raises(StopAsyncIteration):
            await waiting

    run(scene)


def test_too_many_listeners_are_refused() -> None:
    async def scene() -> None:
        events = Events()
        streams = [await opened(events.listen("", everything, always)) for _ in range(LISTENERS_MAX)]
        with pytest.raises(UserFault, match="rate-exceeded"):
            events.listen("", everything, always)
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]  # - every stream is a generator
        await opened(events.listen("", everything, always))

    run(scene)
