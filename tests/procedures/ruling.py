"""Runs an act of the test world through its procedure's own rules, as services do: with everything held but the act."""

from collections.abc import Mapping, Sequence
from typing import Final

from rabita.procedures.duty_directory import DutyDirectory
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.fold import Case
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.judge import read_fields
from rabita.procedures.marking import Marking
from rabita.procedures.rulebook import rule_findings
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.territory_edition import Edition
from tests.procedures.world import World

NOW_MS: Final = 1_705_500_000_000


def ruled(  # noqa: PLR0913 - the facts a rule looks at, all named
    world: World,
    held: Held,
    now_ms: int = NOW_MS,
    *,
    edition: Edition | None = None,
    directory: DutyDirectory | None = None,
    texts: Mapping[str, tuple[str, ...]] | None = None,
    markings: Mapping[str, tuple[Marking, ...]] | None = None,
    receipts: Mapping[str, int] | None = None,
    entries: Sequence[Held] | None = None,
) -> tuple[RuleFinding, ...]:
    """Give what the rules find in an act, against all other *entries* (everything said where left out)."""
    act = held.act
    procedure = world.catalogue.procedures[act.procedure]
    rule = procedure.rules[act.act]
    fields = read_fields(rule, act.fields)
    assert isinstance(fields, Coded), fields
    known = [each for each in (world.all() if entries is None else entries) if each.digest != held.digest]
    cases = [case for case in world.compute(known).cases.values() if case.procedure == procedure.name]
    own = None if rule.opens else next(case for case in cases if _holds(case, act.basis))
    others = tuple([case for case in cases if case is not own and case.state not in procedure.ends])
    facts = RuleFacts(
        act=act,
        fields=fields,
        charter=world.charters[held.charter],
        now_ms=now_ms,
        case=own,
        other_cases=others,
        edition=edition,
        directory=directory,
        texts=texts or {},
        markings=markings or {},
        receipts=receipts or {},
    )
    return rule_findings(procedure, facts)


def refused(found: Sequence[RuleFinding]) -> list[str]:
    """List the codes for which sealing refuses the act."""
    return [each.code for each in found if each.refuses]


def flagged(found: Sequence[RuleFinding]) -> list[str]:
    """List the codes that are only shown."""
    return [each.code for each in found if not each.refuses]


def _holds(case: Case, basis: Sequence[str]) -> bool:
    return any(each.held.digest in basis for each in case.acts)
