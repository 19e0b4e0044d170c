"""What two accounts of an incident agree and dispute on, field by field: a view, and never a finding.

Computed from coded facts and from portions that were sent or disclosed, so that both nodes show the same; integers
only. Withheld portions count as withheld on both sides, whatever one of them keeps at home. Attribution and claimed
sponsor are compared apart from the facts.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from rabita.line.entry import SENT
from rabita.procedures.engine.coded import Place, Window
from rabita.procedures.engine.definition import CORRECT
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.incident import NARRATIVE, Account
from rabita.procedures.territory import editions_differ

FACTS: Final = ("what", "when", "where", "soil", "means")
HARM: Final = ("killed", "wounded", "missing", "detained", "property")
CLAIMS: Final = ("attribution", "claimed sponsor")
UNTOLD: Final = (None, "", "unknown", ())
WITHHELD: Final = "withheld"
"""Stands for the words of a portion that its author withheld and has not disclosed."""


class Verdict(StrEnum):
    """How two accounts stand to each other on one field."""

    AGREED = "agreed"
    DISPUTED = "disputed"
    ONE_SIDED = "told by one side"
    WITHHELD = "withheld"
    UNTOLD = "told by neither"


class Compared(NamedTuple):
    """One field of both accounts: as the opener and the responder have it, and how the two stand to each other.

    ``claim`` marks what is no fact but a side's claim (attribution, claimed sponsor).
    """

    field: str
    opener: object
    responder: object
    verdict: Verdict
    claim: bool = False


class Comparison(NamedTuple):
    """The whole comparison; ``editions_differ`` flags accounts read on different maps."""

    rows: tuple[Compared, ...]
    editions_differ: bool

    def fields(self, verdict: Verdict) -> list[str]:
        """List the fields of one verdict, claims left out: the agreed facts, the disputed facts."""
        return [row.field for row in self.rows if row.verdict is verdict and not row.claim]


def account(case: Case, party: str) -> Folded | None:
    """Give a side's newest account that is in effect and not withdrawn."""
    told = [each for each in case.effective("report", "account") if each.held.author == party]
    return told[-1] if told else None


def compare(case: Case, contents: Mapping[str, str]) -> Comparison:
    """Compare both sides' accounts of an incident.

    *contents* gives the text of portions by digest, of those sent or since disclosed and of no others.
    """
    told = [account(case, party) for party in (case.opener, case.responder)]
    one, two = (_told(case, each, contents) for each in told)
    rows = [
        Compared(name, one.get(name), two.get(name), _verdict(one.get(name), two.get(name)), name in CLAIMS)
        for name in (*FACTS, *HARM, *CLAIMS, *(f"{each.role}, in words" for each in NARRATIVE))
    ]
    editions = [place.edition for told_by in (one, two) if isinstance(place := told_by.get("where"), Place)]
    return Comparison(tuple(rows), editions_differ(*editions))


def calls_for_clarification(case: Case) -> tuple[str, ...]:
    """Give the sides that attribute the incident to the other: to them *clarification* is shown first."""
    blamed = {case.opener: "responder", case.responder: "opener"}
    found = [(party, account(case, party)) for party in blamed]
    return tuple(
        party
        for party, told in found
        if told is not None
        and isinstance(fields := told.corrected, Account)
        and fields.attribution is not None
        and fields.attribution.actor == blamed[party]
    )


def _told(case: Case, folded: Folded | None, contents: Mapping[str, str]) -> dict[str, object]:
    """Lay out what a side told, by field."""
    if folded is None or not isinstance(fields := folded.corrected, Account):
        return {}
    told: dict[str, object] = {name: getattr(fields, name) for name in FACTS}
    told |= {name: getattr(fields.harm, name) for name in HARM}
    told["means"] = tuple(sorted(fields.means))
    told["attribution"] = (fields.attribution.actor, fields.attribution.group) if fields.attribution else None
    told["claimed sponsor"] = fields.claimed_sponsor.sponsor if fields.claimed_sponsor else None
    corrections = [each for each in case.effective(CORRECT) if each.held.digest in folded.corrections]
    for each in (folded, *corrections):
        told |= _words(each, contents)
    return told


def _words(folded: Folded, contents: Mapping[str, str]) -> dict[str, object]:
    """Give the words of an account or of its correction, by role; a correction's take the place of those before."""
    refs = folded.held.act.portions
    roles = [*(folded.fields.roles if folded.fields else ()), *[NARRATIVE[0].role] * len(refs)]
    words: dict[str, object] = {}
    for role, ref in zip(roles, refs, strict=False):
        unsent = WITHHELD if ref.state != SENT else None
        words[f"{role}, in words"] = contents[ref.digest].strip() if ref.digest in contents else unsent
    return words


def _verdict(one: object, two: object) -> Verdict:
    """Compare one field: times agree where they overlap, places where their bounds do, all else where it is equal."""
    if WITHHELD in (one, two):
        return Verdict.WITHHELD
    silent = [value in UNTOLD for value in (one, two)]
    if any(silent):
        return Verdict.UNTOLD if all(silent) else Verdict.ONE_SIDED
    if isinstance(one, Window) and isinstance(two, Window):
        agreed = one.start_ms <= two.end_ms and two.start_ms <= one.end_ms
    elif isinstance(one, Place) and isinstance(two, Place):
        agreed = _overlap(one, two)
    else:
        agreed = one == two
    return Verdict.AGREED if agreed else Verdict.DISPUTED


def _overlap(one: Place, two: Place) -> bool:
    (west, south, east, north), (west2, south2, east2, north2) = one.bounds, two.bounds
    return west <= east2 and west2 <= east and south <= north2 and south2 <= north
