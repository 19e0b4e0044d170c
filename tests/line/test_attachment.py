"""What a blob is made of: what may be attached and opened, and that names are never paths."""

from pathlib import PurePosixPath
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line import limits
from rabita.line.attachment import (
    MEDIA,
    Header,
    digest_of,
    is_digest,
    make_blob,
    media_of,
    named_in,
    open_blob,
    plain_name,
    read_header,
)
from rabita.line.entry import encode
from rabita.line.errors import PeerFault, UserFault
from rabita.line.ids import Lane
from rabita.line.possession import read_possession
from tests.line.founders import US
from tests.line.players import act_of

SALT: Final = b"s" * limits.PORTION_SALT_BYTES
CONTENT: Final = {
    "a.pdf": b"%PDF-1.7 x",
    "a.png": b"\x89PNG\r\n\x1a\nx",
    "a.JPG": b"\xff\xd8\xffx",
    "a.txt": "متن".encode(),
    "a.csv": b"a,b\n1,2\n",
    "a.geojson": b'{"type":"FeatureCollection","features":[]}',
}


def raw_blob(header: bytes, content: bytes = b"x", length: int | None = None) -> bytes:
    size = len(header) if length is None else length
    return SALT + size.to_bytes(4, "big") + header + content


@pytest.mark.parametrize("name", CONTENT)
def test_what_is_attached_comes_out_as_it_went_in(name: str) -> None:
    blob = make_blob(SALT, name, CONTENT[name])
    assert open_blob(blob) == (Header(media_of(name), name), CONTENT[name])
    assert is_digest(digest_of(blob))
    assert digest_of(blob) != digest_of(make_blob(b"t" * 16, name, CONTENT[name]))


@pytest.mark.parametrize(
    ("name", "content", "media", "code"),
    [
        ("a.zip", b"PK", "", "attachment-media"),
        ("a.pdf", b"PK", "", "attachment-media"),
        ("a.txt", b"\xff", "", "attachment-media"),
        ("a.txt", b"\0", "", "attachment-media"),
        ("a.html", b"<p>", "text/html", "attachment-media"),
        ("", b"x", "text/plain", "attachment-name"),
        ("a\nb.txt", b"x", "", "attachment-name"),
        ("a\u202eb.txt", b"x", "", "attachment-name"),
        ("x" * 129 + ".txt", b"x", "", "attachment-name"),
        ("a.txt", b"x" * limits.ATTACHMENT_BYTES_MAX, "", "attachment-oversized"),
    ],
)
def test_what_may_not_be_attached_is_refused(name: str, content: bytes, media: str, code: str) -> None:
    with pytest.raises(UserFault, match=code):
        make_blob(SALT, name, content, media)


@pytest.mark.parametrize(
    ("blob", "code"),
    [
        (b"", "attachment-malformed"),
        (raw_blob(b""), "attachment-malformed"),
        (raw_blob(b'{"media":"text/plain","name":"a"}', length=2**31), "attachment-malformed"),
        (raw_blob(b"{" + b" " * limits.ATTACHMENT_HEADER_BYTES_MAX + b"}"), "attachment-malformed"),
        (raw_blob(b'{"media":"text/plain"}'), "attachment-malformed"),
        (raw_blob(b'{"name":"a","media":"text/plain"}'), "attachment-malformed"),
        (raw_blob(b'{"media":"text/plain","name":"a\\n"}'), "attachment-malformed"),
        (raw_blob(b"\xff\xff"), "attachment-malformed"),
        (raw_blob(b'{"media":"text/html","name":"a"}'), "attachment-media"),
        (raw_blob(b'{"media":"application/pdf","name":"a"}', b"MZ"), "attachment-media"),
    ],
)
def test_what_came_and_may_not_be_opened_is_refused(blob: bytes, code: str) -> None:
    with pytest.raises(PeerFault, match=code):
        open_blob(blob)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(blob: bytes) -> None:
    try:
        header, begin = read_header(blob)
    except PeerFault:
        return
    assert header.name
    assert 0 < begin <= len(blob)


@given(st.binary(max_size=400))
def test_any_bytes_are_no_statement(raw: bytes) -> None:
    with pytest.raises(PeerFault):
        read_possession(raw)


HOSTILE: Final = [
    "../../etc/passwd",
    "..",
    "/",
    ".",
    "C:\\x\\..\\evil.exe",
    ".bashrc",
    "a/b/.hidden",
    "CON:",
    "   ",
    "~",
    "$(reboot).pdf",
    "-rf .txt",
]


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=200)), st.sampled_from([*MEDIA, "text/html", ""]))
def test_no_name_leads_out_of_the_folder_or_hides(name: str, media: str) -> None:
    plain = plain_name(Header(media, name), "0" * 64)
    assert PurePosixPath(plain).name == plain
    assert not plain.startswith((".", "-", "~"))
    assert set(plain).isdisjoint('\\/:*?"<>|$;\0\n')
    assert plain.endswith(MEDIA[media].suffixes if media in MEDIA else ".bin") or plain.lower().endswith(
        MEDIA[media].suffixes
    )


def test_an_act_names_its_digests_once_and_no_more_than_allowed() -> None:
    digests = [f"{number:064x}" for number in range(limits.ATTACHMENTS_MAX + 1)]

    def named(*given: str) -> tuple[str, ...]:
        return named_in(encode(act_of(US, Lane.ROUTINE, attachments=given)))

    assert named(digests[0], digests[1], digests[0], "../x", "F" * 64) == tuple(digests[:2])
    assert named(*digests) == tuple(digests[:-1])
    assert named() == ()
    assert named_in(b'{"attachments":[1]}') == named_in(b'"attachments"') == named_in(b"") == ()
    assert named_in(b'{"x":' + b"[" * 5_000 + b'"attachments"') == ()
