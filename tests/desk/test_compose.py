"""What forms are told of procedures: whole, in the reader's language, and as the definition and the charter have it."""

from typing import Any

import pytest

from rabita.client import calls
from rabita.desk.compose import said
from rabita.desk.dates import month_names
from rabita.desk.languages import language
from rabita.line.descriptor import LANGUAGES
from rabita.line.errors import SENTENCES
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.say import label
from rabita.procedures.marking import WORDS, Tlp
from rabita.services.officers import Role
from rabita.services.preferences import Calendar
from tests.gateways.browser import Browser, first_officer, told
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets
SLUGS = sorted(each.slug for each in CATALOGUE.procedures.values())
USUAL = {"calendar": "gregorian", "digits": "latin", "zone": "Z", "letters": "naskh", "theme": "light"}


@pytest.fixture
def drafter(side: Side) -> Browser:
    return first_officer(side).invite(Role.DRAFTER, Role.REVIEWER, post="DUTY-ROOM")


def reads(officer: Browser, code: str) -> None:
    told(officer.post("/desk/preferences", {"language": code, "shortcuts": "on", **USUAL}))


def test_every_form_is_told_in_the_reader_s_language(drafter: Browser) -> None:
    for code in LANGUAGES:
        reads(drafter, code)
        say = language(code).translate
        for slug in SLUGS:
            form = told(drafter.get(f"/desk/compose/{slug}"))
            found = CATALOGUE.procedures[form["name"]]
            assert form["title"] == say(found.title)
            assert set(form["acts"]) == set(found.rules)
            assert all(text == say(label(name)) for name, text in form["labels"].items())
            for name, rule in found.rules.items():
                told_states = form["acts"][name]["states"]
                assert len(told_states) == len({to for at, to in rule.moves.items() if at != to})
                assert not any("{" in text for text in (*told_states, form["acts"][name]["says"]))


def test_the_list_of_procedures_names_every_act_that_officers_begin(drafter: Browser) -> None:
    found: list[dict[str, Any]] = told(drafter.get("/desk/compose"))
    assert [each["name"] for each in found] == list(CATALOGUE.procedures)
    message = found[0]
    assert "open" not in [each["name"] for each in message["acts"]]
    assert message["acts"][0] == {"name": "send", "says": "X-PAK sends a message.", "opens": True}
    decline = next(each for each in message["acts"] if each["name"] == "decline")
    assert decline == {"name": "decline", "says": "X-PAK declines: …", "opens": False}


def test_a_form_says_what_an_act_comes_to(side: Side, drafter: Browser) -> None:
    charter = side.node.casebook.charter(side.line)
    form = told(drafter.get("/desk/compose/message", line=side.line[:8]))
    send = form["acts"]["send"]
    assert (send["approvals"], send["opens"], send["moves"]) == ("officer", True, True)
    assert send["states"] == ["X-PAK sent a message; no post of X-IRN has opened it yet."]
    handle, reply = send["owed"]
    assert (handle["who"], handle["within_s"]["FLASH"]) == ("X-IRN", charter.lanes["FLASH"].handling_time_s)
    assert (reply["at"], reply["within_s"]) == ("reply_by_ms", {})
    assert form["words_max"]["FLASH"] == charter.lanes["FLASH"].words_max == 200
    assert form["acts"]["translate"]["portions"] == [
        {"role": "translation", "says": "translation", "required": True, "may_withhold": True, "markings": []}
    ]
    notice = told(drafter.get("/desk/compose/notice"))
    assert [name for name, act in notice["acts"].items() if act["guards"]] == ["announce", "change"]
    assert notice["acts"]["consent"]["approvals"] == "consent"
    end = next(each for each in notice["acts"]["announce"]["owed"] if each["at"])
    assert (end["at"], notice["labels"]["end_ms"]) == ("fields.window.end_ms", "End")
    assert notice["limits"]["exercise"]["lead_min_s"] == charter.deadlines_s["notice-exercise-lead-min"]


def test_a_form_explains_every_part_of_a_marking(drafter: Browser) -> None:
    parts = {each["part"]: each for each in told(drafter.get("/desk/compose/message"))["marking"]}
    assert all(parts[f"TLP:{each}"]["means"] == WORDS[each] for each in Tlp)
    restrictive = {name for name, each in parts.items() if each["restrictive"]}
    assert restrictive == {"TLP:RED", "TLP:AMBER+STRICT", "H1", "H2", "H3", "ORCON"}
    assert "X-PAK: SECRET" in parts["SECRET"]["means"]


def test_who_answers_is_told_of_the_case_s_own_sides(home: House, drafter: Browser) -> None:
    ours, theirs = home.sides
    with theirs.client() as client:
        portions = [{"text": "Salaam.", "language": "fa"}]
        sealed = client.ask(calls.say(theirs.line, "message", "send", fields={}, portions=portions))
    home.settle()
    form = told(drafter.get("/desk/compose/message", line=ours.line, basis=sealed.digest))
    assert form["acts"]["acknowledge"]["states"] == ["X-PAK acknowledged the message."]
    told_act = told(drafter.get("/desk/answered", line=ours.line, basis=sealed.digest))
    assert (told_act["sentence"].partition(".")[0], told_act["ours"]) == ("X-IRN sends a message", False)
    assert told_act["reference"] == sealed.reference
    assert drafter.get("/desk/answered", line=ours.line, basis="0" * 64).json()["code"] == "basis-unknown"


def test_an_act_to_be_corrected_is_told_as_its_corrections_have_it(home: House, side: Side, drafter: Browser) -> None:
    days = {"start_ms": 0, "end_ms": 1}
    first = {"what": "strike", "when": days, "known_from": "reported"}
    words = [{"text": "What is known of it so far.", "language": "en"}]
    with side.client() as client:
        sealed = client.ask(
            calls.say(side.line, "incident", "report", fields=first, precedence="FLASH", portions=words)
        )
        found = told(drafter.get("/desk/answered", line=side.line, basis=sealed.digest))
        assert (found["act"], found["fields"]) == ("report", first)
        better = {"reason": "error", "fields": {**first, "what": "explosion"}}
        client.ask(calls.say(side.line, "incident", "correct", basis=(sealed.digest,), fields=better, portions=words))
    home.settle()
    found = told(drafter.get("/desk/answered", line=side.line, basis=sealed.reference))
    assert found["fields"] == {**first, "what": "explosion"}


def test_what_is_wrong_in_a_correction_is_found_at_its_member(side: Side, drafter: Browser) -> None:
    fields = {"what": "strike", "when": {"start_ms": 0, "end_ms": 1}, "known_from": "reported"}
    words = [{"text": "What is known of it so far.", "language": "en"}]
    with side.client() as client:
        sealed = client.ask(
            calls.say(side.line, "incident", "report", fields=fields, precedence="FLASH", portions=words)
        )
    wrong = {"reason": "error", "fields": {**fields, "when": {"start_ms": 5, "end_ms": "soon"}}}
    said = {"basis": [sealed.digest], "fields": wrong, "post": "DUTY-ROOM"}
    body = {"line": side.line, "procedure": "incident", "act": "correct", "said": said}
    found = drafter.post("/drafts", body).json()["findings"]
    unfit = [each["detail"] for each in found if each["code"] == "correction-unfit"]
    assert [each.partition(":")[0] for each in unfit] == ["fields.when.end_ms"]


def test_where_one_left_a_draft_is_one_s_own(side: Side, drafter: Browser) -> None:
    body = {"line": side.line, "procedure": "message", "act": "send"}
    path = f"/desk/drafts/{drafter.post('/drafts', body).json()['id']}/spot"
    nowhere = {"field": "", "first": 0, "last": 0, "top": 0}
    assert told(drafter.get(path)) == nowhere
    spot = {"field": "said.portions.0.text", "first": 3, "last": 7, "top": 420}
    told(drafter.post(path, spot))
    assert told(drafter.get(path)) == spot
    another = first_officer(side).invite(Role.DRAFTER)
    assert told(another.get(path)) == nowhere
    for wrong in ({"field": "<script>"}, {"field": "x" * 129}, {"top": -1}, {"words": "secret"}):
        assert another.post(path, {**spot, **wrong}).status_code == 422


def test_a_preview_is_the_record_that_would_be_sealed(side: Side, drafter: Browser) -> None:
    fields = {"portions": [{"text": "One.", "role": "text"}], "post": "DUTY-ROOM"}
    body = {"line": side.line, "procedure": "message", "act": "send", "said": fields}
    draft = drafter.post("/drafts", body).json()
    found = told(drafter.get(f"/desk/drafts/{draft['id']}/record"))
    assert found["record"].startswith(f'{{"line":"{side.line}","author":"X-PAK","precedence":"ROUTINE"')
    assert found["sentence"].startswith("X-PAK sends a message.")
    assert found["approvals"] == ["officer"]
    assert "One." not in found["record"]
    assert drafter.get("/desk/drafts/none/record").json()["code"] == "draft-unknown"
    stranger = first_officer(side).invite(Role.AUDITOR)
    assert stranger.get(f"/desk/drafts/{draft['id']}/record").status_code == 403


def test_sentences_of_the_api_are_told_in_the_reader_s_language(drafter: Browser) -> None:
    assert told(drafter.get("/desk/sentences")) == {}
    reads(drafter, "ur")
    found = told(drafter.get("/desk/sentences"))
    known = language("ur").messages
    assert all(found[each] == known[each] for each in SENTENCES.values() if each in known)
    assert found


def test_what_is_said_beside_the_definitions_is_listed_for_translators() -> None:
    listed = said()
    assert len(listed) == len(set(listed))
    for each in ("text", "translation", "third party", "releaser", CATALOGUE.procedures["message"].purpose):
        assert each in listed
    assert not any("{" in each for each in listed)


@pytest.mark.parametrize("calendar", sorted(Calendar))
def test_every_calendar_has_twelve_months_in_every_language(calendar: Calendar) -> None:
    for code in LANGUAGES:
        assert len(set(month_names(code, calendar))) == 12


@pytest.mark.parametrize("path", ["/desk/compose", "/desk/compose/message", "/desk/answered"])
def test_strangers_are_told_nothing_of_a_line(side: Side, path: str) -> None:
    with side.http("") as http:
        assert http.get(path).status_code == 401
