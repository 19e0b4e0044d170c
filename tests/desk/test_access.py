"""Every page with data refuses the wrong officer, sends a stranger to sign in, and is for no token."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx
import pytest

from rabita.gateways.rest.access import Scope
from rabita.gateways.rest.doors import CSRF
from rabita.gateways.rest.routing import Route
from rabita.services.officers import Role
from tests.gateways.browser import first_officer
from tests.gateways.people import Side, house
from tests.gateways.test_rest_access import address
from tests.gateways.test_rest_policy import MAY

pytestmark = pytest.mark.sockets

HTML: Final = "text/html"


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, dict[Role, httpx.Client]]]:
    """Give a side of its own with an officer of each role, each with a browser."""
    folder: Path = tmp_path_factory.mktemp("pages")
    with house(folder) as found, ExitStack() as kept:
        admin = first_officer(found.sides[0])
        officers = {role: admin.invite(role) for role in Role if role is not Role.ADMINISTRATOR}
        browsers = {}
        for role, officer in (officers | {Role.ADMINISTRATOR: admin}).items():
            browsers[role] = kept.enter_context(officer.http())
            browsers[role].headers.update({"origin": officer.origin, CSRF: officer.csrf})
        yield found.sides[0], browsers


def guarded(side: Side) -> list[Route]:
    return [route for route in side.pages if not route.is_open]


def ask(http: httpx.Client, route: Route, line: str) -> int:
    body: dict[str, str] | None = None if route.method == "GET" else {}
    with http.stream(route.method, address(route, line), json=body) as answer:
        return answer.status_code


def test_every_page_refuses_every_wrong_officer(held: tuple[Side, dict[Role, httpx.Client]]) -> None:
    side, browsers = held
    assert len(guarded(side)) > 20
    for route in guarded(side):
        roles, _ = MAY[route.action]
        for role, http in browsers.items():
            if role not in roles:
                assert ask(http, route, side.line) == 403, (route.name, role)
            elif route.method == "GET" and "{" not in route.path:
                assert ask(http, route, side.line) not in (303, 401, 403), (route.name, role)


def test_a_stranger_is_sent_to_sign_in_and_a_token_opens_no_page(held: tuple[Side, dict[Role, httpx.Client]]) -> None:
    side, _ = held
    with side.http("") as http:
        for route in guarded(side):
            assert ask(http, route, side.line) in {303 if route.gives == HTML else 401, 429}, route.name
    with side.http(side.token(Scope.READ)) as http:
        for route in guarded(side):
            if route.gives == HTML:
                assert ask(http, route, side.line) in {303, 403}, route.name
