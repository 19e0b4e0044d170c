"""The verification by ASVS is whole, names nothing that is not there, and says of each gap why."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from docs.security_build import GAP, MET, NOT_APPLICABLE, Item, items

ROOT: Final = Path(__file__).parent.parent
ITEMS: Final = items()
COUNTS: Final = {1: 70, 2: 183}
"""How many requirements ASVS 5.0.0 has at each level."""
GAPS_MAX: Final = 0.05


@cache
def named_in(path: str) -> frozenset[str]:
    """List the tests of a file by their names, state machines by the name under which they run."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    names = {
        each.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for each in node.targets
        if isinstance(each, ast.Name)
    }
    return frozenset(each for each in functions | names if each.lower().startswith("test"))


@cache
def headings_of(path: str) -> frozenset[str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    return frozenset(each.lower().replace(" ", "-") for each in re.findall(r"^#+ (.+)$", text, re.MULTILINE))


def is_there(shown: str) -> bool:
    path, _, test = shown.partition("::")
    page, _, heading = path.partition("#")
    if not (ROOT / page).is_file():
        return False
    return test in named_in(page) if test else not heading or heading in headings_of(page)


def test_every_requirement_of_both_levels_is_there_once() -> None:
    assert Counter(each.level for each in ITEMS) == COUNTS
    assert len({each.id for each in ITEMS}) == len(ITEMS)
    numbers = [tuple(int(part) for part in each.id.removeprefix("V").split(".")) for each in ITEMS]
    assert numbers == sorted(numbers)
    assert {number[0] for number in numbers} == set(range(1, 18))
    assert all(len(number) == 3 for number in numbers)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: str(item.id))
def test_what_shows_a_requirement_is_there(item: Item) -> None:
    assert item.state in (MET, NOT_APPLICABLE, GAP)
    assert item.how.endswith("."), "it says by what, or why not"
    assert item.about
    assert "|" not in item.about + item.how
    assert bool(item.shown_by) == (item.state != NOT_APPLICABLE)
    assert [each for each in item.shown_by if not is_there(each)] == []


def test_gaps_are_few() -> None:
    gaps = [each for each in ITEMS if each.state == GAP]
    assert len(gaps) <= GAPS_MAX * len(ITEMS)
    assert [each.id for each in gaps if each.level == 1] == []


def test_every_door_of_the_threat_model_goes_through_all_six_threats() -> None:
    text = (ROOT / "docs/security/threat-model.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", text, re.MULTILINE))
    for door in ("Browser", "Peer node", "Courier file", "Operator's shell and home folder", "REST token"):
        told = set(re.findall(r"[STRIDE]", " ".join(re.findall(r"^\| ([STRIDE, ]+) \|", sections[door], re.MULTILINE))))
        assert told == set("STRIDE"), door
