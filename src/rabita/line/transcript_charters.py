"""The charter's versions in a transcript: which are in force, and from which entry on each party writes under them."""

from collections.abc import Callable, Iterable

from rabita.line.amendment import last_signer, place_fault, twice_signed
from rabita.line.control import Facts, versions_of
from rabita.line.ids import Lane, LogId, reference
from rabita.line.transcript_order import Run
from rabita.line.transcript_report import CharterReport, Finding, Report


def judge_charters(facts: Facts, runs: Iterable[Run], report: Report, held: Callable[[LogId], int]) -> None:
    """Report the versions in force and where each begins; *runs* are those of both parties, *held* sizes of logs.

    A stamp that names a version its author had not, or had left, is a content fault; two successors of one version
    under the same last signer's hand speak against that signer.
    """
    if facts.first is None:
        return
    versions = versions_of(facts, lambda _log, _index: True)
    since: dict[int, dict[str, tuple[int, int]]] = {each.number: {} for each in versions}
    for run in runs:
        stamp = run.first
        peer = report.parties[1 - report.parties.index(stamp.party)]
        complete = not report.missing and held(LogId(peer, stamp.seen_epoch, Lane.CONTROL)) >= stamp.seen[0]
        if code := place_fault(versions, stamp.party, stamp, complete=complete):
            report.content[code] += run.n - stamp.n + 1
        else:
            place = (stamp.epoch, stamp.n)
            known = since[stamp.charter]
            known[stamp.party] = min(place, known.get(stamp.party, place))
    report.charters = [
        CharterReport(each.number, each.digest, reference(each.log, each.index) if each.n else "", since[each.number])
        for each in versions
    ]
    for one, two in twice_signed(facts.first, facts.brought):
        signer = last_signer(facts.first.charter, one.number)
        report.contradictions.append(
            Finding("amendment-twice", f"{signer} version {one.number}: {one.digest[:12]} and {two.digest[:12]}")
        )
