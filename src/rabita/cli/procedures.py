"""Every procedure as a group of commands, one for each act: built from the catalogue when it is asked for.

Rules kept here: nothing is known of any procedure beyond its definition, so that a new one has its commands at once; a
refusal names the option, the rule by its code, and what to do next.
"""

import inspect as python
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
import typer.main

from rabita.cli.common import HomeOption, JsonOption, LineOption, now_ms
from rabita.line.errors import UserFault
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.definition import ANY

if TYPE_CHECKING:
    from typer.core import TyperGroup

    from rabita.cli.act_options import FieldOption
    from rabita.procedures.engine.definition import Procedure, Rule

COMMON: Final[dict[str, tuple[Any, Any]]] = {
    "basis": (
        Annotated[list[str] | None, typer.Option("--basis", "-b", help="The act it answers, by reference; repeat.")],
        None,
    ),
    "to": (Annotated[list[str] | None, typer.Option("--to", help="A post addressed; may be repeated.")], None),
    "precedence": (
        Annotated[str, typer.Option("--precedence", "-p", help="FLASH, IMMEDIATE, PRIORITY or ROUTINE.")],
        "",
    ),
    "marking": (Annotated[str, typer.Option("--marking", help="The marking of the act and its portions.")], ""),
    "language": (
        Annotated[
            list[str] | None,
            typer.Option("--language", help="The language of the words: en, ur, fa; repeat for parallel texts."),
        ],
        None,
    ),
    "withheld": (
        Annotated[list[str] | None, typer.Option("--withheld", help="A role whose words stay here; may be repeated.")],
        None,
    ),
    "attach": (
        Annotated[list[Path] | None, typer.Option("--attach", help="A file that goes with it; may be repeated.")],
        None,
    ),
    "reply_by": (Annotated[str, typer.Option("--reply-by", help="When an answer is wanted by: a time.")], ""),
    "approve": (
        Annotated[list[str] | None, typer.Option("--approve", help="An officer's key file, or role:file; repeat.")],
        None,
    ),
    "traffic": (
        Annotated[str, typer.Option("--traffic", help="exercise, operation, project or drill; as the line if absent.")],
        "",
    ),
    "check": (Annotated[bool, typer.Option("--check", help="Say what would be sealed, and seal nothing.")], False),
    "line": (LineOption, ""),
    "home": (HomeOption, None),
    "as_json": (JsonOption, False),
}
RESERVED: Final = (
    *(
        "basis",
        "to",
        "precedence",
        "marking",
        "language",
        "withheld",
        "attach",
        "reply-by",
        "approve",
        "traffic",
        "check",
    ),
    *("line", "home", "json", "file", "help"),
)
CASE_CODES: Final = ("case-missing", "case-closed", "wrong-state", "not-your-act", "target-not-own")
"""Refusals that the state of the case explains."""


def group_of(slug: str) -> "TyperGroup | None":
    """Build the commands of a procedure; None where there is none of this name."""
    procedure = next((each for each in CATALOGUE.procedures.values() if each.slug == slug), None)
    if procedure is None:
        return None
    app = typer.Typer(name=slug, help=procedure.purpose, no_args_is_help=True, rich_markup_mode=None)
    app.callback()(lambda: None)
    for name, rule in procedure.rules.items():
        says = _help(rule)
        app.command(name.replace(" ", "-"), help=says)(_command(procedure, name, rule))
    found = typer.main.get_group(app)
    found.help = procedure.purpose
    return found


def _help(rule: "Rule") -> str:
    """Say what an act says, with the names of its fields where their values would stand."""
    from rabita.procedures.engine.say import label, placeholders

    sides = {"author": "This side", "other": "the other side", "opener": "the opener", "responder": "the responder"}
    names = {name: f"<{label(name).lower()}>" for name in placeholders(rule.says)}
    said = rule.says.format_map({**names, **sides})
    return said + (" Needs the foreign ministry and two officers." if rule.consent else "")


def _command(procedure: "Procedure", act: str, rule: "Rule") -> Callable[..., None]:
    """Make the function of a command, with a parameter for each option."""
    from rabita.cli.act_options import options_of

    named = ["text" if each.role == ANY else each.role for each in rule.portions]
    roles = {role: f"words_{role.replace('-', '_')}" for role in named}
    fields = options_of(rule.fields, act, RESERVED)
    taken = {each.flag for each in fields}
    words = {
        name: _words_option(role, taken, alias=at == 0 and "text" not in roles)
        for at, (role, name) in enumerate(roles.items())
    }
    first = next(iter(roles), "")
    if first:
        words["file"] = Annotated[
            list[Path] | None,
            typer.Option("--file", help=f"A file with the words of {first}; - is standard input; may be repeated."),
        ]
    parameters: dict[str, tuple[Any, Any]] = {each.name: (_field_option(each), None) for each in fields}
    parameters |= {name: (kind, None) for name, kind in words.items()}
    parameters |= COMMON

    def command(**given: Any) -> None:  # noqa: ANN401 - options of any kind
        from rabita.cli.act_saying import Saying, say

        say(Saying(procedure, act, rule, fields, roles, given, now_ms()))

    keyword = python.Parameter.KEYWORD_ONLY
    made = [python.Parameter(name, keyword, default=each, annotation=kind) for name, (kind, each) in parameters.items()]
    command.__signature__ = python.Signature(made)  # type: ignore[attr-defined]  # - how a signature is given
    command.__annotations__ = {name: kind for name, (kind, _) in parameters.items()}
    command.__name__ = act.replace(" ", "_")
    return command


def _words_option(role: str, taken: set[str], *, alias: bool) -> Any:  # noqa: ANN401 - an annotation
    """Write the option of a portion; ``--text`` is the first one's too, and a coded field keeps its name."""
    own = f"--{role}-words" if f"--{role}" in taken else f"--{role}"
    flags = [own, *(["--text"] if alias else [])]
    return Annotated[
        list[str] | None, typer.Option(*flags, help=f"The words of {role.replace('-', ' ')}; may be repeated.")
    ]


def _field_option(option: "FieldOption") -> Any:  # noqa: ANN401 - an annotation
    if option.is_flag:
        return Annotated[bool | None, typer.Option(f"{option.flag}/--no-{option.flag[2:]}", help=option.help)]
    if option.many:
        return Annotated[list[str] | None, typer.Option(option.flag, help=option.help)]
    return Annotated[str | None, typer.Option(option.flag, help=option.help)]


def next_step(fault: UserFault, procedure: str, act: str, options: Sequence["FieldOption"], basis: str) -> UserFault:
    """Put a refusal in terms of the command: the option, the rule, and what to do next."""
    from rabita.cli.act_options import option_named

    help_text = f"rabita {procedure} {act.replace(' ', '-')} --help"
    option = option_named(options, fault.detail)
    if fault.code in CASE_CODES:
        shown = f"rabita case {basis} says what may be done now" if basis else "name the act it answers with --basis"
        return UserFault(fault.code, f"{fault.detail}; {shown}")
    if option is not None and not fault.detail.startswith("--"):
        _, _, rule = fault.detail.partition(": ")
        return UserFault(fault.code, f"{option.flag}: {rule + '; ' if rule else ''}{option.help} See {help_text}")
    if fault.code in ("portion-lacking", "portion-not-allowed"):
        return UserFault(fault.code, f"--{fault.detail}; see {help_text}")
    return UserFault(fault.code, f"{fault.detail}; see {help_text}".removeprefix("; "))
