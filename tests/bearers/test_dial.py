"""The dialling policy in a small world: endpoints go up and down, and the policy must find the best that answers."""

from dataclasses import dataclass, field

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rabita.bearers.dial import (
    BACKOFF_MS_MAX,
    PROBE_INTERVAL_MS,
    SETTLED_MS,
    Abandon,
    Close,
    Dial,
    Dialler,
    Step,
    Wake,
)
from rabita.line.errors import InvariantBroken

jitters = st.floats(0, 1, exclude_max=True)


@dataclass
class World:
    """Plays the driver: answers dials by which endpoints are up, keeps the wake, and lets time pass."""

    count: int
    now_ms: int = 0
    up: set[int] = field(default_factory=set)
    linked: set[int] = field(default_factory=set)
    dialling: int | None = None
    wake_ms: int | None = None
    dials: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = Dialler(self.count)

    def do(self, step: Step) -> None:
        self.state, actions = step
        for action in actions:
            match action:
                case Dial(index):
                    assert self.dialling is None, "one dial at a time"
                    self.dialling = index
                    self.dials.append((self.now_ms, index))
                case Abandon(index):
                    assert self.dialling == index
                    self.dialling = None
                case Close(index):
                    self.linked.remove(index)
                case Wake(at_ms):
                    assert at_ms > self.now_ms
                    self.wake_ms = at_ms

    def answer(self, jitter: float) -> None:
        """Let the dial under way succeed or fail."""
        index, self.dialling = self.dialling, None
        assert index is not None
        if index in self.up:
            self.linked.add(index)
            self.do(self.state.connected(index, self.now_ms))
        else:
            self.do(self.state.failed(index, self.now_ms, jitter))

    def cut(self, index: int, jitter: float) -> None:
        """Break the connection to *index*."""
        self.linked.discard(index)
        self.do(self.state.lost(index, self.now_ms, jitter))

    def pass_time(self, elapsed_ms: int, jitter: float = 0.0) -> None:
        """Let time pass with every dial answered at once."""
        until_ms = self.now_ms + elapsed_ms
        while self.dialling is not None or (self.wake_ms is not None and self.wake_ms <= until_ms):
            if self.dialling is not None:
                self.answer(jitter)
            else:
                self.now_ms, self.wake_ms = self.wake_ms or 0, None
                self.do(self.state.woken(self.now_ms, jitter))
        self.now_ms = until_ms


def started(count: int, *up: int) -> World:
    world = World(count, up=set(up))
    world.do(world.state.resume(0, 0.0))
    return world


def test_endpoints_are_tried_in_order_and_at_once() -> None:
    world = started(4, 2)
    world.pass_time(0)
    assert world.dials == [(0, 0), (0, 1), (0, 2)]
    assert world.state.current == 2


def test_failed_rounds_wait_longer_up_to_a_bound() -> None:
    world = started(2)
    world.pass_time(26_000)
    assert [at_ms for at_ms, index in world.dials if index == 0] == [0, 500, 1500, 3500, 7500, 12_500, 17_500, 22_500]


def test_jitter_shortens_a_wait_by_at_most_half() -> None:
    world = started(1)
    world.pass_time(750, jitter=0.5)
    world.pass_time(10_000, jitter=0.75)
    waits = [later - earlier for (earlier, _), (later, _) in zip(world.dials, world.dials[1:], strict=False)]
    assert waits[:4] == [375, 750, 1250, 2500]


def test_a_worse_endpoint_is_left_when_a_better_one_answers() -> None:
    world = started(3, 2)
    world.pass_time(PROBE_INTERVAL_MS - 1)
    assert len(world.dials) == 3
    world.up.add(1)
    world.pass_time(1)
    assert world.dials[3:] == [(PROBE_INTERVAL_MS, 0), (PROBE_INTERVAL_MS, 1)]
    assert world.linked == {1}
    world.up.add(0)
    world.pass_time(PROBE_INTERVAL_MS)
    assert world.linked == {0}
    world.pass_time(10 * PROBE_INTERVAL_MS)
    assert len(world.dials) == 6, "nothing is better than the primary"


def test_a_settled_connection_that_breaks_is_dialled_again_at_once() -> None:
    world = started(2, 0)
    world.pass_time(SETTLED_MS)
    world.cut(0, 0.0)
    world.pass_time(0)
    assert world.dials == [(0, 0), (SETTLED_MS, 0)]


def test_a_side_that_answers_and_hangs_up_is_not_called_in_a_tight_loop() -> None:
    world = started(1, 0)
    for _ in range(100):
        world.pass_time(100)
        if world.state.current == 0:
            world.cut(0, 0.0)
    assert len(world.dials) < 7


def test_losing_the_worse_endpoint_during_a_probe_keeps_one_dial() -> None:
    world = started(3, 2)
    world.pass_time(0)
    world.now_ms = PROBE_INTERVAL_MS
    world.do(world.state.woken(world.now_ms, 0.0))
    world.cut(2, 0.0)
    world.pass_time(0)
    assert [index for _, index in world.dials] == [0, 1, 2, 0, 1, 2]
    assert world.linked == {2}


def test_rest_calls_off_the_dial_and_resume_begins_again() -> None:
    world = started(2)
    world.do(world.state.rest(world.now_ms))
    assert world.dialling is None
    world.pass_time(10 * BACKOFF_MS_MAX)
    assert len(world.dials) == 1
    world.linked.add(0)
    world.do(world.state.connected(0, world.now_ms))
    assert world.linked == set(), "a dial that was called off but answered is hung up"
    world.do(world.state.resume(world.now_ms, 0.0))
    assert world.dialling == 0


def test_after_a_rest_too_short_to_count_the_next_dial_waits_longer_each_time() -> None:
    world = started(1)
    waits = []
    for _ in range(3):
        world.do(world.state.rest(world.now_ms))
        world.now_ms += 10
        world.do(world.state.resume(world.now_ms, 0.0))
        assert world.dialling is None
        waits.append((world.wake_ms or 0) - world.now_ms)
    assert waits == [500, 1_000, 2_000]


def test_rest_leaves_the_connection_and_its_loss_dials_nobody() -> None:
    world = started(2, 0)
    world.pass_time(0)
    world.do(world.state.rest(world.now_ms))
    assert world.linked == {0}
    world.do(world.state.resume(0, 0.0))
    world.do(world.state.resume(0, 0.0))
    world.do(world.state.rest(world.now_ms))
    world.cut(0, 0.0)
    world.pass_time(10 * PROBE_INTERVAL_MS)
    assert len(world.dials) == 1


def test_stale_news_changes_nothing() -> None:
    world = started(2, 1)
    world.pass_time(0)
    before = world.state
    assert world.state.failed(0, 0, 0.0) == (before, ())
    assert world.state.lost(0, 0, 0.0) == (before, ())
    assert world.state.woken(1, 0.0) == (before, (Wake(PROBE_INTERVAL_MS),))
    assert started(1).state.woken(1, 0.0)[1] == ()


def test_a_party_without_endpoints_cannot_be_dialled() -> None:
    with pytest.raises(InvariantBroken):
        Dialler(0)


class Dialling(RuleBasedStateMachine):
    """Anything may happen in any order; the state stays sound and, left alone, finds the best endpoint."""

    @initialize(count=st.integers(1, 4))
    def begin(self, count: int) -> None:
        self.world = started(count)

    @rule(index=st.integers(0, 3))
    def come_up(self, index: int) -> None:
        self.world.up.add(index)

    @rule(index=st.integers(0, 3), jitter=jitters)
    def go_down(self, index: int, jitter: float) -> None:
        self.world.up.discard(index)
        if index in self.world.linked:
            self.world.cut(index, jitter)

    @rule(jitter=jitters)
    def answer(self, jitter: float) -> None:
        if self.world.dialling is not None:
            self.world.answer(jitter)

    @rule(elapsed_ms=st.integers(0, 60_000), jitter=jitters)
    def wait(self, elapsed_ms: int, jitter: float) -> None:
        self.world.pass_time(elapsed_ms, jitter)

    @rule()
    def rest(self) -> None:
        self.world.do(self.world.state.rest(self.world.now_ms))

    @rule(jitter=jitters)
    def resume(self, jitter: float) -> None:
        self.world.do(self.world.state.resume(self.world.now_ms, jitter))

    @invariant()
    def state_and_world_agree(self) -> None:
        state = self.world.state
        assert state.dialling == self.world.dialling
        assert self.world.linked == (set() if state.current is None else {state.current})
        if not state.resting and state.dialling is None and state.current != 0:
            assert state.wake_ms == self.world.wake_ms is not None, "never stuck"

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.do(self.world.state.resume(self.world.now_ms, 0.0))
        self.world.pass_time(BACKOFF_MS_MAX + PROBE_INTERVAL_MS)
        best = min((index for index in self.world.up if index < self.world.count), default=None)
        assert self.world.state.current == best


TestDialling = Dialling.TestCase
