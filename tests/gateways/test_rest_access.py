"""Who comes in over HTTP: strangers nowhere, tokens while they stand and to their lines; nobody another way."""

from collections import defaultdict

import httpx
import msgspec
import pytest

from rabita.gateways.rest.access import Scope
from rabita.gateways.rest.application import ROUTES, STRANGERS_BURST
from rabita.gateways.rest.problems import MEDIA_TYPE
from rabita.gateways.rest.routing import Route
from tests.gateways.people import TOKEN_NAME, House, Side

pytestmark = pytest.mark.sockets

OPEN_TO_ANYONE = {"health", "openapi", "enrol-begin", "enrol", "sign-in-begin", "sign-in", "sign-in-exercise", "ways"}
FILLED = {"procedure": "message", "act": "send", "reference": "X-PAK-C-0001", "case": "ab" * 32, "digest": "ab" * 32}
GUARDED = [route for route in ROUTES if not route.is_open]


def address(route: Route, line: str) -> str:
    return route.path.format_map(defaultdict(lambda: "ab" * 8, line=line, **FILLED))


def asked(http: httpx.Client, route: Route, line: str) -> httpx.Response:
    with http.stream(route.method, address(route, line)) as answer:
        if answer.headers["content-type"].startswith("text/event-stream"):
            return answer
        answer.read()
        return answer


def code_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == MEDIA_TYPE
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["title"].endswith(".")
    return str(problem["code"])


def test_a_route_open_to_anyone_is_one_of_the_few_that_must_be() -> None:
    assert {route.name for route in ROUTES if route.is_open} == OPEN_TO_ANYONE
    assert len({route.name for route in ROUTES}) == len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


def test_a_token_that_is_no_more_is_refused_at_once(side: Side) -> None:
    token, text = side.issued(Scope.READ)
    with side.http(text) as http:
        assert http.get("/me").json()["principal"] == {"id": token.id, "name": TOKEN_NAME, "scope": "read", "lines": []}
        side.web.records.put_token(msgspec.structs.replace(token, revoked_ms=side.now_ms))
        assert code_of(http.get("/me")) == "token-revoked"
    with side.http(side.token(Scope.READ, life_ms=-1)) as http:
        assert code_of(http.get("/me")) == "token-expired"
    with side.http(text + "x") as http:
        assert code_of(http.get("/me")) == "token-unknown"
    with side.http(f"rabita_{'f' * 16}_{'x' * 43}") as http:
        assert code_of(http.get("/me")) == "token-unknown"


def test_a_stranger_is_refused_on_every_route(side: Side) -> None:
    with side.http("") as http:
        answers = [asked(http, route, side.line) for route in GUARDED]
    assert {each.status_code for each in answers} <= {401, 429}
    first = answers[0]
    assert (first.status_code, code_of(first)) == (401, "token-missing")
    assert first.headers["www-authenticate"].startswith("Bearer")


def test_a_token_sees_its_own_lines_only(side: Side) -> None:
    with side.http(side.token(Scope.READ, lines=(side.line,))) as http:
        assert [each["line"] for each in http.get("/lines").json()] == [side.line]
        assert http.get(f"/lines/{side.line}").status_code == 200
        assert code_of(http.get("/lines/" + "a" * 52)) == "policy-refused"
    with side.http(side.token(Scope.READ, lines=("a" * 52,))) as http:
        assert http.get("/lines").json() == []
        assert http.get("/index").json() == []
    with side.http(side.token(Scope.READ)) as http:
        assert code_of(http.get("/lines/" + "a" * 52)) == "line-unknown"


def test_strangers_who_guess_are_slowed_and_lock_nobody_out(side: Side) -> None:
    good = side.token(Scope.READ)
    with side.http("rabita_00_guess") as http:
        answers = [http.get("/me") for _ in range(STRANGERS_BURST + 5)]
    assert {each.status_code for each in answers} <= {401, 429}
    assert answers[-1].status_code == 429
    assert answers[-1].headers["retry-after"]
    with side.http(good) as http:
        assert http.get("/me").status_code == 200


def test_a_token_that_asks_too_often_is_slowed(home: House) -> None:
    side = home.restart(0, web_rate_per_s=1)
    try:
        with side.http() as http:
            answers = [http.get("/me") for _ in range(8)]
        assert [each.status_code for each in answers[:4]] == [200] * 4
        assert code_of(answers[-1]) == "rate-exceeded"
        with side.http() as http:
            assert http.get("/me").status_code == 200, "another token has its own"
    finally:
        home.restart(0)


def test_every_answer_carries_the_safe_headers_and_lets_no_other_origin_in(side: Side) -> None:
    with side.http() as http:
        answers = [
            http.get("/me", headers={"origin": "https://elsewhere.example"}),
            http.get("/nowhere"),
            http.post("/me"),
            http.get("/lines", params={"x": "1"}),
            http.options("/me", headers={"origin": "https://elsewhere.example"}),
        ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "server" not in answer.headers
    assert [each.status_code for each in answers[1:4]] == [404, 405, 400]
    assert [code_of(each) for each in answers[1:4]] == ["path-unknown", "method-not-allowed", "parameter-invalid"]
    assert "GET" in answers[2].headers["allow"]
