"""From a browser to the line and back: an officer enrols, the line knows the key; a command beside the node ends it."""

from functools import partial

import pytest

from rabita.line.verify import Credential
from rabita.services.officers import Role
from tests.app.people import until
from tests.cli.people import Side as Console
from tests.gateways.browser import Browser, first_officer
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets


def standing(side: Side, browser: Browser) -> list[Credential]:
    """Give the credentials of a browser's passkey that the line of this side has."""
    point = browser.device.key.public_key().public_numbers()
    public = b"\x04" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    credentials = side.node.link(side.line).exchange.state.facts.credentials
    return [each for each in credentials.values() if each.public == public]


def gone(side: Side, browser: Browser) -> bool:
    return not standing(side, browser)


def test_a_passkey_enrolled_is_known_on_the_line_until_a_command_revokes_its_officer(home: House, side: Side) -> None:
    officer = first_officer(side).invite(Role.RELEASER, Role.FOREIGN_MINISTRY_DESK, post="MFA")
    other = home.sides[1]
    for each in (side, other):
        home.run(until(each.node, partial(standing, each, officer)))
    (credential,) = standing(other, officer)
    assert (credential.post, credential.roles) == ("MFA", ("releaser", "foreign-ministry"))
    assert (credential.relying_party, credential.origins) == ("localhost", (officer.origin,))

    console = Console(side.node.home.folder)
    (listed,) = [each for each in console.do("officer", "list") if each["id"] == officer.officer]
    assert listed == console.do("officer", "show", officer.officer)
    assert listed["credentials"] == [
        {
            "line": side.line,
            "post": "MFA",
            "roles": ["releaser", "foreign-ministry"],
            "key": credential.key,
            "passkey": listed["passkeys"][0]["id"],
        }
    ]
    assert "1 on 1" in console.run("officer", "list").out
    assert f"{credential.key[:16]} at MFA" in console.run("officer", "show", officer.officer).out

    assert console.run("officer", "suspend", officer.officer).code == 0
    home.run(until(side.node, lambda: standing(side, officer)[0].roles == ()))
    assert "suspended" in console.run("officer", "show", officer.officer).out
    assert console.run("officer", "revoke", officer.officer).code == 0
    for each in (side, other):
        home.run(until(each.node, partial(gone, each, officer)))
    assert console.do("officer", "show", officer.officer)["credentials"] == []
