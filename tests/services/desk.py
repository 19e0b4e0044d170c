"""A node's casework over a world in which both sides speak; everything is held and indexed at once."""

from dataclasses import dataclass, field
from typing import Any, Final

from rabita.line.charter import Charter
from rabita.line.entry import SENT, decode_act
from rabita.ports.index import ActRow
from rabita.procedures.engine.held import Held
from rabita.services.casebook import Casebook, builtin_annexes
from rabita.services.caseindex import Indexer
from rabita.services.casework import Prepared, Signer, approve
from rabita.services.terms import BOUNDARY, DEADLINES_S
from rabita.store.index_sqlite import open_index
from tests.procedures.world import PAK, PARTIES, charter
from tests.services.transcribed import KEYS, LINE, SIGNERS, START_MS, Holder, Transcribed

DAY_MS: Final = 86_400_000


@dataclass
class Clock:
    at_ms: int = START_MS + 3_600_000

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic_ms(self) -> int:
        return self.at_ms


@dataclass
class Desk:
    """A node's casework over a world that both sides speak in."""

    us: str = PAK
    world: Transcribed = field(default_factory=Transcribed)
    clock: Clock = field(default_factory=Clock)

    charter: Charter = field(default_factory=lambda: charter(boundary=BOUNDARY, deadlines_s=DEADLINES_S))

    def __post_init__(self) -> None:
        self.world.charters[1] = self.charter
        for code in PARTIES:
            self.world.publish(code, *KEYS)
        self.holder = Holder(self.world, self.us)
        self.indexer = Indexer(self.holder.store, open_index(":memory:"))
        self.book = Casebook(self.holder.store, self.indexer.index, self.clock, builtin_annexes)
        self.meet()

    def meet(self) -> None:
        """Have everything said held by both, and indexed."""
        self.world.meet()
        self.holder.take_all()
        self.indexer.catch_up()

    def say(self, author: str, *rest: Any, **more: Any) -> Held:  # noqa: ANN401 - as the world says
        held = self.world.say(author, *rest, **more)
        self.meet()
        return held

    def row(self, held: Held) -> ActRow:
        (row,) = self.book.index.leaves_of(LINE, [bytes.fromhex(held.digest)])
        return row

    def seal(self, prepared: Prepared) -> Held:
        """Seal an act that was prepared, as the node would."""
        draft = approve(prepared, [signer(each.role, each.key) for each in KEYS[:2]])
        raws = {True: iter(draft.portions), False: iter(draft.withheld)}
        self.world.texts |= {ref.digest: next(raws[ref.state == SENT]) for ref in prepared.act.portions}
        held = self.world.seal(decode_act(draft.act))
        self.meet()
        return held


def signer(role: str, key: str) -> Signer:
    private = SIGNERS[key]
    return Signer(role, private.public_key().public_bytes_raw(), private.sign)
