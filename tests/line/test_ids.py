"""Names: lines, logs and references for the telephone, read back as they were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.errors import UserFault
from rabita.line.ids import (
    LANES,
    Lane,
    LogId,
    first_nonce,
    is_exercise_code,
    is_party_code,
    is_shown,
    key_name,
    line_id_of,
    line_name,
    origin,
    parse_reference,
    reference,
)

codes = st.from_regex(r"[A-Z]([A-Z0-9]|-(?=[A-Z0-9])){1,15}", fullmatch=True).filter(is_party_code)


@given(st.binary(min_size=32, max_size=32))
def test_a_line_name_reads_back_and_is_a_dns_label(line_id: bytes) -> None:
    name = line_name(line_id)
    assert line_id_of(name) == line_id
    assert len(name) == 52
    assert name == name.lower()


@pytest.mark.parametrize("name", ["", "a" * 51, "A" * 52, "0" * 52, "a" * 51 + "b", "é" * 52])
def test_what_is_no_line_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        line_id_of(name)


@given(codes, st.integers(1, 999_999), st.sampled_from(LANES), st.integers(0, 10**9))
def test_a_reference_reads_back(code: str, epoch: int, lane: Lane, index: int) -> None:
    log = LogId(code, epoch, lane)
    found = parse_reference(f" {reference(log, index)} ")
    assert (found.log, found.number, found.line) == (log, index + 1, "")
    assert parse_reference(f"abcd/{reference(log, index)}").line == "abcd"


def test_references_as_people_say_them() -> None:
    assert reference(LogId("PAK", 1, Lane.FLASH), 40) == "PAK-F-0041"
    assert reference(LogId("PAK", 2, Lane.FLASH), 40) == "PAK-F2.0041"


@pytest.mark.parametrize(
    "text", ["", "PAK", "PAK-F", "PAK-F-41", "pak-f-0041", "PAK-X-0041", "P-F-0041", "PAK--A-F-0041", "PAK-F-0000"]
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(UserFault, match="reference-malformed"):
        parse_reference(text)


@pytest.mark.parametrize(
    ("code", "right"),
    [("PAK", True), ("X-PAK", True), ("P", False), ("PAK-", False), ("A--B", False), ("A" * 17, False)],
)
def test_party_codes(code: str, right: bool) -> None:  # noqa: FBT001 - a table
    assert is_party_code(code) is right


def test_names_in_notes() -> None:
    assert is_exercise_code("X-PAK")
    assert not is_exercise_code("PAK")
    assert key_name("PAK", "receipt") == "PAK.rabita.invalid/receipt"
    nonce = first_nonce("line", "PAK")
    assert len(bytes.fromhex(nonce)) == 16
    assert nonce != first_nonce("line", "IRN")
    assert origin("line", LogId("PAK", 2, Lane.FLASH), "ab") == "line.rabita.invalid/PAK/2-ab/flash"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("گزارش‌ها", True),  # with the half-space that Persian is written with
        ("نہ‍یں", True),
        ("Colonel A.", True),
        ("a\u202etxt", False),
        ("a\nb", False),
        ("\ufeffa", False),
    ],
)
def test_a_name_is_read_as_it_stands(text: str, shown: bool) -> None:  # noqa: FBT001 - a case
    assert is_shown(text) is shown
