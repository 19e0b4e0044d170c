"""Every request of every route is entered, without a word of what was said; auditors read that and nothing else."""

import secrets
from collections.abc import Callable, Iterator

import httpx
import pytest

from rabita.gateways.rest.access import TOKEN_PREFIX, Scope
from rabita.gateways.rest.application import ROUTES
from rabita.line.errors import LocalFault
from rabita.services.audit import FREE, Action, AuditLog, Deed, Outcome, Wanted, read_deed, write_deed
from tests.gateways.people import TOKEN_NAME, House, Side
from tests.gateways.test_rest_access import FILLED, address, code_of
from tests.services.auditing import checked, deed

pytestmark = pytest.mark.sockets

AUDITED = [route for route in ROUTES if route.action in ("read-audit", "export-audit")]


def entered(home: House, side: Side, **wanted: str) -> list[Deed]:
    """Give the entries, oldest first, once all that was told is written."""
    home.run(side.node.audit.sign())
    found = side.node.audit.log().newest(Wanted(**wanted), 2**53 - 1, 10_000)  # type: ignore[arg-type]  # - texts
    return [read_deed(raw) for raw in reversed(found)]


def test_every_route_names_an_action_and_what_changes_something_is_announced(side: Side) -> None:
    assert all(isinstance(route.audit, Action) for route in ROUTES)
    for route in (*ROUTES, *side.pages):
        named = deed(door=route.name)
        assert read_deed(write_deed(named)) == named
    free = {(route.tag, route.audit) for route in ROUTES if route.method == "POST" and route.audit in FREE}
    assert free == {
        ("transcripts", Action.VERIFY),
        ("access", Action.STATUS),
        ("access", Action.SIGN_IN),
        ("access", Action.SIGN_OUT),
        ("officers", Action.SIGN_OUT),
        ("drafts", Action.SAVE),
        ("drafts", Action.CHECK),
    }, "who cannot be entered may still sign in and out, be kept out, and write on"
    assert {route.audit for route in ROUTES if route.method == "GET"} & {Action.SEAL, Action.RELEASE} == set()


@pytest.mark.parametrize("route", AUDITED, ids=lambda route: str(route.name))
def test_the_log_is_for_auditors_and_auditors_are_for_the_log(home: House, side: Side, route: object) -> None:
    for scope in (Scope.READ, Scope.DRAFT, Scope.SEAL):
        with side.http(side.token(scope)) as http:
            assert code_of(http.get(str(getattr(route, "path", "")))) == "policy-refused"
    with side.http(side.token(Scope.AUDIT)) as http:
        assert http.get(str(getattr(route, "path", ""))).status_code == 200
        for other in ROUTES:
            if not other.is_open and other not in AUDITED:
                answer = http.request(other.method, address(other, side.line))
                assert (answer.status_code, code_of(answer)) == (403, "policy-refused")
    assert home.sides


def test_what_is_asked_is_entered_with_who_what_and_outcome(home: House, side: Side) -> None:
    token, text = side.issued(Scope.SEAL)
    with side.http(text) as http:
        http.get(f"/lines/{side.line}/cases")
        http.get(f"/lines/{side.line}/cases/{FILLED['case']}")
        http.get("/lines/nothing")
        said = http.post(f"/lines/{side.line}/procedures/message/send", json=message("in clear"))
        http.post(f"/lines/{side.line}/procedures/message/send?check=true", json=message("tried"))
    assert said.status_code == 201
    found = [
        (each.action, each.door, each.outcome, each.code, each.target) for each in entered(home, side, actor=token.id)
    ]
    assert found == [
        (Action.LIST, "cases", Outcome.ALLOWED, "", ""),
        (Action.READ, "case", Outcome.REFUSED, "case-unknown", FILLED["case"]),
        (Action.STATUS, "line", Outcome.REFUSED, "line-unknown", ""),
        (Action.SEAL, "say", Outcome.BEGUN, "", ""),
        (Action.SEAL, "say", Outcome.ALLOWED, "", said.json()["reference"]),
        (Action.CHECK, "say", Outcome.ALLOWED, "", ""),
    ]
    deeds = entered(home, side, actor=token.id, action="seal")
    assert deeds[1].begun == deeds[0].number
    assert {each.line for each in deeds} == {side.line}


def test_a_program_that_polls_does_not_flood_and_each_refusal_counts(home: House, side: Side) -> None:
    token, text = side.issued(Scope.READ, lines=(side.line,))
    with side.http(text) as http:
        for _ in range(30):
            assert http.get(f"/lines/{side.line}/cases").status_code == 200
            assert http.get("/lines/" + "a" * 52 + "/cases").status_code == 403
    assert len(entered(home, side, actor=token.id)) == 2
    restarted = home.restart(0)
    deeds = entered(home, restarted, actor=token.id)
    assert sum(each.count for each in deeds if each.outcome is Outcome.ALLOWED) == 30
    assert sum(each.count for each in deeds if each.code == "policy-refused") == 30
    assert len(deeds) <= 6


def test_no_word_of_a_request_arrives_in_the_log(home: House, side: Side) -> None:
    canaries: list[str] = []

    def canary() -> str:
        canaries.append("canary" + secrets.token_hex(6))
        return canaries[-1]

    token, text = side.issued(Scope.SEAL)
    body = {**message(canary()), "kind": canary(), "posts": [canary()], "basis": [canary()], "marking": canary()}
    headers = {"idempotency-key": canary(), "if-match": canary(), "user-agent": canary(), "cookie": canary()}
    with side.http(text) as http:
        say = f"/lines/{side.line}/procedures/message/send"
        for content in (body, message(canary()), {canary(): canary()}):
            http.post(say, json=content, headers=headers)
            http.post(say + "?check=true", json=content, headers=headers)
        http.post(f"/lines/{side.line}/procedures/{canary()}/{canary()}", json=body)
        http.post(f"/lines/{side.line}/prepared/{canary()}", json={"approvals": []})
        http.get(f"/lines/{side.line}/search", params={"text": canary(), canary(): canary()})
        http.get(f"/lines/{side.line}/search", params={"text": canary()})
        http.get(f"/lines/{canary()}/cases/{canary()}", params={"cursor": canary()})
        http.get(f"/{canary()}")
        http.post("/transcripts/verify", content=canary().encode(), headers={"content-type": "application/x-ndjson"})
    with side.http(f"rabita_{canary()}_{canary()}") as http:
        http.get("/me")
    assert entered(home, side, actor=token.id)
    kept = b"".join(path.read_bytes() for path in side.node.home.folder.glob("audit.db*"))
    assert b"searching" in kept or b'"search"' in kept
    secret = text.removeprefix(TOKEN_PREFIX).partition("_")[2]
    assert [each for each in (*canaries, secret, TOKEN_NAME) if each.encode() in kept] == []


def test_pages_and_filters_show_the_newest_first(home: House, side: Side) -> None:
    token, text = side.issued(Scope.READ)
    with side.http(text) as http:
        for path in ("/me", "/lines", "/index", "/procedures"):
            http.get(path)
    home.run(side.node.audit.sign())
    with side.http(side.token(Scope.AUDIT)) as http:
        first = http.get("/audit", params={"actor": token.id, "count": 3}).json()
        doors = [each["deed"]["door"] for each in first["rows"]]
        assert doors == ["procedures", "index", "lines"]
        assert all(each["meaning"].endswith(".") for each in first["rows"])
        rest = http.get("/audit", params={"actor": token.id, "count": 3, "cursor": first["next"]}).json()
        assert ([each["deed"]["door"] for each in rest["rows"]], rest["next"]) == (["me"], "")
        assert first["signed"] <= first["size"]
        assert code_of(http.get("/audit", params={"cursor": "x"})) == "cursor-malformed"
        assert code_of(http.get("/audit", params={"action": "dance"})) == "parameter-invalid"
    with side.http(side.token(Scope.AUDIT, lines=(side.line,))) as http:
        rows = http.get("/audit").json()["rows"]
        assert {each["deed"]["line"] for each in rows} <= {side.line}


def test_an_export_is_genuine_offline(side: Side) -> None:
    with side.http(side.token(Scope.AUDIT)) as http:
        whole = http.get("/audit/export")
        seals = http.get("/audit/export", params={"action": "seal"})
    verdict = checked(whole.content.splitlines(keepends=True))
    assert (verdict.genuine, verdict.whole, verdict.party) == (True, True, side.settings.party)
    assert verdict.entries == verdict.signed > 0
    assert not checked(seals.content.splitlines(keepends=True)).whole


@pytest.fixture
def full(side: Side, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], httpx.Response]]:
    """Let the audit log of a running node be impossible to write, as on a full disk."""
    log = side.node.audit.log()

    def refuse(_deeds: object) -> int:
        raise LocalFault("audit-unavailable", "disk full")

    with monkeypatch.context() as patch:
        patch.setattr(log, "append", refuse)
        with side.http() as http:
            yield lambda: http.post(f"/lines/{side.line}/procedures/message/send", json=message("unheard"))


def test_while_the_log_cannot_be_written_nothing_is_sealed_or_exported(
    side: Side, full: Callable[[], httpx.Response]
) -> None:
    sealed = side.node.store.lines()
    answer = full()
    assert (answer.status_code, code_of(answer)) == (503, "audit-unavailable")
    with side.http() as http:
        assert code_of(http.get(f"/lines/{side.line}/transcript")) == "audit-unavailable"
        assert http.get(f"/lines/{side.line}/cases").status_code == 200
    assert side.node.store.lines() == sealed


def test_and_afterwards_the_gap_is_an_entry(home: House, side: Side) -> None:
    with side.http() as http:
        http.get("/me")
    gaps = entered(home, side, action="gap")
    assert gaps
    assert all(each.outcome is Outcome.FAILED and each.count for each in gaps)
    log: AuditLog = side.node.audit.log()
    assert log.last_head() is not None


def message(text: str) -> dict[str, object]:
    return {"fields": {"wants": "acknowledgement"}, "portions": [{"text": text, "language": "en"}]}
