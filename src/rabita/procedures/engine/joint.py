"""Results that need both sides: both signed the same digest, and nothing that arrives later undoes it (E12, E13).

Whether one stands depends on a fixed set of entries alone: both signing acts, their authors' earlier entries and all
under their ``seen``. Once that set is held without a withdrawal in it, the answer cannot change. So nothing that may
turn out later counts against one: not the state the signatures came in, not a suspension, not whether a withdrawal's
approvals are verified.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rabita.procedures.engine.coded import Coded, Signs
from rabita.procedures.engine.definition import WITHDRAW, Procedure, Rule
from rabita.procedures.engine.held import Extent, Held, complete, covers


class Judged(NamedTuple):
    """An act with its rule (``UNKNOWN`` where there is none) and fields as read (None where they cannot be).

    ``void`` is the code of what no state could make good, if anything, with ``detail`` naming the field; ``approved``
    says whether the approvals its rule asks for are verified. ``target`` is the act it belongs with: the first of its
    case that its basis names.
    """

    held: Held
    rule: Rule
    fields: Coded | None
    void: str
    detail: str
    approved: bool
    target: str


class Standing(NamedTuple):
    """A joint result: its name, the digest both signed, the two signing acts (sorted); whether it stands yet.

    One that does not stand yet waits for the rest of what its signers held (E13).
    """

    name: str
    digest: str
    by: tuple[str, str]
    stands: bool


def joint_results(
    procedure: Procedure, judged: Mapping[str, Judged], parties: Sequence[str], extent: Extent
) -> list[Standing]:
    """Give every digest both sides signed, at most once by result and digest."""
    signed: dict[tuple[str, str], dict[str, list[Held]]] = {}
    for each in judged.values():
        if (
            not each.void
            and each.approved
            and isinstance(each.fields, Signs)
            and _is_draft(procedure, judged, each, each.fields)
        ):
            key = (each.rule.signs, each.fields.digest)
            signed.setdefault(key, {}).setdefault(each.held.author, []).append(each.held)
    withdrawals = _withdrawals(judged)
    found = []
    for (name, digest), by in sorted(signed.items()):
        pairs = [(one, two) for one in by.get(parties[0], ()) for two in by.get(parties[1], ())]
        going = [pair for pair in pairs if not _undone(pair, digest, withdrawals)]
        whole = [pair for pair in going if all(map(complete, pair, reversed(parties), (extent, extent)))]
        if going:
            first, second = min(whole or going, key=_earliness)
            found.append(Standing(name, digest, (first.digest, second.digest), bool(whole)))
    return found


def _earliness(pair: tuple[Held, Held]) -> tuple[object, ...]:
    """Order the pairs of signatures of one digest, whoever signed which, so that every node names the same pair."""
    return (*sorted([held.place for held in pair], reverse=True), *(held.digest for held in pair))


def _is_draft(procedure: Procedure, judged: Mapping[str, Judged], each: Judged, fields: Signs) -> bool:
    """Say whether what is signed is a readable act of this case that this result is made of, named in the basis."""
    draft = judged.get(fields.digest)
    return (
        draft is not None
        and draft.fields is not None
        and fields.digest in each.held.act.basis
        and draft.held.act.act in procedure.joint(each.rule.signs).of
    )


def _withdrawals(judged: Mapping[str, Judged]) -> dict[str, list[Held]]:
    """Give the withdrawals by the act each withdraws, where it is the author's own."""
    found: dict[str, list[Held]] = {}
    for each in judged.values():
        target = judged.get(each.target)
        own = target is not None and target.held.author == each.held.author
        if own and each.held.act.act == WITHDRAW and not each.void:
            found.setdefault(each.target, []).append(each.held)
    return found


def _undone(pair: tuple[Held, Held], digest: str, withdrawals: Mapping[str, list[Held]]) -> bool:
    """Say whether the signers had before them a withdrawal of either signature, or of what was signed."""
    named = (pair[0].digest, pair[1].digest, digest)
    return any(covers(signer, each) for name in named for each in withdrawals.get(name, ()) for signer in pair)
