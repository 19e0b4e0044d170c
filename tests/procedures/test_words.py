"""Word counts in three languages, and the limits of the lanes (ACP 121; UAX #29)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.charter import LaneTerms
from rabita.line.errors import UserFault
from rabita.procedures.words import check_words, count_words
from rabita.services.terms import LANES

FLASH, ROUTINE = LANES["FLASH"], LANES["ROUTINE"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        (" \n\t … — ؟ ،", 0),
        ("Stop fire at once.", 4),
        ("don't O’Neill", 2),
        ("3.5 km, 1,200 men", 4),
        ("well-known PAK-F-0041", 5),
        ("12:30", 2),
        ("km² ½", 2),
        ("_ __ a_b", 1),
        ("فوری طور پر فائرنگ بند کریں۔", 6),
        ("رابطہ افسران، تربت", 3),
        ("آتش را فوراً متوقف کنید", 5),
        ("می‌روم", 1),
        ("نیروهای مرزبانی به‌کلی می‌ایستند", 4),
        ("مُحَمَّد", 1),
        ("کتـــاب", 1),
        ("۱۲۳ ٤٥٦ ۳٫۵ ۱٬۲۰۰", 4),
        ("\u202bفارسی\u202c \u200eEnglish\u200f", 2),
        ("«نقل»؛ (قول)؟", 2),
        ("a\u200bb", 2),
        ("e\u0301te\u0301", 1),
    ],
)
def test_words_are_counted_as_unicode_bounds_them(text: str, words: int) -> None:
    """UAX #29: a half-space (ZWNJ), vowel signs and marks of direction neither split nor make a word."""
    assert count_words(text) == words


@pytest.mark.parametrize("lane", ["FLASH", "IMMEDIATE"])
def test_flash_and_immediate_have_two_hundred_words_at_most(lane: str) -> None:
    """3-procedures, message: FLASH and IMMEDIATE ≤200 words."""
    check_words("word " * 200, LANES[lane])
    with pytest.raises(UserFault) as caught:
        check_words("word " * 201, LANES[lane])
    assert (caught.value.code, caught.value.detail) == ("message-too-long", "201 of 200")


def test_the_limit_is_the_charters() -> None:
    check_words("one two", LaneTerms(0, 2, 1, 1))
    with pytest.raises(UserFault):
        check_words("one two three", LaneTerms(0, 2, 1, 1))


def test_no_limit_is_no_limit() -> None:
    check_words("word " * 5000, ROUTINE)


@given(text=st.text())
def test_any_text_has_a_count_and_marks_change_nothing(text: str) -> None:
    count = count_words(text)
    assert 0 <= count <= len(text)
    assert count_words(f"\u200f{text}\u064e") == count
    assert count_words(f"{text} word") == count + 1
