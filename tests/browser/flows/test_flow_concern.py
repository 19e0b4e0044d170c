"""A concern from the warning to its outcome: the host asks, accepts, acts on its own soil, and says what came of it.

The line is cut while the host asks for more: its question waits, and so does its answer.
"""

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.flows.seen import stands
from tests.browser.flows.texts import ACCOUNT, EDITION, IRN_SOIL, QUESTION, corners
from tests.browser.two_sides import Desk, TwoSides

pytestmark = pytest.mark.sockets

HOUR_MS: Final = 3_600_000
ACCEPTS: Final = (
    "{author} accepts the concern: its own authorities will act, on its own soil. This is no consent to cross the line."
)


def raised(desk: Desk, now_ms: int) -> str:
    """Warn of a threat: what, about where and when, and how well it is known."""
    form = desk.begun("concern", "raise").choose("Precedence", "IMMEDIATE")
    form.choose("Kind", "imminent-threat").choose("What", "gathering")
    form.area(corners(IRN_SOIL), EDITION)
    form.choose("Source", "B").choose("Information", "3").include("Window")
    form.moment("Start", now_ms + HOUR_MS).moment("End", now_ms + 9 * HOUR_MS)
    return desk.sealed(form)


def test_a_concern_goes_from_the_warning_to_its_outcome(both: TwoSides) -> None:
    us, them = both.desks
    concern = raised(us, both.now_ms)
    both.settle()
    warned(them, concern)
    both.cut()
    question = them.sealed(them.answers(concern, "{author} needs to know more.").words(QUESTION[them.code], them.code))
    both.waits(them, question)
    both.restore()
    both.arrived(them, question)
    us.sees_words(question, QUESTION[them.code], them.code)
    more = us.sealed(us.answers(concern, "{author} adds to what it knows.").words(ACCOUNT[us.code], us.code))
    both.settle()
    them.sees_words(more, ACCOUNT[us.code], us.code)
    them.sealed(them.answers(concern, ACCEPTS))
    acts = them.answers(concern, "The authorities of {author} act on their own soil: {measures}.")
    them.hand.tick(acts.page.get_by_role("group", name=them.say("Measures")).get_by_role("checkbox").first)
    them.sealed(acts)
    outcome = them.answers(concern, "{author} reports the outcome: {result}.").choose("Result", "threat-ended")
    them.sealed(outcome)
    both.settle()
    ended = "{responder} reported the outcome; it is to be reviewed at the next meeting."
    for desk in both:
        page = stands(desk, concern, ended, responder=them.party)
        owed(desk, page)


def warned(desk: Desk, reference: str) -> None:
    """See the warning on the watch, with what is owed on it and by when."""
    row = desk.watches().locator("#ours .owed > li").filter(has_text=reference)
    expect(row.filter(has_text=desk.say("acknowledge the concern")).locator(".count")).not_to_be_empty()


def owed(desk: Desk, page: Page) -> None:
    """See what was owed done, and the review still owed by both."""
    duties = page.locator("#owed .duties li")
    expect(duties.filter(has_text=desk.say("report the outcome"))).to_contain_text(desk.say("Done"))
    expect(duties.filter(has_text=desk.say("review the concern at the next meeting")).first).to_be_visible()
