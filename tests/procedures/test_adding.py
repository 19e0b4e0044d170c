"""The worked example of the documentation is a procedure: taken from its page, loaded, played and said."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from docs.procedures_build import diagram, procedure_page
from rabita.procedures.engine.compute import Catalogue
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.duties import obligations, owed
from rabita.procedures.engine.say import explain
from tests.procedures.sampling import SQUARE
from tests.procedures.test_every_procedure import play
from tests.procedures.world import EDITION, IRN, PAK, World, charter

PAGE = Path(__file__).parents[2] / "docs" / "procedures" / "adding.md"


@pytest.fixture(name="procedure")
def built() -> Iterator[Procedure]:
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module = ModuleType("lost_property")
    sys.modules["lost_property"] = module  # structs look their annotations up there
    exec(compile(code, "adding.md", "exec"), module.__dict__)  # noqa: S102 - this project's own page
    yield module.LOST_PROPERTY
    del sys.modules["lost_property"]


def test_the_example_folds_from_found_to_returned(procedure: Procedure) -> None:
    world = World(Catalogue(("1",), {procedure.name: procedure}))
    find = world.say(PAK, procedure.name, "find", fields={"what": "drone"})
    world.meet()
    case = world.case(find)
    [due] = obligations(procedure, charter(), case)
    assert explain(procedure, case, (owed(due, {find.digest: 1}, 2),)) == (
        "X-PAK found something; X-IRN has not said whether it is its own. "
        "X-IRN: say if it is its own, due 1970-01-01 06:00Z."
    )
    world.say(IRN, procedure.name, "claim", [find])
    window, place = {"start_ms": 1, "end_ms": 2}, {"area": SQUARE, "edition": EDITION}
    draft = world.say(IRN, procedure.name, "propose", [find], {"during": window, "where": place})
    for code in (IRN, PAK):
        world.say(code, procedure.name, "agree", [draft], {"digest": draft.digest})
        world.meet()
    assert world.case(find).state == "arranged"
    for code in (IRN, PAK):
        world.say(code, procedure.name, "hand over", [find])
        world.meet()
    assert world.case(find).state == "returned"


def test_the_example_is_played_by_both_sides_at_once_like_every_procedure(procedure: Procedure) -> None:
    play(procedure, Catalogue(("1",), {procedure.name: procedure}))


def test_the_example_has_a_page_and_a_diagram(procedure: Procedure) -> None:
    assert "claimed" in diagram(procedure)
    assert "both sign the handover" in diagram(procedure)
    assert procedure_page(procedure).startswith("# Lost property\n")
