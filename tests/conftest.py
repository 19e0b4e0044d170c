"""What holds for every test: the same examples on every run, nothing timed, and no socket unless a test asks."""

import os
import socket

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick",
    max_examples=50,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("ci", settings.get_profile("quick"), max_examples=200, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "quick")


@pytest.fixture(autouse=True)
def closed_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to bind, connect or send, unless the test is marked ``sockets``; a ``socketpair`` stays possible."""
    if request.node.get_closest_marker("sockets"):
        return

    def refuse(*_: object) -> None:
        pytest.fail("this test opened a socket; mark it with @pytest.mark.sockets if it must")

    for name in ("bind", "connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
