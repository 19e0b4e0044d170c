"""A request for information to its satisfaction: what stood above the tear-line is shown later, and proven the same."""

from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser.flows.seen import reads, stands
from tests.browser.two_sides import Desk, TwoSides
from tests.gateways.people import DAY_MS

pytestmark = pytest.mark.sockets

QUESTION: Final = {
    "en": "Which group uses the track west of Jalgai at night?",
    "ur": "جالگئی کے مغرب کا راستہ رات کو کون سا گروہ استعمال کرتا ہے؟",
    "fa": "کدام گروه شب‌ها از راه غرب جالگی می‌گذرد؟",
}
WHY: Final = {
    "en": "Two of our posts were fired at from there.",
    "ur": "وہاں سے ہماری دو چوکیوں پر فائرنگ ہوئی۔",
    "fa": "از آنجا به دو پاسگاه ما تیراندازی شد.",
}
TORN: Final = {
    "en": "A group of eight was seen there on two nights.",
    "ur": "وہاں دو راتوں کو آٹھ افراد کا ایک گروہ دیکھا گیا۔",
    "fa": "دو شب گروهی هشت نفره در آنجا دیده شد.",
}
WHOLE: Final = {
    "en": "Our post at Kuhak saw them through its night sight.",
    "ur": "کوہک میں ہماری چوکی نے انہیں رات کی دوربین سے دیکھا۔",
    "fa": "پاسگاه ما در کوهک آنان را با دوربین شب دید.",
}
PROVEN: Final = "Withheld then, shown since and proven to be the same words"
SAME: Final = "These very words were withheld before; the other side can now prove that they are the same."
ALTERED: Final = "The portion disclosed is none that the act withheld."


def asked(desk: Desk, now_ms: int) -> str:
    form = desk.begun("rfi", "ask").choose("Subject", "armed-group").choose("Purpose", "protect-border-posts")
    form.choose("Urgency", "normal").moment("Latest time of value", now_ms + 9 * DAY_MS)
    return desk.sealed(form.words(QUESTION[desk.code], desk.code).words(WHY[desk.code], desk.code, 1))


def answered_in_part(desk: Desk, question: str) -> str:
    """Answer below a tear-line; what stands above it is committed to and stays."""
    form = desk.begun("rfi", "answer-in-part", question).choose("Found", "held")
    form.words(WHOLE[desk.code], desk.code).tick("Withheld: stays at this node")
    form.add("Portion").choose("What it is", "tear-line", 1).words(TORN[desk.code], desk.code, 1)
    return desk.sealed(form)


def shown(desk: Desk, answer: str) -> str:
    """Show what was withheld, from the page of the act that withheld it; altered words are refused."""
    page = desk.entry(answer)
    desk.hand.press(page.get_by_text(desk.say("Show them these words"), exact=True))
    desk.hand.press(page.locator("article [data-begin][data-act='answer']"))
    form = desk.form(page).choose("Found", "held")
    expect(form.labelled("Words")).to_have_value(WHOLE[desk.code])
    form.fill("Words", f"{WHOLE[desk.code]}!").saved()
    expect(page.locator("#found")).to_contain_text(desk.say(ALTERED))
    form.fill("Words", WHOLE[desk.code]).saved()
    expect(page.locator("#found")).to_contain_text(desk.say(SAME))
    return desk.sealed(form)


def test_a_question_is_answered_below_a_tear_line_that_is_lifted_later(both: TwoSides) -> None:
    us, them = both.desks
    question = asked(us, both.now_ms)
    both.settle()
    reads(them.entry(question), QUESTION[us.code], us.code)
    both.cut()
    answer = answered_in_part(them, question)
    both.waits(them, answer)
    both.restore()
    page = us.entry(answer)
    reads(page, TORN[them.code], them.code)
    expect(page.locator("article.kept-back")).to_contain_text(us.say("Withheld by the other side"))
    assert WHOLE[them.code] not in page.content()
    later = shown(them, answer)
    both.settle()
    page = us.entry(answer)
    reads(page.locator("article").filter(has_text=us.say(PROVEN)), WHOLE[them.code], them.code)
    then, since = (us.view(each)["portions"][0] for each in (answer, later))
    assert (then["state"], since["state"]) == ("not disclosed", "sent")
    assert then["digest"] == since["digest"]
    us.sealed(us.begun("rfi", "take-answer", later))
    both.settle()
    for desk in both:
        stands(desk, question, "{opener} has the information it asked for.", opener=us.party)
