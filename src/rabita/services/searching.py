"""Search in every language of the line: what is typed on any keyboard finds what was written on any other.

Every word asked for must be found, by its beginning, and a reference whole; it, or a digest, finds its act first.
Rule kept here: a word stands for at most ``WORDS_PER_TERM_MAX`` words of the index, those that come first, and one of
one or two letters for itself alone; so the cost of a search does not grow with what is held.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.ports.index import ActRow
from rabita.procedures.engine.say import ENGLISH, Reader
from rabita.services.case_views import ActLine, Shelf
from rabita.services.casebook import Casebook, Page, act_row, bounded, page, read_cursor
from rabita.services.caseindex_words import asked, cut, facets, is_reference, texts_of
from rabita.services.reads import find_line
from rabita.services.search_meanings import NO_MEANINGS, Meanings
from rabita.services.search_text import fold_text, query_terms

WORDS_PER_TERM_MAX: Final = 64
PREFIX_CHARS_MIN: Final = 3
SHOWN_CHARS: Final = 400
_STRETCH: Final = re.compile(r"\S+")


class Hit(msgspec.Struct, frozen=True):
    """An act found. ``text`` is what to show of it; ``spans`` are the stretches of it (characters) that fit."""

    act: ActLine
    text: str
    spans: tuple[tuple[int, int], ...]


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for, and where: empty is anywhere."""

    text: str
    line: str = ""
    procedure: str = ""
    party: str = ""
    lane: Lane | str = ""


def search(
    book: Casebook,
    wanted: Search,
    cursor: str = "",
    count: int = 50,
    reader: Reader = ENGLISH,
    known: Meanings = NO_MEANINGS,
) -> Page[Hit]:
    """Find acts whose words the reader may see, those held last first, but for the one whose reference was given.

    *known* are the words of the reader's language that stand for coded fields.

    Raises ``UserFault``: ``cursor-malformed``, and as ``find_line`` for a line named.
    """
    count = bounded(count)
    (before,) = read_cursor(cursor, 1)
    words = {word: is_reference(term) for term in query_terms(wanted.text) for word in asked(term)}
    if not words:
        return Page(())
    line = find_line(book.store, wanted.line) if wanted.line else ""
    named = facets(line=line, party=wanted.party, procedure=wanted.procedure, lane=wanted.lane)
    terms = [[word] if whole else _forms(book, word, known) for word, whole in words.items()]
    seqs = book.index.found(named, terms, before, count + 1)
    rows = list(book.index.rows(seqs[:count]))
    first = [] if cursor else [row for row in _named(book, wanted) if row.seq not in seqs]
    hits = _hits(book, [*first, *rows], list(words), reader)
    return page(hits, count, [(row.seq,) for row in rows], more=len(seqs) > count)


def _forms(book: Casebook, word: str, known: Meanings) -> list[str]:
    """Give the words of the index that a word asked for stands for."""
    if len(word) < PREFIX_CHARS_MIN:
        return [word]
    return list(dict.fromkeys([word, *book.index.words(word, WORDS_PER_TERM_MAX), *known.of(word)]))


def _named(book: Casebook, wanted: Search) -> list[ActRow]:
    """Find the act that the text names by reference, or by its whole digest, in whatever digits."""
    found: list[ActRow] = []
    text = fold_text(wanted.text)
    for record in book.store.lines():
        if record.line.startswith(wanted.line):
            try:
                found.append(act_row(book, record.line, text))
            except UserFault:
                continue
    return found


def _hits(book: Casebook, rows: list[ActRow], words: list[str], reader: Reader) -> list[Hit]:
    shelf = Shelf(book, rows)
    hits = []
    for row in rows:
        shown = shelf.act(row, reader)
        if shown is not None and shelf.sees(row, shelf.taken[row.seq]):
            text = _shown(shown.sentence, texts_of(shelf.taken[row.seq]), words)
            hits.append(Hit(shown, text, tuple(spans(text, words))))
    return hits


def _shown(sentence: str, texts: list[str], words: Sequence[str]) -> str:
    """Choose what to show of an act: a stretch of its words around the first that fits, or else its sentence."""
    for text in texts:
        first = next(_fitting(text, words), None)
        if first is not None:
            begin = max(0, first[0] - SHOWN_CHARS // 2)
            return text[begin : begin + SHOWN_CHARS]
    return sentence


def spans(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Find the stretches of a text that begin one of the words asked for, in characters from its start."""
    return list(_fitting(text, words))


def _fitting(text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    for match in _STRETCH.finditer(text):
        if any(each.startswith(word) for each in _words(match.group()) for word in words):
            yield match.span()


@lru_cache(maxsize=8_192)
def _words(stretch: str) -> tuple[str, ...]:
    return tuple(cut(stretch))
