"""Attachments between two running nodes over TLS: large ones, a restart in the middle, and urgent words meanwhile."""

from pathlib import Path
from typing import Final

import msgspec
import pytest

from rabita.app.node import Node
from rabita.line.entry import NO_APPROVALS, Act, encode
from rabita.line.errors import LocalFault
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.services.attachments import KIND, attached, opened
from tests.app.people import Pair, new_pair, node_of, play, receipted, until, words

pytestmark = pytest.mark.sockets

CONTENT: Final = b"0123456789abcde\n" * (3 * 2**16)
"""3 MiB."""


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return new_pair(tmp_path)


async def name(node: Node, line: str, content: bytes = CONTENT) -> str:
    """Keep a file and seal an act that names it."""
    digest = attached(node.blobs, line, "log.txt", content).digest
    draft = words(node, line, "See the log.")
    act = msgspec.structs.replace(msgspec.json.decode(draft.act, type=Act), attachments=(digest,))
    await node.seal(line, Lane.ROUTINE, Draft(encode(act), NO_APPROVALS, draft.portions))
    return digest


def test_a_file_of_three_mebibytes_arrives_whole_and_is_signed_for(pair: Pair) -> None:
    async def scene() -> None:
        async with node_of(pair, 0) as pak, node_of(pair, 1) as irn:
            digest = await name(pak, pair.line)
            await until(pak, lambda: pak.store.documents(KIND))
            assert opened(irn.blobs, pair.line, digest).content == CONTENT

    play(scene)


def test_a_transfer_cut_by_a_restart_goes_on_where_it_was_and_urgent_words_pass_it(pair: Pair) -> None:
    async def begun() -> tuple[str, int]:
        async with node_of(pair, 0) as pak, node_of(pair, 1) as irn:
            whole = irn.blobs.add
            taken: list[int] = []

            def some(line: str, digest: str, offset: int, data: bytes) -> None:
                if len(taken) == 10:
                    raise LocalFault("store-unavailable")
                whole(line, digest, offset, data)
                taken.append(offset + len(data))

            irn.blobs.add = some  # type: ignore[method-assign]  # - the disk fails in the middle
            digest = await name(pak, pair.line)
            await until(irn, lambda: len(taken) == 10 and irn.store.audit(1)[0].code == "store-unavailable")
        return digest, irn.blobs.part_bytes(pair.line, digest)

    async def finished(digest: str, held: int) -> None:
        async with node_of(pair, 0) as pak, node_of(pair, 1) as irn:
            offsets: list[int] = []
            whole = irn.blobs.add

            def noted(line: str, digest: str, offset: int, data: bytes) -> None:
                offsets.append(offset)
                whole(line, digest, offset, data)

            irn.blobs.add = noted  # type: ignore[method-assign]  # - to see where it goes on
            await pak.seal(pair.line, Lane.FLASH, words(pak, pair.line, "Stop.", Lane.FLASH))
            await until(pak, lambda: receipted(pak, pair.line, Lane.FLASH) == 1)
            await until(pak, lambda: pak.store.documents(KIND))
            assert offsets[0] == held > 0
            assert opened(irn.blobs, pair.line, digest).content == CONTENT

    digest, held = play(begun)
    assert held < len(CONTENT)

    async def rest() -> None:
        await finished(digest, held)

    play(rest)
