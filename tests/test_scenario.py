"""The built-in exercise: whole, in order, sober, and in nobody's words but ours."""

import re
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from rabita.procedures.catalogue import CATALOGUE
from rabita.services.exercise import built_in
from tests.exercise.rehearsal import rehearsed

ROOT: Final = Path(__file__).parents[1]
SHARED: Final = ROOT.parent / "shared"
SCENARIOS: Final = sorted((ROOT / "src/rabita/data/scenarios").glob("*.toml"))
RUN_WORDS: Final = 8

PARTIES: Final = {"X-PAK", "X-IRN"}
PRECEDENCES: Final = {"FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"}
WORDS_MAX: Final = 200
"""Of a FLASH or IMMEDIATE act (charter)."""
FIELDS: Final[dict[str, type]] = {
    "id": str,
    "plays": list,
    "at": datetime,
    "party": str,
    "precedence": str,
    "procedure": str,
    "act": str,
    "source": str,
}
OPTIONAL: Final[dict[str, type]] = {
    "time": str,
    "text": str,
    "words": list,
    "fields": dict,
    "answers": list,
    "marking": str,
    "claim_of": str,
}

Table = dict[str, Any]


@pytest.fixture(params=SCENARIOS, ids=lambda path: path.stem)
def scenario(request: pytest.FixtureRequest) -> Table:
    return tomllib.loads(request.param.read_text(encoding="utf-8"))


def texts(scenario: Table) -> Iterator[str]:
    """Every English text an officer could read."""
    yield scenario["scenario"]["notice"]["en"]
    for play in scenario["scenario"]["plays"]:
        yield play["caution"]
    for entry in scenario["entry"]:
        yield entry.get("text", "")
        yield from (portion["text"] for portion in entry.get("words", []))


def runs(text: str) -> set[tuple[str, ...]]:
    """All runs of eight words, letters and digits only."""
    words = re.findall(r"\w+", text.lower().replace("’", "'").replace("'", ""))
    return {tuple(words[at : at + RUN_WORDS]) for at in range(len(words) - RUN_WORDS + 1)}


def test_the_built_in_scenario_is_there() -> None:
    assert "january-2024" in [path.stem for path in SCENARIOS]


def test_header_names_an_exercise_and_its_two_parties_in_three_languages(scenario: Table) -> None:
    header = scenario["scenario"]
    assert header["exercise"] is True
    assert header["languages"] == ["en", "ur", "fa"]
    assert {party["code"] for party in header["parties"]} == PARTIES
    for named in (header["title"], header["notice"], *(party["names"] for party in header["parties"])):
        assert set(named) == set(header["languages"])
        assert all(named.values())
    assert all(text.startswith("EXERCISE") for text in header["notice"].values())
    assert not re.search("[يكىە]", header["notice"]["ur"] + header["notice"]["fa"])


def test_every_entry_has_its_fields_and_no_others(scenario: Table) -> None:
    for entry in scenario["entry"]:
        assert entry.keys() >= FIELDS.keys()
        assert entry.keys() <= FIELDS.keys() | OPTIONAL.keys()
        for name, value in entry.items():
            assert isinstance(value, (FIELDS | OPTIONAL)[name]), (entry["id"], name)


def test_every_value_is_one_the_line_knows(scenario: Table) -> None:
    plays = [play["number"] for play in scenario["scenario"]["plays"]]
    for entry in scenario["entry"]:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry["id"])
        assert entry.get("time", "assumed") in {"reported", "assumed"}
        assert entry["party"] in PARTIES
        assert entry["precedence"] in PRECEDENCES
        assert entry["act"] in CATALOGUE.procedures[entry["procedure"]].rules, entry["id"]
        assert entry.get("marking", "CLEAR") in {"CLEAR", "GREEN", "AMBER"}
        assert entry.get("claim_of", "") in PARTIES | {""}
        assert entry["plays"]
        assert set(entry["plays"]) <= set(plays)


def test_entries_answer_only_earlier_ones_of_their_plays(scenario: Table) -> None:
    for play in scenario["scenario"]["plays"]:
        entries = sorted(
            [entry for entry in scenario["entry"] if play["number"] in entry["plays"]], key=lambda entry: entry["at"]
        )
        assert entries
        assert all(entry["at"].utcoffset() == timedelta() for entry in entries)
        seen: set[str] = set()
        for entry in entries:
            assert entry["id"] not in seen
            assert set(entry.get("answers", [])) <= seen, entry["id"]
            assert len(set(entry.get("answers", []))) == len(entry.get("answers", []))
            seen.add(entry["id"])


def test_every_play_is_allowed_by_its_procedures(scenario: Table) -> None:
    for play in scenario["scenario"]["plays"]:
        rehearsed(built_in(scenario["scenario"]["id"]), play["number"])


def test_every_source_resolves_and_is_used(scenario: Table) -> None:
    sources = scenario["scenario"]["sources"]
    assert all(source["kind"] in {"official", "public-reporting", "exercise"} for source in sources.values())
    assert {entry["source"] for entry in scenario["entry"]} == set(sources)


def test_what_is_invented_claims_nothing(scenario: Table) -> None:
    sources = scenario["scenario"]["sources"]
    for entry in scenario["entry"]:
        assert not (sources[entry["source"]]["kind"] == "exercise" and entry.get("claim_of")), entry["id"]


def test_word_limits(scenario: Table) -> None:
    for entry in scenario["entry"]:
        said = [entry.get("text", ""), *(portion["text"] for portion in entry.get("words", []))]
        if entry["precedence"] in {"FLASH", "IMMEDIATE"}:
            assert len(" ".join(said).split()) <= WORDS_MAX
        assert all(len(re.findall(r"[.?](?:\s|$)", text)) <= 4 for text in said), entry["id"]


def test_traffic_flows_both_ways_at_every_precedence_in_every_play(scenario: Table) -> None:
    for play in scenario["scenario"]["plays"]:
        entries = [entry for entry in scenario["entry"] if play["number"] in entry["plays"]]
        carried = {(entry["party"], entry["precedence"]) for entry in entries}
        assert carried == {(party, precedence) for party in PARTIES for precedence in PRECEDENCES}


def test_withheld_portions_are_labelled_as_invented(scenario: Table) -> None:
    portions = [portion for entry in scenario["entry"] for portion in entry.get("words", [])]
    withheld = [portion for portion in portions if portion.get("withheld")]
    assert 2 <= len(withheld) <= 3
    for portion in withheld:
        assert portion["marking"] == "AMBER"
        assert portion["text"].startswith("Invented for the exercise: ")


def test_promises_have_a_date_or_the_words_used_instead(scenario: Table) -> None:
    promises = [entry for entry in scenario["entry"] if (entry["procedure"], entry["act"]) == ("commitment", "propose")]
    assert len(promises) == 4
    for entry in promises:
        assert ("due_ms" in entry["fields"]) + ("words_used" in entry["fields"]) == 1, entry["id"]
        assert {portion["language"] for portion in entry["words"]} == {"ur", "fa"}


@pytest.mark.skipif(
    not SHARED.is_dir(), reason="the reports the scenario was written from are not beside this checkout"
)
def test_no_sentence_is_taken_from_what_was_read(scenario: Table) -> None:
    read = [*(SHARED / "sources").glob("*.txt"), *(SHARED / "scenario").glob("*.md")]
    assert read
    theirs = {run for path in read for run in runs(path.read_text(encoding="utf-8"))}
    ours = {run for text in texts(scenario) for run in runs(text)}
    assert sorted(" ".join(run) for run in ours & theirs) == []
