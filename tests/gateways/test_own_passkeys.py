"""An officer's own passkeys over HTTP: listed, a second one made and used, one revoked."""

import pytest

from rabita.services.officers import Role
from tests.authenticator import Authenticator, packed
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import Side

pytestmark = pytest.mark.sockets


def test_a_second_passkey_is_made_listed_used_and_the_first_revoked(side: Side) -> None:
    officer = first_officer(side).invite(Role.DRAFTER)
    second = Authenticator(origin=officer.origin)
    made = told(
        officer.post(
            "/access/passkeys", {"answer": second.make(told(officer.post("/access/passkeys/begin"))["public_key"])}
        )
    )
    assert made["id"] == packed(second.id)
    first, listed = told(officer.get("/access/passkeys"))
    assert (first["id"], listed) == (packed(officer.device.id), made)
    browser = Browser(side, second).enter()
    assert told(browser.post(f"/access/passkeys/{first['id']}/revoke"))["standing"] == "revoked"
    assert code_of(officer.get("/me")) == "session-over"
    assert code_of(browser.post(f"/access/passkeys/{made['id']}/revoke")) == "passkey-last"
    assert code_of(browser.post("/access/passkeys/unknown/revoke")) == "passkey-unknown"


def test_nobody_makes_or_revokes_the_passkeys_of_another(side: Side) -> None:
    admin = first_officer(side)
    officer = admin.invite(Role.DRAFTER)
    theirs = packed(officer.device.id)
    assert code_of(admin.post(f"/access/passkeys/{theirs}/revoke")) == "passkey-unknown"
    options = told(officer.post("/access/passkeys/begin"))["public_key"]
    answer = Authenticator(origin=admin.origin).make(options)
    assert code_of(admin.post("/access/passkeys", {"answer": answer})) == "passkey-refused"
    with side.http(side.token()) as http:
        assert http.get("/access/passkeys").status_code == 403
        assert http.post("/access/passkeys/begin", json={}).status_code == 403
