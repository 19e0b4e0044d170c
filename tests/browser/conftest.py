"""One browser and one pair of nodes for all tests here; each test has windows of its own, on the browser's thread."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from rabita.app.officers import origin_of
from rabita.services.officers import Role
from tests.browser.chromium import WIDE, Chromium, Window
from tests.browser.flow import POST
from tests.browser.people import Officer, entered
from tests.gateways.browser import Browser, first_officer
from tests.gateways.people import House, Side, house

Open = Callable[..., Window]
Staff = tuple[Officer, Officer, Officer]

LONG_MINUTES: Final = 600
"""So long nobody is signed out for having nothing to do, however slow the machine."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    found = Chromium()
    yield found
    found.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("browsed")
    with house(folder, session_idle_minutes=LONG_MINUTES) as found:
        yield found


@pytest.fixture
def side(home: House) -> Side:
    return home.sides[0]


@pytest.fixture(scope="session")
def chief(home: House) -> Browser:
    """Give an administrator who invites all others, with a browser in software."""
    return first_officer(home.sides[0], Role.SECURITY_OFFICER)


@pytest.fixture
def admin(chief: Browser) -> Browser:
    """Give the administrator, who showed the passkey just now: a run may take longer than that is good for."""
    return chief.enter()


@pytest.fixture(scope="session")
def employed(chromium: Chromium, home: House, chief: Browser) -> Iterator[Staff]:
    """Give a drafter, a reviewer and a releaser of one post, each with a window of their own that stays open."""
    side = home.sides[0]
    origin = origin_of(side.settings, side.web.address[1])

    def come_in() -> Staff:
        roles = (Role.DRAFTER, Role.REVIEWER, Role.RELEASER)
        one, two, three = (entered(chief.enter(), chromium.open(origin), each, post=POST) for each in roles)
        return one, two, three

    officers = chromium.run(come_in)
    yield officers
    chromium.end(each.window for each in officers)


@pytest.fixture
def staff(chromium: Chromium, employed: Staff) -> Iterator[Staff]:
    """Give them for a test."""
    yield employed
    chromium.rest([each.window for each in employed])


@pytest.fixture
def opened(chromium: Chromium, side: Side) -> Iterator[Open]:
    """Open windows, and see in the end that no page did what it may not."""
    windows: list[Window] = []

    def open_window(size: tuple[int, int] = WIDE) -> Window:
        windows.append(chromium.open(origin_of(side.settings, side.web.address[1]), size))
        return windows[-1]

    yield open_window
    chromium.end(windows)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the tests here on the browser's thread."""
    names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001 - as pytest's own hook does
    chromium = pyfuncitem.funcargs.get("chromium")
    if not isinstance(chromium, Chromium):
        return None
    chromium.run(lambda: pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
