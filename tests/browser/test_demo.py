"""``make demo`` as a visitor has it: both desks in Chromium by their links, the exercise live on them, the tour."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Chromium, Window

pytestmark = pytest.mark.sockets

DEMO: Final = (sys.executable, "-c", "from rabita.cli import main; main()", "demo", "--pace", "1800")
LINK: Final = re.compile(r"^  (\S.*\S)\s+(http://(pak|irn)\.localhost:\d+)(/enrol#[A-Z0-9-]+)$")
SIDES: Final = ("pak", "irn")
SAID: Final = "EXERCISE play 1"
STEPS: Final = 10
"""The steps of the tour for a reader who neither drafts nor releases; others have more."""


class Invited(NamedTuple):
    """Whom the demo invited: the side's desk, and the path that comes in."""

    origin: str
    path: str


class Demo:
    """A slow exercise; ``links`` by side and name."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.links: dict[tuple[str, str], Invited] = {}
        for line in process.stdout:
            if found := LINK.match(line.rstrip()):
                self.links[found[3], found[1]] = Invited(found[2], found[4])
            if line.startswith(SAID):
                break


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("visitor") / "demo"
    process = subprocess.Popen(
        [*DEMO, "--home", str(folder)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Demo(process)
    finally:
        process.terminate()
        process.communicate()


Visit = Callable[[str, str], tuple[Window, Page]]


@pytest.fixture
def visit(chromium: Chromium, demo: Demo) -> Iterator[Visit]:
    """Open someone's link in a window of its own."""
    windows: list[Window] = []

    def visit_link(side: str, name: str) -> tuple[Window, Page]:
        invited = demo.links[side, name]
        windows.append(chromium.open(invited.origin))
        return windows[-1], windows[-1].go(invited.path)

    yield visit_link
    chromium.end(windows)


def come_in(page: Page) -> Page:
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(re.compile(r"\.localhost:\d+/(desk)?$"))
    expect(page.locator(".exercise-banner")).to_have_text("EXERCISE")
    return page


def test_each_side_has_a_link_for_each_role(demo: Demo) -> None:
    names = [name for side, name in demo.links if side == "pak"]
    assert names == [name for side, name in demo.links if side == "irn"]
    said = " ".join(names)
    for role in ("Duty officer", "drafts", "Reviewer", "Releaser", "Foreign-ministry", "Administrator", "Auditor"):
        assert role in said
    assert len({invited.origin for invited in demo.links.values()}) == len(SIDES)


def test_one_press_makes_a_passkey_and_the_exercise_is_live_on_both_desks(visit: Visit) -> None:
    (one, ours), (_, theirs) = (visit(side, "Duty officer, first watch") for side in SIDES)
    for page in (ours, theirs):
        assert "#" not in page.url
        come_in(page)
        page.goto("/desk/traffic")
        expect(page.locator("#entries [data-row]").first).to_be_visible()
    assert len(one.passkeys()) == 1
    for page in (ours, theirs):
        before = page.locator("#entries").inner_text()
        expect(page.locator("#entries")).not_to_have_text(before, use_inner_text=True, timeout=120_000)


def test_a_link_is_good_once(visit: Visit) -> None:
    _, page = visit("irn", "Reviewer")
    come_in(page)
    _, page = visit("irn", "Reviewer")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.locator("#said")).to_contain_text("unknown, used or too old")


def test_a_browser_without_an_authenticator_comes_in_and_cannot_release(visit: Visit) -> None:
    _, page = visit("pak", "Releaser")
    page.get_by_role("button", name="Enter the exercise without a passkey").click()
    page.wait_for_url(re.compile(r"/desk$"))
    page.goto("/sessions")
    expect(page.locator("#list table")).to_be_visible()
    expect(page.locator("#passkeys li")).to_have_count(0)


def test_an_administrator_needs_a_passkey_and_keeps_the_link_for_it(visit: Visit) -> None:
    _, page = visit("pak", "Administrator")
    page.get_by_role("button", name="Enter the exercise without a passkey").click()
    expect(page.locator("#said")).to_have_text("This role needs a passkey; use a browser that can make one.")
    come_in(page)
    page.goto("/desk/officers")
    expect(page.locator("#main")).to_contain_text("Duty officer, first watch")


@pytest.mark.parametrize(
    ("language", "side", "name"),
    [
        ("en", "irn", "Foreign-ministry desk"),
        ("fa", "irn", "Duty officer, second watch"),
        ("ur", "pak", "Duty officer, second watch"),
    ],
)
def test_the_tour_goes_by_the_keyboard_and_can_be_left(visit: Visit, language: str, side: str, name: str) -> None:
    window, page = visit(side, name)
    come_in(page)
    page.goto("/desk")
    page.locator(".languages summary").click()
    if language != "en":
        with page.expect_navigation():
            page.locator(f"[data-language={language}]").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr" if language == "en" else "rtl")
    page.locator("a[href='/desk?tour=1']").press("Enter")
    steps = 0
    while True:
        expect(page.locator("#tour")).to_be_focused()
        steps += 1
        window.press("Tab")
        if not page.locator("#tour-after").count():
            break
        expect(page.locator("#tour-after")).to_be_focused()
        with page.expect_navigation():
            window.press("Enter")
    assert steps >= STEPS
    window.press("Escape")
    expect(page.locator("#tour")).to_have_count(0)
    expect(page.locator("[data-toured]")).to_have_count(0)
    assert "tour" not in page.url
    page.reload()
    expect(page.locator("#tour")).to_have_count(0)


def test_the_tour_shows_the_part_that_each_step_is_about(visit: Visit) -> None:
    _, page = visit("pak", "Liaison officer, who drafts")
    come_in(page)
    page.goto("/desk?tour=1")
    for _ in range(STEPS):
        expect(page.locator("#tour")).to_be_focused()
        expect(page.locator("[data-toured]")).to_have_count(1)
        expect(page.locator("[data-toured]")).to_be_in_viewport()
        with page.expect_navigation():
            page.locator("#tour-after").click()
