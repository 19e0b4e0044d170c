"""The endings that nouns of Urdu and Persian take, in the spelling of the search index, as tables of letters.

Rules kept here: only what grammar produces regularly; what it does not, stands in the table of pairs. An ending may be
written to the word, after a half-space (which the index drops), or in Persian after a space, as a word of its own.
Words written alike in the index count once: vowel signs are dropped there, so izafat and ezafe need no ending.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

_PERSIAN_PLURALS: Final = ("ها", "های", "هایی", "هایم", "هایت", "هایش", "هایمان", "هایتان", "هایشان")
_PERSIAN_OWNERS: Final = ("ام", "ات", "اش", "مان", "تان", "شان")
_PERSIAN_VERBAL: Final = ("شده", "شدهای", "نشده", "شدن", "شدنی", "کردن", "کننده", "کنندگان", "دهنده", "دهندگان")
_PERSIAN_ALL: Final = (*_PERSIAN_PLURALS, *_PERSIAN_VERBAL)
_PERSIAN_SPACED: Final = (*_PERSIAN_PLURALS, *_PERSIAN_OWNERS, "ای", "ی", "یی")
_PERSIAN_JOINED: Final = {
    "ه": (*_PERSIAN_ALL, *_PERSIAN_OWNERS, "ای", "ی"),
    "ی": (*_PERSIAN_ALL, *_PERSIAN_OWNERS, "م", "ش", "ای", "ست"),
    "ا": (*_PERSIAN_ALL, "ی", "یی", "یم", "یت", "یش", "یمان", "یتان", "یشان", "ست"),
    "": (*_PERSIAN_ALL, *_PERSIAN_OWNERS, "ی", "م", "ت", "ش", "ان", "ین", "انی"),
}
"""By the word's last letter; ``""`` for every other letter. ات is also the Arabic plural, as in مقامات; what a noun
makes with a verb is written to it too, as in اصلاح‌شده."""
_URDU_JOINED: Final = {
    "ه": ("جات",),
    "ی": ("اں", "وں"),
    "ا": ("وں", "یں", "یے"),
    "": ("وں", "یں", "ات", "ین"),
}
_URDU_CHANGED: Final = ("ے", "وں", "ات")
"""What takes the place of a final ہ or ا: حادثے, حادثوں, معاملات; تقاضے, تقاضوں."""


def inflected(phrase: tuple[str, ...], language: Literal["ur", "fa"]) -> Iterable[tuple[str, ...]]:
    """Give a phrase of folded words as it is and with every ending that its last word takes."""
    *before, word = phrase
    joined = _joined(word, _PERSIAN_JOINED if language == "fa" else _URDU_JOINED)
    spaced = _PERSIAN_SPACED if language == "fa" else ("جات",) * word.endswith("ه")
    changed = [word[:-1] + each for each in _URDU_CHANGED if language == "ur" and word.endswith(("ه", "ا"))]
    found = [(*before, each) for each in (*joined, *changed)]
    return dict.fromkeys([phrase, *found, *[(*phrase, each) for each in spaced]])


def _joined(word: str, endings: Mapping[str, Sequence[str]]) -> list[str]:
    return [word + ending for ending in endings.get(word[-1], endings[""])]
