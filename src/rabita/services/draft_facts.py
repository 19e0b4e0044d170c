"""What a draft is about, as policy asks it: its markings, its personal data, who wrote it, whether clearances suffice.

Rules kept here: everything in a draft counts, what is withheld too. A marking that cannot be read is never kept, since
who may read it would not be known. That personal data are in it is what an officer says, or what a marking or a coded
field says; then purpose, category and retention are needed, and they are those of the marking.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from rabita.line.charter import Charter
from rabita.line.errors import PeerFault, UserFault
from rabita.line.ids import Lane
from rabita.procedures.marking import Marking, parse_marking
from rabita.services.casebook import Casebook
from rabita.services.casework import Wanted, Words
from rabita.services.drafts import Did, Draft, Said, Step
from rabita.services.officers import Who
from rabita.services.policy import NO_ACCREDITATION, Circumstances, Matter, clears

PERSONAL: Final = "personal"
"""The coded field by which a procedure says that an act holds personal data."""
CORRECTED: Final = "fields"
"""The coded field of a correction that holds the fields corrected."""
DAY_MS: Final = timedelta(days=1) // timedelta(milliseconds=1)

Accreditation = Callable[[str, str], str]
"""Says of a line and a post on it how it is accredited: ``none``, ``in-force`` or ``ended``."""


def wanted_of(draft: Draft, said: Said, precedence: Lane | None = None) -> Wanted:
    """Write a draft as the act that is wanted, at another precedence if one is given."""
    words = [
        Words(each.text, each.role, each.marking, each.language, each.withheld, discloses=each.discloses)
        for each in said.portions
    ]
    return Wanted(
        line=draft.line,
        procedure=draft.procedure,
        act=draft.act,
        basis=said.basis,
        fields=said.fields,
        words=tuple(words),
        posts=said.posts,
        precedence=precedence or said.precedence,
        marking=said.marking,
        reply_by_ms=said.reply_by_ms,
        expires_ms=said.expires_ms,
        kind=said.kind,
        attachments=said.attachments,
    )


def markings_of(charter: Charter, said: Said) -> tuple[Marking, ...]:
    """Read the markings of all that is in a draft; raises ``UserFault("marking-malformed")``."""
    levels, texts = tuple(charter.classification), (said.marking, *[each.marking for each in said.portions])
    try:
        return tuple([parse_marking(text, levels) for text in texts])
    except PeerFault as fault:
        raise UserFault(fault.code, fault.detail) from fault


def matter_of(book: Casebook, draft: Draft, said: Said, precedence: Lane | None = None) -> Matter:
    """Say what a draft is about; raises as ``markings_of``, and for a procedure or act there is not."""
    rule = book.procedure(draft.procedure).rules.get(draft.act)
    if rule is None:
        raise UserFault("act-unknown", draft.act[:64])
    charter = book.charter(draft.line)
    markings = markings_of(charter, said)
    personal = said.personal_data
    return Matter(
        line=draft.line,
        exercise=charter.exercise,
        procedure=draft.procedure,
        act=draft.act,
        precedence=(precedence or said.precedence).value,
        markings=tuple(dict.fromkeys(each.level for each in markings if each.level)),
        consent=rule.consent,
        personal_data=holds_personal_data(said, markings),
        post=said.post,
        drafters=draft.writers,
        purpose=personal.purpose if personal else "",
        category=personal.category if personal else "",
        retention_until_ms=personal.retention_until_ms if personal else 0,
    )


def holds_personal_data(said: Said, markings: Sequence[Marking]) -> bool:
    """Say whether personal data are in it: by the officer's word, a marking's or a coded field's."""
    return said.personal_data is not None or any(each.personal for each in markings) or _is_personal(said.fields)


def check_personal_data(charter: Charter, said: Said, now_ms: int) -> None:
    """Check that personal data have what they need.

    Raises ``UserFault("personal-incomplete")`` unless
    1. purpose, category and retention are said;
    2. they are kept for a time that lies ahead, and no longer than the charter keeps anything;
    3. every marking of personal data is for that purpose, of that category, and for no longer.
    """
    markings, personal = markings_of(charter, said), said.personal_data
    if not holds_personal_data(said, markings):
        return
    if personal is None:
        raise UserFault("personal-incomplete", "personal_data")  # 1
    kept_ms = personal.retention_until_ms - now_ms
    if not 0 < kept_ms <= charter.retention_days * DAY_MS:
        raise UserFault("personal-incomplete", "personal_data.retention_until_ms")  # 2
    for purpose, category, days in (each for marking in markings for each in marking.personal):
        if (purpose, category) != (personal.purpose, personal.category) or days * DAY_MS > kept_ms + DAY_MS:
            raise UserFault("personal-incomplete", "marking")  # 3


def circumstances_of(
    book: Casebook, matter: Matter, who: Who, ago_ms: int, seen: Sequence[Step], accreditation: Accreditation
) -> Circumstances:
    """Say how it is done and what was found: *seen* are the steps taken with the newest version of the draft.

    *ago_ms* is how long ago the passkey was shown.
    """
    levels = tuple(book.charter(matter.line).classification)
    return Circumstances(
        authenticated_ago_ms=ago_ms,
        accreditation=accreditation(matter.line, matter.post) if matter.post else NO_ACCREDITATION,
        reviews=len({each.by for each in seen if each.did is Did.REVIEW and each.by not in matter.drafters}),
        data_protection_reviewed=any(each.did is Did.REVIEW_PERSONAL_DATA for each in seen),
        clearance_suffices=clears(levels, who.officer.clearances, matter.markings),
    )


def _is_personal(fields: dict[str, Any]) -> bool:
    return any(each.get(PERSONAL) is True for each in _layers(fields))


def _layers(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the coded fields, and those that a correction puts in their place."""
    yield fields
    corrected = fields.get(CORRECTED)
    if isinstance(corrected, dict):
        yield corrected
