"""The index of cases: what a node can find out about procedures, and prove, without reading a whole transcript.

Rows are plain values; what they mean is the engine's (``rabita.procedures.engine``). Digests are 32 bytes, times are
milliseconds since 1970 UTC, ``seq`` is the number under which the store holds an entry.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from rabita.line.ids import Lane, LogId


class ActRow(NamedTuple):
    """An entry in the index of cases: where it stands, and what became of its act.

    ``seen`` is the stamp's epoch and five sizes, empty where it cannot be read. ``main`` says that it is the one leaf
    its act counts at; ``verified`` has bit *i* set where its *i*-th approval is verified; ``fault`` is the code of a
    content fault or of a reused id. Of ``case`` (digest of the opening act), ``waits`` (what it waits for, as named)
    and ``stray`` (code of why it is in no case) at most one is given. ``status`` and ``because`` are the fold's.
    ``received_ms`` is when the other side first receipted it: our clock for theirs, the receipt's for ours, 0: not yet.
    """

    seq: int
    line: str
    log: LogId
    index: int  # type: ignore[assignment]  # - not the tuple method
    n: int
    seen: tuple[int, ...]
    charter: int
    digest: bytes
    act_id: bytes
    procedure: str
    act: str
    claimed_ms: int
    held_ms: int
    received_ms: int
    in_force: bool
    fault: str
    main: bool
    verified: int
    case: bytes
    waits: bytes
    stray: str
    status: str
    because: str


class CaseRow(NamedTuple):
    """A case in the index. ``id`` is the digest of its opening act, ``last_seq`` the number of its newest entry.

    ``unsettled``: it may still change by how much of the transcript is held alone; ``stale``: it is to be folded again.
    """

    id: bytes
    line: str
    procedure: str
    state: str
    computed: bool
    closed: bool
    opener: str
    responder: str
    lane: str
    opened_seq: int
    last_seq: int
    acts: int
    fingerprint: bytes
    unsettled: bool = False
    stale: bool = False


class DutyRow(NamedTuple):
    """An obligation in the index, as ``engine.duties`` gives it, with its times (ms since 1970 UTC, 0: none, not yet).

    ``by_us`` and ``by_them`` say whose act would discharge it; ``named_ms`` is the due time the starting act names.
    """

    case: bytes
    line: str
    procedure: str
    duty: str
    since: bytes
    since_seq: int
    by_us: bool
    by_them: bool
    allowed_ms: int
    named_ms: int
    met_by: bytes
    ended: bool
    rings: bool
    since_ms: int
    met_ms: int
    id: int = 0

    @property
    def due_ms(self) -> int:
        """When it is due, 0 where that is not known or not set."""
        return self.since_ms + self.allowed_ms if self.since_ms and self.allowed_ms >= 0 else self.named_ms

    @property
    def is_open(self) -> bool:
        """Say whether it is still owed."""
        return not (self.met_by or self.ended)


class Spread(NamedTuple):
    """Where and when an act says something is: microdegrees (west, south, east, north) and ms since 1970 UTC.

    What an act does not say is as wide as can be.
    """

    west: int
    south: int
    east: int
    north: int
    start_ms: int
    end_ms: int


class IndexQueries(Protocol):
    """What the index of cases is asked. Lists are one index range each, newest first unless they say otherwise.

    ``before`` and ``after`` are the last of what was given before, 0 (or ``None``) from the beginning. Raises
    ``LocalFault``: ``index-unavailable``, and ``index-busy`` while another process is at work on it.
    """

    def state(self, line: str) -> bytes:
        """Read what was kept of how far the index has followed a line; empty: not begun."""
        ...

    def rows(self, seqs: Sequence[int]) -> tuple[ActRow, ...]:
        """Read entries by their numbers, in the order asked for; those not held are missing."""
        ...

    def at(self, line: str, log: LogId, first: int, end: int) -> tuple[ActRow, ...]:
        """Read the entries of a log from index *first* up to *end*."""
        ...

    def numbered(self, line: str, party: str, epoch: int, after_n: int, count: int) -> tuple[int, ...]:
        """List the numbers ``n`` above *after_n* that are held of an author's epoch, rising."""
        ...

    def since(self, line: str, party: str, after: tuple[int, int, int], count: int) -> tuple[ActRow, ...]:
        """List an author's entries beyond (epoch, ``n``, number), in that order."""
        ...

    def leaves_of(self, line: str, digests: Sequence[bytes]) -> tuple[ActRow, ...]:
        """List every entry of these acts."""
        ...

    def mains_of(self, line: str, digests: Sequence[bytes]) -> tuple[ActRow, ...]:
        """List the entry at which each of these acts counts."""
        ...

    def users_of(self, line: str, party: str, act_id: bytes, *, first: bool = False) -> tuple[ActRow, ...]:
        """List every entry of a party that uses an act id, or the *first* use alone, the only one that counts."""
        ...

    def naming(self, line: str, digests: Sequence[bytes]) -> tuple[ActRow, ...]:
        """List the acts (main leaves) that name one of these in their basis, by rising number."""
        ...

    def members(self, line: str, cases: Sequence[bytes]) -> Mapping[bytes, tuple[ActRow, ...]]:
        """Give the acts of each case by rising number; a case that has none is left out."""
        ...

    def covering(self, line: str, procedures: Sequence[str], earlier: ActRow) -> tuple[bytes, ...]:
        """List the cases of procedures with an act that covers *earlier* (``engine.held.covers``)."""
        ...

    def case(self, line: str, case: bytes) -> CaseRow | None:
        """Read a case."""
        ...

    def cases_of(self, cases: Sequence[bytes]) -> tuple[CaseRow, ...]:
        """Read cases, in no order; those not known are missing."""
        ...

    def cases(
        self, line: str, procedure: str, state: str, before: int, count: int, *, open_only: bool = False
    ) -> tuple[CaseRow, ...]:
        """List cases by their newest entry; *before* is a ``last_seq``. An empty *procedure* or *state* is any."""
        ...

    def marked(self, line: str, mark: str, count: int) -> tuple[bytes, ...]:
        """List cases that are ``unsettled``, ``stale`` or ``uncomputed``."""
        ...

    def found(self, facets: Sequence[str], terms: Sequence[Sequence[str]], before: int, count: int) -> tuple[int, ...]:
        """List the numbers of entries that have all these facets, and of each term at least one word.

        What stands in a term as several words, separated by spaces, needs all of them.
        """
        ...

    def unanswered(self, line: str, procedure: str, lane: str, before: int, count: int) -> tuple[int, ...]:
        """List the numbers of entries on which a duty of ours is open: of a procedure, or else a lane; empty: all."""
        ...

    def words(self, prefix: str, count: int) -> tuple[str, ...]:
        """List words of the search index that begin so, in order."""
        ...

    def owed(self, line: str, *, by_us: bool, after: tuple[int, int], count: int) -> tuple[tuple[int, DutyRow], ...]:
        """List open duties of a side, earliest due first, undated last, each with its place in that order."""
        ...

    def owing(self, line: str, *, by_us: bool, most: int) -> int:
        """Count open duties of a side, no further than *most*."""
        ...

    def ringing(self, line: str, count: int, *, ours: bool = False) -> tuple[DutyRow, ...]:
        """List open duties that ring, oldest first: all, or *ours* alone."""
        ...

    def owed_in(self, line: str, lane: Lane, duties: Sequence[tuple[str, str]], count: int) -> tuple[DutyRow, ...]:
        """List open duties of ours since entries of a lane, those of these procedures and names, oldest first."""
        ...

    def duties(self, line: str, case: bytes) -> tuple[DutyRow, ...]:
        """List the duties of a case in the order in which they arose."""
        ...

    def spread(self, procedures: Sequence[str], within: Spread, before: int, count: int) -> tuple[int, ...]:
        """List the numbers of acts in effect that say something of that area and time."""
        ...

    def subtrees(self, line: str, log: LogId, level: int, first: int, end: int) -> tuple[bytes, ...]:
        """Read the roots of a log's subtrees of ``2**level`` leaves, from index *first* up to *end* or a gap."""
        ...


class IndexChanges(IndexQueries, Protocol):
    """One transaction on the index, which reads what it has changed."""

    def keep_state(self, line: str, state: bytes) -> None:
        """Keep how far the line has been followed."""
        ...

    def add(self, rows: Sequence[ActRow], basis: Sequence[tuple[bytes, bytes]]) -> None:
        """Add entries, and pairs of an act named and the act that names it."""
        ...

    def change(self, rows: Sequence[ActRow]) -> None:
        """Replace entries by number."""
        ...

    def stand(self, rows: Sequence[ActRow]) -> None:
        """Replace the ``status`` and ``because`` of entries by number."""
        ...

    def lacks(self, rows: Sequence[tuple[str, str, str, int]]) -> None:
        """Remember entries (line, party, key, number) with an approval whose credential is not published yet."""
        ...

    def lacking(self, line: str, party: str, key: str) -> tuple[int, ...]:
        """Give the entries remembered for a key, by rising number, and forget them."""
        ...

    def put_case(self, row: CaseRow, duties: Sequence[DutyRow]) -> None:
        """Put a case and its duties in the place of what was kept of it."""
        ...

    def drop_case(self, line: str, case: bytes) -> None:
        """Forget a case that is none any more."""
        ...

    def mark_stale(self, line: str, cases: Sequence[bytes]) -> None:
        """Mark cases to be folded again."""
        ...

    def received(self, line: str, log: LogId, first: int, end: int, time_ms: int) -> None:
        """Set when entries of a log were first receipted, and the times of the duties that hang on them."""
        ...

    def put_words(self, seq: int, facets: Sequence[str], words: Sequence[str]) -> None:
        """Put what an entry is found by in the place of what it was found by; words it alone had are gone."""
        ...

    def put_spreads(self, spreads: Sequence[tuple[int, str, Spread | None]]) -> None:
        """Put where and when acts (number, procedure) say something is, in place of what they had; None: nothing."""
        ...

    def keep_subtrees(self, line: str, log: LogId, level: int, first: int, roots: Sequence[bytes]) -> None:
        """Keep the roots of whole subtrees of ``2**level`` leaves, from index *first* on; they never change."""
        ...


class CaseIndex(IndexQueries, Protocol):
    """Derived data about cases, in a file of its own: never backed up, rebuilt from the store whenever in doubt.

    One thread changes it; any reads what is committed. A change that is lost in a crash is made again.
    """

    def changing(self) -> AbstractContextManager[IndexChanges]:
        """Begin a transaction, committed at the end of the block unless it raised."""
        ...

    def clear(self, version: str) -> None:
        """Forget everything, and be of this version from now on."""
        ...

    @property
    def version(self) -> str:
        """The version of what is kept; empty: nothing is."""
        ...

    def gather(self) -> None:
        """Bring the words of all entries together, so that a search need not look in many places."""
        ...

    def scrub(self) -> None:
        """Leave nothing readable of words that were replaced."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...
