"""Attachments over HTTP: a file put into the content store, the list of what acts name, the content of one.

A file that is added goes nowhere until an act names its digest. What is given out is always saved, never shown: it has
one media type of no meaning to a browser, and a name made safe.
"""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response

from rabita.gateways.rest.access import Scope
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import At, Made, Query, Route
from rabita.line.attachment import plain_name
from rabita.line.limits import ATTACHMENT_BYTES_MAX
from rabita.services.attachments import Added, AttachmentLine, attached, listed, opened
from rabita.services.audit import Action

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
    """List what acts name."""
    return listed(at.services.store, at.services.blobs, at.line)


def attachment(at: At, _query: Query) -> Response[bytes]:
    """Give the content of one that is held whole and may be opened."""
    digest = at.path["digest"]
    header, content = opened(at.services.blobs, at.line, digest)
    name = quote(plain_name(header, digest), safe="")
    return Response(
        content, media_type=MEDIA_TYPE, headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    )


ROUTES: Final = (
    Route(
        method="POST",
        path="/lines/{line}/attachments",
        name="addAttachment",
        title="Keep a file so that an act can name it",
        scope=Scope.DRAFT,
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
        scope=Scope.READ,
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
        scope=Scope.READ,
        answers={200: Any},
        run=attachment,
        gives=MEDIA_TYPE,
        faults=("attachment-missing", "attachment-malformed", "attachment-media"),
        audit=Action.READ,
        tag="attachments",
    ),
)
