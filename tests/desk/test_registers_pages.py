"""Cases, registers, the timeline and the transcript as pages: both accounts, very words, components, what verifies."""

import html
import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.client import calls
from rabita.desk.months import LAST_MS, month_of
from rabita.desk.proofs import Holds, statements
from rabita.desk.timeline import ACTS_MAX
from rabita.services.officers import Role
from rabita.services.preferences import Calendar, Preferences, Zone
from rabita.services.reads import ApprovalView, find_entry, view
from tests.desk.test_traffic import words_of
from tests.desk.told import DAY_MS, HOUR_MS, PERSIAN, URDU, Talk, follow, officer
from tests.gateways.browser import first_officer
from tests.gateways.people import House, Side, house

sockets = pytest.mark.sockets
HOWS = st.builds(Preferences, calendar=st.sampled_from(Calendar), zone=st.sampled_from(Zone))
JANUARY_MS = 1_705_400_000_000


@pytest.fixture
def talk(home: House) -> Talk:
    return Talk(home)


def account(what: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - coded fields
    when = {"start_ms": JANUARY_MS, "end_ms": JANUARY_MS + HOUR_MS}
    return {"what": what, "when": when, "known_from": "seen", "soil": "opener", **more}


@sockets
def test_a_case_shows_two_accounts_side_by_side_and_what_leads_on(talk: Talk, side: Side) -> None:
    told = account("explosion", harm={"killed": 2}, attribution=blame("responder"))
    report = talk.say(0, "incident", "report", fields=told, portions=[{"text": URDU, "language": "ur"}])
    fields = account("accident", harm={"killed": 2})
    talk.say(1, "incident", "account", basis=[report.digest], fields=fields)
    reader = officer(side)
    page = reader.get(f"/desk/case/{report.case}").text
    table = words_of(page.partition('class="accounts"')[2].partition("</table>")[0])
    assert "What explosion accident Disputed" in table
    assert "Killed 2 2 Agreed" in table
    assert "Soil" in table
    assert "opener" not in table
    assert "It is a comparison and no finding" in words_of(page)
    for act in ("propose mission", "dissent", "close"):
        assert f'data-act="{act}"' in page
    register = words_of(reader.get("/desk/incidents").text)
    assert "Agreed When Soil Killed" in register
    assert "attributes it to the other side" in register
    clarification = talk.say(
        *(0, "clarification", "ask"),
        fields=talk.least("clarification", "ask"),
        basis=[report.digest],
        portions=QUESTION,
    )
    assert clarification.reference in reader.get(f"/desk/case/{report.case}").text
    assert "Incident" in words_of(reader.get("/desk/cases", open_only="true").text)


QUESTION = [{"text": "What happened?", "language": "en"}]


def blame(actor: str) -> dict[str, Any]:
    return {"actor": actor, "grade": {"source": "B", "information": "3"}}


@sockets
def test_an_open_draft_of_a_case_is_gone_back_to(talk: Talk, side: Side) -> None:
    sent = talk.say(1, "message", "send", portions=[{"text": PERSIAN, "language": "fa"}])
    reader = officer(side)
    page = reader.get(f"/desk/case/{sent.case}").text
    assert "Back to what is being written" not in page
    said = json.loads(re.findall(r'data-act="acknowledge" data-said="([^"]+)"', page)[0].replace("&#34;", '"'))
    assert said["basis"] == [sent.digest]
    body = {"line": side.line, "procedure": "message", "act": "acknowledge", "said": said}
    draft = reader.post("/drafts", body).json()
    page = reader.get(f"/desk/case/{sent.case}").text
    assert f"/desk/draft#{draft['id']}" in page
    assert "Back to what is being written" in page


@sockets
def test_a_promise_stands_in_its_words_with_what_became_of_it(talk: Talk, side: Side) -> None:
    now_ms = side.now_ms
    words = [{"text": text, "language": code} for text, code in (("We open it.", "en"), (URDU, "ur"), (PERSIAN, "fa"))]
    dated = {"owed_by": "both", "theme": "communication", "source": "call", "valid": "until-fulfilled"}
    first = talk.say(0, "commitment", "propose", fields={**dated, "due_ms": now_ms + DAY_MS}, portions=words)
    for by in (0, 1):
        talk.say(by, "commitment", "confirm", basis=[first.digest], fields={"digest": first.digest})
    again = {**dated, "words_used": "at-an-early-date", "review_ms": now_ms + DAY_MS, "renews": first.case}
    talk.say(1, "commitment", "propose", fields=again, portions=words)
    reader = officer(side)
    said = words_of(reader.get("/desk/commitments").text)
    for text in (
        "We open it.",
        URDU,
        PERSIAN,
        "both sides",
        "Promised, not fulfilled yet",
        "not rated yet",
        "until it is fulfilled",
    ):
        assert text in said
    assert "Proposed, not signed by both" in said
    shown = [{"text": "The room is built.", "role": "evidence", "language": "en"}]
    talk.say(1, "commitment", "report progress", basis=[first.digest], fields={"rating": 2}, portions=shown)
    assert "intermediate" in words_of(reader.get("/desk/commitments").text)


@sockets
def test_a_promise_made_again_shows_those_before(talk: Talk, side: Side) -> None:
    words = [{"text": text, "language": code} for text, code in (("Again.", "en"), (URDU, "ur"), (PERSIAN, "fa"))]
    terms = {"owed_by": "opener", "theme": "trade", "source": "call", "valid": "no-expiry"}
    before = ""
    for days in (1, 2):
        fields = {**terms, "due_ms": side.now_ms + days * DAY_MS, **({"renews": before} if before else {})}
        made = talk.say(0, "commitment", "propose", fields=fields, portions=words)
        for by in (0, 1):
            talk.say(by, "commitment", "confirm", basis=[made.digest], fields={"digest": made.digest})
        before = made.case
    page = officer(side).get("/desk/commitments").text
    assert "Promised before: 1" in words_of(page)
    assert "no expiry date" in words_of(page)


@sockets
def test_measures_and_the_timeline_show_components_and_what_is_in_force(talk: Talk, side: Side) -> None:
    fields = {"kind": "suspend-talks", "since_ms": JANUARY_MS}
    words = [{"text": "Talks are suspended.", "language": "en"}]
    declared = talk.say(0, "measure", "declare", fields=fields, portions=words)
    reader = officer(side)
    said = words_of(reader.get("/desk/measures").text)
    assert "SANCTION" in said
    assert "cancel" in said
    page = reader.get("/desk/timeline").text
    assert "In force that evening" in words_of(page)
    assert 'id="until" type="range"' in page
    alone = reader.get("/desk/timeline", measures="true").text
    assert alone.count("data-day=") == 1
    assert declared.reference in alone
    ends = {"kind": "resume-talks", "since_ms": JANUARY_MS + 3 * DAY_MS}
    talk.say(0, "measure", "restore", basis=[declared.digest], fields=ends, portions=words)
    assert "Undone after 3 days" in words_of(reader.get("/desk/measures").text)
    assert "In force that evening" not in words_of(reader.get("/desk/timeline").text)


@sockets
def test_the_timeline_goes_back_in_parts_and_a_measure_from_before_is_in_force(tmp_path: Path) -> None:
    fields = {"kind": "suspend-talks", "since_ms": JANUARY_MS}
    words = [{"text": "Talks are suspended.", "language": "en"}]
    with house(tmp_path) as busy:
        side = busy.sides[0]
        declared = Talk(busy).say(0, "measure", "declare", fields=fields, portions=words)
        with side.client() as client:
            for at in range(ACTS_MAX):
                client.ask(calls.say(side.line, "message", "send", portions=[{"text": f"Message {at}."}]))
        busy.settle()
        reader = officer(side)
        newest = reader.get("/desk/timeline").text
        assert declared.reference not in newest
        assert "In force that evening" in words_of(newest)
        (older,) = re.findall(r'href="([^"]+)" rel="next"', newest)
        before = follow(reader, html.unescape(older))
        assert declared.reference in before
        assert "Back to the newest" in before
        assert reader.get("/desk/timeline", cursor="none").status_code == HTTPStatus.BAD_REQUEST


@sockets
def test_each_play_of_an_exercise_is_laid_out_whole(talk: Talk, side: Side) -> None:
    for play, text in (("once", "It was told once."), ("again", "It was told again.")):
        played = {"scenario": play, "inject": play, "at_ms": JANUARY_MS, "hour": "assumed", "source": "own"}
        fields = {"exercise": {**played, "source_kind": "exercise"}}
        talk.say(0, "message", "send", fields=fields, portions=[{"text": text}])
    reader = officer(side)
    newest = reader.get("/desk/timeline").text
    assert "It was told again." in newest
    assert "It was told once." not in newest
    assert 'value="once"' in newest
    chosen = reader.get("/desk/timeline", play="once").text
    assert "It was told once." in chosen
    assert "It was told again." not in chosen


@sockets
def test_notices_are_turned_over_month_by_month(talk: Talk, side: Side) -> None:
    now_ms = side.now_ms
    window = {"start_ms": now_ms + 70 * DAY_MS, "end_ms": now_ms + 71 * DAY_MS}
    fields = talk.least("notice", "announce", kind="works", window=window, areas=AREAS, formation="none", assured=True)
    with side.http() as http:
        edition = http.get(f"/lines/{side.line}/charter").json()["terms"]["boundary"]["digest"]
    fields["areas"] = [{**each, "edition": edition} for each in AREAS]
    announced = talk.say(0, "notice", "announce", fields=fields)
    reader = officer(side)
    assert announced.reference not in reader.get("/desk/notices").text
    page = reader.get("/desk/notices", at_ms=str(window["start_ms"])).text
    assert announced.reference in page
    before = re.findall(r'href="([^"]+)" rel="prev"', page)[0].replace("&amp;", "&")
    assert announced.reference not in follow(reader, before)


AREAS = [{"area": [[63_500_000, 26_800_000], [63_600_000, 26_800_000], [63_600_000, 26_900_000]]}]


@sockets
def test_the_roster_compares_ranks(talk: Talk, side: Side) -> None:
    tour = {"start_ms": side.now_ms + DAY_MS, "end_ms": side.now_ms + 400 * DAY_MS}
    told = {"ceiling": "none", "categories": ["incidents"], "methods": ["oral"]}
    more = {"rank": "of-5", "post": "lo-zahedan", "at": "zahedan", "tour": tour, "disclosure": told}
    talk.say(0, "accreditation", "nominate", fields=talk.least("accreditation", "nominate", **more))
    said = words_of(officer(side, calendar="solar-hijri").get("/desk/roster").text)
    for text in ("lo-zahedan", "Zahedan", "OF-5", "colonel", "کرنل", "سرهنگ", "Not signed by both sides"):
        assert text in said
    assert "زاهدان" in words_of(officer(side, language="fa").get("/desk/roster").text)


@sockets
def test_what_a_node_holds_is_verified_piece_by_piece(talk: Talk, side: Side) -> None:
    talk.message()
    reader = officer(side)
    page = reader.get("/desk/transcript").text
    assert 'id="verify"' in page
    assert f"/lines/{side.line}/transcript" in page
    answer = reader.post(f"/desk/transcript/{side.line}/verify")
    pieces = [json.loads(each) for each in answer.text.splitlines()]
    assert [each["type"] for each in pieces[:-1]] == ["progress"] * (len(pieces) - 1)
    verdict = pieces[-1]
    assert (verdict["type"], verdict["genuine"], verdict["faults"]) == ("verdict", True, [])
    assert pieces[-2]["done"] == pieces[-2]["all"] == verdict["entries"]
    assert reader.post("/desk/transcript/nosuchline/verify").status_code == 404


@sockets
def test_a_view_is_kept_shared_and_dropped_by_its_keeper_alone(side: Side) -> None:
    admin = first_officer(side)
    keeper, other = (admin.invite(Role.DRAFTER, post="home") for _ in range(2))
    kept = keeper.post("/desk/views", {"name": "Flash", "address": "/desk/traffic?lane=FLASH"})
    assert kept.status_code == 201
    shared = keeper.post("/desk/views", {"name": "Ours", "address": "/desk/traffic?party=X-PAK", "shared": True}).json()
    assert "/desk/traffic?lane=FLASH" in keeper.get("/desk/traffic").text
    seen = other.get("/desk/traffic").text
    assert "lane=FLASH" not in seen
    assert "/desk/traffic?party=X-PAK" in seen
    assert "data-drop-view" not in seen
    assert "/desk/traffic?party=X-PAK" not in other.get("/desk/cases").text
    assert other.post(f"/desk/views/{shared['id']}/drop").status_code == 404
    assert keeper.post(f"/desk/views/{shared['id']}/drop").status_code == 200
    assert "/desk/traffic?party=X-PAK" not in other.get("/desk/traffic").text
    for address in ("https://example.org/desk/traffic", "//desk/traffic", "/desk/../officers", "javascript:x"):
        assert keeper.post("/desk/views", {"name": "x", "address": address}).status_code == 422
    last = [keeper.post("/desk/views", {"name": str(each), "address": "/desk/cases"}).status_code for each in range(60)]
    assert (last[0], last[-1]) == (201, 409)


@sockets
def test_a_proof_tells_what_does_not_hold_from_what_is_not_yet_so(talk: Talk, side: Side) -> None:
    sent = talk.message()
    store = side.node.store
    sound = view(store, find_entry(store, sent.reference))
    assert sound.proof is not None
    assert {each.holds for each in statements(sound)} == {Holds.YES}
    changed = msgspec.structs.replace
    for other, name, holds in (
        (changed(sound, proof=None), "unproven", Holds.NO),
        (changed(sound, proof=changed(sound.proof, receipted_s=0)), "unreceipted", Holds.NOT_YET),
        (changed(sound, void=True), "void", Holds.NO),
        (changed(sound, late=True), "late", Holds.NO),
        (changed(sound, approvals=()), "unapproved", Holds.NOT_YET),
        (changed(sound, charter_fault="charter-unheld"), "charter-unheld", Holds.NOT_YET),
        (changed(sound, charter_fault="charter-false"), "charter-false", Holds.NO),
        (changed(sound, approvals=(ApprovalView("releaser", "00", "", "revoked"),)), "approval-revoked", Holds.NO),
    ):
        assert {each.name: each.holds for each in statements(other)}[name] is holds


@given(st.integers(0, LAST_MS - 32 * DAY_MS), HOWS)
def test_a_month_holds_its_moment_and_those_beside_it_adjoin(time_ms: int, how: Preferences) -> None:
    month = month_of(time_ms, how)
    assert month.from_ms <= time_ms <= month.until_ms
    assert 27 * DAY_MS < month.until_ms - month.from_ms < 32 * DAY_MS
    assert month_of(month.after_ms, how).from_ms == month.until_ms + 1
    assert month_of(max(0, month.before_ms), how).until_ms in (month.from_ms - 1, month.until_ms)
    assert month.says
