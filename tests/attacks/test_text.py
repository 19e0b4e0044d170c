"""Words that mean to be more than words: in every text field, in every answer, page, log line and terminal."""

import json
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from rabita.app.logs import open_log
from rabita.app.node import Node
from rabita.gateways.rest.access import issue
from rabita.line.ids import Lane
from rabita.services.officers import Role
from tests.app.people import WORDS, found_pair, play, words
from tests.cli.people import Side as Program
from tests.gateways.browser import first_officer
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

SCRIPTS: Final = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "سرحد<svg/onload=alert(1)>بند ہے",
    "پیام</textarea><iframe srcdoc='&lt;script&gt;'>می‌رسد",
    "javascript:alert(1)//{{7*7}}${7*7}%{7*7}#{7*7}",
)
TURNED: Final = ("exe.\u202egpj.ارسال", "\u2066admin\u2069\u2067", "ا\u200dب\u200cپ\u2060", "\ufeffx\u061cy\u180ez")
HOSTILE: Final = (*SCRIPTS, *TURNED)


def check(answer: httpx.Response, text: str) -> None:
    """Compare: it comes back as what it was, in what no browser renders."""
    assert answer.headers["content-type"] in ("application/json", "application/problem+json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    if answer.status_code < 400:
        assert text in strings(answer.json())


def strings(value: Any) -> set[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return set().union(*[strings(each) for each in value.values()])
    if isinstance(value, list):
        return set().union(*[strings(each) for each in value])
    return {value} if isinstance(value, str) else set()


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_said_comes_back_as_words_on_both_sides(home: House, side: Side, text: str) -> None:
    said = {"portions": [{"text": text, "language": "ur"}], "fields": {}, "posts": ["LO-TURBAT"]}
    with side.http() as http:
        answer = http.post(f"/lines/{side.line}/procedures/message/send", json=said)
        assert answer.status_code == 201
        check(http.get(answer.headers["location"]), text)
        case = f"/lines/{side.line}/cases/{answer.json()['case']}"
        check(http.get(case), text)
        home.settle()
        with home.sides[1].http() as other:
            check(other.get(answer.headers["location"]), text)
            check(other.get(case), text)
        check(http.get(f"/lines/{side.line}/search", params={"text": text[:200]}), text)


@pytest.mark.parametrize("text", HOSTILE)
def test_it_is_refused_or_plain_in_every_other_field(side: Side, text: str) -> None:
    path = f"/lines/{side.line}/procedures/message/send"
    portion = {"text": "x", "language": "en"}
    bodies: list[dict[str, Any]] = [
        *({"portions": [portion | {member: text}]} for member in ("role", "marking", "language")),
        *({"portions": [portion], member: text} for member in ("precedence", "marking", "kind", text)),
        {"portions": [portion], "posts": [text]},
        {"portions": [portion], "fields": {text: text}},
        {"portions": [portion], "attachments": [text]},
        {"portions": [portion], "basis": [text]},
    ]
    with side.http() as http:
        for body in bodies:
            answer = http.post(path, json=body)
            assert answer.status_code in (201, 400, 404, 422)
            check(answer, answer.json().get("reference", ""))
        for address in (f"/lines/{text}", f"/lines/{side.line}/cases/{text}", f"/lines/{side.line}/entries/{text}"):
            answer = http.get(address)
            assert answer.status_code in (400, 403, 404)
            check(answer, "")


@pytest.mark.parametrize("text", HOSTILE)
def test_names_of_officers_and_tokens_come_back_as_words(side: Side, text: str) -> None:
    admin = first_officer(side, Role.SECURITY_OFFICER)
    answer = admin.post("/officers", {"name": text, "roles": ["drafter"], "post": text, "languages": [text]})
    check(answer, answer.json().get("officer", ""))
    if answer.status_code == 200:
        check(admin.get("/officers"), text)
    else:
        assert answer.json()["code"] == "officer-terms-invalid" or answer.status_code == 422
    plain = admin.post("/officers", {"name": text.replace("\u202e", ""), "roles": ["drafter"]})
    assert plain.status_code in (200, 422)
    token, secret = issue(text, side.issued()[0].scope, (), side.now_ms, side.now_ms + 60_000)
    side.web.records.put_token(token)
    with side.http(secret) as http:
        check(http.get("/me"), text)


def test_pages_hold_nothing_that_anybody_said(side: Side) -> None:
    admin = first_officer(side)
    for text in SCRIPTS:
        admin.post("/officers", {"name": text, "roles": ["drafter"]})
    for path in ("/sign-in", "/enrol", "/sessions"):
        page = admin.get(path, code=SCRIPTS[0], next=SCRIPTS[1]).text
        assert "alert(1)" not in page


def test_no_value_leaves_its_line_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = 'x\nevent="forged" level=error\r\x1b[31mred\x1b[0m\u202eback\u2028next\x85'
    for form in ("json", "console"):
        open_log("info", form).info("told", detail=hostile, peer=hostile)
        told_lines = capsys.readouterr().err.splitlines()
        assert len(told_lines) == 1
        assert "\u202e" not in told_lines[0]
        assert "\x1b[31mred" not in told_lines[0]
        if form == "json":
            assert json.loads(told_lines[0])["peer"].startswith("x\\n")


def test_words_of_the_other_side_give_no_orders_to_a_terminal(tmp_path: Path) -> None:
    pair = found_pair(tmp_path)
    hostile = "[/nope] [red]x[/red] [link=http://evil.test]y[/link] :skull: \x1b]0;owned\x07\x1b[2J\u202eback می‌رود"

    async def scene() -> None:
        node = Node(pair.settings(0), WORDS.node, open_log("error", "json"))
        await node.seal(pair.line, Lane.ROUTINE, words(node, pair.line, hostile))
        await node.close()

    play(scene)
    program = Program(pair.homes[0].folder)
    shown = program.run("show", "X-PAK-R-0001")
    assert shown.code == 0, shown.err
    for kept in ("[/nope]", "[red]x[/red]", ":skull:", "می‌رود", "\\x1b]0;owned", "\\u202e"):
        assert kept in "".join(shown.out.split("\n")).replace(" " * 8, ""), kept
    listed = program.run("inbox", "--all")
    for out in (shown.out, listed.out):
        assert not {"\x1b", "\x07", "\u202e"} & set(out)
