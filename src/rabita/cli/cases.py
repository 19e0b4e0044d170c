"""``rabita procedures``, ``cases``, ``case``, ``owed``, ``search``: what stands between the two sides, what next."""

from typing import TYPE_CHECKING, Annotated

import typer

from rabita.cli.common import HomeOption, JsonOption, LineOption, clock, new_table, place, print_json, show_table

if TYPE_CHECKING:
    from rabita.services.case_reads import CaseView

CountOption = Annotated[int, typer.Option(min=1, max=200, help="How many at most.")]
AfterOption = Annotated[str, typer.Option("--after", help="Go on where a list ended: the cursor it printed.")]


def procedures(*, as_json: JsonOption = False) -> None:
    """List every procedure: each is a command of its own, with a command for each of its acts."""
    from rabita.procedures.catalogue import PROCEDURES

    if as_json:
        print_json([{"command": each.slug, "purpose": each.purpose, "acts": list(each.rules)} for each in PROCEDURES])
        return
    table = new_table("command", "what for", "acts")
    for each in PROCEDURES:
        table.add_row(f"rabita {each.slug}", each.purpose, ", ".join(each.acts))
    show_table(table)


def cases(
    *,
    procedure: Annotated[str, typer.Option(help="Of this procedure only.")] = "",
    state: Annotated[str, typer.Option(help="In this state only.")] = "",
    only_open: Annotated[bool, typer.Option("--open", help="Only those that have not ended.")] = False,
    after: AfterOption = "",
    count: CountOption = 20,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List cases, the last active first."""
    from rabita.cli.book import booked
    from rabita.services.case_reads import Cases, case_list

    wanted = Cases(procedure.replace("-", " "), state, only_open)
    with booked(place(home)) as book:
        found = case_list(book, wanted, line, after, count)
    if as_json:
        print_json(found)
        return
    table = new_table("case", "procedure", "state", "last", "what")
    for each in found.rows:
        what = each.text or each.sentence
        table.add_row(each.reference, each.procedure, each.state or "not computed", clock(each.last_ms), what)
    show_table(table)
    _more(found.next)


def case(
    reference: Annotated[str, typer.Argument(help="The reference of any of its acts, as in PAK-F-0041, or its id.")],
    *,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a case: its acts, where it stands, what is owed, and what we may do next, with the commands to type."""
    from rabita.cli.book import booked
    from rabita.services import case_reads

    with booked(place(home)) as book:
        found = case_reads.case(book, line, reference)
        slug = book.procedure(found.case.procedure).slug
    if as_json:
        print_json(found)
        return
    _show(found, slug)


def owed(
    *,
    to_us: Annotated[bool, typer.Option("--to-us", help="What the other side owes; what we owe if absent.")] = False,
    ringing: Annotated[bool, typer.Option("--ringing", help="Only what rings until it is answered.")] = False,
    after: AfterOption = "",
    count: CountOption = 20,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what is owed, the earliest deadline first, what has no date last."""
    from rabita.cli.book import booked
    from rabita.services import duties_read
    from rabita.services.casebook import Page

    with booked(place(home)) as book:
        if ringing:
            found = Page(duties_read.ringing(book, line))
        else:
            found = duties_read.owed(book, line, "them" if to_us else "us", after, count)
    if as_json:
        print_json(found)
        return
    table = new_table("case", "due", "how it stands", "what")
    for each in found.rows:
        due = clock(each.due_ms) if each.due_ms else f"no date, {each.days_open} days open"
        table.add_row(each.reference, due, each.view, each.sentence)
    show_table(table)
    _more(found.next)


def search(
    text: Annotated[str, typer.Argument(help="Words in any of the languages, or a reference.")],
    *,
    procedure: Annotated[str, typer.Option(help="In this procedure only.")] = "",
    party: Annotated[str, typer.Option(help="Of this party only.")] = "",
    after: AfterOption = "",
    count: CountOption = 20,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find acts by their words; every word must be found, by its beginning."""
    from rabita.cli.book import booked
    from rabita.services.searching import Search
    from rabita.services.searching import search as find

    with booked(place(home)) as book:
        found = find(book, Search(text, line, procedure.replace("-", " "), party), after, count)
    if as_json:
        print_json(found)
        return
    table = new_table("reference", "held", "procedure", "text")
    for each in found.rows:
        act = each.act
        table.add_row(act.reference, clock(act.held_ms), f"{act.procedure}, {act.act}", each.text)
    show_table(table)
    _more(found.next)


def _more(cursor: str) -> None:
    if cursor:
        typer.echo(f"More: --after {cursor}")


def _show(found: "CaseView", slug: str) -> None:
    line = found.case
    typer.echo(f"{line.title} {line.reference}, {line.opener} to {line.responder}: {line.state or 'not computed'}")
    typer.echo(found.explained)
    typer.echo("")
    for each in found.acts:
        typer.echo(f"{each.reference}  {clock(each.held_ms)}  {each.sentence}")
        if each.status != "effective":
            typer.echo(f"    {each.standing}")
        if each.text:
            typer.echo(f"    “{each.text}”")
    for joint in found.joint:
        typer.echo(f"{joint.sentence} {joint.standing}")
    typer.echo("")
    for duty in found.duties:
        typer.echo(f"{'We owe' if duty.ours else 'Owed to us'}: {duty.sentence}")
    for following in found.next:
        needs = " (foreign ministry and two officers)" if following.consent else ""
        command = f"rabita {slug} {following.act.replace(' ', '-')} --basis {line.reference}"
        typer.echo(f"We may: {following.act}{needs}\n    {command}")
