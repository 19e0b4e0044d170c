"""What an entry is found by: words of its sentence and its sent portions, folded, and facets that no text can hold.

Rules kept here: withheld portions have no words here, and purged ones none any more; a word is letters and digits
alone, so that the index has nothing to decide. Codes are rendered by ``engine.say``, once for every reader given, so
that an officer finds an act by the words of his own language.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from rabita.line.entry import Act
from rabita.line.ids import Lane
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.engine.say import ENGLISH, Reader, say_act
from rabita.services.caseindex_held import Taken
from rabita.services.reads import portions
from rabita.services.search_text import fold_text

READERS: Final = (ENGLISH,)
WORDS_PER_ENTRY_MAX: Final = 2_000
WORD_CHARS_MAX: Final = 48
POSTS_MAX: Final = 16
PLAY_CHARS_MAX: Final = 64
_MARK: Final = "\ue000"
_GAP: Final = "\ue001"
"""Characters of a private use area, which folding drops from every text."""
_WORD: Final = re.compile(r"[^\W_]+")
_REFERENCE: Final = re.compile(r"(?<![^\W_])[a-z][a-z0-9-]*-[cfipr](?:\d{1,6}\.)?-?\d{4,16}(?![^\W_])")
"""As ``line.ids.reference`` writes them, folded."""


@lru_cache(maxsize=1_024)
def facet(kind: str, value: str) -> str:
    """Write a facet: a line, party, procedure, lane, play or post, as one word that no text can hold."""
    return f"{_MARK}{kind}" + "".join([char if char.isalnum() else _GAP for char in value.casefold()])


def facets(
    *,
    line: str = "",
    party: str = "",
    procedure: str = "",
    lane: Lane | str = "",
    play: str = "",
    posts: Iterable[str] = (),
) -> list[str]:
    """Write the facets of an entry, or those that a list is narrowed to; what is empty narrows nothing.

    *play* is that of an exercise.
    """
    of_posts = [("t", fold_text(each)) for each in posts]
    named = [("l", line), ("p", party), ("r", procedure), ("n", str(lane)), ("x", play), *of_posts]
    return [facet(kind, value) for kind, value in named if value]


def play_of(act: Act) -> str:
    """Give the play of an exercise that an act belongs to, empty for none; what is no code, by its beginning."""
    played = act.fields.get("exercise")
    return str(played.get("scenario", ""))[:PLAY_CHARS_MAX] if isinstance(played, Mapping) else ""


def cut(text: str) -> list[str]:
    """Cut a text into folded words, each once, in their order, long ones by their beginning; then its references."""
    folded = fold_text(text)
    words = [word[:WORD_CHARS_MAX] for word in _WORD.findall(folded)]
    return list(dict.fromkeys([*words, *map(_as_word, _REFERENCE.findall(folded))]))


def is_reference(term: str) -> bool:
    """Say whether a folded term that is looked for is a reference."""
    return _REFERENCE.fullmatch(term) is not None


def asked(term: str) -> list[str]:
    """Cut a folded term that is looked for: a reference is one word, so that its parts need not be looked for."""
    return [_as_word(term)] if is_reference(term) else cut(term)


def _as_word(reference: str) -> str:
    return reference.replace("-", "").replace(".", "e")[:WORD_CHARS_MAX]


def words_of(taken: Taken, said: Sequence[str]) -> list[str]:
    """Give the words of an entry: of its sentences and of the text portions it sent that are still there."""
    texts = [*said, *texts_of(taken)]
    return cut("\n".join(texts))[:WORDS_PER_ENTRY_MAX]


def texts_of(taken: Taken) -> list[str]:
    """Give the texts an entry sent, but for those that were purged."""
    shown = portions(taken.act, taken.listed.row.entry, ())
    return [each.text for each in shown if each.text]


def facets_of(taken: Taken) -> list[str]:
    """Give the facets of an entry."""
    act, listed = taken.act, taken.listed
    return facets(
        line=listed.line,
        party=listed.log.party,
        procedure=act.procedure,
        lane=listed.log.lane,
        play=play_of(act),
        posts=act.posts[:POSTS_MAX],
    )


def sentences(procedure: Procedure, case: Case, each: Folded, readers: Sequence[Reader] = READERS) -> list[str]:
    """Say an act to every reader."""
    return [say_act(procedure, case, each, reader) for reader in readers]
