"""Attached files as pages show them: those a draft names, before it leaves, and those an entry names, with their state.

Rules kept here: a name is its sender's and only shown; a file is never drawn in a page, it is taken whole from the one
address that gives it to be saved. Whoever may read a draft or an entry may see what is attached to it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rabita.desk.file_words import FILES, size_text
from rabita.desk.rendering import Desk, Reading, script_route
from rabita.gateways.rest.routing import At, Query, Route
from rabita.gateways.rest.sign_in import signed_in
from rabita.line.errors import UserFault
from rabita.services.attachments import Added, AttachmentLine, held_files, named
from rabita.services.audit import Action


class File(NamedTuple):
    """A file as a page shows it: what kind it is and how large, in words; ``percent`` of it is here, None: not known.

    ``so_far`` is how much of it has come, in words, empty where nothing has.
    """

    line: AttachmentLine
    ours: bool
    kind: str
    size: str
    so_far: str
    percent: int | None


def files(seen: Reading, line: str, digests: Sequence[str]) -> list[File]:
    """Show the files that an act names."""
    services = seen.at.services
    coming = services.coming(line) if digests else None
    total = {coming.digest: coming.total_bytes} if coming is not None else {}
    us = seen.at.record().us
    found = named(services.store, services.blobs, line, digests)
    return [_file(seen, each, total.get(each.digest, 0), ours=each.author == us) for each in found]


def _file(seen: Reading, each: AttachmentLine, total_bytes: int, *, ours: bool) -> File:
    total_bytes = each.size_bytes or total_bytes
    percent = each.held_bytes * 100 // total_bytes if total_bytes else None
    say = seen.language.translate
    return File(
        each,
        ours,
        say(FILES.get(f"media_{each.media.partition('/')[2]}", each.media)) if each.media else "",
        size_text(total_bytes, say) if total_bytes else "",
        size_text(each.held_bytes, say) if each.held_bytes else "",
        percent,
    )


def of_draft(at: At, _query: Query) -> tuple[Added, ...]:
    """Describe the files that a draft names and this node holds; raises ``UserFault`` as ``Drafting.read``."""
    releasing = at.services.releasing
    if releasing is None:
        raise UserFault("web-origin-needed")
    shown = releasing.drafting.read(signed_in(at), at.path["draft"])
    return held_files(at.services.blobs, shown.draft.line, shown.said.attachments)


def routes(_desk: Desk) -> tuple[Route, ...]:
    """Make the route that forms ask."""
    return (
        script_route(
            *("GET", "/desk/drafts/{draft}/files", "draftFiles", "The files that a draft names", of_draft),
            audit=Action.READ,
            answers={200: tuple[Added, ...]},
            faults=("web-origin-needed", "draft-unknown"),
        ),
    )
