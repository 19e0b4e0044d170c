"""Records on paper over HTTP: what they hold, in each language, the same bytes again, and for whom they are not."""

import io
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from types import ModuleType
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader

from rabita.app.casework import signer
from rabita.client import calls
from rabita.gateways.document_writer import main
from rabita.gateways.documents import DRAWING_S, MISSING, Attached, Document, draw
from rabita.line.entry import portion_content
from rabita.services.officers import Role
from rabita.services.watch import Kept, draft_handover, sign_handover
from tests.gateways.browser import Browser, first_officer, told
from tests.gateways.people import House, house

pytestmark = pytest.mark.sockets
WORDS = {"en": "The barrier at the post is closed.", "ur": "چوکی پر رکاوٹ بند ہے۔", "fa": "مانع در پاسگاه بسته است."}
STAYS = "Our source in the market says so."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give nodes of which nobody else says anything, for a whole transcript is put on paper."""
    with house(tmp_path_factory.mktemp("paper")) as found:
        yield found


@pytest.fixture(scope="module")
def said(home: House) -> str:
    """Say something in three languages, some of it withheld; gives its reference."""
    side = home.sides[0]
    portions: list[dict[str, Any]] = [{"text": text, "language": language} for language, text in WORDS.items()]
    portions.append({"text": STAYS, "language": "en", "withheld": True})
    with side.client() as client:
        placed = client.ask(calls.say(side.line, "message", "send", portions=portions, posts=["LO-ZAHEDAN"]))
    home.settle()
    return str(placed.reference)


@pytest.fixture
def officer(home: House) -> Browser:
    return first_officer(home.sides[0]).invite(Role.DUTY_OFFICER, post="DUTY-ROOM")


def taken(officer: Browser, path: str) -> PdfReader:
    with officer.http() as http:
        answer = http.get(path, timeout=DRAWING_S)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return PdfReader(io.BytesIO(answer.content))


def record(pdf: PdfReader) -> Any:  # noqa: ANN401 - JSON
    (raw,) = pdf.attachments["record.json"]
    return json.loads(raw)


def test_an_entry_on_paper_has_its_bytes_attached_and_what_proves_them(officer: Browser, said: str) -> None:
    pdf = taken(officer, f"/desk/pdf/entry/{said}")
    found = record(pdf)["record"]
    entry = found["entry"]
    assert found["reference"] == said
    act = b64decode(entry["act"])
    assert json.loads(act)["procedure"] == "message"
    assert found["proof"]["root"]
    assert [portion_content(b64decode(each)).decode() for each in entry["portions"]] == list(WORDS.values())
    assert sha256(act).hexdigest() in json.dumps(told(officer.get(f"/lines/{officer.side.line}/entries/{said}")))


def test_what_stays_at_this_node_is_not_on_paper_even_for_whoever_may_draft_it(home: House, said: str) -> None:
    writer = first_officer(home.sides[0]).invite(Role.DUTY_OFFICER, Role.DRAFTER, post="DUTY-ROOM")
    assert STAYS in writer.get(f"/desk/entry/{said}").text
    pdf = taken(writer, f"/desk/pdf/entry/{said}")
    assert WORDS["en"].split()[1] in text_of(pdf)
    assert "market" not in text_of(pdf)
    assert STAYS not in json.dumps([b64decode(each).decode("utf-8", "replace") for each in strings(record(pdf))])


def strings(found: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Every text in it that may be base64."""
    if isinstance(found, dict):
        return [text for each in found.values() for text in strings(each)]
    if isinstance(found, list):
        return [text for each in found for text in strings(each)]
    return [found] if isinstance(found, str) and len(found) % 4 == 0 and found.isascii() and found.isalnum() else []


def text_of(pdf: PdfReader) -> str:
    return "\n".join([each.extract_text() for each in pdf.pages])


@pytest.mark.parametrize("language", sorted(WORDS))
def test_a_document_is_an_archive_file_in_its_reader_s_language_the_same_bytes_again(
    officer: Browser, said: str, language: str
) -> None:
    told(officer.post("/desk/preferences", {"language": language}))
    path = f"/desk/pdf/entry/{said}"
    with officer.http() as http:
        one, two = (http.get(path, timeout=DRAWING_S).content for _ in range(2))
    assert one == two
    pdf = PdfReader(io.BytesIO(one))
    about: Any = pdf.root_object["/Metadata"].get_object()
    assert re.search(rb"pdfaid:part\W+3\b", about.get_data())
    assert re.search(rb"pdfaid:conformance\W+U\b", about.get_data())
    assert not [each for each in pdf.pages if "/Annots" in each]
    assert str(pdf.root_object["/Lang"]) == language
    resources: list[Any] = [page["/Resources"] for page in pdf.pages]
    fonts = {str(font.get_object()["/BaseFont"]) for each in resources for font in each["/Font"].values()}
    assert any({"ur": "Nastaliq", "fa": "Vazirmatn", "en": "Sans"}[language] in each for each in fonts), fonts
    for page in pdf.pages:
        assert "EXERCISE" in page.extract_text()
        assert said in page.extract_text()
    told(officer.post("/desk/preferences", {"language": "en"}))


def test_a_case_has_all_its_entries_attached(officer: Browser, said: str) -> None:
    case = told(officer.get(f"/lines/{officer.side.line}/acts/{said}"))["case"]
    found = record(taken(officer, f"/desk/pdf/case/{case}"))
    assert (found["kind"], [each["reference"] for each in found["record"]]) == ("case", [said])


def test_the_transcript_s_report_and_a_register_are_records_too(officer: Browser, said: str) -> None:
    report = record(taken(officer, "/desk/pdf/transcript"))["record"]
    assert (report["genuine"], report["faults"]) == (True, [])
    assert said
    assert record(taken(officer, "/desk/pdf/commitments"))["record"] == []


def test_paper_is_for_whoever_may_export_and_is_entered_in_the_audit_log(home: House, said: str) -> None:
    side = home.sides[0]
    admin = first_officer(side)
    drafter, auditor, duty = (admin.invite(role, post="HQ") for role in (Role.DRAFTER, Role.AUDITOR, Role.DUTY_OFFICER))
    assert duty.get("/desk/csv/traffic").status_code == 200
    deeds = [each["deed"] for each in told(auditor.get("/audit", action="export"))["rows"]]
    assert ("csv-traffic", "begun", duty.officer) in {(each["door"], each["outcome"], each["actor"]) for each in deeds}
    for path in (f"/desk/pdf/entry/{said}", "/desk/csv/traffic", "/desk/map/file.kml", "/desk/calendar.ics"):
        refused = drafter.get(path)
        assert (refused.status_code, refused.headers["content-type"][:9]) == (403, "text/html")
        assert f'href="{path}' not in drafter.get(f"/desk/entry/{said}").text
    assert Browser(side).get(f"/desk/pdf/entry/{said}").status_code == 303


def test_a_page_offers_its_files_to_whoever_may_take_them_out(officer: Browser, said: str) -> None:
    line = officer.side.line
    assert f'href="/desk/pdf/entry/{said}?line={line}"' in officer.get(f"/desk/entry/{said}").text
    assert f"/desk/csv/traffic?lane=FLASH&amp;line={line}" in officer.get("/desk/traffic", lane="FLASH").text


def test_what_is_missing_on_a_machine_is_said_by_its_code() -> None:
    def missing(_name: str) -> ModuleType:
        raise OSError("cannot load library")

    document = Document("<p>x", {}, (), Attached("record.json", "", b"{}"), 0)
    assert main(io.BytesIO(msgspec.msgpack.encode(document)), io.BytesIO(), missing) == MISSING


def test_a_document_that_names_other_files_is_drawn_without_them() -> None:
    html = '<!doctype html><img src="file:///etc/hostname"><img src="http://192.0.2.1/x.png"><p>Drawn.</p>'
    raw = draw(Document(html, {}, (), Attached("record.json", "", b"{}"), 0))
    assert not [each for page in PdfReader(io.BytesIO(raw)).pages for each in page.images]


def test_a_handover_on_paper_has_what_both_officers_signed_attached(home: House) -> None:
    side = home.sides[0]
    drawn = draft_handover(side.node.casebook, side.line, "DAY-WATCH", "NIGHT-WATCH", "All quiet.")

    async def keep() -> Kept:
        return sign_handover(side.node.store, drawn, [signer(each, "officer") for each in side.officers[:2]])

    kept = home.run(keep())
    pdf = taken(first_officer(side).invite(Role.DUTY_OFFICER, post="DUTY-ROOM"), f"/desk/pdf/handover/{drawn.number}")
    assert b64decode(record(pdf)["record"]["record"]) == kept.record
    assert "NIGHT-WATCH" in text_of(pdf)
