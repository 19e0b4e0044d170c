"""Bodies of acts: whatever is wrong with one, the answer names the member and the rule; for every act there is."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rabita.gateways.rest.acts import body_of, find_act, slug, variants
from rabita.gateways.rest.problems import FieldError, problem_of
from rabita.gateways.rest.routing import Query, read_body, read_query
from rabita.line.entry import KINDS
from rabita.line.errors import UserFault
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.definition import CORRECT
from tests.procedures.sampling import least

VARIANTS = list(variants())
ACTS = [(procedure.name, act) for procedure in CATALOGUE.procedures.values() for act in procedure.rules]
DIGEST = "ab" * 32


def whole(procedure: str, act: str) -> dict[str, Any]:
    """Write a body with everything in it."""
    rule = CATALOGUE.procedures[procedure].rules[act]
    return {
        "fields": deepcopy(least(rule, [DIGEST])),
        "precedence": rule.precedences[0].value,
        "basis": [DIGEST, "X-PAK-F-0041"],
        "portions": [{"text": "words", "role": "text", "marking": "", "language": "ur", "withheld": True}],
        "posts": ["LO-ZAHEDAN"],
        "marking": "",
        "kind": "exercise",
        "reply_by_ms": 1,
        "expires_ms": 0,
        "attachments": [DIGEST],
    }


def places(value: object, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Walk all members: path, the object or list they stand in, their key; what a correction corrects is free."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in pairs:
        at = f"{path}.{key}".lstrip(".") if isinstance(value, dict) else f"{path}[{key}]"
        if not (at.startswith("fields.fields.") or re.fullmatch(r"fields\.fields", at)):
            yield at, value, key
            yield from places(inside, at)


def refused(form: type[msgspec.Struct], body: object) -> FieldError:
    with pytest.raises(FieldError) as found:
        read_body(form, msgspec.json.encode(body))
    problem = problem_of(found.value)
    assert problem.rule
    assert problem.status == 422
    return found.value


def test_every_act_has_one_address_and_one_name() -> None:
    assert len({each.path for each in VARIANTS}) == len({each.name for each in VARIANTS}) == len(ACTS)
    for procedure, act in ACTS:
        found, name = find_act(CATALOGUE.procedures[procedure].slug, slug(act))
        assert (found.name, name) == (procedure, act)


def at(body: dict[str, Any], number: int) -> tuple[str, Any, Any]:
    return list(places(body))[number]


@pytest.mark.parametrize(("procedure", "act"), ACTS)
def test_a_bad_member_anywhere_is_named_with_its_rule(procedure: str, act: str) -> None:
    form = body_of(procedure, act)
    body = whole(procedure, act)
    read_body(form, msgspec.json.encode(body))
    for number in range(len(list(places(body)))):
        wrong = deepcopy(body)
        path, inside, key = at(wrong, number)
        inside[key] = {"no": {"such": "thing"}}
        assert refused(form, wrong).field.startswith(path)
        if isinstance(inside, dict):
            more = deepcopy(body)
            at(more, number)[1]["no_such_member"] = 1
            fault = refused(form, more)
            named = re.sub(r"[^.]+$", "no_such_member", path, count=1)
            assert (fault.code, fault.field) == ("field-unknown", named)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200)
@given(act=st.sampled_from(ACTS), value=VALUES, data=st.data())
def test_any_value_anywhere_is_taken_or_refused_by_member_and_rule(
    act: tuple[str, str], value: object, data: st.DataObject
) -> None:
    body = whole(*act)
    path, inside, key = at(body, data.draw(st.integers(0, len(list(places(body))) - 1)))
    inside[key] = value
    try:
        read_body(body_of(*act), msgspec.json.encode(body))
    except FieldError as fault:
        assert path.startswith(fault.field) or fault.field.startswith(path)  # a rule may be of the whole it stands in
        assert problem_of(fault).rule


@pytest.mark.parametrize(("procedure", "act"), ACTS)
def test_a_body_that_lacks_a_field_names_it(procedure: str, act: str) -> None:
    rule = CATALOGUE.procedures[procedure].rules[act]
    form = body_of(procedure, act)
    needed = [each.encode_name for each in msgspec.structs.fields(rule.fields) if each.required]
    if not needed:
        read_body(form, b"{}")
    for name in needed:
        body = whole(procedure, act)
        del body["fields"][name]
        fault = refused(form, body)
        assert (fault.code, fault.field) == ("field-missing", f"fields.{name}")


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "JSON"),
        (b'{"marking": "a", "marking": "b"}', "JSON"),
        (b'{"reply_by_ms": 1.5}', "JSON"),
        (b'{"reply_by_ms": 9007199254740992}', "JSON"),
        (b'{"marking": "\\ud800"}', "JSON"),
        (b"\xff", "UTF-8"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "nested"),
    ],
)
def test_what_is_no_json_of_ours_is_said_to_be_none(raw: bytes, detail: str) -> None:
    with pytest.raises(UserFault) as found:
        read_body(body_of("message", "send"), raw)
    assert found.value.code == "request-malformed"
    assert detail in found.value.detail


@given(st.binary())
def test_no_body_crashes(raw: bytes) -> None:
    with pytest.raises(UserFault):
        read_body(body_of("message", "send"), b"\x00" + raw)


def test_an_address_that_is_none_says_which_part_is_unknown() -> None:
    with pytest.raises(UserFault, match="procedure-unknown"):
        find_act("no-such", "send")
    with pytest.raises(UserFault, match="act-unknown"):
        find_act("message", "no-such")
    assert find_act("message", CORRECT)[1] == CORRECT


def test_parameters_are_read_strictly_and_named() -> None:
    class Wanted(Query, frozen=True):
        count: int = 1
        check: bool = False

    assert read_query(Wanted, [("count", "2"), ("check", "true")]) == Wanted(count=2, check=True)
    for parameters, field in (
        ([("count", "x")], "count"),
        ([("count", "1"), ("count", "2")], "count"),
        ([("cuont", "1")], "cuont"),
        ([("check", "maybe")], "check"),
    ):
        with pytest.raises(FieldError) as found:
            read_query(Wanted, parameters)
        assert (found.value.code, found.value.field) == ("parameter-invalid", field)
        assert found.value.rule


def test_the_kinds_are_those_of_entries() -> None:
    form = body_of("message", "send")
    for kind in ("", *KINDS):
        assert msgspec.to_builtins(read_body(form, msgspec.json.encode({"kind": kind})))["kind"] == kind
    assert refused(form, {"kind": "other"}).field == "kind"
