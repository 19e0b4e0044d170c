"""``rabita token`` and ``rabita serve --web-port``: made, listed, used over HTTP against a real process, revoked."""

import os
from pathlib import Path

import pytest

from rabita.client import Client, calls
from rabita.line.errors import UserFault
from tests.app.people import free_ports
from tests.cli.people import Side, quickly_founded, wait_for

pytestmark = pytest.mark.sockets


@pytest.fixture
def side(tmp_path: Path) -> Side:
    return quickly_founded(tmp_path)[0]


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(side: Side) -> None:
    made = side.do("token", "create", "map server", "--scope", "draft", "--expires", "12h")
    assert made["expires_ms"] - made["created_ms"] == 12 * 3_600_000
    (listed,) = side.do("token", "list")
    assert listed == {name: value for name, value in made.items() if name != "token"}
    assert made["token"] not in side.run("token", "list").out
    assert side.do("token", "revoke", made["id"])["revoked_ms"]
    assert side.do("token", "list")[0]["revoked_ms"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("x", "--scope", "everything"),
        ("x", "--expires", "2y"),
        ("x", "--expires", "400d"),
        ("x", "--expires", "0d"),
        (" ",),
        ("x" * 65,),
    ],
)
def test_terms_that_are_none_are_refused(side: Side, arguments: tuple[str, ...]) -> None:
    answer = side.run("token", "create", *arguments)
    assert (answer.code, "token-terms" in answer.err) == (2, True)
    assert side.do("token", "list") == []


def test_an_unknown_token_or_line_is_said_to_be_unknown(side: Side) -> None:
    assert "token-unknown" in side.run("token", "revoke", "nothing").err
    assert "line-unknown" in side.run("token", "create", "x", "--line", "zzzz").err


def test_a_running_node_answers_over_http_and_refuses_a_token_revoked_meanwhile(side: Side) -> None:
    (port,) = free_ports(1)
    side.environment["RABITA_WEB_PORT"] = str(port)
    made = side.do("token", "create", "probe", "--line", side.status()["line"][:8])
    url = f"http://127.0.0.1:{port}"
    with side.serving() as node:
        with Client(url) as stranger:
            wait_for(lambda: answers(stranger))
        with Client(url, made["token"]) as client:
            (line,) = client.ask(calls.lines())
            assert client.ask(calls.me()).principal.lines == (line.line,)
            assert side.status()["line"] == line.line
            assert resident_mb(node.pid) < 120, "6-bars: a node at rest"
            side.do("token", "revoke", made["id"])
            with pytest.raises(UserFault, match="token-revoked"):
                client.ask(calls.me())


def test_http_beyond_this_machine_needs_tls(side: Side) -> None:
    answer = side.run("serve", "--web-port", "8420", RABITA_WEB_ADDRESS="192.0.2.1")
    assert (answer.code, "web_certificate" in answer.err) == (2, True)
    answer = side.run("serve", RABITA_WEB_PORT="8420", RABITA_WEB_CERTIFICATE=os.devnull)
    assert (answer.code, "web_certificate" in answer.err) == (2, True)


def answers(client: Client) -> bool:
    try:
        return client.ask(calls.health()).status == "up"
    except Exception:  # noqa: BLE001 - not yet
        return False


def resident_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024
