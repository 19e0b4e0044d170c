"""The built-in exercise: whole, in order, sober, and in nobody's words but ours."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[1]
SHARED: Final = ROOT.parent / "shared"
SCENARIOS: Final = sorted((ROOT / "src/rabita/data/scenarios").glob("*.toml"))
RUN_WORDS: Final = 8

PARTIES: Final = {"X-PAK", "X-IRN"}
PRECEDENCES: Final = {"FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"}
ACTS: Final = {
    "accreditation": {"nominate", "agree", "decline", "take up post"},
    "clarification": {"ask", "acknowledge", "holding answer", "answer"},
    "commitment": {"propose", "confirm", "progress", "fulfilled"},
    "incident": {"report", "account", "correct"},
    "joint statement": {"draft", "redline", "adopt"},
    "line test": {"test", "answer", "decline"},
    "measure": {"declare", "note", "undo"},
    "meeting": {"propose", "accept", "minutes", "adopt"},
    "message": {"send", "acknowledge", "reply"},
    "readout": {"offer", "concur", "concur except", "not our account"},
    "violation report": {"report", "explanation", "protest"},
}
FIELDS: Final[dict[str, type]] = {
    "id": str,
    "play": int,
    "at": datetime,
    "time": str,
    "party": str,
    "precedence": str,
    "procedure": str,
    "act": str,
    "subject": str,
    "text": str,
    "answers": list,
    "marking": str,
    "claim_of": str,
    "source": str,
}
OPTIONAL: Final[dict[str, type]] = {"due": date, "invented": bool, "withheld": list, "wording": str}

Table = dict[str, Any]


@pytest.fixture(params=SCENARIOS, ids=lambda path: path.stem)
def scenario(request: pytest.FixtureRequest) -> Table:
    return tomllib.loads(request.param.read_text(encoding="utf-8"))


def texts(scenario: Table) -> Iterator[str]:
    """Every English text an officer could read."""
    yield scenario["scenario"]["notice"]["en"]
    for entry in scenario["entry"]:
        yield entry["subject"]
        yield entry["text"]
        yield from (portion["text"] for portion in entry.get("withheld", []))


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
    for entry in scenario["entry"]:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry["id"])
        assert entry["time"] in {"reported", "assumed"}
        assert entry["party"] in PARTIES
        assert entry["precedence"] in PRECEDENCES
        assert entry["act"] in ACTS[entry["procedure"]], entry["id"]
        assert entry["marking"] in {"CLEAR", "GREEN", "AMBER"}
        assert entry["claim_of"] in PARTIES | {""}
        assert entry["play"] == 1


def test_entries_are_in_order_of_time_in_utc_and_answer_only_earlier_ones(scenario: Table) -> None:
    entries = scenario["entry"]
    assert all(earlier["at"] < later["at"] for earlier, later in pairwise(entries))
    assert all(entry["at"].utcoffset() == timedelta() for entry in entries)
    seen: set[str] = set()
    for entry in entries:
        assert entry["id"] not in seen
        assert set(entry["answers"]) <= seen, entry["id"]
        assert len(set(entry["answers"])) == len(entry["answers"])
        seen.add(entry["id"])


def test_every_source_resolves_and_is_used(scenario: Table) -> None:
    sources = scenario["scenario"]["sources"]
    assert all(source["kind"] in {"official", "public-reporting", "exercise"} for source in sources.values())
    assert {entry["source"] for entry in scenario["entry"]} == set(sources)


def test_what_is_invented_says_so_and_claims_nothing(scenario: Table) -> None:
    sources = scenario["scenario"]["sources"]
    for entry in scenario["entry"]:
        assert entry.get("invented", False) == (sources[entry["source"]]["kind"] == "exercise"), entry["id"]
        assert not (entry.get("invented") and entry["claim_of"]), entry["id"]


def test_word_limits(scenario: Table) -> None:
    for entry in scenario["entry"]:
        words = entry["text"].split()
        assert words
        if entry["precedence"] in {"FLASH", "IMMEDIATE"}:
            assert len(words) <= scenario["scenario"]["words_max"]
        assert 1 <= len(re.findall(r"[.?](?:\s|$)", entry["text"])) <= 4, entry["id"]
        assert len(entry["subject"]) <= 80


def test_traffic_flows_both_ways_at_every_precedence(scenario: Table) -> None:
    carried = {(entry["party"], entry["precedence"]) for entry in scenario["entry"]}
    assert carried == {(party, precedence) for party in PARTIES for precedence in PRECEDENCES}


def test_withheld_portions_are_labelled_as_invented(scenario: Table) -> None:
    withheld = [portion for entry in scenario["entry"] for portion in entry.get("withheld", [])]
    assert 2 <= len(withheld) <= 3
    for portion in withheld:
        assert portion.keys() == {"marking", "text"}
        assert portion["marking"] == "AMBER"
        assert portion["text"].startswith("Invented for the exercise: ")


def test_promises_have_a_date_or_the_words_used_instead(scenario: Table) -> None:
    for entry in scenario["entry"]:
        promise = (entry["procedure"], entry["act"]) == ("commitment", "propose")
        assert ("due" in entry) + ("wording" in entry) == promise, entry["id"]


@pytest.mark.skipif(
    not SHARED.is_dir(), reason="the reports the scenario was written from are not beside this checkout"
)
def test_no_sentence_is_taken_from_what_was_read(scenario: Table) -> None:
    read = [*(SHARED / "sources").glob("*.txt"), *(SHARED / "scenario").glob("*.md")]
    assert read
    theirs = {run for path in read for run in runs(path.read_text(encoding="utf-8"))}
    ours = {run for text in texts(scenario) for run in runs(text)}
    assert sorted(" ".join(run) for run in ours & theirs) == []
