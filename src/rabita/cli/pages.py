"""The page of commands, drawn from the program itself so that it cannot disagree with it."""

from typing import Any

import typer.main

from rabita.cli.common import EXIT_CODES, EXIT_PROBLEM
from rabita.cli.program import app


def commands_page() -> str:
    """Return ``commands.md``: every command with its arguments and options."""
    codes = ", ".join(f"{code} `{kind.__name__}`" for kind, code in EXIT_CODES.items())
    head = [
        "# Commands",
        "",
        "Drawn from `src/rabita/cli` by `make docs`. A fault is one sentence and its [code](errors.md) on standard",
        f"error. Exit codes: 0 done, {EXIT_PROBLEM} a check found something wrong, {codes}; whose fault it is.",
        "",
        "Every procedure is a command too, with a command for each of its acts (`rabita rfi ask`): `rabita procedures`",
        "lists them, `rabita rfi ask --help` names the options of an act, and the [pages of the",
        "procedures](procedures/index.md) say what they mean. Options common to all: `--basis` (the act it answers),",
        "`--to`, `--precedence`, `--marking`, `--language`, `--withheld` (a role whose words stay), `--reply-by`,",
        "`--approve`, `--check` (a dry run), `--json`.",
        "",
    ]
    return "\n".join([*head, *_rows(typer.main.get_command(app), "rabita")])


def _rows(command: Any, path: str) -> list[str]:  # noqa: ANN401 - Typer's own command classes are not public
    children = getattr(command, "commands", None)
    if children is not None:
        return [row for name, child in sorted(children.items()) for row in _rows(child, f"{path} {name}")]
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and each.name != "help"]
    usage = " ".join([path, *[_argument(each) for each in arguments]])
    rows = [f"## {path}", "", f"`{usage}`", "", " ".join((command.help or "").split()), ""]
    told = [(f"`{_argument(each)}`", each) for each in arguments]
    told += [(", ".join(f"`{each}`" for each in option.opts), option) for option in options]
    if told:
        rows += ["| | |", "|---|---|", *[f"| {name} | {each.help or ''} |" for name, each in told], ""]
    return rows


def _argument(each: Any) -> str:  # noqa: ANN401 - as above
    name = str(each.name).strip("_").upper() + ("..." if each.nargs == -1 else "")
    return name if each.required else f"[{name}]"
