"""Attachments over HTTP: a file put into the content store, the list of what acts name, the content of one.

A file that is added goes nowhere until an act names its digest. What is given out is always saved, never shown: it has
one media type of no meaning to a browser, and a name made safe.
"""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response

from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import READ, At, Made, Query, Route
from rabita.line.attachment import plain_name
from rabita.line.limits import ATTACHMENT_BYTES_MAX
from rabita.services.attachments import Added, AttachmentLine, attached, listed, naming, opened
from rabita.services.audit import Action
from rabita.services.casebook import Casebook
from rabita.services.policy import Matter
from rabita.services.sight import markings_of

MEDIA_TYPE: Final = "application/octet-stream"


class AddQuery(Query, frozen=True):
    """The file's name, and its media type where the end of the name does not say it."""

    name: Name
    media: Name = ""


def add(at: At, query: AddQuery) -> Made:
    """Keep a file."""
    added = attached(at.services.blobs, at.line, query.name, at.upload.read(), query.media)
    where = f"/lines/{at.line}/attachments/{added.digest}"
    return Made(HTTPStatus.CREATED, msgspec.json.encode(added), where)


def attachments(at: At, _query: Query) -> tuple[AttachmentLine, ...]:
    """List what acts name; the name of a file is shown to whoever may read such an act."""
    found, book = listed(at.services.store, at.services.blobs, at.line), at.book
    return tuple(
        [each if _seen(book, at.line, each.digest) else msgspec.structs.replace(each, name="") for each in found]
    )


def attachment(at: At, _query: Query) -> Response[bytes]:
    """Give the content of one that is held whole and may be opened, to whoever may read an act that names it.

    Raises ``UserFault("policy-refused")``.
    """
    digest = at.path["digest"]
    if not _seen(at.book, at.line, digest):
        act = naming(at.services.store, at.line, digest)[0]
        at.permit_marked("read", Matter(line=at.line, procedure=act.procedure), markings_of(act))
    header, content = opened(at.services.blobs, at.line, digest)
    name = quote(plain_name(header, digest), safe="")
    return Response(
        content, media_type=MEDIA_TYPE, headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    )


def _seen(book: Casebook, line: str, digest: str) -> bool:
    """Say whether the reader may read an act that names an attachment; what none names yet is no secret of anyone's."""
    named = naming(book.store, line, digest)
    return not named or any(book.sees(line, act.procedure, markings_of(act)) for act in named)


ROUTES: Final = (
    Route(
        method="POST",
        path="/lines/{line}/attachments",
        name="addAttachment",
        title="Keep a file so that an act can name it",
        action="draft",
        query=AddQuery,
        takes=MEDIA_TYPE,
        body_bytes_max=ATTACHMENT_BYTES_MAX,
        answers={201: Added},
        run=add,
        faults=("attachment-media", "attachment-name", "attachment-oversized", "disk-low"),
        audit=Action.ATTACH,
        tag="attachments",
    ),
    Route(
        method="GET",
        path="/lines/{line}/attachments",
        name="attachments",
        title="The attachments that acts name, and who holds them",
        action=READ,
        answers={200: tuple[AttachmentLine, ...]},
        run=attachments,
        audit=Action.LIST,
        tag="attachments",
    ),
    Route(
        method="GET",
        path="/lines/{line}/attachments/{digest}",
        name="attachment",
        title="The content of an attachment",
        action=READ,
        answers={200: Any},
        run=attachment,
        gives=MEDIA_TYPE,
        faults=("attachment-missing", "attachment-malformed", "attachment-media"),
        audit=Action.READ,
        tag="attachments",
    ),
)
