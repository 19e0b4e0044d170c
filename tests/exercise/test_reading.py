"""A scenario is read whole or refused, and its silences keep their proportions when it is played faster."""

from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.entry import parse_content
from rabita.line.errors import UserFault
from rabita.services.exercise import Scenario, built_in, fields_of, pauses_s, read_scenario, silence_days

HEAD = """
[scenario]
id = "small"
languages = ["en"]
exercise = true
plays = [{ number = 1, title = { en = "Once" }, caution = "None." }]
title = { en = "Small" }
notice = { en = "EXERCISE." }
parties = [{ code = "X-ONE", names = { en = "One" } }, { code = "X-TWO", names = { en = "Two" } }]
sources = { exercise = { kind = "exercise", text = "Invented" } }
"""
ENTRY = """
[[entry]]
id = "first"
plays = [1]
at = 2024-01-16T04:30:00Z
time = "assumed"
party = "X-ONE"
precedence = "ROUTINE"
procedure = "line test"
act = "test"
text = "Please answer."
answers = []
marking = "CLEAR"
claim_of = ""
source = "exercise"
"""


def test_a_small_scenario_is_read() -> None:
    scenario = read_scenario((HEAD + ENTRY).encode())
    assert [inject.id for inject in scenario.injects] == ["first"]
    assert pauses_s(scenario.injects, 3) == [3]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("exercise = true", "exercise = false"),
        ("X-TWO", "TWO"),
        ("X-TWO", "X-ONE"),
        ('party = "X-ONE"', 'party = "X-THREE"'),
        ("answers = []", 'answers = ["second"]'),
        ("answers = []", 'answers = ["first"]'),
        ('source = "exercise"', 'source = "rumour"'),
        ('precedence = "ROUTINE"', 'precedence = "CONTROL-ISH"'),
        ("04:30:00Z", "04:30:00+05:00"),
        ('act = "test"', 'act = "test"\nsurprise = 1'),
        (ENTRY, ENTRY + ENTRY),
        ("plays = [1]", "plays = [2]"),
        ("plays = [1]", "plays = []"),
        ('act = "test"', 'act = "tset"'),
        ('procedure = "line test"', 'procedure = "line toast"'),
        ('act = "test"', 'act = "test"\nfields = { digest = "@second" }'),
        ("plays = [{ number = 1,", "plays = [{ number = 1, title = {}, caution = '' }, { number = 1,"),
        ('id = "first"', 'id = "first"\nplays_too = 1'),
        ("[[entry]]", "[[entry"),
    ],
)
def test_a_scenario_out_of_form_is_refused(old: str, new: str) -> None:
    text = HEAD + ENTRY
    assert old in text
    with pytest.raises(UserFault, match="scenario-malformed"):
        read_scenario(text.replace(old, new).encode())


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_from_any_bytes_only_a_fault_of_the_user_comes_out(raw: bytes) -> None:
    with pytest.raises(UserFault, match="scenario-malformed"):
        read_scenario(raw)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return built_in()


@pytest.mark.parametrize("total_s", [0.0, 1.0, 75.0, 86_400.0])
def test_pauses_add_up_and_keep_their_order(scenario: Scenario, total_s: float) -> None:
    pauses = pauses_s(scenario.injects, total_s)
    assert len(pauses) == len(scenario.injects)
    assert sum(pauses) == pytest.approx(total_s)
    gaps = [later.at - earlier.at for earlier, later in pairwise(scenario.injects)]
    by_gap = [pause for _, pause in sorted(zip(gaps, pauses[1:], strict=True))]
    assert by_gap == sorted(by_gap)


def test_a_play_begins_after_the_least_of_pauses(scenario: Scenario) -> None:
    pauses = pauses_s([turn.inject for turn in scenario.turns], 75)
    assert pauses[len(scenario.of(1))] == min(pauses)


def test_silence_counts_the_days_on_which_nothing_was_said(scenario: Scenario) -> None:
    by_id = {inject.id: inject for inject in scenario.injects}
    assert silence_days(by_id["promise-liaison-army"], by_id["nominate-zahedan"]) == 90
    assert silence_days(by_id["test-16-morning"], by_id["test-16-evening"]) == 0


def test_the_fields_of_an_act_say_when_on_whose_word_and_from_where(scenario: Scenario) -> None:
    by_id = {inject.id: inject for inject in scenario.injects}
    strike = fields_of(scenario, by_id["strike-panjgur"], 1, "e" * 64, {})
    assert strike["kind"] == "strike"
    assert strike["since_ms"] == strike["exercise"]["at_ms"] == 1_705_426_200_000
    assert strike["exercise"]["claim_of"] == "X-IRN"
    assert strike["exercise"]["scenario"] == "january-2024-1"
    assert scenario.head.sources[strike["exercise"]["source"]].kind == strike["exercise"]["source_kind"]
    assert fields_of(scenario, by_id["test-16-morning"], 2, "e" * 64, {})["exercise"]["invented"] is True
    digests = {inject.id: f"{number:064x}" for number, inject in enumerate(scenario.injects)}
    for inject in scenario.injects:
        fields = fields_of(scenario, inject, inject.plays[0], "e" * 64, digests)
        assert parse_content(msgspec.json.encode(fields)) == fields
        assert all(each.text not in str(fields) for each in inject.portions)


def test_fields_name_earlier_acts_and_places(scenario: Scenario) -> None:
    by_id = {inject.id: inject for inject in scenario.injects}
    digests = {"statement-draft": "d" * 64}
    assert fields_of(scenario, by_id["statement-adopt-pak"], 1, "e" * 64, digests)["digest"] == "d" * 64
    where = fields_of(scenario, by_id["incident-panjgur"], 1, "e" * 64, {})["where"]
    assert where["edition"] == "e" * 64
    assert where["area"][0] == [63_900_000, 26_850_000]


def test_the_built_in_exercise_spans_the_days_from_strike_to_liaison_officers(scenario: Scenario) -> None:
    assert scenario.injects[-1].at - scenario.injects[0].at > timedelta(days=100)
