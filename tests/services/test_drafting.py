"""Drafts short of release: their states, what they hold while they are written, who reads them, whatever is typed."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rabita.line.errors import RabitaError, UserFault
from rabita.line.ids import Lane
from rabita.procedures.catalogue import CATALOGUE
from rabita.services.drafts import ENDED, MOVES, OPEN, VERSIONS_MAX, Did, Said, SaidPortion, State
from rabita.services.officers import Role
from tests.services.release_house import Ministry, Someone, message, ministry


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministry]:
    folder: Path = tmp_path_factory.mktemp("house")
    with ministry(folder) as found:
        yield found


@pytest.fixture(scope="module")
def drafter(house: Ministry) -> Someone:
    return house.officer(Role.DRAFTER)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(RabitaError) as refused:
        act()
    return refused.value.code


def test_every_state_but_the_ends_leads_on_and_no_step_leads_out_of_an_end() -> None:
    assert set(MOVES) == set(Did)
    assert {state for moves in MOVES.values() for state in moves} == set(OPEN)
    assert {state for moves in MOVES.values() for state in moves.values()} == set(State)
    assert set(OPEN) | set(ENDED) == set(State)


def test_each_step_is_refused_in_every_state_its_table_does_not_name(house: Ministry) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)

    def brought(state: State) -> str:
        draft = house.draft(drafter).draft.id
        who, other = house.who(drafter), house.who(releaser)
        if state is State.DROPPED:
            house.drafting.drop(who, draft, 1)
        elif state is not State.DRAFTING:
            house.drafting.submit(who, draft, 1)
        if state in (State.IN_RELEASE, State.RETURNED):
            house.drafting.review(other, draft, 1, "")
        if state is State.RETURNED:
            house.drafting.return_(other, draft, 1, "why")
        return draft

    steps: dict[Did, Callable[[str], object]] = {
        Did.SAVE: lambda draft: house.drafting.save(house.who(drafter), draft, 1, message("Other.")),
        Did.SUBMIT: lambda draft: house.drafting.submit(house.who(drafter), draft, 1),
        Did.REVIEW: lambda draft: house.drafting.review(house.who(releaser), draft, 1, ""),
        Did.RETURN: lambda draft: house.drafting.return_(house.who(releaser), draft, 1, ""),
        Did.DROP: lambda draft: house.drafting.drop(house.who(drafter), draft, 1),
        Did.APPROVE: lambda draft: house.release.begin(house.who(releaser), draft, 1, Lane.ROUTINE),
    }
    for did, step in steps.items():
        for state in (*OPEN, State.DROPPED):
            draft = brought(state)
            if state in MOVES[did]:
                step(draft)
            else:
                assert refusal(partial(step, draft)) == "draft-state", (did, state)


def test_only_the_newest_versions_are_kept(house: Ministry) -> None:
    one, two = house.officer(Role.DRAFTER), house.officer(Role.DRAFTER)
    draft = house.draft(one).draft.id
    for version in range(1, VERSIONS_MAX + 5):
        house.drafting.save(house.who((one, two)[version % 2]), draft, version, message(f"{version}"))
    shown = house.drafting.read(house.who(one), draft)
    assert [each.number for each in shown.versions] == list(range(6, VERSIONS_MAX + 6))


def test_an_act_that_cannot_be_sealed_is_not_submitted(house: Ministry, drafter: Someone) -> None:
    for said, code in (
        (Said(), "portion-lacking"),
        (message(fields={"wants": "a favour"}), "field-invalid"),
        (message(attachments=("ab" * 32,)), "attachment-missing"),
        (message(basis=("X-IRN-R-0009",)), "reference-unknown"),
    ):
        shown = house.draft(drafter, said)
        assert code in [each.code for each in shown.findings if each.refuses]
        assert refusal(partial(house.drafting.submit, house.who(drafter), shown.draft.id, 1)) == code


def test_a_foreign_ministry_desk_reads_consents_and_returns_them(house: Ministry) -> None:
    drafter, reviewer = house.officer(Role.DRAFTER), house.officer(Role.REVIEWER)
    desk = house.officer(Role.FOREIGN_MINISTRY_DESK)
    plain = house.draft(drafter)
    assert refusal(lambda: house.drafting.read(house.who(desk), plain.draft.id)) == "policy-refused"
    said = Said(basis=(house.asks_consent(),), fields=house.consenting())
    shown = house.reviewed(drafter, reviewer, said, procedure="notice", act="consent")
    assert [each.id for each in house.drafting.listed(house.who(desk)).rows] == [shown.draft.id]
    returned = house.drafting.return_(house.who(desk), shown.draft.id, 1, "for one day alone")
    assert returned.draft.state is State.RETURNED


def test_open_drafts_are_found_by_what_they_answer_for_those_who_may_read_them(house: Ministry) -> None:
    drafter, watch = house.officer(Role.DRAFTER), house.officer(Role.DUTY_OFFICER)
    asked = house.asks_consent()
    said = Said(basis=(asked,), fields=house.consenting())
    first, second, dropped = (house.draft(drafter, said, "notice", "consent").draft.id for _ in range(3))
    house.drafting.drop(house.who(drafter), dropped, 1)
    house.draft(drafter, message(basis=(asked,)))
    house.draft(drafter, Said(fields=house.consenting()), "notice", "consent")
    house.clock.at_ms += 1
    house.drafting.submit(house.who(drafter), first, 1)

    def found(who: Someone) -> list[str]:
        return [each.id for each in house.drafting.answering(house.who(who), house.line, "notice", {asked})]

    assert found(drafter) == [first, second]
    assert found(watch) == []


VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MARKINGS: Final = st.sampled_from(("", "SECRET", "TLP:RED", "H2//WHY source", "PERSONAL safety/contact/9", "NO SUCH"))
ACTS: Final = st.sampled_from([(each.name, act) for each in CATALOGUE.procedures.values() for act in each.rules])


@st.composite
def anything_said(draw: st.DrawFn, procedure: str, act: str) -> Said:
    names = [*CATALOGUE.procedures[procedure].rules[act].fields.__struct_fields__, "fields", "?"]
    portions = st.builds(
        SaidPortion,
        text=st.text(max_size=20),
        role=st.sampled_from(("", "text", "name", "particulars", "?")),
        marking=MARKINGS,
        language=st.sampled_from(("", "en", "ur", "xx")),
        withheld=st.booleans(),
    )
    return Said(
        fields=draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=6)),
        precedence=draw(st.sampled_from(Lane)),
        basis=tuple(draw(st.lists(st.sampled_from(("X-IRN-R-0001", "0" * 64, "?", "")), max_size=2))),
        portions=tuple(draw(st.lists(portions, max_size=3))),
        posts=tuple(draw(st.lists(st.text(max_size=5), max_size=2))),
        marking=draw(MARKINGS),
        kind=draw(st.sampled_from(("", "exercise", "operation", "?"))),
        reply_by_ms=draw(st.integers(0, 2**53 - 1)),
    )


@given(data=st.data(), which=ACTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_kept_or_refused_by_a_code(
    house: Ministry, drafter: Someone, data: st.DataObject, which: tuple[str, str]
) -> None:
    said = data.draw(anything_said(*which))
    try:
        shown = house.drafting.create(house.who(drafter), house.line, *which, said)
    except UserFault as fault:
        assert fault.code in ("marking-malformed", "policy-refused")
        return
    assert shown.said == said
    assert all(each.sentence for each in shown.findings)
    try:
        house.drafting.submit(house.who(drafter), shown.draft.id, 1)
    except UserFault as fault:
        assert fault.code in {each.code for each in shown.findings}
