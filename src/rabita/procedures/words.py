"""Counting words alike on both nodes, in English, Urdu and Persian; short messages are what FLASH is for.

A word is a stretch between the word boundaries of Unicode (UAX #29, rules WB4 to WB13b) that holds a letter or digit.
So half-spaces (ZWNJ), vowel signs and marks of direction neither split a word nor make one; ``don't`` and ``3.5`` are
one word, ``12:30``, ``well-known`` and ``PAK-F-0041`` are two, two and three. Apart from UAX #29: a fraction or raised
digit belongs to the word it stands at (``km²``); and no language of the line needs breaks inside runs of ideographs,
kana or Southeast Asian scripts.
The limit per lane is the charter's ``words_max`` (ACP 121: FLASH and IMMEDIATE 200; 0 is no limit).
"""

import re
import unicodedata
from typing import Final

from rabita.line.charter import LaneTerms
from rabita.line.errors import UserFault

_INVISIBLE: Final = frozenset({"Mn", "Mc", "Me", "Cf"})
_ZERO_WIDTH_SPACE: Final = "\u200b"

_LETTER: Final = r"[^\W\d_]"
_DIGIT: Final = r"[\d\u066b]"
_BOTH: Final = ".'\u2018\u2019\u2024\ufe52\uff07\uff0e"
_IN_WORD: Final = rf"[{_BOTH}:\u00b7\u0387\u05f4\u2027\ufe13\ufe55\uff1a]"
_IN_NUMBER: Final = rf"[{_BOTH},;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\uff0c\uff1b]"
_WORD: Final = re.compile(
    rf"(?:[\w\u066b]|(?<={_LETTER}){_IN_WORD}(?={_LETTER})|(?<={_DIGIT}){_IN_NUMBER}(?={_DIGIT}))+"
)


def count_words(text: str) -> int:
    """Count the words of a text (UAX #29, see above)."""
    visible = "".join(
        [char for char in text if char == _ZERO_WIDTH_SPACE or unicodedata.category(char) not in _INVISIBLE]
    )
    return sum(1 for word in _WORD.findall(visible) if any(map(str.isalnum, word)))


def check_words(text: str, terms: LaneTerms) -> None:
    """Check a message against the lane's limit; raises ``UserFault("message-too-long")`` with both counts."""
    words = count_words(text)
    if 0 < terms.words_max < words:
        raise UserFault("message-too-long", f"{words} of {terms.words_max}")
