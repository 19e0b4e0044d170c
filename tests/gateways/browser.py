"""A browser with a passkey: keeps cookies, says where it asks from, and what its page was told to say."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from rabita.app.officers import make_people, origin_of
from rabita.gateways.rest.doors import CSRF
from rabita.services.officers import Role, Standing
from rabita.services.people import People, Wanted
from tests.app.people import PATIENCE_S
from tests.authenticator import Authenticator
from tests.gateways.people import NOBODY, Side


@dataclass
class Browser:
    """One officer's browser."""

    side: Side
    device: Authenticator = field(default_factory=Authenticator)
    csrf: str = ""
    cookie: str = ""
    officer: str = ""

    def __post_init__(self) -> None:
        self.origin = origin_of(self.side.settings, self.side.web.address[1])
        self.device.origin = self.origin

    def http(self) -> httpx.Client:
        """Give what asks with the cookie kept; it is sent as over TLS, which the tests' node does not speak."""
        headers = {"cookie": self.cookie} if self.cookie else {}
        return httpx.Client(base_url=self.side.url, headers=headers, timeout=PATIENCE_S, verify=NOBODY)

    def get(self, path: str, **query: str) -> httpx.Response:
        with self.http() as http:
            return http.get(path, params=query)

    def post(self, path: str, body: object = None, **changed: str) -> httpx.Response:
        """Ask as this node's own page does; *changed* headers, empty ones left out."""
        said = {"origin": self.origin, CSRF.lower(): self.csrf}
        said |= {name.replace("_", "-"): value for name, value in changed.items()}
        with self.http() as http:
            raw = {name.encode(): value.encode() for name, value in said.items() if value}
            answer = http.post(path, json=body if body is not None else {}, headers=raw)
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    def enrol(self, code: str) -> "Browser":
        options = told(self.post("/access/enrol/begin", {"code": code}))["public_key"]
        self.officer = told(self.post("/access/enrol", {"code": code, "answer": self.device.make(options)}))["officer"]
        return self

    def answer(self) -> dict[str, Any]:
        return self.device.show(told(self.post("/access/sign-in/begin"))["public_key"])

    def enter(self) -> "Browser":
        self.csrf = told(self.post("/access/sign-in", {"answer": self.answer()}))["csrf"]
        return self

    def invite(self, *roles: Role, **terms: object) -> "Browser":
        """Invite an officer, who enrols and signs in with a browser of their own."""
        body = {"name": "Somebody", "roles": roles, **terms}
        return Browser(self.side).enrol(told(self.post("/officers", body))["code"]).enter()


def told(answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    assert answer.status_code == 200, answer.text
    return answer.json()


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


def people_of(side: Side) -> People:
    return make_people(side.web.officers, side.node.clock, side.settings)


def first_officer(side: Side, *more: Role) -> Browser:
    """Revoke whoever there is, and begin anew with an administrator who is signed in."""
    people = people_of(side)
    for each in people.everyone():
        if each.officer.standing is not Standing.REVOKED:
            people.revoke(each.officer.id)
    code = people.invite_first(Wanted("A. Admin", (Role.ADMINISTRATOR, *more))).code
    return Browser(side).enrol(code).enter()
