"""Two nodes under one clock that the test turns: the line is tested and answered, and what is owed is told."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from rabita.app.asks import Happened
from rabita.app.drafting import credential
from rabita.app.home import Home
from rabita.app.logs import open_log
from rabita.app.node import Node
from rabita.app.outside import MachineClock
from rabita.keys.file import save_keys
from rabita.keys.service import POST, service_key
from rabita.keys.sets import OfficerKey
from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.procedures.line_test import LineState
from rabita.services.casework import Wanted, Words
from rabita.services.line_tests import line_tests
from tests.app.people import CODES, WORDS, Pair, new_pair, play
from tests.app.test_casework import officer, said, shows

HOUR_MS = 3_600_000


class Steered:
    """How far ahead the machine's clock is, for every node."""

    ahead_ms = 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Steered:
    steered, machine = Steered(), MachineClock.now_ms
    monkeypatch.setattr(MachineClock, "now_ms", lambda self: machine(self) + steered.ahead_ms)
    return steered


@pytest.fixture(autouse=True)
def no_ticks_but_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rabita.app.timekeeping.TICK_S", 3_600)


def made(pair: Pair, side: int, *, line_tests: bool = False, **settings: object) -> Node:
    if line_tests:
        key = OfficerKey.generate(CODES[side], POST)
        save_keys(pair.homes[side].service_key, key, WORDS.node, cost=WORDS.cost)
        settings["line_tests"] = True
    plain = msgspec.structs.replace(pair.settings(side), **settings)
    return Node(plain, WORDS.node, open_log("critical", "json"))


def told(node: Node) -> list[str]:
    """Write down the codes of what officers are told."""
    codes: list[str] = []

    def heard(happened: Happened) -> None:
        if happened.code.startswith(("duty", "line")):
            codes.append(f"{happened.code} {happened.detail}".strip())

    node.news.subscribe(heard)
    return codes


def answered(node: Node) -> int:
    """Count the tests of a node that were answered."""
    return len([each for each in line_tests(node.casebook).ours if each.answered_ms])


@pytest.mark.sockets
def test_the_line_is_tested_answered_and_found_silent(tmp_path: Path, clock: Steered) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        pak, irn = (made(pair, side, line_tests=True) for side in (0, 1))
        heard = told(pak)
        await pak.serve()
        await irn.serve()
        for one, other in ((pak, irn), (irn, pak)):
            await one.timekeeping.tick()
            while not answered(one):
                await other.timekeeping.tick()
                await one.indexed()
        tests = line_tests(pak.casebook)
        assert (len(tests.ours), tests.report.state) == (1, LineState.UP)
        irn.timekeeping.declines = "technical"
        clock.ahead_ms += HOUR_MS
        await pak.timekeeping.tick()
        while answered(pak) < 2:
            await irn.timekeeping.tick()
            await pak.indexed()
        assert sorted([each.refused for each in line_tests(pak.casebook).ours]) == ["", "technical"]
        await irn.close()
        for _ in range(3):
            clock.ahead_ms += HOUR_MS
            await pak.timekeeping.tick()
            await pak.indexed()
        assert len(line_tests(pak.casebook).ours) == 5
        clock.ahead_ms += HOUR_MS
        await pak.timekeeping.tick()
        assert heard == ["line-silent 2"]
        await pak.close()

    play(scene)


@pytest.mark.sockets
def test_what_we_owe_is_told_to_one_post_after_another(tmp_path: Path, clock: Steered) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        pak = made(pair, 0)
        irn = made(pair, 1, watch_posts=("operations", "director"), escalate_minutes=60)
        heard = told(irn)
        await pak.serve()
        await irn.serve()
        key = await officer(pak, pair.line)
        wanted = Wanted(pair.line, "message", "send", words=(Words("Answer."),), precedence=Lane.IMMEDIATE)
        await said(pak, key, msgspec.structs.replace(wanted, posts=("duty-desk",)))
        await shows(irn, lambda: irn.timekeeping.watched(pair.line).owing)
        for minutes in (0, 23, 8, 60, 60, 60):
            clock.ahead_ms += minutes * 60_000
            await irn.timekeeping.tick()
            await irn.timekeeping.tick()
        reference = "X-PAK-I-0001"
        assert heard == [
            f"duty-soon {reference} handle duty-desk",
            f"duty-due {reference} handle duty-desk",
            f"duty-escalated {reference} handle operations",
            f"duty-escalated {reference} handle director",
        ]
        assert not irn.home.service_key.exists()
        await asyncio.gather(pak.close(), irn.close())

    play(scene)


@pytest.mark.sockets
def test_a_clock_with_nothing_to_do_does_not_hurry_the_index(tmp_path: Path) -> None:
    """A flood is followed when the line has time; a clock that read everything first would take it from the line."""
    pair = new_pair(tmp_path)

    async def scene() -> None:
        pak = made(pair, 0)
        state = pak.links[pair.line].exchange.state
        key = OfficerKey.generate(CODES[0], "post-release")
        await pak.seal(pair.line, Lane.CONTROL, credential(state, key, ("release",), pak.clock.now_ms()))
        behind = pak.indexing.progress(pair.line).behind
        assert behind > 0
        await pak.timekeeping.tick()
        assert pak.indexing.progress(pair.line).behind == behind
        await pak.close()

    play(scene)


def test_a_service_key_is_made_once(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    key = service_key(home, CODES[0], "a passphrase")
    assert service_key(home, CODES[0], "a passphrase") == key
    assert key.post == POST
    with pytest.raises(UserFault, match="passphrase-wrong"):
        service_key(home, CODES[0], "another")
