"""False friends: words that Urdu and Persian write alike and mean apart, found in a text as it was written.

What the pairs are is data (``data/glossary/false_friends.toml``); here is how they are recognised. Rules kept: nothing
is found inside another word; the longest shape at a word wins and nothing overlaps; positions are code points of the
original text, which is read word by word in the spelling of the search index and never changed. Who writes Urdu is
warned of what a reader of Persian takes otherwise, and the other way round; English texts have no such words.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from rabita.desk.word_endings import inflected
from rabita.services.search_text import fold_text

Language: TypeAlias = Literal["ur", "fa"]

_NUMBER: Final = "<number>"
_MARKS: Final = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
_UNSEEN: Final = "\u00ad\u061c\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_WORD: Final = re.compile(rf"\w(?:[{_MARKS}{_UNSEEN}]*\w)*[{_MARKS}]*")
_BETWEEN: Final = re.compile(rf"[\s{_UNSEEN}]+")
"""What may stand between the words of one shape; a comma or a full stop may not."""


class Meaning(msgspec.Struct, frozen=True):
    """What a reader takes a word as, in each language a hint is read in."""

    en: str
    ur: str
    fa: str


class Writing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a word is risky in a text of one language: what to write instead, and the shapes it is recognised in."""

    safe: str
    forms: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word of both languages with its two meanings; ``ur``, ``fa``: where writing it is risky."""

    word: str
    in_urdu: Meaning
    in_persian: Meaning
    ur: Writing | None = None
    fa: Writing | None = None

    def writing(self, language: Language) -> Writing | None:
        """Give what holds for a text in a language, if the word is risky there."""
        return self.ur if language == "ur" else self.fa


class Hint(NamedTuple):
    """A word found: code points ``start`` to ``end`` of the text; ``bare`` where it stands without an ending.

    ``safe`` is the word to write instead. Where the word is not bare the writer has to put the ending to it.
    """

    start: int
    end: int
    name: str
    pair: Pair
    safe: str
    bare: bool


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    classes: dict[str, tuple[str, ...]]
    friends: dict[str, Pair]


class _Shape(NamedTuple):
    """Words that have to follow each other, of which ``length`` from ``first`` on are found; no pair: nothing is."""

    steps: tuple[frozenset[str], ...]
    first: int
    length: int
    name: str = ""
    pair: Pair | None = None
    safe: str = ""
    bare: bool = True


class _Token(NamedTuple):
    start: int
    end: int
    word: str


@cache
def _table() -> _Table:
    raw = (files("rabita") / "data" / "glossary" / "false_friends.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(raw), _Table)


def pairs() -> Mapping[str, Pair]:
    """Give every pair by its name."""
    return _table().friends


def hints(text: str, language: str) -> tuple[Hint, ...]:
    """Find the words of a text in ``language`` that a reader of the other language takes otherwise, in order."""
    if language not in {"ur", "fa"}:
        return ()
    index, tokens = _index("ur" if language == "ur" else "fa"), _tokens(text)
    runs = _runs(text, tokens)
    found: list[Hint] = []
    at = 0
    while at < len(tokens):
        shape = next((each for each in index.get(tokens[at].word, ()) if _stands(each, tokens, runs, at)), None)
        if shape is None:
            at += 1
            continue
        if shape.pair is not None:
            start, end = tokens[at].start, tokens[at + shape.length - 1].end
            found.append(Hint(start, end, shape.name, shape.pair, shape.safe, shape.bare))
        at += shape.length
    return tuple(found)


def _fold(word: str) -> str:
    """Spell a word as the index does; ے stays apart from ی, for Urdu's endings differ in it; a number is a number."""
    if word.isdecimal():
        return _NUMBER
    return "ے".join(map(fold_text, word.replace("ۓ", "ے").split("ے")))


def _tokens(text: str) -> list[_Token]:
    return [_Token(found.start(), found.end(), _fold(found[0])) for found in _WORD.finditer(text)]


def _runs(text: str, tokens: Sequence[_Token]) -> list[int]:
    """Give each word the number of its run; only spaces part the words of one run."""
    parted = [not _BETWEEN.fullmatch(text, one.end, two.start) for one, two in pairwise(tokens)]
    return list(accumulate(parted, initial=0))


def _stands(shape: _Shape, tokens: Sequence[_Token], runs: Sequence[int], at: int) -> bool:
    """Say whether a shape, as far as it is found, begins at a word, with what has to stand before and after it."""
    start = at - shape.first
    end = start + len(shape.steps)
    if start < 0 or end > len(tokens) or runs[start] != runs[end - 1]:
        return False
    return all(token.word in step for token, step in zip(tokens[start:end], shape.steps, strict=True))


@cache
def _index(language: Language) -> Mapping[str, tuple[_Shape, ...]]:
    """Give all shapes by the first word found, the longest first, and what is never hinted before what is."""
    found: dict[str, list[_Shape]] = {}
    for name, pair in pairs().items():
        for shape in _shapes(name, pair, language):
            for word in shape.steps[shape.first]:
                found.setdefault(word, []).append(shape)
    return {word: tuple(sorted(each, key=_rank)) for word, each in found.items()}


def _rank(shape: _Shape) -> tuple[int, bool, bool]:
    return -len(shape.steps), shape.pair is not None, not shape.bare


def _shapes(name: str, pair: Pair, language: Language) -> Iterator[_Shape]:
    writing = pair.writing(language)
    if writing is None:
        return
    for text in writing.apart:
        yield _read_shape(text)
    for text in writing.fixed:
        yield _read_shape(text)._replace(name=name, pair=pair, safe=writing.safe)
    for text in writing.forms:
        phrase = tuple(map(_fold, text.split()))
        for words in inflected(phrase, language):
            steps = tuple([frozenset({word}) for word in words])
            yield _Shape(steps, 0, len(words), name, pair, writing.safe, words == phrase)


def _read_shape(text: str) -> _Shape:
    """Read a shape as the table writes it: words in parentheses have to stand there and are not found."""
    words = text.split()
    found = [at for at, word in enumerate(words) if not word.startswith("(")]
    steps = tuple([_read_step(word.strip("()")) for word in words])
    return _Shape(steps, found[0], found[-1] + 1 - found[0])


def _read_step(word: str) -> frozenset[str]:
    if not word.startswith("<"):
        return frozenset({_fold(word)})
    words = frozenset(map(_fold, _table().classes[word.strip("<>")]))
    return words | {_NUMBER} if word == _NUMBER else words
