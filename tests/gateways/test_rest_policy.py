"""Every route and page asks policy: each is tried with every scope of token and every role of officer that may not."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from msgspec.structs import replace

from rabita.app.web import Web
from rabita.gateways.rest.access import Scope
from rabita.gateways.rest.application import ROUTES
from rabita.gateways.rest.doors import CSRF
from rabita.gateways.rest.routing import Route
from rabita.line.errors import UserFault
from rabita.policy.files import deeds
from rabita.services.audit import Action
from rabita.services.officers import Role, Session
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import Side, house
from tests.gateways.test_rest_access import asked

pytestmark = pytest.mark.sockets

KEEPERS: Final = {Role.ADMINISTRATOR, Role.SECURITY_OFFICER}
READERS: Final = {*Role} - KEEPERS - {Role.AUDITOR}
WRITERS: Final = {Role.DRAFTER, Role.REVIEWER, Role.RELEASER}
READ: Final = {Scope.READ, Scope.DRAFT, Scope.SEAL}
MAY: Final[dict[str, tuple[set[Role], set[Scope]]]] = {
    "use-session": ({*Role}, set()),
    "see-sessions": ({Role.SECURITY_OFFICER}, set()),
    "end-sessions": ({Role.SECURITY_OFFICER}, set()),
    "see-status": ({*Role} - {Role.AUDITOR}, READ),
    "check-transcript": ({*Role} - {Role.AUDITOR}, READ),
    "read": (READERS, READ),
    "export": ({Role.RELEASER, Role.DUTY_OFFICER, Role.FOREIGN_MINISTRY_DESK}, READ),
    "draft": (WRITERS, {Scope.DRAFT, Scope.SEAL}),
    "review": ({Role.REVIEWER, Role.RELEASER}, set()),
    "review-personal-data": ({Role.DATA_PROTECTION_REVIEWER}, set()),
    "release": ({Role.RELEASER}, set()),
    "release-alone": (set(), set()),
    "approve-consent": ({Role.FOREIGN_MINISTRY_DESK}, set()),
    "seal": (set(), {Scope.SEAL}),
    "see-officers": (KEEPERS, set()),
    "invite": (KEEPERS, set()),
    "dismiss": (KEEPERS, set()),
    "suspend": (KEEPERS, set()),
    "revoke": (KEEPERS, set()),
    "appoint": ({Role.ADMINISTRATOR}, set()),
    "link-identity": ({Role.ADMINISTRATOR}, set()),
    "restore": ({Role.SECURITY_OFFICER}, set()),
    "recover": ({Role.SECURITY_OFFICER}, set()),
    "read-audit": ({Role.AUDITOR}, {Scope.AUDIT}),
    "export-audit": ({Role.AUDITOR}, {Scope.AUDIT}),
}
"""Who may do what by the built-in set, written down once more by hand."""
GUARDED: Final = [route for route in ROUTES if not route.is_open]
OFFICERS: Final[dict[Role, Browser]] = {}
ASKERS: Final[dict[Role | Scope, httpx.Client]] = {}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    """Give a side of its own, with a token of each scope, an officer of each role, and nobody else."""
    folder: Path = tmp_path_factory.mktemp("policy")
    with house(folder) as found, ExitStack() as kept:
        side = found.sides[0]
        admin = first_officer(side)
        OFFICERS.update({role: admin.invite(role) for role in Role if role is not Role.ADMINISTRATOR})
        OFFICERS[Role.ADMINISTRATOR] = admin
        for role, officer in OFFICERS.items():
            ASKERS[role] = kept.enter_context(officer.http())
            ASKERS[role].headers.update({"origin": officer.origin, CSRF: officer.csrf})
        for scope in Scope:
            ASKERS[scope] = kept.enter_context(side.http(side.token(scope)))
        yield side


def refused(answer: Any) -> bool:  # noqa: ANN401 - an answer
    return answer.status_code == 403 and code_of(answer) == "policy-refused"


def test_a_route_names_what_policy_is_asked_or_is_open_to_anyone() -> None:
    asked_of = {each for route in GUARDED for each in (route.action, route.trial_action) if each}
    assert asked_of <= set(deeds()) == set(MAY)
    with pytest.raises(TypeError):
        Route(method="GET", path="/x", name="x", title="X", audit=Action.READ, answers={}, run=max)  # type: ignore[call-arg]  # - the point


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: str(route.name))
def test_every_route_refuses_every_wrong_token(held: Side, route: Route) -> None:
    _, scopes = MAY[route.action]
    for scope in Scope:
        assert refused(asked(ASKERS[scope], route, held.line)) == (scope not in scopes), scope
    if "{line}" in route.path:
        for scope in scopes:
            with held.http(held.token(scope, lines=("elsewhere",))) as http:
                assert refused(asked(http, route, held.line)), scope


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: str(route.name))
def test_every_route_refuses_every_wrong_officer(held: Side, route: Route) -> None:
    roles, _ = MAY[route.action]
    for role in Role:
        if role not in roles or route.method == "GET":
            assert refused(asked(ASKERS[role], route, held.line)) == (role not in roles), role


def test_a_session_says_what_its_officer_may(held: Side) -> None:
    for role, officer in OFFICERS.items():
        may = told(officer.get("/access/session"))["may"]
        assert set(may) == {action for action, (roles, _) in MAY.items() if role in roles}, held


def test_a_refusal_is_told_in_plain_words(held: Side) -> None:
    answer = OFFICERS[Role.DUTY_OFFICER].post(f"/lines/{held.line}/procedures/message/send", {"portions": []})
    assert answer.json()["title"] == "This party's policy does not allow this."
    assert answer.json()["detail"] == ("A drafter, a reviewer and a releaser may write drafts. Nothing else allows it.")
    sealed = OFFICERS[Role.RELEASER].post(f"/lines/{held.line}/procedures/message/send", {"portions": []})
    assert refused(sealed)
    assert "another officer releases it by passkey" in sealed.json()["detail"]


def test_giving_power_needs_a_passkey_shown_lately_and_another_officer(held: Side) -> None:
    admin = OFFICERS[Role.ADMINISTRATOR]
    own = admin.post(f"/officers/{admin.officer}/tenures", {"post": "HOME", "role": "releaser"})
    assert refused(own)
    assert "Nobody does this for themselves" in own.json()["detail"]
    with held.web.officers.transaction() as rows:
        (session,) = [each for each in rows.of(Session, admin.officer) if not each.revoked_ms]
        rows.put(replace(session, authenticated_ms=session.authenticated_ms - 900_001))
    late = admin.post("/officers", {"name": "X", "roles": []})
    assert refused(late)
    assert "Show your passkey once more" in late.json()["detail"]
    answer = admin.device.show(told(admin.post("/access/confirm/begin"))["public_key"])
    told(admin.post("/access/confirm", {"answer": answer}))
    assert told(admin.post("/officers", {"name": "X", "roles": []}))["code"]


def test_a_folder_of_policies_takes_the_place_of_the_built_in_set(tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "own.cedar").write_text(
        '@id("status")\n@words("Anyone may see the state.")\n'
        'permit (principal, action == Action::"see-status", resource) when { resource.exercise };\n'
    )
    with house(tmp_path / "house", policy_dir=str(policies)) as found:
        with found.sides[0].http() as http:
            assert http.get("/lines").status_code == 200
            assert refused(http.get(f"/lines/{found.sides[0].line}/cases"))
        (policies / "own.cedar").write_text("permit (principal, action, resource);")
        with found.sides[0].http() as http:
            assert refused(http.get(f"/lines/{found.sides[0].line}/cases")), "the set it began with is kept"
        with pytest.raises(UserFault, match="policy-invalid") as fault:
            Web(found.sides[0].node, str)
        assert fault.value.detail.startswith("own.cedar:1: ")
