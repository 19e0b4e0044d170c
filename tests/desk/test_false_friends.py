"""False friends in sentences of our own, in any text whatever, over HTTP, and in the data they come from."""

import asyncio
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, cast

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.desk.false_friends import Pair, hints, pairs
from rabita.desk.friends_words import FRIENDS
from rabita.desk.words_route import PATH, ROUTES, WordFound
from rabita.gateways.rest.application import create_app
from rabita.services.search_text import fold_text
from tests.gateways.people import House, Side

PRECISION_MIN: Final = 0.95
RECALL_MIN: Final = 0.9
PAIRS_MIN: Final = 80
TERMS: Final = 166
ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_MARKED: Final = re.compile(r"{(\w+)\|([^}]*)}")

Language = Literal["ur", "fa"]
LANGUAGES: Final[tuple[Language, ...]] = ("fa", "ur")
PLACES: Final[tuple[tuple[str, Language], ...]] = tuple(
    [(name, each) for name, pair in sorted(pairs().items()) for each in LANGUAGES if pair.writing(each)]
)


class Place(NamedTuple):
    start: int
    end: int
    name: str


class Sentence(NamedTuple):
    language: str
    text: str
    wanted: frozenset[Place]

    @property
    def found(self) -> frozenset[Place]:
        return frozenset({Place(each.start, each.end, each.name) for each in hints(self.text, self.language)})


def read_sentences() -> Iterator[Sentence]:
    tables = tomllib.loads((Path(__file__).parent / "false_friend_sentences.toml").read_text(encoding="utf-8"))
    for table, written in tables.items():
        for each in written:
            yield read_sentence(table[:2], each)


def read_sentence(language: str, written: str) -> Sentence:
    text, wanted, at = "", set[Place](), 0
    for mark in _MARKED.finditer(written):
        text += written[at : mark.start()]
        wanted.add(Place(len(text), len(text) + len(mark[2]), mark[1]))
        text += mark[2]
        at = mark.end()
    return Sentence(language, text + written[at:], frozenset(wanted))


SENTENCES: Final = tuple(read_sentences())


def test_precision_and_recall_on_our_own_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    right = sum(len(each.found & each.wanted) for each in SENTENCES)
    found = sum(len(each.found) for each in SENTENCES)
    wanted = sum(len(each.wanted) for each in SENTENCES)
    with capsys.disabled():
        print(f"\n{len(SENTENCES)} sentences with {wanted} such words, {found} found:", end=" ")
        print(f"precision {right / found:.3f}, recall {right / wanted:.3f}")
    assert len(SENTENCES) >= 160
    assert right / found >= PRECISION_MIN
    assert right / wanted >= RECALL_MIN


def test_a_fifth_of_the_sentences_have_nothing_to_find() -> None:
    assert sum(not each.wanted for each in SENTENCES) >= len(SENTENCES) / 5


@pytest.mark.parametrize("name", sorted(pairs()))
def test_every_pair_is_recognised_in_a_sentence(name: str) -> None:
    assert any(place.name == name for each in SENTENCES for place in each.found & each.wanted)


def test_most_pairs_are_recognised_with_an_ending() -> None:
    """Those never are which take none: adjectives and adverbs, and words of a shape."""
    ended = {each.name for sentence in SENTENCES for each in hints(sentence.text, sentence.language) if not each.bare}
    assert len(ended) >= 40


def test_the_table_is_whole() -> None:
    assert len(pairs()) >= PAIRS_MIN
    for name, pair in pairs().items():
        for meaning in (pair.in_urdu, pair.in_persian):
            assert re.match("[(A-Za-z]", meaning.en), name
            assert ARABIC.search(meaning.ur), name
            assert ARABIC.search(meaning.fa), name
        assert pair.in_urdu != pair.in_persian, name
        assert pair.ur or pair.fa, name


@pytest.mark.parametrize(("name", "language"), PLACES)
def test_a_safe_word_is_safe_and_each_form_is_found(name: str, language: Language) -> None:
    writing = pairs()[name].writing(language)
    assert writing is not None
    assert hints(writing.safe, language) == ()
    for form in writing.forms:
        assert [(each.name, each.start, each.end) for each in hints(form, language)] == [(name, 0, len(form))]


def test_letters_of_the_tables_are_those_of_their_language() -> None:
    """No Arabic yeh or kaf anywhere; no Persian heh in Urdu, no Urdu letters in Persian."""
    for name, pair in pairs().items():
        for text, foreign in (
            *((each.ur, "يكه") for each in (pair.in_urdu, pair.in_persian)),
            *((each.fa, "يكہےھٹڈڑں") for each in (pair.in_urdu, pair.in_persian)),
        ):
            quoted = re.sub("[”«“][^“»”]*[“»”]", "", text)
            assert not set(quoted) & set(foreign), (name, text)


def test_terms_of_the_glossary_are_there_in_three_languages() -> None:
    path = Path(__file__).parents[2] / "src" / "rabita" / "data" / "glossary" / "terms.toml"
    terms = tomllib.loads(path.read_text(encoding="utf-8"))["terms"]
    assert len(terms) == TERMS
    for term in terms:
        assert set(term) <= {"group", "en", "ur", "fa", "gender", "seen_ur", "seen_fa", "note"}
        assert ARABIC.search(term["ur"]), term
        assert ARABIC.search(term["fa"]), term
        assert not ARABIC.search(term["en"]), term


def test_who_writes_which_language_is_warned_of_the_other_one_s_reader() -> None:
    (found,) = hints("خودمختاری کا احترام", "ur")
    assert (found.pair.in_urdu.en, found.pair.in_persian.en) == ("sovereignty", "autonomy of a region")
    assert (found.safe, found.bare) == ("اقتدار اعلیٰ", True)
    (found,) = hints("خودمختاری‌های منطقه", "fa")
    assert (found.safe, found.bare) == ("خودگردانی", False)
    assert hints("khudmukhtari خودمختاری", "en") == ()


def test_one_word_of_a_text_is_never_two_hints_and_the_longest_shape_wins() -> None:
    (found,) = hints("قائم مقام ناظم الامور", "ur")
    assert found.name == "nazim"
    assert [each.name for each in hints("خود مختاری", "ur")] == ["khudmukhtari"]


def test_a_full_stop_or_a_comma_parts_a_shape() -> None:
    assert [each.name for each in hints("فضائی حدود", "ur")] == ["fazai", "hudud"]
    assert [each.name for each in hints("فضائی، حدود", "ur")] == ["fazai"]
    assert [each.name for each in hints("مرز باز است", "fa")] == ["baz"]
    assert hints("باران، باز. است", "fa") == ()


SPELLINGS: Final = ("حادثه", "حادثة", "حـادثه", "حَادِثَه", "ﺣﺎﺩﺛﻪ", "\u200fحادثه\u200f", "حادثہ")


@pytest.mark.parametrize("written", sorted(SPELLINGS))
def test_spellings_of_all_keyboards_are_one(written: str) -> None:
    (found,) = hints(f"پس از {written} دیدیم", "fa")
    assert fold_text(written) == fold_text(f"پس از {written} دیدیم"[found.start : found.end])


FORMS: Final = sorted({form for pair in pairs().values() for each in (pair.ur, pair.fa) if each for form in each.forms})
LETTERS: Final = st.sampled_from("ابپتجچحدرزسشصضطعفقکگلمنوهیےہھں")
WORDS: Final = st.one_of(
    st.sampled_from(FORMS),
    st.text(LETTERS, min_size=1, max_size=6),
    st.sampled_from(["ها", "های", "شد", "کیا", "ہے", "است", "10", "۱۰", "PAK-F-0041", "😀", "از", "کی"]),
)
TEXTS: Final = st.one_of(
    st.text(),
    st.lists(st.tuples(WORDS, st.sampled_from([" ", "\u200c", "، ", ". ", "\n", "", "\u2068"]))).map(
        lambda parts: "".join([part for each in parts for part in each])
    ),
)


@given(TEXTS, st.sampled_from(["ur", "fa"]))
def test_hints_slice_the_text_in_order_and_never_overlap(text: str, language: str) -> None:
    found = hints(text, language)
    ends = [0, *[edge for each in found for edge in (each.start, each.end)], len(text)]
    assert ends == sorted(ends)
    assert all(each.start < each.end for each in found)
    assert hints(text, language) == found
    for each in found:
        assert not text[each.start].isspace()
        assert not text[each.end - 1].isspace()


@given(TEXTS, st.sampled_from(["ur", "fa"]))
def test_nothing_is_found_inside_another_word(text: str, language: str) -> None:
    for each in hints(text, language):
        for beside in (text[: each.start][-1:], text[each.end :][:1]):
            assert not beside.isalnum()
            assert not unicodedata.category(beside or " ").startswith("M")


@given(LETTERS, WORDS, LETTERS, st.sampled_from(["ur", "fa"]))
def test_a_word_glued_to_letters_is_found_only_where_those_are_an_ending(
    before: str, word: str, after: str, language: str
) -> None:
    found = hints(f"{before}{word}{after}", language)
    assert all((each.start, each.end) == (0, len(word) + 2) or " " in word for each in found)


@pytest.mark.parametrize("ending", sorted(["ها", "‌ها", " ها", "‌های", "‌هایی", "‌هایشان", "ی", "م", "ش", "‌مان", "‌اش"]))
def test_endings_of_persian(ending: str) -> None:
    text = f"قرارداد{ending}"
    assert [(each.start, each.end) for each in hints(f"{text}.", "fa")] == [(0, len(text))]


URDU: Final = (
    *("حادثے", "حادثوں", "حادثات", "تجویزیں", "تجویزوں", "مبصرین"),
    *("منظوریاں", "منظوریوں", "تقاضے", "اجرائے", "حوالہ جات"),
)


@pytest.mark.parametrize("written", sorted(URDU))
def test_endings_of_urdu(written: str) -> None:
    assert [(each.start, each.end) for each in hints(f"{written}۔", "ur")] == [(0, len(written))]


@pytest.mark.sockets
def test_the_page_asks_over_http(home: House, side: Side) -> None:
    async def scene() -> tuple[httpx.Response, ...]:
        gateway = create_app(side.web.services(), rate_per_s=1000, secure=False, pages=ROUTES)
        transport = httpx.ASGITransport(cast("Any", gateway.app))
        headers = {"authorization": f"Bearer {side.token()}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http:
            told = await asyncio.gather(
                http.post(PATH, json={"text": "😀 خودمختاریِ ما", "language": "fa"}),
                http.post(PATH, json={"text": "خودمختاری", "language": "en"}),
                http.post(PATH, json={"text": "خودمختاری", "language": "de"}),
                http.post(PATH, json={"text": "خودمختاری", "language": "fa"}, headers={"authorization": ""}),
            )
        gateway.close()
        return tuple(told)

    found, none, wrong, nobody = home.run(scene())
    (word,) = msgspec.json.decode(found.content, type=tuple[WordFound, ...])
    assert (word.start, word.end, word.written, word.safe) == (2, 12, "خودمختاریِ", "خودگردانی")
    assert isinstance(pairs()[word.name], Pair)
    assert (none.status_code, none.json()) == (200, [])
    assert (wrong.status_code, wrong.json()["code"]) == (422, "field-invalid")
    assert nobody.status_code == 401


def test_scripts_say_these_words_and_no_others() -> None:
    desk = Path(__file__).parents[2] / "src" / "rabita" / "desk"
    scripts = "".join([each.read_text(encoding="utf-8") for each in sorted((desk / "static").glob("*.js"))])
    assert set(re.findall(r"words\.(friends\w+)", scripts)) == set(FRIENDS)
