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
words_max = 200
title = { en = "Small" }
notice = { en = "EXERCISE." }
parties = [{ code = "X-ONE", names = { en = "One" } }, { code = "X-TWO", names = { en = "Two" } }]
sources = { exercise = { kind = "exercise", text = "Invented" } }
"""
ENTRY = """
[[entry]]
id = "first"
play = 1
at = 2024-01-16T04:30:00Z
time = "assumed"
party = "X-ONE"
precedence = "ROUTINE"
procedure = "line test"
act = "test"
subject = "Line test"
text = "Please answer."
answers = []
marking = "CLEAR"
claim_of = ""
source = "exercise"
invented = true
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
        (ENTRY, ENTRY + ENTRY.replace("first", "second").replace("2024-01-16", "2024-01-15")),
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


def test_silence_counts_the_days_on_which_nothing_was_said(scenario: Scenario) -> None:
    by_id = {inject.id: inject for inject in scenario.injects}
    assert silence_days(by_id["promise-liaison-army"], by_id["nominate-zahedan"]) == 90
    assert silence_days(by_id["test-pak-16"], by_id["test-irn-16"]) == 0


def test_the_fields_of_an_act_say_when_on_whose_word_and_from_where(scenario: Scenario) -> None:
    by_id = {inject.id: inject for inject in scenario.injects}
    strike = fields_of(scenario, by_id["strike-panjgur"])
    assert strike["scenario_time"] == "2024-01-16T17:30:00Z"
    assert strike["claim_of"] == "X-IRN"
    assert scenario.head.sources[strike["source"]].kind == strike["source_kind"] == "public-reporting"
    assert fields_of(scenario, by_id["test-pak-16"])["invented"] is True
    assert fields_of(scenario, by_id["promise-ambassadors"])["due"] == "2024-01-26"
    for inject in scenario.injects:
        fields = fields_of(scenario, inject)
        assert parse_content(msgspec.json.encode(fields)) == fields
        assert all(portion.text not in str(fields) for portion in inject.withheld)


def test_the_built_in_exercise_spans_the_days_from_strike_to_liaison_officers(scenario: Scenario) -> None:
    assert scenario.injects[-1].at - scenario.injects[0].at > timedelta(days=100)
