"""The board says of every entry what the nodes said, in whatever order their news and their answers come."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rabita.app.asks import Happened
from rabita.cli.demo_board import Board, Stage
from rabita.services.exercise import built_in
from tests.exercise.boards import LINE, board_of, news_of, places

SCENARIO = built_in()
COUNT = len(SCENARIO.turns)


@given(st.randoms(use_true_random=False), st.integers(min_value=0, max_value=COUNT))
def test_the_order_of_news_does_not_matter(random: Random, count: int) -> None:
    board = Board(("X-PAK", "X-IRN"))
    tells = [news for place in places(SCENARIO, count) for news in news_of(place)]
    random.shuffle(tells)
    for news in tells:
        board.heard(news, 0.0)
    for place, turn in zip(places(SCENARIO, count), SCENARIO.turns, strict=False):
        board.placed(place, turn, 0.0, f"{turn.inject.party} says {turn.inject.id}.")
    assert {key: replace(row, seen_s=0.0) for key, row in board.rows.items()} == board_of(SCENARIO, count).rows
    assert not board.unreceipted
    assert sum(sum(board.by_lane(code).values()) for code in board.codes) == count


def test_stages_follow_the_news_and_never_go_back() -> None:
    (place,) = places(SCENARIO, 1)
    board = Board(("X-PAK", "X-IRN"))
    row = board.placed(place, SCENARIO.turns[0], 0.0)
    stages = [row.stage]
    for news in (*news_of(place), *news_of(place)):
        board.heard(news, 1.0)
        stages.append(row.stage)
    assert stages == [*Stage, Stage.RECEIPTED, Stage.RECEIPTED, Stage.RECEIPTED]
    assert row.took_ms == 6
    assert row.reference == "X-PAK-R-0001"


def test_what_is_not_receipted_is_named() -> None:
    board = board_of(SCENARIO, 5, unreceipted=2, unreceived=1)
    assert [row.stage for row in board.unreceipted] == [Stage.RECEIVED, Stage.IN_FLIGHT]
    assert board.count("X-PAK", Stage.RECEIPTED) + board.count("X-IRN", Stage.RECEIPTED) == 3


def test_what_a_node_tells_its_officers_is_kept() -> None:
    board = Board(("X-PAK", "X-IRN"))
    board.heard(Happened("told", 1, LINE, code="silent"), 0.0)
    assert [news.code for news in board.told] == ["silent"]
    assert not board.rows
