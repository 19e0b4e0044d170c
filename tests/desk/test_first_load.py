"""What a browser that holds nothing fetches for a page: little, its own modules alone, compressed where it may be."""

import re
from collections.abc import Iterator
from gzip import decompress
from typing import Final

import httpx
import pytest

from rabita.desk.rendering import HTML
from rabita.desk.static_files import PACKED, TYPES, address, static, static_names
from tests.desk.told import PERSIAN, URDU, Talk, officer
from tests.gateways.browser import Browser
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

BYTES_MAX: Final = 300_000
TYPEFACES: Final = {"en": ("vazirmatn",), "fa": ("vazirmatn",), "ur": ("noto-nastaliq-urdu",)}
"""What a page in a language needs, by the file's name; an English one for what the other side wrote."""
APART: Final = ("/desk/map", "/desk/handovers/{number}")
"""The map has a bound of its own; a handover that was kept is reached by few."""


@pytest.fixture(scope="module")
def paths(home: House) -> dict[str, str]:
    """Give the address of every page by its route's path; both sides have said something."""
    side, talk = home.sides[0], Talk(home)
    sent = talk.message(URDU)
    talk.say(1, "message", "send", portions=[{"text": PERSIAN, "language": "fa"}])
    known = {"{reference}": sent.reference, "{case}": sent.digest}
    routes = [each for each in side.pages if each.method == "GET" and each.gives == HTML and each.path not in APART]
    found = {}
    for route in routes:
        path = route.path
        for name, value in known.items():
            path = path.replace(name, value)
        found[route.path] = path
    return found


def fetched(http: httpx.Client, path: str) -> tuple[str, int]:
    """Give a file's or page's text and the bytes of its body on the wire."""
    answer = http.get(path)
    assert answer.status_code in (200, 303), path
    return answer.text, answer.num_bytes_downloaded


def needed(page: str) -> Iterator[str]:
    """Name what the head of a page tells a browser to fetch."""
    yield from re.findall(r'<(?:script|link)[^>]* (?:src|href)="(/static/[^"]+)"', page)


@pytest.mark.parametrize("language", sorted(TYPEFACES))
def test_the_first_load_of_every_page_is_small(side: Side, paths: dict[str, str], language: str) -> None:
    reader = officer(side, language=language)
    sizes: dict[str, int] = {}
    with reader.http() as http:
        for name, path in paths.items():
            page, size = fetched(http, path)
            files = [*needed(page), *[address(f"{each}.woff2") for each in TYPEFACES[language]]]
            assert len(files) == len(set(files)), name
            for each in files:
                sizes[each] = sizes.get(each) or fetched(http, each)[1]
            sizes[name] = size + sum(sizes[each] for each in files)
            assert sizes[name] < BYTES_MAX, (name, size, sizes[name])
    assert len(paths) > 20


def test_a_page_names_every_module_it_leads_to_and_no_other(side: Side, paths: dict[str, str]) -> None:
    reader = officer(side)
    with reader.http() as http:
        for path in paths.values():
            page = http.get(path).text
            if not page:
                continue
            scripts = re.findall(r'<script src="/static/\w+/([\w.]+)" type="module">', page)
            told = re.findall(r'<link rel="modulepreload" href="/static/\w+/([\w.]+)">', page)
            found = list(scripts)
            for name in found:
                found += [
                    each for each in re.findall(r'from "\./([\w.]+)"', static(name).decode()) if each not in found
                ]
            assert sorted(told) == sorted(set(found) - set(scripts)), path
    assert "draft.js" not in reader.get("/desk").text
    assert "officers.js" not in reader.get("/desk/draft").text


def test_a_file_is_compressed_for_whoever_takes_it(side: Side) -> None:
    with side.http("") as http:
        for name in static_names():
            packs = TYPES[name.rpartition(".")[2]] in PACKED
            plain, packed = (raw(http, name, accepted) for accepted in ("identity", "br, gzip;q=0.5"))
            assert plain[0] == static(name)
            assert (decompress(packed[0]) if packs else packed[0]) == plain[0]
            assert "content-encoding" not in plain[1].headers
            assert packed[1].headers.get("content-encoding", "") == ("gzip" if packs else "")
            assert (packed[1].headers["etag"] != plain[1].headers["etag"]) == packs
            for _, answer in (plain, packed):
                assert answer.headers.get("vary", "") == ("accept-encoding" if packs else "")


def raw(http: httpx.Client, name: str, accepted: str) -> tuple[bytes, httpx.Response]:
    """Fetch a file as it is on the wire."""
    with http.stream("GET", address(name), headers={"accept-encoding": accepted}) as answer:
        return b"".join(answer.iter_raw()), answer


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.000", "gzipped", "*", "deflate, br;q=1.0"])
def test_whoever_does_not_take_gzip_is_sent_none(side: Side, accepted: str) -> None:
    with side.http("") as http:
        assert raw(http, "rabita.js", accepted)[0] == static("rabita.js")


def test_a_browser_that_has_a_file_is_told_so_in_its_own_encoding(side: Side) -> None:
    with side.http("") as http:
        path = address("rabita.css")
        packed = http.get(path, headers={"accept-encoding": "gzip"})
        asked = {"if-none-match": packed.headers["etag"], "accept-encoding": "gzip"}
        again = http.get(path, headers=asked)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["vary"] == "accept-encoding"
        assert "content-encoding" not in again.headers
        other = http.get(path, headers=asked | {"accept-encoding": "identity"})
        assert (other.status_code, other.content) == (200, static("rabita.css"))


def test_pages_and_answers_are_never_compressed(side: Side) -> None:
    """Beside what a stranger may choose stand secrets, and the length of both together would tell of them."""
    reader: Browser = officer(side)
    with reader.http() as http:
        for path in ("/desk", "/desk/search?text=secret", "/sign-in", "/access/session", f"/lines/{side.line}/entries"):
            answer = http.get(path, headers={"accept-encoding": "gzip, br"})
            assert answer.status_code == 200
            assert "content-encoding" not in answer.headers
