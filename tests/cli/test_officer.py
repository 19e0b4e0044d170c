"""``rabita officer``: the first administrator, invited from the machine itself; looked at, suspended, revoked."""

from pathlib import Path

import pytest

from tests.cli.people import Side, quickly_founded

pytestmark = pytest.mark.sockets


@pytest.fixture
def side(tmp_path: Path) -> Side:
    return quickly_founded(tmp_path)[0]


def test_an_administrator_is_invited_listed_suspended_and_revoked(side: Side) -> None:
    made = side.do("officer", "invite", "A. Admin", "--roles", "administrator", "--roles", "security-officer")
    assert len(made["code"].replace("-", "")) == 32
    assert made["code"].replace("-", "").encode() not in (side.home / "officers.db").read_bytes()
    (listed,) = side.do("officer", "list")
    assert listed["id"] == made["officer"]
    assert [each["role"] for each in listed["tenures"]] == ["administrator", "security-officer"]
    assert side.do("officer", "show", made["officer"]) == listed
    for words in (("officer", "list"), ("officer", "show", made["officer"]), ("officer", "sessions")):
        assert side.run(*words).code == 0
    assert side.do("officer", "sessions") == []
    assert side.do("officer", "suspend", made["officer"])["standing"] == "suspended"
    assert side.do("officer", "revoke", made["officer"])["standing"] == "revoked"
    assert "officer-ended" in side.run("officer", "suspend", made["officer"]).err
    assert side.run("officer", "invite", "B", "--expires-minutes", "5").code == 0
    told = [each["door"] for each in side.do("audit", "show") if each.get("target") == made["officer"]]
    assert {"officer invite", "officer suspend", "officer revoke"} <= set(told)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("invite", "A", "--roles", "king"), "officer-terms"),
        (("invite", "A", "--roles", "drafter"), "officer-terms"),
        (("invite", "A", "--rank", "of-99"), "officer-terms"),
        (("show", "nobody"), "officer-unknown"),
        (("revoke", "nobody"), "officer-unknown"),
    ],
    ids=["role", "no administrator", "rank", "show", "revoke"],
)
def test_what_cannot_be_is_refused(side: Side, words: tuple[str, ...], code: str) -> None:
    answer = side.run("officer", *words)
    assert (answer.code, code in answer.err) == (2, True)
    assert side.do("officer", "list") == []


def test_a_file_of_another_program_is_refused(side: Side) -> None:
    (side.home / "officers.db").write_bytes(b"no database at all, though it is long enough to be one" * 100)
    assert "store-unavailable" in side.run("officer", "list").err
