"""One spelling for searching: the same word typed on three keyboards folds to the same letters.

Only the search index and the questions put to it are folded; stored or signed text never is. The fold is Unicode
compatibility form without case and without marks, and on top of it what keyboards of Arabic, Persian and Urdu write
apart: yeh, kaf, heh and hamza forms, digits and their separators, half-spaces (ZWNJ), tatweel and marks of direction.
"""

import unicodedata
from functools import lru_cache
from typing import Final

QUERY_TERMS_MAX: Final = 16
QUERY_CHARS_MAX: Final = 512

_LETTERS: Final = {
    "ی": "يىېےۍۑێٸ",
    "ک": "كڪګ",
    "ه": "ةہھەۃۀۂ",
    "ا": "ٱٲٳ",
    "و": "ۇۆۈۋ",
    "": "ـء",
    ".": "٫",
    ",": "٬،",
}
"""The character written, and those that are folded into it; others differ only by marks, which are dropped."""
_FOLD: Final = {ord(char): letter for letter, forms in _LETTERS.items() for char in forms}
_CONTROLS: Final = dict.fromkeys([*range(32), 127], " ")
_DROPPED: Final = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn"})
_EDGES: Final = "P", "S", "Z"


def fold_text(text: str) -> str:
    """Fold a text for the index: total on any string, and folding twice changes nothing.

    Controls and white space become single spaces; vowel signs of Indic scripts (Mc) stay, they are letters there.
    """
    if text.isascii():  # the same, quicker
        return " ".join(text.casefold().translate(_CONTROLS).split())
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    chars = [_fold_char(char) for char in plain]
    return " ".join(unicodedata.normalize("NFKC", "".join(chars).translate(_FOLD)).split())


@lru_cache(maxsize=4_096)
def _fold_char(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() else " "
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return "" if category in _DROPPED else " " if category in {"Cc", "Zs", "Zl", "Zp"} else char


def query_terms(text: str) -> tuple[str, ...]:
    """Cut what a person asks for into folded terms, each once, without punctuation around them; all are to be found.

    Only the first ``QUERY_CHARS_MAX`` characters and ``QUERY_TERMS_MAX`` terms count. References such as
    ``pak-f-0041`` stay whole.
    """
    terms = [_trim(term) for term in fold_text(text[:QUERY_CHARS_MAX]).split()]
    return tuple(dict.fromkeys(filter(None, terms)))[:QUERY_TERMS_MAX]


def _trim(term: str) -> str:
    kept = [at for at, char in enumerate(term) if not unicodedata.category(char).startswith(_EDGES)]
    return term[kept[0] : kept[-1] + 1] if kept else ""
