"""What a word of another language stands for among coded fields, which the index holds in English alone.

Rule kept here: coded fields are rendered for each reader from the same codes, so a word of the reader's own language
finds the acts whose English rendering has all words of the code. Words that people wrote are found as they stand.
"""

from bisect import bisect_left
from collections.abc import Callable
from itertools import islice, takewhile
from typing import Final, NamedTuple

from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.say import messages
from rabita.services.caseindex_words import cut

MEANINGS_MAX: Final = 16
WORDS_MAX: Final = 4
"""A code of more words is a sentence, whose words say too little one by one."""


class Meanings(NamedTuple):
    """Words of a language in order, each with the English words, separated by spaces, that it may stand for."""

    words: tuple[tuple[str, str], ...] = ()

    def of(self, word: str) -> tuple[str, ...]:
        """List what a folded word, or its beginning, may stand for, at most ``MEANINGS_MAX``."""
        begin = bisect_left(self.words, (word, ""))
        fitting = takewhile(lambda each: each[0].startswith(word), islice(self.words, begin, None))
        return tuple(dict.fromkeys([english for _, english in islice(fitting, MEANINGS_MAX)]))


NO_MEANINGS: Final = Meanings()


def meanings(translate: Callable[[str], str]) -> Meanings:
    """Gather the words of every code and label of the catalogue, as *translate* gives them."""
    found: set[tuple[str, str]] = set()
    for text in {text for procedure in CATALOGUE.procedures.values() for text in messages(procedure)}:
        english, own = cut(text), cut(translate(text))
        if "{" not in text and own != english and 0 < len(english) <= WORDS_MAX:
            found.update([(word, " ".join(english)) for word in own])
    return Meanings(tuple(sorted(found)))
