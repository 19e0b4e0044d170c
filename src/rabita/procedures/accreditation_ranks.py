"""Ranks of the two armies side by side, by the codes of STANAG 2116: each keeps its own word, the table compares.

Native review of the Urdu and Persian words is still owed.
"""

from collections.abc import Mapping
from typing import Final

RANKS: Final[Mapping[str, Mapping[str, str]]] = {
    "of-1": {"en": "lieutenant", "ur": "لیفٹیننٹ", "fa": "ستوان"},
    "of-2": {"en": "captain", "ur": "کیپٹن", "fa": "سروان"},
    "of-3": {"en": "major", "ur": "میجر", "fa": "سرگرد"},
    "of-4": {"en": "lieutenant colonel", "ur": "لیفٹیننٹ کرنل", "fa": "سرهنگ دوم"},
    "of-5": {"en": "colonel", "ur": "کرنل", "fa": "سرهنگ"},
    "of-6": {"en": "brigadier", "ur": "بریگیڈیئر", "fa": "سرتیپ دوم"},
    "of-7": {"en": "major general", "ur": "میجر جنرل", "fa": "سرتیپ"},
    "of-8": {"en": "lieutenant general", "ur": "لیفٹیننٹ جنرل", "fa": "سرلشکر"},
    "of-9": {"en": "general", "ur": "جنرل", "fa": "سپهبد"},
    "or": {"en": "other ranks", "ur": "دیگر رینک", "fa": "درجه‌داران"},
}


def rank_word(rank: str, language: str) -> str:
    """Give the word for a rank in a language, in English where it has none of its own, or the code of no rank of it."""
    words = RANKS.get(rank, {})
    return words.get(language, words.get("en", rank))
