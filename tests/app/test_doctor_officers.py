"""What the doctor finds of how officers come in: their file, the node's own address, the identity provider."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from rabita.app.doctor_officers import officers, provider, web_origin
from rabita.app.home import Home
from rabita.app.outside import MachineClock
from rabita.app.settings import Settings
from rabita.line.errors import LocalFault, UserFault
from rabita.services.officers import Passkey, Role, Standing
from rabita.store.officers_sqlite import SqliteOfficers
from tests.provider import CLIENT, SECRET, WELL_KNOWN, Answer, Provider
from tests.provider import provider as running_provider
from tests.services.officers_house import House


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def found(home: Home) -> dict[str, tuple[bool, str]]:
    return {each.what: (each.ok, each.detail) for each in officers(home, Settings(home=home.folder))}


def staffed(home: Home, *, security_officers: int) -> str:
    """Let an administrator and so many security officers enrol; gives the administrator's id."""
    house = House(SqliteOfficers(home.officers))
    house.clock.at_ms = MachineClock().now_ms()
    admin = house.who(house.enrol(house.first().code))
    for _ in range(security_officers):
        house.officer(admin, Role.SECURITY_OFFICER)
    return admin.officer.id


def test_without_officers_there_is_nothing_to_look_at(home: Home) -> None:
    assert found(home) == {}
    SqliteOfficers(home.officers).close()
    assert all(ok for ok, _ in found(home).values()), "a node with tokens alone lacks nothing"


def test_a_node_with_an_administrator_and_two_security_officers_is_in_order(home: Home) -> None:
    staffed(home, security_officers=2)
    assert all(ok for ok, _ in found(home).values())
    assert set(found(home)) == {"mode of officers.db", "officers", "administrators", "security-officers"}


def test_it_is_said_that_a_lost_passkey_could_not_be_replaced_and_that_one_was_cloned(home: Home) -> None:
    admin = staffed(home, security_officers=1)
    assert found(home)["security-officers"] == (False, "1 can sign in, 2 needed: rabita officer list")
    with SqliteOfficers(home.officers).transaction() as rows:
        (passkey,) = rows.of(Passkey, admin)
        rows.put(msgspec.structs.replace(passkey, standing=Standing.SUSPENDED))
    told = found(home)
    assert not told["administrators"][0]
    assert not told[f"passkeys of {admin}"][0]


def test_a_file_that_others_may_read_is_of_a_later_version_or_broken_is_found(home: Home) -> None:
    staffed(home, security_officers=2)
    home.officers.chmod(0o644)
    assert "chmod 600" in found(home)["mode of officers.db"][1]
    with sqlite3.connect(home.officers) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    assert found(home)["officers"] == (False, "it is of a later version of this program")
    home.officers.write_bytes(b"no database at all, though it is long enough to be one" * 100)
    assert not found(home)["officers"][0]


def test_a_file_of_an_older_version_is_left_as_it_is(home: Home) -> None:
    staffed(home, security_officers=0)
    with sqlite3.connect(home.officers) as connection:
        connection.execute("PRAGMA user_version=1")
    connection.close()
    assert found(home)["officers"] == (True, "")
    with sqlite3.connect(home.officers) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"web_port": 8420}, [(True, "http://localhost:8420")]),
        (
            {"web_port": 8420, "web_address": "192.0.2.1"},
            [(False, "set web_origin: without it there are tokens alone")],
        ),
    ],
)
def test_a_node_that_browsers_cannot_find_is_told(home: Home, changed: dict[str, object], said: list[object]) -> None:
    settings = msgspec.structs.replace(Settings(home=home.folder), **changed)
    assert [(each.ok, each.detail) for each in web_origin(settings)] == said


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Provider]:
    with running_provider(tmp_path) as running:
        yield running


@pytest.mark.sockets
def test_the_identity_provider_is_asked_and_what_is_wrong_with_it_said(home: Home, fake: Provider) -> None:
    secret = home.folder / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    right = Settings(
        home=home.folder,
        oidc_issuer=fake.url,
        oidc_client_id=CLIENT,
        oidc_client_secret_file=str(secret),
        oidc_ca_file=fake.ca_file,
    )
    assert all(each.ok for each in provider(right))
    secret.chmod(0o640)
    assert [each.what for each in provider(right) if not each.ok] == ["mode of secret"]
    fake.instead = {WELL_KNOWN: Answer(503)}
    with pytest.raises(LocalFault, match="it answers 503"):
        list(provider(right))
    for wrong in (
        {"oidc_client_id": ""},
        {"oidc_client_secret_file": str(home.folder / "nothing")},
        {"oidc_ca_file": str(secret)},
        {"oidc_ca_file": str(home.folder / "nothing")},
    ):
        with pytest.raises(UserFault, match="setting-invalid"):
            list(provider(msgspec.structs.replace(right, **wrong)))
    assert list(provider(Settings(home=home.folder))) == []


@pytest.mark.sockets
def test_an_issuer_without_tls_is_told(home: Home) -> None:
    plain = Settings(home=home.folder, oidc_issuer="http://localhost:1", oidc_client_id=CLIENT)
    told = provider(plain)
    assert next(told).ok is False
    with pytest.raises(LocalFault, match="oidc-unavailable"):
        next(told)
