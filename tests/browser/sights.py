"""Everything there is to look at: every page that is served, and what opens over one or shows on it once asked for.

Rule kept here: pages are those of the desk's own routes, so that a new one is looked at without a line written for it;
one whose address has a part to fill in needs an example, and says so.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from playwright.sync_api import Page, expect

from rabita.desk.shells import SHELLS
from tests.browser.chromium import Window, located
from tests.browser.stage import Stage

HTML: Final = "text/html"
FEW: Final = 12
"""Rows of a long list, which are all alike."""
CORNERS: Final = "63.2, 27.98\n63.4, 27.98\n63.4, 28.08\n63.2, 28.08"
DRAWN: Final = "async () => { await document.fonts.ready; }"
THEMED: Final = "(theme) => { document.documentElement.dataset.theme = theme; }"
UNFOLDED: Final = """() => {
  for (const each of document.querySelectorAll("main details")) each.open = true;
  scrollTo(0, 0);
}"""
BEGIN: Final = located("""async ([line, procedure, act]) => {
  const { change } = await import("/static/api.js");
  return (await change("/drafts", { line, procedure, act, said: {} })).id;
}""")

Bring = Callable[[Page], None]


class Sight(NamedTuple):
    """Something to look at: its name, its address, what brings it about there."""

    name: str
    path: str
    bring: Bring

    def seen(self, window: Window) -> Page:
        """Open it, all that it loads there and drawn."""
        page = window.go(self.path)
        self.bring(page)
        page.evaluate(DRAWN)
        return page


def loaded(page: Page) -> None:
    """Wait until what the page itself asks for has come."""
    page.wait_for_load_state("networkidle")


def at_once(_page: Page) -> None:
    """Wait for nothing more than the page, which came whole."""


def pages(stage: Stage) -> list[Sight]:
    """List every page there is, by its route."""
    found = stage.found
    examples = {
        "/desk/entry/{reference}": f"/desk/entry/{found['entry']}",
        "/desk/case/{case}": f"/desk/case/{found['case']}",
        "/desk/handovers/{number}": f"/desk/handovers/{found['handover']}",
        "/desk/draft": f"/desk/draft#{found['written']}",
        "/desk/notices": f"/desk/notices?at_ms={found['month']}",
        **{path: f"{path}?count={FEW}" for path in ("/desk/traffic", "/desk/cases", "/desk/map")},
    }
    by_script = {each.path for each in SHELLS} | {"/desk/map", "/desk/entry/{reference}"}
    routes = [each for each in stage.side.pages if each.gives == HTML and each.method == "GET"]
    addresses = {each.name.removeprefix("page-"): examples.get(each.path, each.path) for each in routes}
    assert [each for each in addresses.values() if "{" in each] == [], "a page needs an example here"
    brought = {each.name.removeprefix("page-"): loaded for each in routes if each.path in by_script}
    return [Sight(name, path, brought.get(name, at_once)) for name, path in addresses.items()]


def shown(stage: Stage, page: Page) -> Iterator[Sight]:
    """List what pages show once asked for; a draft is begun on the page that is open."""
    found, line = stage.found, stage.side.line
    own = page.evaluate(BEGIN, [line, "incident", "report"])
    notice = page.evaluate(BEGIN, [line, "notice", "announce"])
    graded = page.evaluate(BEGIN, [line, "concern", "raise"])
    yield Sight("draft-notice", f"/desk/draft#{notice}", loaded)
    yield Sight("draft-grade", f"/desk/draft#{graded}", loaded)
    yield Sight("draft-errors", f"/desk/draft#{own}", _submitted)
    yield Sight("draft-asked", f"/desk/draft?line={line}&procedure=message&act=reply&basis={found['entry']}", loaded)
    yield Sight("review-one", f"/desk/review#{found['reviewed']}", loaded)
    yield Sight("release-one", f"/desk/release#{found['released']}", _ready_to_sign)
    yield Sight("search-found", f"/desk/search?text=17&count={FEW}", at_once)
    yield Sight("cases-none", "/desk/cases?procedure=alert", at_once)
    yield Sight("traffic-chosen", f"/desk/traffic?unacknowledged=true&count={FEW}", _chosen)
    yield Sight("transcript-verified", "/desk/transcript", _verified)
    yield Sight("entry-hint", f"/desk/entry/{found['entry']}", _hinted)
    yield Sight("map-drawn", f"/desk/map?count={FEW}", _judged)
    yield Sight("map-chosen", f"/desk/map?count={FEW}", _on_map)
    yield Sight("tour", "/desk?tour=2", at_once)
    yield Sight("refused", "/desk/entry/X-PAK-F-9999", at_once)
    yield Sight("palette", "/desk/directory", _palette)
    yield Sight("keys", "/desk/directory", _keys)


def _submitted(page: Page) -> None:
    page.locator("#submit").click()
    expect(page.locator("#errors")).to_be_visible()


def _ready_to_sign(page: Page) -> None:
    expect(page.locator("#sign")).to_be_enabled()


def _chosen(page: Page) -> None:
    page.locator("[data-pick]").first.check()
    expect(page.locator("#bulk")).to_be_visible()


def _verified(page: Page) -> None:
    page.locator("#verify").click()
    expect(page.locator("#verdict table")).to_be_visible()


def _hinted(page: Page) -> None:
    page.locator("button.friend").first.click()
    expect(page.locator(".friend-hint").first).to_be_visible()


def _judged(page: Page) -> None:
    expect(page.locator("#map[data-ready]")).to_be_visible()
    page.locator("#drawing summary").click()
    page.locator("#corners").fill(CORNERS)
    expect(page.locator("#verdict")).to_be_visible()


def _on_map(page: Page) -> None:
    expect(page.locator("#map[data-ready]")).to_be_visible()
    page.locator("[data-show]").first.click()
    expect(page.locator("#chosen")).to_be_visible()


def _palette(page: Page) -> None:
    loaded(page)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()


def _keys(page: Page) -> None:
    loaded(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
