"""Announce, answer, close: the one template that six procedures share; they add fields and rules, not machines.

One side announces something (an alert, a hazard, the status of a crossing point, a call, a meeting, a request), the
other answers, and it is closed. An announcement may be brought up to date, which asks for a new answer. An answer may
be changed until the close. A close prevails over whatever crosses it; an update prevails over an answer it crosses,
since that answer was given to what is no longer announced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rabita.line.ids import PRECEDENCES, Lane
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.definition import ANY, TEXT, Crossing, Duty, Portion, Rule, Who, to


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act of the template and the state it leads to.

    ``says`` is the sentence of the act, ``sentence`` that of the state, empty where an earlier step leads to it too.
    ``ends``: the case ends there (a close always does). ``who`` stands for another side than the template's: the opener
    announces, updates and closes, the responder answers.
    """

    act: str
    state: str
    says: str
    sentence: str = ""
    ends: bool = False
    who: Who | None = None
    fields: type[Coded] = Coded
    portions: tuple[Portion, ...] = TEXT
    precedences: tuple[Lane, ...] = PRECEDENCES


class Template(NamedTuple):
    """The parts of a procedure that the template gives; ``open`` lists the states before the end."""

    states: dict[str, str]
    terminal: tuple[str, ...]
    acts: dict[str, Rule]
    duties: tuple[Duty, ...]
    crossings: tuple[Crossing, ...]
    open: tuple[str, ...]


def template(
    announce: Step,
    *updates: Step,
    answers: tuple[Step, ...],
    closes: tuple[Step, ...],
    within: str = "",
    owes: str = "answer",
    rings: bool = False,
) -> Template:
    """Lay out announce, answer and close.

    *updates* lead back to the state they name, mostly that of *announce*; one by ``Who.OTHER`` answers what it replaces
    (a counter-proposal). The answer is owed after *announce* and every update: *owes* is the verb phrase of that duty,
    *within* the charter's deadline for it (undated where empty or where the charter lacks it), *rings* whether the desk
    rings until it is given.
    """
    steps = (announce, *updates, *answers, *closes)
    ending = tuple(dict.fromkeys([each.state for each in steps if each.ends or each in closes]))
    before = tuple(dict.fromkeys([each.state for each in steps if each.state not in ending]))
    counters = [each for each in updates if each.who is Who.OTHER]
    owed = Duty(
        name="answer",
        who=Who.OTHER,
        since=tuple([each.act for each in (announce, *updates)]),
        until=tuple([each.act for each in (*answers, *counters)]),
        within=within,
        says=owes,
        rings=rings,
    )
    return Template(
        states={state: _sentence(state, steps) for state in (*before, *ending)},
        terminal=ending,
        acts={
            announce.act: _rule(announce, Who.OPENER, to(announce.state)),
            **{each.act: _rule(each, Who.OPENER, to(each.state, *before)) for each in updates},
            **{each.act: _rule(each, Who.RESPONDER, to(each.state, *_without(each.state, before))) for each in answers},
            **{each.act: _rule(each, Who.OPENER, to(each.state, *before)) for each in closes},
        },
        duties=(owed,),
        crossings=(
            *(Crossing((each.act, ANY), each.state) for each in closes),
            *(Crossing((each.act, ANY), each.state) for each in updates),
        ),
        open=before,
    )


def _sentence(state: str, steps: Sequence[Step]) -> str:
    """Give the sentence of a state: that of the first step that leads to it."""
    return next(each.sentence for each in steps if each.state == state)


def _without(state: str, states: Sequence[str]) -> list[str]:
    return [each for each in states if each != state]


def _rule(step: Step, who: Who, moves: Mapping[str, str]) -> Rule:
    return Rule(
        who=step.who or who,
        moves=moves,
        says=step.says,
        fields=step.fields,
        portions=step.portions,
        precedences=step.precedences,
    )
