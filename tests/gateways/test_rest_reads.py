"""Reading over HTTP: lists page by page, founding texts, transcripts, what is unchanged, what changes as it happens."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from rabita.client import calls
from rabita.client.streaming import Heard, Parser
from rabita.gateways.rest.access import Scope
from rabita.services.duty_directory import keep_directory
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

DIRECTORY = (
    b'{"posts":[{"code":"ops-room","party":"X-PAK","telephones":["+92 51 111"],"languages":["ur"],'
    b'"hours":[{"days":[0],"from_minute":0,"until_minute":0}]}]}'
)


@pytest.fixture(scope="module")
def spoken(home: House) -> list[str]:
    """Five messages of ours, by their digest."""
    side = home.sides[0]
    with side.client() as client:
        said = [
            client.ask(calls.say(side.line, "message", "send", portions=[{"text": f"Word number {number}."}]))
            for number in range(5)
        ]
    home.settle()
    return [each.digest for each in said]


def test_lists_come_page_by_page_without_gap_or_repeat(side: Side, spoken: list[str]) -> None:
    with side.http() as http:
        url: str = f"/lines/{side.line}/entries"
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = http.get(url, params={"count": 2, "cursor": cursor, "procedure": "message"}).json()
            assert len(page["rows"]) <= 2
            rows += page["rows"]
            cursor = page["next"]
            if not cursor:
                break
        whole = http.get(url, params={"count": 200, "procedure": "message"}).json()["rows"]
        assert rows == whole
        assert [each["digest"] for each in rows[: len(spoken)]] == spoken[::-1]
        wrong = http.get(url, params={"count": 201})
        assert (wrong.status_code, wrong.json()["field"]) == (400, "count")
        assert http.get(url, params={"procedure": "no such"}).json()["field"] == "procedure"
        assert http.get(url, params={"cursor": "no cursor"}).status_code in (200, 400, 422)


def test_a_line_is_shown_with_its_founding_texts(side: Side, spoken: list[str]) -> None:
    assert spoken
    with side.http() as http:
        assert http.get("/health").json() == {"status": "up"}
        (line,) = http.get("/lines").json()
        assert line == http.get(f"/lines/{side.line}").json()
        assert (line["line"], line["state"], line["exercise"]) == (side.line, "up", True)
        charter = http.get(f"/lines/{side.line}/charter").json()
        assert charter["signed_by"] == ["X-IRN", "X-PAK"]
        assert charter["terms"]["exercise"]
        assert [each["party"] for each in http.get(f"/lines/{side.line}/descriptors").json()] == ["X-PAK", "X-IRN"]
        catalogue = http.get("/procedures").json()
        assert "message" in [each["name"] for each in catalogue["procedures"]]
        for each in catalogue["procedures"]:
            assert http.get(each["address"]).json()["name"] == each["name"]
        assert http.get("/procedures/none").json()["code"] == "procedure-unknown"
        assert http.get("/index").json()[0]["behind"] == 0


def test_an_entry_is_shown_with_its_proof_and_a_wrong_reference_is_named(side: Side, spoken: list[str]) -> None:
    assert spoken
    with side.http() as http:
        (row,) = http.get(f"/lines/{side.line}/entries", params={"count": 1, "procedure": "message"}).json()["rows"]
        shown = http.get(f"/lines/{side.line}/entries/{row['reference']}").json()
        assert shown["proof"]["hashes"]
        assert shown["act_digest"] == row["digest"]
        for reference, status, code in (
            ("X-PAK-R-9999", 404, "reference-unknown"),
            ("nonsense", 400, "reference-malformed"),
            ("X-PAK-R-0000", 400, "reference-malformed"),
        ):
            answer = http.get(f"/lines/{side.line}/entries/{reference}")
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert http.get(f"/lines/{side.line}/cases/{'0' * 64}").json()["code"] == "case-unknown"


def test_what_is_unchanged_is_not_sent_again(side: Side, spoken: list[str]) -> None:
    assert spoken
    with side.http() as http:
        for path in ("charter", "cases", "entries", "fingerprints"):
            first = http.get(f"/lines/{side.line}/{path}")
            again = http.get(f"/lines/{side.line}/{path}", headers={"if-none-match": first.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]
        listed = f'"x", W/{http.get(f"/lines/{side.line}/fingerprints").headers["etag"]}'
        assert http.get(f"/lines/{side.line}/fingerprints", headers={"if-none-match": listed}).status_code == 304


def test_words_are_found_and_both_nodes_compute_the_same(home: House, side: Side, spoken: list[str]) -> None:
    with side.http() as http:
        hits = http.get(f"/lines/{side.line}/search", params={"text": "number 3"}).json()["rows"]
        assert spoken[3] in [each["act"]["digest"] for each in hits]
        missing = http.get(f"/lines/{side.line}/search")
        assert (missing.status_code, missing.json()["field"]) == (400, "text")
        ours = http.get(f"/lines/{side.line}/fingerprints").json()
        assert {each["rings"] for each in http.get(f"/lines/{side.line}/ringing").json()} <= {True}
        for register in ("commitments", "incidents", "roster", "measures", "notices"):
            assert set(http.get(f"/lines/{side.line}/{register}").json()) == {"rows", "next"}
        act = http.get(f"/lines/{side.line}/acts/{spoken[3]}").json()
        assert (act["digest"], act["status"]) == (spoken[3], "effective")
    home.settle()
    with home.sides[1].http() as http:
        assert http.get(f"/lines/{side.line}/fingerprints").json() == ours


def test_the_watch_s_own_records_are_read(side: Side) -> None:
    with side.http() as http:
        assert http.get(f"/lines/{side.line}/handovers").json() == []
        none = http.get(f"/lines/{side.line}/directory")
        assert (none.status_code, none.json()["code"]) == (404, "directory-none")
        keep_directory(side.node.store, side.line, DIRECTORY)
        (post,) = http.get(f"/lines/{side.line}/directory").json()["posts"]
        assert (post["code"], post["telephones"]) == ("ops-room", ["+92 51 111"])


def test_a_transcript_is_exported_and_verified_and_an_altered_one_is_not(side: Side, spoken: list[str]) -> None:
    assert spoken
    with side.http(side.token(Scope.READ)) as http:
        answer = http.get(f"/lines/{side.line}/transcript")
        assert answer.headers["content-type"] == "application/x-ndjson"
        found = verified(http, answer.content)
        assert found["genuine"]
        assert found["parties"] == ["X-PAK", "X-IRN"]
        assert not verified(http, answer.content[:-200])["genuine"]
        assert not verified(http, b"no transcript")["genuine"]
        assert not verified(http, b"")["genuine"]
        wrong = http.post("/transcripts/verify", json={})
        assert (wrong.status_code, wrong.json()["code"]) == (415, "media-unsupported")


def verified(http: httpx.Client, raw: bytes) -> dict[str, Any]:
    answer = http.post("/transcripts/verify", content=raw, headers={"content-type": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def heard(side: Side, count: int, last_id: str = "", token: str | None = None) -> Iterator[Heard]:
    """Listen until *count* events came."""
    headers = {"last-event-id": last_id} if last_id else {}
    with side.http(token) as http, http.stream("GET", "/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        parser, left = Parser(), count
        for chunk in answer.iter_bytes():
            yield from [Heard("", "open", {})] if chunk.startswith(b":") else []
            for event in parser.feed(chunk):
                left -= 1
                yield event
                if not left:
                    return


def say(side: Side, text: str) -> None:
    with side.client() as client:
        client.ask(calls.say(side.line, "message", "send", portions=[{"text": text}]))


def test_what_happens_is_heard_and_resumed_where_it_broke_off(home: House, side: Side) -> None:
    stream = heard(side, 2)
    assert next(stream).what == "open"
    say(side, "First.")
    events = [each for each in stream if each.what != "open"]
    assert events[0].what == "sealed"
    assert events[0].data["line"] == side.line
    say(side, "Second, while nobody listens.")
    home.settle()
    missed = [each for each in heard(side, 3, events[0].id) if each.what != "open"]
    assert missed[0] == events[1]
    assert "sealed" in [each.what for each in missed[1:]] or "receipted" in [each.what for each in missed]
    lost = [each for each in heard(side, 1, "0-1") if each.what != "open"]
    assert lost[0].what == "lost"


def test_a_case_that_changed_is_told_by_its_id_and_state(side: Side) -> None:
    stream = heard(side, 100)
    assert next(stream).what == "open"
    with side.client() as client:
        said = client.ask(calls.say(side.line, "message", "send", portions=[{"text": "A case."}]))
    told = next(each for each in stream if each.what == "case" and each.data["case"] == said.case)
    assert told.data == {
        "line": side.line,
        "case": said.case,
        "procedure": "message",
        "state": "sent",
        "acts": 1,
    }


def test_a_stream_ends_when_its_token_is_revoked(side: Side) -> None:
    token, text = side.issued(Scope.READ)
    stream = heard(side, 100, token=text)
    assert next(stream).what == "open"
    side.web.records.put_token(msgspec.structs.replace(token, revoked_ms=side.now_ms))
    say(side, "After the recall.")
    assert [each for each in stream if each.what != "open"] == []


def test_a_token_for_another_line_hears_nothing_and_a_stream_ends_with_its_node(home: House, side: Side) -> None:
    everything = heard(side, 100)
    nothing = heard(side, 100, token=side.token(Scope.READ, lines=("a" * 52,)))
    assert next(everything).what == next(nothing).what == "open"
    say(side, "Not for everyone.")
    home.restart(0)
    assert [each.what for each in everything if each.what != "open"]
    assert [each.what for each in nothing if each.what != "open"] == []


def test_a_connection_that_says_nothing_right_harms_nobody(side: Side) -> None:
    host, port = side.web.address
    for raw in (b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", b"A" * 100_000):
        with socket.create_connection((host, port)) as stranger:
            stranger.sendall(raw)
            stranger.shutdown(socket.SHUT_WR)
            stranger.settimeout(5)
            while stranger.recv(65_536):
                pass
    with side.http("") as http:
        assert http.get("/health").status_code == 200
