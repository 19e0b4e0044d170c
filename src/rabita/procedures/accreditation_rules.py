"""Ceilings, tours and notice periods of accreditations (3-procedures, accreditation; VCDR, articles 4, 7, 9 and 11).

1. ``accreditation-headcount``: the sending side already has as many officers as the ceiling allows at some time of the
   tour; checked when nominating and when signing.
2. ``accreditation-tour-long``: tour or extension is longer than the charter's ``accreditation-tour`` (24 months).
3. ``accreditation-tour-over``: it ends before now; an extension has to end later than what it extends.
4. ``accreditation-level``: the disclosure ceiling is no level of the charter.
5. ``accreditation-name``: a name where the nomination needs none (no attaché, and the host has not asked).
6. ``personal-unmarked``: a name whose portion is not marked as personal data for accreditation.
7. A coarse place keeps to ``place_rules``; ``accreditation-elsewhere``: it is not on the host's own soil.
8. ``accreditation-rank``, shown only: an officer of the other side in the same role has another rank.
9. ``accreditation-early``: a post is taken up before the tour begins.
10. ``accreditation-notice``: recognition ended before the notice period has run from the sender's receipt.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rabita.line.charter import Charter
from rabita.procedures.accreditation import (
    NO_LEVEL,
    SERVING,
    Extension,
    Nomination,
    level_code,
    nomination,
    tour,
)
from rabita.procedures.engine.coded import Place, Window
from rabita.procedures.engine.fold import Case
from rabita.procedures.marking import Purpose
from rabita.procedures.place_rules import place_findings
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.territory import Window as Time
from rabita.procedures.territory_guard import guard

_SECOND_MS: Final = 1_000


def headcount_max(charter: Charter) -> int:
    """Give how many officers a side may have accredited at one time; what a charter does not allow it does not."""
    return charter.ceilings.get("accreditation-headcount", 0)


def headcount(cases: Sequence[Case], sender: str, during: Window) -> int:
    """Give the most officers that a side has accredited at any one time *during* a window."""
    tours = [each for case in cases if case.opener == sender and case.state in SERVING and (each := tour(case))]
    moments = [during.start_ms, *(each.start_ms for each in tours)]
    within = [each for each in moments if during.start_ms <= each <= during.end_ms]
    return max([sum(each.start_ms <= moment <= each.end_ms for each in tours) for moment in within])


def check_accreditation(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Give what the rules above find in an act of an accreditation."""
    if isinstance(facts.fields, Nomination):
        return _nomination(facts, facts.fields)
    check = _CHECKS.get(facts.act.act)
    served = tour(facts.case) if facts.case is not None else None
    if check is None or facts.case is None or served is None:
        return ()
    return check(facts, facts.case, served)


def _nomination(facts: RuleFacts, fields: Nomination) -> tuple[RuleFinding, ...]:
    levels = [NO_LEVEL, *map(level_code, facts.charter.classification)]
    named = "name" in facts.markings
    return (
        *_ceiling(facts, facts.act.author, fields.tour),
        *_found(
            ("accreditation-tour-long", fields.tour.end_ms - fields.tour.start_ms > _tour_max_ms(facts.charter)),  # 2
            ("accreditation-tour-over", fields.tour.end_ms <= facts.now_ms),  # 3
            ("accreditation-level", fields.disclosure.ceiling not in levels),  # 4
            ("accreditation-name", named and fields.status != "attache"),  # 5
            ("personal-unmarked", named and not _named_as_personal(facts)),  # 6
        ),
        *_place(facts, fields),
        *_rank(facts, fields),
    )


def _ceiling(facts: RuleFacts, sender: str, during: Window) -> tuple[RuleFinding, ...]:
    """Apply rule 1."""
    ceiling = headcount_max(facts.charter)
    full = headcount(facts.other_cases, sender, during) >= ceiling
    return (RuleFinding("accreditation-headcount", str(ceiling)),) if full else ()


def _signature(facts: RuleFacts, case: Case, served: Window) -> tuple[RuleFinding, ...]:
    return _ceiling(facts, case.opener, served)  # 1


def _extension(facts: RuleFacts, _case: Case, served: Window) -> tuple[RuleFinding, ...]:
    until_ms = facts.fields.until_ms if isinstance(facts.fields, Extension) else 0
    return _found(
        ("accreditation-tour-over", until_ms <= max(facts.now_ms, served.end_ms)),  # 3
        ("accreditation-tour-long", until_ms - served.end_ms > _tour_max_ms(facts.charter)),  # 2
    )


def _name(facts: RuleFacts, _case: Case, _served: Window) -> tuple[RuleFinding, ...]:
    return _found(("personal-unmarked", not _named_as_personal(facts)))  # 6


def _named_as_personal(facts: RuleFacts) -> bool:
    """Say whether every portion that names the officer is marked as personal data for accreditation."""
    return all(
        any(personal.purpose is Purpose.ACCREDITATION for personal in marking.personal)
        for marking in facts.markings.get("name", ())
    )


def _taken_up(facts: RuleFacts, _case: Case, served: Window) -> tuple[RuleFinding, ...]:
    return _found(
        ("accreditation-early", facts.now_ms < served.start_ms),  # 9
        ("accreditation-tour-over", facts.now_ms > served.end_ms),  # 3
    )


def _place(facts: RuleFacts, fields: Nomination) -> tuple[RuleFinding, ...]:
    """Apply rule 7: judged as if the host itself announced something there."""
    if not isinstance(fields.at, Place):
        return ()
    found = place_findings(facts, fields.at)
    if facts.edition is None or found:
        return found
    _, host = facts.edition.sides(facts.act.author)
    verdict = guard(facts.edition, host.party, fields.at.area, Time(0, 0), assured=True)
    return _found(("accreditation-elsewhere", not verdict.allowed))


def _rank(facts: RuleFacts, fields: Nomination) -> tuple[RuleFinding, ...]:
    """Apply rule 8."""
    others = [
        each
        for case in facts.other_cases
        if case.opener != facts.act.author and case.state in SERVING and (each := nomination(case))
    ]
    differ = sorted({each.rank for each in others if each.role == fields.role and each.rank != fields.rank})
    return tuple([RuleFinding("accreditation-rank", rank, refuses=False) for rank in differ])


def _notice(facts: RuleFacts, case: Case, _served: Window) -> tuple[RuleFinding, ...]:
    """Apply rule 10, from the sender's receipt; a charter without the period has none to wait for."""
    declared = [each.held.digest for each in case.acts if each.act == "persona non grata"]
    period_ms = facts.charter.deadlines_s.get("persona-non-grata-departure", 0) * _SECOND_MS
    told = [facts.receipts[each] for each in declared if each in facts.receipts]
    return _found(("accreditation-notice", not told or facts.now_ms < min(told) + period_ms))


def _tour_max_ms(charter: Charter) -> int:
    """Give the longest tour; without a term, none is too long."""
    limit_s = charter.deadlines_s.get("accreditation-tour")
    return limit_s * _SECOND_MS if limit_s is not None else 2**63


def _found(*rules: tuple[str, bool]) -> tuple[RuleFinding, ...]:
    return tuple([RuleFinding(code) for code, broken in rules if broken])


_CHECKS: Final[Mapping[str, Callable[[RuleFacts, Case, Window], tuple[RuleFinding, ...]]]] = {
    "confirm": _signature,
    "agree": _signature,
    "give name": _name,
    "take up post": _taken_up,
    "extend": _extension,
    "end recognition": _notice,
}
"""What is checked of an act that comes after the nomination, given the case and its tour."""
