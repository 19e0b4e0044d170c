"""Nobody's guesses lock the watch out: not from its own address, not at its own passkey, not at any door there is."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from rabita.gateways.rest.application import STRANGERS_BURST
from rabita.services.officers import Role
from tests.authenticator import packed
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

Guess = Callable[[httpx.Client, Browser], httpx.Response]

GUESSES: dict[str, Guess] = {
    "codes": lambda http, _: http.post("/access/enrol/begin", json={"code": "A" * 32}),
    "codes with an answer": lambda http, _: http.post("/access/enrol", json={"code": "A" * 32, "answer": {}}),
    "its own passkey": lambda http, watch: http.post(
        "/access/sign-in", json={"answer": {"id": packed(watch.device.id), "response": {}}}
    ),
    "sessions": lambda http, _: http.get("/me", headers={"cookie": f"rabita={'a' * 16}_{'A' * 43}"}),
    "its own session": lambda http, watch: http.get("/me", headers={"cookie": watch.cookie[:-4] + "AAAA"}),
    "forged requests of its own pages": lambda http, watch: http.post(
        "/access/sign-out", json={}, headers={"cookie": watch.cookie, "origin": "https://evil.test"}
    ),
    "tokens": lambda http, _: http.get("/lines", headers={"authorization": "Bearer rabita_1_2"}),
    "the provider's way back": lambda http, _: http.get("/access/oidc/callback?state=a&code=b"),
}


@pytest.fixture(scope="module")
def fresh(home: House) -> Iterator[Side]:
    """Give a side at which nobody has guessed yet; what is guessed in one test counts in the next."""
    yield home.restart(0)
    home.restart(0)


@pytest.mark.parametrize("name", GUESSES)
def test_guesses_are_slowed_or_lead_nowhere_and_keep_nobody_out(fresh: Side, name: str) -> None:
    side = fresh
    watch = first_officer(side, Role.DUTY_OFFICER)
    code = told(watch.post("/officers", {"name": "Relief", "roles": [Role.DUTY_OFFICER]}))["code"]
    with side.http("") as http:
        answers = [GUESSES[name](http, watch) for _ in range(3 * STRANGERS_BURST)]
    assert all(each.status_code in (303, 401, 403, 429) for each in answers)
    if name != "the provider's way back":
        assert code_of(answers[-1]) == "rate-exceeded"
    assert watch.get("/lines").status_code == 200, "who is signed in goes on"
    answer = watch.device.show(told(watch.post("/access/confirm/begin"))["public_key"])
    told(watch.post("/access/confirm", {"answer": answer}))
    assert Browser(side, watch.device).enter().get("/lines").status_code == 200, "who has the passkey comes in"
    relief = Browser(side).enrol(code).enter()
    assert relief.get("/lines").status_code == 200, "who has the code enrols"
