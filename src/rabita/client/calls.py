"""The calls, as data: method, address, parameters, and the form of the answer. Nothing here touches a network."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

import msgspec

from rabita.gateways.rest.forms import (
    ApprovalBody,
    CatalogueShown,
    CharterShown,
    Checked,
    DescriptorShown,
    Fingerprints,
    Health,
    SealBody,
    Sealed,
    Us,
    Verified,
)
from rabita.procedures.duty_directory import DutyDirectory
from rabita.services.attachments import Added, AttachmentLine
from rabita.services.case_reads import CaseView
from rabita.services.case_views import ActLine, CaseLine, DutyLine
from rabita.services.casebook import Page
from rabita.services.reads import LineStatus, View
from rabita.services.registers import Registered
from rabita.services.searching import Hit
from rabita.services.watch import Handover

T = TypeVar("T")

JSON: Final = "application/json"
TRANSCRIPT: Final = "application/x-ndjson"
FILE: Final = "application/octet-stream"


class Call(msgspec.Struct, Generic[T], frozen=True):
    """One request: what is asked, and ``form``, the type of its answer (bytes: the body as it is).

    ``seals``: it changes something, so it carries an Idempotency-Key, which makes sending it again harmless.
    """

    method: str
    path: str
    form: Any
    parameters: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""
    seals: bool = False

    def next(self, cursor: str) -> "Call[T]":
        """Make the call of the page after."""
        return msgspec.structs.replace(self, parameters={**self.parameters, "cursor": cursor})


def health() -> Call[Health]:
    """Ask whether the node answers."""
    return _get("/health", Health)


def me() -> Call[Us]:
    """Ask who the token makes us, and of which node."""
    return _get("/me", Us)


def lines() -> Call[tuple[LineStatus, ...]]:
    """Ask for the state of every line."""
    return _get("/lines", tuple[LineStatus, ...])


def line(line: str) -> Call[LineStatus]:
    """Ask for the state of a line."""
    return _get(_on(line), LineStatus)


def charter(line: str) -> Call[CharterShown]:
    """Ask for a line's charter."""
    return _get(_on(line, "charter"), CharterShown)


def descriptors(line: str) -> Call[tuple[DescriptorShown, ...]]:
    """Ask for both parties' descriptors."""
    return _get(_on(line, "descriptors"), tuple[DescriptorShown, ...])


def procedures() -> Call[CatalogueShown]:
    """Ask for the catalogue of procedures."""
    return _get("/procedures", CatalogueShown)


def procedure(name: str) -> Call[dict[str, Any]]:
    """Ask for a procedure's definition."""
    return _get(f"/procedures/{quote(slug(name), safe='')}", dict[str, Any])


def entries(line: str, **filters: str | int | bool) -> Call[Page[ActLine]]:
    """List what was said, newest first; filters as the API names them (``procedure``, ``lane``, ``party``, …)."""
    return _get(_on(line, "entries"), Page[ActLine], filters)


def entry(line: str, reference: str) -> Call[View]:
    """Ask for one entry with its proof."""
    return _get(_on(line, "entries", reference), View)


def act(line: str, name: str) -> Call[ActLine]:
    """Ask for one act in full, by its digest or telephone reference."""
    return _get(_on(line, "acts", name), ActLine)


def search(line: str, text: str, **filters: str | int) -> Call[Page[Hit]]:
    """Search what was said."""
    return _get(_on(line, "search"), Page[Hit], {"text": text, **filters})


def cases(line: str, **filters: str | int | bool) -> Call[Page[CaseLine]]:
    """List cases, the last active first; filters as the API names them (``procedure``, ``state``, ``open_only``)."""
    return _get(_on(line, "cases"), Page[CaseLine], filters)


def case(line: str, case: str) -> Call[CaseView]:
    """Ask for one case in full, by its id, the digest of any of its acts, or a telephone reference."""
    return _get(_on(line, "cases", case), CaseView)


def duties(line: str, by: str = "us") -> Call[Page[DutyLine]]:
    """List open duties: what we owe (``us``) or is owed to us (``them``)."""
    return _get(_on(line, "duties"), Page[DutyLine], {"by": by})


def register(line: str, name: str, **filters: int) -> Call[Page[Registered]]:
    """List a register: ``commitments``, ``incidents``, ``roster``, ``measures``, or ``notices`` of a time."""
    return _get(_on(line, name), Page[Registered], filters)


def ringing(line: str) -> Call[tuple[DutyLine, ...]]:
    """List what rings until it is answered."""
    return _get(_on(line, "ringing"), tuple[DutyLine, ...])


def handovers(line: str) -> Call[tuple[Handover, ...]]:
    """List what watches handed over, the oldest first."""
    return _get(_on(line, "handovers"), tuple[Handover, ...])


def directory(line: str) -> Call[DutyDirectory]:
    """Ask whom to call, on which numbers and at which hours."""
    return _get(_on(line, "directory"), DutyDirectory)


def fingerprints(line: str) -> Call[Fingerprints]:
    """Ask for the state of every case by its digest."""
    return _get(_on(line, "fingerprints"), Fingerprints)


def transcript(line: str) -> Call[bytes]:
    """Ask for a line's transcript, as bytes."""
    return _get(_on(line, "transcript"), bytes)


def attachments(line: str) -> Call[tuple[AttachmentLine, ...]]:
    """List the attachments that acts name: what is held of each, and whether the other side signed that it has it."""
    return _get(_on(line, "attachments"), tuple[AttachmentLine, ...])


def attachment(line: str, digest: str) -> Call[bytes]:
    """Ask for the content of an attachment."""
    return _get(_on(line, "attachments", digest), bytes)


def attach(line: str, name: str, content: bytes, media: str = "") -> Call[Added]:
    """Put a file where an act can name it by the digest answered; nothing is sent by that."""
    parameters = {"name": name} | ({"media": media} if media else {})
    return Call("POST", _on(line, "attachments"), Added, parameters, {"content-type": FILE}, content)


def verify(transcript: bytes) -> Call[Verified]:
    """Ask whether a transcript is genuine."""
    return Call("POST", "/transcripts/verify", Verified, headers={"content-type": TRANSCRIPT}, body=transcript)


def check(line: str, procedure: str, act: str, **body: Any) -> Call[Checked]:  # noqa: ANN401 - as the act's schema has it
    """Try an act and seal nothing; *body* as for ``say``."""
    return _post(_act(line, procedure, act), Checked, body, parameters={"check": "true"})


def say(
    line: str,
    procedure: str,
    act: str,
    *,
    if_match: str = "",
    key: str = "",
    **body: Any,  # noqa: ANN401 - fields, portions, basis, precedence, posts, …: as the act's schema has them
) -> Call[Sealed]:
    """Do an act. *key* is its Idempotency-Key (the client makes one if empty); *if_match* the ETag of the case read."""
    headers = {name: value for name, value in (("idempotency-key", key), ("if-match", if_match)) if value}
    return _post(_act(line, procedure, act), Sealed, body, headers=headers, seals=True)


def seal(line: str, digest: str, approvals: Sequence[ApprovalBody], *, key: str = "") -> Call[Sealed]:
    """Seal what was prepared by ``check``, with approvals given over its bytes."""
    path = _on(line, "prepared", digest)
    headers = {"idempotency-key": key} if key else {}
    return _post(path, Sealed, SealBody(approvals=tuple(approvals)), headers=headers, seals=True)


def slug(name: str) -> str:
    """Write the name of a procedure or act as an address has it."""
    return name.replace(" ", "-")


def _act(line: str, procedure: str, act: str) -> str:
    return _on(line, "procedures", slug(procedure), slug(act))


def _on(line: str, *parts: str) -> str:
    return "/".join(["/lines", *(quote(part, safe="") for part in (line, *parts))])


def _get(path: str, form: Any, parameters: Mapping[str, Any] | None = None) -> Call[Any]:  # noqa: ANN401 - a type
    told = {name: msgspec.json.encode(value).decode().strip('"') for name, value in (parameters or {}).items()}
    told |= {name: value for name, value in (parameters or {}).items() if isinstance(value, str)}
    return Call("GET", path, form, told)


def _post(
    path: str,
    form: Any,  # noqa: ANN401 - a type
    body: Any,  # noqa: ANN401 - whatever msgspec can write
    *,
    parameters: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    seals: bool = False,
) -> Call[Any]:
    told = {"content-type": JSON, **(headers or {})}
    return Call("POST", path, form, parameters or {}, told, msgspec.json.encode(body), seals)
