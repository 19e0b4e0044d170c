"""Two real nodes: officers' passkeys become credentials of the line, approve, and end there when they end here."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rabita.app.casework import say, signer
from rabita.app.credentials import CredentialKeeping
from rabita.app.drafting import credential as software_credential
from rabita.app.node import Node
from rabita.keys.sets import OfficerKey
from rabita.line.entry import encode
from rabita.line.errors import LocalFault
from rabita.line.events import Draft
from rabita.line.ids import Lane, LogId
from rabita.line.verify import Credential
from rabita.services.authority import accreditation
from rabita.services.casework import Wanted, Words, prepare
from rabita.services.officers import Role, Who
from rabita.services.people import Wanted as Invited
from rabita.services.reads import find_entry, view
from rabita.store.officers_sqlite import SqliteOfficers
from tests.app.people import Pair, new_pair, node_of, play, until
from tests.authenticator import ORIGIN, Authenticator, by_passkey
from tests.procedures.test_accreditation import NOMINATED
from tests.services.officers_house import House, SteeredClock

pytestmark = pytest.mark.sockets

NAME: Final = "Colonel Zarrinkuh"
POST: Final = "PAK-LO-ZAHEDAN"
DAY_MS: Final = 86_400_000
ROLES: Final = (Role.DRAFTER, Role.RELEASER)


@dataclass
class Officer:
    """An officer of the node under test, and the passkey enrolled."""

    who: Who
    device: Authenticator

    @property
    def id(self) -> str:
        return self.who.officer.id


@dataclass
class Embassy:
    """A running node with officers, the other side's node, and software keys for what is not under test."""

    pair: Pair
    pak: Node
    irn: Node
    house: House
    admin: Who
    keys: dict[str, OfficerKey] = field(default_factory=dict)

    @property
    def line(self) -> str:
        return self.pair.line

    def officer(self, post: str = POST) -> Officer:
        invited = self.house.people.invite(self.admin, Invited(NAME, ROLES, post))
        device = self.house.enrol(invited.code)
        return Officer(self.house.who(device), device)

    def credentials(self, node: Node | None = None) -> list[Credential]:
        """Give what stands of our passkeys, as a node sees it."""
        facts = (node or self.pak).link(self.line).exchange.state.facts
        return [each for name, each in facts.credentials.items() if name.startswith("X-PAK/") and each.relying_party]

    async def shown(self, holds: Callable[[list[Credential]], object]) -> None:
        """Wait until both sides see the credentials as they should be."""
        for node in (self.pak, self.irn):
            await until(node, lambda node=node: holds(self.credentials(node)))  # type: ignore[misc]  # - mypy cannot infer a default

    async def say(self, node: Node, act: str, basis: tuple[str, ...] = (), **fields: Any) -> str:  # noqa: ANN401 - a coded field
        key = self.keys[node.settings.party]
        wanted = Wanted(self.line, "accreditation", act, basis=basis, fields=fields)
        said = await say(node, wanted, [signer(key, role) for role in ("drafter", "releaser")])
        return said.digest

    async def answer(self, node: Node, act: str, basis: str, **fields: Any) -> None:  # noqa: ANN401 - a coded field
        """Say an act once what it answers has come."""
        await until(node, lambda: node.casebook.index.mains_of(self.line, [bytes.fromhex(basis)]))
        await self.say(node, act, (basis,), **fields)

    async def in_post(self) -> str:
        """Accredit the post to the other side, up to taking it up; gives the case."""
        now_ms = self.pak.clock.now_ms()
        tour = {"start_ms": now_ms - 1, "end_ms": now_ms + 30 * DAY_MS}
        case = await self.say(self.pak, "nominate", **{**NOMINATED, "tour": tour})
        await self.say(self.pak, "confirm", (case,), digest=case)
        await self.answer(self.irn, "agree", case, digest=case)
        await self._indexed(lambda: self.pak.casebook.index.cases(self.line, "accreditation", "agreed", 0, 1))
        await self.say(self.pak, "take up post", (case,))
        return case

    async def _indexed(self, holds: Callable[[], object]) -> None:
        while not holds():
            await until(self.pak, lambda: True)
            await self.pak.indexed()

    async def released(self, text: str, *officers: Officer, post: str = POST) -> list[str]:
        """Have officers approve a message with their passkeys and seal it; gives how the other side reads that."""
        wanted = Wanted(self.line, "message", "send", words=(Words(text),))
        prepared = prepare(self.pak.casebook, wanted)
        keys = [(each.device, key_of(each.device, self.credentials(), post)) for each in officers]
        approvals = [by_passkey(device, "releaser", prepared.raw, key) for device, key in keys]
        draft = Draft(prepared.raw, encode(approvals), prepared.sent, prepared.withheld)
        placed = await self.pak.seal(self.line, Lane.ROUTINE, draft)
        log = LogId("X-PAK", 1, Lane.ROUTINE)
        await until(self.irn, lambda: self.irn.store.entry(self.line, log, placed.index) is not None)
        found = view(self.irn.store, find_entry(self.irn.store, placed.reference))
        return [each.standing for each in found.approvals]


def key_of(device: Authenticator, stand: list[Credential], post: str = POST) -> str:
    """Name the key under which a passkey is published at a post."""
    point = device.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return next((each.key for each in stand if (each.public, each.post) == (point, post)), "gone")


@asynccontextmanager
async def embassy(folder: Path) -> AsyncIterator[Embassy]:
    """Run both nodes, ours with an administrator enrolled."""
    pair = new_pair(folder)
    store = SqliteOfficers(pair.homes[0].officers)
    async with node_of(pair, 0) as pak, node_of(pair, 1) as irn:
        pak.credentials.origin = ORIGIN
        house = House(store, SteeredClock(pak.clock.now_ms()))
        first = house.first(Role.SECURITY_OFFICER)
        found = Embassy(pair, pak, irn, house, house.who(house.enrol(first.code)))
        for node in (pak, irn):
            key = found.keys[node.settings.party] = OfficerKey.generate(node.settings.party, "duty-officer")
            state, now_ms = node.link(pair.line).exchange.state, node.clock.now_ms()
            draft = software_credential(state, key, ("drafter", "releaser"), now_ms)
            await node.seal(pair.line, Lane.CONTROL, draft)
        yield found
    store.close()


def test_an_enrolled_officer_s_passkey_approves_and_the_other_side_verifies_it(tmp_path: Path) -> None:
    async def scene() -> None:
        async with embassy(tmp_path) as found:
            one, two = found.officer(), found.officer()
            await found.shown(lambda stand: len([each for each in stand if each.roles]) == 2)
            assert await found.released("All is quiet.", one, two) == ["verified", "verified"]
            assert {each.roles for each in found.credentials()} == {("drafter", "releaser")}

    play(scene)


def test_a_seized_device_is_revoked_on_the_line_in_the_one_act_at_home(tmp_path: Path) -> None:
    """The other officer goes on; what the lost passkey signs from there on is shown as revoked to both sides."""

    async def scene() -> None:
        async with embassy(tmp_path) as found:
            lost, other = found.officer(), found.officer()
            await found.shown(lambda stand: len(stand) == 2)
            key = key_of(lost.device, found.credentials())
            found.house.people.revoke(lost.id)
            await found.shown(lambda stand: len(stand) == 1)
            prepared = prepare(found.pak.casebook, Wanted(found.line, "message", "send", words=(Words("A trap."),)))
            stolen = Draft(
                prepared.raw, encode([by_passkey(lost.device, "releaser", prepared.raw, key)]), prepared.sent
            )
            placed = await found.pak.seal(found.line, Lane.ROUTINE, stolen)
            (judged,) = view(found.pak.store, find_entry(found.pak.store, placed.reference)).approvals
            assert (judged.standing, judged.post) == ("revoked", POST)
            assert await found.released("All is quiet.", other) == ["verified"]

    play(scene)


def test_a_recall_ends_the_authority_on_the_line(tmp_path: Path) -> None:
    async def scene() -> None:
        async with embassy(tmp_path) as found:
            case = await found.in_post()
            officer = found.officer()
            await found.shown(lambda stand: [each.post for each in stand if each.roles] == [POST])
            assert await found.released("In post.", officer) == ["verified"]
            await found.say(found.pak, "recall", (case,))
            await found.shown(lambda stand: not stand)
            assert accreditation(found.pak.casebook, found.line, POST) == "ended"
            again = found.officer(), found.officer("HOME")
            await found.shown(lambda stand: [each.post for each in stand] == ["HOME"])
            assert again[0].id != again[1].id

    play(scene)


def test_nothing_of_a_person_crosses_and_a_restart_tells_nothing_twice(tmp_path: Path) -> None:
    async def scene() -> None:
        async with embassy(tmp_path) as found:
            officer = found.officer()
            await found.shown(lambda stand: len(stand) == 1)
            log = LogId("X-PAK", 1, Lane.CONTROL)
            size = found.pak.link(found.line).exchange.state.logs[log].frontier.size
            before = found.credentials()
            await _took_up_again(found)
            assert found.credentials() == before
            assert found.pak.link(found.line).exchange.state.logs[log].frontier.size == size
            known = found.house.people.known(officer.id)
            secrets = (NAME, officer.id, known.passkeys[0].id, officer.who.session.id)
        raw = b"".join(path.read_bytes() for path in found.pair.homes[1].folder.rglob("*") if path.is_file())
        assert before[0].key.encode() in raw
        assert not [each for each in secrets if each.encode() in raw]

    play(scene)


async def _took_up_again(found: Embassy) -> None:
    """Look once more with nothing remembered, as after a restart."""
    keeping = CredentialKeeping(found.pak)
    keeping.origin = ORIGIN
    await keeping.tick()
    keeping.close()


def test_a_node_without_officers_opens_no_file_and_a_broken_one_stops_nothing(tmp_path: Path) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        async with node_of(pair, 0) as pak:
            await pak.credentials.tick()
            assert not pair.homes[0].officers.exists()
            pair.homes[0].officers.mkdir()
            await pak.credentials.tick()
            with pytest.raises(LocalFault):
                SqliteOfficers(pair.homes[0].officers)
            await pak.seal(pair.line, Lane.ROUTINE, _plain(pak, pair))

    play(scene)


def _plain(node: Node, pair: Pair) -> Draft:
    prepared = prepare(node.casebook, Wanted(pair.line, "message", "send", words=(Words("On we go."),)))
    return Draft(prepared.raw, msgspec.json.encode([]), prepared.sent)
