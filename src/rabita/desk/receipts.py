"""How far an act has come on the other side, each step told apart: receipted, opened, acknowledged, complied with.

Rules kept here: the machine's receipt says that a node holds it, and nothing of any person; whoever opened it has not
acknowledged it; whoever acknowledged it has agreed to nothing. A step that a procedure does not know is not shown.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from rabita.ports.index import ActRow
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.fold import Status
from rabita.services.case_views import ActLine
from rabita.services.casebook import Casebook
from rabita.services.caseindex_held import Taken, take

RECEIPTED: Final = "receipted"
OPENED: Final = "opened"
ACKNOWLEDGED: Final = "acknowledged"
ANSWERED: Final = "answered"
COMPLIED: Final = "complied"
TRANSLATE: Final = "translate"
ACKNOWLEDGES: Final = ("acknowledge", "note")
_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    OPENED: ("open",),
    ACKNOWLEDGED: ACKNOWLEDGES,
    COMPLIED: ("have complied",),
}


class Step(NamedTuple):
    """One step: which, and when it was taken (ms since 1970 UTC by this node, 0: not yet)."""

    name: str
    at_ms: int


class Reached(NamedTuple):
    """What became of an act: its steps in their order, what is still open of ours, which languages it can be read in.

    ``answer`` is the act that would acknowledge it and ``asks`` says that it is ours to give and not given yet.
    """

    steps: tuple[Step, ...]
    answer: str
    asks: bool
    languages: tuple[str, ...]


def acknowledging(procedure: Procedure | None, act: str) -> str:
    """Give the act that acknowledges *act*, empty where none does."""
    untils = [name for duty in procedure.duties if act in duty.since for name in duty.until] if procedure else []
    return next((name for name in untils if name in ACKNOWLEDGES), "")


def reached(book: Casebook, lines: Sequence[ActLine]) -> list[Reached]:
    """Say of each act how far it has come; what answers it is found by its digest."""
    named = [book.index.naming(each.line, [bytes.fromhex(each.digest)]) for each in lines]
    translations = [row.seq for rows in named for row in rows if row.act == TRANSLATE]
    held = {each.seq: take(each) for each in book.store.at([*[each.seq for each in lines], *translations])}
    return [_reached(book, each, rows, held) for each, rows in zip(lines, named, strict=True)]


def languages_of(taken: Taken | None) -> list[str]:
    """Give the languages in which an entry was sent, and for a translation the one into which."""
    if taken is None:
        return []
    said = [each.language for each in taken.act.portions if each.language]
    return [*said, str(taken.act.fields.get("language", ""))] if taken.act.act == TRANSLATE else said


def _reached(book: Casebook, line: ActLine, rows: Sequence[ActRow], held: Mapping[int, Taken]) -> Reached:
    procedure = book.catalogue.procedures.get(line.procedure)
    answers = [each for each in rows if each.log.party != line.party and each.status == Status.EFFECTIVE]
    steps = [Step(RECEIPTED, line.receipted_ms)]
    for name in _expected(procedure, line.act):
        acts = _STEPS.get(name) or _untils(procedure, line.act)
        steps.append(Step(name, min([each.held_ms for each in answers if each.act in acts], default=0)))
    answer = acknowledging(procedure, line.act)
    answered = any(each.act in _untils(procedure, line.act) for each in answers)
    translated = [language for row in rows if row.act == TRANSLATE for language in languages_of(held.get(row.seq))]
    languages = dict.fromkeys([*languages_of(held.get(line.seq)), *translated])
    asks = bool(answer) and not line.ours and not answered and line.status == Status.EFFECTIVE
    return Reached(tuple(steps), answer, asks, tuple(languages))


def _expected(procedure: Procedure | None, act: str) -> list[str]:
    """Name the steps that a procedure knows beyond the machine's receipt."""
    untils = _untils(procedure, act)
    if procedure is None or not untils:
        return []
    opens = [OPENED] if "open" in procedure.acts else []
    answers = [ACKNOWLEDGED if acknowledging(procedure, act) else ANSWERED]
    return [*opens, *answers, *([COMPLIED] if "have complied" in untils else [])]


def _untils(procedure: Procedure | None, act: str) -> tuple[str, ...]:
    duties = procedure.duties if procedure is not None else ()
    return tuple([name for duty in duties if act in duty.since for name in duty.until])
