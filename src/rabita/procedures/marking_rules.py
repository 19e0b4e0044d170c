"""What every act's markings must keep to, whatever its procedure: no over-marking, nothing sent past its own marking.

Rules (3-procedures, intelligence report; 1-mechanism, "over-marking freezes use for years"):

1. ``marking-malformed``: the marking of the act or of a portion cannot be read.
2. The codes of ``marking_faults``: a restrictive mark has a reason and a review date ahead, RED names its posts, and
   personal data are kept no longer than the charter keeps anything.
3. The codes of ``may_go_to``: a portion is sent although its marking does not let it go to the other side.
4. ``marking-below-portions``: the act's own marking is lower than that of a portion it sends.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from rabita.line.entry import SENT
from rabita.line.errors import PeerFault
from rabita.procedures.disclosure import must_withhold
from rabita.procedures.marking import is_overall, marking_faults, parse_marking
from rabita.procedures.rules import RuleFacts, RuleFinding

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def marking_findings(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Give what the rules above find in an act."""
    act, levels = facts.act, tuple(facts.charter.classification)
    try:
        whole = parse_marking(act.marking, levels)
        marked = [(parse_marking(ref.marking, levels), ref.state) for ref in act.portions]
    except PeerFault as fault:
        return (RuleFinding(fault.code, fault.detail),)  # 1
    today, kept_days = day_of(facts.now_ms), facts.charter.retention_days
    found = [
        code
        for marking in (whole, *(each for each, _ in marked))
        for code in marking_faults(marking, posts=act.posts, today=today, retention_days=kept_days)
    ]  # 2
    parties = [each.party for each in facts.charter.parties]
    other = [each for each in parties if each != act.author]
    found += [code for _, code in must_withhold(act, other[0], other, levels)]  # 3
    sent = [marking for marking, state in marked if state == SENT]
    if act.marking and not is_overall(whole, sent, levels, parties):
        found.append("marking-below-portions")  # 4
    return tuple([RuleFinding(code) for code in dict.fromkeys(found)])


def day_of(time_ms: int) -> date:
    """Give the day (UTC) of a time in milliseconds since 1970 UTC."""
    return (_EPOCH + timedelta(milliseconds=time_ms)).date()


def past_findings(facts: RuleFacts, **times_ms: int) -> tuple[RuleFinding, ...]:
    """Give ``date-past`` for each time (ms since 1970 UTC; 0: not given) that does not lie ahead.

    Of a correction, none: what is corrected may long have come to pass.
    """
    late = [name for name, time_ms in times_ms.items() if 0 < time_ms <= facts.now_ms]
    return () if facts.corrects else tuple([RuleFinding("date-past", name) for name in late])
