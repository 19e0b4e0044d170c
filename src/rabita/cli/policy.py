"""``rabita policy``: read the policies that decide who may do what, check them, try them, and ask why."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rabita.cli.common import EXIT_PROBLEM, HomeOption, JsonOption, new_table, place, print_json, show_table
from rabita.line.errors import UserFault

app = typer.Typer(no_args_is_help=True, help="Read, check and try the policies that decide who may do what.")

FolderArgument = Annotated[
    Path | None,
    typer.Argument(help="A folder of policies; that of policy_dir, else the built-in set.", show_default=False),
]


@app.command()
def show(folder: FolderArgument = None, *, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the policies: what each is about, in plain words, and where it stands."""
    from rabita.policy.cedar import open_policy

    policy = open_policy(_folder(folder, home))
    rules = policy.load()
    if as_json:
        rows = [rule._asdict() | {"written": rule.written._asdict()} for rule in rules]
        print_json({"digest": policy.source.digest, "policies": rows})
        return
    table = new_table("id", "", "of", "says", "stands in")
    for rule in rules:
        way = "permits" if rule.permits else "forbids"
        table.add_row(rule.id, way, rule.principal or "anyone", rule.words, f"{rule.written.file}:{rule.written.line}")
    show_table(table)
    typer.echo(f"{len(rules)} policies, {policy.source.digest}", err=True)


@app.command()
def check(folder: FolderArgument = None, *, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say whether a folder of policies can be used, and whether it allows what the built-in set refuses; exits 1 if so.

    What the folder's own tests expect to be allowed is meant so, and is not counted.
    """
    from rabita.app.policies import examine_policy

    findings = list(examine_policy(_folder(folder, home)))
    if as_json:
        print_json([each._asdict() for each in findings])
    else:
        table = new_table("", "", "")
        for each in findings:
            table.add_row("ok" if each.ok else "PROBLEM", each.what, each.detail)
        show_table(table)
    if not all(each.ok for each in findings):
        raise typer.Exit(EXIT_PROBLEM)


@app.command("test")
def attempt(folder: FolderArgument = None, *, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Try the policies against their table of tests, tests.toml beside them; exits 1 where a row does not hold."""
    from rabita.policy.cedar import open_policy
    from rabita.policy.tables import read_table, tried

    named = _folder(folder, home)
    found = list(tried(open_policy(named), read_table(named)))
    failed = [each for each in found if not each.holds]
    if as_json:
        rows = [each.row._asdict() | {"policies": each.decision.policies} for each in failed]
        print_json({"rows": len(found), "failed": rows})
    else:
        table = new_table("who", "action", "about", "expected", "why", "came to", "by")
        for each in failed:
            came = "allow" if each.decision.allowed else "refuse"
            table.add_row(*each.row[:5], came, ", ".join(each.decision.policies))
        if failed:
            show_table(table)
        typer.echo(f"{len(found) - len(failed)} of {len(found)} rows hold.", err=True)
    if failed:
        raise typer.Exit(EXIT_PROBLEM)


@app.command()
def explain(
    action: Annotated[str, typer.Argument(help="What is to be done, as in release.")],
    *,
    role: Annotated[list[str] | None, typer.Option(help="A role held at a post, as in releaser@HOME.")] = None,
    clearance: Annotated[list[str] | None, typer.Option(help="A clearance held.")] = None,
    scope: Annotated[str, typer.Option(help="The scope of a token, instead of roles.")] = "",
    about: Annotated[
        list[str] | None, typer.Option(help="What it is about, as in markings=SECRET or drafters=self.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="A folder of policies.", show_default=False)] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether somebody may do something, and why not in plain words; exits 1 where they may not."""
    from rabita.policy.cedar import open_policy
    from rabita.policy.files import deeds
    from rabita.policy.tables import Who, question, read_table

    if action not in deeds():
        raise UserFault("policy-invalid", f"{action}: there is {', '.join(deeds())}")
    who = Who(_tenures(role or []), tuple(clearance or ()), scope)
    told = dict([_member(each) for each in about or []])
    subject, matter, circumstances = question(who.subject("somebody"), told, read_table("").levels, about or [])
    decision = open_policy(_folder(folder, home)).decide(subject, action, matter, circumstances)
    if as_json:
        print_json(decision)
    else:
        told_by = f" [{', '.join(decision.policies)}]" if decision.policies else ""
        typer.echo(f"{'Allowed.' if decision.allowed else 'Refused: ' + decision.sentence}{told_by}")
    if not decision.allowed:
        raise typer.Exit(EXIT_PROBLEM)


@app.command()
def copy(folder: Annotated[Path, typer.Argument(help="The folder to make.")]) -> None:
    """Write the built-in policies, with their schema and tests, into a folder, to begin a set of one's own from."""
    from rabita.policy.files import builtin

    try:
        folder.mkdir(parents=True)
        for each in sorted(builtin().iterdir(), key=lambda each: each.name):
            (folder / each.name).write_bytes(each.read_bytes())
    except OSError as fault:
        raise UserFault("policy-invalid", f"{folder}: {fault.strerror}") from fault
    typer.echo(f"Written to {folder}; the setting policy_dir names it.", err=True)


def _folder(folder: Path | None, home: Path | None) -> str:
    return str(folder) if folder is not None else place(home, founded=False).settings.policy_dir


def _tenures(roles: list[str]) -> tuple[tuple[str, str], ...]:
    parts = [each.partition("@") for each in roles]
    return tuple([(role, post) for role, _, post in parts])


def _member(text: str) -> tuple[str, Any]:
    """Read ``name=value``: a list of texts, a number, yes or no, or a text, as the member has it."""
    import msgspec

    from rabita.services.policy import Circumstances, Matter

    name, _, value = text.partition("=")
    types = {each.name: each.type for form in (Matter, Circumstances) for each in msgspec.structs.fields(form)}
    if types.get(name) == tuple[str, ...]:
        return name, value.split(",")
    try:
        return name, msgspec.convert(value, types.get(name, str), strict=False)
    except msgspec.ValidationError as fault:
        raise UserFault("policy-invalid", f"{text}: {fault}") from fault
