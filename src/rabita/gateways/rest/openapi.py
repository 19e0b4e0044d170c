"""The API's description, OpenAPI 3.1, drawn from the table of routes and the types they take and give.

The schemas are msgspec's own (JSON Schema 2020-12), the very types that read and write; every status a route can answer
is listed with what it means, by the codes of its faults.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from itertools import chain, count
from typing import Any, Final, cast

import msgspec

from rabita import __version__
from rabita.gateways.rest.problems import MEDIA_TYPE, STATUS, Problem, status_of
from rabita.gateways.rest.routing import OPEN, At, PageQuery, Query, Route, Variant
from rabita.line.errors import SENTENCES, UserFault
from rabita.services.audit import FREE, Action

TITLE: Final = "Rabita"
DESCRIPTION: Final = (
    "Every act and every read of a node, for the programs of its own party. Times are milliseconds since 1970 UTC. "
    "Faults are problem details (RFC 9457); their codes are stable."
)
JSON: Final = "application/json"
REF: Final = "#/components/schemas/{name}"
HEADERS: Final[Mapping[str, str]] = {
    "Idempotency-Key": "The same key with the same request seals one act, however often it is sent, for a week.",
    "If-Match": "The ETag of the case as read; refused if the case has changed since.",
    "If-None-Match": "The ETag of the answer as held; 304 if it is still that.",
    "Last-Event-ID": "The id of the last event seen; those after it are sent first.",
}
_ALWAYS: Final = ("store-unavailable",)
_AUDITED: Final = ("audit-unavailable",)
_GUARDED: Final = (
    *("token-missing", "token-unknown", "token-expired", "token-revoked"),
    *("session-over", "csrf-refused", "rate-exceeded", "policy-refused"),
)
_IN_LINE: Final = ("line-unknown",)
_JSON_BODY: Final = (
    *("request-malformed", "request-oversized", "media-unsupported"),
    *("field-missing", "field-unknown", "field-invalid"),
)
_FILE_BODY: Final = ("request-malformed", "request-oversized", "media-unsupported")
_PARAMETER: Final = re.compile(r"\{(\w+)\}")


class Shared:
    """Parts that many operations have in common, each written once and referred to."""

    def __init__(self) -> None:
        """Begin with none."""
        self.components: dict[str, dict[str, Any]] = {}

    def put(self, kind: str, name: str, part: dict[str, Any]) -> dict[str, Any]:
        """Give a reference to a part, by this name or, where another part has it, the next that is free."""
        held = self.components.setdefault(kind, {})
        names = chain([name], (f"{name}-{number}" for number in count(2)))
        free = next(each for each in names if held.setdefault(each, part) == part)
        return {"$ref": f"#/components/{kind}/{free}"}


def describe(routes: Sequence[Route]) -> dict[str, Any]:
    """Write the description of these routes."""
    types = list(dict.fromkeys(_types(routes)))
    schemas, components = msgspec.json.schema_components(types, ref_template=REF)
    by_type = dict(zip(types, schemas, strict=True))
    shared = Shared()
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        for variant in _variants(route):
            paths.setdefault(variant.path, {})[route.method.lower()] = _operation(route, variant, by_type, shared)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": __version__, "description": DESCRIPTION, "license": {"name": "Apache-2.0"}},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            **shared.components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A service token: `rabita token create`.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-rabita",
                    "description": "An officer's session; over plain HTTP on this machine the cookie is `rabita`. "
                    "A POST also needs `X-Rabita-CSRF`, the `csrf` of `/access/session`, and to come from our pages.",
                },
            },
        },
    }


def description_json(routes: Sequence[Route]) -> bytes:
    """Write the description as JSON, the same bytes for the same routes."""
    return msgspec.json.format(msgspec.json.encode(describe(routes)), indent=1)


def _variants(route: Route) -> Iterable[Variant]:
    """List the addresses a route stands for: itself, unless it says otherwise."""
    if route.variants is not None:
        return route.variants()
    return (Variant(route.path, route.name, route.title, route.body, route.tag),)


def _types(routes: Sequence[Route]) -> Iterable[Any]:
    yield Problem
    for route in routes:
        yield from (answer for answer in route.answers.values() if answer is not Any)
        yield from (field.type for field in msgspec.structs.fields(route.query))
        yield from (variant.body for variant in _variants(route) if variant.body is not None)


def _operation(route: Route, variant: Variant, by_type: Mapping[Any, Any], shared: Shared) -> dict[str, Any]:
    parameters = [*_path(variant.path), *_query(route, by_type), *_headers(route)]
    operation: dict[str, Any] = {
        "operationId": variant.name,
        "summary": variant.title,
        "description": _action_said(route),
        "tags": [variant.tag],
        "parameters": [shared.put("parameters", each["name"], each) for each in parameters],
        "responses": _responses(route, by_type, shared),
    }
    if route.is_open:
        operation["security"] = []
    if variant.body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": by_type[variant.body]}}}
    elif route.takes:
        operation["requestBody"] = {"required": True, "content": {route.takes: {"schema": {"type": "string"}}}}
    return operation


def _action_said(route: Route) -> str:
    if route.is_open:
        return "Open to anyone."
    trial = f"; `{route.trial_action}` with `check=true`" if route.trial_action else ""
    return f"What policies call `{route.action}`{trial}."


def _path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(path)
    ]


def _query(route: Route, by_type: Mapping[Any, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": field.encode_name,
            "in": "query",
            "required": field.required,
            "schema": by_type[field.type] | ({} if field.required else {"default": field.default}),
        }
        for field in msgspec.structs.fields(route.query)
    ]


def _headers(route: Route) -> list[dict[str, Any]]:
    names = [*route.headers, *(["If-None-Match"] if _is_tagged(route) else [])]
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": HEADERS[name],
            "schema": {"type": "string", "maxLength": 128, "pattern": "^[!-~]+$"},
        }
        for name in names
    ]


def _is_tagged(route: Route) -> bool:
    return route.method == "GET" and route.gives == JSON


def codes_of(route: Route) -> tuple[str, ...]:
    """List the codes a route can answer with."""
    query = ("parameter-invalid", *(("cursor-malformed",) if issubclass(route.query, PageQuery) else ()))
    guarded = () if route.is_open else _GUARDED
    line = _IN_LINE if "{line}" in route.path else ()
    body = _JSON_BODY if route.body is not None else _FILE_BODY if route.takes else ()
    keyed = ("idempotency-key-malformed", "idempotency-key-reused") if "Idempotency-Key" in route.headers else ()
    audited = _AUDITED if route.audit not in FREE else ()
    return tuple(dict.fromkeys((*query, *guarded, *line, *body, *keyed, *route.faults, *audited, *_ALWAYS)))


def _responses(route: Route, by_type: Mapping[Any, Any], shared: Shared) -> dict[str, Any]:
    responses: dict[int, Any] = {}
    for status, answer in route.answers.items():
        schema = by_type[answer] if answer is not Any else {"type": "string"}
        responses[status] = {
            "description": HTTPStatus(status).phrase,
            "content": {route.gives: {"schema": schema}},
            **({"headers": {"ETag": _text_header()}} if _is_tagged(route) else {}),
            **({"headers": {"Location": _text_header()}} if status == HTTPStatus.CREATED else {}),
        }
    if _is_tagged(route):
        responses[HTTPStatus.NOT_MODIFIED] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    codes: dict[int, list[str]] = {}
    for code in codes_of(route):
        codes.setdefault(_status(code), []).append(code)
    for status, listed in codes.items():
        fault = {
            "description": " ".join(f"`{code}`: {SENTENCES[code]}" for code in listed),
            "content": {MEDIA_TYPE: {"schema": by_type[Problem]}},
        }
        responses[status] = shared.put("responses", f"Fault{status}", fault)
    return {str(int(status)): responses[status] for status in sorted(responses)}


def _status(code: str) -> int:
    return int(STATUS.get(code, status_of(UserFault(code))))


def _text_header() -> dict[str, Any]:
    return {"schema": {"type": "string"}}


def openapi(at: At, _query: Query) -> bytes:
    """Give the API's description."""
    return at.held.description()


OPENAPI_ROUTE: Final = Route(
    method="GET",
    path="/openapi.json",
    name="openapi",
    title="This description",
    action=OPEN,
    audit=Action.STATUS,
    answers={200: cast("Any", dict[str, Any])},
    run=openapi,
)
