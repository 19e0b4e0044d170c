"""One key, one act: asked again, asked at once, asked after a crash between the sealing and the answer."""

import asyncio
from pathlib import Path

import pytest

from rabita.app.web_records import WebRecords
from rabita.gateways.rest.idempotency import KEEP_MS, Answered, Repeats, Reserve
from rabita.gateways.rest.records import Kept
from rabita.line.errors import UserFault
from tests.app.people import play

DONE = Answered(201, b'{"n":1}', "/there")
ACT_ID = b"a" * 16


class Sealing:
    """Something that seals: counts how often, and may crash at a point."""

    def __init__(self, crash: str = "") -> None:
        self.sealed: dict[bytes, int] = {}
        self.crash = crash
        self.gate: asyncio.Event | None = None

    async def carry_out(self, reserve: Reserve) -> Answered:
        if self.gate is not None:
            await self.gate.wait()
        if self.crash == "refused":
            raise UserFault("wrong-state")
        reserve(ACT_ID)
        if self.crash == "before":
            raise ConnectionError
        self.sealed[ACT_ID] = self.sealed.get(ACT_ID, 0) + 1
        if self.crash == "after":
            raise ConnectionError
        return DONE

    def was(self, _line: str, act_id: bytes) -> Answered | None:
        return DONE if act_id in self.sealed else None


def about(records: WebRecords, digest: bytes = b"d", key: str = "k", principal: str = "p") -> tuple[Repeats, Kept]:
    return Repeats(records, lambda: KEEP_MS + 1), Kept(principal, key, digest, KEEP_MS + 1, "line", b"")


@pytest.mark.parametrize("crash", ["", "before", "after", "refused"])
def test_a_request_made_again_seals_once_whatever_happened_before(tmp_path: Path, crash: str) -> None:
    async def scene() -> None:
        records = WebRecords(tmp_path / "web.db")
        sealing = Sealing(crash)
        for attempt in range(3):
            repeats, kept = about(records)  # a new one each time: the node was restarted
            try:
                assert await repeats.once(kept, sealing.carry_out, sealing.was) == DONE
            except (ConnectionError, UserFault):
                assert attempt == 0
            sealing.crash = ""
        assert sealing.sealed == {ACT_ID: 1}
        records.close()

    play(scene)


def test_the_same_key_with_another_request_is_refused_and_other_askers_have_their_own(tmp_path: Path) -> None:
    async def scene() -> None:
        records = WebRecords(tmp_path / "web.db")
        sealing = Sealing()
        repeats, kept = about(records)
        await repeats.once(kept, sealing.carry_out, sealing.was)
        with pytest.raises(UserFault, match="idempotency-key-reused"):
            await repeats.once(about(records, digest=b"e")[1], sealing.carry_out, sealing.was)
        await repeats.once(about(records, digest=b"e", principal="q")[1], sealing.carry_out, sealing.was)
        for key in ("", "a b", "a" * 129, "ä", "a\n"):
            with pytest.raises(UserFault, match="idempotency-key-malformed"):
                await repeats.once(about(records, key=key)[1], sealing.carry_out, sealing.was)
        records.close()

    play(scene)


def test_the_same_key_at_the_same_time_is_busy(tmp_path: Path) -> None:
    async def scene() -> None:
        records = WebRecords(tmp_path / "web.db")
        sealing = Sealing()
        sealing.gate = asyncio.Event()
        repeats, kept = about(records)
        first = asyncio.ensure_future(repeats.once(kept, sealing.carry_out, sealing.was))
        await asyncio.sleep(0)
        with pytest.raises(UserFault, match="idempotency-key-busy"):
            await repeats.once(kept, sealing.carry_out, sealing.was)
        sealing.gate.set()
        assert await first == DONE
        assert await repeats.once(kept, sealing.carry_out, sealing.was) == DONE
        assert sealing.sealed == {ACT_ID: 1}
        records.close()

    play(scene)
