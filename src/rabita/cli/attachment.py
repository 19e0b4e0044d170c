"""``rabita attachment``: files that acts name, put into the content store, listed, and saved from it.

An act takes its own with ``--attach``; what is added here waits until an act names its digest, and goes nowhere before.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    LineOption,
    Place,
    clock,
    line_named,
    new_table,
    opened,
    place,
    print_json,
    read_file,
    show_table,
    write_file,
)
from rabita.line.errors import UserFault

if TYPE_CHECKING:
    from rabita.services.attachments import AttachmentLine
    from rabita.store.attachments import FolderBlobs

app = typer.Typer(no_args_is_help=True, help="Files that go with acts: add, list, save.")

DigestArgument = Annotated[str, typer.Argument(help="The digest, or the beginning of it that no other has.")]


def blobs_of(where: Place) -> "FolderBlobs":
    """Open the content store of a home; a running node may use it too."""
    from rabita.store.attachments import FolderBlobs

    return FolderBlobs(where.home.attachments, where.settings.disk_reserve_bytes)


def blob_of(path: Path) -> bytes:
    """Make a blob of a file, kept nowhere yet; raises as ``make_blob``, or ``LocalFault("file-unavailable")``."""
    import secrets

    from rabita.line.attachment import make_blob
    from rabita.line.limits import PORTION_SALT_BYTES

    return make_blob(secrets.token_bytes(PORTION_SALT_BYTES), path.name, read_file(path))


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="The file: PDF, PNG, JPEG, plain text, CSV or GeoJSON.")],
    *,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a file into the content store and print the digest by which an act names it; nothing is sent by that."""
    where = place(home)
    name = line_named(where, line)
    blob = blob_of(file)
    digest = blobs_of(where).put(name, blob)
    if as_json:
        print_json({"digest": digest, "name": file.name, "size_bytes": len(blob)})
    else:
        typer.echo(digest)


@app.command(name="list")
def list_(*, line: LineOption = "", home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the attachments that acts name: how much is held, and whether the other side signed that it has it."""
    rows = _listed(place(home), line)[1]
    if as_json:
        print_json(rows)
        return
    table = new_table("digest", "act", "name", "media", "bytes", "held", "other side")
    for each in rows:
        held = "whole" if each.held else str(each.held_bytes)
        signed = clock(each.possessed_ms) if each.possessed_ms else "-"
        table.add_row(
            each.digest[:12], each.reference, each.name or "-", each.media or "-", str(each.size_bytes), held, signed
        )
    show_table(table)


@app.command()
def show(
    digest: DigestArgument, *, line: LineOption = "", home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Show what is known of one attachment."""
    _, rows = _listed(place(home), line)
    found = _one(rows, digest)
    if as_json:
        print_json(found)
        return
    typer.echo(f"{found.digest}, named by {found.reference}")
    typer.echo(f"{found.name or 'name not known yet'}, {found.media or 'type not known yet'}, {found.size_bytes} bytes")
    typer.echo("held whole" if found.held else f"{found.held_bytes} bytes held")
    if found.possessed_ms:
        typer.echo(f"the other side signed that it holds it, by its clock at {clock(found.possessed_ms)}")


@app.command()
def save(
    digest: DigestArgument,
    file: Annotated[
        Path | None, typer.Option("--to", help="Where to; a safe form of its own name in this folder if left out.")
    ] = None,
    *,
    line: LineOption = "",
    home: HomeOption = None,
) -> None:
    """Save the content of an attachment to a new file; one that may not be opened stays where it is."""
    from rabita.line.attachment import plain_name
    from rabita.services.attachments import opened as open_attachment

    where = place(home)
    name, rows = _listed(where, line)
    found = _one(rows, digest)
    header, content = open_attachment(blobs_of(where), name, found.digest)
    target = file or Path(plain_name(header, found.digest))
    write_file(target, content)
    typer.echo(str(target))


def _listed(where: Place, line: str) -> "tuple[str, tuple[AttachmentLine, ...]]":
    from rabita.services.attachments import listed
    from rabita.services.reads import find_line

    with opened(where) as store:
        name = find_line(store, line)
        return name, listed(store, blobs_of(where), name)


def _one(rows: "tuple[AttachmentLine, ...]", digest: str) -> "AttachmentLine":
    found = [each for each in rows if digest and each.digest.startswith(digest)]
    if len(found) != 1:
        raise UserFault("attachment-unknown", digest[:12])
    return found[0]
