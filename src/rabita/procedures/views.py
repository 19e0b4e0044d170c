"""What views over a folded case share: which acts were said, what each names."""

from rabita.line.entry import Act, PortionRef
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.fold import Case, Folded, Status

_SAID = (Status.EFFECTIVE, Status.CROSSED)


def said(case: Case, *names: str) -> list[Folded]:
    """List the acts of these kinds that took effect or crossed another, and were not withdrawn, in the case's order.

    What crossed was said and stays said; the crossing only settles the state.
    """
    return [each for each in case.acts if each.act in names and each.status in _SAID and not each.withdrawn_by]


def newest(case: Case, *names: str) -> Folded | None:
    """Give the last of the acts said of these kinds."""
    return next(iter(reversed(said(case, *names))), None)


def basis_of(each: Folded) -> tuple[str, ...]:
    """Give the digests of the acts it answers."""
    return each.held.act.basis


def portions_of(each: Folded | None) -> tuple[PortionRef, ...]:
    """Give its portions as committed to; none where there is no act."""
    return each.held.act.portions if each is not None else ()


def roles_of(act: Act, fields: Coded, first: str) -> list[str]:
    """Name the role of each portion of an act; one that ``roles`` does not name is of the *first* role of its rule."""
    return [*fields.roles, *[first] * len(act.portions)][: len(act.portions)]
