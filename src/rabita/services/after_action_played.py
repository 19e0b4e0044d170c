"""A play as both sides hold it: its acts in order of scenario time, and the cases the engine computes from them.

Rule kept here: an act counts from the moment the other side holds it, as on a real line it would from its receipt.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rabita.line.charter import Charter
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.compute import compute
from rabita.procedures.engine.duties import Obligation, View, obligations, owed
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.engine.held import Extent, Held
from rabita.procedures.engine.say import say_act
from rabita.services.exercise import INVENTED


class Act(NamedTuple):
    """An act of a play: its case, when it was said in the scenario, and whether there is no public record of it."""

    case: Case
    folded: Folded
    at_ms: int
    inject: str
    invented: bool

    @property
    def by(self) -> str:
        """Its author."""
        return self.folded.held.author

    @property
    def sentence(self) -> str:
        """What it says, in words."""
        return say_act(CATALOGUE.procedures[self.case.procedure], self.case, self.folded)


class Played(NamedTuple):
    """A play as both sides hold it: its acts in order of scenario time, its cases, and when each act was received.

    ``at_ms`` gives, by digest, the scenario time of acts that the other side holds too; ``extent`` says how much of the
    whole transcript is held, of which the play is a part.
    """

    charter: Charter
    extent: Extent
    cases: tuple[Case, ...]
    acts: tuple[Act, ...]
    at_ms: Mapping[str, int]

    @property
    def ends_ms(self) -> int:
        """When the last act was said."""
        return self.acts[-1].at_ms

    def act(self, digest: str) -> Act:
        """Give an act by its digest."""
        return next(each for each in self.acts if each.folded.held.digest == digest)

    def until(self, time_ms: int) -> "Played":
        """Give the play as it was at a moment."""
        held = [each.folded.held for each in self.acts if each.at_ms <= time_ms]
        return played(self.charter, held, self.at_ms, self.extent)


def played(charter: Charter, held: Sequence[Held], received: Iterable[str], extent: Extent) -> Played:
    """Compute a play from its acts; *received* gives the digests of those that both sides hold."""
    computed = compute(CATALOGUE, {charter.version: charter}, held, extent)
    acts = [_act(case, folded) for case in computed.cases.values() for folded in case.acts]
    ordered = sorted(acts, key=lambda each: (each.at_ms, each.folded.held.place))
    known = set(received)
    at_ms = {each.folded.held.digest: each.at_ms for each in ordered if each.folded.held.digest in known}
    first = {each.case.id: at for at, each in reversed([*enumerate(ordered)])}
    cases = tuple(sorted(computed.cases.values(), key=lambda case: first[case.id]))
    return Played(charter, extent, cases, tuple(ordered), at_ms)


def still_owed(play: Played, time_ms: int) -> list[tuple[Case, Obligation, int]]:
    """List what is owed in a play as it stands, each with when it is due (0: no date)."""
    found = []
    for case in play.cases:
        for each in obligations(CATALOGUE.procedures[case.procedure], play.charter, case):
            view = owed(each, play.at_ms, time_ms)
            if view.view in (View.OWED, View.OVERDUE):
                found.append((case, each, view.due_ms))
    return found


def _act(case: Case, folded: Folded) -> Act:
    exercise = folded.fields.exercise if folded.fields is not None else None
    if exercise is None:
        return Act(case, folded, 0, "", invented=False)
    return Act(case, folded, exercise.at_ms, exercise.inject, exercise.source_kind == INVENTED)
