"""A disk that runs full: the node keeps its reserve for itself and for FLASH, says so, and loses nothing."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from rabita.app.doctor import examine
from rabita.app.node import Node
from rabita.app.space import FolderSpace, is_low
from rabita.line.ids import Lane
from tests.app.people import WORDS, Pair, new_pair, node_of, play, receipted, until, words


@dataclass
class Tank:
    """A disk whose free space the test sets."""

    free: int

    def free_bytes(self) -> int:
        return self.free


async def seal(node: Node, pair: Pair, lane: Lane, text: str) -> None:
    await node.seal(pair.line, lane, words(node, pair.line, text, lane))


@pytest.mark.sockets
def test_on_a_low_disk_flash_and_own_sealing_go_on_and_the_rest_waits(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with node_of(pair, 0) as pak, node_of(pair, 1) as irn:
            irn.space = Tank(0)
            await until(irn, lambda: irn.link(pair.line).status().disk_low)
            await seal(irn, pair, Lane.ROUTINE, "ours")
            await until(irn, lambda: receipted(irn, pair.line) == 1)
            assert irn.link(pair.line).status().state == "degraded"
            for number in range(4):
                await seal(pak, pair, Lane.PRIORITY, "x" * 60_000 + str(number))
            for _ in range(40):
                await seal(pak, pair, Lane.ROUTINE, "x" * 60_000)
            await seal(pak, pair, Lane.FLASH, "stop")
            await until(pak, lambda: receipted(pak, pair.line, Lane.FLASH) == 1)
            assert receipted(pak, pair.line) < 40, "no more than the credit given before"
            irn.space = Tank(2**40)
            await until(pak, lambda: receipted(pak, pair.line) == 40)
            assert not irn.link(pair.line).status().disk_low

    play(scene)


@pytest.mark.sockets
def test_the_doctor_names_the_reserve(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)
    settings = msgspec.structs.replace(pair.settings(0), disk_reserve_bytes=2**50)
    (found,) = [each for each in examine(settings, lambda: WORDS.node) if each.what == "disk space"]
    assert not found.ok
    assert "reserve" in found.detail
    assert is_low(FolderSpace(tmp_path), settings)
    assert not is_low(FolderSpace(tmp_path), msgspec.structs.replace(settings, disk_reserve_bytes=0))
