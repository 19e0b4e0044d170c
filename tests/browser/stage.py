"""A house in which much has happened: the exercise as it happened, and beside it one of everything that pages show.

Rule kept here: it goes through the nodes' own doors. Officers who read and write are invited, and have browsers in
software; whoever looks at the pages comes in by a window of their own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

from rabita.app.drafting import Message, Words, message
from rabita.app.founding import Names
from rabita.app.officers import origin_of
from rabita.services.duty_directory import keep_directory
from rabita.services.exercise import Inject, Scenario, built_in, fields_of
from rabita.services.officers import Role
from rabita.services.preferences import Preferences
from rabita.services.terms import BOUNDARY
from tests.app.people import CODES
from tests.browser.chromium import WIDE, Chromium, Window
from tests.browser.people import Officer, entered
from tests.desk.mapped import OWN, PANJGUR, place, posted, window
from tests.desk.told import Talk
from tests.gateways.browser import Browser, first_officer, told
from tests.gateways.people import DAY_MS, OFFICES, House, Side, house

Tell = Callable[[str], None]

PLAY: Final = 1
"""As it happened: a FLASH of theirs stands unanswered in it, promises are due, measures are in force."""
POST: Final = "DUTY-ROOM"
IDLE_MINUTES: Final = 600
URDU: Final = "یہ حادثہ سرحد کے قریب ہوا۔ دو گشتی دستے صبح 06:00 بجے گزرگاہ سے گزریں گے۔"
PERSIAN: Final = "گذرگاه میرجاوه فردا از ساعت ۰۶:۰۰ باز است. لطفاً دریافت این پیام را تأیید کنید."
ENGLISH: Final = "Two of our patrols will pass the crossing at Taftan at 06:00Z. They carry a white flag."
KEPT: Final = "The source of this is not for them."
DIRECTORY: Final = (
    b'{"posts":[{"code":"zahedan-desk","party":"X-IRN","telephones":["+98 54 3322 0000","+98 54 3322 0001"],'
    b'"languages":["fa","en"],"hours":[{"days":[0,1,2,3,4,5,6],"from_minute":0,"until_minute":0}]},'
    b'{"code":"quetta-operations","party":"X-PAK","telephones":["+92 81 920 0000"],"languages":["ur","en"],'
    b'"hours":[{"days":[0,1,2,3,4],"from_minute":180,"until_minute":780}]}]}'
)
EVERYTHING: Final = tuple(role for role in Role if role not in (Role.AUDITOR, Role.LIAISON_OFFICER))
"""The roles of one who is shown every page: a liaison officer speaks only while accredited."""


class Stage(NamedTuple):
    """The house; whoever invites officers at its first side; ids of what is to be looked at, by name."""

    home: House
    chief: Browser
    found: dict[str, str]

    @property
    def side(self) -> Side:
        """The side whose pages are looked at."""
        return self.home.sides[0]


@contextmanager
def staged(folder: Path, tell: Tell = lambda _: None) -> Iterator[Stage]:
    """Found a pair, play the exercise, and leave things open; *tell* hears what is being done."""
    scenario = built_in()
    one, two = (Names(**each.names) for each in scenario.head.parties)
    with house(folder, (one, two), session_idle_minutes=IDLE_MINUTES) as home:
        played(home, scenario, tell)
        tell("Saying what is on the map, and what waits.")
        found = said_since(Talk(home))
        side = home.sides[0]
        keep_directory(side.node.store, side.line, DIRECTORY, agreed=True)
        chief = first_officer(side, Role.SECURITY_OFFICER)
        yield Stage(home, chief, {**found, **begun(chief), "handover": handed_over(chief)})


def played(home: House, scenario: Scenario, tell: Tell) -> None:
    """Say one play, each side only once it holds all that the other said."""
    digests: dict[str, str] = {}
    before = ""
    for inject in scenario.of(PLAY):
        if inject.party != before:
            home.settle()
        before = inject.party
        tell(f"{inject.party}: {inject.procedure}, {inject.act}")
        side = home.sides[CODES.index(inject.party)]
        digests[inject.id] = home.run(_sealed(side, scenario, inject, digests))
    home.settle()


async def _sealed(side: Side, scenario: Scenario, inject: Inject, digests: dict[str, str]) -> str:
    sent, withheld = (
        tuple([Words(each.text, each.marking, each.language) for each in inject.portions if each.withheld is kept])
        for kept in (False, True)
    )
    said = Message(
        lane=inject.precedence,
        kind="exercise",
        sent=sent,
        withheld=withheld,
        posts=(POST,),
        marking=inject.marking,
        basis=tuple([digests[each] for each in inject.answers]),
        procedure=inject.procedure,
        act=inject.act,
        fields=fields_of(scenario, inject, PLAY, BOUNDARY.digest, digests),
    )
    approving = dict(zip(OFFICES, side.officers, strict=True))
    state = side.node.link(side.line).exchange.state
    draft = message(state, said, [(key, office) for office, key in approving.items()], side.now_ms)
    await side.node.seal(side.line, inject.precedence, draft)
    return sha256(draft.act).hexdigest()


def said_since(talk: Talk) -> dict[str, str]:
    """Say what the exercise does not: places on the map, messages in three languages, a line that asks at FLASH."""
    now_ms = talk.home.sides[0].now_ms
    day_ms = now_ms // DAY_MS * DAY_MS
    month_ms = day_ms + 20 * DAY_MS
    notice = {"kind": "exercise", "areas": [place(OWN)], "window": window(month_ms, 5), "formation": "brigade"}
    talk.say(0, "notice", "announce", fields={**notice, "contact": "pak-ops", "troops": 900})
    crossing = {"point": "mirjaveh-taftan", "status": "restricted", "since_ms": day_ms, "reason": "security"}
    stated = talk.say(0, "crossing", "announce", fields={**crossing, "admitted": ["medical"]})
    talk.say(1, "crossing", "state own", basis=[stated.digest], fields={**crossing, "status": "open"})
    posted(talk.home, "zahedan")
    sent = talk.say(0, "message", "send", portions=[words(URDU, "ur"), {**words(KEPT, "en"), "withheld": True}])
    translated = {"language": "fa", "by": "translator", "checked": True}
    talk.say(1, "message", "translate", basis=[sent.digest], fields=translated, portions=[words(PERSIAN, "fa")])
    talk.say(1, "message", "send", precedence="PRIORITY", portions=[words(PERSIAN, "fa")], posts=[POST])
    talk.say(1, "message", "send", precedence="FLASH", portions=[words(ENGLISH, "en")], posts=[POST])
    when = {"start_ms": now_ms - DAY_MS, "end_ms": now_ms - DAY_MS + 1}
    event = {"what": "explosion", "when": when, "known_from": "seen", "where": place(PANJGUR), "harm": {"killed": 2}}
    report = talk.say(0, "incident", "report", fields=event, portions=[words(URDU, "ur")])
    account = {**event, "what": "accident"}
    talk.say(1, "incident", "account", basis=[report.digest], fields=account, portions=[words(PERSIAN, "fa")])
    return {"entry": sent.reference, "case": report.case, "month": str(month_ms)}


def words(text: str, language: str) -> dict[str, Any]:
    return {"text": text, "language": language}


def begun(chief: Browser) -> dict[str, str]:
    """Leave a draft in each state: being written, in review, waiting for release."""
    writer, reviewer = (chief.invite(role, name="An Officer", post=POST) for role in (Role.DRAFTER, Role.REVIEWER))
    drafts = [drafted(writer) for _ in range(3)]
    for each in drafts[1:]:
        told(writer.post(f"/drafts/{each['id']}/submit", {"version": each["version"]}))
    told(reviewer.post(f"/drafts/{drafts[2]['id']}/review", {"version": drafts[2]["version"]}))
    writer.post("/desk/views", {"name": "FLASH", "address": "/desk/traffic?lane=FLASH", "shared": True})
    return {name: each["id"] for name, each in zip(("written", "reviewed", "released"), drafts, strict=True)}


def drafted(writer: Browser) -> dict[str, Any]:
    portions = [words(URDU, "ur"), {**words(KEPT, "en"), "withheld": True, "marking": "TLP:AMBER"}]
    said = {"portions": portions, "precedence": "PRIORITY", "posts": [POST], "post": POST, "marking": "TLP:GREEN"}
    body = {"line": writer.side.line, "procedure": "message", "act": "send", "said": said}
    answer = writer.post("/drafts", body)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    found: dict[str, Any] = answer.json()
    return found


def handed_over(chief: Browser) -> str:
    """Have one watch hand over to the next, each with a passkey; gives the record's number."""
    day, night = (chief.invite(Role.DUTY_OFFICER, name=name, post=name) for name in ("WATCH-DAY", "WATCH-NIGHT"))
    address = f"/lines/{chief.side.line}/handovers"
    drawn = told(day.post(f"{address}/draw-up", {"from_post": "WATCH-DAY", "to_post": "WATCH-NIGHT", "remarks": URDU}))
    handing = f"{address}/{drawn['id']}"
    for signer in (day, night):
        options = told(day.post(f"{handing}/begin"))["public_key"]
        told(day.post(f"{handing}/sign", {"answer": signer.device.show(options)}))
    (record,) = told(day.get(address))
    return str(record["number"])


def come_in(stage: Stage, chromium: Chromium, *roles: Role, size: tuple[int, int] = WIDE) -> Officer:
    """Let an officer in; on the browser's thread."""
    return entered(stage.chief.enter(), door(stage, chromium, size), *roles, post=POST, name="Officer Somebody")


def door(stage: Stage, chromium: Chromium, size: tuple[int, int] = WIDE) -> Window:
    """Open a window on the node, nobody signed in; on the browser's thread."""
    return chromium.open(origin_of(stage.side.settings, stage.side.web.address[1]), size)


def reads(stage: Stage, officer: Officer, **how: Any) -> None:  # noqa: ANN401 - preferences
    """Let an officer read pages so from the next one on."""
    with stage.side.web.desk.transaction() as rows:
        rows.put(Preferences(id=officer.id, **how))
