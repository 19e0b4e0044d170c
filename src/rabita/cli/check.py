"""``rabita doctor``: look everything over."""

import typer

from rabita.cli.common import (
    EXIT_PROBLEM,
    HomeOption,
    JsonOption,
    new_table,
    node_passphrase,
    place,
    print_json,
    show_table,
)


def doctor(*, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check files, database, logs, keys, endpoints, clock and disk; exits 1 on any problem."""
    from rabita.app.doctor import examine

    where = place(home)
    findings = examine(where.settings, lambda: node_passphrase(where.settings))
    if as_json:
        print_json(findings)
    else:
        table = new_table("", "", "")
        for each in findings:
            table.add_row("ok" if each.ok else "PROBLEM", each.what, each.detail)
        show_table(table)
    if not all(each.ok for each in findings):
        raise typer.Exit(EXIT_PROBLEM)
