"""Options for the coded fields of an act, read off its struct, and the fields made of what was given.

Rules kept here: a field's option is its name without the unit (``--since`` for ``since_ms``), groups of fields are
joined (``--harm-killed``); what a person types is checked against the field's own type and refused by naming the
option and what it allows. Nothing else about a procedure is known here.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from rabita.line.errors import UserFault
from rabita.procedures.engine.coded import Coded, Place, Window
from rabita.procedures.engine.say import label
from rabita.procedures.marking_grades import Grade
from rabita.procedures.territory import coarsen
from rabita.procedures.territory_text import parse_point

SILENT: Final = ("roles", "exercise")
COARSE_KM: Final = 10
"""How wide the area is that stands for a point."""
_GRADE: Final = re.compile(r"([A-FX])([1-6])(?:/(\d{1,3}))?", re.ASCII)
_SPAN: Final = re.compile(r"\+(\d{1,5})([mhd])", re.ASCII)
_CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_MINUTES: Final = {"m": 1, "h": 60, "d": 1440}
_WORDS: Final = {
    Window: "from/until, as in 2024-01-16T17:25Z/2024-01-16T17:45Z",
    Place: "an area, its corners as LAT,LON or MGRS joined by a semicolon (one point stands for 10 km around it)",
    Grade: "source and information, as in B3, or B3/70 with a probability in percent",
}


class Given(NamedTuple):
    """What an option's text is read with: the time now (ms since 1970 UTC), the map edition, what finds an act."""

    now_ms: int
    edition: str
    act_of: Callable[[str], str]


class FieldOption(NamedTuple):
    """An option: its name, the path of its field, the field's type, whether it may be repeated, what is said of it."""

    flag: str
    path: tuple[str, ...]
    kind: inspect.Type
    many: bool
    required: bool
    help: str

    @property
    def name(self) -> str:
        """The option's name as a Python parameter."""
        return "_".join(("field", *self.path))

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return isinstance(self.kind, inspect.BoolType)


def options_of(fields: type[Coded], act: str, reserved: Sequence[str]) -> list[FieldOption]:
    """List the options of an act's coded fields; one named like a *reserved* option has the act's name before it."""
    found = []
    for each in _walk(inspect.type_info(fields), (), required=True):
        flag = f"{act.replace(' ', '-')}-{each.flag}" if each.flag in reserved else each.flag
        found.append(each._replace(flag=f"--{flag}"))
    return found


def fields_given(options: Sequence[FieldOption], values: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """Make an act's coded fields of what was given; raises ``UserFault("field-invalid")`` naming the option."""
    fields: dict[str, Any] = {}
    for option in options:
        value = values.get(option.name)
        if value is None or value == []:
            continue
        try:
            read = [_read(option, each, given) for each in value] if option.many else _read(option, value, given)
        except (ValueError, UserFault) as fault:
            detail = fault.detail or fault.code if isinstance(fault, UserFault) else str(fault)
            raise UserFault("field-invalid", f"{option.flag}: {detail}") from fault
        inside = fields
        for name in option.path[:-1]:
            inside = inside.setdefault(name, {})
        inside[option.path[-1]] = read
    return fields


def option_named(options: Sequence[FieldOption], detail: str) -> FieldOption | None:
    """Find the option of the field that a refusal names at its beginning."""
    path = tuple(re.split(r"[.\[]", detail.split(":", 1)[0].strip()))
    return next((each for each in options if each.path == path[: len(each.path)]), None)


def read_time(text: str, now_ms: int) -> int:
    """Read a time: ISO 8601 (UTC where it names no zone), ``now``, or ``+30m``, ``+8h``, ``+7d`` from now.

    Raises ``ValueError``.
    """
    if text == "now":
        return now_ms
    if span := _SPAN.fullmatch(text):
        return now_ms + int(span[1]) * _MINUTES[span[2]] * 60_000
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a time, as in 2024-01-16T17:30Z, now, +30m, +8h or +7d") from None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _walk(kind: inspect.Type, path: tuple[str, ...], *, required: bool) -> Iterator[FieldOption]:
    """Yield the options of a struct; groups of fields are walked into, their own types read whole."""
    for each in kind.fields if isinstance(kind, inspect.StructType) else ():
        if not path and each.name in SILENT:
            continue
        at = (*path, each.name)
        inner = _without_none(each.type)
        needed = required and each.required
        if isinstance(inner, inspect.StructType) and inner.cls not in _WORDS:
            yield from _walk(inner, at, required=needed)
            continue
        many = isinstance(inner, inspect.VarTupleType)
        one = inner.item_type if isinstance(inner, inspect.VarTupleType) else inner
        flag = "-".join([*path, _short(each.name)]).replace("_", "-")
        yield FieldOption(flag, at, one, many, needed, _help(at, one, many=many, required=needed))


def _help(path: tuple[str, ...], kind: inspect.Type, *, many: bool, required: bool) -> str:
    said = ", ".join([label(name).lower() for name in path]).capitalize()
    values = _values(kind)
    if values:
        said += ": " + ", ".join(values)
    elif isinstance(kind, inspect.StructType) and kind.cls in _WORDS:
        said += ": " + _WORDS[kind.cls]
    elif path[-1].endswith("_ms"):
        said += ": a time, as in 2024-01-16T17:30Z, now or +8h"
    elif isinstance(kind, inspect.StructType | inspect.DictType):
        said += ": as JSON"
    return said + ("; may be repeated" if many else "") + ("; required" if required else "") + "."


def _values(kind: inspect.Type) -> list[str]:
    if isinstance(kind, inspect.LiteralType):
        return [str(each) for each in kind.values]
    return [str(each.value) for each in kind.cls] if isinstance(kind, inspect.EnumType) else []


def _without_none(kind: inspect.Type) -> inspect.Type:
    if not isinstance(kind, inspect.UnionType):
        return kind
    types = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
    return types[0] if len(types) == 1 else inspect.UnionType(tuple(types))


def _short(name: str) -> str:
    return name.removesuffix("_ms")


def _read(option: FieldOption, value: Any, given: Given) -> Any:  # noqa: ANN401 - a coded field of any kind
    """Read what was given for a field, by the field's type; raises ``ValueError`` saying what is allowed."""
    kind = option.kind
    if isinstance(value, bool):
        return value
    if isinstance(kind, inspect.UnionType):
        if _CODE.fullmatch(value):
            return value
        kind = next(each for each in kind.types if isinstance(each, inspect.StructType))
    for fits, read in _READERS:
        if fits(kind):
            return read(kind, option, value, given)
    return value


def _listed(kind: inspect.Type, _option: FieldOption, value: str, _given: Given) -> str | int:
    values = _values(kind)
    if value not in values:
        raise ValueError(f"allowed is {', '.join(values)}")
    return next((each for each in getattr(kind, "values", ()) if str(each) == value), value)


def _whole(_kind: inspect.Type, option: FieldOption, value: str, given: Given) -> int:
    return read_time(value, given.now_ms) if option.path[-1].endswith("_ms") else _number(value)


def _struct(kind: inspect.Type, _option: FieldOption, value: str, given: Given) -> Any:  # noqa: ANN401 - JSON
    read = _READ.get(kind.cls) if isinstance(kind, inspect.StructType) else None
    if read is not None:
        return read(value, given)
    try:
        return json.loads(value)
    except ValueError as fault:
        raise ValueError(f"JSON, and this is none: {fault}") from fault


def _string(kind: inspect.Type, option: FieldOption, value: str, given: Given) -> str:
    pattern = kind.pattern if isinstance(kind, inspect.StrType) else ""
    return given.act_of(value) if "{64}" in (pattern or "") and option.path[-1] != "edition" else value


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("a whole number") from None


def _window(text: str, given: Given) -> dict[str, int]:
    start, slash, end = text.partition("/")
    if not slash:
        raise ValueError(_WORDS[Window])
    return {"start_ms": read_time(start, given.now_ms), "end_ms": read_time(end, given.now_ms)}


def _place(text: str, given: Given) -> dict[str, Any]:
    corners = [parse_point(each) for each in text.split(";") if each.strip()]
    if not corners:
        raise ValueError(_WORDS[Place])
    area = coarsen(corners[0], COARSE_KM) if len(corners) == 1 else corners
    return {"area": [list(each) for each in area], "edition": given.edition}


def _grade(text: str, _given: Given) -> dict[str, Any]:
    found = _GRADE.fullmatch(text.upper())
    if found is None:
        raise ValueError(_WORDS[Grade])
    source, information, probability = found.groups()
    chance = {"probability_pct": int(probability)} if probability else {}
    return {"source": source, "information": information, **chance}


_READ: Final[Mapping[type[msgspec.Struct], Callable[[str, Given], dict[str, Any]]]] = {
    Window: _window,
    Place: _place,
    Grade: _grade,
}
"""Types a person writes in one piece."""

_READERS: Final[Sequence[tuple[Callable[[inspect.Type], bool], Callable[..., Any]]]] = (
    (lambda kind: bool(_values(kind)), _listed),
    (lambda kind: isinstance(kind, inspect.IntType), _whole),
    (lambda kind: isinstance(kind, inspect.StructType | inspect.DictType), _struct),
    (lambda kind: isinstance(kind, inspect.StrType), _string),
)
"""How a value of each kind is read; the first that fits."""
