"""Random transcripts in random arrival order, followed in random slices: always what the engine computes from them."""

from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from rabita.line.control import CREDENTIAL, CREDENTIAL_REVOCATION, PROCEDURE
from rabita.line.ids import LANES, RANK, Lane, LogId
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.coded import Signs
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.held import Approved, Held
from rabita.services.caseindex import Indexer
from rabita.store.index_sqlite import open_index
from tests.procedures.sampling import fields_of
from tests.procedures.world import CONSENTING, PARTIES
from tests.services.test_caseindex import expected, indexed
from tests.services.transcribed import KEYS, LINE, Holder, Transcribed

SPOKEN = ("message", "concern", "incident", "commitment", "suspension", "joint statement", "accreditation", "notice")
NAMES = tuple([name for name in SPOKEN if name in CATALOGUE.procedures])
SAID_ON = (Lane.FLASH, Lane.PRIORITY, Lane.ROUTINE)
sides = st.sampled_from(PARTIES)
lanes = st.sampled_from(SAID_ON)


class Following(RuleBasedStateMachine):
    """Both sides say what they like, one store comes to hold it in any order, its index follows in any slices."""

    @initialize(us=sides, late=st.booleans(), count=st.sampled_from([1, 2, 7, 512]))
    def begin(self, us: str, late: bool, count: int) -> None:  # noqa: FBT001 - drawn
        self.world = Transcribed()
        self.count = count
        for code in PARTIES:
            self.world.publish(code, *(KEYS[:1] if late else KEYS))
        self.holder = Holder(self.world, us)
        self.frozen: dict[LogId, int] = {}
        self.index = open_index(":memory:")
        self.restart()

    @rule()
    def restart(self) -> None:
        self.indexer = Indexer(self.holder.store, self.index, slice_entries=self.count)

    @rule(code=sides)
    def publish(self, code: str) -> None:
        self.world.publish(code, *KEYS[1:])

    @rule(code=sides, key=st.sampled_from(KEYS), whole=st.booleans())
    def publish_again(self, code: str, key: Approved, whole: bool) -> None:  # noqa: FBT001 - drawn
        self.world.publish_for(code, key, (key.role,) if whole else ())

    @rule(code=sides, key=st.sampled_from(KEYS))
    def revoke(self, code: str, key: Approved) -> None:
        self.world.revoke(code, key)

    @rule(data=st.data(), code=sides, lane=lanes, name=st.sampled_from(NAMES))
    def open(self, data: st.DataObject, code: str, lane: Lane, name: str) -> None:
        procedure = CATALOGUE.procedures[name]
        act = data.draw(st.sampled_from([name for name, each in procedure.acts.items() if each.opens]))
        refers = data.draw(st.lists(st.sampled_from(self.world.all()), max_size=1))
        fields = data.draw(fields_of(procedure.rules[act], ()))
        self.world.say(code, name, act, refers, fields, lane, approvals=self.approvals(data))

    @rule(data=st.data(), code=sides, lane=lanes)
    def answer(self, data: st.DataObject, code: str, lane: Lane) -> None:
        said = [each for each in self.world.all() if each.act.procedure != PROCEDURE]
        if not said:
            return
        basis = data.draw(st.lists(st.sampled_from(said), min_size=1, max_size=3, unique_by=lambda each: each.digest))
        procedure = CATALOGUE.procedures[basis[0].act.procedure]
        act = data.draw(st.sampled_from([name for name, each in procedure.rules.items() if not each.opens]))
        if act in (CORRECT, WITHDRAW):
            basis = [each for each in basis if each.author == code] or basis
        drafts = [each.digest for each in said if each.act.procedure == procedure.name]
        fields: dict[str, Any] = data.draw(fields_of(procedure.rules[act], drafts))
        if act == CORRECT:
            fields["fields"] = dict(basis[0].act.fields)
        if issubclass(procedure.rules[act].fields, Signs):
            basis = [each for each in said if each.digest == fields["digest"]] or basis
        self.world.say(code, procedure.name, act, basis, fields, lane, approvals=self.approvals(data))

    def approvals(self, data: st.DataObject) -> tuple[Any, ...]:
        return CONSENTING[: data.draw(st.integers(1, 3))]

    @precondition(lambda self: len(self.world.all()) > 4)
    @rule(data=st.data(), code=sides)
    def say_again(self, data: st.DataObject, code: str) -> None:
        """Seal the same bytes again, or other bytes under an id used before."""
        own = [each for each in self.world.all() if each.author == code and each.act.procedure != PROCEDURE]
        if own:
            act = data.draw(st.sampled_from(own)).act
            act = act if data.draw(st.booleans()) else msgspec.structs.replace(act, posts=("another",))
            self.world.seal(act, self.approvals(data))

    @rule(code=sides, lane=st.none() | lanes)
    def meet(self, code: str, lane: Lane | None) -> None:
        self.world.deliver(code, lane)

    @rule(author=sides, lane=st.sampled_from(LANES), count=st.integers(1, 6))
    def arrive(self, author: str, lane: Lane, count: int) -> None:
        if LogId(author, 1, lane) not in self.frozen:
            self.holder.take_waiting(lane, author, count)

    @rule()
    def arrive_all(self) -> None:
        for author in PARTIES:
            for lane in LANES:
                self.arrive(author, lane, 1_000)

    @precondition(lambda self: len(self.holder.held) > 4)
    @rule(data=st.data(), back=st.integers(0, 2))
    def freeze(self, data: st.DataObject, back: int) -> None:
        """Learn that a log ends a little before what is held of it."""
        logs = sorted({LogId(each.author, 1, each.lane) for each in self.holder.held} - self.frozen.keys())
        log = data.draw(st.sampled_from(logs)) if logs else None
        if log is not None:
            size = len([each for each in self.holder.held if (each.author, each.lane) == (log.party, log.lane)])
            self.frozen[log] = max(0, size - back)
            self.holder.freeze(log, self.frozen[log])

    @rule()
    def slice(self) -> None:
        self.indexer.slice(LINE)

    @rule()
    def follow(self) -> None:
        self.indexer.catch_up()
        world, held = self.world, self.holder.held
        told = [each for each in held if each.act.procedure == PROCEDURE and self.in_force(each)]
        known = [each._replace(approvals=self.verified(each, told), in_force=self.in_force(each)) for each in held]
        assert indexed(self.index) == expected(world, world.compute(known), self.holder.us)

    def verified(self, held: Held, told: list[Held]) -> tuple[Approved, ...]:
        return tuple([each for each in held.approvals if stands(held, each, told)])

    def in_force(self, held: Held) -> bool:
        return held.index < self.frozen.get(LogId(held.author, 1, held.lane), 2**53)

    def teardown(self) -> None:
        if hasattr(self, "indexer"):
            self.arrive_all()
            self.follow()
            again = open_index(":memory:")
            Indexer(self.holder.store, again).catch_up()
            assert indexed(again) == indexed(self.index)


def stands(held: Held, approved: Approved, told: list[Held]) -> bool:
    """Say by the plainest reading of the protocol whether an approval counts; *told* are control entries in force."""
    said = [each for each in told if (each.author, each.act.fields["key"]) == (held.author, approved.key)]
    ends = min([each.n for each in said if each.act.act == CREDENTIAL_REVOCATION], default=2**53)
    published = {each.n: each.act.fields["roles"] for each in said if each.act.act == CREDENTIAL and each.n < ends}
    if ends < held.n or not published:
        return False
    place = max([n for n in published if n < held.n], default=min(published))
    return approved.role in published[place]


def test_the_index_is_what_the_engine_computes() -> None:
    assert RANK[Lane.CONTROL] == 0
    run_state_machine_as_test(
        Following,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
