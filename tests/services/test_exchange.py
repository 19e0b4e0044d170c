"""The pump: how drafts are grouped, who is answered what, and that one fault of ours never takes more than itself."""

from rabita.line.errors import LocalFault, RabitaError, UserFault
from rabita.line.events import Accord, Attest
from rabita.line.frames import Bye, Chunk, Hello, Refusal
from rabita.line.ids import LANES, Lane, LogId
from rabita.line.limits import BATCH_BYTES_MAX
from rabita.services.exchange import AUDIT_REPEAT_MS, AUDIT_ROWS_PER_CODE_MAX, GROUP_ENTRIES_MAX, Placed
from tests.line.founders import THEM, US
from tests.line.players import Author, Node, draft


def groups(node: Node) -> list[list[Lane]]:
    """Which lanes each transaction that sealed anything touched."""
    return [
        [batch.value.log.lane for each in changes for batch in each.batches]
        for changes, _ in node.carried
        if any(each.batches for each in changes)
    ]


def busy(*lanes: Lane, size: int = 10) -> Node:
    """Let drafts of these lanes wait behind one that is being sealed."""
    node = Node()
    node.holding = True
    node.seal(Lane.ROUTINE, "first")
    for lane in lanes:
        node.seal(lane, "x" * size)
    return node


def test_flash_goes_alone_and_first_control_one_by_one_and_the_rest_together() -> None:
    node = busy(Lane.ROUTINE, Lane.PRIORITY, Lane.FLASH, Lane.CONTROL, Lane.FLASH, Lane.CONTROL, Lane.IMMEDIATE)
    node.release()
    assert groups(node) == [
        [Lane.ROUTINE],
        [Lane.CONTROL],
        [Lane.CONTROL],
        [Lane.FLASH],
        [Lane.IMMEDIATE, Lane.PRIORITY, Lane.ROUTINE],
    ]
    assert len([answer for answer in node.answers if isinstance(answer, tuple)]) == 8
    assert node.exchange.queued == 0


def test_a_group_is_bounded_in_entries_and_bytes() -> None:
    node = busy(*[Lane.ROUTINE] * (2 * GROUP_ENTRIES_MAX + 5))
    assert node.exchange.queued == 2 * GROUP_ENTRIES_MAX + 6
    node.release()
    sizes = [size for size, _, _ in node.disk.notes(node.line, node.log(Lane.ROUTINE), 0, 10)]
    assert sizes == [1, 1 + GROUP_ENTRIES_MAX, 1 + 2 * GROUP_ENTRIES_MAX, 6 + 2 * GROUP_ENTRIES_MAX]
    node = busy(*[Lane.ROUTINE] * 6, size=60_000)
    node.release()
    sizes = [size for size, _, _ in node.disk.notes(node.line, node.log(Lane.ROUTINE), 0, 10)]
    assert sizes == [1, 1 + BATCH_BYTES_MAX // 61_000, 7]


def test_a_draft_that_is_refused_is_answered_and_the_others_are_sealed_in_their_order() -> None:
    node = Node()
    node.holding = True
    node.seal(Lane.ROUTINE, "first")
    answers: dict[str, Placed | RabitaError] = {}
    for name in ("a", "bad", "b", "worse", "c"):
        given = draft(US, Lane.ROUTINE, name)
        given = (
            given._replace(act=b"{}") if name == "worse" else given._replace(portions=()) if name == "bad" else given
        )
        node.exchange.seal(given, Lane.ROUTINE, lambda answer, name=name: answers.update({name: answer}))  # type: ignore[misc] # - bound per name
    node.release()
    log = node.log(Lane.ROUTINE)
    assert [answers[name] for name in "abc"] == [(log, 1), (log, 2), (log, 3)]
    codes = {name: answers[name] for name in ("bad", "worse")}
    assert all(isinstance(answer, UserFault) for answer in codes.values())
    assert [str(answer)[:15] for answer in codes.values()] == ["portion-missing", "act-malformed: "]


def test_a_commit_that_fails_answers_every_draft_of_its_group_and_the_next_group_goes_on() -> None:
    node = busy(Lane.ROUTINE, Lane.PRIORITY)
    node.release(1)
    node.disk.broken = True
    node.release(1)
    assert [type(answer) for answer in node.answers] == [tuple, LocalFault, LocalFault]
    node.disk.broken = node.holding = False
    node.seal(Lane.ROUTINE, "again")
    node.release()
    assert node.answers[-1] == (node.log(Lane.ROUTINE), 1)


def test_an_answer_may_seal_again() -> None:
    node = Node()
    node.exchange.seal(draft(US, Lane.ROUTINE), Lane.ROUTINE, lambda _answer: node.seal(Lane.ROUTINE, "next"))
    assert node.answers == [(node.log(Lane.ROUTINE), 1)]


def test_what_nobody_can_seal_now_is_answered_to_all() -> None:
    node = Node()
    node.seal(Lane.ROUTINE, "one")
    older = node.disk.clone()
    node.seal(Lane.ROUTINE, "two")
    old = Node(disk=older)
    old.meet(node.held(node.log(Lane.ROUTINE)))
    old.seal(Lane.ROUTINE, "a", "b")
    assert [answer.code for answer in old.answers if isinstance(answer, UserFault)] == ["epoch-needed"] * 2


def test_what_is_told_is_kept_once_a_minute_and_not_without_bound() -> None:
    node = Node()
    for _ in range(5):
        node.meet_with(line="another")
    assert node.codes == ["line-foreign"]
    assert [row.code for row in node.disk.audit(10)] == ["line-foreign"]
    node.at_ms += AUDIT_REPEAT_MS
    node.meet_with(line="another")
    assert node.codes == ["line-foreign"] * 2
    for number in range(100):
        node.meet_with(protocol=f"rabita/{number}")
    assert node.codes.count("version-unsupported") == AUDIT_ROWS_PER_CODE_MAX


def test_a_code_that_no_table_has_is_told_as_a_malformed_frame() -> None:
    node = Node()
    node.seal(Lane.ROUTINE, "x")
    node.meet()
    node.hear(Refusal(node.log(Lane.ROUTINE), 0, "made-up", blocked=False))
    assert node.codes == ["frame-malformed"]


def test_an_audit_row_that_cannot_be_kept_takes_nothing_with_it() -> None:
    node = Node()
    node.disk.broken = True
    node.meet_with(line="another")
    node.disk.broken = False
    node.seal(Lane.ROUTINE, "x")
    assert node.answers == [(node.log(Lane.ROUTINE), 0)]


def test_a_conversation_that_is_gone_is_not_written_to() -> None:
    node = Node()
    tap = node.meet()
    session = node.session
    node.exchange.closed(session)
    node.exchange.closed(session)
    count = len(tap.frames)
    node.seal(Lane.CONTROL, "x")
    node.exchange.received(session, [b"x"])
    assert len(tap.frames) == count
    assert tap.open


def test_notes_that_cannot_be_read_leave_a_receipt_for_later() -> None:
    node, author = Node(), Author()
    node.meet()
    log = LogId(THEM, 1, Lane.ROUTINE)
    batch = author.batch(Lane.ROUTINE)
    node.take(log, batch)
    node.disk.broken = True
    node.take(log, batch)
    node.disk.broken = False
    assert node.codes == ["store-unavailable"]
    node.meet()
    assert node.said(Hello)
    assert node.said(Bye) == []


def test_events_of_officers_pass_through() -> None:
    node = Node()
    node.exchange.feed(Accord(2))
    node.exchange.feed(Attest())
    assert node.restarted().exchange.state.accord == 2
    assert [log for log in node.exchange.state.logs if log.party == US] == [LogId(US, 1, lane) for lane in LANES]
    assert not any(isinstance(frame, Chunk) for tap in node.taps.values() for frame in tap.frames)


def test_a_store_that_fails_twice_in_one_step_ends_the_conversation_once() -> None:
    node = Node()
    node.seal(Lane.ROUTINE, "x")
    node.seal(Lane.FLASH, "x")
    node.disk.broken = True
    tap = node.meet()
    assert not tap.open
    assert node.codes == ["store-unavailable"]
