"""What an exercise shows afterwards, play by play and side by side: computed by the engine from what both sides hold.

Rules kept here: nothing is written down in advance, every figure follows from acts and their scenario times; what the
second play adds never becomes a claim about what would not have happened.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from rabita.line.ids import PRECEDENCES
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.definition import LANE
from rabita.procedures.engine.duties import DAY_MS, View, obligations, owed
from rabita.procedures.engine.fold import Case
from rabita.procedures.engine.held import Held, extent_of
from rabita.procedures.line_test import tried
from rabita.services import after_action_views as views
from rabita.services.after_action_forms import (
    CAUTION,
    AfterAction,
    Clock,
    Kept,
    LineTests,
    PlayReport,
    Row,
)
from rabita.services.after_action_played import Played, played
from rabita.services.after_action_read import Export
from rabita.services.exercise import Scenario

_RESULTS: Final = {
    View.MET: "in_time",
    View.MET_LATE: "late",
    View.OVERDUE: "never",
    View.OWED: "open",
}


def after_action(scenario: Scenario, one: Export, other: Export) -> AfterAction:
    """Report on every play of a scenario from both sides' transcripts; one of which they hold nothing is left out."""
    both = {each.digest for each in one.held} & {each.digest for each in other.held}
    extent, reports = extent_of(one.held), []
    for play in scenario.head.plays:
        code = scenario.code(play.number)
        held = [each for each in one.held if play_code(each) == code]
        if held:
            reports.append(
                report(played(one.charter, held, both, extent), code, play.title["en"], play.caution.strip())
            )
    return AfterAction(scenario.head.id, one.line, CAUTION, tuple(reports), side_by_side(reports))


def play_code(held: Held) -> str:
    """Give the play that an act names; empty for an act of none."""
    exercise = held.act.fields.get("exercise")
    return str(exercise.get("scenario", "")) if isinstance(exercise, dict) else ""


def report(play: Played, code: str, title: str, caution: str) -> PlayReport:
    """Report on one play."""
    limits = clocks(play)
    restored = views.restorations(play)
    return PlayReport(
        play=code,
        title=title,
        caution=caution,
        acts=len(play.acts),
        invented=len([each for each in play.acts if each.invented]),
        cases=_counted([case.procedure for case in play.cases]),
        begins_ms=play.acts[0].at_ms,
        ends_ms=play.ends_ms,
        handling={lane.value: kept([each for each in limits if each.lane == lane.value]) for lane in PRECEDENCES},
        clocks=kept([each for each in limits if not each.lane]),
        limits=limits,
        questions=views.questions(play),
        force=views.force(play),
        told=views.told(play),
        promises=views.promises(play),
        tests=line_tests(play, views.back_ms(restored) or play.ends_ms),
        restorations=restored,
        rupture_days=views.rupture_days(restored),
    )


def clocks(play: Played) -> tuple[Clock, ...]:
    """List every duty with a time limit, in the order they arose: handling times and the charter's other clocks."""
    found = []
    for case in play.cases:
        procedure = CATALOGUE.procedures[case.procedure]
        lanes = {duty.name for duty in procedure.duties if duty.within == LANE}
        for each in obligations(procedure, play.charter, case):
            view = owed(each, play.at_ms, play.ends_ms)
            result = _RESULTS.get(view.view, "")
            if view.view is View.ENDED and view.due_ms < _closed_ms(play, case):
                result = "never"  # its time had passed when the case ended
            if view.due_ms and result:
                since = play.act(each.since)
                found.append(
                    Clock(
                        case.procedure,
                        since.inject,
                        each.duty,
                        each.debtors,
                        view.since_ms,
                        view.due_ms,
                        view.met_ms,
                        result,
                        since.folded.held.lane.value if each.duty in lanes else "",
                    )
                )
    return tuple(sorted(found, key=lambda each: each.since_ms))


def kept(found: Sequence[Clock]) -> Kept:
    """Count clocks by what became of them."""
    return Kept(**_counted([each.result for each in found]))


def line_tests(play: Played, until_ms: int) -> LineTests:
    """Count the tests by a person that the charter asks for, day by day, and those that were answered in time."""
    daily = play.charter.line_test.by_person_per_day
    tests = [play.act(case.id).at_ms for case in play.cases if case.procedure == "line test"]
    first, last = min(tests, default=play.acts[0].at_ms) // DAY_MS, until_ms // DAY_MS
    held = dict.fromkeys(range(first, last + 1), 0)
    for case in play.cases:
        test = tried(case, play.act(case.id).at_ms, play.at_ms) if case.procedure == "line test" else None
        if test is not None and not test.automatic and test.answered_ms and not test.refused:
            allowed_ms = play.charter.terms(play.act(case.id).folded.held.lane).handling_time_s * 1000
            day = test.sent_ms // DAY_MS
            held[day] = held.get(day, 0) + int(test.answered_ms - test.sent_ms <= allowed_ms)
    done = sum([min(daily, count) for day, count in held.items() if first <= day <= last])
    days = last - first + 1
    return LineTests(days, daily * days, done, daily * days - done)


def side_by_side(reports: Sequence[PlayReport]) -> tuple[Row, ...]:
    """Put the plays' figures beside each other."""
    rows = [
        Row(f"Handling times kept, {lane.value}", tuple([_share(each.handling[lane.value]) for each in reports]))
        for lane in PRECEDENCES
    ]
    told: dict[str, list[str]] = {
        "The charter's other clocks kept": [_share(each.clocks) for each in reports],
        "Explanations not asked before force was used": [
            f"{len([q for q in each.questions if q.force_first])} of {len(each.questions)}" for each in reports
        ],
        "Questions and warnings before each use of force": [
            ", ".join([str(len(each.asked)) for each in every.force]) or "no force" for every in reports
        ],
        "Owed to either side when force was used": [
            ", ".join([str(len(each.owed)) for each in every.force]) or "no force" for every in reports
        ],
        "Promises without a date, days open at the end": [
            ", ".join([str(p.days_open) for p in each.promises if not p.due_ms and not p.kept_ms]) or "none"
            for each in reports
        ],
        "Promises both sides signed": [
            f"{len([p for p in each.promises if p.signed])} of {len(each.promises)}" for each in reports
        ],
        "Line tests held": [f"{each.tests.held} of {each.tests.due}" for each in reports],
        "Days from rupture to restoration": [
            str(each.rupture_days) if each.rupture_days >= 0 else "not restored" for each in reports
        ],
    }
    return (*rows, *(Row(what, tuple(values)) for what, values in told.items()))


def _closed_ms(play: Played, case: Case) -> int:
    return max([play.at_ms.get(each.held.digest, 0) for each in case.acts])


def _share(of: Kept) -> str:
    total = of.in_time + of.late + of.never
    return f"{of.in_time} of {total} in time, {of.late} late, {of.never} never" if total else "none"


def _counted(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found
