"""``rabita party``: found a party, show and import descriptors, confirm the other side. Works without the node."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    RootOption,
    new_table,
    now_ms,
    opened,
    passphrase,
    place,
    print_json,
    read_file,
    show_table,
    tell_running,
)

if TYPE_CHECKING:
    from rabita.line.descriptor import Descriptor

app = typer.Typer(no_args_is_help=True, help="Found a party, exchange descriptors, confirm the other side.")


@app.command()
def create(  # noqa: PLR0913 - each is an option of the command
    code: Annotated[str, typer.Argument(help="The party's code: PAK, or X-PAK in an exercise.")],
    *,
    endpoint: Annotated[
        list[str] | None, typer.Option(help="Where the other side reaches this node, tls://host:port; best first.")
    ] = None,
    listen: Annotated[list[str] | None, typer.Option(help="Where this node listens, if not at its endpoints.")] = None,
    name_en: Annotated[str, typer.Option(help="The party's name in English.")] = "",
    name_ur: Annotated[str, typer.Option(help="The party's name in Urdu.")] = "",
    name_fa: Annotated[str, typer.Option(help="The party's name in Persian.")] = "",
    root: RootOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Found a party: root key, node keys, two recovery keys, the descriptor file for the other side."""
    from rabita.app.founding import Names, Passphrases, create_party
    from rabita.app.settings import PASSPHRASES

    where = place(home, founded=False)
    words = [
        passphrase(variable, PASSPHRASES[variable].removeprefix("the passphrase of "), twice=True)
        for variable in ("RABITA_PASSPHRASE", "RABITA_PASSPHRASE_ROOT", "RABITA_PASSPHRASE_RECOVERY")
    ]
    root_file = (root or where.home.root_keys).absolute()
    names = Names(name_en or code, name_ur or code, name_fa or code)
    founded = create_party(
        where.home,
        code,
        names,
        tuple(endpoint or ()),
        tuple(listen or ()),
        root_file,
        Passphrases(words[0], words[1], words[2]),
        now_ms(),
    )
    shown = _card(founded, "own") | {"descriptor": str(where.home.descriptor(code)), "root": str(root_file)}
    if as_json:
        print_json(shown)
        return
    _show([shown])
    typer.echo(f"\nGive the other side this file: {shown['descriptor']}")
    typer.echo(f"Move the root key away from this machine now: {root_file}")


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="Only this party.")] = "",
    *,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the parties known here with their safety numbers, in digits and in words of three languages."""
    from rabita.line.descriptor import read_descriptor

    where = place(home)
    with opened(where) as store:
        documents = [each for each in store.documents("descriptor") if code in ("", each.name)]
    newest = {each.name: each for each in sorted(documents, key=lambda each: (each.state == "confirmed", each.serial))}
    cards = [
        _card(read_descriptor(each.note), "own" if each.name == where.settings.party else each.state)
        for _, each in sorted(newest.items())
    ]
    if as_json:
        print_json(cards)
    else:
        _show(cards)


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="The other side's descriptor file.")],
    *,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import the other side's descriptor. Nothing is trusted before its safety number is confirmed."""
    from rabita.app.asks import Refresh
    from rabita.services.pairing import import_descriptor

    where = place(home)
    with opened(where) as store:
        card = _card(import_descriptor(store, read_file(file)), "imported")
    tell_running(where, Refresh())
    if as_json:
        print_json(card)
        return
    _show([card])
    typer.echo(
        f"\nCompare the number or the words with {card['party']}'s officer, then: rabita party confirm {card['party']}"
    )


@app.command()
def confirm(
    code: Annotated[str, typer.Argument(help="The party to confirm.")],
    number: Annotated[
        str, typer.Argument(help="The safety number as its officer read it out; asked for if absent.")
    ] = "",
    *,
    home: HomeOption = None,
) -> None:
    """Confirm the other side by the safety number its officer read out."""
    from rabita.app.asks import Refresh
    from rabita.services.pairing import confirm as confirm_party

    where = place(home)
    typed = number or typer.prompt(f"Safety number of {code}")
    with opened(where) as store:
        confirm_party(store, code, typed)
    tell_running(where, Refresh())
    typer.echo(f"{code} is confirmed.")


def _card(descriptor: "Descriptor", state: str) -> dict[str, Any]:
    from rabita.line.document import root_digest
    from rabita.line.safety import safety_words
    from rabita.services.pairing import safety_number

    digest = root_digest(descriptor.party, descriptor.root)
    return {
        "party": descriptor.party,
        "state": state,
        "serial": descriptor.serial,
        "names": descriptor.names,
        "endpoints": descriptor.endpoints,
        "safety_number": safety_number(descriptor),
        "safety_words": {
            "en": " ".join(safety_words(digest, "en")),
            "ur": " ".join(safety_words(digest, "ur")),
            "fa": " ".join(safety_words(digest, "fa")),
        },
    }


def _show(cards: list[dict[str, Any]]) -> None:
    table = new_table("", "")
    for card in cards:
        table.add_row("party", f"{card['party']} ({card['state']}, descriptor {card['serial']})")
        table.add_row("names", " · ".join(card["names"].values()))
        table.add_row("endpoints", ", ".join(card["endpoints"]) or "none: it dials, nobody dials it")
        table.add_row("safety number", card["safety_number"])
        for language, words in card["safety_words"].items():
            table.add_row(f"words ({language})", words)
    show_table(table)
