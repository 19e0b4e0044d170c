"""What a humanitarian request must keep to beyond its form; apart from it, because places load the geometry library."""

from typing import Final

from rabita.procedures.humanitarian_request import CATEGORIES, PARTICULARS, RETENTION, RETENTION_S, WORDS_EACH, Request
from rabita.procedures.marking import Personal, Purpose
from rabita.procedures.place_rules import place_findings
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import newest
from rabita.procedures.words import count_words

_DAY_S: Final = 86_400


def check_humanitarian_request(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check that personal data are few, marked and kept briefly, and that the place is coarse.

    1. ``personal-unmarked``: particulars are marked as personal data.
    2. ``personal-elsewhere``: personal data stand in the particulars and nowhere else.
    3. ``personal-purpose``, ``personal-category``: marked for a humanitarian purpose, of those the request is for.
    4. ``personal-long``: kept no longer than the charter's ``humanitarian-retention``.
    5. ``personal-many``: no more words than ``WORDS_EACH`` for each person.
    6. The place is coarse (``place_rules``).
    """
    request = _request(facts)
    where = facts.fields.where if isinstance(facts.fields, Request) else None
    found = [*place_findings(facts, where)] if where is not None else []  # 6
    for role, markings in facts.markings.items():
        if role == PARTICULARS:
            found += [RuleFinding("personal-unmarked", role) for each in markings if not each.personal]  # 1
            marked = [personal for each in markings for personal in each.personal]
            found += [each for personal in marked for each in _personal(facts, personal, request)]
        elif role and any(each.personal for each in markings):
            found.append(RuleFinding("personal-elsewhere", role))  # 2
    words = sum([count_words(text) for text in facts.texts.get(PARTICULARS, ())])
    if request is not None and words > WORDS_EACH * request.how_many:
        found.append(RuleFinding("personal-many", f"{words} of {WORDS_EACH * request.how_many}"))  # 5
    return tuple(dict.fromkeys(found))


def _personal(facts: RuleFacts, personal: Personal, request: Request | None) -> list[RuleFinding]:
    days = facts.charter.deadlines_s.get(RETENTION, RETENTION_S) // _DAY_S
    wrong = {
        "personal-purpose": personal.purpose is not Purpose.HUMANITARIAN,
        "personal-category": request is not None and personal.category is not CATEGORIES[request.kind],
        "personal-long": personal.retention_days > days,
    }
    return [RuleFinding(code, PARTICULARS) for code, is_wrong in wrong.items() if is_wrong]  # 3, 4


def _request(facts: RuleFacts) -> Request | None:
    """Give the request as it stands: that of the act itself, or the newest of the case."""
    said = newest(facts.case, "request", "update") if facts.case is not None else None
    known = [facts.fields, said.corrected if said is not None else None]
    return next((each for each in known if isinstance(each, Request)), None)
