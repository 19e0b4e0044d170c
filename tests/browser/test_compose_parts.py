"""What a form has beside its words: files, an act's fields to be corrected, areas on a map, and where one left off."""

from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import FilePayload, Page, expect

from rabita.client import calls
from rabita.services.officers import Role
from tests.app.people import until
from tests.browser.chromium import located
from tests.browser.conftest import Open, Staff
from tests.browser.flow import POST, begun, queued, reviewed, saved, signed, submitted
from tests.browser.people import Officer, entered
from tests.gateways.browser import Browser
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

WIDER: Final = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('*')]
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 || each.getBoundingClientRect().left < -1)
  .map((each) => `${each.tagName} ${each.id} ${each.className}`)"""
NAME: Final = "گزارش گشت.txt"
CONTENT: Final = "گشت در ساعت ۶ به گذرگاه رسید.\n".encode() * 20_000
OWN: Final = "63.2, 27.98\n63.4, 27.98\n63.4, 28.08\n63.2, 28.08"
ACROSS: Final = "62.0, 27.98\n63.4, 27.98\n63.4, 28.08\n62.0, 28.08"
INKED: Final = """(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size > 20;
}"""


def chosen(page: Page, *files: tuple[str, bytes]) -> None:
    """Choose files as the browser's own dialog would."""
    named = [FilePayload(name=name, mimeType="application/octet-stream", buffer=raw) for name, raw in files]
    page.locator("[id='said.attachments.add']").set_input_files(named)


def held(home: House, number: int, digest: str) -> None:
    """Wait until a side has the word of the reader that it holds a file."""
    side = home.sides[number]
    said = side.node.store.documents
    home.run(until(side.node, lambda: any(digest in each.name for each in said("possession"))))


def taken(page: Page) -> bytes:
    """Save the copy that an entry offers; gives its bytes."""
    with page.expect_download() as begun_:
        page.get_by_role("link", name="Save a copy").click()
    return Path(begun_.value.path()).read_bytes()


def test_a_file_is_attached_read_by_the_releaser_and_taken_by_the_other_side(
    home: House, side: Side, staff: Staff, opened: Open, admin: Browser
) -> None:
    drafter, reviewer, releaser = staff
    page = begun(drafter)
    page.get_by_label("Words").fill("See the report.")
    files = page.get_by_role("group", name="Attached files")
    chosen(page, (NAME, CONTENT), ("once.txt", b"Not this one.\n"))
    rows = files.locator("li[data-digest]")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(NAME)
    expect(rows.first).to_contain_text("Text · 1.0 MB")
    page.get_by_role("button", name="Remove: once.txt").press("Enter")
    expect(rows).to_have_count(1)
    expect(page.locator("[id='said.attachments.add']")).to_be_focused()
    digest = str(rows.first.get_attribute("data-digest"))
    expect(rows.first).to_contain_text(digest)
    saved(page)
    page.reload()
    expect(page.get_by_role("group", name="Attached files")).to_contain_text(NAME)
    draft = submitted(page)
    expect(page.locator("#reading .files")).to_contain_text(NAME)
    seen = reviewer.go(f"/desk/review#{draft}")
    expect(seen.locator(".files")).to_contain_text(NAME)
    reviewed(reviewer, draft)
    page = queued(releaser, draft)
    expect(page.locator("#sides .files")).to_contain_text(NAME)
    assert taken(page) == CONTENT
    signed(page)
    reference = page.locator("#outcome .code").inner_text()
    held(home, 0, digest)
    home.settle()
    reader = entered(admin, opened(), Role.DUTY_OFFICER, post=POST)
    entry = reader.go(f"/desk/entry/{reference}?line={side.line}")
    expect(entry.locator("#files")).to_contain_text("Held by the other side")
    with home.sides[1].client() as client:
        assert client.ask(calls.attachment(side.line, digest)) == CONTENT


def test_what_may_not_be_attached_is_said_in_words_at_once(staff: Staff) -> None:
    page = begun(staff[0])
    refused = page.locator("[id='said.attachments-refused']")
    chosen(page, ("tool.exe", b"MZ"), ("late.pdf", b"<html>"), ("line\u2028break.txt", b"x"))
    expect(refused).to_contain_text("tool.exe is of a kind that is not attached.")
    expect(refused).to_contain_text("late.pdf is not what the end of its name says.")
    expect(refused).to_contain_text("was not attached. An attachment's name has 1 to 128 characters")
    expect(page.locator("[id='said.attachments'] li")).to_have_count(0)
    page.evaluate(located("async () => { (await import('/static/codes.js')).codes.file_bytes_max = 1000; }"))
    chosen(page, ("large.txt", b"x" * 1_001))
    expect(refused).to_have_text("large.txt is too large: 1.0 kB. A file may have at most 1.0 kB.")


def test_a_file_on_its_way_is_shown_holds_submission_up_and_can_be_removed(staff: Staff) -> None:
    page = begun(staff[0])
    page.get_by_label("Words").fill("See the log.")
    saved(page)
    page.route("**/attachments?name=*", lambda _: None)  # it never answers
    chosen(page, ("slow.txt", b"x" * 50_000))
    row = page.locator("[id='said.attachments'] li")
    expect(row.get_by_role("progressbar", name="slow.txt")).to_be_visible()
    expect(row).to_contain_text("slow.txt is on its way to this node")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#said")).to_have_text(
        "A file is still on its way to this node. Wait until it is there, or remove it."
    )
    page.get_by_role("button", name="Remove: slow.txt").click()
    expect(row).to_have_count(0)
    page.unroute("**/attachments?name=*")
    assert submitted(page)


def reported(side: Side, home: House) -> str:
    """Report an incident; gives its reference."""
    fields = {"what": "strike", "when": {"start_ms": 1_705_400_000_000, "end_ms": 1_705_400_600_000}}
    fields |= {"known_from": "reported"}
    words = [{"text": "What is known of it so far.", "language": "en"}]
    with side.client() as client:
        said = calls.say(side.line, "incident", "report", fields=fields, precedence="FLASH", portions=words)
        sealed = client.ask(said)
    home.settle()
    return sealed.reference


def test_a_correction_shows_the_act_s_fields_and_what_is_changed_is_sent(home: House, side: Side, staff: Staff) -> None:
    reference = reported(side, home)
    page = staff[0].go(f"/desk/draft?line={side.line}&procedure=incident&act=correct&basis={reference}")
    page.get_by_role("button", name="Begin this draft").click()
    page.wait_for_url("**/desk/draft#*")
    what = page.locator("[id='said.fields.fields.what']")
    expect(what).to_have_value("strike")
    expect(page.locator("[id='said.fields.fields.when.start_ms']")).not_to_have_value("")
    expect(page.locator("#does")).to_contain_text("Nothing is changed yet.")
    expect(page.locator("textarea[id='said.fields.fields']")).to_have_count(0)
    page.locator("[id='said.fields.reason']").select_option("error")
    what.select_option("explosion")
    corrected = page.locator(".corrections")
    expect(corrected).to_contain_text("What is corrected: 1")
    expect(corrected.locator("del")).to_have_count(1)
    page.locator("[id='said.fields.fields.when.end_ms']").fill("2024-01-16 10:00")
    saved(page)
    unfit = "The corrected fields do not fit the act they correct"
    expect(page.locator("[id='said.fields.fields.when-found']")).to_contain_text(unfit)
    page.get_by_role("button", name="Submit for review").click()
    page.locator("#errors a", has_text=unfit).click()
    expect(page.locator("[id='said.fields.fields.when']")).to_be_focused()
    page.locator("[id='said.fields.fields.when.end_ms']").fill("2024-01-16 10:30")
    saved(page)
    draft = submitted(page)
    with_said = told_of(staff[0], draft)
    assert with_said["fields"]["fields"]["what"] == "explosion"
    assert with_said["fields"]["fields"]["known_from"] == "reported"


def told_of(officer: Officer, draft: str) -> dict[str, Any]:
    """Give what a draft says, as the API has it."""
    path = f"/drafts/{draft}"
    found: dict[str, Any] = officer.page.evaluate("async (path) => (await (await fetch(path)).json()).said", path)
    return found


def test_the_guard_is_drawn_beside_the_area_of_a_notice(staff: Staff) -> None:
    page = begun(staff[0], "notice", "announce")
    page.locator("[id='said.fields.areas'] > button").click()
    corners = page.locator("textarea[data-ring]")
    corners.fill(ACROSS)
    area = page.locator(".area")
    expect(area.locator("[data-ready]")).to_be_visible()
    verdict = area.locator(".verdict")
    expect(verdict).to_contain_text("The guard refuses it as it is")
    expect(verdict).to_contain_text("Broken outline: the other side's soil.")
    expect(area).to_contain_text("km² within an outline of")
    assert any(page.evaluate(INKED, each) for each in area.locator("canvas").element_handles())
    assert page.locator("[id$='.edition']").input_value()
    corners.fill("somewhere")
    expect(area).to_contain_text("Line 1 is no corner")
    expect(verdict).to_be_hidden()
    corners.fill(OWN)
    expect(verdict).to_contain_text("The guard lets it be announced")
    saved(page)
    area.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    before = corners.input_value()
    area.get_by_role("button", name="Add the centre").press("Enter")
    expect(corners).not_to_have_value(before)
    area.get_by_role("button", name="Remove the last corner").press("Enter")
    expect(corners).to_have_value("63.2000, 27.9800\n63.4000, 27.9800\n63.4000, 28.0800\n63.2000, 28.0800")
    area.get_by_role("button", name="Clear").press("Enter")
    expect(corners).to_have_value("")


def test_an_area_of_another_act_is_shown_without_a_verdict(staff: Staff) -> None:
    page = begun(staff[0], "hazard-notice", "warn")
    corners = page.locator("textarea[data-ring]").first
    corners.fill(ACROSS)
    verdict = page.locator(".area .verdict").first
    expect(verdict).to_contain_text("Broken outline: the other side's soil.")
    expect(verdict).not_to_contain_text("The guard")


@pytest.mark.parametrize("language", ["fa", "ur"])
def test_files_and_areas_are_told_in_the_reader_s_language(admin: Browser, opened: Open, language: str) -> None:
    officer = entered(admin, opened((320, 640)), Role.DRAFTER, post=POST)
    page = officer.page
    officer.choose(language=language)
    page = officer.go("/desk/drafts")
    expect(page.locator("#go")).to_be_enabled()
    page.locator("#procedure").select_option("notice")
    page.locator("#act").select_option("announce")
    page.locator("#go").press("Enter")
    page.wait_for_url("**/desk/draft#*")
    page.locator("[id='said.fields.areas'] > button").click()
    page.locator("textarea[data-ring]").fill(OWN)
    expect(page.locator(".area .verdict .tag")).to_be_visible()
    chosen(page, (NAME, CONTENT))
    expect(page.locator("li[data-digest]")).to_contain_text(NAME)
    assert page.evaluate(WIDER) == []


def test_coming_back_to_a_draft_one_is_where_one_left_off(staff: Staff) -> None:
    officer = staff[0]
    page = begun(officer)
    draft = page.url.partition("#")[2]
    words = page.get_by_label("Words")
    words.fill("One line of many.\n" * 60)
    saved(page)
    with page.expect_response(lambda answer: answer.url.endswith("/spot") and answer.request.method == "POST"):
        words.evaluate("(box) => { box.focus(); box.setSelectionRange(7, 11); }")
        words.press("Shift+ArrowRight")
    officer.go("/desk")
    page = officer.go(f"/desk/draft#{draft}")
    expect(page.get_by_label("Words")).to_be_focused()
    found = page.get_by_label("Words").evaluate("(box) => [box.selectionStart, box.selectionEnd]")
    assert found == [7, 12]


def test_what_was_answered_is_marked_as_not_handled_on_the_page(
    home: House, side: Side, admin: Browser, opened: Open
) -> None:
    with home.sides[1].client() as client:
        sent = client.ask(calls.say(side.line, "message", "send", portions=[{"text": "Fire at post 12."}]))
    home.settle()
    with side.client() as client:
        client.ask(calls.say(side.line, "message", "acknowledge", basis=(sent.digest,)))
    home.settle()
    officer = entered(admin, opened(), Role.DUTY_OFFICER, post=POST)
    page = officer.go(f"/desk/entry/{sent.reference}?line={side.line}")
    page.locator("#not-handled summary").press("Enter")
    page.get_by_label("Why").fill("The brigade has not been told yet.")
    page.locator("#not-handled button").press("Enter")
    expect(page.locator("#handling")).to_contain_text("Answered, and not handled")
    page = officer.go("/desk")
    marked = page.locator("#ours li", has_text=sent.reference)
    expect(marked).to_contain_text("The brigade has not been told yet.")
    marked.get_by_role("button", name="Handled now").click()
    expect(page.locator("#ours")).not_to_contain_text(sent.reference)
