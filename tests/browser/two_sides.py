"""Two desks and the line between them, for whole procedures in three languages.

Each side has officers of its own in windows that stay open; a test says in which language they work, reads in English
and presses the words of that language, taken from the desk's own catalogues: a sentence that is not there fails the
test. Between the two nodes stand relays, so that the line itself can be cut and restored.

Every act goes through the pages: begun, filled in by the labels of its form, submitted, reviewed, released by passkey
by officers of whom none does two of these. ``Desk.sealed`` gives its reference.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from persiantools.jdatetime import JalaliDate
from playwright.sync_api import Locator, Page, expect

from rabita.app.officers import origin_of
from rabita.bearers.endpoint import parse_endpoint
from rabita.desk.dates import digits, zone_of
from rabita.desk.languages import language
from rabita.services.officers import Role
from rabita.services.preferences import Calendar, Digits, Preferences, Zone
from tests.app.people import free_ports
from tests.browser.chromium import Chromium
from tests.browser.hand import Hand, Keys, Mouse
from tests.browser.people import Officer, entered, ways
from tests.browser.relay import Relay
from tests.gateways.browser import Browser, first_officer
from tests.gateways.people import House, Side, house

RUNS: Final = (("en", "fa", Mouse()), ("fa", "ur", Mouse()), ("ur", "en", Keys()))
"""The language of each side in each run, and how both work: every flow is done in each language on each side, and once
by the keyboard alone."""
HOW: Final[Mapping[str, Preferences]] = {
    "en": Preferences(),
    "ur": Preferences(language="ur", zone=Zone.PKT, digits=Digits.EASTERN),
    "fa": Preferences(language="fa", zone=Zone.IRST, digits=Digits.EASTERN, calendar=Calendar.SOLAR_HIJRI),
}
POST: Final = "DUTY-ROOM"
MINISTRY: Final = "MINISTRY"
IDLE_MINUTES: Final = 600
UNSAID: Final = "…"
ROLES: Final[Mapping[str, tuple[str, tuple[Role, ...]]]] = {
    "drafter": (POST, (Role.DUTY_OFFICER, Role.DRAFTER)),
    "reviewer": (POST, (Role.REVIEWER,)),
    "releaser": (POST, (Role.RELEASER,)),
    "second": (POST, (Role.RELEASER,)),
    "ministry": (MINISTRY, (Role.FOREIGN_MINISTRY_DESK,)),
    "author": (POST, (Role.DRAFTER, Role.RELEASER)),
}
"""Who works at a desk, by what tests call them; each comes in when first asked for."""


class _Unsaid(dict[str, str]):
    """What a sentence says, with a sign wherever it is left open."""

    def __missing__(self, _name: str) -> str:
        return UNSAID


def say(code: str, english: str, **values: str) -> str:
    """Give a sentence of the desk in a language, its places filled; fails where the catalogue has none."""
    found = language(code).messages.get(english) if code != "en" else english
    assert found, f"the desk does not say {english!r} in {code}"
    return found.format_map(values) if values else found


# the desks


@dataclass
class Desk:
    """One side's officers, each in a window, and the language they work in now.

    ``code`` is that language; methods that take English words find those of the language. ``hand`` is how they work.
    """

    chromium: Chromium
    side: Side
    chief: Browser
    code: str = "en"
    hand: Hand = field(default_factory=Mouse)
    staff: dict[str, tuple[str, tuple[Role, ...]]] = field(default_factory=lambda: dict(ROLES))
    officers: dict[str, Officer] = field(default_factory=dict)
    ways: dict[str, str] = field(default_factory=dict)

    @property
    def party(self) -> str:
        """The side's own code."""
        return self.side.settings.party

    @property
    def how(self) -> Preferences:
        return HOW[self.code]

    def officer(self, name: str) -> Officer:
        """Give an officer by the name of ``ROLES`` or of ``joins``, who works in this desk's language."""
        if name not in self.officers:
            post, roles = self.staff[name]
            window = self.chromium.open(origin_of(self.side.settings, self.side.web.address[1]))
            self.officers[name] = entered(self.chief.enter(), window, *roles, post=post, name=name.capitalize())
        if self.ways.get(name, "en") != self.code:
            if self.officers[name].page.url == "about:blank":
                self.officers[name].go("/desk/drafts")
            self.officers[name].choose(**ways(self.how))
            self.ways[name] = self.code
        return self.officers[name]

    def joins(self, post: str, *roles: Role) -> str:
        """Let another officer come in, at a post; gives the name to ask for them by."""
        name = f"{post}-{len(self.staff)}"
        self.staff[name] = (post, roles)
        self.officer(name)
        return name

    def leaves(self, name: str) -> None:
        """Close an officer's window, which says whatever its pages did wrong."""
        self.officers.pop(name).window.close()

    def go(self, path: str, name: str = "drafter") -> Page:
        """Open a page of the desk as an officer, and see that it is in the officer's language."""
        officer = self.officer(name)
        page, page_name = officer.page, path.partition("#")[0]
        if page.url.partition("#")[0] == f"{officer.window.origin}{page_name}":
            officer.go(path)
        else:
            page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", self.code)
        return page

    def say(self, english: str, **values: str) -> str:
        """Give a sentence of the desk in its language now."""
        return say(self.code, english, **values)

    def button(self, at: Page | Locator, english: str) -> Locator:
        """Find a button by its words."""
        return at.get_by_role("button", name=self.say(english), exact=True)

    # writing

    def begun(self, procedure: str, act: str, basis: str = "", by: str = "drafter") -> "Form":
        """Begin a draft by its address, as links of other pages lead there; *basis* is the reference it answers."""
        asked = f"line={self.side.line}&procedure={procedure}&act={act}" + (f"&basis={basis}" if basis else "")
        page = self.go(f"/desk/draft?{asked}", by)
        self.hand.press(self.button(page, "Begin this draft"))
        return self.form(page)

    def taken_up(self, draft: str) -> "Form":
        """Go on with a draft."""
        return self.form(self.go(f"/desk/draft#{draft}"))

    def form(self, page: Page) -> "Form":
        """Take up the form of a draft that is being opened."""
        page.wait_for_url("**/desk/draft#*")
        expect(page.locator("#writing")).to_be_visible()
        return Form(self, page)

    def answers(self, reference: str, english: str) -> "Form":
        """Begin a draft in the case of an act, by the button of the case's page: it knows what it answers or signs.

        *english* is what the act says, as its procedure defines it.
        """
        page = self.case(reference)
        self.hand.press(page.get_by_role("button", name=self.sentence(english)))
        return self.form(page)

    def sentence(self, english: str) -> str:
        """Write what an act says before it is written: by this side, with what is still open left open."""
        text = self.say(english).format_map(_Unsaid(author=self.party))
        return text.rstrip(".۔") if text.rstrip(".۔").endswith(UNSAID) else text

    def reviewed(self, draft: str) -> Page:
        """Read a draft and pass it on to release; gives the page as it is read, before it is passed on."""
        page = self.go(f"/desk/review#{draft}", "reviewer")
        self.hand.press(self.button(page, "Pass on to release"))
        page.wait_for_url("**/desk/review")
        return page

    def released(self, draft: str, name: str = "releaser") -> Page:
        """Release a draft with a passkey; gives the page, which says what came of it."""
        page = self.go(f"/desk/release#{draft}", name)
        self.hand.press(self.button(page, "Release with my passkey"))
        expect(page.locator("#outcome")).to_be_visible()
        return page

    def sealed(self, form: "Form") -> str:
        """Bring what is written to the other side, with another officer's eyes and a third one's passkey.

        Gives the reference under which it is sealed.
        """
        draft = form.submitted()
        self.reviewed(draft)
        return self.reference(self.released(draft))

    def reference(self, page: Page) -> str:
        """Read off a page of release under which reference the act is sealed."""
        expect(page.locator("#outcome")).to_contain_text(self.say("Released and sealed:"))
        return page.locator("#outcome .code").inner_text()

    # reading

    def entry(self, reference: str, name: str = "drafter") -> Page:
        """Open an act by its reference."""
        return self.go(f"/desk/entry/{reference}?line={self.side.line}", name)

    def case(self, reference: str, name: str = "drafter") -> Page:
        """Open the case that an act is of."""
        return self.go(f"/desk/case/{reference}?line={self.side.line}", name)

    def watches(self) -> Page:
        """Open the watch, and wait until it is live."""
        page = self.go("/desk")
        expect(page.locator("#heard")).to_have_attribute("data-state", "live")
        return page

    def sees_line(self, state: str) -> None:
        """See that the watch, which is open, says by itself how the line is: ``Up`` or ``Down``."""
        page = self.officer("drafter").page
        expect(page.locator("#lines .line .tag").first).to_have_text(self.say(state))

    def sees_words(self, reference: str, text: str, code: str) -> Page:
        """See on an act's page its words as they were written, in their own language and direction.

        Words that a reader of the other language takes otherwise are marked, and a press says what each side takes
        them as.
        """
        page = self.entry(reference)
        words = page.locator(f".text .written[lang='{code}']").first
        expect(words).to_be_visible()
        assert words.evaluate(DIRECTION) == language(code).direction
        assert [each["text"] for each in self.view(reference)["portions"] if each["language"] == code] == [text]
        if code == "en":
            expect(words).to_have_text(text)
            return page
        expect(words).to_have_attribute("data-said", text)
        self.hand.press(words.locator("button.friend").first)
        hint = words.locator(".friend-hint").first
        expect(hint).to_contain_text(self.say("Safe word"))
        expect(hint).to_have_attribute("lang", self.code)
        return page

    def view(self, reference: str) -> Any:  # noqa: ANN401 - JSON
        """Ask the node for an act as programs do: what arrived, byte for byte."""
        with self.side.http() as http:
            answer = http.get(f"/lines/{self.side.line}/entries/{reference}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass
class Form:
    """The form of a draft, its fields found by their labels in the language of its desk."""

    desk: Desk
    page: Page

    def labelled(self, english: str, number: int = 0) -> Locator:
        """Find a field by its whole label; *number* where several have the same, in their order on the page."""
        needed = re.escape(self.desk.say("(needed)"))
        label = re.escape(self.desk.say(english))
        found = self.page.locator("#writing").get_by_label(re.compile(rf"^\s*{label}(\s*{needed})?\s*$"))
        return found.filter(visible=True).nth(number)

    def fill(self, english: str, text: str, number: int = 0) -> "Form":
        """Write into a field."""
        self.desk.hand.write(self.labelled(english, number), text)
        return self

    def choose(self, english: str, code: str, number: int = 0) -> "Form":
        """Choose from a list by the code that its choice stands for."""
        self.desk.hand.choose(self.labelled(english, number), code)
        return self

    def tick(self, english: str, number: int = 0) -> "Form":
        """Tick a box by its label."""
        self.desk.hand.tick(self.labelled(english, number))
        return self

    def include(self, english: str, number: int = 0) -> "Form":
        """Open a part that may be left out, by its label."""
        label = self.desk.say("Includes: {field}", field=self.desk.say(english))
        found = self.page.locator("#writing").get_by_label(label, exact=True).filter(visible=True)
        self.desk.hand.tick(found.nth(number))
        return self

    def add(self, english: str) -> "Form":
        """Add a row to a list, by the label of one row."""
        label = self.desk.say("Add: {field}", field=self.desk.say(english))
        self.desk.hand.press(self.page.locator("#writing").get_by_role("button", name=label, exact=True))
        return self

    def moment(self, english: str, time_ms: int, number: int = 0) -> "Form":
        """Write a time (ms since 1970 UTC) as the officer of this desk writes times, to the second."""
        return self.fill(english, written_time(time_ms, self.desk.how), number)

    def area(self, corners: str, edition: str) -> "Form":
        """Write the corners of an area on an edition of the map, and wait until the map beside them is judged."""
        self.fill("Area", corners).fill("Edition", edition)
        expect(self.page.locator("#writing .verdict")).to_be_visible()
        return self

    def words(self, text: str, code: str, number: int = 0) -> "Form":
        """Write the words of a portion, in a language."""
        return self.choose("Language", code, number).fill("Words", text, number)

    def saved(self) -> "Form":
        """Wait until the node holds what is written."""
        expect(self.page.locator("#kept")).to_have_text(self.desk.say("Saved"))
        return self

    def submitted(self) -> str:
        """Submit it for review; gives the draft's id."""
        expect(self.page.locator("#kept")).not_to_have_attribute("data-kind", "waiting")
        self.desk.hand.press(self.desk.button(self.page, "Submit for review"))
        submitted = self.page.locator("#standing").filter(has_text=self.desk.say("in review"))
        expect(submitted.or_(self.page.locator("#errors")).filter(visible=True)).to_be_visible()
        expect(self.page.locator("#errors")).to_have_text("")
        return self.page.url.partition("#")[2]


DIRECTION: Final = "(node) => getComputedStyle(node).direction"


def written_time(time_ms: int, how: Preferences) -> str:
    """Write a time (ms since 1970 UTC) as forms read it: in an officer's zone, calendar and digits."""
    when = datetime.fromtimestamp(time_ms // 1000, UTC).astimezone(zone_of(how.zone))
    solar = how.calendar is Calendar.SOLAR_HIJRI
    day = JalaliDate(when.date()) if solar else when  # type: ignore[no-untyped-call]  # - persiantools leaves it untyped
    return digits(f"{day.year:04}-{day.month:02}-{day.day:02} {when:%H:%M:%S}", how)


# both


@dataclass
class TwoSides:
    """Both desks and what runs between their nodes."""

    home: House
    relays: tuple[Relay, Relay]
    desks: tuple[Desk, Desk]

    def __iter__(self) -> Iterator[Desk]:
        return iter(self.desks)

    def work(self, *codes: str, hand: Hand) -> "TwoSides":
        """Have each side work in a language, and both in one way, from now on."""
        for desk, code in zip(self.desks, codes, strict=True):
            desk.code, desk.hand = code, hand
        return self

    @property
    def now_ms(self) -> int:
        return self.desks[0].side.now_ms

    def cut(self) -> None:
        """Cut the line, and see that the watch of both sides, which is open, says so by itself."""
        for desk in self.desks:
            desk.watches()
            desk.sees_line("Up")
        for each in self.relays:
            self.home.run(each.cut())
        for desk in self.desks:
            desk.sees_line("Down")

    def restore(self) -> None:
        """Make the line whole: both watches say so by themselves, and all that was sealed meanwhile goes over."""
        for desk in self.desks:
            desk.watches()
        self.mend()
        for desk in self.desks:
            desk.sees_line("Up")
        self.home.settle()

    def mend(self) -> None:
        """Let both relays carry what comes, if they did not."""
        for each in self.relays:
            self.home.run(each.restore())

    def settle(self) -> None:
        """Wait until each side holds what the other said, while the line is whole."""
        self.home.settle()

    def waits(self, desk: Desk, reference: str) -> None:
        """See that an act, sealed while the line is cut, is on its author's desk and not on the other."""
        other = self.desks[1] if desk is self.desks[0] else self.desks[0]
        expect(desk.entry(reference).locator("#receipts")).to_contain_text(desk.say("Not receipted yet"))
        with other.side.http() as http:
            assert http.get(f"/lines/{other.side.line}/entries/{reference}").status_code == 404

    def later(self, by_ms: int) -> None:
        """Let so much time pass for both nodes; it does not go back."""
        for desk in self.desks:
            clock = desk.side.node.clock
            ahead = partial(_ahead, clock.now_ms, by_ms)
            clock.now_ms = ahead  # type: ignore[method-assign]  # - the time of these two nodes alone

    def arrived(self, desk: Desk, reference: str) -> None:
        """See that what waited has come over: its author's desk shows the receipt, the other one the act."""
        other = self.desks[1] if desk is self.desks[0] else self.desks[0]
        expect(desk.entry(reference).locator("#receipts")).to_contain_text(desk.say("Receipted by the node"))
        expect(other.entry(reference).locator("#receipts")).to_be_visible()


def _ahead(now_ms: Callable[[], int], by_ms: int) -> int:
    return now_ms() + by_ms


@contextmanager
def two_sides(folder: Path, chromium: Chromium) -> Iterator[TwoSides]:
    """Run two nodes that reach each other through relays, and let an administrator into each."""
    with house(folder) as home:
        ports, relays = free_ports(2), []
        for number, port in enumerate(ports):
            address = home.sides[number].node.addresses[0]
            home.restart(number, listen=(f"tls://127.0.0.1:{port}",), session_idle_minutes=IDLE_MINUTES)
            relays.append(Relay(parse_endpoint(address.text).port, port))
            home.run(relays[-1].open())
        home.settle()
        desks = [Desk(chromium, side, first_officer(side, Role.SECURITY_OFFICER)) for side in home.sides]
        try:
            yield TwoSides(home, (relays[0], relays[1]), (desks[0], desks[1]))
        finally:
            chromium.end(each.window for desk in desks for each in desk.officers.values())
            for each in relays:
                home.run(each.close())
