"""``rabita backup`` and ``restore``: a home folder in one encrypted file, and back."""

import os
from pathlib import Path
from typing import Annotated

import typer

from rabita.cli.common import HomeOption, JsonOption, now_ms, passphrase, place, print_json, read_file
from rabita.cli.epoch import RecoveryOption, open_epochs


def backup(
    file: Annotated[Path, typer.Argument(help="The backup to write; it must not exist yet.")],
    *,
    recipient: Annotated[str, typer.Option(help="An age recipient (age1…) instead of a passphrase.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an encrypted backup of the home folder, consistent while the node runs; never with the root key."""
    from rabita.app.backup import backup as write_backup

    where = place(home)
    word = "" if recipient else passphrase("RABITA_PASSPHRASE_BACKUP", "the backup", twice=True)
    size = write_backup(where.home, file, passphrase=word, recipient=recipient)
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        typer.echo(f"{file}: {size:,} bytes, encrypted with age.")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    *,
    identity: Annotated[
        Path | None, typer.Option(help="A file with the age identity, if it was made for a recipient.")
    ] = None,
    recovery: RecoveryOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restore a backup into an empty home folder. Every line then needs a new epoch before anything is sealed.

    With RABITA_PASSPHRASE_RECOVERY and RABITA_PASSPHRASE set, the epochs are opened at once.
    """
    from rabita.app.backup import restore as read_backup

    where = place(home, founded=False)
    secret = read_file(identity).decode("ascii", "replace") if identity is not None else ""
    keys = [text for text in secret.splitlines() if text.startswith("AGE-SECRET-KEY-")]
    word = "" if keys else passphrase("RABITA_PASSPHRASE_BACKUP", "the backup")
    read_backup(where.home, file, passphrase=word, identity=keys[0] if keys else "", now_ms=now_ms())
    opened_on: list[str] = []
    if "RABITA_PASSPHRASE_RECOVERY" in os.environ and "RABITA_PASSPHRASE" in os.environ:
        opened_on = open_epochs(place(where.home.folder), "", recovery)
    if as_json:
        print_json({"home": str(where.home.folder), "epochs": opened_on})
        return
    typer.echo(f"Restored to {where.home.folder}.")
    for reference in opened_on:
        typer.echo(f"A new epoch is open: {reference}")
    if not opened_on:
        typer.echo("Open a new epoch with two recovery keys before sealing: rabita epoch open")
