"""Saying things over HTTP: tried, sealed, refused; once however often asked; only while the case stands as read."""

import base64
import threading
from typing import Any

import httpx
import pytest

from rabita.gateways.rest.access import Scope
from rabita.keys.ring import KeyRing
from rabita.line.entry import approval_message
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets


def message(text: str = "The post at the crossing is closed.", **more: object) -> dict[str, Any]:
    return {"portions": [{"text": text, "language": "en"}], **more}


def send(http: httpx.Client, side: Side, act: str = "send", body: object = None, **headers: str) -> httpx.Response:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post(f"/lines/{side.line}/procedures/message/{act}", json=body or message(), headers=told)


def entries(http: httpx.Client, side: Side) -> int:
    rows = http.get(f"/lines/{side.line}/entries", params={"count": 200, "procedure": "message"}).json()["rows"]
    return len(rows)


def test_an_act_is_tried_without_a_trace_then_sealed_and_read_by_both_sides(home: House, side: Side) -> None:
    with side.http() as http:
        before = entries(http, side)
        tried = http.post(f"/lines/{side.line}/procedures/message/send?check=true", json=message("بند ہے")).json()
        assert tried["allowed"]
        assert tried["approvals"] == ["officer"]
        assert entries(http, side) == before
        answer = send(http, side, body=message("بند ہے", precedence="PRIORITY", posts=["LO-TURBAT"]))
        said = answer.json()
        assert answer.status_code == 201
        assert said["lane"] == "PRIORITY"
        assert http.get(answer.headers["location"]).json()["summary"]["text"] == "بند ہے"
        case = http.get(f"/lines/{side.line}/cases/{said['case']}").json()
        assert case["case"]["state"] == "sent"
    home.settle()
    other = home.sides[1]
    with other.http() as http:
        seen = http.get(f"/lines/{side.line}/cases/{said['case']}").json()
        assert [each["status"] for each in seen["acts"]] == ["effective"]
        assert "acknowledge" in [each["act"] for each in seen["next"]]
        owed = http.get(f"/lines/{side.line}/duties", params={"by": "us"}).json()["rows"]
        assert said["case"] in [each["case"] for each in owed]


def test_a_trial_lists_all_that_speaks_against_an_act(side: Side) -> None:
    with side.http(side.token(Scope.DRAFT)) as http:
        url = f"/lines/{side.line}/procedures/message/acknowledge"
        tried = http.post(url, params={"check": "true"}, json={}).json()
        assert not tried["allowed"]
        assert "case-missing" in [each["code"] for each in tried["findings"]]
        refused = http.post(url, json={})
        assert refused.json()["code"] == "policy-refused"


def test_a_refusal_names_the_field_and_the_rule(side: Side) -> None:
    with side.http() as http:
        bad = send(http, side, body=message(fields={"wants": "money"}))
        assert (bad.status_code, bad.json()["code"], bad.json()["field"]) == (422, "field-invalid", "fields.wants")
        assert "money" in bad.json()["rule"]
        none = http.post(f"/lines/{side.line}/procedures/message/send", json={})
        assert (none.status_code, none.json()["code"]) == (422, "portion-lacking")
        assert none.json()["field"]
        lane = http.post(f"/lines/{side.line}/procedures/stop-request/ask", json={"precedence": "ROUTINE"})
        assert lane.status_code in (404, 422)
        for raw, status in ((b"{", 400), (b"[]", 400), (b'{"x": 1}', 422)):
            answer = http.post(
                f"/lines/{side.line}/procedures/message/send", content=raw, headers={"content-type": "application/json"}
            )
            assert answer.status_code == status
        big = http.post(
            f"/lines/{side.line}/procedures/message/send",
            content=b" " * (2**20 + 1),
            headers={"content-type": "application/json"},
        )
        assert (big.status_code, big.json()["code"]) == (413, "request-oversized")
        form = http.post(f"/lines/{side.line}/procedures/message/send", data={"a": "b"})
        assert (form.status_code, form.json()["code"]) == (415, "media-unsupported")


def test_the_same_key_seals_one_act_also_across_a_restart(home: House, side: Side) -> None:
    token = side.token()
    with side.http(token) as http:
        before = entries(http, side)
        first = send(http, side, idempotency_key="once-1")
        again = send(http, side, idempotency_key="once-1")
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert first.headers["location"] == again.headers["location"]
        other = send(http, side, body=message("Something else."), idempotency_key="once-1")
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
        assert send(http, side, idempotency_key="x" * 200).json()["code"] == "idempotency-key-malformed"
    side = home.restart(0)
    with side.http(token) as http:
        assert send(http, side, idempotency_key="once-1").json() == first.json()
        assert entries(http, side) == before + 1


def test_many_at_once_under_one_key_seal_one_act(side: Side) -> None:
    token = side.token()
    answers: list[httpx.Response] = []
    with side.http(token) as http:
        before = entries(http, side)

        def ask() -> None:
            with side.http(token) as mine:
                answers.append(send(mine, side, idempotency_key="crowd"))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert {each.status_code for each in answers} <= {201, 409}
        sealed = [each.json() for each in answers if each.status_code == 201]
        assert sealed
        assert all(each == sealed[0] for each in sealed)
        assert {each.json()["code"] for each in answers if each.status_code == 409} <= {"idempotency-key-busy"}
        assert entries(http, side) == before + 1


def test_if_match_protects_a_case_that_has_moved_since_it_was_read(home: House) -> None:
    ours, theirs = home.sides
    with ours.http() as http:
        case = send(http, ours).json()["case"]
    home.settle()
    with theirs.http() as http:
        read = http.get(f"/lines/{theirs.line}/cases/{case}")
        tag = read.headers["etag"]
        assert http.get(f"/lines/{theirs.line}/cases/{case}", headers={"if-none-match": tag}).status_code == 304
        done = send(http, theirs, "acknowledge", {"basis": [case]}, if_match=tag)
        assert done.status_code == 201
        stale = send(http, theirs, "will-comply", {"basis": [case]}, if_match=tag)
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
        now = http.get(f"/lines/{theirs.line}/cases/{case}", headers={"if-none-match": tag})
        assert now.status_code == 200
        assert send(http, theirs, "will-comply", {"basis": [case]}, if_match=now.headers["etag"]).status_code == 201
        closed = send(http, theirs, "have-complied", {"basis": [case]})
        assert closed.status_code == 201
        late = send(http, theirs, "decline", {"basis": [case], "fields": {"reason": "policy"}})
        assert (late.status_code, late.json()["code"]) == (409, "case-closed")


def test_a_prepared_act_is_sealed_with_approvals_given_elsewhere(home: House) -> None:
    side = home.restart(0, web_officer_keys=())
    try:
        with side.http() as http:
            alone = send(http, side)
            assert (alone.status_code, alone.json()["code"]) == (422, "approvals-lacking")
            tried = http.post(
                f"/lines/{side.line}/procedures/message/send?check=true", json=message("Approved.")
            ).json()
            key = side.officers[0]
            words = approval_message("releaser", base64.b64decode(tried["act"]))
            good = {
                "role": "releaser",
                "key": key.public.hex(),
                "signature": base64.b64encode(KeyRing(key).sign_ed25519(key.public, words)).decode(),
            }
            url = f"/lines/{side.line}/prepared/{tried['digest']}"
            for wrong in (
                {**good, "role": "foreign-ministry"},
                {**good, "key": "0" * 64},
                {**good, "signature": base64.b64encode(bytes(64)).decode()},
            ):
                refused = http.post(url, json={"approvals": [wrong]})
                assert (refused.status_code, refused.json()["code"]) == (422, "approval-foreign")
            assert http.post(url, json={"approvals": []}).json()["field"] == "approvals"
            sealed = http.post(url, json={"approvals": [good]})
            assert (sealed.status_code, sealed.json()["digest"]) == (201, tried["digest"])
            shown = http.get(sealed.headers["location"]).json()
            assert [each["standing"] for each in shown["approvals"]] == ["verified"]
            unknown = http.post(f"/lines/{side.line}/prepared/{'0' * 64}", json={"approvals": [good]})
            assert (unknown.status_code, unknown.json()["code"]) == (404, "act-unprepared")
    finally:
        home.restart(0)


def test_a_withheld_portion_stays_here(home: House, side: Side) -> None:
    canary = "canary-7731"
    with side.http() as http:
        body = {"portions": [{"text": "Shared."}, {"text": canary, "withheld": True, "role": "attachment-note"}]}
        said = send(http, side, body=body).json()
        ours = http.get(f"/lines/{side.line}/entries/{said['reference']}").json()
        assert [each["state"] for each in ours["portions"]] == ["sent", "withheld"]
        assert canary in http.get(f"/lines/{side.line}/entries/{said['reference']}").text
        with side.http(side.token(Scope.READ)) as reader:
            assert canary not in reader.get(f"/lines/{side.line}/entries/{said['reference']}").text
        transcript = http.get(f"/lines/{side.line}/transcript").content
    assert canary.encode() not in transcript
    home.settle()
    with home.sides[1].http() as http:
        theirs = http.get(f"/lines/{side.line}/entries/{said['reference']}")
        assert canary not in theirs.text
        assert [each["state"] for each in theirs.json()["portions"]] == ["sent", "not disclosed"]
