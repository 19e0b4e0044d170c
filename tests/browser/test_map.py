"""The map in the browser, by pointer and by keyboard: what is chosen, drawn, judged and played, nothing from afar."""

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from rabita.procedures.territory import Point
from rabita.procedures.territory_text import mgrs_text
from rabita.services.officers import Role
from tests.browser.chromium import Chromium, located
from tests.browser.conftest import Open
from tests.browser.people import Officer, entered
from tests.desk.mapped import Mapped, mapped
from tests.gateways.browser import Browser
from tests.gateways.people import House

pytestmark = pytest.mark.sockets

SMALL: Final = (320, 640)
ACROSS: Final = "62.0, 27.98\n63.4, 27.98\n63.4, 28.08\n62.0, 28.08"
OWN: Final = "63.2, 27.98\n63.4, 27.98\n63.4, 28.08\n63.2, 28.08"
INKED: Final = """async () => {
  const inked = () => [...document.querySelectorAll('#map canvas')].some((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 20;
  });
  for (let frames = 0; frames < 600 && !inked(); frames += 1) await new Promise(requestAnimationFrame);
  return inked();
}"""
"""Says whether the map is drawn, once it has had some frames to be: it is ready before its first one."""
GRID: Final = located("""async (places) => {
  const { gridText } = await import('/static/mapplane.js');
  return places.map(([lon, lat, digits]) => gridText([lon / 1e6, lat / 1e6], digits));
}""")
PLACES: Final = ((60_862_900, 29_496_300), (63_050_000, 26_000_000), (59_999_000, 25_100_000), (66_010_000, 30_200_000))


@pytest.fixture(scope="module")
def said(home: House) -> Mapped:
    return mapped(home)


@pytest.fixture
def officer(said: Mapped, chromium: Chromium, admin: Browser, opened: Open) -> Officer:
    assert said.report
    return chromium.run(lambda: entered(admin, opened(), Role.DRAFTER, post="DUTY-ROOM"))


def on_map(officer: Officer) -> Page:
    page = officer.go("/desk/map")
    expect(page.locator("#map[data-ready]")).to_be_visible()
    expect(page.locator("#counted")).to_contain_text("On the map:")
    return page


def drawing(officer: Officer) -> Page:
    page = on_map(officer)
    page.locator("#drawing summary").click()
    return page


def test_it_is_drawn_and_an_item_is_chosen_in_the_table_or_on_the_map(officer: Officer, said: Mapped) -> None:
    page = on_map(officer)
    assert page.evaluate(INKED)
    page.locator(f"[data-show='{said.disputed}']").click()
    chosen = page.locator("#chosen")
    expect(chosen).to_be_focused()
    expect(chosen).to_contain_text("The accounts differ on the place")
    expect(chosen).to_contain_text("km of the line, indicative.")
    expect(page.locator("#said")).to_contain_text("chosen")
    expect(page.locator(f"#item-{said.disputed}")).to_have_attribute("data-chosen", "")
    href = page.locator("#chosen-case").get_attribute("href")
    page.get_by_role("button", name="Close").click()
    expect(chosen).to_be_hidden()
    box = page.locator("#map").bounding_box()
    assert box
    assert href
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(chosen).to_be_visible()


def test_layers_time_and_play_decide_what_is_shown_in_both(officer: Officer) -> None:
    page = on_map(officer)
    rows = page.locator("#map-items tbody tr")
    whole = rows.count()
    theirs = page.locator("[data-layer='said:X-IRN']")
    theirs.uncheck()
    expect(page.locator("#map-items tbody tr:visible")).not_to_have_count(whole)
    theirs.check()
    expect(page.locator("#map-items tbody tr:visible")).to_have_count(whole)
    moment = page.locator("#moment")
    moment.focus()
    page.keyboard.press("Home")
    expect(page.locator("#map-items tbody tr:visible")).not_to_have_count(whole)
    said = moment.get_attribute("aria-valuetext")
    page.get_by_role("button", name="Later").click()
    expect(moment).not_to_have_attribute("aria-valuetext", said or "")
    play = page.locator("#play")
    play.click()
    expect(play).to_have_text("Pause")
    play.click()
    expect(play).to_have_text("Play")


def test_an_area_is_drawn_by_the_keyboard_measured_judged_and_used(officer: Officer) -> None:
    page = on_map(officer)
    page.locator("#drawing summary").focus()
    page.keyboard.press("Enter")
    centre = page.locator("#centre")
    for key in ("", "ArrowRight", "ArrowUp"):
        page.locator("#map").focus()
        before = centre.text_content() or ""
        if key:
            page.keyboard.press(key)
            page.keyboard.press(key)
            page.wait_for_timeout(400)
        assert before
        page.get_by_role("button", name="Add the centre").press("Enter")
    expect(page.locator("#measured")).to_contain_text("km²")
    page.get_by_role("button", name="Remove the last corner").press("Enter")
    expect(page.locator("#measured")).to_contain_text("km long, indicative.")
    corners = page.get_by_label("Corners")
    corners.fill(ACROSS)
    verdict = page.locator("#verdict")
    expect(verdict).to_contain_text("The guard refuses it as it is")
    expect(verdict).to_contain_text("Broken outline: the other side's soil.")
    corners.fill("somewhere")
    expect(page.locator("#corners-found")).to_contain_text("Line 1 is no corner")
    expect(verdict).to_be_hidden()
    corners.fill(OWN)
    expect(verdict).to_contain_text("The guard lets it be announced")
    page.get_by_role("button", name="Use this area in a notice").press("Enter")
    page.wait_for_url("**/desk/draft#*")
    expect(page.locator("main")).to_contain_text("Notice")


def test_an_area_is_drawn_by_the_pointer(officer: Officer) -> None:
    page = drawing(officer)
    page.get_by_role("button", name="Draw on the map").click()
    box = page.locator("#map").bounding_box()
    assert box
    for right, down in ((200, 150), (300, 150), (300, 250), (200, 250)):
        page.mouse.click(box["x"] + right, box["y"] + down, delay=30)
        page.wait_for_timeout(350)
    page.mouse.dblclick(box["x"] + 200, box["y"] + 250)
    expect(page.locator("#measured")).to_contain_text("km²")
    expect(page.locator("#verdict")).to_be_visible()
    expect(page.get_by_role("button", name="Draw on the map")).to_have_attribute("aria-pressed", "false")


def test_the_grid_is_that_of_the_node(officer: Officer) -> None:
    page = on_map(officer)
    wanted = [(*at, digits) for at in PLACES for digits in (0, 1, 3, 5)]
    told = page.evaluate(GRID, wanted)
    for (lon, lat, digits), text in zip(wanted, told, strict=True):
        assert text == mgrs_text(Point(lon, lat), digits)
    page.locator("[data-layer='grid']").check()
    expect(page.locator("#centre")).to_contain_text("41R")


@pytest.mark.parametrize("language", ["fa", "ur"])
def test_it_is_drawn_in_other_languages_and_on_a_small_screen(
    admin: Browser, opened: Open, said: Mapped, language: str
) -> None:
    assert said.report
    officer = entered(admin, opened(SMALL), Role.DRAFTER, post="DUTY-ROOM")
    page = officer.page
    officer.choose(language=language)
    officer.go("/desk/map")
    expect(page.locator("#map[data-ready]")).to_be_visible()
    assert page.evaluate("() => document.documentElement.dir") == "rtl"
    assert page.evaluate(INKED)


def test_a_filter_is_in_the_address(officer: Officer) -> None:
    page = on_map(officer)
    page.get_by_label("What to show").select_option("notice")
    page.get_by_label("Of which time").select_option("30")
    page.locator("#filter").click()
    page.wait_for_url("**/desk/map?procedure=notice&from_ms=*")
    expect(page.locator("#map-items tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Show everything").click()
    page.wait_for_url("**/desk/map")
