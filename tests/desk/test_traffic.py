"""Traffic, one entry and search: receipts told apart, filters in the address, words as written, the proof in words."""

import json
import re
from html import unescape

import pytest

from rabita.services.officers import Role
from tests.desk.told import PERSIAN, URDU, Talk, follow, officer
from tests.gateways.browser import first_officer
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

KEPT = "The source of this is not for them."
MARKING = "SECRET//WHY source//REVIEW 2030-01-01"


def words_of(page: str) -> str:
    """Give what a page says, without its markup."""
    bare = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", bare)))


def row_of(page: str, reference: str) -> str:
    """Give the row of an entry in a list."""
    return next(each for each in page.split("<li id=") if f"/desk/entry/{reference}" in each)


@pytest.fixture
def talk(home: House) -> Talk:
    return Talk(home)


def test_what_became_of_a_message_is_told_step_by_step(talk: Talk, side: Side) -> None:
    sent = talk.message(fields={"wants": "action"}, precedence="PRIORITY", posts=["LO-TURBAT"])
    reader = officer(side)
    row = words_of(row_of(reader.get("/desk/traffic").text, sent.reference))
    for said in (
        "PRIORITY",
        "Ours",
        "LO-TURBAT",
        URDU,
        "Receipted by the node",
        "Not opened yet",
        "Not acknowledged yet",
    ):
        assert said in row
    talk.say(1, "message", "open", basis=[sent.digest])
    talk.say(1, "message", "acknowledge", basis=[sent.digest])
    row = words_of(row_of(reader.get("/desk/traffic").text, sent.reference))
    assert "Opened" in row
    assert "Acknowledged" in row
    assert "Not complied with yet" in row
    talk.say(1, "message", "have complied", basis=[sent.digest])
    assert "Complied with" in words_of(row_of(reader.get("/desk/traffic").text, sent.reference))


def test_a_filter_is_the_address_and_goes_on_with_the_list(talk: Talk, side: Side) -> None:
    for number in range(3):
        talk.message(f"Flash number {number}.", "en", precedence="FLASH")
    reader = officer(side)
    first = reader.get("/desk/traffic", lane="FLASH", procedure="message", count="2").text
    assert first.count('class="entry') == 2
    following = unescape(re.findall(r'href="([^"]+)" rel="next"', first)[0])
    assert "lane=FLASH" in following
    assert "procedure=message" in following
    second = follow(reader, following)
    assert {*re.findall(r"/desk/entry/([\w.-]+)", first)}.isdisjoint(re.findall(r"/desk/entry/([\w.-]+)", second))
    assert "Back to the newest" in second
    for query in ({"post": "NOBODY"}, {"state": "refused", "procedure": "crossing"}):
        assert "Nothing fits these filters" in reader.get("/desk/traffic", **query).text
    assert reader.get("/desk/traffic", lane="LATER").status_code == 400


def test_the_line_s_own_acts_stand_apart(talk: Talk, side: Side) -> None:
    talk.message()
    reader = officer(side)
    assert "publish-credential" not in reader.get("/desk/traffic", count="200").text
    assert "publish-credential" in reader.get("/desk/traffic", count="200", own="true").text
    few = reader.get("/desk/traffic", count="1").text
    assert few.count('class="entry') == 1
    assert 'rel="next"' in few


def test_only_what_waits_for_us_can_be_chosen_and_never_a_flash(talk: Talk) -> None:
    usual = talk.message("Please confirm.", "en")
    flash = talk.message("Please confirm at once.", "en", precedence="FLASH")
    other = talk.home.sides[1]
    page = officer(other).get("/desk/traffic", unacknowledged="true").text
    assert "data-pick" in row_of(page, usual.reference)
    assert "data-pick" not in row_of(page, flash.reference)
    assert "Waits for our acknowledgement" in row_of(page, flash.reference)
    talk.say(1, "message", "acknowledge", basis=[usual.digest])
    assert usual.reference not in officer(other).get("/desk/traffic", unacknowledged="true").text


def test_an_entry_shows_its_words_as_they_were_written_and_who_translated_them(talk: Talk, side: Side) -> None:
    sent = talk.message()
    path = f"/desk/entry/{sent.reference}"
    page = officer(side, language="fa").get(path).text
    assert f'<span class="written" dir="auto" lang="ur" data-said="{URDU}">{URDU}</span>' in page
    assert 'class="tag care"' in page
    assert "translations-head" not in page
    talk.say(
        *(1, "message", "translate"),
        basis=[sent.digest],
        fields={"language": "fa", "by": "translator", "checked": True},
        portions=[{"text": PERSIAN, "language": "fa"}],
    )
    reader = officer(side)
    english = words_of(reader.get(path).text)
    assert "Not yet translated" in english
    for said in (URDU, PERSIAN, "by a translator", "Checked", "Sent"):
        assert said in english
    persian = officer(side, language="fa").get(path).text
    assert "No translation into your language is held" not in words_of(persian)
    assert persian.index(PERSIAN) > persian.index("translations-head")


def test_what_was_withheld_is_shown_at_home_alone(talk: Talk, side: Side) -> None:
    portions = [{"text": URDU, "language": "ur"}, {"text": KEPT, "language": "en", "withheld": True}]
    sent = talk.say(0, "message", "send", portions=portions)
    at_home = words_of(officer(side).get(f"/desk/entry/{sent.reference}").text)
    assert KEPT in at_home
    assert "these words stay at this node" in at_home
    watch = words_of(officer(side, Role.DUTY_OFFICER).get(f"/desk/entry/{sent.reference}").text)
    assert KEPT not in watch
    abroad = words_of(officer(talk.home.sides[1]).get(f"/desk/entry/{sent.reference}").text)
    assert KEPT not in abroad
    assert "Withheld by the other side" in abroad


def test_what_was_withheld_leads_on_to_drafts_that_show_it_to_those_who_may_write(talk: Talk, side: Side) -> None:
    portions = [{"text": URDU, "language": "ur"}, {"text": KEPT, "language": "en", "withheld": True}]
    sent = talk.say(0, "message", "send", portions=portions)
    path = f"/desk/entry/{sent.reference}"
    home = officer(side).get(path).text
    (said,) = [unescape(each) for each in re.findall(r'data-act="reply" data-said="([^"]+)"', home) if KEPT in each]
    assert sent.digest in said
    for elsewhere in (officer(side, Role.DUTY_OFFICER), officer(talk.home.sides[1])):
        assert "Show them these words" not in elsewhere.get(path).text
    (shown,) = json.loads(said)["portions"]
    talk.say(0, "message", "reply", basis=[sent.digest], portions=[shown])
    proven = "Withheld then, shown since and proven to be the same words"
    for page in (officer(side).get(path).text, officer(talk.home.sides[1]).get(path).text):
        assert proven in words_of(page)
        assert KEPT in page
        assert "Show them these words" not in page


def test_the_proof_of_an_entry_is_said_in_plain_words(talk: Talk, side: Side) -> None:
    sent = talk.message()
    page = officer(side).get(f"/desk/entry/{sent.reference}").text
    said = words_of(page)
    for statement in (
        "It stands in its author's log",
        "The other side signed that it holds it",
        "An officer approved exactly these bytes",
        "It was written under version 1 of the charter",
        "Its author used its number once only",
    ):
        assert statement in said
    assert 'class="no"' not in page
    there = words_of(officer(talk.home.sides[1]).get(f"/desk/entry/{sent.reference}").text)
    assert "This node received it and signed for it" in there


def test_an_entry_leads_on_to_its_answers(talk: Talk, side: Side) -> None:
    sent = talk.message()
    there = officer(talk.home.sides[1]).get(f"/desk/entry/{sent.reference}").text
    assert 'data-act="acknowledge"' in there
    assert sent.digest in re.findall(r'data-act="acknowledge" data-said="([^"]+)"', there)[0]
    here = officer(side).get(f"/desk/entry/{sent.reference}").text
    assert {"correct", "withdraw"} <= {*re.findall(r'data-act="([^"]+)"', here)}
    assert "data-begin" not in officer(side, Role.DUTY_OFFICER).get(f"/desk/entry/{sent.reference}").text


def test_what_is_published_is_named_from_the_beginning(talk: Talk, side: Side) -> None:
    portions = [{"text": "Both sides met.", "language": "en"}]
    fields = talk.least("readout", "offer")
    offer = talk.say(0, "readout", "offer", fields=fields, portions=portions)
    revised = talk.say(0, "readout", "revise", fields=fields, basis=[offer.digest], portions=portions)
    page = officer(side).get(f"/desk/case/{offer.reference}").text
    (said,) = re.findall(r'data-act="publish" data-said="([^"]+)"', page)
    begun = json.loads(unescape(said))
    assert (begun["basis"], begun["fields"]) == ([revised.digest], {"offer": revised.digest})


def test_a_statement_is_published_as_both_signed_it(talk: Talk, side: Side) -> None:
    texts = [{"text": each, "language": code} for code, each in (("en", "We met."), ("ur", URDU), ("fa", PERSIAN))]
    fields = talk.least("joint statement", "draft")
    draft = talk.say(0, "joint-statement", "draft", fields=fields, portions=texts)
    talk.say(1, "joint-statement", "redline", fields=fields, basis=[draft.digest], portions=texts)
    for number in (0, 1):
        talk.say(number, "joint-statement", "adopt", basis=[draft.digest], fields={"digest": draft.digest})
    page = officer(side).get(f"/desk/case/{draft.reference}").text
    (said,) = re.findall(r'data-act="publish" data-said="([^"]+)"', page)
    assert json.loads(unescape(said))["fields"] == {"statement": draft.digest}


def test_an_entry_that_is_not_there_or_not_for_one_says_so_on_a_page(talk: Talk, side: Side) -> None:
    reader = officer(side)
    missing = reader.get("/desk/entry/X-PAK-F-9999")
    assert missing.status_code == 404
    assert "reference-unknown" in missing.text
    assert reader.get("/desk/traffic", line="nosuchline").status_code == 404
    secret = talk.message("quicksilver", "en", marking=MARKING)
    assert "quicksilver" not in reader.get("/desk/traffic").text
    refused = reader.get(f"/desk/entry/{secret.reference}")
    assert refused.status_code == 403
    assert "quicksilver" not in refused.text
    cleared = first_officer(side).invite(Role.DRAFTER, post="home", clearances=["SECRET"])
    assert "quicksilver" in cleared.get(f"/desk/entry/{secret.reference}").text


def test_words_are_found_in_three_scripts_and_all_digits_and_marked_where_they_stand(talk: Talk, side: Side) -> None:
    talk.message()
    talk.message(PERSIAN, "fa")
    reader = officer(side)
    for asked, marked in (
        ("گذرگاہ", "گذرگاه"),
        ("۱۷", "17"),
        ("17", "۱۷"),
        ("تفتان", "تفتان"),
        ("sends message", "sends"),
    ):
        page = reader.get("/desk/search", text=asked).text
        assert f"<mark>{marked}" in page, asked
    page = reader.get("/desk/search", text="X-PAK-R-0001").text
    assert "/desk/entry/X-PAK-R-0001" in page
    assert "Nothing was found" in reader.get("/desk/search", text="xylophone").text
    assert "Type a word" in reader.get("/desk/search").text
    assert "<mark><script>" not in reader.get("/desk/search", text="<script>").text
