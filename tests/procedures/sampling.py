"""Coded fields drawn from a definition's own types, so that every procedure is driven without a line written for it."""

from collections.abc import Callable, Sequence
from itertools import combinations, islice, product
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from msgspec import inspect

from rabita.procedures.engine.coded import Place, Window
from rabita.procedures.engine.definition import Rule
from rabita.procedures.marking_grades import Grade
from tests.procedures.world import EDITION

SQUARE = [[60_800_000, 29_400_000], [60_900_000, 29_400_000], [60_900_000, 29_500_000], [60_800_000, 29_500_000]]
SAMPLES: dict[type, dict[str, Any]] = {
    Place: {"area": SQUARE, "edition": EDITION},
    Window: {"start_ms": 1_705_400_000_000, "end_ms": 1_705_500_000_000},
    Grade: {"source": "B", "information": "3"},
}
_SKIPPED = ("roles", "exercise")


@st.composite
def fields_of(draw: DrawFn, rule: Rule, drafts: Sequence[str]) -> dict[str, Any]:
    """Draw valid coded fields of an act; *drafts* are digests a signature may name."""
    kind = inspect.type_info(rule.fields)
    assert isinstance(kind, inspect.StructType)
    for _ in range(20):
        fields = draw(_struct(kind, tuple(drafts), whole=draw(st.booleans())))
        if _is_valid(rule, fields):
            return fields
    return least(rule, drafts)


def least(rule: Rule, drafts: Sequence[str] = ()) -> dict[str, Any]:
    """Give the least fields an act may have: what is required, each the first value that makes the whole valid."""
    kind = inspect.type_info(rule.fields)
    assert isinstance(kind, inspect.StructType)
    required = [each for each in kind.fields if each.required]
    optional = [each for each in kind.fields if not each.required and each.name not in _SKIPPED]
    for more in range(len(optional) + 1):
        for some in combinations(optional, more):
            chosen = [(each.encode_name, _choices(each.type, tuple(drafts))[:12]) for each in (*required, *some)]
            for values in islice(product(*(values for _, values in chosen)), 4096):
                fields = dict(zip([name for name, _ in chosen], values, strict=True))
                if _is_valid(rule, fields):
                    return fields
    raise AssertionError(rule.fields)


def _is_valid(rule: Rule, fields: dict[str, Any]) -> bool:
    try:
        msgspec.convert(fields, rule.fields)
    except msgspec.ValidationError:
        return False
    return True


def _choices(kind: inspect.Type, drafts: tuple[str, ...]) -> list[Any]:
    """List values of a type, the plainest first."""
    for of, choose in _CHOOSERS.items():
        if isinstance(kind, of):
            return choose(kind, drafts)
    return [None] if isinstance(kind, inspect.NoneType) else [{}]


def _integers(kind: inspect.IntType, _drafts: tuple[str, ...]) -> list[Any]:
    return [max(0, kind.ge or 0), 1_705_400_000_000 if (kind.le or 0) > 2**50 else max(1, kind.ge or 0)]


def _strings(kind: inspect.StrType, drafts: tuple[str, ...]) -> list[Any]:
    pattern = kind.pattern or ""
    return [*drafts[:4], EDITION] if "64" in pattern else ["X-PAK" if "A-Z" in pattern else "code"]


def _structs(kind: inspect.StructType, drafts: tuple[str, ...]) -> list[Any]:
    if kind.cls in SAMPLES:
        return [SAMPLES[kind.cls]]
    return [{each.encode_name: _choices(each.type, drafts)[0] for each in kind.fields if each.required}]


def _tuples(kind: inspect.VarTupleType, drafts: tuple[str, ...]) -> list[Any]:
    item = _choices(kind.item_type, drafts)[:1]
    return [item * (kind.min_length or 0), item]


_CHOOSERS: dict[type, Callable[[Any, tuple[str, ...]], list[Any]]] = {
    inspect.LiteralType: lambda kind, _: list(kind.values),
    inspect.EnumType: lambda kind, _: [each.value for each in kind.cls],
    inspect.BoolType: lambda _kind, _: [False, True],
    inspect.IntType: _integers,
    inspect.StrType: _strings,
    inspect.StructType: _structs,
    inspect.VarTupleType: _tuples,
    inspect.UnionType: lambda kind, drafts: [value for one in kind.types for value in _choices(one, drafts)],
}


def _struct(kind: inspect.StructType, drafts: tuple[str, ...], *, whole: bool) -> SearchStrategy[dict[str, Any]]:
    known = [each for each in kind.fields if each.name not in _SKIPPED]
    required = {each.encode_name: _any(each.type, drafts) for each in known if each.required}
    optional = {each.encode_name: _any(each.type, drafts) for each in known if not each.required}
    return st.fixed_dictionaries(required, optional=optional if whole else {})


def _any(kind: inspect.Type, drafts: tuple[str, ...]) -> SearchStrategy[Any]:
    """Draw a value of a type."""
    if isinstance(kind, inspect.StructType) and kind.cls not in SAMPLES:
        return _struct(kind, drafts, whole=True)
    if isinstance(kind, inspect.VarTupleType):
        return st.lists(
            _any(kind.item_type, drafts), min_size=kind.min_length or 0, max_size=(kind.min_length or 0) + 1
        )
    if isinstance(kind, inspect.UnionType):
        return st.one_of([_any(one, drafts) for one in kind.types])
    return st.sampled_from(_choices(kind, drafts))
