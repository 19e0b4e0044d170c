"""Drafts and their release over HTTP: two officers, two passkeys, the other side verifies; and all that is refused."""

import sqlite3
from functools import partial
from typing import Any, Final

import pytest

from rabita.gateways.rest.access import Scope
from rabita.gateways.rest.drafts import ROUTES
from rabita.services.credentials import standing_of
from rabita.services.officers import Role
from tests.app.people import until
from tests.gateways.browser import Browser, code_of, first_officer, people_of, told
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

CANARY: Final = "canary 7f31: the second man at the well"


def said(text: str = "The crossing closes at noon.", **more: object) -> dict[str, Any]:
    return {"portions": [{"text": text, "language": "en"}], "precedence": "PRIORITY", "posts": ["LO-TURBAT"], **more}


def begun(officer: Browser, text: str = "The crossing closes at noon.", **more: object) -> dict[str, Any]:
    """Write a draft; gives it as shown."""
    body = {"line": officer.side.line, "procedure": "message", "act": "send", "said": said(text, **more)}
    answer = officer.post("/drafts", body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/drafts/{answer.json()['id']}"
    return dict(answer.json())


def step(officer: Browser, draft: dict[str, Any], name: str, **more: object) -> Any:  # noqa: ANN401 - JSON
    return officer.post(f"/drafts/{draft['id']}/{name}", {"version": draft["version"], **more})


def stand(home: House, *officers: Browser) -> None:
    """Wait until the passkeys of officers stand on the line."""

    def stands(officer: Browser) -> bool:
        state = officer.side.node.link(officer.side.line).exchange.state
        return bool(standing_of(state.facts, state.us, people_of(officer.side).known(officer.officer)))

    for each in officers:
        home.run(until(each.side.node, partial(stands, each)))


def reviewed(drafter: Browser, reviewer: Browser) -> dict[str, Any]:
    draft = told(step(drafter, begun(drafter), "submit"))
    return dict(told(step(reviewer, draft, "review", comment="good")))


def approve(officer: Browser, draft: dict[str, Any], precedence: str = "PRIORITY") -> dict[str, Any]:
    """Release as the page does; gives what was shown, and the answer with ``digest`` and ``answer`` sent."""
    shown = told(step(officer, draft, "release/begin", precedence=precedence))
    body = {"digest": shown["digest"], "answer": officer.device.show(shown["publicKey"])}
    outcome = told(officer.post(f"/drafts/{draft['id']}/release", body))
    assert told(officer.post(f"/drafts/{draft['id']}/release", body)) == outcome | {
        "approvals_given": [],
        "approvals_needed": [],
    }
    return {"shown": shown, "outcome": outcome}


def test_a_draft_is_released_by_a_second_officer_and_the_other_side_verifies(home: House, side: Side) -> None:
    admin = first_officer(side)
    drafter, releaser = admin.invite(Role.DRAFTER), admin.invite(Role.RELEASER)
    withheld = {"text": CANARY, "withheld": True}
    draft = begun(drafter, portions=[{"text": "بند ہے", "language": "ur"}, withheld])
    assert (draft["state"], draft["version"], draft["writers"], draft["findings"]) == (
        *("drafting", 1),
        *([drafter.officer], []),
    )
    draft = told(step(drafter, draft, "submit"))
    draft = told(step(releaser, draft, "review", comment="good"))
    assert [each["did"] for each in draft["steps"]] == ["submit", "review"]
    stand(home, releaser)
    done = approve(releaser, draft, "IMMEDIATE")
    assert [each["text"] for each in done["shown"]["leaves"]] == ["بند ہے"]
    assert [each["text"] for each in done["shown"]["stays"]] == [CANARY]
    assert done["shown"]["act"]["precedence"] == "IMMEDIATE"
    assert done["outcome"]["state"] == "released"
    home.settle()
    with home.sides[1].http() as http:
        seen = http.get(f"/lines/{side.line}/entries/{done['outcome']['reference']}").json()
    assert [(each["role"], each["standing"]) for each in seen["approvals"]] == [("releaser", "verified")]
    assert CANARY not in str(seen)
    read = told(drafter.get(f"/drafts/{draft['id']}"))
    assert (read["state"], read["reference"]) == ("released", done["outcome"]["reference"])
    assert [each["id"] for each in told(drafter.get("/drafts", state="released", count="1"))["rows"]] == [draft["id"]]


def test_what_an_autosave_lost_sight_of_is_refused(side: Side) -> None:
    admin = first_officer(side)
    one, two = admin.invite(Role.DRAFTER), admin.invite(Role.DRAFTER)
    draft = begun(one, fields={"wants": "a favour"}, basis=["X-IRN-R-9999"])
    assert {each["code"] for each in draft["findings"]} == {"reference-unknown"}
    saved = told(step(one, draft, "save", said=said("Mended.", fields={"wants": "a favour"})))
    assert (saved["version"], [each["number"] for each in saved["versions"]]) == (2, [2]), "one officer, one version"
    assert {each["code"] for each in saved["findings"]} == {"field-invalid"}
    other = told(step(two, saved, "save", said=said("Mended again.")))
    assert [each["number"] for each in other["versions"]] == [2, 3]
    stale = step(one, saved, "save", said=said("Too late."))
    assert (stale.status_code, code_of(stale)) == (409, "draft-changed")
    assert told(step(one, other, "save", said=said("Mended again.")))["version"] == 3, "nothing changed"
    older = told(one.get(f"/drafts/{draft['id']}/versions/2"))
    assert older["said"]["portions"][0]["text"] == "Mended."
    for number in ("1", "9", "x", "9" * 30):
        assert code_of(one.get(f"/drafts/{draft['id']}/versions/{number}")) == "draft-unknown"
    assert code_of(step(one, other, "save", said=said(marking="VERY SECRET"))) == "marking-malformed"
    assert code_of(step(one, {**saved, "version": 3}, "submit", more=1)) == "field-unknown"
    dropped = told(step(one, other, "drop"))
    assert (dropped["state"], dropped["said"]["portions"]) == ("dropped", [])
    assert code_of(step(one, dropped, "save", said=said())) == "draft-state"
    file = sqlite3.connect(side.node.home.drafts)
    assert not any("Mended" in line for line in file.iterdump())
    file.close()


def test_a_line_is_asked_for_by_its_name_and_a_list_goes_on(side: Side) -> None:
    drafter = first_officer(side).invite(Role.DRAFTER)
    made = [begun(drafter)["id"] for _ in range(3)]
    listed: list[str] = []
    cursor = ""
    while len(listed) < 3:
        page = told(drafter.get("/drafts", line=side.line, state="drafting", count="2", cursor=cursor))
        listed += [each["id"] for each in page["rows"]]
        cursor = page["next"]
    assert listed[:3] == made[::-1]
    assert told(drafter.get("/drafts", line="elsewhere"))["rows"] == []
    assert code_of(drafter.get("/drafts", state="lost")) == "parameter-invalid"
    body = {"line": side.line, "procedure": "stop-request", "act": "duel"}
    assert code_of(drafter.post("/drafts", body)) == "act-unknown"
    assert (
        code_of(drafter.post("/drafts", body | {"line": "x", "procedure": "message", "act": "send"})) == "line-unknown"
    )


def test_every_route_refuses_strangers_tokens_and_the_wrong_officer(side: Side) -> None:
    admin = first_officer(side)
    draft = begun(admin.invite(Role.DRAFTER))
    wrong = [admin, *[admin.invite(role) for role in (Role.AUDITOR, Role.SECURITY_OFFICER)]]
    bodies = {
        "createDraft": {"line": side.line, "procedure": "message", "act": "send"},
        "saveDraft": {"version": 1, "said": said("other")},
        "beginRelease": {"version": 1, "precedence": "ROUTINE"},
        "release": {"digest": "0" * 64, "answer": {}},
    }
    tokens = [side.token(scope) for scope in (Scope.SEAL, Scope.READ)]
    for route in ROUTES:
        path, body = route.path.format(draft=draft["id"], number=1), bodies.get(route.name, {"version": 1})
        for token in tokens:
            with side.http(token) as http:
                refused = http.request(route.method, path, json=body)
                assert code_of(refused) in ("officer-needed", "policy-refused"), route.name
        with side.http("") as http:
            assert http.request(route.method, path, json=body).status_code in (401, 429)
        for officer in wrong:
            answer = officer.get(path) if route.method == "GET" else officer.post(path, body)
            assert (answer.status_code, code_of(answer)) == (403, "policy-refused"), route.name


def test_whoever_reads_traffic_reads_no_drafts_of_others_unless_they_work_on_them(side: Side) -> None:
    admin = first_officer(side)
    draft = begun(admin.invite(Role.DRAFTER))
    for role in (Role.DUTY_OFFICER, Role.LIAISON_OFFICER, Role.FOREIGN_MINISTRY_DESK, Role.DATA_PROTECTION_REVIEWER):
        officer = admin.invite(role)
        assert code_of(officer.get(f"/drafts/{draft['id']}")) == "policy-refused"
        assert code_of(officer.get(f"/drafts/{draft['id']}/versions/1")) == "policy-refused"
        assert draft["id"] not in [each["id"] for each in told(officer.get("/drafts"))["rows"]]


def test_what_was_frozen_survives_a_restart(home: House, side: Side) -> None:
    admin = first_officer(side)
    drafter, releaser = admin.invite(Role.DRAFTER), admin.invite(Role.RELEASER)
    draft = reviewed(drafter, releaser)
    stand(home, releaser)
    shown = told(step(releaser, draft, "release/begin", precedence="ROUTINE"))
    answer = releaser.device.show(shown["publicKey"])
    port = side.web.address[1]
    releaser.side = home.restart(0, web_port=port)
    again = told(step(releaser, draft, "release/begin", precedence="ROUTINE"))
    assert (again["digest"], again["act"], again["leaves"]) == (shown["digest"], shown["act"], shown["leaves"])
    outcome = told(releaser.post(f"/drafts/{draft['id']}/release", {"digest": shown["digest"], "answer": answer}))
    assert outcome["state"] == "released"


def test_every_step_is_in_the_audit_log_by_id_and_digest_and_without_words(home: House, side: Side) -> None:
    admin = first_officer(side)
    drafter, releaser, auditor = (admin.invite(role) for role in (Role.DRAFTER, Role.RELEASER, Role.AUDITOR))
    draft = told(step(drafter, begun(drafter, CANARY), "submit"))
    draft = told(step(releaser, draft, "return", comment=CANARY))
    draft = told(step(drafter, draft, "save", said=said(CANARY + " and a third")))
    draft = told(step(drafter, draft, "submit"))
    draft = told(step(releaser, draft, "review", comment=CANARY))
    stand(home, releaser)
    done = approve(releaser, draft)
    deeds = told(auditor.get("/audit", count="200", line=side.line))["rows"]
    found = {(each["deed"]["action"], each["deed"]["actor"], each["deed"]["target"]) for each in deeds}
    for action, officer, target in (
        ("draft", drafter, draft["id"]),
        ("return", releaser, draft["id"]),
        ("save", drafter, draft["id"]),
        ("review", releaser, draft["id"]),
        ("check", releaser, done["outcome"]["digest"]),
        ("release", releaser, done["outcome"]["digest"]),
    ):
        assert (action, officer.officer, target) in found
    assert CANARY not in str(deeds)


def test_officers_seal_nothing_past_release(side: Side) -> None:
    releaser = first_officer(side).invite(Role.RELEASER)
    answer = releaser.post(f"/lines/{side.line}/procedures/message/send", said())
    assert code_of(answer) == "policy-refused"
    assert "draft" in answer.json()["detail"]
