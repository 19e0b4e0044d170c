"""What an entry may hold, how repetitions are counted, and that nothing told is lost or said twice."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.errors import LocalFault, PeerFault, UserFault
from rabita.services.audit import (
    FREE,
    GATHERED_MAX,
    MEANINGS,
    MINUTE_MS,
    Action,
    AuditLog,
    Deed,
    Doing,
    Gathering,
    Outcome,
    code_of,
    line_or_none,
    outcome_of,
    read_deed,
    target_or_none,
    write_deed,
)
from tests.services.auditing import deed


def test_every_action_says_what_it_means_in_a_sentence() -> None:
    assert set(MEANINGS) == set(Action)
    assert all(each.endswith(".") for each in MEANINGS.values())
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    assert [each for each, meaning in MEANINGS.items() if f"| `{each}` |" not in page or meaning not in page] == []
    assert {Action.SEAL, Action.EXPORT, Action.EXPORT_AUDIT, Action.TOKEN_CREATE, Action.BACKUP}.isdisjoint(FREE)


def test_an_entry_has_one_form() -> None:
    raw = write_deed(deed())
    assert read_deed(raw) == deed()
    for other in (
        raw + b" ",
        raw.replace(b'"read"', b'"reads"'),
        raw.replace(b'"count":1', b'"count":0'),
        b"",
        b"\xff",
    ):
        with pytest.raises(PeerFault, match="audit-altered"):
            read_deed(other)


@given(st.text())
def test_words_never_pass_for_a_target_or_a_line(text: str) -> None:
    assert target_or_none(text) in ("", text)
    assert target_or_none(f"the {text}") == ""
    assert line_or_none(text) in ("", text)
    assert " " not in target_or_none(text) + line_or_none(text)


def test_digests_references_and_ids_of_tokens_are_kept() -> None:
    for text in ("ab" * 32, "ab" * 8, "X-PAK-R-0001", "PAK-F2.0041"):
        assert target_or_none(text) == text
    for text in ("AB" * 32, "ab" * 9, "X-PAK-R", " X-PAK-R-0001", "TOOLONGAPARTYCODEX-R-0001", "secret words"):
        assert target_or_none(text) == ""
    assert line_or_none("a" * 52) == "a" * 52
    assert line_or_none("a" * 51) == ""


told = st.lists(
    st.tuples(
        st.integers(0, 3 * MINUTE_MS),
        st.sampled_from([Action.READ, Action.LIST, Action.SEAL]),
        st.sampled_from([Outcome.ALLOWED, Outcome.REFUSED]),
        st.sampled_from(["case", "cases"]),
    )
)


@given(told)
def test_counting_loses_nothing_and_keeps_refusals_apart(steps: list[tuple[int, Action, Outcome, str]]) -> None:
    gathering, entered, now = Gathering(), [], 0
    deeds = []
    for wait, action, outcome, door in steps:
        now += wait
        each = deed(now, action, outcome, door=door)
        deeds.append(each)
        entered += gathering.due(each.time_ms)
        entered += gathering.take(each)
    entered += gathering.rest()
    assert not gathering
    assert counted(entered) == counted(deeds)
    for each in entered:
        alike = [other.time_ms for other in deeds if kind_of(other) == kind_of(each)]
        assert each.time_ms in alike
        assert each.count == 1 or each.last_ms in alike
        assert (each.last_ms or each.time_ms) - each.time_ms <= MINUTE_MS
    seals = [each for each in entered if each.action is Action.SEAL and each.outcome is Outcome.ALLOWED]
    assert all(each.count == 1 for each in seals)


def counted(deeds: list[Deed]) -> dict[Deed, int]:
    sums: dict[Deed, int] = {}
    for each in deeds:
        sums[kind_of(each)] = sums.get(kind_of(each), 0) + each.count
    return sums


def kind_of(each: Deed) -> Deed:
    return msgspec.structs.replace(each, time_ms=0, last_ms=0, count=1)


def test_a_program_that_polls_is_one_entry_a_minute() -> None:
    gathering, entered = Gathering(), []
    for second in range(600):
        entered += gathering.due(deed(second * 1000).time_ms)
        entered += gathering.take(deed(second * 1000))
    entered += gathering.rest()
    assert len(entered) <= 12
    assert sum(each.count for each in entered) == 600


def test_what_is_counted_is_bounded_and_a_clock_put_back_ends_a_minute() -> None:
    gathering = Gathering()
    entered = [each for actor in range(GATHERED_MAX + 10) for each in gathering.take(deed(actor=f"{actor:016x}"))]
    assert len(entered) == GATHERED_MAX + 10
    gathering = Gathering()
    gathering.take(deed(10))
    gathering.take(deed(11))
    assert [each.count for each in gathering.due(deed(9).time_ms)] == [1]


def test_a_fault_is_refused_or_failed_by_whose_it_is() -> None:
    assert outcome_of(None) is Outcome.ALLOWED
    assert outcome_of(UserFault("policy-refused")) is Outcome.REFUSED
    assert outcome_of(LocalFault("store-unavailable")) is Outcome.FAILED
    assert (outcome_of(ValueError("words")), code_of(ValueError("words"))) == (Outcome.FAILED, "program-fault")
    assert code_of(UserFault("policy-refused", "words")) == "policy-refused"


class Notes:
    """An audit log that remembers what it was told."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []

    def note(self, deed: Deed) -> None:
        self.deeds.append(deed)

    async def write(self, deed: Deed) -> int:
        self.deeds.append(deed)
        return 41

    async def sign(self) -> None:
        raise NotImplementedError

    def log(self) -> AuditLog:
        raise NotImplementedError

    def now_ms(self) -> int:
        return 7

    def monotonic_ms(self) -> int:
        return 7


@pytest.mark.parametrize("action", list(Action))
def test_acts_and_exports_are_announced_and_what_reads_is_not(action: Action) -> None:
    notes = Notes()
    doing = Doing(notes, notes, "door", action)
    doing.line, doing.target = "no line", "secret words"
    asyncio.run(doing.begin())
    doing.end(UserFault("wrong-state", "secret words"))
    *begun, ended = notes.deeds
    assert [each.outcome for each in begun] == ([] if action in FREE else [Outcome.BEGUN])
    assert (ended.outcome, ended.code, ended.begun) == (Outcome.REFUSED, "wrong-state", 41 if begun else -1)
    assert (ended.line, ended.target) == ("", "")
