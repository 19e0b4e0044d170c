"""Lead times, the territory guard and consents of notices (3-procedures, notice and Territory guard).

1. ``notice-lead-short``, ``notice-lead-long``, ``notice-window-long``: outside the charter's times for the kind,
   counted from now; a change that only narrows what was announced in area and time needs no new lead.
2. Every area passes the territory guard on the charter's edition, else its verdict refuses; near the line or by consent
   it is flagged. Consents are those standing that the basis names.
3. ``notice-overlap``, shown only: it overlaps an open notice of the other side in area and time.
4. An activity begins under the consent that stands *then*: the guard judges again, so that a revoked consent stops it.
   ``notice-outside-window``, shown only: it begins outside its window.
5. A consent has a sound area on the charter's edition, ends later than now (``consent-over``), and lasts no longer than
   the charter's ``notice-consent-window-max`` (``consent-unbounded``). It is never corrected (``consent-corrected``):
   a correction lacks the approvals of a consent; it is revoked and given anew.

Areas of a notice are never coarsened: what is announced or consented to binds as drawn.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from rabita.procedures.engine.coded import Place, Window
from rabita.procedures.engine.fold import Case
from rabita.procedures.notice import CONSENTED, Announced, AsksConsent, Consents, announced
from rabita.procedures.place_rules import shape_findings
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.territory import Consent
from rabita.procedures.territory import Window as Time
from rabita.procedures.territory_edition import Edition, area_fault, areas_overlap, polygon
from rabita.procedures.territory_guard import guard
from rabita.procedures.views import basis_of, said

_SECOND_MS: Final = 1_000


def check_notice(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Give what the rules above find in an act of a notice."""
    fields = facts.fields
    if isinstance(fields, Announced):
        consents = named_consents(facts.other_cases, facts.act.basis)
        return (*_lead(facts, fields), *_territory(facts, fields, consents), *_overlaps(facts, fields))
    if isinstance(fields, Consents):
        return _consent(facts, fields)
    if isinstance(fields, AsksConsent):
        return shape_findings(facts, fields.area)
    plan = announced(facts.case) if facts.case is not None else None
    return _begin(facts, facts.case, plan) if facts.case and plan and facts.act.act == "begin" else ()


def named_consents(cases: Iterable[Case], basis: Sequence[str]) -> tuple[Consent, ...]:
    """Give the consents that stand among *cases* and that a basis names: given, verified, not revoked or withdrawn."""
    given = [(case, each) for case in cases if case.state == CONSENTED for each in case.effective("consent")]
    return tuple(
        Consent(each.held.digest, case.responder, each.fields.area.area, _time(each.fields.window))
        for case, each in given
        if each.held.digest in basis and isinstance(each.fields, Consents)
    )


def _lead(facts: RuleFacts, fields: Announced) -> tuple[RuleFinding, ...]:
    """Apply rule 1."""
    before = announced(facts.case) if facts.case is not None else None
    if before is not None and _narrows(before, fields):
        return ()
    lead_ms, length_ms = fields.window.start_ms - facts.now_ms, fields.window.end_ms - fields.window.start_ms
    kind, limits = f"notice-{fields.kind}", facts.charter.deadlines_s
    broken = {
        "notice-lead-short": lead_ms < limits.get(f"{kind}-lead-min", 0) * _SECOND_MS,
        "notice-lead-long": f"{kind}-lead-max" in limits and lead_ms > limits[f"{kind}-lead-max"] * _SECOND_MS,
        "notice-window-long": f"{kind}-window-max" in limits and length_ms > limits[f"{kind}-window-max"] * _SECOND_MS,
    }
    return tuple([RuleFinding(code, fields.kind) for code, is_broken in broken.items() if is_broken])


def _narrows(before: Announced, after: Announced) -> bool:
    return (
        after.kind == before.kind
        and before.window.start_ms <= after.window.start_ms
        and after.window.end_ms <= before.window.end_ms
        and all(any(_within(new, old) for old in before.areas) for new in after.areas)
    )


def _within(new: Place, old: Place) -> bool:
    return not area_fault(new.area) and not area_fault(old.area) and polygon(old.area).covers(polygon(new.area))


def _territory(facts: RuleFacts, fields: Announced, consents: Sequence[Consent]) -> tuple[RuleFinding, ...]:
    """Apply rule 2."""
    found: list[RuleFinding] = []
    for place in fields.areas:
        shape = shape_findings(facts, place)
        if shape:
            found += shape
        elif facts.edition is None:
            found.append(RuleFinding("edition-unheld"))
        else:
            found += _judged(facts.edition, facts.act.author, place, fields, consents)
    return tuple(dict.fromkeys(found))


def _judged(
    edition: Edition, author: str, place: Place, fields: Announced, consents: Sequence[Consent]
) -> tuple[RuleFinding, ...]:
    verdict = guard(edition, author, place.area, _time(fields.window), assured=fields.assured, consents=consents)
    distances = ", ".join([f"{party} {metres} m" for party, metres in verdict.distance_m])
    if verdict.allowed and not verdict.flagged:
        return ()
    return (RuleFinding(verdict.code, distances, refuses=not verdict.allowed),)


def _overlaps(facts: RuleFacts, fields: Announced) -> tuple[RuleFinding, ...]:
    """Apply rule 3."""
    return tuple(
        RuleFinding("notice-overlap", case.id[:12], refuses=False)
        for case in facts.other_cases
        if case.opener != facts.act.author
        and (theirs := announced(case))
        and meets(theirs, fields.areas, fields.window)
    )


def meets(plan: Announced, areas: Iterable[Place], window: Window) -> bool:
    """Say whether an announced activity meets areas and a window, in both at once."""
    if plan.window.start_ms > window.end_ms or window.start_ms > plan.window.end_ms:
        return False
    sound = [each.area for each in areas if not area_fault(each.area)]
    planned = [each.area for each in plan.areas if not area_fault(each.area)]
    return any(areas_overlap(one, other) for one in planned for other in sound)


def _begin(facts: RuleFacts, case: Case, plan: Announced) -> tuple[RuleFinding, ...]:
    """Apply rule 4: the consents are those that the announcement, its changes or this act name and that stand now."""
    basis = [named for each in said(case, "announce", "change") for named in basis_of(each)]
    found = _territory(facts, plan, named_consents(facts.other_cases, (*basis, *facts.act.basis)))
    refusals = tuple([each for each in found if each.refuses])
    if plan.window.start_ms <= facts.now_ms <= plan.window.end_ms:
        return refusals
    return (*refusals, RuleFinding("notice-outside-window", refuses=False))


def _consent(facts: RuleFacts, fields: Consents) -> tuple[RuleFinding, ...]:
    """Apply rule 5."""
    window, longest_s = fields.window, facts.charter.deadlines_s.get("notice-consent-window-max")
    broken = {
        "consent-corrected": facts.corrects,
        "consent-over": window.end_ms <= facts.now_ms,
        "consent-unbounded": longest_s is not None and window.end_ms - window.start_ms > longest_s * _SECOND_MS,
    }
    return (
        *shape_findings(facts, fields.area),
        *(RuleFinding(code) for code, is_broken in broken.items() if is_broken),
    )


def _time(window: Window) -> Time:
    return Time(window.start_ms, window.end_ms)
