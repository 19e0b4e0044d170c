"""The send window: never more under way than the drain rate allows, never less than two frames."""

from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from rabita.line.limits import CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, WINDOW_SLACK_MS
from rabita.line.window import RATE_MEMORY_MS, Window, acked, rested, sent

Step: TypeAlias = tuple[str, int, int]
steps = st.lists(
    st.tuples(st.sampled_from(["sent", "acked"]), st.integers(0, 300_000), st.integers(0, 3_000)), max_size=40
)


def play(moves: list[Step]) -> list[Window]:
    window, now_ms, windows = Window(), 0, []
    for move, amount, wait_ms in moves:
        now_ms += wait_ms
        window = sent(window, amount, now_ms) if move == "sent" else acked(window, amount, now_ms)
        windows.append(window)
    return windows


@given(steps)
def test_bounds_hold_whatever_the_other_side_acknowledges(moves: list[Step]) -> None:
    before = Window()
    for window in play(moves):
        assert CHUNK_BYTES_MIN <= window.chunk_bytes <= CHUNK_BYTES_MAX
        assert window.window_bytes >= 2 * window.chunk_bytes
        assert before.acked_bytes <= window.acked_bytes <= window.sent_bytes
        assert window.room_bytes <= window.window_bytes
        assert len(window.marks) <= 1_024
        assert len(window.rates) <= 16
        before = window


@given(st.integers(1_000, 10_000_000), st.integers(1, 400))
def test_on_a_steady_link_the_rate_is_found_and_what_queues_is_bounded(bytes_per_s: int, trip_ms: int) -> None:
    window, now_ms = Window(), 0
    arrivals: list[tuple[float, int]] = []
    free_ms = 0.0
    while now_ms < 6_000:
        due = [arrival for arrival in arrivals if arrival[0] <= now_ms]
        arrivals = [arrival for arrival in arrivals if arrival[0] > now_ms]
        for _, total in due:
            window = acked(window, total, now_ms)
        while window.room_bytes >= window.chunk_bytes:
            size = window.chunk_bytes
            window = sent(window, size, now_ms)
            free_ms = max(free_ms, now_ms) + size * 1000 / bytes_per_s
            arrivals.append((free_ms + trip_ms, window.sent_bytes))
        now_ms += 5
    assert window.rate_bytes_per_s <= bytes_per_s * 1.6 + CHUNK_BYTES_MAX
    queue_ms = (window.sent_bytes - window.acked_bytes) * 1000 / bytes_per_s
    least_ms = 2 * CHUNK_BYTES_MIN * 1000 / bytes_per_s
    assert queue_ms <= max(2 * (window.round_trip_ms + WINDOW_SLACK_MS), 2 * least_ms)


def test_an_acknowledgement_gives_rate_and_round_trip() -> None:
    window = acked(sent(Window(), 10_000, 100), 10_000, 200)
    assert (window.round_trip_ms, window.rate_bytes_per_s, window.room_bytes) == (100, 100_000, window.window_bytes)
    assert window.window_bytes == 100_000 * (100 + WINDOW_SLACK_MS) // 1000


def test_acknowledgements_that_go_back_or_beyond_change_nothing_more() -> None:
    window = acked(sent(Window(), 10_000, 100), 99_999, 200)
    assert window.acked_bytes == 10_000
    assert acked(window, 5_000, 300) == window


def test_part_of_a_chunk_frees_room_without_a_sample() -> None:
    window = acked(sent(Window(), 10_000, 100), 4_000, 200)
    assert (window.rates, window.acked_bytes, len(window.marks)) == ((), 4_000, 1)


def test_old_samples_are_forgotten_but_never_the_last() -> None:
    window = acked(sent(Window(), 50_000, 0), 50_000, 10)
    fast = window.rate_bytes_per_s
    later = 10 + RATE_MEMORY_MS + 1
    window = acked(sent(window, 10_000, later), 51_000, later + 100)
    assert window.rate_bytes_per_s == fast
    window = acked(window, 60_000, later + 1_000)
    assert window.rate_bytes_per_s < fast


def test_after_a_rest_the_drain_rate_is_found_anew() -> None:
    """The link may have become slow meanwhile; while something is under way the last sample stands."""
    window = acked(sent(Window(), 60_000, 0), 60_000, 10)
    assert window.chunk_bytes == CHUNK_BYTES_MAX
    assert rested(window, 10 + RATE_MEMORY_MS) == window
    assert rested(window, 11 + RATE_MEMORY_MS).window_bytes == 2 * CHUNK_BYTES_MIN
    busy = sent(window, 1_000, 20)
    assert rested(busy, 60_000) == busy
