"""Checks a play act by act, before anything is sealed: what both sides hold of it, and what its procedures allow.

Rule kept here: a scenario is refused by the same rules as an officer's act, read at scenario time; the refusal names
the inject and the rule. On a stage everything arrives at once: the exercise waits for every receipt, so its nodes hold
the same.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Final

from rabita.line.charter import Charter
from rabita.line.entry import SENT, Act, decode_act
from rabita.line.errors import UserFault
from rabita.line.ids import LANES, Lane
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.check import check
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.compute import Computed, compute
from rabita.procedures.engine.fold import Case, Folded, Status
from rabita.procedures.engine.held import Approved, Held, extent_of
from rabita.procedures.engine.judge import read_fields
from rabita.procedures.marking import Marking, parse_marking
from rabita.procedures.rulebook import rule_findings
from rabita.procedures.rules import RuleFacts
from rabita.procedures.territory_edition import Edition, read_edition
from rabita.procedures.views import roles_of
from rabita.services.exercise import Inject

OFFICERS: Final = (Approved("drafter", "drafter"), Approved("releaser", "releaser"))


def edition_of(charter: Charter) -> Edition:
    """Read the built-in map edition, for an exercise's charter; raises ``PeerFault`` as ``read_edition``."""
    raw = (files("rabita") / "data" / "border-region" / "edition.geojson").read_bytes()
    one, two = charter.parties
    return read_edition(raw, charter.boundary, (one.party, two.party))


class Stage:
    """A play so far: its acts as both sides hold them, and every case computed from them."""

    def __init__(self, charter: Charter, edition: Edition) -> None:
        """Begin with nothing said."""
        self.held: list[Held] = []
        self.computed: Computed = compute(CATALOGUE, {1: charter}, [], extent_of([]))
        self._charter = charter
        self._edition = edition
        self._said_ms: dict[str, int] = {}

    def say(self, inject: Inject, raw: bytes, texts: Mapping[str, str]) -> Folded:
        """Take the next act, approved by two officers; *texts* gives the portions sent by their digests.

        Raises ``UserFault("scenario-unplayable")`` naming inject and rule where its procedure would not let it be
        sealed, or it would have no effect; the stage is then as it was.
        """
        act = decode_act(raw)
        case = self._case(act)
        try:
            self._check(inject, act, case, texts)
        except UserFault as fault:
            raise unplayable(inject, fault.code, fault.detail) from fault
        held = self._stamped(act, raw)
        computed = self._compute([*self.held, held])
        folded = _found(computed, held.digest)
        if folded is None or folded.status is not Status.EFFECTIVE:
            raise unplayable(inject, folded.because if folded else "case-missing", folded.status if folded else "")
        self.held.append(held)
        self.computed = computed
        self._said_ms[held.digest] = inject.at_ms
        return folded

    def case_of(self, digest: str) -> Case:
        """Give the case that an act said is in."""
        return next(case for case in self.computed.cases.values() if digest in [each.held.digest for each in case.acts])

    def _check(self, inject: Inject, act: Act, case: Case | None, texts: Mapping[str, str]) -> None:
        procedure = CATALOGUE.procedures[act.procedure]
        check(procedure, self._charter, case, act, list(texts.values()), approvals=OFFICERS)
        rule = procedure.rules[act.act]
        fields = read_fields(rule, act.fields)
        if not isinstance(fields, Coded):  # ``check`` has raised for it already
            raise UserFault(fields.code, fields.detail)
        first = rule.portions[0].role if rule.portions else ""
        roles = roles_of(act, fields, first)
        levels = tuple(self._charter.classification)
        said: dict[str, tuple[str, ...]] = {}
        markings: dict[str, tuple[Marking, ...]] = {"": (parse_marking(act.marking, levels),)}
        for role, ref in zip(roles, act.portions, strict=True):
            markings[role] = (*markings.get(role, ()), parse_marking(ref.marking, levels))
            if ref.state == SENT:
                said[role] = (*said.get(role, ()), texts[ref.digest])
        others = [
            each
            for each in self.computed.cases.values()
            if each.procedure == procedure.name and each is not case and each.state not in procedure.ends
        ]
        facts = RuleFacts(
            act=act,
            fields=fields,
            charter=self._charter,
            now_ms=inject.at_ms,
            case=case,
            other_cases=tuple(others),
            edition=self._edition,
            texts=said,
            markings=markings,
            receipts=self._said_ms,
        )
        for finding in rule_findings(procedure, facts):
            if finding.refuses:
                raise UserFault(finding.code, finding.detail)

    def _case(self, act: Act) -> Case | None:
        """Find the case an act is about: that of the first act of its procedure that it names."""
        if CATALOGUE.procedures[act.procedure].rules[act.act].opens:
            return None
        for digest in act.basis:
            for case in self.computed.cases.values():
                if case.procedure == act.procedure and digest in [each.held.digest for each in case.acts]:
                    return case
        return None

    def _compute(self, held: Sequence[Held]) -> Computed:
        return compute(CATALOGUE, {1: self._charter}, held, extent_of(held))

    def _stamped(self, act: Act, raw: bytes) -> Held:
        """Place an act after everything said, its author having seen all of it."""
        own = [each for each in self.held if each.author == act.author]
        theirs = [each.lane for each in self.held if each.author != act.author]
        seen = tuple([theirs.count(lane) for lane in LANES])
        return Held(
            digest=sha256(raw).hexdigest(),
            author=act.author,
            epoch=1,
            n=len(own) + 1,
            lane=Lane(act.precedence),
            index=len([each for each in own if each.lane is act.precedence]),
            seen_epoch=1,
            seen=(seen[0], seen[1], seen[2], seen[3], seen[4]),
            charter=1,
            act=act,
            approvals=OFFICERS,
        )


def _found(computed: Computed, digest: str) -> Folded | None:
    acts = (each for case in computed.cases.values() for each in case.acts)
    return next((each for each in acts if each.held.digest == digest), None)


def unplayable(inject: Inject, code: str, detail: str) -> UserFault:
    """Name the inject and the rule that does not allow it."""
    return UserFault("scenario-unplayable", ": ".join(filter(None, [inject.id, code, detail])))
