"""The way into an exercise by a one-time code alone: once, with no passkey's powers, and at no node in earnest."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from rabita.app.officers import make_officers
from rabita.app.outside import MachineClock
from rabita.app.settings import Settings, load_settings
from rabita.line.errors import UserFault
from rabita.services.audit import Action, Outcome, Wanted, read_deed
from rabita.services.officers import Role
from rabita.store.officers_sqlite import MemoryOfficers
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import House, Side

WAY = "/access/exercise"


@pytest.fixture(scope="module")
def lenient(home: House) -> Iterator[House]:
    """Give the house whose first side lets visitors of the exercise in by a code."""
    home.restart(0, exercise_sign_in=True)
    yield home
    home.restart(0)


@pytest.fixture
def side(lenient: House) -> Side:
    return lenient.sides[0]


def came_in(side: Side, code: str) -> Browser:
    visitor = Browser(side)
    visitor.csrf = told(visitor.post(WAY, {"code": code}))["csrf"]
    return visitor


def invited(admin: Browser, *roles: Role) -> str:
    return code_of(admin.post("/officers", {"name": "A visitor", "roles": roles}))


@pytest.mark.sockets
def test_a_code_opens_a_session_once_and_is_used_up_for_passkeys_too(side: Side) -> None:
    admin = first_officer(side)
    code = invited(admin, Role.DRAFTER)
    visitor = came_in(side, code)
    assert visitor.get("/desk").status_code == 200
    assert told(visitor.get("/access/sessions"))[0]["authenticated_ms"] == 0
    for path in (WAY, "/access/enrol/begin"):
        refused = Browser(side).post(path, {"code": code})
        assert (refused.status_code, code_of(refused)) == (403, "invitation-refused")
    assert told(visitor.get("/access/ways"))["code"]
    tried = side.node.audit.log().newest(Wanted(action=Action.SIGN_IN), 2**53 - 1, 10_000)
    assert {Outcome.ALLOWED, Outcome.REFUSED} <= {read_deed(raw).outcome for raw in tried}


@pytest.mark.sockets
def test_a_session_by_a_code_alone_makes_no_passkey_and_ends_with_its_officer(side: Side) -> None:
    admin = first_officer(side)
    visitor = came_in(side, invited(admin, Role.DRAFTER))
    refused = visitor.post("/access/passkeys/begin")
    assert (refused.status_code, code_of(refused)) == (403, "confirmation-needed")
    officer = told(visitor.get("/access/session"))["principal"]["id"]
    told(admin.post(f"/officers/{officer}/revoke"))
    assert visitor.get("/access/session").status_code == 401


@pytest.mark.sockets
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SECURITY_OFFICER])
def test_who_governs_officers_needs_a_passkey_and_keeps_the_code_for_it(side: Side, role: Role) -> None:
    code = invited(first_officer(side), Role.DRAFTER, role)
    refused = Browser(side).post(WAY, {"code": code})
    assert (refused.status_code, code_of(refused)) == (403, "passkey-needed")
    assert Browser(side).enrol(code).enter().get("/access/session").status_code == 200


@pytest.mark.sockets
def test_guesses_are_counted_and_a_node_that_does_not_want_it_refuses(lenient: House) -> None:
    other = lenient.sides[0]
    wrong = Browser(other).post(WAY, {"code": "ABCD-EFGH"})
    assert code_of(wrong) == "invitation-refused"
    strict = lenient.restart(0)
    code = invited(first_officer(strict), Role.DRAFTER)
    assert not told(Browser(strict).get("/access/ways"))["code"]
    refused = Browser(strict).post(WAY, {"code": code})
    assert (refused.status_code, code_of(refused)) == (403, "exercise-alone")
    assert Browser(strict).enrol(code).enter().csrf


@pytest.mark.parametrize("party", ["PAK", "IRN", "XPAK"])
def test_a_party_in_earnest_cannot_set_it(tmp_path: Path, party: str) -> None:
    settings = Settings(home=tmp_path, party=party, exercise_sign_in=True)
    with pytest.raises(UserFault, match="setting-invalid") as refused:
        make_officers(MemoryOfficers(), MachineClock(), settings, 8420)
    assert "exercise" in refused.value.detail
    played = make_officers(
        MemoryOfficers(), MachineClock(), msgspec.structs.replace(settings, party=f"X-{party}"), 8420
    )
    assert played is not None
    assert played.exercise is not None


@pytest.mark.parametrize("good", ["http://localhost:8420", "http://pak.localhost:8420"])
def test_browsers_find_exercises_by_names_of_this_machine(good: str) -> None:
    assert load_settings({"web_origin": good}, {}).web_origin == good
    with pytest.raises(UserFault, match="setting-invalid"):
        load_settings({"web_origin": good.replace("localhost", "nolocalhost")}, {})
