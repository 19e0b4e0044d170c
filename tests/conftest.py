"""What holds for every test: the same examples on every run, nothing timed, no socket unless a test asks.

Coverage is that of a package by its own tests.
"""

import gc
import os
import socket
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

HERE: Final = Path(__file__).parent

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


gc.set_threshold(100_000, 50, 1_000)  # looking for cycles as often as Python does costs a run a twentieth


def pytest_collection_finish() -> None:
    """Leave what was imported and collected, which stays to the end, out of every search for cycles."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def closed_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to bind, connect or send, unless the test is marked ``sockets``; a ``socketpair`` stays possible."""
    if request.node.get_closest_marker("sockets"):
        return

    def refuse(*_: object) -> None:
        pytest.fail("this test opened a socket; mark it with @pytest.mark.sockets if it must")

    for name in ("bind", "connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure coverage while tests of a measured package run, and only then: ``rabita.line`` by ``tests/line``.

    What others happen to reach is no proof of the package, and being traced costs them about a third of their time.
    Threads begun before such a pause are not traced after it.
    """
    packages = item.config.getoption("cov_source", None)
    room = item.path.relative_to(HERE).parts[0]
    measured = Coverage.current()
    if measured is None or not packages or f"rabita.{room}" in packages:
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()
