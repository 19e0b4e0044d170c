"""What the exercise shows in the end: both transcripts, each verified from its bytes alone, and set side by side."""

import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final, NamedTuple

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rabita.cli.common import new_table
from rabita.cli.demo_board import Board, Stage
from rabita.cli.demo_house import Side
from rabita.cli.demo_release import Released
from rabita.cli.exercise_page import pages
from rabita.line.errors import RabitaError
from rabita.line.ids import RANK
from rabita.line.transcript import verify_transcript
from rabita.line.transcript_report import Comparison, Report, compare
from rabita.services.after_action import after_action
from rabita.services.after_action_forms import AfterAction
from rabita.services.after_action_read import States, read_export, states_of
from rabita.services.exercise import Scenario
from rabita.services.transcripts import export
from rabita.store.sqlite import open_store

APPROVALS_PER_ACT: Final = 2
APPROVALS_BY_PASSKEY: Final = 1
"""The one of the message that an officer released in the end; what visitors release has more."""


class SideSummary(msgspec.Struct, frozen=True):
    """One side: entries it sealed, by lane and in all, those it received and those it has receipts for; its export.

    ``approvals`` counts officers' signatures in the export as ``verified``, ``false``, ``unknown`` or ``revoked``.
    """

    sealed: int
    received: int
    receipted: int
    by_lane: dict[str, int]
    approvals: dict[str, int]
    verified: bool
    transcript: str


class Summary(msgspec.Struct, frozen=True):
    """What a script reads. ``entries`` are the scenario's acts and the line's own.

    ``released`` is the reference of the message that one officer wrote and another released with a passkey.
    ``states`` compares what both nodes' entries compute to, case by case, and ``after_action`` reports on each play;
    null without a proof. ``receipt_ms_…`` are from sealed to receipted, by the author's clock. ``told`` lists the codes
    of what the nodes told their officers, ``fault`` is that of what ended the exercise early, empty if nothing did.
    """

    exercise: bool
    scenario: str
    line: str
    acts: int
    entries: int
    receipts: int
    withheld: int
    verified: bool
    agree: bool
    receipted: bool
    released: str
    ok: bool
    told: tuple[str, ...]
    fault: str
    wall_time_s: float
    play_time_s: float
    receipt_ms_median: float
    receipt_ms_max: int
    states_equal: bool
    states: States | None
    after_action: AfterAction | None
    sides: dict[str, SideSummary]


class Proof(NamedTuple):
    """Both exports as they verify, in the order of the sides, and what they show together."""

    reports: tuple[Report, Report]
    comparison: Comparison
    states: States
    after_action: AfterAction


def prove(sides: Sequence[Side], scenario: Scenario) -> Proof:
    """Export both transcripts, then read both files back as a stranger would, compare them and report on the plays."""
    for side in sides:
        store = open_store(side.home.database)
        try:
            with side.transcript.open("wb") as stream:
                export(store, side.state.line, time.time_ns() // 1_000_000, stream.write)
        finally:
            store.close()
    one, two = (_verified(side) for side in sides)
    exports = [read_export(side.transcript.read_bytes().splitlines()) for side in sides]
    return Proof((one, two), compare(one, two), states_of(*exports), after_action(scenario, *exports))


def _verified(side: Side) -> Report:
    with side.transcript.open("rb") as stream:
        return verify_transcript(stream)


def stands(report: Report, acts: int) -> bool:
    """Say whether an export is genuine and free of contradiction, and every approval in it good, by key or passkey."""
    approvals = report.approvals
    return (
        report.genuine
        and not report.contradictions
        and approvals["verified"] == approvals.total() >= APPROVALS_PER_ACT * acts + APPROVALS_BY_PASSKEY
    )


class Times(NamedTuple):
    """Seconds: the whole exercise, and the play alone."""

    wall_s: float
    play_s: float


def summarise(
    scenario: Scenario,
    sides: Sequence[Side],
    board: Board,
    proof: Proof | None,
    times: Times,
    released: Released | None,
    fault: RabitaError | None,
) -> Summary:
    """Put the exercise in numbers; without a *proof* nothing counts as verified."""
    reports = proof.reports if proof is not None else (Report(), Report())
    acts = len([row for row in board.rows.values() if row.inject is not None])
    parts = {side.code: _summarised(side, board, report, acts) for side, report in zip(sides, reports, strict=True)}
    injects = [row.inject for row in board.rows.values() if row.inject is not None]
    withheld = [portion for inject in injects for portion in inject.portions if portion.withheld]
    took = [row.took_ms for row in board.rows.values() if row.stage is Stage.RECEIPTED]
    verified = all(each.verified for each in parts.values())
    agree = proof is not None and proof.comparison.equal
    receipted = not board.unreceipted and acts == len(scenario.turns)
    states_equal = proof is not None and proof.states.equal
    return Summary(
        exercise=True,
        scenario=scenario.head.id,
        line=sides[0].state.line,
        acts=acts,
        entries=len(board.rows),
        receipts=len(took),
        withheld=len(withheld),
        verified=verified,
        agree=agree,
        receipted=receipted,
        released=released.reference if released is not None else "",
        ok=verified and agree and receipted and states_equal and fault is None,
        told=tuple([news.code for news in board.told]),
        fault=fault.code if fault is not None else "",
        wall_time_s=round(times.wall_s, 3),
        play_time_s=round(times.play_s, 3),
        receipt_ms_median=median(took) if took else 0,
        receipt_ms_max=max(took, default=0),
        states_equal=states_equal,
        states=proof.states if proof is not None else None,
        after_action=proof.after_action if proof is not None else None,
        sides=parts,
    )


def _summarised(side: Side, board: Board, report: Report, acts: int) -> SideSummary:
    peer = next(code for code in board.codes if code != side.code)
    return SideSummary(
        sealed=board.count(side.code, Stage.IN_FLIGHT),
        received=board.count(peer, Stage.RECEIVED),
        receipted=board.count(side.code, Stage.RECEIPTED),
        by_lane=board.by_lane(side.code),
        approvals=dict(report.approvals),
        verified=bool(report.line) and stands(report, acts),
        transcript=str(side.transcript),
    )


def conclusion(summary: Summary, proof: Proof) -> Iterator[RenderableType]:
    """Say in plain words what was shown, the verdict first."""
    one, two = summary.sides
    if not summary.ok:
        yield Text("The two transcripts do NOT show what they should:", "bold red")
        lines = [line for report in proof.reports for line in report.summary()]
        yield from map(Text, (*lines, *proof.comparison.summary(one, two), _states(proof.states)))
        return
    yield Text("Both transcripts are genuine, and they agree.", "bold green")
    others = summary.entries - summary.acts - 1
    yield Text(
        f"{summary.acts} acts, each approved by two officers, and {others} credentials of officers and entries of "
        f"visitors; {summary.receipts} of {summary.entries} receipted, half of them within "
        f"{summary.receipt_ms_median:g} ms."
    )
    yield Text(f"{summary.released} was written by one officer and released by another with a passkey; both verify it.")
    yield Text(f"{summary.withheld} portions were withheld; both files hold their digests, neither their words.")
    yield Text()
    yield from (Text(_verdict(report)) for report in proof.reports)
    yield Text()
    yield _checkpoints(proof)
    yield Text()
    yield Text(" ".join(proof.comparison.summary(one, two)), "bold")
    yield Text(f"Whoever has the two files can check the same, and need trust neither {one} nor {two}.")
    yield Text(_states(proof.states), "bold")
    yield Text()
    yield from pages(proof.after_action)


def _states(states: States) -> str:
    (one, digest), (two, other) = states.digest.items()
    if states.equal:
        return f"Both nodes compute the same state of all {states.cases} cases, digest by digest: {digest[:16]}…"
    return (
        f"The nodes compute different states of {len(states.differ)} cases: {one} {digest[:16]}…, {two} {other[:16]}…"
    )


def _verdict(report: Report) -> str:
    entries, verified = report.entries, report.approvals["verified"]
    return (
        f"{report.by}'s transcript: genuine, {entries} entries, complete up to the checkpoints below; "
        f"{verified} officers' approvals verified."
    )


def _checkpoints(proof: Proof) -> Table:
    """Show up to where each log is complete, receipted and post-quantum signed, in the two exports together."""
    table = new_table("log", "complete to checkpoint", "receipted to", "post-quantum signed to")
    for log in sorted(proof.reports[0].logs, key=lambda log: (log.party, RANK[log.lane])):
        both = [report.logs[log] for report in proof.reports]
        numbers = (
            min([each.complete for each in both]),
            max([each.receipted for each in both]),
            min([each.author_mldsa for each in both]),
        )
        table.add_row(both[0].name, *map(str, numbers))
    return table
