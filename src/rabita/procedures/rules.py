"""What a procedure's own rules are given and what they find: clocks, ceilings, maps, markings stay out of the fold.

Every module with such rules has one pure function ``check_<procedure>(facts) -> tuple[RuleFinding, ...]``; ``rulebook``
lists them by procedure and is what services call: before sealing (a finding that ``refuses`` stops the act) and at
receipt (all findings are flags, and the act stands as the fold has it).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rabita.line.charter import Charter
from rabita.line.entry import Act
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.fold import Case
from rabita.procedures.marking import Marking

if TYPE_CHECKING:  # the geometry library is heavy, and most rules do without
    from rabita.procedures.duty_directory import DutyDirectory
    from rabita.procedures.territory_edition import Edition


class RuleFinding(NamedTuple):
    """What a rule found: its code, where, and whether sealing refuses it or it is only shown.

    A code has its sentence in ``errors.SENTENCES``, or in ``territory.ALLOWED`` where the guard lets an area pass.
    """

    code: str
    detail: str = ""
    refuses: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """All that a rule may look at, the same for both sides.

    ``fields`` are the act's coded fields as read. A correction comes as the act it corrects with the corrected fields,
    and ``corrects`` true. ``now_ms`` (ms since 1970 UTC) is the time of sealing, or of the first receipt. ``case`` is
    the case as held before the act, None where the act opens it; ``other_cases`` are the other cases of the procedure
    that are now open. ``edition`` is the charter's map edition, ``directory`` its duty directory, each None while it is
    not held. ``texts`` are the sent or disclosed portions by role, ``markings`` those of all portions by role, with the
    act's own under ``""``. ``receipts`` gives, by act, when the other side first receipted it, as for duties.
    """

    act: Act
    fields: Coded
    charter: Charter
    now_ms: int
    case: Case | None = None
    other_cases: tuple[Case, ...] = ()
    edition: "Edition | None" = None
    directory: "DutyDirectory | None" = None
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    markings: Mapping[str, tuple[Marking, ...]] = field(default_factory=dict)
    receipts: Mapping[str, int] = field(default_factory=dict)
    corrects: bool = False
