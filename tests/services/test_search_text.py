"""The fold of the search index: what three keyboards write apart is found together."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.services.search_text import QUERY_TERMS_MAX, fold_text, query_terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("علي", "علی"),
        ("علے", "علی"),
        ("موسى", "موسی"),
        ("كتاب", "کتاب"),
        ("رابطة", "رابطه"),
        ("رابطہ", "رابطه"),
        ("بھارت", "بهارت"),
        ("آب", "اب"),
        ("أحمد إسلام ٱلله", "احمد اسلام الله"),
        ("مؤسسه", "موسسه"),
        ("مسئول", "مسیول"),
        ("خانهٔ", "خانه"),
        ("خانۀ", "خانه"),
        ("سماء", "سما"),
        ("می‌روم", "میروم"),
        ("کتـــاب", "کتاب"),
        ("مُحَمَّدٌ", "محمد"),
        ("۱۲۳", "123"),
        ("١٢٣", "123"),
        ("۳٫۵ ۱٬۲", "3.5 1,2"),
        ("ﻻ", "لا"),
        ("ＦＬＡＳＨ", "flash"),
        ("Zāhedān", "ZAHEDAN"),
        ("STRASSE", "straße"),
        ("\u202bفارسی\u202c\u200e", "فارسی"),
        ("a\u00a0 \r\n\tb\x00c", "a b c"),
        ("half\ud800", "half"),
    ],
)
def test_what_keyboards_write_apart_folds_alike(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)


def test_what_differs_stays_apart() -> None:
    words = ["کتاب", "کتب", "گتاب", "پل", "بل", "چاه", "جاه", "دژ", "دز", "تربت", "ٹربت"]
    assert len({fold_text(word) for word in words}) == len(words)


def test_every_character_folds_to_what_no_longer_folds() -> None:
    for start in range(0, sys.maxunicode + 1, 4096):
        folded = fold_text(" ".join(map(chr, range(start, start + 4096))))
        assert fold_text(folded) == folded


ARABIC = st.characters(min_codepoint=0x600, max_codepoint=0x6FF)


@given(text=st.text() | st.text(ARABIC | st.sampled_from("\u200c\u200d\u0301İßﬀ")))
def test_folding_is_total_and_idempotent(text: str) -> None:
    folded = fold_text(text)
    assert fold_text(folded) == folded
    assert fold_text(text.upper().lower()) is not None
    assert folded.encode().decode() == folded
    assert not {unicodedata.category(char) for char in folded} & {"Cf", "Cc", "Cs"}


@given(text=st.text(), other=st.text())
def test_what_is_typed_in_parts_folds_in_parts(text: str, other: str) -> None:
    """A space is a border of the fold, so that a term is found inside the index of a longer text."""
    assert fold_text(f"{text} {other}").split() == fold_text(text).split() + fold_text(other).split()


@pytest.mark.parametrize(
    ("asked", "terms"),
    [
        ("", ()),
        (" ؟ ... «» ", ()),
        ("PAK-F-0041", ("pak-f-0041",)),
        ("«تافتان»، (تربت) تافتان", ("تافتان", "تربت")),
        ("۱۲ ژانویه 12", ("12", "ژانویه")),
        ("NOT (a* OR b)", ("not", "a", "or", "b")),
    ],
)
def test_a_question_becomes_folded_terms(asked: str, terms: tuple[str, ...]) -> None:
    assert query_terms(asked) == terms


def test_a_question_has_a_bound() -> None:
    assert len(query_terms(" ".join(map(str, range(1000))))) == QUERY_TERMS_MAX


@given(text=st.text())
def test_any_question_has_terms_that_are_folded_and_bare(text: str) -> None:
    for term in query_terms(text):
        assert fold_text(term) == term
        assert " " not in term
        assert term
