"""Every page as it is looked at: WCAG 2.2 AA in every theme and language, whole on small screens and magnified.

What is looked at comes from the desk's own routes (``sights``). Every rule is tried on each page in each language,
those that colours decide in each theme as well.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import pytest
from playwright.sync_api import expect

from rabita.services.officers import Role
from rabita.services.preferences import Theme
from tests.browser.chromium import Chromium, Window
from tests.browser.looking import COLOURLESS, COLOURS, CUT, ENGLISH, HEADINGS, UNSEEN, breaks
from tests.browser.sights import THEMED, UNFOLDED, Sight, at_once, pages, shown
from tests.browser.stage import EVERYTHING, Stage, come_in, door, reads, staged

pytestmark = pytest.mark.sockets

LANGUAGES: Final = ("en", "fa", "ur")
THEMES: Final = (Theme.LIGHT, Theme.DARK, Theme.CONTRAST)
DESK: Final = (1366, 768)
SMALL: Final = (320, 640)
MAGNIFIED: Final = (640, 400)
"""What is left of 1280 by 800 at 200 %."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("looked-at")) as found:
        yield found


@pytest.fixture
def windows(chromium: Chromium) -> Iterator[list[Window]]:
    """Close the windows put here, and see that no page did what it may not."""
    found: list[Window] = []
    yield found
    chromium.end(found)


def faults(sight: Sight, window: Window) -> Iterator[str]:
    """Look at something in every way there is; yields what is wrong with it."""
    page = sight.seen(window)
    window.press("Tab")
    yield from page.evaluate(UNSEEN)
    page.evaluate(UNFOLDED)
    yield from breaks(page, COLOURLESS)
    for theme in THEMES:
        page.evaluate(THEMED, theme)
        yield from [f"{theme}: {each}" for each in breaks(page, COLOURS)]
    yield from [f"not translated: {each}" for each in page.evaluate(ENGLISH)]
    if not page.evaluate(HEADINGS):
        yield "a heading skips a level"
    for width, height in (SMALL, MAGNIFIED):
        page.set_viewport_size({"width": width, "height": height})
        yield from [f"{width} wide: {each}" for each in page.evaluate(CUT)]
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})


def looked_at(window: Window, sights: Iterable[Sight]) -> dict[str, list[str]]:
    """Give what is wrong, by the sight; empty if nothing is."""
    found = {each.name: list(faults(each, window)) for each in sights}
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_for_everyone_in_every_theme_and_size(
    chromium: Chromium, stage: Stage, windows: list[Window], language: str
) -> None:
    officer = come_in(stage, chromium, *EVERYTHING, size=DESK)
    windows.append(officer.window)
    reads(stage, officer, language=language)
    assert looked_at(officer.window, [*pages(stage), *shown(stage, officer.page)]) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_so_are_the_pages_of_strangers_and_of_whoever_reads_nothing(
    chromium: Chromium, stage: Stage, windows: list[Window], language: str
) -> None:
    stranger, auditor = door(stage, chromium, DESK), come_in(stage, chromium, Role.AUDITOR, size=DESK)
    windows += [stranger, auditor.window]
    stranger.context.set_extra_http_headers({"accept-language": language})
    reads(stage, auditor, language=language)
    outside = [Sight("sign_in", "/sign-in", at_once), Sight("enrol", "/enrol", at_once)]
    assert looked_at(stranger, outside) == {}
    assert looked_at(auditor.window, [Sight("home", "/", at_once), Sight("refused", "/desk", at_once)]) == {}


def test_the_menu_opens_and_closes_where_there_is_little_room(
    chromium: Chromium, stage: Stage, windows: list[Window]
) -> None:
    officer = come_in(stage, chromium, *EVERYTHING, size=SMALL)
    windows.append(officer.window)
    page = officer.go("/desk")
    button, first = page.locator("#menu-button"), page.locator("#menu a").first
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(first).to_be_hidden()
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(first).to_be_visible()
    expect(first).to_have_attribute("href", "/desk")


def test_the_menu_shows_the_page_that_is_open_however_long_it_is(
    chromium: Chromium, stage: Stage, windows: list[Window]
) -> None:
    officer = come_in(stage, chromium, *EVERYTHING, size=DESK)
    windows.append(officer.window)
    reads(stage, officer, language="ur")
    for path in ("/desk/settings", "/desk"):
        expect(officer.go(path).locator("#menu [aria-current=page]")).to_be_in_viewport(ratio=1)
