"""Files that come in and go out over HTTP: names that lead elsewhere, links, content that is not what it says."""

from pathlib import Path
from typing import Final

import httpx
import pytest

from rabita.desk.static_files import address
from rabita.line.attachment import MEDIA, Header, make_blob, plain_name
from rabita.line.errors import LocalFault, UserFault
from rabita.store.attachments import FolderBlobs
from tests.gateways.people import Side

pytestmark = pytest.mark.sockets

FILE: Final = {"content-type": "application/octet-stream"}
PATHS: Final = (
    "../../web.db",
    "..\\..\\web.db",
    "/etc/passwd",
    "....//....//keys/node.json",
    "C:\\x.txt",
    "file:///etc/passwd",
    "a/../../b.txt",
    ".hidden",
    "-rf.txt",
    "con.txt",
    "x.txt/",
    "\u202etxt.exe",
    "~root.txt",
    "$HOME.txt",
    "`id`.txt",
)


def add(http: httpx.Client, side: Side, name: str, content: bytes = b"words", **query: str) -> httpx.Response:
    asked = {"name": name, **query}
    return http.post(f"/lines/{side.line}/attachments", params=asked, content=content, headers=FILE)


@pytest.mark.parametrize("name", PATHS)
def test_no_name_of_a_file_leads_anywhere(side: Side, name: str) -> None:
    before = sorted(path for path in side.node.home.folder.parent.rglob("*") if path.is_file())
    with side.http() as http:
        answer = add(http, side, name, media="text/plain")
        assert answer.status_code in (201, 422)
        if answer.status_code == 201:
            given = http.get(answer.headers["location"]).headers["content-disposition"]
            assert not set("/\\") & set(given.removeprefix("attachment; filename*=UTF-8''"))
    after = sorted(path for path in side.node.home.folder.parent.rglob("*") if path.is_file())
    fresh = {path.parent.parent for path in set(after) - set(before) if not path.name.endswith(("-wal", "-shm"))}
    assert fresh <= {side.node.home.attachments}
    plain = plain_name(Header("text/plain", name), "ab" * 32)
    assert plain == Path(plain).name
    assert not plain.startswith((".", "-"))


@pytest.mark.parametrize("digest", ["%2e%2e", "..%2f..%2fweb.db", "ab" * 31 + "..", "AB" * 32, "ab" * 32 + "%00"])
def test_no_digest_or_line_leads_out_of_the_store(side: Side, digest: str) -> None:
    with side.http() as http:
        for path in (f"/lines/{side.line}/attachments/{digest}", f"/lines/{digest}/attachments/{'ab' * 32}"):
            assert http.get(path).status_code in (400, 403, 404)
        said = {"portions": [{"text": "x"}], "fields": {}, "attachments": ["../" * 3 + "web.db"]}
        assert http.post(f"/lines/{side.line}/procedures/message/send", json=said).status_code == 422


def test_a_file_is_given_out_to_be_saved_and_never_to_be_shown(side: Side) -> None:
    page = b"<html><script>alert(1)</script>"
    with side.http() as http:
        for name, content in (("notice.html", page), ("x.svg", b"<svg onload=alert(1)>"), ("x.pdf", page)):
            assert add(http, side, name, content).json()["code"] == "attachment-media"
        added = add(http, side, "a'b\"c;filename=evil.html.txt", page)
        answer = http.get(added.headers["location"])
    assert answer.content == page
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a_b_c_filename_evil.html.txt"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_opens_as_two_things_is_one_of_those_allowed() -> None:
    for media, each in MEDIA.items():
        blob = make_blob(b"\0" * 16, f"x{each.suffixes[0]}", each.begins + b"<script>alert(1)</script>")
        assert media.encode() in blob
    with pytest.raises(UserFault, match="attachment-media"):
        make_blob(b"\0" * 16, "x.png", b"GIF89a\x89PNG\r\n\x1a\n")
    with pytest.raises(UserFault, match="attachment-media"):
        make_blob(b"\0" * 16, "x.zip", b"PK\x03\x04")


def test_no_path_of_the_door_leads_to_a_file_of_the_disk(side: Side) -> None:
    with side.http() as http:
        for path in (
            *("/static/../../pages.py", "/static/%2e%2e/pages.py", "/static/..%2f..%2fapplication.py", "/static/"),
            *(
                "/static",
                "/static/rabita.js/..",
                "/static//etc/passwd",
                f"{address('rabita.js')}%00.css",
                "/.git/config",
            ),
            *(address(each) for each in ("../../shells.py", "..%2f..%2fshells.py", "%2e%2e%2fwords.py", "")),
            *("/web.db", "/rabita.toml", "/keys/node.json", "/%2e%2e/%2e%2e/etc/passwd", "//evil.test/%2e%2e"),
        ):
            assert http.get(path).status_code in (400, 404), path


def test_a_link_put_in_the_place_of_a_blob_is_not_followed_out(side: Side, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"not a blob")
    folder = tmp_path / "attachments"
    blobs = FolderBlobs(folder)
    blob = make_blob(b"\1" * 16, "a.txt", b"words")
    digest = blobs.put(side.line, blob)
    path = folder / side.line / digest
    path.unlink()
    path.symlink_to(secret)
    with side.http() as http:
        assert http.get(f"/lines/{side.line}/attachments/{digest}").status_code == 404
    part = folder / side.line / ("cd" * 32 + ".part")
    part.symlink_to(secret)
    with pytest.raises(LocalFault):
        blobs.add(side.line, "cd" * 32, 0, b"over it")
    assert secret.read_bytes() == b"not a blob"
