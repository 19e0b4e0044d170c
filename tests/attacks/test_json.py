"""Bodies that are none: too deep, twice, too large, of another type or compressed, at every route that takes one."""

import gzip
import json
import zlib
from typing import Final

import httpx
import pytest

from rabita.gateways.rest.application import ROUTES
from rabita.gateways.rest.routing import Route
from tests.attacks.test_headers import filled
from tests.attacks.test_requests import SOURCE, imported
from tests.gateways.people import Side

pytestmark = pytest.mark.sockets

TAKING: Final = [route for route in ROUTES if route.body is not None]
JSON: Final = {"content-type": "application/json"}
DEEP: Final = 100_000


def post(side: Side, route: Route, *raws: bytes, **headers: str) -> list[httpx.Response]:
    told = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    with side.http() as http:
        return [http.post(filled(route, side.line), content=raw, headers=told) for raw in raws]


def check(*answers: httpx.Response) -> None:
    """Check that each was refused as what was asked, by whoever asked."""
    for answer in answers:
        assert 400 <= answer.status_code < 500, f"{answer.url}: {answer.text}"
        assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_no_json_of_ours_is_refused_everywhere(side: Side) -> None:
    for route in TAKING:
        check(*post(side, route, b"", b"[]", b"\xff\xfe{}", b"[" * DEEP + b"]" * DEEP))


def test_a_member_given_twice_is_refused_everywhere(side: Side) -> None:
    for route in TAKING:
        check(*post(side, route, b'{"fields":{},"fields":{}}', b'{"answer":{"id":"a","id":"b"}}'))


def test_a_member_nobody_asked_for_is_refused_everywhere(side: Side) -> None:
    for route in TAKING:
        check(*post(side, route, *[json.dumps({name: {"x": 1}}).encode() for name in ("__proto__", "roles", "")]))


def message(side: Side, *raws: bytes, **headers: str) -> list[httpx.Response]:
    say = next(route for route in TAKING if route.name == "say")
    return post(side, say, *raws, **headers)


def said(**changed: object) -> bytes:
    return json.dumps({"portions": [{"text": "x"}], "fields": {}, **changed}).encode()


def test_what_is_no_json_of_ours_is_refused_in_any_way_of_writing_it(side: Side) -> None:
    check(
        *message(
            side,
            *(b"{", b"null", b'"x"', b"\xef\xbb\xbf{}", b"{}{}", b"{'a': 1}", b"{/**/}", b'{"a":"\xed\xa0\x80"}'),
            b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
            b'{"a":"\\ud800"}',
            "{\u00a0}".encode(),
            '{"a":1}'.encode("utf-16"),
        )
    )


def test_numbers_that_are_none_are_refused(side: Side) -> None:
    numbers = ("NaN", "Infinity", "-Infinity", "1e400", "9" * 400, "9007199254740992", "1.5", "-1", "0x10")
    for number in numbers:
        raw = said(reply_by_ms=0).replace(b'"reply_by_ms": 0', f'"reply_by_ms": {number}'.encode())
        check(*message(side, raw))


def test_no_type_passes_for_another(side: Side) -> None:
    others: tuple[object, ...] = ("1", True, None, [[]], {"": []}, [1], [None], 1.0)
    for member in ("portions", "posts", "basis", "fields", "attachments", "precedence", "reply_by_ms"):
        check(*message(side, *[said(**{member: value}) for value in others]))


def test_a_compressed_body_is_not_unpacked(side: Side) -> None:
    bomb = zlib.compress(b" " * 2**26, 9)
    for raw, coding in ((gzip.compress(said()), "gzip"), (bomb, "deflate"), (said(), "br"), (bomb, "gzip, gzip")):
        (answer,) = message(side, raw, content_encoding=coding)
        assert answer.status_code in (201, 400, 413), "what is no JSON as it came is refused, whatever it says it is"
        assert answer.status_code != 201 or raw == said()


def test_nothing_here_unpacks_or_unpickles() -> None:
    unsafe = {"zlib", "gzip", "bz2", "lzma", "zipfile", "tarfile", "pickle", "marshal", "shelve", "yaml", "xml", "dill"}
    found = {
        path.relative_to(SOURCE).as_posix(): imported(path) & unsafe
        for path in SOURCE.rglob("*.py")
        if imported(path) & unsafe
    }
    assert found == {
        "app/backup.py": {"tarfile"},  # a backup of one's own, encrypted, uncompressed, names checked
        "desk/static_files.py": {"gzip"},  # files that come with Rabita are packed there, and nothing is unpacked
    }
