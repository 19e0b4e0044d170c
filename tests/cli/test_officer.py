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


def test_an_officer_is_linked_to_the_identity_provider_and_unlinked(side: Side) -> None:
    made = side.do("officer", "invite", "A. Admin")
    assert "oidc-needed" in side.run("officer", "link", made["officer"], "a.admin@nation").err
    with (side.home / "rabita.toml").open("a") as file:
        file.write('oidc_issuer = "https://id.example"\n')
    linked = side.do("officer", "link", made["officer"], "a.admin@nation")
    assert linked == {"officer": made["officer"], "issuer": "https://id.example", "subject": "a.admin@nation"}
    assert side.do("officer", "show", made["officer"])["identity"] == "a.admin@nation"
    assert "a.admin@nation" in side.run("officer", "show", made["officer"]).out
    assert side.run("officer", "link", made["officer"], "another").code == 0
    assert side.run("officer", "unlink", made["officer"]).code == 0
    assert side.do("officer", "unlink", made["officer"]) == {"officer": made["officer"]}
    assert side.do("officer", "list")[0]["identity"] == ""
    told = [each["door"] for each in side.do("audit", "show") if each.get("target") == made["officer"]]
    assert {"officer link", "officer unlink"} <= set(told)


def test_a_key_in_software_is_revoked_and_what_it_approved_before_stays_good(side: Side, tmp_path: Path) -> None:
    file, transcript = tmp_path / "officer.key", tmp_path / "pak.transcript"
    key = side.do("officer", "create", "LO-TURBAT", file, "--role", "releaser")["key"]
    references = [side.seal("in office", "--approve", file)]
    (placed,) = side.do("officer", "revoke-key", key[:12])["revoked"]
    assert placed["reference"] == "X-PAK-C-0002"
    references.append(side.seal("no more", "--approve", file))
    shown = [side.do("show", each)["approvals"][0] for each in references]
    assert [(each["standing"], each["post"]) for each in shown] == [("verified", "LO-TURBAT"), ("revoked", "LO-TURBAT")]
    side.do("transcript", "export", transcript)
    assert "1 verified, 0 false, 0 unknown, 1 revoked" in side.run("verify", transcript).out
    for again in (key, key[:12], "", "nothing-of-ours"):
        assert "credential-unknown" in side.run("officer", "revoke-key", again).err
    assert side.run("officer", "create", "LO-TURBAT", tmp_path / "new.key").code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("invite", "A", "--roles", "king"), "officer-terms"),
        (("invite", "A", "--roles", "drafter"), "officer-terms"),
        (("invite", "A", "--rank", "of-99"), "officer-terms"),
        (("show", "nobody"), "officer-unknown"),
        (("revoke", "nobody"), "officer-unknown"),
        (("unlink", "nobody"), "officer-unknown"),
    ],
    ids=["role", "no administrator", "rank", "show", "revoke", "unlink"],
)
def test_what_cannot_be_is_refused(side: Side, words: tuple[str, ...], code: str) -> None:
    answer = side.run("officer", *words)
    assert (answer.code, code in answer.err) == (2, True)
    assert side.do("officer", "list") == []


def test_a_file_of_another_program_is_refused(side: Side) -> None:
    (side.home / "officers.db").write_bytes(b"no database at all, though it is long enough to be one" * 100)
    assert "store-unavailable" in side.run("officer", "list").err
