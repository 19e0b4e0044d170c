"""Markings: one line of codes, combined, checked and judged (3-procedures, intelligence report; TLP 2.0; Europol)."""

from datetime import date
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rabita.line.errors import PeerFault
from rabita.procedures.marking import (
    WORDS,
    Category,
    Handling,
    Marking,
    Personal,
    Purpose,
    Tlp,
    Why,
    combine,
    is_overall,
    level_of,
    marking_faults,
    marking_text,
    may_go_to,
    national_level,
    parse_marking,
)

CLASSIFICATION: Final = {
    "RESTRICTED": {"IRN": "محرمانه", "PAK": "RESTRICTED"},
    "SECRET": {"IRN": "سری", "PAK": "SECRET"},
}
LEVELS: Final = tuple(CLASSIFICATION)
LINE: Final = ("IRN", "PAK")
TODAY: Final = date(2026, 1, 20)
FULL: Final = (
    "SECRET//TLP:AMBER+STRICT//H1,H2//REL TO IRN,PAK//ORCON//CAVEAT EYES ONLY,POLIO//WHY person,source"
    "//REVIEW 2026-09-01//PERSONAL humanitarian/missing/90"
)


def read(text: str) -> Marking:
    return parse_marking(text, LEVELS)


def test_a_marking_is_read_in_all_its_parts() -> None:
    assert read(FULL) == Marking(
        level="SECRET",
        tlp=Tlp.AMBER_STRICT,
        handling=(Handling.H1, Handling.H2),
        rel=("IRN", "PAK"),
        orcon=True,
        caveats=("EYES ONLY", "POLIO"),
        why=(Why.PERSON, Why.SOURCE),
        review="2026-09-01",
        personal=(Personal(Purpose.HUMANITARIAN, Category.MISSING, 90),),
    )


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("", ""),
        ("AMBER", "TLP:AMBER"),
        ("TLP:CLEAR", "TLP:CLEAR"),
        ("ORCON//GREEN//RESTRICTED", "RESTRICTED//TLP:GREEN//ORCON"),
        ("H2, H1,H2", "H1,H2"),
        ("REL TO PAK, IRN", "REL TO IRN,PAK"),
        ("NOREL", "NOREL"),
        (FULL, FULL),
    ],
)
def test_a_marking_has_one_canonical_form(written: str, canonical: str) -> None:
    assert marking_text(read(written)) == canonical
    assert read(canonical) == read(written)


@pytest.mark.parametrize("label", ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"])
def test_the_five_labels_of_tlp_are_the_same_in_every_language(label: str) -> None:
    """TLP 2.0 is never translated."""
    assert marking_text(read(label)) == f"TLP:{label}"
    assert set(WORDS) == {*Tlp, *Handling}


@pytest.mark.parametrize(
    "text",
    [
        "TOP SECRET",
        "TLP:WHITE",
        "tlp:red",
        "H4",
        "H1,",
        "REL TO ",
        "REL TO pak",
        "CAVEAT ",
        "CAVEAT low",
        "WHY because",
        "REVIEW 2026-13-01",
        "REVIEW 20260901",
        "REVIEW 2026-W36-2",
        "REVIEW ۲۰۲۶-09-01",
        "PERSONAL humanitarian/missing",
        "PERSONAL humanitarian/missing/0",
        "PERSONAL profit/missing/1",
        "PERSONAL humanitarian/tribe/1",
        "ORCON//ORCON",
        "RED//TLP:RED",
        "NOREL//REL TO PAK",
        "SECRET////ORCON",
        "//",
        " ORCON",
        "ORKON",
    ],
)
def test_what_is_no_marking_is_refused(text: str) -> None:
    with pytest.raises(PeerFault) as caught:
        read(text)
    assert caught.value.code == "marking-malformed"


def of(values: type[Handling] | type[Why]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(list(values))).map(lambda found: tuple(sorted(found)))


CODES = st.sets(st.sampled_from(["AFG", "IRN", "PAK", "X-PAK"])).map(lambda found: tuple(sorted(found)))
MARKINGS = st.builds(
    Marking,
    level=st.sampled_from(["", *LEVELS]),
    tlp=st.none() | st.sampled_from(Tlp),
    handling=of(Handling),
    rel=st.none() | CODES,
    orcon=st.booleans(),
    caveats=CODES,
    why=of(Why),
    review=st.just("") | st.dates(date(2000, 1, 1)).map(date.isoformat),
    personal=st.sets(
        st.builds(Personal, st.sampled_from(Purpose), st.sampled_from(Category), st.integers(1, 99_999)), max_size=3
    ).map(lambda found: tuple(sorted(found))),
)


@given(marking=MARKINGS)
def test_every_marking_written_is_read_back(marking: Marking) -> None:
    assert read(marking_text(marking)) == marking


@given(text=st.text() | st.lists(st.sampled_from([*FULL.split("//"), "RED", "NOREL", "X", ""])).map("//".join))
def test_whatever_a_marking_says_only_a_peer_fault_escapes(text: str) -> None:
    try:
        marking = read(text)
    except PeerFault as fault:
        assert fault.code == "marking-malformed"
    else:
        assert read(marking_text(marking)) == marking


@given(one=MARKINGS, two=MARKINGS, three=MARKINGS)
def test_the_whole_is_marked_as_its_portions_in_whatever_order(one: Marking, two: Marking, three: Marking) -> None:
    whole = combine((one, two, three), LEVELS, LINE)
    assert combine((three, combine((one, two), LEVELS, LINE), one), LEVELS, LINE) == whole
    assert is_overall(whole, (one, two, three), LEVELS, LINE)
    assert combine((one,), LEVELS, LINE) == one
    assert combine((), LEVELS, LINE) == Marking()


UNMARKED: Final = Marking()
OPEN: Final = Marking(tlp=Tlp.CLEAR)
NAMED: Final = Marking(rel=("AFG", "PAK"))


@given(one=MARKINGS, two=MARKINGS, party=st.sampled_from(["IRN", "PAK", "AFG"]))
@example(UNMARKED, OPEN, "AFG")
@example(UNMARKED, NAMED, "AFG")
@example(OPEN, NAMED, "IRN")
def test_the_whole_goes_nowhere_a_portion_may_not_go(one: Marking, two: Marking, party: str) -> None:
    """The overall marking is the highest of its portions, so it never widens what one of them allows."""
    parts = [may_go_to(each, party, originator="IRN", parties=LINE) for each in (one, two)]
    whole = may_go_to(combine((one, two), LEVELS, LINE), party, originator="IRN", parties=LINE)
    assert whole or not any(parts)


def test_a_whole_marked_lower_than_a_portion_is_told_apart() -> None:
    assert not is_overall(read("TLP:GREEN"), [read("TLP:RED")], LEVELS, LINE)
    assert is_overall(read("SECRET//TLP:RED"), [read("RESTRICTED//TLP:RED")], LEVELS, LINE)


def faults(text: str, *, posts: tuple[str, ...] = ("Turbat",), personal: bool = False) -> tuple[str, ...]:
    return marking_faults(read(text), posts=posts, today=TODAY, retention_days=100, personal=personal)


@pytest.mark.parametrize("mark", ["H1", "H2", "H3", "TLP:RED", "TLP:AMBER+STRICT", "ORCON"])
def test_a_restrictive_mark_needs_a_reason_and_a_review_date(mark: str) -> None:
    """3-procedures, intelligence report; 1-mechanism: over-marking freezes use for years."""
    assert faults(mark) == ("marking-reason", "marking-review")
    assert faults(f"{mark}//WHY source") == ("marking-review",)
    assert faults(f"{mark}//WHY source//REVIEW 2026-01-20") == ("marking-review",)
    assert faults(f"{mark}//WHY source//REVIEW 2026-01-21") == ()


@pytest.mark.parametrize("mark", ["", "H0", "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "SECRET", "REL TO PAK"])
def test_other_marks_need_neither(mark: str) -> None:
    assert faults(mark) == ()


def test_red_names_its_recipients() -> None:
    """TLP 2.0: RED is for the named recipients only."""
    assert faults("TLP:RED//WHY source//REVIEW 2027-01-01", posts=()) == ("marking-recipients",)


def test_personal_data_carry_purpose_category_and_retention() -> None:
    """3-procedures: purpose and retention mandatory for personal data."""
    assert faults("TLP:AMBER", personal=True) == ("personal-unmarked",)
    assert faults("TLP:AMBER//PERSONAL humanitarian/missing/90", personal=True) == ()


def test_personal_data_are_kept_no_longer_than_the_charter_keeps_anything() -> None:
    assert faults("PERSONAL humanitarian/missing/101") == ("personal-retention",)


def go(text: str, party: str, *, post: str = "", consented: tuple[str, ...] = ()) -> str:
    marking = read(text)
    return may_go_to(
        marking, party, originator="IRN", parties=("IRN", "PAK"), post=post, posts=("Turbat",), consented=consented
    )


@pytest.mark.parametrize(
    ("code", "text", "party"),
    [
        ("", FULL, "IRN"),
        ("", FULL, "PAK"),
        ("", "", "PAK"),
        ("release-not-named", "NOREL", "PAK"),
        ("", "NOREL", "IRN"),
        ("release-not-named", "REL TO IRN", "PAK"),
        ("release-not-named", "TLP:CLEAR//REL TO PAK", "AFG"),
        ("release-third-party", "", "AFG"),
        ("release-third-party", "TLP:GREEN", "AFG"),
        ("release-third-party", "H1", "AFG"),
        ("", "TLP:CLEAR", "AFG"),
        ("", "REL TO AFG,PAK", "AFG"),
        ("release-originator", "ORCON//REL TO AFG", "AFG"),
        ("release-originator", "TLP:CLEAR//ORCON", "AFG"),
        ("release-originator", "TLP:CLEAR//H2", "AFG"),
        ("release-originator", "TLP:CLEAR//H3", "AFG"),
    ],
)
def test_where_a_marking_lets_it_go(code: str, text: str, party: str) -> None:
    """Third-party rule, originator control, REL TO and TLP (field terms); each rule as numbered in ``may_go_to``."""
    assert go(text, party) == code


def test_red_goes_to_the_posts_named_and_no_other() -> None:
    assert go("TLP:RED", "PAK", post="Turbat") == ""
    assert go("TLP:RED", "PAK", post="Quetta") == "release-recipients"
    assert go("TLP:AMBER", "PAK", post="Quetta") == ""


def test_the_originators_express_consent_opens_every_marking() -> None:
    """A release request is granted, denied or conditioned by the originator."""
    assert go("NOREL//ORCON//H2", "AFG", consented=("AFG",)) == ""


def test_each_party_has_its_own_word_for_a_level() -> None:
    """The equivalence table of the charter's ``classification``."""
    assert national_level(CLASSIFICATION, "SECRET", "IRN") == "سری"
    assert national_level(CLASSIFICATION, "SECRET", "AFG") == "SECRET"
    assert level_of(CLASSIFICATION, "IRN", "محرمانه") == "RESTRICTED"
    with pytest.raises(PeerFault):
        level_of(CLASSIFICATION, "IRN", "SECRET")
