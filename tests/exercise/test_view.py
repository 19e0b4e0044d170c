"""The picture says what it must at every width: EXERCISE, precedence in words, stage in words, both sides."""

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from rabita.cli.demo_board import Board
from rabita.cli.demo_desks import Link, doors
from rabita.cli.demo_view import STEP_S, View
from rabita.services.exercise import built_in
from tests.exercise.boards import board_of, status

SCENARIO = built_in()
COUNT = len(SCENARIO.turns)
LATER_S = 100.0


def drawn(board: Board, width: int, height: int, now_s: float = LATER_S) -> list[str]:
    console = Console(file=StringIO(), width=width, height=height, record=True, force_terminal=True)
    console.print(View(SCENARIO, board, lambda: now_s))
    return console.export_text().splitlines()


def sides(lines: list[str]) -> tuple[str, str]:
    """Give the text of the left panel and of the right one."""
    rows = [line.split("││") for line in lines if "││" in line]
    return "\n".join(left for left, _ in rows), "\n".join(right for _, right in rows)


@pytest.mark.parametrize("height", [24, 40, 60])
@pytest.mark.parametrize("width", [80, 100, 140, 200])
@pytest.mark.parametrize("count", [0, 1, 7, COUNT])
def test_the_picture_fits_and_says_exercise(count: int, width: int, height: int) -> None:
    lines = drawn(board_of(SCENARIO, count), width, height)
    assert len(lines) <= height
    assert max(map(cell_len, lines)) <= width
    assert " EXERCISE " in lines[0]
    assert "never sent over any line" in lines[1]
    assert "X-PAK Pakistan (exercise)" in lines[2]
    assert "X-IRN Iran (exercise)" in lines[2]
    assert "".join(lines).count("● line up · 1 ms · 0 unreceipted") == 2


@pytest.mark.parametrize("width", [80, 140])
def test_precedence_and_stage_are_words_with_shapes(width: int) -> None:
    lines = drawn(board_of(SCENARIO, COUNT, unreceipted=2, unreceived=1), width, 150)
    text = "\n".join(lines)
    for said in ("▲ FLASH", "◆ IMMEDIATE", "■ PRIORITY", "● ROUTINE"):
        assert said in text
    ours, theirs = sides(lines)
    assert "→ in flight" in ours
    assert "◇ received" in theirs
    assert "← received" in ours
    assert "← received" in theirs
    assert "✓ receipted" in ours
    assert "X-PAK-R-0053" in ours
    assert "X-PAK-R-0053" not in theirs
    assert "29 days without an entry" in ours
    assert f"entry {COUNT} of {COUNT}" in text
    assert "Play 2: With the mechanism" in text


def test_wide_screens_tell_the_hour_the_act_and_the_milliseconds() -> None:
    ours, theirs = sides(drawn(board_of(SCENARIO, 6), 140, 40))
    assert "18:10 ▲ FLASH     X-PAK-F-0001" in ours
    assert "✓ receipted in 6 ms" in ours
    assert "incident: X-PAK says incident-panjgur." in theirs
    assert " Play 1: As it happened " in ours


def test_the_foot_says_what_just_happened_in_one_sentence() -> None:
    lines = drawn(board_of(SCENARIO, 7), 140, 40)
    said = "IMMEDIATE, violation report: X-PAK says violation-panjgur. X-PAK's claim."
    assert said in lines[-6]
    assert "Pakistan states that Iran entered its airspace" in lines[-5]
    assert "Receipted after 6 ms: X-IRN signed that it durably holds every word." in lines[-2]
    assert "its digest went, its words did not" in lines[-2]
    assert all("radar plot" not in line for line in lines)


def test_every_stage_can_be_followed_with_the_eye() -> None:
    board = board_of(SCENARIO, 1)
    shown = [sides(drawn(board, 80, 24, step * STEP_S)) for step in range(4)]
    assert ["X-PAK-R-0001" in theirs for _, theirs in shown] == [False, False, True, True]
    for (ours, _), said in zip(shown, ("▪ sealed", "→ in flight", "◇ received", "✓ receipted"), strict=True):
        assert said in ours


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 40)])
def test_the_ways_to_both_desks_stand_on_top_and_take_one_line_each(width: int, height: int) -> None:
    names = [f"Officer-{number}" for number in range(8)]
    links = [Link(code, name, f"http://{code}.test:1/enrol#A-{name}") for code in ("X-PAK", "X-IRN") for name in names]
    console = Console(file=StringIO(), width=width, height=height, record=True, force_terminal=True)
    console.print(View(SCENARIO, board_of(SCENARIO, COUNT), lambda: LATER_S, doors(links)))
    lines = console.export_text(clear=False).splitlines()
    assert len(lines) <= height
    assert max(map(cell_len, lines)) <= width
    assert lines[2].startswith("X-PAK http://X-PAK.test:1 · Officer-0")
    assert lines[3].startswith("X-IRN http://X-IRN.test:1 · Officer-0")
    assert "X-PAK Pakistan (exercise)" in lines[4]
    assert "http://X-PAK.test:1/enrol#A-Officer-0" in console.export_html()


def test_a_line_that_is_down_says_so() -> None:
    board = board_of(SCENARIO, 3)
    board.status["X-PAK"] = status("X-PAK", "X-IRN", "down")
    text = "\n".join(drawn(board, 80, 24))
    assert "○ line down · 0 unreceipted" in text
