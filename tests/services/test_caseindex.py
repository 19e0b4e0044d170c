"""The index of cases says what the engine computes from everything, whatever order it came in."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rabita.line.errors import LocalFault
from rabita.line.ids import Lane, LogId
from rabita.ports.index import Spread
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.compute import Computed
from rabita.procedures.engine.duties import obligations
from rabita.procedures.engine.fold import Case, fingerprint
from rabita.procedures.engine.held import Held
from rabita.procedures.incident import INCIDENT
from rabita.services.caseindex import Indexer
from rabita.store.index_sqlite import SqliteIndex, open_index
from tests.procedures.sampling import least
from tests.procedures.world import IRN, PAK, PARTIES, charter
from tests.services.transcribed import KEYS, LINE, START_MS, Holder, Transcribed

SUSPENDING = {"procedures": ["message"], "reason": "incident", "from_ms": 1, "until_ms": START_MS}


class Followed:
    """A party's store and its index."""

    def __init__(self, world: Transcribed, us: str = PAK) -> None:
        self.world = world
        self.holder = Holder(world, us)
        self.index: SqliteIndex = open_index(":memory:")
        self.indexer = Indexer(self.holder.store, self.index, world.catalogue)

    def follow(self) -> None:
        self.indexer.catch_up()

    def found(self) -> dict[str, object]:
        return indexed(self.index)


def indexed(index: SqliteIndex) -> dict[str, object]:
    """Give what the index says: cases, acts, duties."""
    found: dict[str, object] = {}
    for row in index.cases(LINE, "", "", 0, 10_000):
        acts = {each.digest.hex(): (each.status, each.because) for each in index.members(LINE, [row.id])[row.id]}
        duties = sorted(
            (each.duty, each.since.hex(), each.by_us, each.by_them, each.met_by.hex(), each.ended, each.rings)
            for each in index.duties(LINE, row.id)
        )
        found[row.id.hex()] = (row.procedure, row.state, row.computed, row.fingerprint.hex(), acts, duties)
    rows = [row for row in index.rows(range(1, 5_000)) if row.main and not row.case]
    found["waiting"] = {row.digest.hex(): row.waits.decode() for row in rows if row.waits}
    found["stray"] = {row.digest.hex(): row.because for row in rows if row.stray}
    return found


def expected(world: Transcribed, computed: Computed, us: str) -> dict[str, object]:
    """Give the same of what the engine computes."""
    found: dict[str, object] = {name: _expected(world, case, us) for name, case in computed.cases.items()}
    line = {each.digest for each in world.all() if each.act.procedure == "line"}
    found["waiting"] = computed.waiting
    found["stray"] = {digest: code for digest, code in computed.stray.items() if digest not in line}
    return found


def _expected(world: Transcribed, case: Case, us: str) -> object:
    procedure = world.catalogue.procedures[case.procedure]
    acts = {each.held.digest: (each.status.value, each.because) for each in case.acts}
    owed = obligations(procedure, charter(), case)
    peer = next(each for each in PARTIES if each != us)
    duties = sorted(
        (each.duty, each.since, us in each.debtors, peer in each.debtors, each.met_by, each.ended, each.rings)
        for each in owed
    )
    return case.procedure, case.state, case.computed, fingerprint(case), acts, duties


def check(followed: Followed) -> None:
    followed.follow()
    world = followed.world
    assert followed.found() == expected(world, world.compute(followed.holder.held), followed.holder.us)


def spoken() -> Transcribed:
    """Say a little of everything, both sides' credentials published first."""
    world = Transcribed()
    for code in PARTIES:
        world.publish(code, *KEYS)
    sent = world.say(PAK, "message", "send", portions=world.words("A patrol is late."))
    world.meet()
    world.say(IRN, "message", "acknowledge", [sent])
    world.meet()
    return world


def test_a_case_is_found_as_the_engine_folds_it() -> None:
    world = spoken()
    for us in PARTIES:
        followed = Followed(world, us)
        followed.holder.take_all()
        check(followed)
        assert len(followed.index.cases(LINE, "message", "acknowledged", 0, 10)) == 1


def test_a_joint_result_stands_once_what_its_signers_held_has_arrived() -> None:
    """E13: nothing of the case itself is new when the missing entry comes."""
    world = spoken()
    draft = world.say(PAK, "incident", "report", fields=least(INCIDENT.rules["report"]))
    world.meet()
    other = world.say(PAK, "message", "send", portions=world.words("Something else."), lane=Lane.PRIORITY)
    proposed = world.say(PAK, "incident", "propose finding", [draft], least(INCIDENT.rules["propose finding"]))
    world.meet()
    for code in PARTIES:
        world.say(code, "incident", "sign finding", [proposed], {"digest": proposed.digest})
    followed = Followed(world)
    for author in PARTIES:
        for lane in (Lane.CONTROL, Lane.ROUTINE):
            followed.holder.take_waiting(lane, author, 100)
    check(followed)
    (case,) = followed.index.cases(LINE, "incident", "", 0, 10)
    assert case.unsettled
    followed.holder.take_waiting(Lane.PRIORITY, PAK)
    check(followed)
    (settled,) = followed.index.cases(LINE, "incident", "", 0, 10)
    assert (settled.unsettled, settled.state) == (False, "finding agreed")
    named = bytes.fromhex(other.digest)
    assert named in {row.digest for row in followed.index.members(LINE, [named])[named]}


@pytest.mark.parametrize("at_once", [1, 256])
def test_a_suspension_that_comes_late_voids_what_its_author_said_after_seeing_it(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E15; whether the cases touched are folded in the same slice or marked for the next."""
    monkeypatch.setattr("rabita.services.caseindex_fold.REFOLDED_AT_ONCE", at_once)
    world = spoken()
    before = world.say(IRN, "message", "send", portions=world.words("Before."))
    announced = world.say(PAK, "suspension", "announce", fields=SUSPENDING, lane=Lane.PRIORITY)
    begun = world.say(PAK, "suspension", "begin", [announced], {"procedures": ["message"]}, Lane.PRIORITY)
    world.meet()
    after = [world.say(IRN, "message", "send", portions=world.words(f"After {each}.")) for each in range(5)]
    followed = Followed(world)
    for author in PARTIES:
        for lane in (Lane.CONTROL, Lane.ROUTINE):
            followed.holder.take_waiting(lane, author, 100)
    check(followed)
    assert status(followed, after[0]) == ("effective", "")
    followed.holder.take_all()
    check(followed)
    assert [status(followed, each) for each in after] == [("void", "procedure-suspended")] * 5
    assert status(followed, before) == status(followed, begun) == ("effective", "")
    check(Again(followed))


class Again(Followed):
    """The same store and index, taken up anew as after a restart."""

    def __init__(self, earlier: Followed) -> None:
        self.world, self.holder, self.index = earlier.world, earlier.holder, earlier.index
        self.indexer = Indexer(self.holder.store, self.index)


def status(followed: Followed, held: Held) -> tuple[str, str]:
    (row,) = followed.index.leaves_of(LINE, [bytes.fromhex(held.digest)])
    return row.status, row.because


def test_an_index_is_made_anew_when_its_version_is_another() -> None:
    world = spoken()
    followed = Followed(world)
    followed.holder.take_all()
    check(followed)
    followed.index.clear("1:of another catalogue")
    check(Again(followed))


def test_an_index_of_another_store_is_made_anew() -> None:
    first = Followed(spoken())
    first.holder.take_all()
    first.follow()
    world = Transcribed()
    for code in PARTIES:
        world.publish(code, *KEYS[:2])
    world.say(PAK, "concern", "raise", fields=least(CATALOGUE.procedures["concern"].rules["raise"]))
    other = Followed(world)
    other.holder.take_all()
    other.index = first.index
    check(Again(other))


def on_disk(folder: Path) -> Followed:
    """Follow what both sides said in an index of a file, ``index.db`` in the folder."""
    followed = Followed(spoken())
    followed.index = open_index(folder / "index.db")
    followed = Again(followed)
    followed.holder.take_all()
    check(followed)
    return followed


def test_an_index_that_is_damaged_while_it_runs_is_made_anew(tmp_path: Path) -> None:
    followed = on_disk(tmp_path)
    world = followed.world
    world.say(PAK, "message", "send", portions=world.words("More."))
    (tmp_path / "index.db-wal").unlink(missing_ok=True)
    (tmp_path / "index.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 40_000)
    followed.holder.take_all()
    followed.index.close()
    followed.index = open_index(tmp_path / "index.db")
    check(Again(followed))
    followed.index.close()


def test_an_index_that_is_busy_is_kept_and_followed_later(tmp_path: Path) -> None:
    followed = on_disk(tmp_path)
    world, held = followed.world, followed.found()
    world.say(PAK, "message", "send", portions=world.words("More."))
    followed.holder.take_all()
    with closing(sqlite3.connect(tmp_path / "index.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LocalFault, match="index-busy"):
            followed.follow()
        assert followed.found() == held
        other.execute("ROLLBACK")
    check(followed)
    followed.index.close()


def test_a_store_that_fails_is_not_the_index_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    followed = Followed(spoken())
    followed.holder.take_all()

    def broken(*_: object) -> tuple[object, ...]:
        raise LocalFault("store-unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(followed.holder.store, "following", broken)
        with pytest.raises(LocalFault, match="store-unavailable"):
            followed.follow()
    check(followed)


def test_a_duty_s_clock_starts_and_stops_with_receipts() -> None:
    """E18: for an act of ours the time of the other side's first receipt that covers it, for theirs our own."""
    world = spoken()
    sent = world.sides[PAK].logs[Lane.ROUTINE][0]
    followed = Followed(world)
    followed.holder.take_all()
    followed.follow()
    log = LogId(PAK, 1, Lane.ROUTINE)
    (duty,) = [each for each in followed.index.duties(LINE, bytes.fromhex(sent.digest)) if each.duty == "handle"]
    (answer,) = followed.index.leaves_of(LINE, [duty.met_by])
    assert (duty.since_ms, duty.met_ms, answer.received_ms) == (0, answer.held_ms, answer.held_ms)
    followed.holder.receipt(log, 1, 1_705_400_077)
    followed.follow()
    (duty,) = [each for each in followed.index.duties(LINE, bytes.fromhex(sent.digest)) if each.duty == "handle"]
    assert duty.since_ms == 1_705_400_077_000
    assert duty.due_ms == duty.since_ms + 6 * 3_600_000
    (row,) = followed.index.leaves_of(LINE, [bytes.fromhex(sent.digest)])
    assert row.received_ms == duty.since_ms
    assert not followed.indexer.slice(LINE)


def test_open_duties_are_listed_by_deadline_and_moved_by_receipts() -> None:
    world = spoken()
    for lane in (Lane.ROUTINE, Lane.IMMEDIATE):
        world.say(IRN, "message", "send", portions=world.words("Please answer."), lane=lane)
        world.say(PAK, "message", "send", portions=world.words("Please answer."), lane=lane)
    followed = Followed(world)
    followed.holder.take_all()
    followed.follow()
    ours = [row for _, row in followed.index.owed(LINE, by_us=True, after=(0, 0), count=10)]
    assert [row.due_ms - row.since_ms for row in ours] == [30 * 60_000, 6 * 3_600_000]
    theirs = followed.index.owed(LINE, by_us=False, after=(0, 0), count=10)
    assert [row.due_ms for _, row in theirs] == [0, 0]
    followed.holder.receipt(LogId(PAK, 1, Lane.IMMEDIATE), 1, 1_705_400_000)
    followed.follow()
    first, second = [row for _, row in followed.index.owed(LINE, by_us=False, after=(0, 0), count=10)]
    assert (first.due_ms, second.due_ms) == (1_705_400_000_000 + 30 * 60_000, 0)


def test_purged_words_leave_the_index(tmp_path: Path) -> None:
    world = spoken()
    world.say(
        PAK, "message", "send", portions=world.words("The name was Gulbahar.", withheld="A source said Zarrinkuh.")
    )
    followed = Followed(world)
    followed.index = open_index(tmp_path / "index.db")
    followed = Again(followed)
    followed.holder.take_all()
    followed.follow()
    assert followed.index.found((), [["gulbahar"]], 0, 9)
    assert followed.index.words("zarrin", 9) == ()
    log = LogId(PAK, 1, Lane.ROUTINE)
    followed.holder.store.purge(LINE, log, 1)
    followed.indexer.words_changed(LINE, log, 1)
    assert not followed.index.found((), [["gulbahar"]], 0, 9)
    assert followed.index.words("gulb", 9) == ()
    assert followed.index.found((), [["sends"]], 0, 9)
    followed.index.close()
    assert b"gulbahar" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_places_and_times_are_found_until_they_are_withdrawn() -> None:
    world = spoken()
    fields = least(CATALOGUE.procedures["notice"].rules["announce"])
    notice = world.say(PAK, "notice", "announce", fields=fields)
    followed = Followed(world)
    followed.holder.take_all()
    followed.follow()
    (row,) = followed.index.leaves_of(LINE, [bytes.fromhex(notice.digest)])
    window, area = fields["window"], fields["areas"][0]["area"]
    west, south = area[0]
    there = Spread(west, south, west + 1, south + 1, window["start_ms"], window["end_ms"])
    assert followed.index.spread(("notice",), there, 0, 9) == (row.seq,)
    assert followed.index.spread((), there, 0, 9) == (row.seq,)
    assert followed.index.spread(("alert",), there, 0, 9) == ()
    later = there._replace(start_ms=window["end_ms"] + 3_600_000, end_ms=window["end_ms"] + 7_200_000)
    assert followed.index.spread(("notice",), later, 0, 9) == ()
    assert followed.index.spread(("notice",), there._replace(west=0, east=1), 0, 9) == ()
    world.say(PAK, "notice", "withdraw", [notice], {"reason": "error"})
    followed.holder.take_all()
    followed.follow()
    assert followed.index.spread(("notice",), there, 0, 9) == ()


def test_how_far_the_index_is_behind_is_told() -> None:
    followed = Followed(spoken())
    followed.holder.take_all()
    count = len(followed.holder.held)
    assert followed.indexer.progress(LINE).behind == count
    told: list[int] = []
    indexer = Indexer(followed.holder.store, followed.index, slice_entries=3)
    indexer.catch_up(lambda progress: told.append(progress.behind))
    assert told == [count - 3 * (each + 1) for each in range(count // 3)]
    assert indexer.progress(LINE).behind == 0
