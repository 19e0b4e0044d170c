"""What was answered and is marked as not handled, over HTTP: on the watch and the entry, and in the handover."""

import re

import pytest

from rabita.client import calls
from rabita.services.officers import Role
from rabita.services.unhandled import unhandled
from rabita.services.watch import handovers
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import House

pytestmark = pytest.mark.sockets

WHY = "The brigade has not been told yet."


@pytest.fixture(scope="module")
def admin(home: House) -> Browser:
    return first_officer(home.sides[0], Role.SECURITY_OFFICER)


@pytest.fixture
def day(admin: Browser) -> Browser:
    return admin.invite(Role.DUTY_OFFICER, name="Day Officer", post="WATCH-DAY")


@pytest.fixture
def night(admin: Browser) -> Browser:
    return admin.invite(Role.DUTY_OFFICER, name="Night Officer", post="WATCH-NIGHT")


@pytest.fixture
def answered(home: House) -> str:
    """Have something of theirs acknowledged by us; gives its reference."""
    side, other = home.sides
    with other.client() as client:
        sent = client.ask(calls.say(side.line, "message", "send", portions=[{"text": "Fire at post 12."}]))
    home.settle()
    with side.client() as client:
        client.ask(calls.say(side.line, "message", "acknowledge", basis=(sent.digest,)))
    home.settle()
    return sent.reference


def marked(by: Browser, reference: str, reason: str = WHY) -> str:
    body = {"line": by.side.line, "reference": reference, "reason": reason}
    return str(told(by.post("/desk/unhandled", body))["id"])


def test_it_stands_on_the_watch_and_the_entry_until_anyone_says_it_is_handled(
    day: Browser, night: Browser, answered: str
) -> None:
    entry = f"/desk/entry/{answered}"
    assert "Mark as not handled" in day.get(entry).text
    assert "Answered, and not handled" not in day.get("/desk").text
    mark = marked(day, answered)
    for page in (night.get("/desk").text, night.get(entry).text):
        assert "Answered, and not handled" in page
        for said in (WHY, "Day Officer", answered, f'data-handled="{mark}"'):
            assert said in page
    assert "data-unhandled" not in night.get(entry).text
    told(night.post(f"/desk/unhandled/{mark}/end"))
    assert WHY not in night.get("/desk").text
    assert "Mark as not handled" in day.get(entry).text


def test_the_handover_names_it_and_both_sign_for_it(day: Browser, night: Browser, answered: str) -> None:
    side = day.side
    mark = marked(day, answered)
    assert WHY in day.get("/desk/handover").text
    path = f"/lines/{side.line}/handovers"
    drawn = told(day.post(f"{path}/draw-up", {"from_post": "WATCH-DAY", "to_post": "WATCH-NIGHT"}))["id"]
    told(night.post(f"/desk/unhandled/{mark}/end"))
    assert WHY in day.get("/desk/handover").text
    for each in (day, night):
        options = told(each.post(f"{path}/{drawn}/begin"))["public_key"]
        told(each.post(f"{path}/{drawn}/sign", {"answer": each.device.show(options)}))
    kept = handovers(side.node.store, side.line)[-1].handover
    assert [(each.reference, each.reason) for each in kept.unhandled] == [(answered, WHY)]
    assert WHY in night.get(f"/desk/handovers/{kept.number}").text
    (listed,) = [each for each in told(night.get(path)) if each["number"] == kept.number]
    assert listed["unhandled"][0]["reference"] == answered


def test_only_what_was_answered_is_marked_and_with_a_reason(home: House, day: Browser, answered: str) -> None:
    side, other = home.sides
    with other.client() as client:
        waits = client.ask(calls.say(side.line, "message", "send", portions=[{"text": "Please answer."}])).reference
    home.settle()
    said = {"line": side.line, "reference": answered, "reason": WHY}
    for wrong, code in (
        ({**said, "reference": waits}, "unhandled-unanswered"),
        ({**said, "reference": "X-IRN-R-0999"}, "reference-unknown"),
        ({**said, "reason": ""}, "field-invalid"),
        ({**said, "line": "nowhere"}, "line-unknown"),
    ):
        assert code_of(day.post("/desk/unhandled", wrong)) == code
    assert "data-unhandled" not in day.get(f"/desk/entry/{waits}").text


def test_words_of_a_reason_are_shown_as_they_were_written(day: Browser, answered: str) -> None:
    mark = marked(day, answered, "<b>بریگیڈ</b> \u202e")
    page = day.get("/desk").text
    assert "&lt;b&gt;بریگیڈ&lt;/b&gt;" in page
    assert re.search(r"U\+202E", page)
    told(day.post(f"/desk/unhandled/{mark}/end"))
    assert unhandled(day.side.web.desk, day.side.line) == ()
