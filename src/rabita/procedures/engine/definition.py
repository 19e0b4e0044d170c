"""What a procedure is made of, all of it data: states, acts, duties, joint results, crossings.

A definition is checked when it is made, so a wrong one cannot be imported (``InvariantBroken`` names the part). Rules
are numbered in ``docs/procedures/engine.md``; how to write one is in ``docs/procedures/adding.md``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal

from rabita.line.errors import ensure
from rabita.line.ids import PRECEDENCES, Lane
from rabita.procedures.engine.coded import Coded, Signs

if TYPE_CHECKING:
    from rabita.procedures.engine.duties import Obligation
    from rabita.procedures.engine.fold import Case

NEW: Final = ""
"""The state of a case before its opening act."""
WITHDRAWN: Final = "withdrawn"
CORRECT: Final = "correct"
WITHDRAW: Final = "withdraw"
ANY: Final = "*"
LANE: Final = "handling time"
"""As a duty's ``within``: the handling time the charter sets for the lane of the act that starts it."""
REPLY_BY: Final = "reply_by_ms"
"""As a duty's ``at``: the reply-by time of the act that starts it."""


class Who(StrEnum):
    """Who may act, or who owes.

    Opener and responder are those of the case. ``OTHER``: of an act, the side that did not make the act it answers (the
    first of its case in the basis); of a duty, the side that did not make the act that starts it.
    """

    OPENER = "opener"
    RESPONDER = "responder"
    EITHER = "either"
    BOTH = "both"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Portion:
    """A portion an act may carry, by role (``ANY``: every role); ``markings`` lists those allowed, empty allows all."""

    role: str
    required: bool = False
    may_withhold: bool = True
    markings: tuple[str, ...] = ()


TEXT: Final = (Portion("text"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of act: who may do it, from which state it leads to which, and what it carries.

    ``moves`` maps each state it may be done in to the state after it (the same where it stays). With ``Who.BOTH`` the
    state moves once each side has done it and not withdrawn it. ``says`` is its sentence, with ``{author}``,
    ``{other}`` and coded fields. ``consent``: needs the foreign-ministry role and two more officers. ``service``: the
    node's own approval suffices. ``signs`` names the joint result it signs. ``about``: of these acts it is about the
    one that stands by both signatures, or else the newest, and its coded field ``naming`` holds that one's digest.
    ``suspendable``: false for acts that no suspension touches.
    """

    who: Who
    moves: Mapping[str, str]
    says: str
    fields: type[Coded] = Coded
    portions: tuple[Portion, ...] = TEXT
    precedences: tuple[Lane, ...] = PRECEDENCES
    consent: bool = False
    service: bool = False
    signs: str = ""
    about: tuple[str, ...] = ()
    naming: str = ""
    suspendable: bool = True

    @property
    def opens(self) -> bool:
        """Say whether it opens a case."""
        return NEW in self.moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a side owes: since which acts, until which acts, within what time.

    ``who`` owes it (``BOTH``: either side's act discharges it). ``within`` names one of the charter's ``deadlines_s``,
    is ``LANE``, or is empty for a duty without a date (it shows days open, never overdue). ``at`` names a coded field
    of the starting act that holds the due time itself (``window.end_ms``: one within another), or is ``REPLY_BY``.
    ``when`` limits it to starting acts whose fields have these values. ``each``: every starting act starts one of its
    own, discharged by acts that name it in their basis. ``rings``: the desk rings until it is discharged.
    """

    name: str
    who: Who
    since: tuple[str, ...]
    until: tuple[str, ...]
    says: str
    within: str = ""
    at: str = ""
    when: Mapping[str, Any] = field(default_factory=dict)
    each: bool = False
    rings: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """A result that exists when both sides have signed the same digest: of one of the acts in ``of`` (E12)."""

    name: str
    of: tuple[str, ...]
    to: str
    says: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """What two sides' acts at one depth come to together, whoever did which (E9).

    The second may be ``ANY``: every act that would move the state. ``to`` is the state after both; None leaves it where
    it was, as it does for two acts that would move it apart and that no crossing names. A withdrawal of the opening act
    prevails over ``ANY`` unless the definition says otherwise.
    """

    acts: tuple[str, str]
    to: str | None = None


class Correction(Coded, frozen=True):
    """The fields of a correction: why, and the corrected act's coded fields whole, as they should have been."""

    reason: Literal["error", "new-information", "translation", "other"]
    fields: dict[str, Any]


class Withdrawal(Coded, frozen=True):
    """The fields of a withdrawal."""

    reason: Literal["error", "superseded", "no-longer-needed", "not-authorised", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """A procedure. ``states`` gives each state its sentence, with ``{opener}`` and ``{responder}``.

    ``suspendable``: whether a suspension may name it; ``open_lanes`` are precedences it never touches. ``suspends``:
    the acts that announce and end a suspension, the first with a coded field ``procedures``. ``withdrawable``: whether
    withdrawing the opening act ends the case. ``joint_duties`` lists, for a folded case, what is owed since a joint
    result: a ``Duty`` begins with an act. Every procedure also has the acts *correct* and *withdraw* (E14).
    """

    name: str
    title: str
    purpose: str
    states: Mapping[str, str]
    terminal: tuple[str, ...]
    acts: Mapping[str, Rule]
    duties: tuple[Duty, ...] = ()
    joint_duties: "Callable[[Case], Sequence[Obligation]] | None" = None
    joints: tuple[Joint, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    suspendable: bool = True
    open_lanes: tuple[Lane, ...] = ()
    suspends: tuple[str, str] | None = None
    withdrawable: bool = True
    rules: Mapping[str, Rule] = field(init=False)
    all_states: Mapping[str, str] = field(init=False)
    ends: frozenset[str] = field(init=False)
    beyond: Mapping[str, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        """Add what every procedure has and check the whole; raises ``InvariantBroken``."""
        states = dict(self.states) | ({WITHDRAWN: "Withdrawn by {opener}."} if self.withdrawable else {})
        object.__setattr__(self, "all_states", states)
        object.__setattr__(self, "ends", frozenset({*self.terminal, WITHDRAWN}))
        if self.withdrawable:
            object.__setattr__(self, "crossings", (*self.crossings, Crossing((WITHDRAW, ANY), WITHDRAWN)))
        object.__setattr__(self, "rules", {**self.acts, **_common(states)})
        object.__setattr__(self, "beyond", {state: self._reachable(state) for state in states})
        self._check()

    def joint(self, name: str) -> Joint:
        """Give a joint result by name."""
        return next(joint for joint in self.joints if joint.name == name)

    @property
    def slug(self) -> str:
        """The name as files and links write it."""
        return self.name.replace(" ", "-")

    def _targets(self, state: str) -> set[str]:
        own = {rule.moves[state] for rule in self.acts.values() if state in rule.moves}
        crossed = {each.to for each in self.crossings if each.to and self._may_cross(each, state)}
        signed = [rule.signs for rule in self.acts.values() if state in rule.moves]
        joint = {joint.to for joint in self.joints if joint.name in signed}
        return own | crossed | joint | ({WITHDRAWN} if self.withdrawable and state not in self.ends else set())

    def _may_cross(self, crossing: Crossing, state: str) -> bool:
        return state not in self.ends and all(
            name == ANY or (name in self.rules and state in self.rules[name].moves) for name in crossing.acts
        )

    def _reachable(self, state: str) -> frozenset[str]:
        found, ahead = {state}, [state]
        while ahead:
            fresh = self._targets(ahead.pop()) - found
            found |= fresh
            ahead += sorted(fresh)
        return frozenset(found)

    def _check(self) -> None:
        """Check that every name used is defined, every state is reached, and none but an end is a dead end."""
        opening = {target for rule in self.acts.values() if rule.opens for target in rule.moves.values()}
        faults = [
            *(() if opening else ("nothing opens it",)),
            *(f"end {state}" for state in self.terminal if state not in self.states),
            *(f"state {state}" for state in self.states if not any(state in self.beyond[first] for first in opening)),
            *(f"dead end {state}" for state in self.states if state not in self.ends and not self._leads_on(state)),
            *(f"act {name}" for name, rule in self.acts.items() if not self._is_whole(name, rule)),
            *(f"duty {duty.name}" for duty in self.duties if not {*duty.since, *duty.until} <= set(self.rules)),
            *(f"duty {duty.name}" for duty in self.duties if duty.within and duty.at),
            *(f"joint {joint.name}" for joint in self.joints if not self._is_signed(joint)),
            *(f"joint {one.name}" for one in self.joints for two in self.joints if not self._in_line(one, two)),
            *(f"crossing {each.acts}" for each in self.crossings if not self._meets(each)),
        ]
        ensure(not faults, f"procedure {self.name}: {', '.join(faults)}")

    def _leads_on(self, state: str) -> bool:
        return bool(self._targets(state) - {state, WITHDRAWN})

    def _is_whole(self, name: str, rule: Rule) -> bool:
        named = {*rule.moves, *rule.moves.values()} - {NEW}
        leaves = [at for at, to in rule.moves.items() if at in self.terminal and to not in self.terminal]
        return (
            name not in (CORRECT, WITHDRAW)
            and named <= set(self.states)
            and not leaves
            and (not rule.opens or (len(rule.moves) == 1 and rule.who is Who.OPENER))
            and bool(rule.signs) == issubclass(rule.fields, Signs)
            and (not rule.signs or rule.signs in [joint.name for joint in self.joints])
            and set(rule.about) <= set(self.acts)
            and (not rule.naming or (bool(rule.about) and rule.naming in rule.fields.__struct_fields__))
            and bool(rule.precedences)
        )

    def _is_signed(self, joint: Joint) -> bool:
        signers = [rule for rule in self.acts.values() if rule.signs == joint.name]
        unsigned = [rule for name, rule in self.acts.items() if name in joint.of and not rule.signs]
        return bool(signers) and bool(joint.of) and len(unsigned) == len(joint.of) and joint.to in self.states

    def _in_line(self, one: Joint, two: Joint) -> bool:
        """Say whether one of two results leads to the other, so that neither undoes what the other made (E12)."""
        return two.to in self.beyond[one.to] or one.to in self.beyond[two.to]

    def _meets(self, crossing: Crossing) -> bool:
        known = set(crossing.acts) <= {*self.rules, ANY} and crossing.acts[0] != ANY
        return known and (crossing.to is None or crossing.to in self.all_states)


def to(target: str, *states: str) -> dict[str, str]:
    """Write moves: from any of *states* to *target*; with none, an opening."""
    return dict.fromkeys(states or (NEW,), target)


def stay(*states: str) -> dict[str, str]:
    """Write moves that leave the state where it is."""
    return {state: state for state in states}


def _common(states: Mapping[str, str]) -> dict[str, Rule]:
    """Give the two acts every procedure has: by the author of the act named first in the basis, in every state."""
    everywhere = stay(*states)
    return {
        CORRECT: Rule(
            who=Who.EITHER,
            moves=everywhere,
            says="{author} corrects an earlier act of its own; what it said before stays on record.",
            fields=Correction,
            portions=(*TEXT, Portion(ANY)),
            suspendable=False,
        ),
        WITHDRAW: Rule(
            who=Who.EITHER,
            moves=everywhere,
            says="{author} withdraws an earlier act of its own; what it said stays on record.",
            fields=Withdrawal,
            suspendable=False,
        ),
    }
