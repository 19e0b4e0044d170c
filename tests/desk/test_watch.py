"""The watch over HTTP: what rings, the lines, what is owed; put off and taken up again; directory, settings, style."""

import re
from collections.abc import Iterator

import httpx
import msgspec
import pytest

from rabita.client import calls
from rabita.desk.static_files import address, edition
from rabita.services.duty_directory import keep_directory
from rabita.services.officers import Role, Session
from rabita.services.snoozing import Snooze
from tests.gateways.browser import Browser, first_officer
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

WORDS = "Our post hears firing from your side."
DIRECTORY = (
    b'{"posts":[{"code":"zahedan-desk","party":"X-IRN","telephones":["+98 54 333"],"languages":["fa","en"],'
    b'"hours":[{"days":[0,1,2,3,4,5,6],"from_minute":0,"until_minute":0}]},'
    b'{"code":"gate","party":"X-PAK","telephones":["+92 825"],"languages":["ur"],'
    b'"hours":[{"days":[0,1],"from_minute":1290,"until_minute":60}]}]}'
)


@pytest.fixture(scope="module")
def spoken(home: House) -> dict[str, str]:
    """Let the other side speak; gives references by precedence."""
    side, other = home.sides
    with other.client() as client:
        said = {
            lane: client.ask(
                calls.say(side.line, "message", "send", precedence=lane, portions=[{"text": f"{WORDS} {lane}"}])
            ).reference
            for lane in ("FLASH", "ROUTINE")
        }
    with side.client() as client:
        said["ours"] = client.ask(calls.say(side.line, "message", "send", portions=[{"text": WORDS}])).reference
    home.settle()
    return said


@pytest.fixture(scope="module")
def admin(home: House) -> Browser:
    return first_officer(home.sides[0], Role.SECURITY_OFFICER)


@pytest.fixture
def officer(admin: Browser) -> Iterator[Browser]:
    found = admin.invite(Role.DUTY_OFFICER, Role.DRAFTER, post="DUTY-ROOM")
    yield found
    with admin.side.web.desk.transaction() as rows:
        for each in rows.of(Snooze):
            rows.drop(Snooze, each.id)


def part(answer: httpx.Response, name: str) -> str:
    """Give one part of a page, as the page brings it for itself to be renewed."""
    assert answer.status_code == 200, answer.text
    found = re.search(rf'<section id="{name}" data-live.*?</section>', answer.text, re.DOTALL)
    assert found, name
    return found[0]


def off(side: Side, shown: str, reference: str, **changed: object) -> dict[str, object]:
    """Say what the form beside a duty says."""
    form = re.search(
        rf'<form data-snooze data-line="(\w+)" data-case="(\w+)" data-duty="(\w+)" data-reference="{reference}"', shown
    )
    assert form, reference
    said = {"line": form[1], "case": form[2], "duty": form[3], "reference": reference}
    assert said["line"] == side.line
    return {**said, "reason": "The colonel is on the telephone with them.", "minutes": 15, **changed}


def test_whoever_reads_is_led_to_the_watch_and_others_to_what_they_may_do(officer: Browser, admin: Browser) -> None:
    assert officer.get("/").headers["location"] == "/desk"
    assert "Your desk" in admin.get("/").text
    assert admin.get("/desk").status_code == 403
    assert Browser(officer.side).get("/desk").headers["location"] == "/sign-in"


def test_flash_stands_first_and_rings_whatever_else_waits(officer: Browser, spoken: dict[str, str]) -> None:
    seen = officer.get("/desk")
    rings, ours = part(seen, "rings"), part(seen, "ours")
    assert spoken["FLASH"] in rings
    assert "To see it here is not to acknowledge it" in rings
    assert spoken["ROUTINE"] in ours
    assert spoken["FLASH"] not in ours
    assert spoken["ours"] in part(seen, "theirs")
    assert "data-snooze" not in rings
    assert seen.text.index('id="rings"') < seen.text.index('id="lines"') < seen.text.index('id="ours"')
    told = officer.get("/desk/alarm").json()
    assert len(told["ringing"]) == rings.count("data-row")
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in told["ringing"])
    assert WORDS not in rings


def test_the_alarm_of_an_idle_session_rings_on_and_tells_nothing_else(officer: Browser, spoken: dict[str, str]) -> None:
    assert spoken
    loud = officer.get("/desk/alarm").json()
    with officer.side.web.officers.transaction() as rows:
        session = next(each for each in rows.of(Session, officer.officer) if not each.revoked_ms)
        rows.put(msgspec.structs.replace(session, seen_ms=session.seen_ms - 16 * 60_000))
    for _ in range(2):
        assert officer.get("/desk/alarm").json() == loud
    for path in ("/me", "/events", f"/lines/{officer.side.line}", "/desk/snoozes"):
        assert officer.get(path).status_code in (401, 405)
    assert officer.get("/desk").headers["location"] == "/sign-in"
    assert [each.path for each in officer.side.pages if each.unattended] == ["/desk/alarm"]


def test_a_line_says_how_it_is_in_words(officer: Browser, spoken: dict[str, str]) -> None:
    assert spoken
    shown = part(officer.get("/desk"), "lines")
    for said in ("Up", "Last test", "Round trip", "Their clock", "Waits to go", "Waits for their receipt"):
        assert said in shown


def test_an_answer_by_one_act_is_one_press_away(officer: Browser, admin: Browser, spoken: dict[str, str]) -> None:
    button = f'data-procedure="message" data-act="acknowledge" data-lane="FLASH" data-basis="{spoken["FLASH"]}"'
    assert button in part(officer.get("/desk"), "rings")
    only_reads = admin.invite(Role.DUTY_OFFICER, post="DUTY-ROOM")
    assert "data-answer" not in only_reads.get("/desk").text


def test_what_is_put_off_says_why_and_by_whom_and_comes_back(
    officer: Browser, admin: Browser, spoken: dict[str, str]
) -> None:
    side, reference = officer.side, spoken["ROUTINE"]
    said = off(side, part(officer.get("/desk"), "ours"), reference)
    assert officer.post("/desk/snoozes", said).status_code == 200
    other = admin.invite(Role.DUTY_OFFICER, name="Another Officer", post="DUTY-ROOM")
    shown = part(other.get("/desk"), "ours")
    before, _, after = shown.partition("Put off</h3>")
    assert reference not in before
    assert reference in after
    assert "The colonel is on the telephone with them." in after
    assert "Somebody" in after
    name = re.search(r'data-take-up="(\w+)"', after)
    assert name
    assert other.post(f"/desk/snoozes/{name[1]}/end").status_code == 200
    assert "data-take-up" not in other.get("/desk").text
    officer.post("/desk/snoozes", said)
    with side.web.desk.transaction() as rows:
        (kept,) = rows.of(Snooze)
        rows.put(Snooze(**{**{each: getattr(kept, each) for each in kept.__struct_fields__}, "until_ms": side.now_ms}))
    assert reference in part(officer.get("/desk"), "ours")
    assert "data-take-up" not in officer.get("/desk").text


def test_what_is_urgent_is_not_put_off_nor_what_is_not_owed(officer: Browser, spoken: dict[str, str]) -> None:
    side = officer.side
    said = off(side, part(officer.get("/desk"), "ours"), spoken["ROUTINE"])
    with side.client() as client:
        flash = client.ask(calls.act(side.line, spoken["FLASH"]))
    urgent = {**said, "case": flash.case, "duty": "handle", "reference": spoken["FLASH"]}
    for wrong, code in (
        (urgent, "snooze-urgent"),
        ({**said, "duty": "reply"}, "duty-unknown"),
        ({**said, "reference": "X-IRN-R-0999"}, "duty-unknown"),
        ({**said, "reason": ""}, "field-invalid"),
        ({**said, "minutes": 100_000}, "field-invalid"),
    ):
        assert officer.post("/desk/snoozes", wrong).json()["code"] == code


def test_the_directory_says_whom_to_call_and_who_is_on_duty(officer: Browser) -> None:
    side = officer.side
    assert "keeps no duty directory" in officer.get("/desk/directory").text
    keep_directory(side.node.store, side.line, DIRECTORY, agreed=True)
    shown = officer.get("/desk/directory").text
    assert 'href="tel:+9854333"' in shown
    assert shown.index("zahedan-desk") < shown.index("gate")
    assert shown.count("On duty now") - shown.count("Not on duty now") >= 0
    assert "Mon, Tue <bdi>21:30–01:00Z</bdi>" in shown
    officer.post("/desk/preferences", {"zone": "PKT"})
    assert "Tue, Wed <bdi>02:30–06:00 PKT</bdi>" in officer.get("/desk/directory").text
    assert "all day" in shown


def test_settings_are_kept_one_by_one_and_are_one_s_own(officer: Browser, admin: Browser) -> None:
    assert officer.post("/desk/preferences", {"language": "ur"}).json()["language"] == "ur"
    kept = officer.post("/desk/preferences", {"theme": "contrast", "digits": "eastern"}).json()
    assert (kept["language"], kept["theme"], kept["digits"]) == ("ur", "contrast", "eastern")
    shown = officer.get("/desk/settings").text
    assert '<html lang="ur" dir="rtl" data-theme="contrast"' in shown
    assert 'value="contrast" data-key="theme-contrast" checked' in shown
    assert '<html lang="en" dir="ltr" data-theme="system"' in admin.get("/desk/settings").text
    for wrong in ({"language": "de"}, {"colour": "red"}, {"zone": "CET"}):
        assert officer.post("/desk/preferences", wrong).status_code == 422
    assert Browser(officer.side).post("/desk/preferences", {"language": "fa"}).status_code == 401


def test_the_style_page_shows_every_part_in_every_language(officer: Browser) -> None:
    for language in ("en", "ur", "fa"):
        officer.post("/desk/preferences", {"language": language})
        shown = officer.get("/desk/style").text
        for each in ("swatches", "precedence FLASH", "tag good", "tag care", "tag bad", "aria-invalid", "<table>"):
            assert each in shown


def test_files_are_fetched_once_for_their_address_says_what_is_in_them(side: Side) -> None:
    path = address("vazirmatn.woff2")
    with side.http("") as http:
        first = http.get(path)
        assert first.headers["content-type"] == "font/woff2"
        assert {"private", "immutable"} <= set(first.headers["cache-control"].split(", "))
        again = http.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        for other in (path.replace(edition(), "0" * 16), f"{path}.map", path.replace("vazirmatn", "words")):
            assert http.get(other).json()["code"] == "path-unknown"
