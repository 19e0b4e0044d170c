"""A recall in the browser: the officer at the post abroad speaks as it until the act is released, and no longer."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Final

import pytest
from playwright.sync_api import expect

from rabita.client import calls
from rabita.line.entry import encode
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.line.verify import Credential
from rabita.services.casework import Wanted, Words, prepare
from rabita.services.officers import Role
from tests.app.people import until
from tests.app.test_credentials import key_of
from tests.authenticator import by_passkey
from tests.browser.conftest import Open, Staff
from tests.browser.flow import begun, drafted, queued, reviewed, saved, signed, submitted
from tests.browser.people import Officer, entered
from tests.gateways.browser import Browser
from tests.gateways.people import DAY_MS, House, Side
from tests.procedures.test_accreditation import NOMINATED

pytestmark = pytest.mark.sockets

ABROAD: Final = "LO-ZAHEDAN"
ENDED: Final = "The accreditation to this post has ended, and with it the authority to speak as it."
SECOND_MS: Final = 1_000


def say(side: Side, act: str, case: str = "", **fields: object) -> str:
    """Say an act of an accreditation with keys in software; gives its digest."""
    with side.client() as client:
        basis = (case,) if case else ()
        return client.ask(calls.say(side.line, "accreditation", act, basis=basis, fields=fields)).digest


def in_post(home: House) -> str:
    """Accredit an officer of ours to the post abroad, up to taking it up; gives the case."""
    ours, theirs = home.sides
    tour = {"start_ms": ours.now_ms - 1, "end_ms": ours.now_ms + 30 * DAY_MS}
    case = say(ours, "nominate", **{**NOMINATED, "post": ABROAD.lower(), "tour": tour})
    say(ours, "confirm", case, digest=case)
    home.settle()
    say(theirs, "agree", case, digest=case)
    home.settle()
    say(ours, "take up post", case)
    home.settle()
    return case


def stand(side: Side) -> list[Credential]:
    """List what stands of our passkeys at the post abroad, as a node holds it."""
    facts = side.node.link(side.line).exchange.state.facts
    ours = [each for name, each in facts.credentials.items() if name.startswith("X-PAK/")]
    return [each for each in ours if each.post == ABROAD and each.relying_party and each.roles]


def within_a_second(holds: Callable[[], bool]) -> None:
    """See that something holds by then, as soon as the nodes themselves have seen to it."""
    end = monotonic() + SECOND_MS / 1_000
    while not holds():
        assert monotonic() < end
        sleep(0.02)


def sealed_all_the_same(home: House, officer: Browser, key: str) -> list[str]:
    """Seal what an officer's passkey signed, as a node would that asks no policy; says how both sides judge that."""
    ours = home.sides[0]
    prepared = prepare(ours.node.casebook, Wanted(ours.line, "message", "send", words=(Words("I am here."),)))
    approval = by_passkey(officer.device, "releaser", prepared.raw, key, "localhost")
    draft = Draft(prepared.raw, encode([approval]), prepared.sent)
    reference = home.run(ours.node.seal(ours.line, Lane.ROUTINE, draft)).reference
    home.settle()
    found = []
    for side in home.sides:
        with side.http() as http:
            approvals = http.get(f"/lines/{side.line}/entries/{reference}").json()["approvals"]
            found += [each["standing"] for each in approvals]
    return found


def recalled(staff: Staff, case: str) -> None:
    """Draft the recall, review it, and release it by another officer's passkey."""
    drafter, reviewer, releaser = staff
    page = begun(drafter, "accreditation", "recall")
    page.get_by_label("What it answers").fill(case)
    saved(page)
    draft = submitted(page)
    reviewed(reviewer, draft)
    page = queued(releaser, draft)
    signed(page)
    expect(page.locator("#outcome")).to_contain_text("Released and sealed:")


def test_who_is_recalled_speaks_as_the_post_no_more(admin: Browser, home: House, staff: Staff, opened: Open) -> None:
    ours, theirs = home.sides
    case = in_post(home)
    liaison = entered(admin, opened(), Role.RELEASER, Role.LIAISON_OFFICER, post=ABROAD)
    attache = entered(admin, opened(), Role.DRAFTER, post=ABROAD)
    other = admin.invite(Role.RELEASER, post=ABROAD)
    for side in home.sides:
        home.run(until(side.node, lambda side=side: len(stand(side)) == 3))  # type: ignore[misc]  # - mypy cannot infer a default
    key = key_of(other.device, stand(ours), ABROAD)
    assert sealed_all_the_same(home, other, key) == ["verified", "verified"]
    spoken, silenced = to_be_released(attache, staff[1], "In post."), to_be_released(attache, staff[1], "Still here.")
    page = queued(liaison, spoken)
    signed(page)
    expect(page.locator("#outcome")).to_contain_text("Released and sealed:")
    page = queued(liaison, silenced)
    recalled(staff, case)
    signed(page)
    within_a_second(lambda: not stand(ours) and not stand(theirs))
    expect(page.locator("#said")).to_contain_text(ENDED)
    expect(page.locator("#outcome")).to_be_hidden()
    expect(liaison.go(f"/desk/release#{silenced}").locator("#said")).to_contain_text(ENDED)
    assert sealed_all_the_same(home, other, key) == ["revoked", "revoked"]
    for side in home.sides:
        with side.http() as http:
            assert http.get(f"/lines/{side.line}/cases/{case}").json()["case"]["state"] == "leaving"


def to_be_released(writer: Officer, reviewer: Officer, text: str) -> str:
    """Bring a message before the releasers; gives the draft's id."""
    draft = drafted(writer, text)
    reviewed(reviewer, draft)
    return draft
