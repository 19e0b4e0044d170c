"""Faults as problem details: every code has a status, and what msgspec finds is named by member and rule."""

from copy import copy
from http import HTTPStatus
from typing import Annotated

import msgspec
import pytest

from rabita.gateways.rest.problems import STATUS, TYPE_PREFIX, FieldError, field_error, problem_of, status_of
from rabita.line.errors import SENTENCES, InvariantBroken, LocalFault, PeerFault, UserFault
from rabita.procedures.engine.coded import Window


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    count: Annotated[int, msgspec.Meta(ge=0)]
    when: Window | None = None


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    rows: tuple[Inner, ...]
    names: dict[Annotated[str, msgspec.Meta(max_length=3)], int] = {}


@pytest.mark.parametrize(
    ("body", "code", "field", "rule"),
    [
        ({}, "field-missing", "rows", "required"),
        ({"rows": [], "x": 1}, "field-unknown", "x", "unknown"),
        ({"rows": [{"count": 1}, {"count": -1}]}, "field-invalid", "rows[1].count", ">= 0"),
        ({"rows": [{"count": 1, "y": 2}]}, "field-unknown", "rows[0].y", "unknown"),
        ({"rows": [{"count": "1"}]}, "field-invalid", "rows[0].count", "Expected `int`"),
        (
            {"rows": [{"count": 1, "when": {"start_ms": 2, "end_ms": 1}}]},
            "field-invalid",
            "rows[0].when",
            "a window ends no earlier than it starts",
        ),
        ({"rows": [], "names": {"long": 1}}, "field-invalid", "names", "length"),
        ([], "field-invalid", "", "object"),
    ],
)
def test_the_member_and_the_rule_are_named(body: object, code: str, field: str, rule: str) -> None:
    with pytest.raises(msgspec.ValidationError) as found:
        msgspec.convert(body, Outer)
    fault = field_error(found.value)
    assert (fault.code, fault.field) == (code, field)
    assert rule in fault.rule
    problem = problem_of(fault)
    assert (problem.field, problem.rule) == (fault.field, fault.rule)


def test_every_code_has_a_status_of_its_kind() -> None:
    for code in SENTENCES:
        assert 400 <= status_of(UserFault(code)) <= 503
        problem = problem_of(UserFault(code))
        assert problem.type == TYPE_PREFIX + code
        assert problem.title == SENTENCES[code]
    assert set(STATUS) <= set(SENTENCES)
    assert status_of(UserFault("portion-lacking")) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert status_of(PeerFault("note-malformed")) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert status_of(LocalFault("store-unavailable")) == HTTPStatus.SERVICE_UNAVAILABLE
    assert status_of(InvariantBroken("invariant-broken")) == HTTPStatus.SERVICE_UNAVAILABLE
    assert status_of(InvariantBroken("program-fault")) == HTTPStatus.INTERNAL_SERVER_ERROR


def test_a_field_error_survives_a_process() -> None:
    fault = FieldError("field-invalid", "a.b", "rule")
    assert copy(fault).field == "a.b"
