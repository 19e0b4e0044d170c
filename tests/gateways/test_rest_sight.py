"""What is marked above an officer's clearance is listed without its words, and neither found, opened nor taken out."""

from typing import Any

import pytest

from rabita.gateways.rest.access import Scope
from rabita.services.officers import Role
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

WORD = "quicksilver"
MARKING = "SECRET//WHY source//REVIEW 2030-01-01"


@pytest.fixture
def said(home: House, side: Side) -> dict[str, Any]:
    """Say something SECRET, with a file, and give what became of it."""
    with side.http() as http:
        path = f"/lines/{side.line}/attachments"
        file = {"content-type": "application/octet-stream"}
        added = http.post(path, params={"name": f"{WORD}.txt"}, content=WORD.encode(), headers=file).json()
        body = {
            "fields": {"wants": "acknowledgement"},
            "marking": MARKING,
            "portions": [{"text": f"the {WORD} arrives", "language": "en", "marking": MARKING}],
            "attachments": [added["digest"]],
        }
        answer = http.post(f"/lines/{side.line}/procedures/message/send", json=body)
    assert answer.status_code == 201, answer.text
    home.settle()
    return {**answer.json(), "attachment": added["digest"]}


def reading(side: Side, *clearances: str) -> Browser:
    return first_officer(side).invite(Role.RELEASER, clearances=clearances)


def pages(officer: Browser, line: str, said: dict[str, Any]) -> list[str]:
    paths = ("entries", "cases", "duties", f"cases/{said['case']}", f"acts/{said['digest']}", "attachments")
    return [officer.get(f"/lines/{line}/{path}").text for path in paths]


def test_who_is_cleared_reads_all_of_it(side: Side, said: dict[str, Any]) -> None:
    officer = reading(side, "SECRET")
    assert [WORD in each for each in pages(officer, side.line, said)] == [True, True, False, True, True, True]
    assert told(officer.get(f"/lines/{side.line}/search", text=WORD))["rows"]
    assert WORD in officer.get(f"/lines/{side.line}/entries/{said['reference']}").text
    assert officer.get(f"/lines/{side.line}/attachments/{said['attachment']}").text == WORD
    assert officer.get(f"/lines/{side.line}/transcript").status_code == 200


@pytest.mark.parametrize("clearances", [(), ("RESTRICTED",), ("CONFIDENTIAL",), ("COSMIC",)])
def test_who_is_not_sees_that_it_is_there_and_no_word_of_it(
    side: Side, said: dict[str, Any], clearances: tuple[str, ...]
) -> None:
    officer = reading(side, *clearances)
    shown = pages(officer, side.line, said)
    assert [WORD in each for each in shown] == [False] * len(shown)
    act = told(officer.get(f"/lines/{side.line}/acts/{said['digest']}"))
    assert act["marking"].startswith("SECRET")
    assert (act["text"], act["fields"], act["posts"]) == ("", {}, [])
    assert told(officer.get(f"/lines/{side.line}/search", text=WORD))["rows"] == []
    for path in (f"entries/{said['reference']}", f"attachments/{said['attachment']}", "transcript"):
        refused = officer.get(f"/lines/{side.line}/{path}")
        assert (refused.status_code, code_of(refused)) == (403, "policy-refused"), path
        assert refused.json()["detail"] == "It is marked above your clearances."


def test_a_program_reads_what_its_party_may(side: Side, said: dict[str, Any]) -> None:
    with side.http(side.token(Scope.READ)) as http:
        assert WORD in http.get(f"/lines/{side.line}/cases/{said['case']}").text
        assert WORD in http.get(f"/lines/{side.line}/entries/{said['reference']}").text
