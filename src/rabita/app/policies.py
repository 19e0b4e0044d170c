"""The policies of a node: which it decides by goes into the audit log when that changes; whether they are safe, said.

A set other than at the last start is entered before anyone is let in by it, under its digest. What it is compared with
stands in the audit log itself, so that nobody can change it unseen.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from rabita.line.errors import UserFault
from rabita.line.limits import INTEGER_MAX
from rabita.policy.cedar import CedarPolicy, open_policy
from rabita.policy.tables import laxer, read_table, stated, tried
from rabita.ports import Clock
from rabita.services.audit import UNNUMBERED, Action, Auditing, Deed, Kind, Wanted, read_deed

DOOR: Final = "policy"
PAGE: Final = 256
NAMED_MAX: Final = 3


class PolicyFinding(NamedTuple):
    """What was looked at, whether it is in order, and what was found."""

    what: str
    ok: bool
    detail: str


async def note_policy(audit: Auditing, clock: Clock, policy: CedarPolicy) -> None:
    """Enter the digest of the policies where it is not the one entered last.

    Raises ``LocalFault("audit-unavailable")``.
    """
    digest = policy.source.digest
    if _entered(audit) != digest:
        await audit.write(
            Deed(
                number=UNNUMBERED,
                time_ms=clock.now_ms(),
                kind=Kind.SERVICE,
                actor="",
                action=Action.CHANGE_SETTINGS,
                door=DOOR,
                target=digest,
            )
        )


def examine_policy(folder: str) -> Iterator[PolicyFinding]:
    """Say whether a party's folder of policies holds, comes to what its own tests want, and is no laxer than usual.

    Laxer it may be where its own tests say so, row by row.
    """
    if not folder:
        yield PolicyFinding("policies", ok=True, detail="the built-in set")
        return
    try:
        policy = open_policy(folder)
    except UserFault as fault:
        yield PolicyFinding("policies", ok=False, detail=fault.detail)
        return
    own = read_table(folder) if stated(folder) else None
    if own is not None:
        failed = [each.row for each in tried(policy, own) if not each.holds]
        yield PolicyFinding("tests of the policies", not failed, _named([row[:3] for row in failed]))
    meant = {row[:3] for row in own.rows if row.expected == "allow"} if own is not None else set()
    loose = [each.row[:3] for each in laxer(policy, read_table("")) if each.row[:3] not in meant]
    detail = f"laxer than the built-in set: {_named(loose)}" if loose else policy.source.digest[:16]
    yield PolicyFinding("policies", not loose, detail)


def _named(rows: list[tuple[str, str, str]]) -> str:
    told = "; ".join([" / ".join(row) for row in rows[:NAMED_MAX]])
    return told + (f"; and {len(rows) - NAMED_MAX} more" if len(rows) > NAMED_MAX else "")


def _entered(audit: Auditing) -> str:
    """Give the digest entered last, empty where none was."""
    before, wanted = INTEGER_MAX, Wanted(action=Action.CHANGE_SETTINGS.value)
    while rows := audit.log().newest(wanted, before, PAGE):
        deeds = [read_deed(raw) for raw in rows]
        for deed in deeds:
            if deed.door == DOOR:
                return deed.target
        before = deeds[-1].number
    return ""
