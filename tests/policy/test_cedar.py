"""Policies as files and as answers: where something is wrong, why something is refused, what cannot be decided."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.errors import UserFault
from rabita.policy.cedar import NOBODY, NOTHING_ELSE, UNDECIDED, open_policy
from rabita.policy.files import Source, read_source, split
from rabita.policy.tables import read_table
from rabita.services.policy import Circumstances, Matter, Subject, permit

GOOD = '@id("a")\n@words("Anyone may.")\npermit (principal, action, resource);\n'
RELEASER = Subject("r1", "officer", ("releaser",), ("HOME",), tenures=(("releaser", "HOME"),))
BUILTIN = open_policy("")
TOKEN = Subject("t1", "token", scope="read")


def folder(tmp_path: Path, **texts: str) -> str:
    for name, text in texts.items():
        (tmp_path / f"{name}.cedar").write_text(text)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (GOOD + "\n// a word; of ours\npermit (princ);", 6, "princ"),
        (GOOD + '@id("b")\n@words("x;y")\npermit (principal, action == Action::"dance", resource);', 4, "dance"),
        (GOOD + '@id("b") @words("x")\npermit (principal in Role::"relaeser", action, resource);', 4, "relaeser"),
        (GOOD + '@id("b") @words("x")\npermit (principal, action, resource) when { resource.rank == 1 };', 4, "rank"),
        (GOOD + '@id("a") @words("x")\npermit (principal, action, resource);', 4, "the id a"),
        (GOOD + '@words("x")\npermit (principal, action, resource);', 4, "@id"),
        (GOOD + '@id("b")\npermit (principal, action, resource);', 4, "@words"),
        (GOOD + '@id("b") @words("x")\npermit (principal == ?principal, action, resource);', 4, "templates"),
        (GOOD + "\n\npermit (principal, action, resource)", 6, "unexpected"),
        (GOOD + '\n"', 5, ""),
    ],
)
def test_what_is_wrong_is_told_with_its_file_and_line(tmp_path: Path, text: str, line: int, why: str) -> None:
    where = folder(tmp_path, a="// nothing but a comment\n", b=text)
    with pytest.raises(UserFault) as refused:
        open_policy(where)
    assert refused.value.code == "policy-invalid"
    assert refused.value.detail.startswith(f"b.cedar:{line}: ")
    assert why in refused.value.detail


def test_a_folder_without_policies_is_refused(tmp_path: Path) -> None:
    for where in (str(tmp_path), str(tmp_path / "nowhere")):
        with pytest.raises(UserFault, match="policy-invalid"):
            open_policy(where)
    (tmp_path / "big.cedar").write_bytes(b"/" * (2**20 + 1))
    with pytest.raises(UserFault, match="policy-invalid"):
        open_policy(str(tmp_path))
    (tmp_path / "big.cedar").write_bytes(b"\xff")
    with pytest.raises(UserFault, match="policy-invalid"):
        open_policy(str(tmp_path))


def test_the_digest_changes_with_any_text_and_any_name(tmp_path: Path) -> None:
    first = read_source(folder(tmp_path, a=GOOD)).digest
    (tmp_path / "note.txt").write_text("not a policy")
    assert read_source(str(tmp_path)).digest == first
    (tmp_path / "a.cedar").rename(tmp_path / "c.cedar")
    second = read_source(str(tmp_path)).digest
    assert len({first, second, read_source(folder(tmp_path, c=GOOD + " ")).digest, read_source("").digest}) == 4


@given(st.lists(st.text(st.sampled_from('ab";/\\\n '), max_size=12), max_size=4))
def test_taking_apart_loses_nothing_that_is_said(parts: list[str]) -> None:
    text = ";".join(parts)
    found = list(split(Source("", {"x": text})))
    for each in found:
        assert each.text in text
        assert 1 <= each.line <= text.count("\n") + 1
    assert [each.text for each in split(Source("", {"x": "\n".join(each.text for each in found)}))] == [
        each.text for each in found
    ]


def test_a_refusal_says_why_by_the_words_of_what_forbids_it() -> None:
    decision = open_policy("").decide(RELEASER, "release", Matter(drafters=("r1",), post="HQ"))
    assert decision.policies == ("four-eyes", "own-post")
    assert decision.sentence == (
        "Whoever wrote any of it neither reviews nor releases it; another officer has to. "
        "It is said as a post at which you are no releaser now."
    )


def test_a_refusal_that_nothing_forbids_says_who_may() -> None:
    policy = open_policy("")
    drafter = Subject("d1", "officer", ("drafter",))
    only = "Only a releaser who did not write it may release it."
    assert policy.decide(drafter, "release").sentence == f"{only} {NOTHING_ELSE}"
    assert policy.decide(TOKEN, "release").sentence == f"{only} {NOTHING_ELSE}", "no token may: so it says who may"
    assert policy.decide(TOKEN, "seal").sentence == f"A token of the scope seal may seal. {NOTHING_ELSE}"
    assert policy.decide(RELEASER, "release-alone").sentence == NOBODY


@pytest.mark.parametrize(
    ("subject", "action", "matter", "circumstances"),
    [
        (RELEASER, "dance", Matter(), Circumstances()),
        (RELEASER, "content", Matter(), Circumstances()),
        (RELEASER, 'x", y', Matter(), Circumstances()),
        (Subject("r1", "officer", ("king",)), "read", Matter(), Circumstances()),
        (Subject("", "token"), "read", Matter(), Circumstances()),
        (RELEASER, "release", Matter(precedence="LATER"), Circumstances()),
        (RELEASER, "release", Matter(retention_until_ms=2**70), Circumstances()),
        (RELEASER, "release", Matter(), Circumstances(accreditation="perhaps")),
    ],
)
def test_what_cannot_be_decided_is_refused(
    subject: Subject, action: str, matter: Matter, circumstances: Circumstances
) -> None:
    decision = open_policy("").decide(subject, action, matter, circumstances)
    assert (decision.allowed, decision.sentence) == (False, UNDECIDED)


@given(st.text(), st.text(), st.text())
def test_no_name_confuses_a_question(name: str, line: str, post: str) -> None:
    subject = Subject(name, "officer", ("releaser",), (post,), tenures=(("releaser", post),))
    assert BUILTIN.decide(subject, "release", Matter(line=line, post=post, drafters=(name + "x",))).allowed
    assert not BUILTIN.decide(subject, "release", Matter(line=line, post=post, drafters=(name,))).allowed


def test_a_policy_that_cannot_be_evaluated_refuses(tmp_path: Path) -> None:
    overflow = (
        '@id("b") @words("x")\nforbid (principal, action, resource) when { context.reviews + 9223372036854775807 > 0 };'
    )
    policy = open_policy(folder(tmp_path, a=GOOD, b=overflow))
    assert policy.decide(RELEASER, "read", Matter(), Circumstances(reviews=1)).sentence == UNDECIDED


def test_permitting_raises_with_the_sentence() -> None:
    assert permit(BUILTIN, TOKEN, "read").policies == ("token-reads",)
    with pytest.raises(UserFault, match="policy-refused") as refused:
        permit(BUILTIN, TOKEN, "seal")
    assert refused.value.detail.startswith("A token of the scope seal")


@pytest.mark.parametrize(
    "text",
    [
        "levels = 1",
        'levels = []\nwho = {}\nabout = {}\nrows = [["a", "read", "", "allow"]]',
        'levels = []\nwho = {a = {}}\nabout = {}\nrows = [["a", "read", "x", "allow"]]',
        'levels = []\nwho = {a = {}}\nabout = {a = {}}\nrows = [["a", "read", "", "perhaps"]]',
        'levels = []\nwho = {a = {}}\nabout = {x = {colour = "red"}}\nrows = [["a", "read", "x", "allow"]]',
        'levels = []\nwho = {a = {}}\nabout = {x = {markings = 1}}\nrows = [["a", "read", "x", "allow"]]',
        "no toml",
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "tests.toml").write_text(text)
    with pytest.raises(UserFault, match="policy-invalid"):
        read_table(str(tmp_path))
    with pytest.raises(UserFault, match="policy-invalid"):
        read_table(str(tmp_path / "nowhere"))
