"""Every definition, driven by machines made from its own data: both sides act at once over a line that delays.

What must hold whatever they do: equal sets give equal states; no joint result without both signatures; what stands
keeps standing (docs/procedures/engine.md, E1, E12, E13).
"""

from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from rabita.line.ids import Lane
from rabita.procedures.catalogue import CATALOGUE, PROCEDURES
from rabita.procedures.engine.coded import Signs
from rabita.procedures.engine.compute import Catalogue
from rabita.procedures.engine.definition import CORRECT, WITHDRAW, Procedure
from rabita.procedures.engine.duties import obligations
from rabita.procedures.engine.fold import Case, fingerprint
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.say import explain, say_act
from tests.procedures.sampling import fields_of, least
from tests.procedures.world import CONSENTING, IRN, PAK, PARTIES, World, charter

LANES: Final = (Lane.FLASH, Lane.ROUTINE)


class Play(RuleBasedStateMachine):
    """Two sides of one case; most acts are such as the state allows the side that does them, some are not."""

    procedure: Procedure
    catalogue: Catalogue

    @initialize(data=st.data())
    def open(self, data: st.DataObject) -> None:
        self.world = World(self.catalogue)
        self.random = Random(data.draw(st.integers(0, 2**16)))
        opening = data.draw(st.sampled_from([name for name, each in self.procedure.acts.items() if each.opens]))
        fields = data.draw(fields_of(self.procedure.rules[opening], ()))
        self.opening = self.world.say(PAK, self.procedure.name, opening, fields=fields, approvals=CONSENTING)
        self.world.deliver(IRN)
        self.standing: dict[str, set[tuple[str, str]]] = {code: set() for code in PARTIES}
        self.states: dict[str, str] = {}

    def case(self, code: str) -> Case:
        return self.world.case(self.opening, code)

    @rule(data=st.data(), code=st.sampled_from(PARTIES), lane=st.sampled_from(LANES), legal=st.integers(0, 4))
    def act(self, data: st.DataObject, code: str, lane: Lane, legal: int) -> None:
        case = self.case(code)
        names = [
            name
            for name, each in self.procedure.rules.items()
            if not each.opens and (case.state in each.moves or not legal)
        ]
        if not names:
            return
        name = data.draw(st.sampled_from(names))
        each = self.procedure.rules[name]
        known = [folded.held for folded in case.acts]
        basis = [data.draw(st.sampled_from(known))]
        drafts = [held.digest for held in known if self._is_draft(held, each.signs)]
        if name in (CORRECT, WITHDRAW):
            own = [held for held in known if held.author == code]
            basis = [data.draw(st.sampled_from(own))] if own else basis
        fields: dict[str, Any] = data.draw(fields_of(each, drafts))
        if name == CORRECT:
            fields["fields"] = dict(basis[0].act.fields)
        if issubclass(each.fields, Signs):
            basis = [held for held in known if held.digest == fields["digest"]] or basis
        self.world.say(code, self.procedure.name, name, basis, fields, lane, approvals=CONSENTING)

    @rule(data=st.data(), code=st.sampled_from(PARTIES), lane=st.sampled_from(LANES))
    def sign(self, data: st.DataObject, code: str, lane: Lane) -> None:
        known = [folded.held for folded in self.case(code).acts]
        signing = [(name, each) for name, each in self.procedure.acts.items() if each.signs]
        choices = [(name, held) for name, each in signing for held in known if self._is_draft(held, each.signs)]
        if choices:
            name, draft = data.draw(st.sampled_from(choices))
            fields = least(self.procedure.rules[name], [draft.digest]) | {"digest": draft.digest}
            self.world.say(code, self.procedure.name, name, [draft], fields, lane, approvals=CONSENTING)

    def _is_draft(self, held: Held, signs: str) -> bool:
        of = self.procedure.joint(signs).of if signs else ()
        return held.act.act in of

    @rule(code=st.sampled_from(PARTIES), lane=st.sampled_from(LANES), count=st.integers(1, 3))
    def deliver(self, code: str, lane: Lane, count: int) -> None:
        self.world.deliver(code, lane, count)

    @rule()
    def meet(self) -> None:
        self.world.meet()

    @invariant()
    def equal_sets_give_equal_states_in_any_order(self) -> None:
        if not hasattr(self, "opening"):
            return
        entries = self.world.all()
        prints = set()
        for _ in range(3):
            self.random.shuffle(entries)
            prints.add(fingerprint(self.world.compute(entries).cases[self.opening.digest]))
        assert len(prints) == 1

    @invariant()
    def what_stands_keeps_standing_and_only_by_both_signatures(self) -> None:
        if not hasattr(self, "opening"):
            return
        for code in PARTIES:
            case = self.case(code)
            stand = {(each.name, each.digest) for each in case.joint if each.stands}
            assert self.standing[code] <= stand
            self.standing[code] = stand
            authors = {each.held.digest: each.held.author for each in case.acts}
            for each in case.joint:
                assert {authors[digest] for digest in each.by} == set(PARTIES)
                if each.stands:
                    assert case.state in self.procedure.beyond[self.procedure.joint(each.name).to]

    @invariant()
    def every_state_is_the_definitions_and_can_be_said(self) -> None:
        if not hasattr(self, "opening"):
            return
        for code in PARTIES:
            case = self.case(code)
            assert case.state in self.procedure.all_states
            assert all(each.because or each.status.value in ("effective", "crossed") for each in case.acts)
            assert explain(self.procedure, case)
            assert all(say_act(self.procedure, case, each) for each in case.acts)
            assert all(each.debtors for each in obligations(self.procedure, charter(), case))


def play(procedure: Procedure, catalogue: Catalogue = CATALOGUE) -> None:
    """Play a procedure with both sides acting at once; the machine is made from its definition."""
    run_state_machine_as_test(
        type("Machine", (Play,), {"procedure": procedure, "catalogue": catalogue}),
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a red run replays as it is; shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda each: each.slug)
def test_both_sides_acting_at_once_over_a_lossy_line_compute_alike(procedure: Procedure) -> None:
    play(procedure)


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda each: each.slug)
def test_every_act_can_be_made_with_the_least_it_needs(procedure: Procedure) -> None:
    for each in procedure.rules.values():
        assert isinstance(least(each), dict)
