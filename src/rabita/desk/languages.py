"""The languages of the desk: catalogues of sentences, and which way a text runs.

Rules kept here: the English sentence is the message id; a catalogue gives its translation and nothing else; what has
none is shown in English rather than left out. Catalogues are gettext files in ``locale/``, read once.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from babel.messages.pofile import read_po

from rabita.line.descriptor import LANGUAGES
from rabita.services.search_meanings import Meanings, meanings

RTL: Final = ("ur", "fa")
OWN_NAMES: Final[Mapping[str, str]] = {"en": "English", "ur": "اردو", "fa": "فارسی"}


class Language(NamedTuple):
    """A language: its code (ISO 639-1), which way it runs, and its sentences by English ones."""

    code: str
    direction: str
    messages: Mapping[str, str]

    def translate(self, text: str) -> str:
        """Give a sentence in this language; in English, where it has none."""
        return self.messages.get(text) or text


@cache
def language(code: str) -> Language:
    """Give a language by its code; English for one that the desk has not."""
    known = code if code in LANGUAGES else "en"
    return Language(known, "rtl" if known in RTL else "ltr", _messages(known))


@cache
def known_words(code: str) -> Meanings:
    """Give the words of a language that stand for coded fields."""
    return meanings(language(code).translate)


def _messages(code: str) -> Mapping[str, str]:
    if code == "en":
        return {}
    with files(__package__).joinpath("locale", f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    held = [each for each in catalogue if isinstance(each.id, str) and each.id and each.string and not each.fuzzy]
    return {str(each.id): str(each.string) for each in held}


def preferred(accept: str) -> str:
    """Choose a language of the desk by a browser's ``Accept-Language`` (RFC 9110, 12.5.4); English where none fits."""
    wanted = []
    for place, each in enumerate(accept.split(",")[:16]):
        tag, _, weight = each.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        if primary in LANGUAGES:
            wanted.append((-_weight(weight), place, primary))
    return min(wanted)[2] if wanted else "en"


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
