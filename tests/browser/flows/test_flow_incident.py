"""An incident from the first report to one finding: two accounts, what they agree and dispute on, both signatures.

The line is cut while the other side writes its account: it is sealed, waits, and arrives once the line is whole.
"""

from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser.flows.seen import sign, stands
from tests.browser.flows.texts import ACCOUNT, EDITION, FINDING, OWN_ACCOUNT, PAK_SOIL, corners
from tests.browser.two_sides import Desk, Form, TwoSides

pytestmark = pytest.mark.sockets

HOUR_MS: Final = 3_600_000
SIGNED: Final = "There is one finding of both sides."


def told(desk: Desk, form: Form, now_ms: int, wounded: str, text: str) -> str:
    """Fill in an account and seal it."""
    form.choose("What", "explosion").choose("Known from", "heard").choose("Soil", "opener")
    form.moment("Start", now_ms - 2 * HOUR_MS).moment("End", now_ms - HOUR_MS)
    form.include("Where").area(corners(PAK_SOIL), EDITION)
    form.include("Wounded").fill("Wounded", wounded)
    form.add("Portion").words(text, desk.code)
    return desk.sealed(form)


def test_an_incident_goes_from_the_first_report_to_one_finding(both: TwoSides) -> None:
    us, them = both.desks
    now_ms = both.now_ms
    report = told(us, us.begun("incident", "report"), now_ms, "0", ACCOUNT[us.code])
    both.settle()
    them.sees_words(report, ACCOUNT[us.code], us.code)
    stands(
        them,
        report,
        "{opener} reported an incident; {responder} has not given its account.",
        opener=us.party,
        responder=them.party,
    )
    both.cut()
    account = told(
        them, them.answers(report, "{author} gives its account: {what}."), now_ms, "2", OWN_ACCOUNT[them.code]
    )
    both.waits(them, account)
    both.restore()
    both.arrived(them, account)
    us.sees_words(account, OWN_ACCOUNT[them.code], them.code)
    for desk in both:
        compared(desk, report)
    form = us.answers(report, "{author} proposes a finding: {outcome}.").choose("Outcome", "established")
    finding = us.sealed(form.choose("Actor", "nobody").words(FINDING[us.code], us.code))
    both.settle()
    them.sees_words(finding, FINDING[us.code], us.code)
    for desk in (them, us):
        sign(both, desk, report, "sign finding")
    for desk in both:
        page = stands(desk, report, "Both sides signed one finding.")
        expect(page.locator("#main")).to_contain_text(desk.say(SIGNED))


def compared(desk: Desk, report: str) -> None:
    """See both accounts field by field: what they agree on, and what they dispute."""
    rows = desk.case(report).locator("table.accounts tbody tr")
    for field, verdict in (("What", "Agreed"), ("Wounded", "Disputed")):
        row = rows.filter(has=desk.officer("drafter").page.get_by_role("rowheader", name=desk.say(field), exact=True))
        expect(row.locator(".tag")).to_have_text(desk.say(verdict))
