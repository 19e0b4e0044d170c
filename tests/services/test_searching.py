"""Search finds an act whatever keyboard its words were typed on, and shows where they stand."""

import pytest

from rabita.line.ids import Lane
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.say import Reader
from rabita.services.search_meanings import MEANINGS_MAX, meanings
from rabita.services.searching import Search, search, spans
from tests.procedures.sampling import least
from tests.procedures.world import IRN, PAK
from tests.services.desk import Desk

URDU = "گشت کی گاڑی زاہدان کے قریب ہے"
PERSIAN = "گشتی در نزدیکی زاهدان دیده شد، کلید ۱۲۳"
ENGLISH = "The patrol car was seen near Zahedan at 12:30; see PAK-F-0041."


def spoken() -> Desk:
    desk = Desk()
    for author, text, lane in ((PAK, URDU, Lane.ROUTINE), (IRN, PERSIAN, Lane.PRIORITY), (PAK, ENGLISH, Lane.FLASH)):
        desk.say(author, "message", "send", portions=desk.world.words(text, withheld="hidden"), lane=lane)
    return desk


def found(desk: Desk, text: str, **more: str) -> list[str]:
    return [hit.act.reference for hit in search(desk.book, Search(text, **more)).rows]


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("زاهدان", ["X-IRN-P-0001", "X-PAK-R-0001"]),  # heh of either language
        ("زاہدان", ["X-IRN-P-0001", "X-PAK-R-0001"]),
        ("كليد", ["X-IRN-P-0001"]),  # kaf and yeh of an Arabic keyboard
        ("123", ["X-IRN-P-0001"]),
        ("۱۲۳", ["X-IRN-P-0001"]),
        ("ZAHEDAN", ["X-PAK-F-0001"]),
        ("zahe", ["X-PAK-F-0001"]),
        ("za", []),  # one of two letters stands for itself
        ("at", ["X-PAK-F-0001"]),
        ("patrol zahedan", ["X-PAK-F-0001"]),
        ("patrol karachi", []),
        ("PAK-F-0041", ["X-PAK-F-0001"]),  # a reference written in a text, whole
        ("pak-f-۰۰۴۱", ["X-PAK-F-0001"]),
        ("PAK-R-0041", []),
        ("0041", ["X-PAK-F-0001"]),
        ("sends", ["X-PAK-F-0001", "X-IRN-P-0001", "X-PAK-R-0001"]),  # what the act itself says
        ("hidden", []),  # withheld words are nowhere
        ("...", []),
        ("", []),
    ],
)
def test_words_are_found(text: str, references: list[str]) -> None:
    assert found(spoken(), text) == references


def test_a_reference_is_found_whole_and_its_beginning_word_by_word() -> None:
    desk = Desk()
    desk.say(PAK, "message", "send", portions=desk.world.words("See PAK-F-00412."))
    assert found(desk, "PAK-F-00412") == found(desk, "PAK-F-004") == ["X-PAK-R-0001"]
    assert found(desk, "PAK-F-0041") == []


@pytest.mark.parametrize("reference", ["X-PAK-F-0001", "x-pak-f-0001", "x-pak-f-۰۰۰۱"])
def test_a_reference_finds_its_act_first(reference: str) -> None:
    desk = spoken()
    assert found(desk, reference)[:1] == ["X-PAK-F-0001"]


def test_a_digest_finds_its_act() -> None:
    desk = spoken()
    (row,) = desk.book.index.rows([desk.book.index.found((), [["zahedan"]], 0, 1)[0]])
    assert found(desk, row.digest.hex()) == ["X-PAK-F-0001"]


def test_a_search_is_narrowed() -> None:
    desk = spoken()
    assert found(desk, "sends", party=IRN) == ["X-IRN-P-0001"]
    assert found(desk, "sends", lane="FLASH") == ["X-PAK-F-0001"]
    assert found(desk, "sends", procedure="incident") == []
    assert len(found(desk, "sends", line="line")) == 3


def test_a_search_goes_on_page_by_page() -> None:
    desk = spoken()
    first = search(desk.book, Search("sends"), "", 2)
    rest = search(desk.book, Search("sends"), first.next, 2)
    assert [hit.act.reference for hit in (*first.rows, *rest.rows)] == found(desk, "sends")
    assert rest.next == ""


def test_a_word_of_the_readers_language_finds_what_coded_fields_say() -> None:
    desk = Desk()
    said = {**least(CATALOGUE.procedures["incident"].rules["report"]), "what": "armed-attack", "means": ["small-arms"]}
    desk.say(PAK, "incident", "report", fields=said, portions=desk.world.words("At the gate."))
    urdu = {"armed attack": "مسلح حملہ", "small arms": "چھوٹے ہتھیار"}
    known = meanings(lambda text: urdu.get(text, text))
    reader = Reader(lambda text: urdu.get(text, text))

    def hits(text: str) -> list[str]:
        return [hit.text for hit in search(desk.book, Search(text), reader=reader, known=known).rows]

    for text in ("مسلح", "حملہ", "حمل", "ہتھیار", "حملہ gate"):
        assert len(hits(text)) == 1, text
    assert hits("مس") == []
    assert hits("حملہ karachi") == []
    (hit,) = search(desk.book, Search("حملہ"), reader=reader, known=known).rows
    assert [hit.text[start:end].strip(".,") for start, end in hit.spans] == ["حملہ"]
    assert len(meanings(lambda text: f"ایک {text}").of("ایک")) == MEANINGS_MAX


def test_where_the_words_stand_is_told() -> None:
    (hit,) = search(spoken().book, Search("zahe patrol")).rows
    assert [hit.text[start:end] for start, end in hit.spans] == ["patrol", "Zahedan"]
    (urdu, *_) = search(spoken().book, Search("زاهدان", party=PAK)).rows
    assert [urdu.text[start:end] for start, end in urdu.spans] == ["زاہدان"]
    (sentence, *_) = search(spoken().book, Search("sends", lane="FLASH")).rows
    assert sentence.text == sentence.act.sentence


def test_no_text_can_pass_for_a_facet() -> None:
    desk = spoken()
    desk.say(IRN, "message", "send", portions=desk.world.words("\ue000pxpak \ue000n flash pxpak"))
    assert found(desk, "sends", party=PAK) == ["X-PAK-F-0001", "X-PAK-R-0001"]


def test_a_long_text_is_shown_around_what_was_found() -> None:
    desk = Desk()
    desk.say(PAK, "message", "send", portions=desk.world.words("before " * 200 + "needle " + "after " * 200))
    (hit,) = search(desk.book, Search("needle")).rows
    assert len(hit.text) <= 400
    assert [hit.text[start:end] for start, end in hit.spans] == ["needle"]


def test_spans_of_nothing_are_none() -> None:
    assert spans("", ["x"]) == []
    assert spans("x y", []) == []
