"""The parts of an after-action report that look at what procedures mean: questions, force, promises, restoration."""

from typing import Final

from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.commitment import Promise as Terms
from rabita.procedures.commitment import debtors, signatures
from rabita.procedures.commitment_views import standing
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.duties import DAY_MS
from rabita.procedures.engine.fold import Case
from rabita.procedures.incident import Account
from rabita.procedures.measure import Declared, Restored
from rabita.procedures.measure_codes import OF_AN_ENVOY, UNDONE_BY
from rabita.procedures.views import basis_of
from rabita.procedures.violation_report import Violation
from rabita.services.after_action_forms import Force, Owed, Promise, Question, Restoration, Told
from rabita.services.after_action_played import Act, Played, still_owed

ASKING: Final = ("concern", "clarification", "rfi", "stop request")
"""Procedures by which a side asks or warns instead of acting."""
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS


def questions(play: Played) -> tuple[Question, ...]:
    """List the incidents that their reporters attribute to the other side, with the question asked about each."""
    found = []
    for case in play.cases:
        report = next(iter(case.effective("report")), None) if case.procedure == "incident" else None
        account = report.corrected if report is not None else None
        if not isinstance(account, Account) or account.attribution is None or account.attribution.actor != "responder":
            continue
        reported = play.act(case.id)
        asked_ms = _asked_ms(play, case)
        strikes = [each for each in _strikes(play) if each.by == case.opener and since_ms(each) >= reported.at_ms]
        first_ms = min([since_ms(each) for each in strikes], default=0)
        found.append(
            Question(
                reported.inject,
                reported.sentence,
                case.opener,
                reported.at_ms,
                asked_ms,
                (asked_ms - reported.at_ms) // HOUR_MS if asked_ms else -1,
                bool(first_ms) and (not asked_ms or first_ms < asked_ms),
            )
        )
    return tuple(found)


def force(play: Played) -> tuple[Force, ...]:
    """List every use of force that its author declared, with what stood on the line at that moment."""
    found = []
    for strike in _strikes(play):
        at_ms = since_ms(strike)
        then = play.until(at_ms - 1)
        mine = [case for case in then.cases if case.procedure in ASKING and case.opener == strike.by]
        asked = [then.act(case.id).sentence for case in mine]
        told = [
            each.sentence for each in then.acts if each.case.id in [case.id for case in mine] and each.by != strike.by
        ]
        dues = [
            Owed(then.act(each.since).inject, _duty_says(case, each.duty), each.debtors, due_ms)
            for case, each, due_ms in still_owed(then, at_ms)
        ]
        found.append(Force(strike.inject, strike.by, at_ms, tuple(asked), tuple(told), tuple(dues)))
    return tuple(found)


def told(play: Played) -> tuple[Told, ...]:
    """List what each side learnt from the other of things that happened, in order, with the time between."""
    found = []
    parties = [each.party for each in play.charter.parties]
    for act in play.acts:
        happened_ms = _happened_ms(act.folded.fields)
        if happened_ms and act.folded.held.digest in play.at_ms:
            to = next(party for party in parties if party != act.by)
            after = (act.at_ms - happened_ms) // MINUTE_MS
            found.append(Told(to, act.at_ms, act.inject, act.sentence, happened_ms, after))
    return tuple(found)


def promises(play: Played) -> tuple[Promise, ...]:
    """List the promises, signed by both or not, with how each stands at the end of the play."""
    found = []
    for case in play.cases:
        proposed = play.act(case.id)
        terms = proposed.folded.corrected
        if not isinstance(terms, Terms):
            continue
        signed = signatures(case)
        since = play.act(signed[0][1].held.digest).at_ms if signed else proposed.at_ms
        fulfilled = [play.act(each.held.digest).at_ms for each in case.effective("fulfil")]
        kept_ms = max(fulfilled) if case.state == "fulfilled" else 0
        found.append(
            Promise(
                proposed.inject,
                terms.theme,
                debtors(terms, case.opener, case.responder),
                bool(signed),
                terms.due_ms,
                terms.words_used or "",
                standing(case, play.at_ms, play.ends_ms).value,
                kept_ms,
                ((kept_ms or play.ends_ms) - since) // DAY_MS,
                len(case.effective("review")),
            )
        )
    return tuple(found)


def restorations(play: Played) -> tuple[Restoration, ...]:
    """List the measures that can be undone, with when each was."""
    found = []
    for case in play.cases:
        declared = next(iter(case.effective("declare")), None) if case.procedure == "measure" else None
        if declared is None or not isinstance(declared.corrected, Declared):
            continue
        taken = declared.corrected
        if taken.kind not in UNDONE_BY:
            continue
        undone = [each.corrected for each in case.effective("restore")]
        until_ms = max([each.since_ms for each in undone if isinstance(each, Restored)], default=0)
        days = (until_ms - taken.since_ms) // DAY_MS if until_ms else -1
        found.append(Restoration(play.act(case.id).inject, taken.kind, case.opener, taken.since_ms, until_ms, days))
    return tuple(found)


def back_ms(found: tuple[Restoration, ...]) -> int:
    """Give when the last envoy was back, 0 while one is away or none ever was."""
    envoys = [each.restored_ms for each in found if each.kind in OF_AN_ENVOY]
    return max(envoys) if envoys and all(envoys) else 0


def rupture_days(found: tuple[Restoration, ...]) -> int:
    """Count the days from the first envoy's recall to the last one's return, -1 while one is away or none ever was."""
    since = [each.since_ms for each in found if each.kind in OF_AN_ENVOY]
    return (back_ms(found) - min(since)) // DAY_MS if back_ms(found) else -1


def since_ms(strike: Act) -> int:
    """Give when a measure began, as its author has it."""
    fields = strike.folded.corrected
    return fields.since_ms if isinstance(fields, Declared) else 0


def _strikes(play: Played) -> list[Act]:
    return [
        each
        for each in play.acts
        if isinstance(each.folded.corrected, Declared) and each.folded.corrected.kind == "strike"
    ]


def _asked_ms(play: Played, incident: Case) -> int:
    """Give when the reporter of an incident asked for an explanation of it, 0 where it did not."""
    members = {each.held.digest for each in incident.acts}
    asked = [
        play.act(case.id) for case in play.cases if case.procedure == "clarification" and case.opener == incident.opener
    ]
    return min([each.at_ms for each in asked if members & set(basis_of(each.folded))], default=0)


def _happened_ms(fields: Coded | None) -> int:
    """Give when that of which an act tells happened, 0 where it tells of nothing that happened."""
    if isinstance(fields, Declared):
        return fields.since_ms
    return fields.when.start_ms if isinstance(fields, Account | Violation) else 0


def _duty_says(case: Case, duty: str) -> str:
    procedure = CATALOGUE.procedures[case.procedure]
    return next(each.says for each in procedure.duties if each.name == duty)
