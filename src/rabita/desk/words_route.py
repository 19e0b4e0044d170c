"""Finding false friends while somebody writes: the one route that the pages ask.

Rules kept here: what is asked about is neither kept nor logged, for it may be a draft that nobody else may read (the
audit log learns that something was asked); the answer holds both meanings in every language, so that the page shows
them in its reader's.
"""

from typing import Annotated, Final, Literal

import msgspec

from rabita.desk.false_friends import Hint, Meaning, hints
from rabita.desk.rendering import script_route
from rabita.gateways.rest.routing import At, Query, read_body
from rabita.line.limits import PORTION_BYTES_MAX
from rabita.services.audit import Action

PATH: Final = "/desk/words"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text as it stands, at most a portion's length, and the language it is written in."""

    text: Annotated[str, msgspec.Meta(max_length=PORTION_BYTES_MAX)]
    language: Literal["en", "ur", "fa"]


class WordFound(msgspec.Struct, frozen=True):
    """A word that means something else in the other language; ``start`` and ``end`` count code points of the text.

    ``name`` names the pair; ``written`` is the word as it stands, ``safe`` what to write instead, ``bare`` whether it
    stands without an ending, so that ``safe`` can simply take its place.
    """

    start: int
    end: int
    name: str
    written: str
    safe: str
    bare: bool
    in_urdu: Meaning
    in_persian: Meaning


def find_words(at: At, _query: Query) -> tuple[WordFound, ...]:
    """Find the words of a text that a reader of the other language takes otherwise, in their order."""
    asked = read_body(Asked, at.body)
    return tuple([_told(each, asked.text) for each in hints(asked.text, asked.language)])


def _told(hint: Hint, text: str) -> WordFound:
    return WordFound(
        start=hint.start,
        end=hint.end,
        name=hint.name,
        written=text[hint.start : hint.end],
        safe=hint.safe,
        bare=hint.bare,
        in_urdu=hint.pair.in_urdu,
        in_persian=hint.pair.in_persian,
    )


ROUTES: Final = (
    script_route(
        *("POST", PATH, "falseFriends", "Words of a text that mean something else in the other language", find_words),
        audit=Action.READ,
        body=Asked,
        answers={200: tuple[WordFound, ...]},
    ),
)
