"""Follows the store into the index of cases, slice by slice, and makes it anew where it cannot be trusted.

Rules kept here: the store is only read; one slice is one transaction on the index, whatever stops it; what is held of a
transcript in memory does not grow with it. The result is that of ``engine.compute`` over all entries, for every order
of arrival (a test compares the two).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from rabita.line.errors import LocalFault
from rabita.line.ids import LogId, key_name
from rabita.line.note import parse_note, unpack_timestamped
from rabita.line.record import LogRow
from rabita.ports import Store
from rabita.ports.index import CaseIndex, IndexChanges
from rabita.procedures.catalogue import CATALOGUE, catalogue_digest
from rabita.procedures.engine.compute import Catalogue
from rabita.procedures.engine.fold import Case
from rabita.services.caseindex_fold import fold_touched, suspensions_held
from rabita.services.caseindex_held import Loader, is_amendment, take
from rabita.services.caseindex_slice import Work, take_in
from rabita.services.caseindex_state import Followed, frozen_of, unpack
from rabita.services.caseindex_words import facets_of, sentences, words_of
from rabita.services.charters import charters_held, record_of
from rabita.services.log_tree import keep_subtrees

SLICE: Final = 512
NOTES_AT_ONCE: Final = 256
UNSETTLED_MAX: Final = 100_000
GATHERED_MIN: Final = 4_096
GATHERED_SHARE: Final = 8
"""Words are brought together once so many entries came, and so large a share, who then share what it costs."""
FORMAT: Final = "4"
"""Of what this module writes; another one makes every index anew."""


class IndexProgress(msgspec.Struct, frozen=True):
    """How far the index is on a line: numbers of the last entry taken in and the last one held, how many it lacks."""

    line: str
    indexed_seq: int
    newest_seq: int
    behind: int


class Indexer:
    """Follows every line of a store; one slice at a time, on whatever thread asks."""

    def __init__(
        self, store: Store, index: CaseIndex, catalogue: Catalogue = CATALOGUE, slice_entries: int = SLICE
    ) -> None:
        self.store = store
        self.index = index
        self._slice_entries = slice_entries
        self._catalogue = catalogue
        self._loader = Loader(store)
        self._followed: dict[str, Followed] = {}
        self._ungathered = 0
        self._lock = threading.Lock()
        self._version = f"{index.version.split(':')[0]}:{FORMAT}:{catalogue_digest()}"

    def catch_up(self, told: Callable[[IndexProgress], None] | None = None) -> None:
        """Follow every line to its end; raises ``LocalFault`` where store or index cannot be used."""
        for record in self.store.lines():
            while self.slice(record.line):
                if told is not None:
                    told(self.progress(record.line))

    def slice(self, line: str) -> bool:
        """Take the next entries of a line in; says whether there is more to do.

        An index that turns out to be damaged, of another version or of another store is emptied, and begun again; one
        that is only busy is not (``LocalFault("index-busy")``).
        """
        with self._lock:
            try:
                return self._slice(line)
            except LocalFault as fault:
                if fault.code != "index-unavailable":
                    raise
            self._begin_again()
            return True

    def words_changed(self, line: str, log: LogId, index: int) -> None:
        """Put the words of an entry again after portions of it were purged, and leave nothing of the old ones."""
        with self._lock:
            state = self._taken_up(line).copy()
            with self.index.changing() as changes:
                work = self._work(line, changes, state)
                for row in changes.at(line, log, index, index + 1):
                    work.renamed[row.seq] = None
                    work.touch(row.case)
                _put_words(work, fold_touched(work))
            self.index.scrub()

    def progress(self, line: str) -> IndexProgress:
        """Say how far a line has been followed."""
        state = unpack(self.index.state(line))
        newest = next((each.seq for each in self.store.listed(line, "", 0, 1)), 0)
        held = sum([head.frontier.size for head in self.store.logs(line)])
        return IndexProgress(line, state.seq, newest, held - sum(state.sizes.values()))

    def _slice(self, line: str) -> bool:
        state = self._taken_up(line).copy()
        heads = self.store.logs(line)
        entries = self.store.following(line, state.seq, self._slice_entries)
        if not (entries or state.settling or self._has_news(line, heads, state)):
            return False
        state.settling = True
        with self.index.changing() as changes:
            taken = [take(each) for each in entries]
            state.amended = state.amended or any(is_amendment(each) for each in taken)
            work = self._work(line, changes, state)
            self._renew(work)
            sizes = dict(state.sizes)
            take_in(work, heads, taken)
            for log, size in state.sizes.items():
                keep_subtrees(self.store, changes, line, log, (sizes.get(log, 0), size))
            if len(entries) < self._slice_entries:
                work.touch(*changes.marked(line, "unsettled", UNSETTLED_MAX))
                state.settling = False
            folded = fold_touched(work)
            self._take_receipts(work, heads)
            _put_words(work, folded)
            changes.keep_state(line, state.pack())
            more = len(entries) == self._slice_entries or bool(changes.marked(line, "stale", 1))
        self._followed[line] = state
        self._ungathered += len(entries)
        if not more and self._ungathered > max(GATHERED_MIN, state.seq // GATHERED_SHARE):
            self._ungathered = 0
            self.index.gather()
        return more

    def _has_news(self, line: str, heads: Sequence[LogRow], state: Followed) -> bool:
        """Say whether there is anything to do but to take entries in."""
        receipted = {head.log: min(head.receipted, state.sizes.get(head.log, 0)) for head in heads if head.receipted}
        return (
            any(state.receipted.get(log, 0) < size for log, size in receipted.items())
            or any(state.frozen.get(log) != size for log, size in frozen_of(heads).items())
            or bool(self.index.marked(line, "stale", 1))
        )

    def _taken_up(self, line: str) -> Followed:
        """Give where the index stands on a line; the first time, once it is known to be of this store and version."""
        if line not in self._followed:
            if self.index.version != self._version:
                self._begin_again()
            state = unpack(self.index.state(line))
            for row in self.index.rows([state.seq]):
                if [each.row.act_digest for each in self.store.at([row.seq])] != [row.digest]:
                    raise LocalFault("index-unavailable", "it was made from another store")
            charters = charters_held(self.store, line, amended=state.amended)
            state.suspensions = suspensions_held(self.index, self._loader, self._catalogue, charters, line)
            self._followed[line] = state
        return self._followed[line]

    def _begin_again(self) -> None:
        self._followed = {}
        self.index.clear(self._version)

    def _work(self, line: str, changes: IndexChanges, state: Followed) -> Work:
        record = record_of(self.store, line)
        charters = charters_held(self.store, line, amended=state.amended)
        return Work(line, record.us, record.peer, self._catalogue, charters, changes, self._loader, state)

    def _renew(self, work: Work) -> None:
        """Have what was not computed computed, once another version of the charter is held."""
        held = tuple(sorted(work.charters))
        if held != work.state.charters:
            work.state.charters = held
            work.changes.mark_stale(work.line, work.changes.marked(work.line, "uncomputed", UNSETTLED_MAX))

    def _take_receipts(self, work: Work, heads: Sequence[LogRow]) -> None:
        """Note when the counterpart's receipts first covered entries of ours that are taken in."""
        for head in heads:
            log, size = head.log, work.state.sizes[head.log]
            done = work.state.receipted.get(log, 0)
            while log.party == work.us and done < min(size, head.receipted):
                notes = self.store.notes(work.line, log, done, NOTES_AT_ONCE)
                for end, _, cosigned in notes:
                    if cosigned and done < size:
                        work.changes.received(work.line, log, done, min(end, size), receipt_ms(cosigned, work.peer))
                        done = min(end, size)
                if not notes or not any(cosigned for _, _, cosigned in notes):
                    break
            work.state.receipted[log] = done


def receipt_ms(cosigned: bytes, party: str) -> int:
    """Give the time of a party's first cosignature on a note (ms since 1970 UTC, whole seconds), 0 if it has none."""
    name = key_name(party, "receipt")
    signed = [each.signature for each in parse_note(cosigned).signatures if each.name == name]
    return min([unpack_timestamped(each)[0] for each in signed], default=0) * 1_000


def _put_words(work: Work, folded: Mapping[bytes, Case]) -> None:
    """Put the words of entries that are new, or whose place in a case is."""
    again = [seq for seq in work.renamed if seq not in work.fresh]
    taken = [*work.fresh.values(), *work.loader.taken(again)]
    acts = {(case.id, each.held.digest): each for case in folded.values() for each in case.acts}
    rows = {row.seq: row for row in work.changes.rows([each.listed.seq for each in taken])}
    for each in taken:
        row = rows[each.listed.seq]
        case = folded.get(row.case)
        act = acts.get((row.case.hex(), row.digest.hex()))
        said = sentences(work.catalogue.procedures[row.procedure], case, act) if case and act else []
        work.changes.put_words(row.seq, facets_of(each), words_of(each, said))
