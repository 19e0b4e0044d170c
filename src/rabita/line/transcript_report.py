"""What verifying found, in data and in plain words, and what two sides' exports of one line show together."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rabita.line.errors import SENTENCES
from rabita.line.ids import LogId

FAULTS_MAX: Final = 200
"""Faults listed; more are counted."""


class Finding(NamedTuple):
    """What is wrong, by code, and where."""

    code: str
    where: str

    @property
    def sentence(self) -> str:
        """The code's plain sentence."""
        return SENTENCES[self.code]


class CharterReport(NamedTuple):
    """A version of the charter in force: its text's SHA-256 (hex), the reference it was sealed as (the founding: none).

    ``since`` gives the place (epoch, number) of the first entry that each party wrote under it.
    """

    version: int
    digest: str
    sealed: str
    since: dict[str, tuple[int, int]]

    @property
    def sentence(self) -> str:
        """What holds for the version, in words."""
        places = [f"{party} from its entry {n} of epoch {epoch}" for party, (epoch, n) in sorted(self.since.items())]
        sealed = f", sealed as {self.sealed}" if self.sealed else ""
        written = f"written under by {' and '.join(places)}" if places else "nothing is written under it yet"
        return f"Charter version {self.version} ({self.digest[:12]}){sealed}: {written}."


@dataclass(slots=True)
class LogReport:
    """One log: sizes are numbers of entries.

    ``own`` says that the file is by the log's author, who keeps the receipts. ``size`` is what the file holds up to a
    checkpoint whose root is right; ``complete`` the last such checkpoint its author signed; ``receipted`` the last that
    its reader cosigned; ``author_mldsa`` and ``reader_mldsa`` the last with a post-quantum signature. ``portions``
    counts those listed as sent, ``purged`` those of them removed, ``withheld`` those never sent. ``broken`` says that
    the log was read no further than where it did not fit. ``roots`` maps the sizes signed by the author to roots.
    """

    log: LogId
    nonce: str = ""
    own: bool = True
    frozen_at: int = -1
    stopped: str = ""
    size: int = 0
    complete: int = 0
    receipted: int = 0
    author_mldsa: int = 0
    reader_mldsa: int = 0
    portions: int = 0
    purged: int = 0
    withheld: int = 0
    broken: bool = False
    roots: dict[int, bytes] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The log in words."""
        epoch = f" epoch {self.log.epoch}" if self.log.epoch > 1 else ""
        return f"{self.log.party} {self.log.lane}{epoch}"

    @property
    def sentence(self) -> str:
        """What holds for the log, in words."""
        parts = [f"{self.name}: complete up to checkpoint {self.complete}"]
        parts.append(f"post-quantum signed by its author up to {self.author_mldsa}")
        if self.own:
            parts += [
                f"receipted up to {self.receipted}",
                f"post-quantum signed by its reader up to {self.reader_mldsa}",
            ]
        else:
            parts.append("its receipts are in its author's transcript")
        parts += [f"{self.portions} portions"] if self.portions else []
        parts += [f"{self.purged} of them purged"] if self.purged else []
        parts += [f"{self.withheld} withheld"] if self.withheld else []
        late = self.size - self.frozen_at if 0 <= self.frozen_at < self.size else 0
        parts += [f"frozen at {self.frozen_at}"] if self.frozen_at >= 0 else []
        parts += [f"{late} late and not in force"] if late else []
        parts += [f"stopped ({self.stopped})"] if self.stopped else []
        return ", ".join(parts) + "."


@dataclass(slots=True)
class Report:
    """What one transcript shows. It is *genuine* when nothing in it is other than what the parties signed.

    ``contradictions`` are the parties' own doing and leave the file genuine. ``content`` counts, by code, entries whose
    stamp or act had to be read in full and has a content fault. ``approvals`` counts officers' signatures as verified,
    false, unknown (key never published) or revoked (the credential was before); it is empty if none was checked.
    ``voids`` counts acts under an id that their author used before with other bytes, ``duplicates`` with the same.
    ``missing`` counts numbers of an author's order that no log of the file has, by party and epoch; ``unseen`` gives
    sizes up to which a counterpart says it held a log beyond what the file has. ``skipped`` counts batches after one
    that did not fit. ``charters`` are the versions of the charter in force, the founding one first.
    """

    line: str = ""
    by: str = ""
    time_ms: int = 0
    parties: tuple[str, ...] = ()
    exercise: bool = False
    batches: int = 0
    entries: int = 0
    skipped: int = 0
    logs: dict[LogId, LogReport] = field(default_factory=dict)
    faults: list[Finding] = field(default_factory=list)
    more_faults: int = 0
    contradictions: list[Finding] = field(default_factory=list)
    approvals: Counter[str] = field(default_factory=Counter)
    content: Counter[str] = field(default_factory=Counter)
    voids: int = 0
    duplicates: int = 0
    revoked_receipts: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    unseen: dict[LogId, int] = field(default_factory=dict)
    charters: list[CharterReport] = field(default_factory=list)

    @property
    def genuine(self) -> bool:
        """Whether no fault was found."""
        return not self.faults

    def fault(self, code: str, where: str) -> None:
        """Name a fault."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Finding(code, where))
        else:
            self.more_faults += 1

    def summary(self) -> list[str]:
        """Say it in plain words, a sentence a line, the verdict first."""
        verdict = "Genuine" if self.genuine else "NOT genuine as it stands"
        kind = "exercise line" if self.exercise else "line"
        between = f" between {' and '.join(sorted(self.parties))}" if self.parties else ""
        lines = [f"{verdict}: {kind} {self.line or 'unknown'}{between}, exported by {self.by or 'nobody named'}."]
        lines += [f"Fault at {each.where}: {each.sentence} ({each.code})" for each in self.faults]
        lines += [f"And {self.more_faults} more faults."] if self.more_faults else []
        lines += [
            f"Proven against its author at {each.where}: {each.sentence} ({each.code})" for each in self.contradictions
        ]
        lines += [each.sentence for each in self.charters if len(self.charters) > 1]
        lines += [each.sentence for each in self.logs.values() if each.size or each.broken]
        if self.approvals:
            counts = [f"{self.approvals[name]} {name}" for name in ("verified", "false", "unknown", "revoked")]
            lines.append(f"Officers' approvals: {', '.join(counts)}.")
        lines += [
            f"{count} entries with a content fault: {SENTENCES[code]}" for code, count in sorted(self.content.items())
        ]
        lines += [f"{self.voids} acts are void: their id was used before."] if self.voids else []
        lines += [f"{self.duplicates} acts are repeats of one already there."] if self.duplicates else []
        revoked = self.revoked_receipts
        lines += [f"{revoked} receipts are by a revoked key and do not count."] if revoked else []
        lines += [f"{count} entries of {name} are in none of its logs here." for name, count in self.missing.items()]
        lines += [
            f"{log.party} {log.lane} was held by its reader up to {size}, more than is here."
            for log, size in sorted(self.unseen.items())
        ]
        return lines


@dataclass(slots=True)
class Comparison:
    """Two exports of one line side by side: logs of which one holds more, and what the two contradict each other in."""

    longer: dict[LogId, tuple[int, int]] = field(default_factory=dict)
    contradictions: list[Finding] = field(default_factory=list)
    foreign: bool = False

    @property
    def equal(self) -> bool:
        """Whether both hold the same."""
        return not (self.longer or self.contradictions or self.foreign)

    def summary(self, one: str, two: str) -> list[str]:
        """Say it in plain words; *one* and *two* name the exports."""
        if self.foreign:
            return ["The two transcripts are of different lines."]
        lines = [f"Proven against {each.where}: {each.sentence} ({each.code})" for each in self.contradictions]
        for log, (left, right) in sorted(self.longer.items()):
            more, less = (one, two) if left > right else (two, one)
            lines.append(
                f"{log.party} {log.lane}: {more} holds {max(left, right)} entries, {less} {min(left, right)}; "
                "as far as both go they are the same."
            )
        return lines or ["Both transcripts hold the same entries."]


def compare(one: Report, two: Report) -> Comparison:
    """Set two verified transcripts side by side.

    A contradiction is two checkpoints of one log and one size, both validly signed by its author, with other roots;
    the smallest such size is named. Where the two share no checkpoint size but 0, nothing can be said of a log.
    """
    found = Comparison(foreign=one.line != two.line)
    if found.foreign:
        return found
    for log in sorted(one.logs.keys() | two.logs.keys()):
        left, right = one.logs.get(log, LogReport(log)), two.logs.get(log, LogReport(log))
        sizes = sorted(left.roots.keys() & right.roots.keys())
        if left.nonce != right.nonce and left.roots and right.roots:
            found.contradictions.append(Finding("epoch-taken", left.name))
            continue
        forked = next((size for size in sizes if left.roots[size] != right.roots[size]), None)
        if forked is not None:
            found.contradictions.append(Finding("forked", f"{left.name} at {forked}"))
        elif left.complete != right.complete:
            found.longer[log] = (left.complete, right.complete)
    return found
