"""An accreditation: nominated, signed by both, taken up; the officer's first watch and first word; the recall.

The line is cut when the recall is sealed: at home the officer's authority ends at once, and abroad as soon as it is
heard there.
"""

from typing import Final

import pytest
from playwright.sync_api import expect

from rabita.services.officers import Role
from tests.browser.flows.seen import sign, stands
from tests.browser.flows.texts import ACCOUNT
from tests.browser.two_sides import POST, Desk, TwoSides
from tests.gateways.people import DAY_MS

pytestmark = pytest.mark.sockets

ENDED: Final = "The accreditation to this post has ended, and with it the authority to speak as it."
SIGNED: Final = "There is one accreditation, which both sides signed."


def nominated(desk: Desk, post: str, now_ms: int) -> str:
    """Nominate an officer: the post, where, the rank, the tour, what may be disclosed; never a name."""
    form = desk.begun("accreditation", "nominate").fill("Post", post.lower()).fill("At", "zahedan")
    form.choose("Role", "liaison-officer").choose("Rank", "of-5").choose("Status", "border-liaison")
    form.moment("Start", now_ms - DAY_MS).moment("End", now_ms + 30 * DAY_MS)
    form.fill("Ceiling", "restricted")
    for english in ("Categories", "Methods"):
        desk.hand.tick(form.page.get_by_role("group", name=desk.say(english)).get_by_role("checkbox").first)
    return desk.sealed(form)


def first_watch(desk: Desk, liaison: str, post: str) -> None:
    """Hand the watch over to the officer at the post: both sign what is open, each with a passkey."""
    page = desk.go("/desk/handover")
    desk.hand.choose(page.get_by_label(desk.say("Hands over: the post")), POST)
    desk.hand.choose(page.get_by_label(desk.say("Takes over: the post")), post)
    desk.hand.press(desk.button(page, "Write down what is open now"))
    desk.hand.press(desk.button(page, "Sign as the one who hands over"))
    expect(page.locator(".signs .tag.good")).to_have_count(1)
    page = desk.go("/desk/handover", liaison)
    desk.hand.press(desk.button(page, "Sign as the one who takes over"))
    page.wait_for_url("**/desk/handovers/*")
    expect(page.locator("#main")).to_contain_text(desk.say("Both verify"))


def to_be_released(desk: Desk, text: str, author: str) -> str:
    """Write a message as the post and have it reviewed; gives the draft's id."""
    draft = desk.begun("message", "send", by=author).words(text, desk.code).submitted()
    desk.reviewed(draft)
    return draft


def test_an_accreditation_goes_to_the_first_watch_and_the_recall(both: TwoSides) -> None:
    us, them = both.desks
    post = f"LO-{us.code}-{them.code}".upper()
    nomination = nominated(us, post, both.now_ms)
    both.settle()
    stands(
        them,
        nomination,
        "{opener} nominated an officer for a post; it exists when both sides have signed.",
        opener=us.party,
    )
    for desk, act in ((us, "confirm"), (them, "agree")):
        sign(both, desk, nomination, act)
    us.sealed(us.answers(nomination, "The officer of {author} takes up the post."))
    both.settle()
    for desk in both:
        page = stands(desk, nomination, "The officer of {opener} is in post.", opener=us.party)
        expect(page.locator("#main")).to_contain_text(desk.say(SIGNED))
        expect(desk.go("/desk/roster").locator("#main")).to_contain_text(post.lower())
    liaison = us.joins(post, Role.DUTY_OFFICER, Role.RELEASER, Role.LIAISON_OFFICER)
    author = us.joins(post, Role.DRAFTER)
    first_watch(us, liaison, post)
    spoken, silenced = (to_be_released(us, ACCOUNT[us.code], author) for _ in range(2))
    reference = us.reference(us.released(spoken, liaison))
    both.settle()
    them.sees_words(reference, ACCOUNT[us.code], us.code)
    both.cut()
    recall = us.sealed(us.answers(nomination, "{author} recalls the officer."))
    both.home.run(us.side.node.indexed())
    page = us.go(f"/desk/release#{silenced}", liaison)
    expect(page.locator("#said")).to_contain_text(us.say(ENDED))
    expect(us.button(page, "Release with my passkey")).to_be_disabled()
    both.waits(us, recall)
    stands(them, nomination, "The officer of {opener} is in post.", opener=us.party)
    both.restore()
    both.arrived(us, recall)
    left = "{opener} ended the tour or recalled the officer, who has not left yet."
    for desk in both:
        stands(desk, nomination, left, opener=us.party)
    for name in (liaison, author):
        us.leaves(name)
