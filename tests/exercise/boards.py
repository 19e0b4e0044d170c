"""News as two nodes would tell it of a scenario's entries, and the board that hears them."""

from rabita.app.asks import Happened, Placed
from rabita.cli.demo_board import Board
from rabita.line.ids import LANES, Lane
from rabita.services.exercise import Scenario
from rabita.services.reads import LaneStatus, LineStatus

LINE = "l" * 52
SEALED_MS, RECEIVED_MS, RECEIPTED_MS = 1_000, 1_003, 1_006


def news_of(place: Placed) -> list[Happened]:
    """Give the three pieces of news of one entry: sealed, arrived, and receipted up to it."""
    where = (LINE, place.party, place.epoch, place.lane.value)
    return [
        Happened("sealed", SEALED_MS, *where, first=place.index, count=1),
        Happened("arrived", RECEIVED_MS, *where, first=place.index, count=1),
        Happened("receipted", RECEIPTED_MS, *where, first=0, count=place.index + 1),
    ]


def places(scenario: Scenario, count: int) -> list[Placed]:
    """Give where the first *count* injects would stand."""
    sizes: dict[tuple[str, Lane], int] = {}
    found = []
    for _, inject in scenario.turns[:count]:
        key = (inject.party, inject.precedence)
        index = sizes.get(key, 0)
        sizes[key] = index + 1
        found.append(Placed("", LINE, inject.party, 1, inject.precedence, index))
    return found


def status(us: str, peer: str, state: str = "up") -> LineStatus:
    """Give a line's state as a node would."""
    lanes = tuple([LaneStatus(lane, 1, 0, 1, blocked=False, stopped="") for lane in LANES])
    return LineStatus(
        line=LINE,
        us=us,
        peer=peer,
        exercise=True,
        state=state,
        fault="",
        endpoint="",
        round_trip_ms=1 if state == "up" else None,
        clock_difference_ms=None,
        queued=0,
        epoch=1,
        peer_epoch=1,
        epoch_needed=False,
        accord_needed=False,
        disk_low=False,
        lanes=lanes,
        post_quantum={},
    )


def board_of(scenario: Scenario, count: int, *, unreceipted: int = 0, unreceived: int = 0) -> Board:
    """Play *count* injects onto a board, the last *unreceipted* without receipt, the last *unreceived* in flight."""
    one, two = (party.code for party in scenario.head.parties)
    board = Board((one, two))
    for number, (place, turn) in enumerate(zip(places(scenario, count), scenario.turns, strict=False)):
        board.placed(place, turn, 0.0, f"{turn.inject.party} says {turn.inject.id}.")
        sealed, arrived, receipted = news_of(place)
        board.heard(sealed, 0.0)
        if number < count - unreceived:
            board.heard(arrived, 0.0)
        if number < count - max(unreceipted, unreceived):
            board.heard(receipted, 0.0)
    board.status = {one: status(one, two), two: status(two, one)}
    return board
