"""Every act, state and duty in a reader's language, rendered whole from coded fields in one place (E19).

English sentences are the message ids; a catalogue of another language gives their translations. Only portions need a
translator. Times are written as the reader's zone and calendar have them; here, as UTC.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from string import Formatter
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from rabita.procedures.engine.coded import Coded, Part, Place
from rabita.procedures.engine.definition import CORRECT, NEW, Procedure
from rabita.procedures.engine.duties import Owed, View
from rabita.procedures.engine.fold import Case, Folded, Status
from rabita.procedures.marking_grades import Grade, grade_sentence

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DEGREE: Final = 1_000_000
_UNITS: Final = {
    "_ms": "",
    "_m": "{number} m",
    "_s": "{number} s",
    "_km": "{number} km",
    "_percent": "{number} %",
    "_pct": "{number} %",
    "_days": "{number} days",
}
_STOPS: Final = ".۔"
_DIGEST_CHARS: Final = 64
_SILENT: Final = ("roles", "exercise")

STATUS_WORDS: Final = {
    Status.EFFECTIVE: "In effect.",
    Status.CROSSED: "Crossed with an act of the other side that neither had seen; settled jointly.",
    Status.OVERTAKEN: "Overtaken: its author had not yet seen what moved the case.",
    Status.VOID: "Void: {because}",
    Status.UNVERIFIED: "Officer not verified: it has no effect until its approvals are.",
    Status.LATE: "Late, not in force.",
    Status.WAITING: "Waiting for what it answers.",
}
VIEW_WORDS: Final = {
    View.UNSEEN: "{debtor} has not received it yet",
    View.OWED: "due {due}",
    View.OVERDUE: "overdue since {due}",
    View.MET: "done {met}",
    View.MET_LATE: "done late, {met}",
    View.ENDED: "no longer owed",
}
WORDS: Final = {
    "not computed": "This version cannot compute this case.",
    "waiting": "Waiting for {digest}.",
    "undated": "open for {days} days, no date was set",
    "owes": "{debtor}: {duty}, {view}.",
    "standing": "Both sides have signed; it stands.",
    "signed": "Both sides have signed; it stands once everything they had before them is held here.",
    "and": " and ",
    "list": ", ",
    "members": "; ",
    "field": "{label}: {text}.",
    "yes": "yes",
    "no": "no",
    "degrees": "{north} to {south}, {west} to {east}",
}


def utc(time_ms: int) -> str:
    """Write a time in UTC to the minute, as in ``2024-01-16 17:30Z``; beyond the calendar, in milliseconds."""
    try:
        return f"{_EPOCH + timedelta(milliseconds=time_ms):%Y-%m-%d %H:%MZ}"
    except OverflowError:
        return f"{time_ms} ms"


class Reader(NamedTuple):
    """How a reader reads: translations of message ids, parties' names, how times are written."""

    translate: Callable[[str], str] = str
    names: Mapping[str, str] = {}
    time: Callable[[int], str] = utc

    def party(self, code: str) -> str:
        """Name a party."""
        return self.names.get(code, code)


ENGLISH: Final = Reader()


def say_act(procedure: Procedure, case: Case, each: Folded, reader: Reader = ENGLISH) -> str:
    """Say what an act says: its sentence, then every coded field that the sentence has not used."""
    rule = procedure.rules.get(each.act)
    if rule is None:
        return f"{reader.party(each.held.author)}: {each.act}."
    fields = each.fields if each.act == CORRECT else each.corrected or each.fields
    used = placeholders(rule.says)
    values = _values(fields, reader) if fields is not None else {}
    told = {name: values.get(name, "") for name in used}
    sentence = reader.translate(rule.says).format_map({**told, **_parties(case, each.held.author, reader)})
    field = reader.translate(WORDS["field"])
    unsaid = [(name, text) for name, text in values.items() if name not in used and text]
    rest = [field.format(label=reader.translate(label(name)), text=text) for name, text in unsaid]
    return " ".join([sentence, *rest])


def say_status(each: Folded, sentences: Mapping[str, str], reader: Reader = ENGLISH) -> str:
    """Say what became of an act; *sentences* are those of the fault codes."""
    because = reader.translate(sentences.get(each.because, each.because))
    return reader.translate(STATUS_WORDS[each.status]).format(because=because)


def say_state(procedure: Procedure, case: Case, reader: Reader = ENGLISH) -> str:
    """Say the state of a case in a sentence."""
    if not case.computed or case.state == NEW:
        return reader.translate(WORDS["not computed"]) if not case.computed else say_unopened(case, reader)
    return reader.translate(procedure.all_states[case.state]).format_map(_parties(case, case.opener, reader))


def say_unopened(case: Case, reader: Reader = ENGLISH) -> str:
    """Say that the act which opens a case has no effect yet."""
    return reader.translate(WORDS["waiting"]).format(digest=case.id[:12])


def say_duty(procedure: Procedure, due: Owed, reader: Reader = ENGLISH) -> str:
    """Say who owes what, and how it stands; a duty of a view, which the definition does not list, by its name."""
    says = next((duty.says for duty in procedure.duties if duty.name == due.obligation.duty), due.obligation.duty)
    debtor = reader.translate(WORDS["and"]).join([reader.party(each) for each in due.obligation.debtors])
    undated = due.view is View.OWED and not due.due_ms
    view = reader.translate(WORDS["undated"] if undated else VIEW_WORDS[due.view]).format(
        debtor=debtor, due=reader.time(due.due_ms), met=reader.time(due.met_ms), days=due.days_open
    )
    return reader.translate(WORDS["owes"]).format(debtor=debtor, duty=reader.translate(says), view=view)


def explain(procedure: Procedure, case: Case, dues: tuple[Owed, ...] = (), reader: Reader = ENGLISH) -> str:
    """Explain a case to people: where it stands, what stands by both signatures, and what is owed now."""
    said = [say_state(procedure, case, reader)]
    for each in case.joint:
        standing = WORDS["standing" if each.stands else "signed"]
        said += [reader.translate(procedure.joint(each.name).says), reader.translate(standing)]
    now = [due for due in dues if due.view in (View.UNSEEN, View.OWED, View.OVERDUE)]
    return " ".join([*said, *(say_duty(procedure, due, reader) for due in now)])


def say_fields(fields: Coded | Part, reader: Reader = ENGLISH) -> dict[str, str]:
    """Say every coded field that is given: its label and its value, in the order of the struct."""
    return {reader.translate(label(name)): text for name, text in _values(fields, reader).items() if text}


def say_value(name: str, value: object, reader: Reader = ENGLISH) -> str:
    """Say one value of the coded field *name*; a code in words, a time as the reader has it, a place in degrees."""
    return _value(name, value, reader)


def label(name: str) -> str:
    """Give the label of a coded field: its name without the unit, in words."""
    unit = next((each for each in _UNITS if name.endswith(each)), "")
    return name.removesuffix(unit).replace("_", " ").capitalize()


def placeholders(sentence: str) -> set[str]:
    """List the names a sentence has places for."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def messages(procedure: Procedure) -> list[str]:
    """List every message id of a procedure, each once, in a stable order: what a catalogue must translate."""
    found: dict[str, None] = dict.fromkeys([procedure.title, *procedure.all_states.values()])
    for rule in procedure.rules.values():
        found.update(dict.fromkeys([rule.says, *_of_type(inspect.type_info(rule.fields))]))
    found.update(dict.fromkeys([duty.says for duty in procedure.duties] + [joint.says for joint in procedure.joints]))
    return list(found)


def common_messages() -> list[str]:
    """List the message ids that belong to no procedure."""
    return list(
        dict.fromkeys([*STATUS_WORDS.values(), *VIEW_WORDS.values(), *WORDS.values(), *filter(None, _UNITS.values())])
    )


def _of_type(kind: inspect.Type) -> Iterator[str]:
    """Yield the labels and values of a type and of all inside it."""
    if isinstance(kind, inspect.StructType):
        if kind.cls is Grade:
            yield from [label(each.name) for each in kind.fields]
            return
        for each in kind.fields:
            if each.name not in _SILENT:
                yield label(each.name)
                yield from _of_type(each.type)
    elif isinstance(kind, inspect.LiteralType):
        yield from (_value_words(str(value)) for value in kind.values)
    elif isinstance(kind, inspect.EnumType):
        yield from (_value_words(str(each.value)) for each in kind.cls)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _of_type(one)
    elif isinstance(kind, inspect.VarTupleType):
        yield from _of_type(kind.item_type)


def _parties(case: Case, author: str, reader: Reader) -> dict[str, str]:
    other = case.responder if author == case.opener else case.opener
    codes = {"author": author, "other": other, "opener": case.opener, "responder": case.responder}
    return {name: reader.party(code) for name, code in codes.items()}


def _values(fields: Coded | Part, reader: Reader) -> dict[str, str]:
    """Write every field that is given, in the order of the struct."""
    defaults = _defaults(type(fields))
    return {
        name: _value(name, value, reader)
        for name, value in ((name, getattr(fields, name)) for name in fields.__struct_fields__)
        if name not in _SILENT and value != defaults[name]
    }


@cache
def _defaults(kind: type[Coded | Part]) -> Mapping[str, Any]:
    return {each.name: each.default for each in msgspec.structs.fields(kind)}


def _value(name: str, value: Any, reader: Reader) -> str:  # noqa: ANN401 - a coded field of any kind
    """Write one value in words: codes translated, times by the reader, places in degrees, digests short."""
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(name, value, reader)
    text = str(value.value) if isinstance(value, Enum) else str(value)
    return text[:12] if len(text) == _DIGEST_CHARS else reader.translate(_value_words(text))


def _number(name: str, value: int, reader: Reader) -> str:
    unit = next((each for each in _UNITS if name.endswith(each)), "")
    if unit == "_ms":
        return reader.time(value)
    return reader.translate(_UNITS[unit]).format(number=value) if unit else str(value)


def _inside(_name: str, value: Part, reader: Reader) -> str:
    return _together(_values(value, reader), reader)


def _together(texts: Mapping[str, str], reader: Reader) -> str:
    return reader.translate(WORDS["members"]).join(
        [f"{reader.translate(label(key)).lower()} {text}" for key, text in texts.items()]
    )


def _untyped(name: str, value: dict[str, Any], reader: Reader) -> str:
    """Write fields whose type is not told, as in a correction: a place and a grade as what they are."""
    for kind in (Place, Grade):
        try:
            return _value(name, msgspec.convert(value, kind), reader)
        except msgspec.ValidationError:
            continue
    return _together({key: _value(key, each, reader) for key, each in value.items()}, reader)


def _listed(name: str, value: tuple[Any, ...], reader: Reader) -> str:
    return reader.translate(WORDS["list"]).join([_value(name, each, reader) for each in value])


_WRITERS: Final[dict[type, Callable[[str, Any, Reader], str]]] = {
    bool: lambda _name, value, reader: reader.translate(WORDS["yes" if value else "no"]),
    int: _number,
    Grade: lambda _name, value, reader: grade_sentence(value, reader.translate).rstrip(_STOPS),
    Place: lambda _name, value, reader: _degrees(value.bounds, reader),
    Part: _inside,
    tuple: _listed,
    dict: _untyped,
}
"""How a value of each kind is written; the first kind that fits."""


def _value_words(code: str) -> str:
    return code.replace("-", " ") if code.islower() else code


def _degrees(bounds: tuple[int, int, int, int], reader: Reader) -> str:
    west, south, east, north = bounds
    return reader.translate(WORDS["degrees"]).format(
        north=_angle(north, "NS"), south=_angle(south, "NS"), west=_angle(west, "EW"), east=_angle(east, "EW")
    )


def _angle(microdegrees: int, letters: str) -> str:
    """Write an angle; with nothing between, number and letter stay in order in a sentence that runs from the right."""
    whole, rest = divmod(abs(microdegrees) // (_DEGREE // 100), 100)
    return f"{whole}.{rest:02d}{letters[microdegrees < 0]}"
