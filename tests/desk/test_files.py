"""Files of drafts and entries over HTTP: told to whoever reads the draft, and by their state on the entry's page."""

import re
from functools import partial
from html import unescape

import msgspec
import pytest

from rabita.desk.file_words import size_text
from rabita.line.entry import NO_APPROVALS, decode_act, encode
from rabita.line.events import Draft
from rabita.line.ids import Lane, reference
from rabita.services.attachments import attached
from rabita.services.officers import Role
from tests.app.people import until, words
from tests.desk.told import Talk, officer
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

NAME = "گزارش.txt"
CONTENT = b"0123456789\n" * 300_000


def added(side: Side, content: bytes = CONTENT, name: str = NAME) -> str:
    return attached(side.node.blobs, side.line, name, content).digest


def arrived(home: House, reader: int, digest: str) -> None:
    """Wait until a side holds a file and the other has its word for it."""
    for side in (home.sides[reader], home.sides[1 - reader]):
        home.run(until(side.node, partial(_signed, side, digest)))


def _signed(side: Side, digest: str) -> bool:
    return any(digest in each.name for each in side.node.store.documents("possession"))


def part(page: str) -> str:
    found = re.search(r'<section aria-labelledby="files-head".*?</section>', page, re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", unescape(found[0]))


def begun(drafter: Browser, *digests: str) -> str:
    said = {"portions": [{"text": "See the file.", "role": "text"}], "attachments": digests, "post": "DUTY-ROOM"}
    body = {"line": drafter.side.line, "procedure": "message", "act": "send", "said": said}
    return str(drafter.post("/drafts", body).json()["id"])


def test_an_entry_says_of_each_file_where_it_is_and_who_signed_for_it(home: House, side: Side) -> None:
    talk, other = Talk(home), home.sides[1]
    digest = added(side)
    sent = talk.message("See the file.", "en", attachments=[digest])
    arrived(home, 1, digest)
    ours = part(officer(side).get(f"/desk/entry/{sent.reference}").text)
    theirs = part(officer(other).get(f"/desk/entry/{sent.reference}").text)
    for page in (ours, theirs):
        for said in (NAME, "Text", "3.3 MB", digest, f'href="/lines/{side.line}/attachments/{digest}" download'):
            assert said in page
    assert "Held by the other side" in ours
    assert "The other side signed that it holds it whole:" in ours
    assert '<span class="tag good">Here</span>' in theirs
    assert "This node signed that it holds it whole:" in theirs


async def named(side: Side, digest: str) -> None:
    """Seal an act that names a file which this side does not have."""
    draft = words(side.node, side.line, "See the file.")
    act = msgspec.structs.replace(decode_act(draft.act), attachments=(digest,))
    await side.node.seal(side.line, Lane.ROUTINE, Draft(encode(act), NO_APPROVALS, draft.portions))


def test_a_file_that_has_not_come_says_how_much_of_it_has(home: House, side: Side) -> None:
    other, digest = home.sides[1], "ab" * 32
    home.run(named(side, digest))
    home.settle()
    (found,) = [each for each in other.node.store.attachments(other.line) if each.digest == digest]
    path = f"/desk/entry/{reference(found.log, found.index)}"
    reader = officer(other)
    page = part(reader.get(path).text)
    assert "data-coming" in page
    assert '<span class="tag care">On its way</span>' in page
    other.node.blobs.add(other.line, digest, 0, b"x" * 5_100)
    page = part(reader.get(path).text)
    assert "On its way: 5.1 kB so far" in page
    assert "Its name is not known yet" in page
    assert "/attachments/" not in page
    assert "Not held here any more" in part(officer(side).get(path).text)


def test_an_entry_without_files_says_nothing_of_any(home: House, side: Side) -> None:
    sent = Talk(home).message()
    assert "files-head" not in officer(side).get(f"/desk/entry/{sent.reference}").text


def test_the_files_of_a_draft_are_described_to_whoever_may_read_it(side: Side) -> None:
    admin = first_officer(side)
    drafter = admin.invite(Role.DRAFTER, post="DUTY-ROOM")
    digest = added(side, b"%PDF-1.7 \n", "map.pdf")
    draft = begun(drafter, digest, "ab" * 32, "no digest")
    (found,) = told(drafter.get(f"/desk/drafts/{draft}/files"))
    assert {"digest": digest, "media": "application/pdf", "name": "map.pdf"}.items() <= found.items()
    reviewer = admin.invite(Role.REVIEWER)
    assert told(reviewer.get(f"/desk/drafts/{draft}/files")) == [found]
    assert code_of(admin.invite(Role.AUDITOR).get(f"/desk/drafts/{draft}/files")) == "policy-refused"
    assert code_of(drafter.get("/desk/drafts/none/files")) == "draft-unknown"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (34_000, "34 kB"),
        (2_600_000, "2.6 MB"),
        (67_000_000, "67 MB"),
    ],
)
def test_a_size_is_written_in_its_largest_unit(count: int, text: str) -> None:
    assert size_text(count, str) == text
