"""Whoever listens to a node is told when a line comes up and when it ends, without asking."""

from pathlib import Path

import pytest

from rabita.app.asks import Happened
from tests.app.people import new_pair, node_of, play, until

pytestmark = pytest.mark.sockets


def test_a_line_is_told_to_come_up_and_to_end(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)
    told: list[str] = []

    def heard(news: Happened) -> None:
        if news.what == "line":
            assert news.line == pair.line
            told.append(news.code)

    async def scene() -> None:
        async with node_of(pair, 0) as node:
            node.news.subscribe(heard)
            async with node_of(pair, 1):
                await until(node, lambda: "up" in told)
                assert node.link(pair.line).status().state == "up"
            await until(node, lambda: told[-1] == "down")
            assert node.link(pair.line).status().state == "down"

    play(scene)
    assert told.count("up") == 1, "the same is told once"
