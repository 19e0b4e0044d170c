"""Fold the acts of a case to its state: the same for every order they came in (E7 to E15).

No clock, float or locale enters here. Every act gets a status and, where it had no effect, the code of why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

import msgspec

from rabita.line.charter import Charter
from rabita.line.ids import Lane
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.definition import (
    ANY,
    CORRECT,
    NEW,
    WITHDRAW,
    WITHDRAWN,
    Correction,
    Crossing,
    Procedure,
    Who,
)
from rabita.procedures.engine.held import Extent, Held, covers
from rabita.procedures.engine.joint import Judged, Standing, joint_results
from rabita.procedures.engine.judge import Suspension, corrected_fields, is_suspended, judge
from rabita.procedures.engine.order import Step, steps


class Status(StrEnum):
    """What became of an act."""

    EFFECTIVE = "effective"
    CROSSED = "crossed"
    OVERTAKEN = "overtaken"
    VOID = "void"
    UNVERIFIED = "unverified"
    LATE = "late"
    WAITING = "waiting"


class Folded(NamedTuple):
    """An act as folded: its depth, status, the code of why it had no effect (with the field), the state after its step.

    ``corrected`` holds its fields as its author's newest correction has them, or as they were.
    """

    held: Held
    depth: int
    status: Status
    because: str
    detail: str
    state: str
    fields: Coded | None
    corrected: Coded | None
    corrections: tuple[str, ...] = ()
    withdrawn_by: str = ""

    @property
    def act(self) -> str:
        """The kind of act."""
        return self.held.act.act


class Case(NamedTuple):
    """A case as folded. ``id`` is the digest of its opening act.

    ``computed`` is false where this version does not know the catalogue the charter names: then there is no state and
    nothing is said of the acts (E16).
    """

    procedure: str
    id: str
    opener: str
    responder: str
    state: str
    computed: bool
    acts: tuple[Folded, ...]
    joint: tuple[Standing, ...]

    def effective(self, *names: str) -> tuple[Folded, ...]:
        """Give the acts of these kinds that took effect and were not withdrawn, in the order of the case."""
        return tuple(
            each
            for each in self.acts
            if each.act in names and each.status is Status.EFFECTIVE and not each.withdrawn_by
        )

    def stands(self, name: str) -> bool:
        """Say whether a joint result of this name stands."""
        return any(each.stands for each in self.joint if each.name == name)


@dataclass(slots=True)
class _Walk:
    """A case half folded: the state, who has done what needs both, the newest moves by author and lane."""

    procedure: Procedure
    case: str
    opener: str
    kept: frozenset[str]
    state: str = NEW
    done: dict[str, set[str]] = field(default_factory=dict)
    moves: dict[tuple[str, Lane], Held] = field(default_factory=dict)
    folded: dict[str, Folded] = field(default_factory=dict)


def fold(
    procedure: Procedure,
    charter: Charter | None,
    case: str,
    acts: Sequence[Held],
    extent: Extent,
    suspensions: Sequence[Suspension] = (),
) -> Case:
    """Fold the acts of the case opened by the act of digest *case*.

    *charter* is the version the opening act's stamp names, None where this version cannot compute under it.
    """
    found = {held.digest: held for held in acts}
    opener = found[case].author
    if charter is None:
        return Case(procedure.name, case, opener, "", NEW, computed=False, acts=(), joint=())
    responder = next(each.party for each in charter.parties if each.party != opener)
    in_force = [held for held in acts if held.in_force]
    judged = {held.digest: judge(procedure, found, held) for held in in_force}
    joint = joint_results(procedure, judged, (opener, responder), extent)
    pending = {each: standing for standing in joint if standing.stands for each in standing.by}
    kept = frozenset([*pending, *(standing.digest for standing in pending.values())])
    walk = _Walk(procedure, case, opener, kept)
    for depth, step in steps(in_force, opener):
        _step(walk, depth, step, judged, pending, suspensions)
    _mark_corrections(walk, judged)
    late = [_late(held) for held in acts if not held.in_force]
    folded = (*walk.folded.values(), *sorted(late, key=lambda each: each.held.digest))
    return Case(procedure.name, case, opener, responder, walk.state, computed=True, acts=folded, joint=tuple(joint))


def _step(
    walk: _Walk,
    depth: int,
    step: Step,
    judged: Mapping[str, Judged],
    pending: dict[str, Standing],
    suspensions: Sequence[Suspension],
) -> None:
    """Fold one step: judge its acts against the state before it, then move once (E8, E9)."""
    verdicts = [_verdict(walk, judged, each, suspensions) for each in step]
    able = [each for each, (status, _, _) in zip(step, verdicts, strict=True) if status is Status.EFFECTIVE]
    crossed = _move(walk, [judged[each.digest] for each in able])
    for held, verdict in sorted(zip(step, verdicts, strict=True), key=lambda each: each[0].digest):
        fields = judged[held.digest].fields
        final = (Status.CROSSED, "", "") if held.digest in crossed else verdict
        final = (Status.EFFECTIVE, "", "") if held.digest in pending else final
        walk.folded[held.digest] = Folded(held, depth, *final, walk.state, fields, fields)
    for held in step:
        if held.digest in pending:
            _settle_joint(walk, pending[held.digest], step)


def _move(walk: _Walk, able: Sequence[Judged]) -> set[str]:
    """Move the state by the acts of a step that its state allows; gives the acts that crossed and had no effect (E9).

    They cross where the definition names the pair, or where they lead to different states; then the state is the
    crossing's, or stays. An act that leads there itself has its effect.
    """
    before = walk.state
    counted = {name: set(authors) for name, authors in walk.done.items()} if walk.done else {}
    targets = [_target(walk, each) for each in able]
    moving = {target for target in targets if target != before}
    crossing = _crossing(walk, able, targets) if len(able) > 1 else None
    crossed: set[str] = set()
    if crossing is not None or len(moving) > 1:
        walk.state = (crossing.to if crossing else None) or before
        crossed = {each.held.digest for each, target in zip(able, targets, strict=True) if target != walk.state}
        walk.done = counted if crossed else walk.done
    else:
        walk.state = moving.pop() if moving else before
    for each, target in zip(able, targets, strict=True):
        if target != before:
            walk.moves[each.held.author, each.held.lane] = each.held
    return crossed


def _verdict(
    walk: _Walk, judged: Mapping[str, Judged], held: Held, suspensions: Sequence[Suspension]
) -> tuple[Status, str, str]:
    """Say whether an act takes effect in the state the case is in, and if not, why (E10)."""
    each = judged[held.digest]
    rule, procedure = each.rule, walk.procedure
    if each.void:
        return Status.VOID, each.void, each.detail
    if not each.approved:
        return Status.UNVERIFIED, "role-missing", ""
    if suspensions and is_suspended(procedure, rule, held, suspensions):
        return Status.VOID, "procedure-suspended", ""
    target = judged.get(each.target)
    answers_other = target is not None and target.held.author != held.author
    if not may_act(rule.who, by_opener=held.author == walk.opener, answers_other=answers_other):
        return Status.VOID, "not-your-act", rule.who.value
    return _in_state(walk, judged, each)


def _in_state(walk: _Walk, judged: Mapping[str, Judged], each: Judged) -> tuple[Status, str, str]:
    """Say whether the state allows an act that nothing else stands against."""
    held, rule = each.held, each.rule
    if walk.state not in rule.moves:
        return _out_of_state(walk, held)
    if held.act.act in (CORRECT, WITHDRAW):
        return _retracts(walk, judged, each)
    return Status.EFFECTIVE, "", ""


def _out_of_state(walk: _Walk, held: Held) -> tuple[Status, str, str]:
    """Name an act that its state does not allow: overtaken if its author had not seen what moved it, else void (E8)."""
    if walk.state == NEW:
        return Status.WAITING, "opening-not-in-force", ""
    unseen = [move for (author, _), move in walk.moves.items() if author != held.author and not covers(held, move)]
    code = "case-closed" if walk.state in walk.procedure.ends else "wrong-state"
    return (Status.OVERTAKEN if unseen else Status.VOID), code, walk.state


def may_act(who: Who, *, by_opener: bool, answers_other: bool) -> bool:
    """Say whether a side may do an act."""
    if who is Who.OTHER:
        return answers_other
    return who in (Who.EITHER, Who.BOTH) or (who is Who.OPENER) == by_opener


def _retracts(walk: _Walk, judged: Mapping[str, Judged], each: Judged) -> tuple[Status, str, str]:
    """Judge a correction or withdrawal: of an act of one's own, and of nothing that both have signed (E13, E14)."""
    target = judged.get(each.target)
    if target is None or target.held.author != each.held.author or target.held.digest not in walk.folded:
        return Status.VOID, "target-not-own", "basis"
    if each.target in walk.kept:
        return Status.OVERTAKEN, "joint-result-stands", "basis"
    if isinstance(each.fields, Correction) and corrected_fields(target, each.fields) is None:
        return Status.VOID, "correction-unfit", "fields"
    return Status.EFFECTIVE, "", ""


def _target(walk: _Walk, each: Judged) -> str:
    """Give the state an act leads to, counting it where both sides must do it."""
    rule, act = each.rule, each.held.act
    target = rule.moves[walk.state]
    if rule.who is Who.BOTH:
        done = walk.done.setdefault(act.act, set())
        done.add(each.held.author)
        return target if len(done) > 1 else walk.state
    if act.act == WITHDRAW:
        walk.done.get(walk.folded[each.target].act, set()).discard(each.held.author)
    is_end = act.act == WITHDRAW and each.target == walk.case and walk.procedure.withdrawable
    return WITHDRAWN if is_end and walk.state not in walk.procedure.ends else target


def _crossing(walk: _Walk, able: Sequence[Judged], targets: Sequence[str]) -> Crossing | None:
    """Find what the definition says of two acts at one depth, whoever did which (E9)."""
    if walk.state in walk.procedure.ends:
        return None
    (one, two), (moves_one, moves_two) = (
        [_crossing_name(walk, each) for each in able],
        [to != walk.state for to in targets],
    )
    pairs = {(one, two), (two, one)} | ({(one, ANY)} if moves_two else set()) | ({(two, ANY)} if moves_one else set())
    return next((crossing for crossing in walk.procedure.crossings if crossing.acts in pairs), None)


def _crossing_name(walk: _Walk, each: Judged) -> str:
    """Name an act for the table of crossings; a withdrawal crosses only where it is of the opening act."""
    name = each.held.act.act
    return name if name != WITHDRAW or each.target == walk.case else ""


def _settle_joint(walk: _Walk, standing: Standing, step: Step) -> None:
    """Move to a joint result's state once both its signing acts are folded, whatever the state (E12)."""
    to = walk.procedure.joint(standing.name).to
    if all(each in walk.folded for each in standing.by) and walk.state not in walk.procedure.beyond[to]:
        walk.state = to
        for held in step:
            walk.moves[held.author, held.lane] = held
            walk.folded[held.digest] = walk.folded[held.digest]._replace(state=to)


def _mark_corrections(walk: _Walk, judged: Mapping[str, Judged]) -> None:
    """Put every effective correction and withdrawal on the act it is of (E14)."""
    retracting = [each for each in walk.folded.values() if each.act in (CORRECT, WITHDRAW)]
    for each in retracting:
        if each.status is not Status.EFFECTIVE:
            continue
        target = judged[each.held.digest].target
        changed = walk.folded[target]
        if isinstance(each.fields, Correction):
            fields = corrected_fields(judged[target], each.fields)
            digests = (*changed.corrections, each.held.digest)
            walk.folded[target] = changed._replace(corrected=fields, corrections=digests)
        else:
            walk.folded[target] = changed._replace(withdrawn_by=each.held.digest)


def _late(held: Held) -> Folded:
    return Folded(held, 0, Status.LATE, "epoch-closed", "", NEW, None, None)


def fingerprint(case: Case) -> str:
    """Give the SHA-256 (hex) over what two nodes must agree on: state, every act's standing, joint results."""
    acts = [(each.held.digest, each.depth, each.status.value, each.because, each.state) for each in case.acts]
    return sha256(
        msgspec.json.encode((case.procedure, case.id, case.state, case.computed, acts, case.joint))
    ).hexdigest()
