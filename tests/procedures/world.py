"""Two sides of a line that lose nothing but order: acts travel lane by lane, and may be long under way.

Stands in for nodes: what it makes is what services make of real entries (``Held``), with stamps as sealing writes them.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from rabita.line.charter import Boundary, Charter, Founder, LaneTerms, LineTest
from rabita.line.entry import Act, PortionRef, encode
from rabita.line.ids import LANES, Lane
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.compute import Catalogue, Computed, compute
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.engine.held import FOREIGN_MINISTRY, Approved, Extent, Held, extent_of

PAK: Final = "X-PAK"
IRN: Final = "X-IRN"
PARTIES: Final = (PAK, IRN)
MINUTE_S: Final = 60
HOUR_S: Final = 3600
OFFICERS: Final = (Approved("drafter", "11"), Approved("releaser", "22"))
CONSENTING: Final = (*OFFICERS, Approved(FOREIGN_MINISTRY, "33"))
SERVICE_ONLY: Final = (Approved("service", "99"),)
EDITION: Final = "e" * 64


def charter(version: int = 1, **changes: Any) -> Charter:  # noqa: ANN401 - a field of the charter
    """Write a charter with the deadlines that are in force somewhere (research, Clocks)."""
    whole = Charter(
        version=version,
        nonce="0" * 32,
        parties=(Founder(PAK, "a" * 64), Founder(IRN, "b" * 64)),
        exercise=True,
        lanes={
            "CONTROL": LaneTerms(10 * MINUTE_S, 0, 100, 2**20),
            "FLASH": LaneTerms(10 * MINUTE_S, 200, 100, 2**20),
            "IMMEDIATE": LaneTerms(30 * MINUTE_S, 200, 100, 2**20),
            "PRIORITY": LaneTerms(3 * HOUR_S, 0, 100, 2**20),
            "ROUTINE": LaneTerms(6 * HOUR_S, 0, 100, 2**20),
        },
        acts_per_procedure_per_day=100,
        line_test=LineTest(HOUR_S, 2),
        deadlines_s={
            "clarification-crisis-acknowledge": 10 * MINUTE_S,
            "clarification-crisis-holding-answer": HOUR_S,
            "clarification-crisis-answer": 12 * HOUR_S,
            "clarification-crisis-principals-call": 24 * HOUR_S,
            "clarification-answer": 48 * HOUR_S,
            "clarification-meeting": 48 * HOUR_S,
            "joint-verification-mission": 120 * HOUR_S,
            "joint-verification-final-report": 120 * HOUR_S,
            "stop-request-answer": 10 * MINUTE_S,
        },
        ceilings={"accreditation-headcount": 5},
        classification={},
        languages=("en", "ur", "fa"),
        boundary=Boundary("edition", EDITION, 8700),
        retention_days=3650,
        community="",
        use_limitation="",
        catalogue="1",
        survivability="",
    )
    return msgspec.structs.replace(whole, **changes)


class Side:
    """A party: its entries by lane in order, and how many of the other's it holds of each lane."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.logs: dict[Lane, list[Held]] = {lane: [] for lane in LANES}
        self.seen: dict[Lane, int] = dict.fromkeys(LANES, 0)
        self.n = 0


class World:
    """Two sides, what each said and what each holds."""

    def __init__(self, catalogue: Catalogue = CATALOGUE) -> None:
        self.catalogue = catalogue
        self.charters: dict[int, Charter] = {1: charter()}
        self.sides = {code: Side(code) for code in PARTIES}
        self.made = 0

    def other(self, author: str) -> Side:
        return self.sides[IRN if author == PAK else PAK]

    def say(  # noqa: PLR0913 - the fields of an act, all named
        self,
        author: str,
        procedure: str,
        act: str,
        basis: Sequence[Held] = (),
        fields: Mapping[str, Any] | None = None,
        lane: Lane = Lane.ROUTINE,
        *,
        approvals: Sequence[Approved] = OFFICERS,
        portions: tuple[PortionRef, ...] = (),
        version: int = 1,
        **more: Any,  # noqa: ANN401 - a field of the act
    ) -> Held:
        """Seal an act; it is not delivered yet."""
        self.made += 1
        body = Act(
            line="line",
            author=author,
            precedence=lane,
            id=f"{self.made:032x}",
            seal_before_ms=0,
            kind="exercise",
            procedure=procedure,
            act=act,
            basis=tuple([each.digest for each in basis]),
            fields=dict(fields or {}),
            portions=portions,
        )
        return self.seal(msgspec.structs.replace(body, **more), approvals, version)

    def seal(self, act: Act, approvals: Sequence[Approved] = OFFICERS, version: int = 1) -> Held:
        """Stamp an act: its place, and what its author had seen."""
        side, other = self.sides[act.author], self.other(act.author)
        side.n += 1
        log = side.logs[act.precedence]
        seen = tuple([side.seen[lane] for lane in LANES])
        held = Held(
            digest=sha256(encode(act)).hexdigest(),
            author=act.author,
            epoch=1,
            n=side.n,
            lane=act.precedence,
            index=len(log),
            seen_epoch=1,
            seen=(seen[0], seen[1], seen[2], seen[3], seen[4]),
            charter=version,
            act=act,
            approvals=tuple(approvals),
        )
        log.append(held)
        assert other.code != act.author
        return held

    def deliver(self, to: str, lane: Lane | None = None, count: int | None = None) -> None:
        """Deliver what waits for a side: a lane's next entries, or everything."""
        for each in LANES if lane is None else (lane,):
            waiting = len(self.other(to).logs[each]) - self.sides[to].seen[each]
            self.sides[to].seen[each] += waiting if count is None else min(waiting, count)

    def meet(self) -> None:
        """Deliver everything both ways."""
        for code in PARTIES:
            self.deliver(code)

    def held(self, code: str) -> list[Held]:
        """List what a side holds: its own entries, and the beginning of each of the other's lanes."""
        side, other = self.sides[code], self.other(code)
        theirs = [held for lane in LANES for held in other.logs[lane][: side.seen[lane]]]
        return [*(held for log in side.logs.values() for held in log), *theirs]

    def all(self) -> list[Held]:
        return [held for side in self.sides.values() for log in side.logs.values() for held in log]

    def compute(self, entries: Sequence[Held], extent: Extent | None = None) -> Computed:
        return compute(self.catalogue, self.charters, entries, extent or extent_of(entries))

    def case(self, opening: Held, code: str = "") -> Case:
        """Fold a case as a side holds it, or, with no side named, from everything said."""
        return self.compute(self.held(code) if code else self.all()).cases[opening.digest]

    def of(self, held: Held, opening: Held, code: str = "") -> Folded:
        """Give what became of an act."""
        return next(each for each in self.case(opening, code).acts if each.held.digest == held.digest)
