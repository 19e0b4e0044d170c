"""The tour over HTTP: each step is a page that shows it, links lead through it and out; exercises alone have it."""

import re
from html import unescape

import httpx
import pytest

from rabita.desk.tour import EXAMPLE, SAYS, STEPS, STEPS_MAX, may_tour
from rabita.services.officers import Role
from tests.gateways.browser import Browser, first_officer
from tests.gateways.people import Side

PANEL = re.compile(r'<section id="tour".*?</section>', re.DOTALL)
LATE = {"accounts", "do-title"}
"""Parts that only a page with data has."""


def asked(officer: Browser, address: str) -> httpx.Response:
    """Ask for an address as it is written, query and all."""
    with officer.http() as http:
        return http.get(address)


def panel_of(officer: Browser, address: str) -> tuple[str, str]:
    """Give the page and its panel, empty where it has none."""
    answer = asked(officer, address)
    assert answer.status_code == 200, answer.text
    found = PANEL.search(answer.text)
    return answer.text, unescape(found.group()) if found else ""


def link(panel: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]*)"', panel)
    return found.group(1) if found else ""


def walked(officer: Browser) -> list[str]:
    """Go through the tour by its links; gives the addresses."""
    addresses = ["/desk?tour=1"]
    while True:
        page, panel = panel_of(officer, addresses[-1])
        mark = re.findall(r'data-mark="([^"]*)"', panel)[0]
        assert mark in LATE or f'id="{mark}"' in page, addresses[-1]
        assert f"Step {len(addresses)} of" in panel
        if not link(panel, "next"):
            return addresses
        addresses.append(link(panel, "next"))


@pytest.mark.sockets
def test_the_tour_leads_a_releaser_over_every_page_and_back(side: Side) -> None:
    officer = first_officer(side).invite(Role.RELEASER, Role.DUTY_OFFICER)
    assert '<a href="/desk?tour=1">' in officer.get("/desk").text
    addresses = walked(officer)
    assert len(addresses) == len(STEPS)
    back = addresses[-1]
    for address in reversed(addresses[:-1]):
        back = link(panel_of(officer, back)[1], "prev")
        assert back == address
    assert link(panel_of(officer, back)[1], "prev") == ""


@pytest.mark.sockets
def test_steps_over_pages_that_are_not_for_the_reader_are_left_out(side: Side) -> None:
    addresses = walked(first_officer(side).invite(Role.DUTY_OFFICER))
    paths = {each.partition("?")[0] for each in addresses}
    assert len(addresses) == len(STEPS) - 2
    assert not paths & {"/desk/drafts", "/desk/release"}


@pytest.mark.sockets
def test_an_address_beyond_the_tour_shows_the_page_alone(side: Side) -> None:
    officer = first_officer(side).invite(Role.DRAFTER)
    for number in (0, len(STEPS), STEPS_MAX):
        assert panel_of(officer, f"/desk?tour={number}")[1] == ""
    for wrong in ("x", "-1", str(STEPS_MAX + 1), "1&tour=2"):
        assert asked(officer, f"/desk?tour={wrong}").status_code == 400
    assert asked(officer, "/desk?tours=1").status_code == 400


@pytest.mark.sockets
def test_a_page_knows_nothing_of_the_tour_and_keeps_its_filters(side: Side) -> None:
    officer = first_officer(side).invite(Role.DUTY_OFFICER)
    page, panel = panel_of(officer, "/desk/traffic?lane=FLASH&tour=4")
    assert "Step 4" in panel
    assert "tour=" not in PANEL.sub("", page)
    assert '<option value="FLASH" lang="en" selected>' in page


@pytest.mark.sockets
def test_who_reads_nothing_is_offered_no_tour(side: Side) -> None:
    admin = first_officer(side)
    assert "tour" not in admin.get("/").text
    assert panel_of(admin, "/sessions?tour=1")[1] == ""


def test_no_party_in_earnest_has_it() -> None:
    pages = {each.page for each in STEPS}
    assert may_tour("X-PAK", pages)
    assert not may_tour("PAK", pages)
    assert not may_tour("X-PAK", pages - {"watch"})


def test_every_step_says_something_and_begins_with_the_watch() -> None:
    assert [each.name for each in STEPS] == list(SAYS)
    assert STEPS[0].page == "watch"
    assert [each.path for each in STEPS].count(EXAMPLE) == 1
