"""Attachments over HTTP: added, named by an act, carried to the other node, given out as a file and nothing else."""

from typing import Final

import pytest

from rabita.client import calls
from rabita.gateways.rest.access import Scope
from rabita.line import limits
from rabita.line.attachment import make_blob
from rabita.line.errors import UserFault
from tests.app.people import until
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

CONTENT: Final = "خبر از مرز\n".encode() * 40_000
FILE: Final = {"content-type": "application/octet-stream"}


def said(side: Side, *digests: str) -> dict[str, object]:
    body = {"fields": {}, "portions": [{"text": "See the file."}], "marking": "GREEN", "attachments": digests}
    with side.http() as http:
        answer = http.post(f"/lines/{side.line}/procedures/message/send", json=body)
    found: dict[str, object] = answer.json()
    return found | {"status": answer.status_code}


def test_a_file_is_added_named_and_carried_and_the_other_side_signs_for_it(home: House, side: Side) -> None:
    other = home.sides[1]
    with side.client() as client, other.client(Scope.READ) as reader:
        added = client.ask(calls.attach(side.line, "گزارش.txt", CONTENT))
        assert (added.media, added.name) == ("text/plain", "گزارش.txt")
        assert added.digest not in [each.digest for each in client.ask(calls.attachments(side.line))]
        assert said(side, added.digest)["status"] == 201

        def signed() -> bool:
            found = [each for each in client.ask(calls.attachments(side.line)) if each.digest == added.digest]
            return bool(found and found[0].possessed_ms)

        async def wait() -> None:
            said_of = side.node.store.documents
            await until(side.node, lambda: any(added.digest in each.name for each in said_of("possession")))

        home.run(wait())
        assert signed()
        (held,) = [each for each in reader.ask(calls.attachments(side.line)) if each.digest == added.digest]
        assert (held.held, held.opens, held.name) == (True, True, "گزارش.txt")
        assert reader.ask(calls.attachment(side.line, added.digest)) == CONTENT
    with other.http() as http:
        answer = http.get(f"/lines/{side.line}/attachments/{added.digest}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.zip", b"PK", "attachment-media"),
        ("a.pdf", b"<html>", "attachment-media"),
        ("a\nb.txt", b"x", "attachment-name"),
        ("a.txt", b"x" * (limits.ATTACHMENT_BYTES_MAX + 1), "request-oversized"),
    ],
)
def test_what_may_not_be_attached_is_refused(side: Side, name: str, content: bytes, code: str) -> None:
    with side.http() as http:
        answer = http.post(f"/lines/{side.line}/attachments", params={"name": name}, content=content, headers=FILE)
    assert answer.json()["code"] == code


def test_who_may_only_read_adds_nothing(side: Side) -> None:
    with side.client(Scope.READ) as client, pytest.raises(UserFault, match="policy-refused"):
        client.ask(calls.attach(side.line, "a.txt", b"x"))


def test_an_act_names_only_what_is_held(side: Side) -> None:
    refused = said(side, "ab" * 32)
    assert (refused["status"], refused["code"], refused["field"]) == (422, "attachment-missing", "attachments")
    with side.http() as http:
        path = f"/lines/{side.line}/procedures/message/send?check=true"
        tried = http.post(path, json={"portions": [{"text": "x"}], "marking": "GREEN", "attachments": ["ab" * 32]})
    assert tried.json()["code"] == "attachment-missing"


@pytest.mark.parametrize("digest", ["ab" * 32, "..%2F..%2Frabita.db", "x"])
def test_what_is_not_held_is_not_found(side: Side, digest: str) -> None:
    with side.http() as http:
        assert http.get(f"/lines/{side.line}/attachments/{digest}").status_code == 404


def test_what_is_held_and_may_not_be_opened_is_not_given_out(home: House, side: Side) -> None:
    async def put() -> str:
        blob = make_blob(b"s" * 16, "a.pdf", b"%PDF-").replace(b"%PDF-", b"MZ")
        return side.node.blobs.put(side.line, blob)

    with side.client() as client, pytest.raises(UserFault, match="attachment-media"):
        client.ask(calls.attachment(side.line, home.run(put())))
