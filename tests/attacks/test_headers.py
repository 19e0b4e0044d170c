"""Every answer of the HTTP door tells browsers what they may not do with it: every route, page and refusal."""

import re

import httpx
import pytest

from rabita.desk.shells import KEPT
from rabita.desk.static_files import address, static_names
from rabita.gateways.rest.application import HSTS, ROUTES, SAFE_HEADERS
from rabita.gateways.rest.routing import Route
from tests.attacks.raw import ask
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

FILLED = dict.fromkeys(("officer", "tenure", "session", "passkey", "draft"), "ab" * 8) | {
    "procedure": "message",
    "act": "send",
    "reference": "X-PAK-C-0001",
    "case": "ab" * 32,
    "digest": "ab" * 32,
    "number": "1",
}


def filled(route: Route, line: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: line if found[1] == "line" else FILLED.get(found[1], "x"), route.path)


def check(answer: httpx.Response) -> None:
    """Compare an answer's headers with what browsers must be told."""
    policy = {
        name: set(values) for name, *values in map(str.split, answer.headers["content-security-policy"].split(";"))
    }
    assert policy["default-src"] == {"'none'"}
    assert policy.get("object-src", policy["default-src"]) == {"'none'"}
    assert policy["base-uri"] == policy["frame-ancestors"] == {"'none'"}
    assert policy["form-action"] <= {"'none'", "'self'"}
    assert not any("unsafe" in value or "*" in value or "data:" in value for each in policy.values() for value in each)
    assert set().union(*policy.values()) <= {"'none'", "'self'", "'script'"}
    for name in ("x-content-type-options", "referrer-policy", "x-frame-options", "cross-origin-opener-policy"):
        assert answer.headers[name] == SAFE_HEADERS[name]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["permissions-policy"]
    file = answer.url.path.startswith("/static/") and answer.status_code == 200
    assert answer.headers["cache-control"] == (KEPT if file else "no-store")
    assert not [name for name in answer.headers if name.startswith("access-control-") or name in ("server", "via")]
    if answer.headers.get("content-type", "").startswith("text/"):
        assert answer.headers["content-type"].endswith("; charset=utf-8")


def test_every_route_and_page_tells_browsers_what_they_may_not_do(side: Side) -> None:
    with side.http() as http:
        for route in (*ROUTES, *side.pages):
            body: dict[str, str] | None = None if route.method == "GET" else {}
            with http.stream(route.method, filled(route, side.line), json=body) as answer:
                check(answer)
                assert answer.status_code < 500 or answer.status_code == 503, route.path
        for name in static_names():
            check(http.get(address(name)))


def test_refusals_tell_it_too(side: Side) -> None:
    with side.http() as http:
        for answer in (
            http.get("/nowhere"),
            http.get("/static/../web.db"),
            http.put("/lines"),
            http.post("/lines/x/procedures/message/send", content=b"{", headers={"content-type": "application/json"}),
            http.post("/access/sign-in", content=b" " * 70_000, headers={"content-type": "application/json"}),
            http.get("/me", headers={"authorization": "Bearer x"}),
        ):
            check(answer)
            assert 400 <= answer.status_code < 500


def test_what_is_no_http_is_refused_with_the_same_headers(side: Side) -> None:
    answer = ask(side, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    assert (answer.status, answer.code) == (400, "request-malformed")
    assert {name: answer.headers[name] for name in SAFE_HEADERS} == {k: [v] for k, v in SAFE_HEADERS.items()}


def test_over_tls_browsers_come_by_tls_alone_from_then_on() -> None:
    age = re.fullmatch(r"max-age=(\d+); includeSubDomains", HSTS[1])
    assert age
    assert int(age[1]) >= 31_536_000


def test_no_other_origin_is_let_in(home: House, side: Side) -> None:
    asked = {"origin": "https://evil.test", "access-control-request-method": "POST"}
    with side.http(side.token()) as http:
        assert http.options("/lines", headers=asked).status_code in (204, 405)
        for answer in (http.options("/lines", headers=asked), http.get("/lines", headers=asked)):
            assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert len(home.sides) == 2
