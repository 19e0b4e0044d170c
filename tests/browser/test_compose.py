"""Writing in three languages: what forms say while one writes, times and counts as the server has them, the release."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Route, expect

from rabita.client import calls
from rabita.desk.dates import day_text, time_text
from rabita.desk.languages import language
from rabita.procedures.words import count_words
from rabita.services.officers import Role
from rabita.services.preferences import Calendar, Digits, Preferences, Zone
from tests.browser.chromium import located
from tests.browser.conftest import Open, Staff
from tests.browser.flow import POST, begun, reviewed, saved, signed, submitted
from tests.browser.people import Officer, entered, ways
from tests.gateways.browser import Browser
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

URDU: Final = "اس حادثہ کی رپورٹ کا انتظار ہے، اور ہم خودمختاری کا احترام کرتے ہیں۔"
PERSIAN: Final = "دو گشت ما فردا ساعت ۶ از گذرگاه می‌گذرند."
HOW: Final = (
    Preferences(),
    Preferences(language="ur", zone=Zone.PKT, digits=Digits.EASTERN),
    Preferences(language="fa", zone=Zone.IRST, digits=Digits.EASTERN, calendar=Calendar.SOLAR_HIJRI),
    Preferences(language="en", zone=Zone.IRST, calendar=Calendar.SOLAR_HIJRI),
    Preferences(language="ur", zone=Zone.Z, calendar=Calendar.SOLAR_HIJRI),
    Preferences(language="fa", zone=Zone.PKT),
)
TIMES: Final = tuple(
    int(datetime.fromisoformat(f"{each}+00:00").timestamp() * 1000)
    for each in (
        "2024-01-16T12:30",
        "2024-03-19T20:29",
        "2024-03-19T20:30",
        "2025-03-20T20:30",
        "2026-11-22T00:00:07",
        "2021-07-01T03:04",
        "2029-12-31T23:59",
        "2030-02-28T19:00",
    )
)
TEXTS: Final = (
    "",
    URDU,
    PERSIAN,
    "Two of our patrols will pass at 12:30, 3.5 km² off; don't stop a well-known PAK-F-0041.",
    "می‌شود و نمی‌شود\u200b۱۲٫۵ — «نقل»؛ ۳،۵ ½ ²",
    "a_b __ … ١٢٣ e\u0301t\u00e9 \u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f",
)
COUNTED: Final = located("""async (texts) => {
  const { countWords } = await import("/static/consequences.js");
  return texts.map(countWords);
}""")
READ: Final = located("async (text) => (await import('/static/times.js')).readTime(text) ?? null")
SHOWN: Final = located("""async (times) => {
  const { dayText, inputText, readTime, timeText } = await import("/static/times.js");
  return times.map((ms) => [timeText(ms), dayText(ms), readTime(inputText(ms))]);
}""")


def choose(officer: Officer, how: Preferences) -> Page:
    """Have the desk shown in an officer's way."""
    officer.choose(**ways(how))
    return officer.go("/desk/drafts")


def written(page: Page, text: str, code: str) -> None:
    page.locator("[id='said.portions.0.language']").select_option(code)
    page.locator("[id='said.portions.0.text']").fill(text)
    expect(page.locator("#kept")).to_have_attribute("data-kind", "done")


def test_times_are_written_and_read_as_the_server_writes_them(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DRAFTER, post=POST)
    for how in HOW:
        page = choose(officer, how)
        found = page.evaluate(SHOWN, list(TIMES))
        assert found == [[time_text(each, how), day_text(each, how), each] for each in TIMES], how


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1405-09-01 06:30", datetime(2026, 11, 22, 3, 0, tzinfo=UTC)),
        ("۱۴۰۵/۹/۱ ۰۶:۳۰", datetime(2026, 11, 22, 3, 0, tzinfo=UTC)),
        ("١٤٠٥/٩/١ ٠٦٣٠", datetime(2026, 11, 22, 3, 0, tzinfo=UTC)),
        ("1404-12-30 06:30", None),
        ("1405-13-01 06:30", None),
        ("2026-11-22 06:30", None),
        ("soon", None),
    ],
)
def test_a_time_is_read_in_the_officer_s_calendar_and_any_digits(
    admin: Browser, opened: Open, text: str, meant: datetime | None
) -> None:
    officer = entered(admin, opened(), Role.DRAFTER, post=POST)
    page = choose(officer, HOW[2])
    read = page.evaluate(READ, text)
    assert read == (None if meant is None else int(meant.timestamp() * 1000))


def test_words_are_counted_as_the_server_counts_them(admin: Browser, opened: Open) -> None:
    page = entered(admin, opened(), Role.DRAFTER).page
    assert page.evaluate(COUNTED, list(TEXTS)) == [count_words(each) for each in TEXTS]


def test_rules_are_explained_while_one_writes(staff: Staff) -> None:
    page = begun(staff[0])
    expect(page.locator("#does")).to_contain_text("no post of X-IRN has opened it yet")
    expect(page.locator("#does")).to_contain_text("An officer who did not write it, by passkey, once it is reviewed.")
    expect(page.locator("#length")).to_have_text("0 words. There is no limit at ROUTINE.")
    page.get_by_label("Precedence").select_option("FLASH")
    expect(page.locator("#does")).to_contain_text("At FLASH it may be released at once")
    page.get_by_label("Words").fill("word " * 201)
    expect(page.locator("#length")).to_have_text("201 words, 1 too many. At FLASH at most 200 words.")
    expect(page.locator("#found")).to_contain_text("201 of 200")
    page.get_by_label("Words").fill("Brief.")
    expect(page.locator("#length")).to_have_text("1 words. At FLASH at most 200 words.")
    marking = page.get_by_label("Marking", exact=True)
    marking.fill("TLP:AMBER+STRICT//ORCON")
    means = page.locator("[id='said.marking-means']")
    expect(means).to_contain_text("need-to-know within the recipient's organisation only")
    expect(means).to_contain_text("This restricts: it needs a reason (WHY) and a later date of review (REVIEW).")
    page.get_by_label("Add a reason").select_option("WHY source")
    expect(marking).to_be_focused()
    page.get_by_role("button", name="Add a date of review").press("Enter")
    expect(means).not_to_contain_text("This restricts")
    assert marking.input_value().startswith("TLP:AMBER+STRICT//ORCON//WHY source//REVIEW 20")
    saved(page)
    expect(page.locator("#found")).not_to_contain_text("restrictive")
    page.get_by_role("button", name="Show what would be sealed").press("Enter")
    expect(page.locator("#record")).to_contain_text('"precedence":"FLASH"')
    expect(page.locator("#record")).not_to_contain_text("Brief.")


def test_what_the_charter_sets_for_a_notice_is_said_by_its_kind(staff: Staff) -> None:
    page = begun(staff[0], "notice", "announce")
    page.locator("[id='said.fields.kind']").select_option("exercise")
    expect(page.locator("#does")).to_contain_text("It begins 15 days from now at the earliest")
    expect(page.locator("#does")).to_contain_text("It begins 90 days from now at the latest")


def test_it_is_written_in_urdu_read_with_hints_and_released_untouched(
    admin: Browser, home: House, staff: Staff, opened: Open
) -> None:
    drafter = entered(admin, opened((1366, 768)), Role.DRAFTER, post=POST)
    page = choose(drafter, HOW[1])
    expect(page.locator("#act option").first).to_have_text(
        language("ur").translate("{author} sends a message.").format(author="X-PAK")
    )
    page.locator("#go").click()
    page.wait_for_url("**/desk/draft#*")
    text = page.locator("[id='said.portions.0.text']")
    expect(text).to_have_attribute("dir", "rtl")
    expect(text).to_have_attribute("lang", "ur")
    written(page, URDU, "ur")
    expect(page.locator(".friends-list li")).to_have_count(2)
    page.locator("#submit").click()
    expect(page.locator("#standing")).to_have_text(language("ur").translate("in review"))
    draft = page.url.partition("#")[2]
    read = staff[1].go(f"/desk/review#{draft}")
    word = read.locator("button.friend").first
    expect(word).to_have_text("حادثہ")
    word.press("Enter")
    expect(read.locator(".friend-hint").first).to_contain_text("Safe word")
    expect(read.locator(".leaving p[lang='ur']")).to_contain_text("کی رپورٹ کا انتظار ہے")
    reviewed(staff[1], draft)
    page = staff[2].go(f"/desk/release#{draft}")
    expect(page.locator("#agreement")).to_have_text(
        "Your browser has computed the digest of this record itself: it is the one above."
    )
    signed(page)
    reference = page.locator("#outcome .code").inner_text()
    home.settle()
    with home.sides[1].http() as http:
        view = http.get(f"/lines/{home.sides[1].line}/entries/{reference}").json()
    assert [(each["text"], each["language"]) for each in view["portions"]] == [(URDU, "ur")]


def test_a_precedence_changed_at_release_is_said_in_words(staff: Staff) -> None:
    drafter, reviewer, releaser = staff
    page = begun(drafter)
    page.get_by_label("Words").fill("One.")
    saved(page)
    draft = submitted(page)
    reviewed(reviewer, draft)
    page = releaser.go(f"/desk/release#{draft}")
    expect(page.locator("#precedence-said")).to_have_text("As the draft has it.")
    page.get_by_label("Precedence").select_option("PRIORITY")
    expect(page.locator("#precedence-said")).to_have_text("The draft says ROUTINE: you change it.")
    expect(page.get_by_label("Precedence").locator("option:checked")).to_have_text("PRIORITY: handled within 3 h")


def heard(home: House) -> Any:  # noqa: ANN401 - what was sealed
    """Have the other side say something in Persian."""
    portions = [{"text": PERSIAN, "language": "fa"}]
    with home.sides[1].client() as client:
        sealed = client.ask(calls.say(home.sides[1].line, "message", "send", fields={}, portions=portions))
    home.settle()
    return sealed


def test_a_translation_is_written_beside_the_original(home: House, side: Side, staff: Staff) -> None:
    sealed = heard(home)
    page = staff[0].go(f"/desk/draft?line={side.line}&procedure=message&act=reply&basis={sealed.reference}")
    expect(page.locator("#what")).to_have_text("Message: X-PAK replies.")
    page.get_by_role("button", name="Begin this draft").press("Enter")
    page.wait_for_url("**/desk/draft#*")
    original = page.locator("#origin p[lang='fa']")
    expect(original).to_have_text(PERSIAN)
    expect(page.locator("#origin")).to_contain_text("X-IRN sends a message.")
    page.get_by_role("button", name="Attach a translation").press("Enter")
    expect(page.locator("#what")).to_contain_text("attaches a translation")
    expect(original).to_have_text(PERSIAN)
    expect(page.locator("[id='said.fields.language']")).to_have_value("en")
    expect(page.locator("[id='said.portions.0.role']")).to_have_value("translation")
    page.get_by_label("Words").fill("Two of our patrols pass the crossing tomorrow at 6.")
    saved(page)
    assert submitted(page)


def test_what_one_has_not_finished_is_gone_on_with(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DRAFTER, post=POST)
    page = officer.go("/desk/drafts")
    expect(page.locator("#own")).to_have_text("You have nothing unfinished.")
    page = begun(officer)
    page.get_by_label("Words").fill("Unfinished.")
    saved(page)
    page = officer.go("/desk/drafts")
    page.locator("#own").get_by_role("link", name="Message: X-PAK sends a message.").press("Enter")
    expect(page.get_by_label("Words")).to_have_value("Unfinished.")


def test_a_state_chosen_before_the_page_knows_its_words_is_listed_once_it_does(staff: Staff) -> None:
    page = staff[0].page
    begun(staff[0])
    waits: list[Route] = []

    def wait(route: Route) -> None:
        waits.append(route)

    page.route("**/desk/compose?line=*", wait)
    staff[0].go("/desk/drafts")
    expect(page.locator("#line option")).to_have_count(1)
    page.locator("#state").select_option("drafting")
    expect(page.locator("#list table")).to_have_count(0)
    for each in waits:
        each.continue_()
    expect(page.locator("#list tbody tr").first).to_contain_text("being written")
    page.unroute_all()


def test_one_text_in_three_languages_stands_side_by_side(staff: Staff) -> None:
    page = begun(staff[0], "joint-statement", "draft")
    for at, (code, text) in enumerate((("en", "We agree."), ("ur", "ہم متفق ہیں۔"), ("fa", "ما موافقیم."))):
        if at:
            page.get_by_role("button", name="Add: Portion").click()
        page.locator(f"[id='said.portions.{at}.language']").select_option(code)
        page.locator(f"[id='said.portions.{at}.text']").fill(text)
    saved(page)
    page.get_by_role("button", name="Show version").last.click()
    expect(page.locator("#older .parallel p[lang]")).to_have_text(["We agree.", "ہم متفق ہیں۔", "ما موافقیم."])
