"""The safety number: Signal's fingerprint under our root digest, and a word list two officers cannot mishear."""

import json
from itertools import combinations
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rabita.line.errors import InvariantBroken
from rabita.line.safety import Language, safety_digits, safety_words
from rabita.line.safety_words import WORDS
from tests.safety_vectors_build import VECTORS, groups, list_digest, safety_vectors, signal_fingerprint

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ur", "fa")
LETTERS: Final[dict[Language, frozenset[str]]] = {
    "en": frozenset("abcdefghijklmnopqrstuvwxyz"),
    "ur": frozenset("اآبپتٹثجچحخدڈذرڑزژسشصضطظعغفقکگلمنںوہھءئؤیے"),
    "fa": frozenset("اآبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهئی"),
}
# Letters that sound alike, folded as each language's speakers hear them; ہ and ه fold together for the comparison
# across the border.
_SAME_SOUND: Final = str.maketrans("ثصذضظطحهھعآئںےؤ", "سسزززتہہہااینیو", "ء")
SOUND: Final[dict[Language, dict[int, int | None]]] = {
    "en": {},
    "ur": {**_SAME_SOUND, ord("ق"): ord("ک")},
    "fa": {**_SAME_SOUND, ord("غ"): ord("ق")},
}
digests = st.binary(min_size=32, max_size=32)


def edits(left: str, right: str) -> int:
    """Levenshtein distance."""
    above = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        line = [row]
        for column, b in enumerate(right, 1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (a != b)))
        above = line
    return above[-1]


def words_of(language: Language) -> list[str]:
    return [row[LANGUAGES.index(language)] for row in WORDS]


def heard(language: Language) -> list[str]:
    return [word.translate(SOUND[language]) for word in words_of(language)]


def test_the_algorithm_is_signals() -> None:
    """The example that libsignal publishes: Alice's half of the 60 digits is the smaller and comes first."""
    alice = bytes.fromhex("0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868")
    shown = groups(signal_fingerprint(alice, b"+14152222222")).replace(" ", "")
    assert shown == "300354477692869396892869876765"


@settings(max_examples=10, deadline=None)
@given(digests)
def test_digits_and_words_are_the_fingerprint_of_the_root_digest(root_digest: bytes) -> None:
    fingerprint = signal_fingerprint(root_digest, b"")
    assert safety_digits(root_digest) == groups(fingerprint)
    for language in LANGUAGES:
        assert safety_words(root_digest, language) == tuple(words_of(language)[byte] for byte in fingerprint[30:42])


@settings(max_examples=10, deadline=None)
@given(digests, st.integers(0, 255))
def test_one_bit_changes_digits_and_words_all_through(root_digest: bytes, bit: int) -> None:
    other = (int.from_bytes(root_digest, "big") ^ 1 << bit).to_bytes(32, "big")
    pairs = list(zip(safety_digits(root_digest).split(), safety_digits(other).split(), strict=True))
    assert sum(a != b for a, b in pairs) >= 5
    for language in LANGUAGES:
        both = zip(safety_words(root_digest, language), safety_words(other, language), strict=True)
        assert sum(a != b for a, b in both) >= 8


def test_published_vectors_hold() -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    assert vectors["words_sha256"] == list_digest()
    assert vectors == safety_vectors()
    for case in vectors["cases"]:
        root_digest = bytes.fromhex(case["root_digest"])
        assert safety_digits(root_digest) == case["digits"]
        for language in LANGUAGES:
            assert list(safety_words(root_digest, language)) == case["words"][language]


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_digest_of_another_size_stops_the_node(size: int) -> None:
    with pytest.raises(InvariantBroken):
        safety_digits(bytes(size))
    with pytest.raises(InvariantBroken):
        safety_words(bytes(size), "en")


def test_one_word_for_every_byte() -> None:
    assert len(WORDS) == 256
    assert words_of("en") == sorted(words_of("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_letters_of_the_language(language: Language) -> None:
    """Urdu has ہ and never ه; Persian has ه, ی, ک and never ہ, ي, ك; no diacritic, digit, space or joiner."""
    assert {letter for word in words_of(language) for letter in word} <= LETTERS[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_words_of_a_language_sound_apart(language: Language) -> None:
    close = [(a, b) for a, b in combinations(heard(language), 2) if edits(a, b) < 2]
    assert close == []


def test_english_words_are_told_apart_by_four_letters() -> None:
    assert len({word[:4] for word in words_of("en")}) == 256


def test_no_word_stands_across_the_border_for_another_thing() -> None:
    urdu = {word.translate(_SAME_SOUND): row for row, word in enumerate(words_of("ur"))}
    persian = {word.translate(_SAME_SOUND): row for row, word in enumerate(words_of("fa"))}
    assert [word for word in urdu.keys() & persian.keys() if urdu[word] != persian[word]] == []
