"""Faults as callers over HTTP meet them: problem details (RFC 9457) with this project's stable codes.

Which status a code has is data. A code that is not in ``STATUS`` has that of its blame: what was asked cannot be done
(422), this node cannot do it now (503), bytes of the other side (422); what is wrong in a member of a body is 422
whatever its code. Content, tracebacks and secrets are never told.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from rabita.line.errors import SENTENCES, InvariantBroken, LocalFault, PeerFault, RabitaError, UserFault

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "https://rabita.invalid/faults/"
"""Fault types are named, not fetched (RFC 9457, 3.1.1): the ``.invalid`` domain (RFC 2606) never resolves."""

STATUS: Final[Mapping[str, int]] = {
    "request-malformed": HTTPStatus.BAD_REQUEST,
    "content-encoding": HTTPStatus.BAD_REQUEST,
    "content-depth": HTTPStatus.BAD_REQUEST,
    "content-json": HTTPStatus.BAD_REQUEST,
    "reference-malformed": HTTPStatus.BAD_REQUEST,
    "parameter-invalid": HTTPStatus.BAD_REQUEST,
    "cursor-malformed": HTTPStatus.BAD_REQUEST,
    "token-missing": HTTPStatus.UNAUTHORIZED,
    "token-unknown": HTTPStatus.UNAUTHORIZED,
    "token-expired": HTTPStatus.UNAUTHORIZED,
    "token-revoked": HTTPStatus.UNAUTHORIZED,
    "session-over": HTTPStatus.UNAUTHORIZED,
    "officer-needed": HTTPStatus.FORBIDDEN,
    "policy-refused": HTTPStatus.FORBIDDEN,
    "csrf-refused": HTTPStatus.FORBIDDEN,
    "invitation-refused": HTTPStatus.FORBIDDEN,
    "passkey-refused": HTTPStatus.FORBIDDEN,
    "passkey-ended": HTTPStatus.FORBIDDEN,
    "passkey-needed": HTTPStatus.FORBIDDEN,
    "exercise-alone": HTTPStatus.FORBIDDEN,
    "passkey-cloned": HTTPStatus.FORBIDDEN,
    "approval-key-missing": HTTPStatus.FORBIDDEN,
    "oidc-refused": HTTPStatus.FORBIDDEN,
    "confirmation-needed": HTTPStatus.FORBIDDEN,
    "path-unknown": HTTPStatus.NOT_FOUND,
    "line-unknown": HTTPStatus.NOT_FOUND,
    "reference-unknown": HTTPStatus.NOT_FOUND,
    "attachment-missing": HTTPStatus.NOT_FOUND,
    "attachment-oversized": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "disk-low": HTTPStatus.SERVICE_UNAVAILABLE,
    "procedure-unknown": HTTPStatus.NOT_FOUND,
    "act-unknown": HTTPStatus.NOT_FOUND,
    "case-unknown": HTTPStatus.NOT_FOUND,
    "directory-none": HTTPStatus.NOT_FOUND,
    "basis-unknown": HTTPStatus.NOT_FOUND,
    "officer-unknown": HTTPStatus.NOT_FOUND,
    "tenure-unknown": HTTPStatus.NOT_FOUND,
    "session-unknown": HTTPStatus.NOT_FOUND,
    "draft-unknown": HTTPStatus.NOT_FOUND,
    "handover-unknown": HTTPStatus.NOT_FOUND,
    "duty-unknown": HTTPStatus.NOT_FOUND,
    "handover-officer": HTTPStatus.FORBIDDEN,
    "handover-passed": HTTPStatus.CONFLICT,
    "snooze-urgent": HTTPStatus.CONFLICT,
    "unhandled-unanswered": HTTPStatus.CONFLICT,
    "unhandled-many": HTTPStatus.CONFLICT,
    "passkey-unknown": HTTPStatus.NOT_FOUND,
    "method-not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "act-unprepared": HTTPStatus.NOT_FOUND,
    "audit-unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "audit-altered": HTTPStatus.SERVICE_UNAVAILABLE,
    "store-unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "web-origin-needed": HTTPStatus.SERVICE_UNAVAILABLE,
    "oidc-needed": HTTPStatus.SERVICE_UNAVAILABLE,
    "case-closed": HTTPStatus.CONFLICT,
    "wrong-state": HTTPStatus.CONFLICT,
    "not-your-act": HTTPStatus.CONFLICT,
    "act-id-used": HTTPStatus.CONFLICT,
    "procedure-suspended": HTTPStatus.CONFLICT,
    "joint-result-stands": HTTPStatus.CONFLICT,
    "lane-stopped": HTTPStatus.CONFLICT,
    "epoch-needed": HTTPStatus.CONFLICT,
    "idempotency-key-busy": HTTPStatus.CONFLICT,
    "officer-oneself": HTTPStatus.CONFLICT,
    "officer-ended": HTTPStatus.CONFLICT,
    "officer-enrolled": HTTPStatus.CONFLICT,
    "identity-taken": HTTPStatus.CONFLICT,
    "passkey-last": HTTPStatus.CONFLICT,
    "passkeys-full": HTTPStatus.CONFLICT,
    "view-unknown": HTTPStatus.NOT_FOUND,
    "views-full": HTTPStatus.CONFLICT,
    "draft-changed": HTTPStatus.CONFLICT,
    "draft-state": HTTPStatus.CONFLICT,
    "draft-busy": HTTPStatus.CONFLICT,
    "precondition-failed": HTTPStatus.PRECONDITION_FAILED,
    "request-oversized": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "media-unsupported": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "rate-exceeded": HTTPStatus.TOO_MANY_REQUESTS,
    "program-fault": HTTPStatus.INTERNAL_SERVER_ERROR,
}
_BY_BLAME: Final[Mapping[type[RabitaError], int]] = {
    UserFault: HTTPStatus.UNPROCESSABLE_ENTITY,
    PeerFault: HTTPStatus.UNPROCESSABLE_ENTITY,
    LocalFault: HTTPStatus.SERVICE_UNAVAILABLE,
    InvariantBroken: HTTPStatus.SERVICE_UNAVAILABLE,
}
_OF_FIELDS: Final[Mapping[str, int]] = {
    "parameter-invalid": HTTPStatus.BAD_REQUEST,
    "media-unsupported": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}
_AT: Final = re.compile(r"^(?P<rule>.*?)(?: - at (?:`key` in )?`(?P<at>\$.*)`)?$", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.+)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.+)`")


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Problem details. ``title`` is the code's one sentence; ``field`` and ``rule`` name what was wrong in a request.

    ``field`` is the path of a member from the body's root, as in ``fields.when.end_ms``, or a parameter's name.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    field: str = ""
    rule: str = ""


class FieldError(UserFault):
    """A request whose member or parameter breaks a rule: which, and what the rule says."""

    def __init__(self, code: str, field: str, rule: str) -> None:
        """Name the member and the rule."""
        super().__init__(code, f"{field}: {rule}" if rule else field)
        self.field = field
        self.rule = rule

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the parts across processes."""
        return type(self), (self.code, self.field, self.rule)


def status_of(error: RabitaError) -> int:
    """Give the status of a fault."""
    if isinstance(error, FieldError):
        return int(_OF_FIELDS.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY))
    by_blame = next(status for kind, status in _BY_BLAME.items() if isinstance(error, kind))
    return int(STATUS.get(error.code, by_blame))


def problem_of(error: RabitaError) -> Problem:
    """Write a fault as problem details."""
    field, rule = (error.field, error.rule) if isinstance(error, FieldError) else ("", "")
    return Problem(
        TYPE_PREFIX + error.code, SENTENCES[error.code], status_of(error), error.code, error.detail, field, rule
    )


def field_error(error: msgspec.ValidationError) -> FieldError:
    """Name the member and the rule that msgspec found broken, by its message (its only account of it)."""
    match = _AT.match(str(error))
    rule, at = (match["rule"], match["at"] or "$") if match else (str(error), "$")
    path = at.removeprefix("$").removeprefix(".")
    for pattern, code in ((_MISSING, "field-missing"), (_UNKNOWN, "field-unknown")):
        if named := pattern.fullmatch(rule):
            return FieldError(code, f"{path}.{named[1]}".lstrip("."), rule)
    return FieldError("field-invalid", path, rule)
