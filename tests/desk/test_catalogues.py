"""The catalogues: every sentence that the program says to officers has its Urdu and its Persian, and they are such."""

import re
from collections.abc import Mapping
from functools import cache
from string import Formatter
from typing import Final

import pytest

from rabita.desk.languages import language, preferred
from supply.catalogues import LOCALE, TRANSLATED, said, updated

SAME: Final[Mapping[str, frozenset[str]]] = {
    "ur": frozenset({"–", "UTC (Z)"}),
    "fa": frozenset({"–", "UTC (Z)", "{label}: {text}."}),
}
"""What is no word, or is written alike in the other language: each is listed here, one by one."""
ARABIC: Final = re.compile(r"[\u060c\u061b\u0600-\u06ff]")
FOREIGN: Final[Mapping[str, str]] = {"ur": "يىكه", "fa": "يىكةٹڈڑےہھںۓ"}
"""Letters of the neighbours' keyboards, which look alike and are not found by those who search."""


@cache
def translated(code: str) -> Mapping[str, str]:
    return language(code).messages


def places(text: str) -> list[str]:
    """List the places of a sentence, in braces and as gettext names them."""
    named = [name for _, name, _, _ in Formatter().parse(re.sub(r"%\(\w+\)s", "", text)) if name is not None]
    return sorted({*named, *re.findall(r"%\((\w+)\)s", text)})


@pytest.mark.parametrize("code", TRANSLATED)
def test_nothing_that_is_said_is_missing_or_left_over(code: str) -> None:
    assert sorted(set(said()) - set(translated(code))) == []
    assert sorted(set(translated(code)) - set(said())) == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_is_in_its_own_script_and_no_copy(code: str) -> None:
    for english, text in translated(code).items():
        assert english in SAME[code] or (text != english and ARABIC.search(text)), (english, text)
        assert not set(FOREIGN[code]) & set(text), (english, text)


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_places_of_its_sentence(code: str) -> None:
    for english, text in translated(code).items():
        assert places(text) == places(english), (english, text)


@pytest.mark.parametrize("code", TRANSLATED)
def test_codes_of_the_field_are_never_translated(code: str) -> None:
    fixed = re.compile(r"\b(?:FLASH|IMMEDIATE|PRIORITY|ROUTINE|EXERCISE|TLP:[A-Z+]+|ORCON|H[0-3])\b")
    for english, text in translated(code).items():
        assert sorted(set(fixed.findall(english))) == sorted(set(fixed.findall(text))), (english, text)


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_file_is_what_the_tool_writes(code: str) -> None:
    """``make words`` changes nothing where nothing new is said."""
    kept = (LOCALE / f"{code}.po").read_text(encoding="utf-8")
    assert [each.id for each in updated(code, {}) if each.id and not each.string] == []
    assert "fuzzy" not in kept


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("fa-IR,fa;q=0.9,en;q=0.8", "fa"),
        ("de, ur;q=0.3, en;q=0.2", "ur"),
        ("en-GB", "en"),
        ("", "en"),
        ("*", "en"),
        ("fa;q=x, ur", "ur"),
    ],
)
def test_the_language_is_what_a_browser_prefers(asked: str, code: str) -> None:
    assert preferred(asked) == code


def test_what_no_catalogue_has_is_said_in_english() -> None:
    assert language("ur").translate("no such sentence") == "no such sentence"
    assert language("de").code == "en"
