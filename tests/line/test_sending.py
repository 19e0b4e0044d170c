"""Sending: urgent first, one frame in sixteen for the rest, never beyond credit, window or what was asked for."""

from collections import Counter

from rabita.line import limits
from rabita.line.charter import LaneTerms
from rabita.line.frames import Ack, Batch, Chunk, Credit, Refusal, decode_batch
from rabita.line.ids import LANES, PRECEDENCES, Lane, LogId
from rabita.line.quota import DAY_MS
from tests.line.founders import THEM, US, founding
from tests.line.players import START_MS, Author, Node, cosigned

PLENTY = 2**40
ROUTINE, FLASH = LogId(US, 1, Lane.ROUTINE), LogId(US, 1, Lane.FLASH)
THEIRS = LogId(THEM, 1, Lane.ROUTINE)


def credit(node: Node, *lanes: Lane, size_bytes: int = PLENTY) -> None:
    node.hear(*[Credit(node.log(lane), size_bytes, over_quota=False) for lane in lanes])


def drain(node: Node, rounds: int = 10_000) -> list[Chunk]:
    """Acknowledge whatever was sent until nothing more comes."""
    count = -1
    while count != len(node.said(Chunk)) and rounds:
        count, rounds = len(node.said(Chunk)), rounds - 1
        node.at_ms += 10
        node.hear(Ack(sum([len(chunk.data) for chunk in node.said(Chunk)])))
    return node.said(Chunk)


def batches(chunks: list[Chunk]) -> list[tuple[LogId, Batch]]:
    """Put chunks together again, as the counterpart does."""
    parts: dict[LogId, list[bytes]] = {}
    whole = []
    for chunk in chunks:
        if chunk.offset == 0:
            parts[chunk.log] = []
        assert sum([len(part) for part in parts[chunk.log]]) == chunk.offset
        parts[chunk.log].append(chunk.data)
        if chunk.last:
            whole.append((chunk.log, decode_batch(b"".join(parts.pop(chunk.log)))))
    return whole


def loaded(*lanes: Lane, count: int = 30, size: int = 2_000) -> Node:
    node = Node()
    for lane in lanes:
        for _ in range(count):
            node.seal(lane, "x" * size)
    return node


def test_what_is_sealed_in_a_conversation_goes_out_at_once() -> None:
    node = Node()
    node.meet()
    credit(node, *PRECEDENCES)
    node.seal(Lane.ROUTINE, "one", "two")
    sent = batches(node.said(Chunk))
    assert [(log, batch.first) for log, batch in sent] == [(ROUTINE, 0), (ROUTINE, 1)]
    assert sent[0][1].note == node.disk.note(node.line, ROUTINE, 1)


def test_everything_sealed_before_goes_out_most_urgent_first() -> None:
    node = loaded(*LANES, count=3, size=10)
    node.meet()
    credit(node, *PRECEDENCES)
    order = [log.lane for log, _ in batches(drain(node))]
    assert sorted(order, key=list(LANES).index)[:3] == [Lane.CONTROL] * 3
    assert Counter(order) == dict.fromkeys(LANES, 3)


def test_an_urgent_entry_overtakes_a_backlog_and_the_backlog_still_moves() -> None:
    node = loaded(Lane.ROUTINE, count=40, size=60_000)
    node.meet()
    credit(node, *PRECEDENCES)
    before = len(node.said(Chunk))
    assert 0 < before < 40
    for _ in range(60):
        node.seal(Lane.FLASH, "y" * 60_000)
    lanes = [chunk.log.lane for chunk in drain(node)[before:]]
    flash = [at for at, lane in enumerate(lanes) if lane is Lane.FLASH]
    while_flash = lanes[: flash[-1]]
    assert flash[0] <= 1
    share = while_flash.count(Lane.ROUTINE)
    assert len(while_flash) // 16 - 1 <= share <= len(while_flash) // 16 + 2
    assert batches(node.said(Chunk))[-1][0] == ROUTINE


def test_chunks_stay_within_the_window() -> None:
    node = loaded(Lane.ROUTINE, count=3, size=60_000)
    node.meet()
    credit(node, *PRECEDENCES)
    sent = [len(chunk.data) for chunk in node.said(Chunk)]
    assert sum(sent) == limits.WINDOW_FRAMES_MIN * limits.CHUNK_BYTES_MIN
    node.at_ms += 10
    node.hear(Ack(sum(sent)))
    assert len(node.said(Chunk)) > len(sent)
    assert sum([len(chunk.data) for chunk in drain(node)]) > 180_000


def test_a_batch_starts_only_when_credit_covers_all_of_it() -> None:
    node = loaded(Lane.ROUTINE, count=2, size=10_000)
    node.meet()
    assert node.said(Chunk) == []
    credit(node, Lane.ROUTINE, size_bytes=5_000)
    assert node.said(Chunk) == []
    credit(node, Lane.ROUTINE, size_bytes=15_000)
    assert len(batches(drain(node))) == 1
    credit(node, Lane.ROUTINE, size_bytes=1)
    credit(node, Lane.ROUTINE, size_bytes=40_000)
    assert len(batches(drain(node))) == 2


def test_control_needs_no_credit_and_credit_for_unknown_logs_is_passed_over() -> None:
    node = Node()
    node.seal(Lane.CONTROL, "x")
    node.meet()
    node.hear(Credit(LogId("Z", 1, Lane.FLASH), 1, over_quota=False))
    assert [chunk.log.lane for chunk in node.said(Chunk)] == [Lane.CONTROL]


def test_what_was_refused_is_sent_again_from_where_the_other_side_ends() -> None:
    node = loaded(Lane.ROUTINE, count=3, size=10)
    node.meet()
    credit(node, Lane.ROUTINE)
    assert [batch.first for _, batch in batches(drain(node))] == [0, 1, 2]
    node.hear(Refusal(ROUTINE, 1, "root-mismatch", blocked=False))
    assert [batch.first for _, batch in batches(drain(node))] == [0, 1, 2, 1, 2]
    assert node.codes == ["root-mismatch"]


def test_a_blocked_lane_waits_and_the_others_go_on() -> None:
    node = loaded(Lane.ROUTINE, count=3, size=10_000)
    node.meet()
    credit(node, *PRECEDENCES)
    node.hear(Refusal(ROUTINE, 0, "root-mismatch", blocked=True))
    count = len(drain(node))
    node.seal(Lane.ROUTINE, "x")
    node.seal(Lane.FLASH, "y")
    assert [chunk.log for chunk in drain(node)[count:]] == [FLASH]
    assert node.codes == ["lane-blocked"]
    node.meet()
    credit(node, *PRECEDENCES)
    assert len(batches(drain(node))) == 5


def test_refusals_without_end_block_the_lane() -> None:
    node = loaded(Lane.ROUTINE, count=1, size=10)
    node.meet()
    credit(node, Lane.ROUTINE)
    for _ in range(100):
        node.hear(Refusal(ROUTINE, 0, "root-mismatch", blocked=False))
        drain(node)
    assert len(node.said(Chunk)) <= limits.REFUSALS_TAKEN_MAX + 1


def test_refusals_of_what_was_never_sent_change_nothing() -> None:
    node = loaded(Lane.ROUTINE, count=1, size=10)
    node.meet()
    node.hear(Refusal(ROUTINE, 9, "x", blocked=True), Refusal(LogId("Z", 1, Lane.FLASH), 0, "x", blocked=True))
    credit(node, Lane.ROUTINE)
    assert len(drain(node)) == 1
    assert node.codes == []


def test_a_store_that_cannot_be_read_ends_the_conversation_and_the_next_one_goes_on() -> None:
    node = loaded(Lane.ROUTINE, count=2, size=10)
    node.disk.broken = True
    node.meet()
    assert node.has_ended()
    node.disk.broken = False
    assert node.codes == ["store-unavailable"]
    node.meet()
    credit(node, Lane.ROUTINE)
    assert len(batches(drain(node))) == 2


def test_a_bundle_needs_neither_window_nor_credit() -> None:
    node = loaded(Lane.ROUTINE, Lane.FLASH, count=3, size=60_000)
    node.meet(bulk=True)
    assert len(batches(node.said(Chunk))) == 6
    assert len(node.said(Chunk)) == 6


# quotas


def tight(**terms: int) -> tuple[Node, Author]:
    lane_terms = LaneTerms(600, 0, terms.get("entries", 3), terms.get("size_bytes", 100_000))
    node = Node(lane_terms=lane_terms)
    author = Author(line=founding(lane_terms)[US].line)
    node.meet()
    return node, author


def last_credit(node: Node) -> Credit:
    return [each for each in node.said(Credit) if each.log == THEIRS][-1]


def test_over_quota_credit_is_withheld_until_the_next_day_and_nothing_is_lost() -> None:
    node, author = tight()
    given = last_credit(node)
    assert not given.over_quota
    node.take(THEIRS, author.batch(Lane.ROUTINE, *[author.entry(Lane.ROUTINE) for _ in range(3)]))
    assert last_credit(node) == Credit(THEIRS, given.size_bytes, over_quota=True)
    assert "over-quota" in node.codes
    again = node.restarted()
    again.meet()
    assert last_credit(again).over_quota
    again.offset_ms += DAY_MS
    for _ in range(4):
        author_frames = author.batch(Lane.FLASH)
        again.take(author.log(Lane.FLASH), author_frames)
        again.wait(2_000)
    assert not last_credit(again).over_quota
    assert last_credit(again).size_bytes > 0


def test_bytes_count_as_entries_do() -> None:
    node, author = tight(entries=1_000, size_bytes=2_000)
    node.take(THEIRS, author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, "x" * 2_000)))
    assert last_credit(node).over_quota


def test_a_bundle_over_quota_stays_unstored_and_can_be_imported_again() -> None:
    node, author = tight()
    first = author.batch(Lane.ROUTINE, *[author.entry(Lane.ROUTINE) for _ in range(3)])
    second = author.batch(Lane.ROUTINE)
    node.exchange.closed(node.session)
    node.meet(bulk=True)
    node.take(THEIRS, first)
    node.take(THEIRS, second)
    assert node.row(THEIRS).frontier.size == 3
    assert "over-quota" in node.codes
    node.offset_ms = START_MS + DAY_MS
    node.take(THEIRS, second)
    assert node.row(THEIRS).frontier.size == 4


def test_control_over_quota_stays_unstored_too() -> None:
    node, author = tight()
    for _ in range(6):
        node.take(author.log(Lane.CONTROL), author.batch(Lane.CONTROL))
    assert node.row(author.log(Lane.CONTROL)).frontier.size == 3
    assert "over-quota" in node.codes


def test_what_is_refilled_is_free() -> None:
    lane_terms = LaneTerms(600, 0, 3, 100_000)
    author = Author(line=founding(lane_terms)[US].line)
    batches_held = [author.batch(Lane.ROUTINE, *[author.entry(Lane.ROUTINE) for _ in range(3)]) for _ in range(3)]
    node = Node(lane_terms=lane_terms)
    node.meet(author.held(Lane.ROUTINE, cosigned(author.notes[Lane.ROUTINE], US)))
    for batch in batches_held:
        node.take(THEIRS, batch)
    assert node.row(THEIRS).frontier.size == 9
    assert not last_credit(node).over_quota


def test_batches_read_for_a_plan_that_changed_meanwhile_are_read_again() -> None:
    node = loaded(Lane.ROUTINE, count=3, size=10)
    node.meet()
    credit(node, Lane.ROUTINE)
    drain(node)
    asked = [Refusal(ROUTINE, size, "root-mismatch", blocked=False) for size in (0, 2, 1)]
    node.hear(*asked)
    assert [batch.first for _, batch in batches(drain(node))][3:] == [1, 2]


def test_a_batch_read_for_a_lane_that_was_blocked_meanwhile_stays_here() -> None:
    node = loaded(Lane.ROUTINE, count=1, size=10)
    node.meet()
    credit(node, Lane.ROUTINE)
    sent = len(drain(node))
    node.hear(Refusal(ROUTINE, 0, "root-mismatch", blocked=False), Refusal(ROUTINE, 0, "root-mismatch", blocked=True))
    assert len(drain(node)) == sent
