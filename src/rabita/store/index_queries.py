"""What the index of cases is asked, in SQL; the same questions within a transaction and outside one."""

# ruff: noqa: S608 - statements are put together from this module's own text, never from values

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, TypeAlias

from rabita.line.ids import LANES, RANK, Lane, LogId
from rabita.ports.index import ActRow, CaseRow, DutyRow, Spread
from rabita.store.index_schema import DUE_NEVER

Fetch: TypeAlias = Callable[[str, Sequence[object]], list[Any]]

MINUTE_MS: Final = 60_000
LOOKED_AT: Final = 2_000
"""How many of the newest areas and times are looked at one by one, before the tree of all is asked."""
INT32_MAX: Final = 2**31 - 1
_FIRST: Final = 2**63 - 1
_ACT: Final = """
    SELECT seq, name, party, epoch, lane, place, n, seen_epoch, seen_0, seen_1, seen_2, seen_3, seen_4, charter, digest,
        act_id, procedure, act, claimed_ms, held_ms, received_ms, in_force, fault, main, verified, case_id, waits,
        stray, status, because
    FROM acts JOIN lines ON lines.id = +acts.line
"""
_CASE: Final = """
    SELECT cases.id, name, procedure, cases.state, computed, closed, opener, responder, lane, opened_seq, last_seq,
        acts, fingerprint, unsettled, stale
    FROM cases JOIN lines ON lines.id = +cases.line
"""
_DUTY: Final = """
    SELECT case_id, name, procedure, duty, since, since_seq, by_us, by_them, allowed_ms, named_ms, met_by, ended, rings,
        since_ms, met_ms, duties.id, sort_ms
    FROM duties JOIN lines ON lines.id = +duties.line
"""
"""A plus sign keeps the planner, which has no statistics, from taking the index of a column that says little."""
_LINE: Final = "line = (SELECT id FROM lines WHERE name = ?)"
_PLACE: Final = f"{_LINE} AND party = ? AND epoch = ? AND lane = ?"
_MARKS: Final = {"unsettled": "unsettled", "stale": "stale", "uncomputed": "NOT computed"}
_WITHIN: Final = "until >= ? AND start <= ? AND east >= ? AND west <= ? AND north >= ? AND south <= ?"


class Queries:
    """The questions of ``rabita.ports.index.IndexQueries``; *fetch* runs one statement and gives its rows."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def state(self, line: str) -> bytes:
        """See the port."""
        return next((raw for (raw,) in self._fetch("SELECT state FROM lines WHERE name = ?", (line,))), b"")

    # acts

    def rows(self, seqs: Sequence[int]) -> tuple[ActRow, ...]:
        """See the port."""
        numbers = f"[{','.join([str(int(seq)) for seq in seqs])}]"
        found = {row.seq: row for row in self._acts("seq IN (SELECT value FROM json_each(?))", [(numbers,)])}
        return tuple([found[seq] for seq in seqs if seq in found])

    def at(self, line: str, log: LogId, first: int, end: int) -> tuple[ActRow, ...]:
        """See the port."""
        return self._acts(f"{_PLACE} AND place >= ? AND place < ? ORDER BY place", [(*_place(line, log), first, end)])

    def numbered(self, line: str, party: str, epoch: int, after_n: int, count: int) -> tuple[int, ...]:
        """See the port."""
        found = f"SELECT n FROM acts WHERE {_LINE} AND party = ? AND epoch = ? AND n > ? ORDER BY n LIMIT ?"
        return tuple([n for (n,) in self._fetch(found, (line, party, epoch, after_n, count))])

    def since(self, line: str, party: str, after: tuple[int, int, int], count: int) -> tuple[ActRow, ...]:
        """See the port."""
        where = f"acts.{_LINE} AND party = ? AND (epoch, n, seq) > (?, ?, ?) ORDER BY epoch, n, seq LIMIT ?"
        return self._acts(where, [(line, party, *after, count)])

    def leaves_of(self, line: str, digests: Sequence[bytes]) -> tuple[ActRow, ...]:
        """See the port."""
        return self._acts("digest = ? AND name = ?", [(each, line) for each in digests])

    def mains_of(self, line: str, digests: Sequence[bytes]) -> tuple[ActRow, ...]:
        """See the port."""
        return self._acts("digest = ? AND main = 1 AND name = ?", [(each, line) for each in digests])

    def users_of(self, line: str, party: str, act_id: bytes, *, first: bool = False) -> tuple[ActRow, ...]:
        """See the port."""
        only = "AND main = 1 AND in_force = 1 AND fault = ''" if first else ""
        return self._acts(f"act_id = ? {only} AND +party = ? AND name = ?", [(act_id, party, line)])

    def naming(self, line: str, digests: Sequence[bytes]) -> tuple[ActRow, ...]:
        """See the port."""
        named = "main AND name = ? AND digest IN (SELECT digest FROM basis WHERE target = ?)"
        found = {row.seq: row for row in self._acts(named, [(line, each) for each in digests])}
        return tuple([found[seq] for seq in sorted(found)])

    def members(self, line: str, cases: Sequence[bytes]) -> Mapping[bytes, tuple[ActRow, ...]]:
        """See the port."""
        found = self._acts(f"case_id IN ({_marks(cases)}) AND name = ? ORDER BY case_id, seq", [(*cases, line)])
        return {case: tuple(rows) for case, rows in groupby(found, attrgetter("case"))}

    def covering(self, line: str, procedures: Sequence[str], earlier: ActRow) -> tuple[bytes, ...]:
        """See the port; reads every act of these procedures, which only a suspension asks for."""
        party, epoch, lane = earlier.log
        place = (epoch, earlier.n, RANK[lane], earlier.index)
        covers = f"""
            SELECT DISTINCT case_id FROM acts WHERE {_LINE} AND case_id IS NOT NULL AND procedure = ? AND (
                (party = ? AND (epoch, n, lane, place) > (?, ?, ?, ?))
                OR (party <> ? AND (seen_epoch, seen_{RANK[lane]}) > (?, ?))
                OR digest IN (SELECT digest FROM basis WHERE target = ?)
            )
        """
        bounds = (party, *place, party, epoch, earlier.index, earlier.digest)
        return tuple([case for each in procedures for (case,) in self._fetch(covers, (line, each, *bounds))])

    # cases

    def case(self, line: str, case: bytes) -> CaseRow | None:
        """See the port."""
        return next((row for row in self.cases_of([case]) if row.line == line), None)

    def cases_of(self, cases: Sequence[bytes]) -> tuple[CaseRow, ...]:
        """See the port."""
        return self._cases(f"cases.id IN ({_marks(cases)})", cases)

    def cases(
        self, line: str, procedure: str, state: str, before: int, count: int, *, open_only: bool = False
    ) -> tuple[CaseRow, ...]:
        """See the port."""
        wanted = [("procedure = ?", procedure), ("cases.state = ?", state)]
        where = [_LINE, *[clause for clause, value in wanted if value], *(["NOT closed"] if open_only else [])]
        values = [value for _, value in wanted if value]
        tail = f"{' AND '.join(where)} AND last_seq < ? ORDER BY last_seq DESC LIMIT ?"
        return self._cases(tail, (line, *values, before or _FIRST, count))

    def marked(self, line: str, mark: str, count: int) -> tuple[bytes, ...]:
        """See the port."""
        found = f"SELECT id FROM cases WHERE {_LINE} AND {_MARKS[mark]} LIMIT ?"
        return tuple([case for (case,) in self._fetch(found, (line, count))])

    # words

    def found(self, facets: Sequence[str], terms: Sequence[Sequence[str]], before: int, count: int) -> tuple[int, ...]:
        """See the port."""
        if not all(terms):
            return ()
        parts = [*map(_all_of, facets), *[" OR ".join(map(_all_of, term)) for term in terms]]
        wanted = " AND ".join([f"({part})" for part in parts])
        found = "SELECT rowid FROM search WHERE search MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
        plain = "SELECT seq FROM acts WHERE seq < ? ORDER BY seq DESC LIMIT ?"
        bounds = (before or _FIRST, count)
        rows = self._fetch(found, (wanted, *bounds)) if parts else self._fetch(plain, bounds)
        return tuple([seq for (seq,) in rows])

    def words(self, prefix: str, count: int) -> tuple[str, ...]:
        """See the port."""
        begins = "SELECT word FROM vocabulary WHERE word >= ? AND word < ? ORDER BY word LIMIT ?"
        return tuple([word for (word,) in self._fetch(begins, (prefix, prefix + chr(0x10FFFF), count))])

    # duties

    def unanswered(self, line: str, procedure: str, lane: str, before: int, count: int) -> tuple[int, ...]:
        """See the port."""
        some = "AND procedure = ?" if procedure else "AND lane = ?" if lane else ""
        found = f"""
            SELECT since_seq FROM duties WHERE {_LINE} {some} AND is_open AND by_us AND since_seq < ?
            GROUP BY since_seq ORDER BY since_seq DESC LIMIT ?
        """
        values = (line, procedure) if procedure else (line, RANK[Lane(lane)]) if lane else (line,)
        return tuple([seq for (seq,) in self._fetch(found, (*values, before or _FIRST, count))])

    def owed(self, line: str, *, by_us: bool, after: tuple[int, int], count: int) -> tuple[tuple[int, DutyRow], ...]:
        """See the port."""
        side = "by_us" if by_us else "by_them"
        tail = f"{_LINE} AND is_open AND {side} AND (sort_ms, duties.id) > (?, ?) ORDER BY sort_ms, duties.id LIMIT ?"
        return self._duties(tail, (line, *after, count))

    def owing(self, line: str, *, by_us: bool, most: int) -> int:
        """See the port."""
        side = "by_us" if by_us else "by_them"
        some = f"SELECT 1 FROM duties WHERE {_LINE} AND is_open AND {side} LIMIT ?"
        return int(self._fetch(f"SELECT count(*) FROM ({some})", (line, most))[0][0])

    def ringing(self, line: str, count: int, *, ours: bool = False) -> tuple[DutyRow, ...]:
        """See the port."""
        alone = "AND by_us" if ours else ""
        found = self._duties(f"{_LINE} AND is_open AND rings {alone} ORDER BY since_seq LIMIT ?", (line, count))
        return tuple([row for _, row in found])

    def owed_in(self, line: str, lane: Lane, duties: Sequence[tuple[str, str]], count: int) -> tuple[DutyRow, ...]:
        """See the port."""
        named = f"(procedure, duty) IN (VALUES {','.join(['(?, ?)'] * len(duties))})"
        tail = f"{_LINE} AND is_open AND by_us AND lane = ? AND {named} ORDER BY since_seq LIMIT ?"
        found = self._duties(tail, (line, RANK[lane], *[name for each in duties for name in each], count))
        return tuple([row for _, row in found])

    def duties(self, line: str, case: bytes) -> tuple[DutyRow, ...]:
        """See the port."""
        return tuple([row for _, row in self._duties("case_id = ? AND name = ? ORDER BY duties.id", (case, line))])

    # places and times

    def spread(self, procedures: Sequence[str], within: Spread, before: int, count: int) -> tuple[int, ...]:
        """See the port.

        Where much is within, the newest are found by looking at the newest alone, of one procedure at its own; where
        little is, by the tree of areas and times. Either is bounded by what is shown, not by what is held.
        """
        some = f"procedure IN ({_marks(procedures)})" if procedures else "TRUE"
        alone, own = ("procedure = ? AND", procedures) if len(procedures) == 1 else ("", ())
        west, east, south, north, start, until = spread_columns(within)
        wanted = (start, until, west, east, south, north, *procedures)
        looked = self._fetch(
            f"SELECT seq, {_WITHIN} AND {some} FROM spread_rows WHERE {alone} seq < ? ORDER BY seq DESC LIMIT ?",
            (*wanted, *own, before or _FIRST, LOOKED_AT),
        )
        found = [seq for seq, is_within in looked if is_within][:count]
        if len(looked) == LOOKED_AT and len(found) < count:
            older = f"SELECT seq FROM spreads WHERE {_WITHIN} AND {some} AND seq < ? ORDER BY seq DESC LIMIT ?"
            found += [seq for (seq,) in self._fetch(older, (*wanted, looked[-1][0], count - len(found)))]
        return tuple(found)

    # the trees of logs

    def subtrees(self, line: str, log: LogId, level: int, first: int, end: int) -> tuple[bytes, ...]:
        """See the port."""
        where = f"{_PLACE} AND level = ? AND place >= ? AND place < ?"
        found = f"SELECT place, root FROM subtrees WHERE {where} ORDER BY place"
        rows = self._fetch(found, (*_place(line, log), level, first, end))
        return tuple([root for at, (place, root) in enumerate(rows, first) if place == at])

    # parts

    def _acts(self, where: str, bounds: Iterable[Sequence[object]]) -> tuple[ActRow, ...]:
        query = f"{_ACT} WHERE {where}"
        return tuple([_act_row(row) for values in bounds for row in self._fetch(query, values)])

    def _cases(self, where: str, values: Sequence[object]) -> tuple[CaseRow, ...]:
        return tuple([_case_row(row) for row in self._fetch(f"{_CASE} WHERE {where}", values)])

    def _duties(self, where: str, values: Sequence[object]) -> tuple[tuple[int, DutyRow], ...]:
        return tuple([(row[-1], _duty_row(row)) for row in self._fetch(f"{_DUTY} WHERE {where}", values)])


def _marks(values: Sequence[object]) -> str:
    """Write a placeholder for each value."""
    return ",".join("?" * len(values))


def spread_columns(spread: Spread) -> tuple[int, int, int, int, int, int]:
    """Give west, east, south, north and the minutes from and until, rounded outwards, as 32-bit numbers."""
    minutes = (spread.start_ms // MINUTE_MS, -(-spread.end_ms // MINUTE_MS))
    start, until = (max(-INT32_MAX, min(INT32_MAX, each)) for each in minutes)
    return spread.west, spread.east, spread.south, spread.north, start, until


def sort_ms(row: DutyRow) -> int:
    """Give a duty's place in the order of deadlines."""
    return row.due_ms or DUE_NEVER


def _all_of(words: str) -> str:
    return "(" + " AND ".join([f'"{word}"' for word in words.split(" ")]) + ")"


def _place(line: str, log: LogId) -> tuple[str, str, int, int]:
    return line, log.party, log.epoch, RANK[log.lane]


def _act_row(row: Sequence[Any]) -> ActRow:
    seq, line, party, epoch, lane, place, n, *seen = row[:13]
    charter, digest, act_id, procedure, act, claimed_ms, held_ms, received_ms = row[13:21]
    in_force, fault, main, verified, case, waits, stray, status, because = row[21:]
    return ActRow(
        seq,
        line,
        LogId(party, epoch, LANES[lane]),
        place,
        n,
        () if seen[0] is None else tuple(seen),
        charter,
        digest,
        act_id,
        procedure,
        act,
        claimed_ms,
        held_ms,
        received_ms,
        bool(in_force),
        fault,
        bool(main),
        verified,
        case or b"",
        waits or b"",
        stray,
        status,
        because,
    )


def _case_row(row: Sequence[Any]) -> CaseRow:
    found = CaseRow(*row)
    return found._replace(
        computed=bool(found.computed),
        closed=bool(found.closed),
        unsettled=bool(found.unsettled),
        stale=bool(found.stale),
    )


def _duty_row(row: Sequence[Any]) -> DutyRow:
    case, line, procedure, duty, since, since_seq, by_us, by_them, allowed_ms, named_ms = row[:10]
    met_by, ended, rings, since_ms, met_ms, number, _sort = row[10:]
    return DutyRow(
        case,
        line,
        procedure,
        duty,
        since,
        since_seq,
        bool(by_us),
        bool(by_them),
        allowed_ms,
        named_ms,
        met_by or b"",
        bool(ended),
        bool(rings),
        since_ms,
        met_ms,
        number,
    )
