"""The API's description: complete, and true of whatever the node answers (schemathesis on a running node)."""

from itertools import groupby
from typing import Any, Final, TypeAlias

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks as openapi_checks

from rabita.gateways.rest.application import ROUTES
from rabita.gateways.rest.openapi import codes_of, describe
from rabita.gateways.rest.problems import status_of
from rabita.gateways.rest.transcripts import MEDIA_TYPE
from rabita.line.errors import UserFault
from rabita.procedures.catalogue import CATALOGUE
from tests.gateways.people import Side

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
Case: TypeAlias = schemathesis.Case[Any]

DESCRIPTION: Final = msgspec.json.decode(msgspec.json.encode(describe(ROUTES)))
EXAMPLES: Final = 2
ACTS_EACH: Final = 1
"""How many acts of each procedure are tried over HTTP; their bodies are tried, every act's, in ``test_bodies``."""
CHECKS: Final = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]

schemathesis.serializer.alias(MEDIA_TYPE, "text/plain")


def operations() -> list[Operation]:
    """List what is tried: every route that ends by itself, and some acts of every procedure."""
    schema = schemathesis.openapi.from_dict(DESCRIPTION)
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    acts = [each for each in found if "/procedures/" in each.path and each.method == "post"]
    some = [list(each)[:ACTS_EACH] for _, each in groupby(acts, key=lambda act: act.path.split("/")[4])]
    return [each for each in found if each not in acts and each.path != "/events"] + [
        act for each in some for act in each
    ]


def test_every_route_and_every_act_is_described_with_all_it_can_answer() -> None:
    paths = DESCRIPTION["paths"]
    assert DESCRIPTION["openapi"].startswith("3.1")
    names = [each["operationId"] for path in paths.values() for each in path.values()]
    assert len(names) == len(set(names))
    acts = {f"{each.slug}/{act.replace(' ', '-')}" for each in CATALOGUE.procedures.values() for act in each.rules}
    assert {path.split("/procedures/")[1] for path in paths if path.startswith("/lines/{line}/procedures/")} == acts
    for route in ROUTES:
        if route.variants is None:
            told = paths[route.path][route.method.lower()]["responses"]
            assert {int(status) for status in told} >= {
                *route.answers,
                *(status_of(UserFault(each)) for each in codes_of(route) if each != "store-unavailable"),
            }


@pytest.mark.sockets
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: str(operation.label))
def test_whatever_is_asked_is_answered_as_described(side: Side, operation: Operation) -> None:
    token = side.token()

    @settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(right=operation.as_strategy(), wrong=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def ask(right: Case, wrong: Case) -> None:
        for case in (right, wrong):
            if "line" in case.path_parameters:
                case.path_parameters["line"] = side.line
            answer = case.call(base_url=side.url, headers={"authorization": f"Bearer {token}"})
            case.validate_response(answer, checks=CHECKS)

    ask()
