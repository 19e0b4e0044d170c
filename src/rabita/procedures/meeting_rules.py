"""What a meeting must keep to beyond its fields, and what becomes of the actions in its minutes.

Rules (3-procedures, meeting):

1. ``date-past``: a meeting is proposed for a time to come.
2. ``meeting-superseded``: an acceptance, a refusal or a counter-proposal answers the newest proposal.
3. ``meeting-early``: minutes are of a meeting that was held, and are due after it.
4. Its place is as ``place_findings`` has places, its minutes as ``text_faults`` has parallel texts.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from rabita.procedures.engine.definition import WITHDRAWN
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.marking_rules import past_findings
from rabita.procedures.meeting import MINUTES, PROPOSALS, Accepts, Action, Minutes, Proposal
from rabita.procedures.parallel import text_faults
from rabita.procedures.place_rules import place_findings
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import basis_of, newest

ANSWERS: Final = ("accept", "decline", "counter")
NOT_MADE: Final = ("declined", WITHDRAWN)
"""The states of a commitment that came to nothing before it was one."""


def check_meeting(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Give what the rules above find in an act of a meeting."""
    fields = facts.fields
    found = [] if facts.corrects or facts.act.act not in ANSWERS else _superseded(facts)
    if isinstance(fields, Proposal):
        found += past_findings(facts, at=fields.at.start_ms)  # 1
        found += place_findings(facts, fields.where) if fields.where is not None else ()  # 4
    elif isinstance(fields, Minutes):
        found += [RuleFinding("meeting-early", "held")] if fields.held.end_ms > facts.now_ms else []  # 3
        found += text_faults(facts)  # 4
    elif isinstance(fields, Accepts):
        terms = newest(facts.case, *PROPOSALS) if facts.case is not None else None
        ends_ms = terms.fields.at.end_ms if terms is not None and isinstance(terms.fields, Proposal) else 0
        found += [RuleFinding("meeting-early", "minutes_by_ms")] if 0 < fields.minutes_by_ms <= ends_ms else []  # 3
    return tuple(found)


def agreed_terms(case: Case) -> Folded | None:
    """Give the newest proposal where the newest acceptance names it, None while nothing is agreed."""
    terms, accepted = newest(case, *PROPOSALS), newest(case, "accept")
    agreed = terms is not None and accepted is not None and terms.held.digest in basis_of(accepted)
    return terms if agreed else None


def adopted_minutes(case: Case) -> Folded | None:
    """Give the minutes that stand by both signatures, None while there are none."""
    digests = [each.digest for each in case.joint if each.name == MINUTES and each.stands]
    return next((each for each in case.acts if each.held.digest in digests), None)


def actions(case: Case) -> tuple[Action, ...]:
    """List the actions of the adopted minutes; none before both have signed."""
    minutes = adopted_minutes(case)
    return minutes.fields.actions if minutes is not None and isinstance(minutes.fields, Minutes) else ()


def commitment_fields(case: Case, action: Action, proposer: str) -> dict[str, Any]:
    """Write the fields of the commitment that an action becomes when *proposer* proposes it.

    Its basis names the adopted minutes. Sides are told from who opens the case, so they change where the meeting was
    proposed by the other; it holds until it is fulfilled, unless its proposer says otherwise.
    """
    swapped = {"opener": "responder", "responder": "opener"} if proposer != case.opener else {}
    terms = msgspec.to_builtins(action)
    return {
        **terms,
        "owed_by": swapped.get(action.owed_by, action.owed_by),
        "source": "meeting",
        "valid": "until-fulfilled",
    }


def not_yet_commitments(case: Case, commitments: Iterable[Case]) -> tuple[Action, ...]:
    """List the actions no commitment has been made of: one that stands, with the minutes in its basis, in its terms."""
    minutes = adopted_minutes(case)
    digest = minutes.held.digest if minutes is not None else ""
    standing = [each for each in commitments if each.state not in NOT_MADE]
    openings = [opening for each in standing for opening in each.acts if opening.held.digest == each.id]
    made = [(each.held.author, each.held.act.fields) for each in openings if digest in basis_of(each)]
    return tuple(
        [
            action
            for action in actions(case)
            if not any(_has_terms(commitment_fields(case, action, author), fields) for author, fields in made)
        ]
    )


def _has_terms(wanted: dict[str, Any], fields: dict[str, Any]) -> bool:
    names = ("owed_by", "theme", "due_ms", "words_used")
    return all(fields.get(name) == wanted.get(name) for name in names)


def _superseded(facts: RuleFacts) -> list[RuleFinding]:
    current = newest(facts.case, *PROPOSALS) if facts.case is not None else None
    known = current is None or current.held.digest in facts.act.basis
    return [] if known else [RuleFinding("meeting-superseded", "basis")]  # 2
