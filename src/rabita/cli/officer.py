"""``rabita officer``: who may sign in, seen from this machine; and approval keys in software, published on the line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    LineOption,
    Place,
    ask_node,
    clock,
    new_table,
    now_ms,
    opened,
    passphrase,
    place,
    print_json,
    show_table,
)
from rabita.line.errors import UserFault

if TYPE_CHECKING:
    from rabita.app.outside import MachineClock
    from rabita.gateways.rest.officer_forms import OfficerShown
    from rabita.services.officers import Officer
    from rabita.services.people import Known, People
    from rabita.store.officers_sqlite import SqliteOfficers

MINUTE_MS: Final = 60_000
OfficerArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The officer's id, as rabita officer list gives it.")
]

app = typer.Typer(no_args_is_help=True, help="Who may sign in; and officers' approval keys, published on the line.")


@app.command()
def create(
    post: Annotated[str, typer.Argument(help="The post that will hold the key, as in LO-ZAHEDAN.")],
    file: Annotated[Path, typer.Argument(help="The key file to write, for the officer to keep.")],
    *,
    role: Annotated[
        list[str] | None,
        typer.Option(help="drafter, releaser or foreign-ministry; may be repeated; releaser if not."),
    ] = None,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an approval key for a post and publish its credential on every line, or on the line named."""
    from rabita.app.asks import Placed, SealAct
    from rabita.app.drafting import ROLES, credential
    from rabita.keys.file import save_keys
    from rabita.keys.sets import OfficerKey
    from rabita.line.ids import Lane
    from rabita.line.state import load
    from rabita.services.reads import find_line

    where = place(home)
    roles = role or ["releaser"]
    if not set(roles) <= set(ROLES):
        raise UserFault("setting-invalid", f"--role: allowed is {', '.join(ROLES)}")
    with opened(where) as store:
        names = [find_line(store, line)] if line else [each.line for each in store.lines()]
        states = [load(store.snapshot(name)) for name in names]
    key = OfficerKey.generate(where.settings.party, post)
    save_keys(file, key, passphrase("RABITA_PASSPHRASE_OFFICER", "the officer's key", twice=True))
    drafts = [(state.line, credential(state, key, roles, now_ms())) for state in states]
    asks = [SealAct(name, Lane.CONTROL, draft.act, draft.approvals) for name, draft in drafts]
    placed = ask_node(where, asks, Placed) if asks else []
    if as_json:
        print_json({"post": post, "key": key.public.hex(), "file": str(file), "published": placed})
        return
    typer.echo(f"The key of {post} is in {file}.")
    for each in placed:
        typer.echo(f"Published on line {each.line[:12]}: {each.reference}")


@app.command("revoke-key")
def revoke_key(
    key: Annotated[str, typer.Argument(help="The key, or how it begins, as rabita show gives it with an approval.")],
    *,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Revoke an approval key of ours on every line it stands on, or on the line named, as when its file was lost."""
    from rabita.app.asks import Placed, SealAct
    from rabita.app.drafting import credential_revocation
    from rabita.line.ids import Lane
    from rabita.line.state import load
    from rabita.services.reads import find_line

    where = place(home)
    with opened(where) as store:
        names = [find_line(store, line)] if line else [each.line for each in store.lines()]
        states = [load(store.snapshot(name)) for name in names]
    stand = [(state, name) for state in states for name in state.facts.credentials if name.startswith(f"{state.us}/")]
    found = [(state, name.partition("/")[2]) for state, name in stand if name.partition("/")[2].startswith(key)]
    if not key or len({name for _, name in found}) != 1:
        raise UserFault("credential-unknown", key[:64])
    drafts = [(state.line, credential_revocation(state, name, now_ms())) for state, name in found]
    asks = [SealAct(name, Lane.CONTROL, draft.act, draft.approvals) for name, draft in drafts]
    placed = ask_node(where, asks, Placed)
    if as_json:
        print_json({"key": found[0][1], "revoked": placed})
        return
    for each in placed:
        typer.echo(f"Revoked on line {each.line[:12]}: {each.reference}")


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="The officer's name; it stays on this node.")],
    *,
    roles: Annotated[
        list[str] | None, typer.Option(help="A role to hold; may be repeated; administrator must be one of them.")
    ] = None,
    post: Annotated[str, typer.Option(help="The post the roles are held at.")] = "HOME",
    rank: Annotated[str, typer.Option(help="The rank, of-1 to of-9 or or.")] = "",
    expires_minutes: Annotated[
        int | None, typer.Option(min=1, max=1440, help="How long the code is good; as the settings say if not.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Invite the first administrator: print a one-time code to enrol a passkey with. Officers invite the others."""
    from rabita.services.officers import Role
    from rabita.services.people import Wanted

    wanted = roles or [Role.ADMINISTRATOR]
    if not set(wanted) <= set(Role):
        raise UserFault("officer-terms", f"--roles: {', '.join(Role)}")
    where = place(home)
    with _people(where) as people:
        terms = Wanted(name, tuple(Role(each) for each in wanted), post, rank)
        invited = people.invite_first(terms, (expires_minutes or 0) * MINUTE_MS)
        where.about(invited.officer.id)
    if as_json:
        print_json({"officer": invited.officer.id, "code": invited.code, "expires_ms": invited.expires_ms})
        return
    typer.echo(invited.code)
    typer.echo(
        f"Officer {invited.officer.id}: open /enrol on this node and enter the code before "
        f"{clock(invited.expires_ms)}. It is not shown again.",
        err=True,
    )


@app.command("list")
def list_officers(*, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the officers, the roles they hold now, and how many credentials of theirs stand on how many lines."""
    from rabita.gateways.rest.officer_forms import shown_officer

    where = place(home)
    with _people(where) as people:
        everyone = people.everyone()
    credentials = _credentials(where, everyone)
    shown = [shown_officer(each) for each in everyone]
    if as_json:
        print_json([_with_credentials(each, credentials) for each in shown])
        return
    table = new_table("id", "name", "rank", "standing", "roles", "passkeys", "credentials")
    for each in shown:
        held = ", ".join(f"{one.role} at {one.post}" for one in each.tenures if one.holds(now_ms()))
        passkeys = sum(one.standing is each.standing.ACTIVE for one in each.passkeys)
        stand = credentials[each.id]
        lines = len({one["line"] for one in stand})
        told = f"{len(stand)} on {lines} {'line' if lines == 1 else 'lines'}" if stand else ""
        table.add_row(each.id, each.name, each.rank, each.standing, held, str(passkeys), told)
    show_table(table)


@app.command("show")
def show_one(officer: OfficerArgument, *, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show all that is kept of an officer, and which credentials of theirs stand on which line."""
    from rabita.gateways.rest.officer_forms import shown_officer

    where = place(home)
    with _people(where, officer) as people:
        known = people.known(officer)
    shown, credentials = shown_officer(known), _credentials(where, [known])
    if as_json:
        print_json(_with_credentials(shown, credentials))
        return
    typer.echo(f"{shown.name} ({shown.id}), {shown.standing}, since {clock(shown.created_ms)}, invited by {shown.by}")
    for each in shown.tenures:
        typer.echo(f"  {each.role} at {each.post} from {clock(each.from_ms)} until {clock(each.until_ms)}")
    if shown.identity:
        typer.echo(f"  signs in by the identity provider as {shown.identity}")
    for passkey in shown.passkeys:
        typer.echo(f"  passkey {passkey.id[:16]} {passkey.standing}, last used {clock(passkey.used_ms)}")
    for told in credentials[shown.id]:
        roles = ", ".join(told["roles"]) or "suspended"
        typer.echo(f"  credential {told['key'][:16]} at {told['post']} on line {told['line'][:12]}: {roles}")


@app.command()
def suspend(officer: OfficerArgument, *, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Keep an officer out until a security officer restores them; live sessions end at the next request."""
    with _people(place(home), officer) as people:
        _say(people.suspend(officer), as_json=as_json)


@app.command()
def revoke(officer: OfficerArgument, *, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Keep an officer out for good, as when a device was seized: passkeys and live sessions end at once."""
    with _people(place(home), officer) as people:
        _say(people.revoke(officer), as_json=as_json)


@app.command()
def link(
    officer: OfficerArgument,
    subject: Annotated[str, typer.Argument(help="What the identity provider calls them: the sub of their ID tokens.")],
    *,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an officer sign in by the identity provider of the settings, in place of the link before."""
    from rabita.app.officers import make_identities
    from rabita.services.officers import CONSOLE

    where = place(home)
    with _officers_file(where, officer) as (store, machine_clock):
        identity = make_identities(store, machine_clock, where.settings).link(CONSOLE, officer, subject)
    if as_json:
        print_json({"officer": officer, "issuer": identity.issuer, "subject": identity.subject})
        return
    typer.echo(f"Officer {officer} signs in by {identity.issuer} as {identity.subject}.")


@app.command()
def unlink(officer: OfficerArgument, *, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Let an officer sign in by the identity provider no more; the sessions that came of it end."""
    from rabita.app.officers import make_identities

    where = place(home)
    with _officers_file(where, officer) as (store, machine_clock):
        make_identities(store, machine_clock, where.settings).unlink(officer)
    if as_json:
        print_json({"officer": officer})
        return
    typer.echo(f"Officer {officer} signs in by passkeys alone.")


@app.command()
def sessions(
    officer: Annotated[str, typer.Argument(help="The officer's id; everyone's sessions if not named.")] = "",
    *,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the sessions that stand."""
    from rabita.gateways.rest.officer_forms import shown_session

    with _people(place(home)) as people:
        shown = [shown_session(each, "") for each in people.sessions(officer)]
    if as_json:
        print_json(shown)
        return
    table = new_table("id", "officer", "by", "began", "last used", "passkey shown")
    for each in shown:
        shown_at = clock(each.authenticated_ms) if each.authenticated_ms else ""
        table.add_row(each.id, each.officer, each.way, clock(each.created_ms), clock(each.seen_ms), shown_at)
    show_table(table)


@contextmanager
def _people(where: Place, about: str = "") -> Iterator["People"]:
    from rabita.app.officers import make_people

    with _officers_file(where, about) as (store, machine_clock):
        yield make_people(store, machine_clock, where.settings)


@contextmanager
def _officers_file(where: Place, about: str) -> Iterator[tuple["SqliteOfficers", "MachineClock"]]:
    """Open the officers' file; a running node has it open too, and sees what changes at its next request."""
    from rabita.app.outside import MachineClock
    from rabita.store.officers_sqlite import SqliteOfficers

    where.about(about)
    store = SqliteOfficers(where.home.officers)
    try:
        yield store, MachineClock()
    finally:
        store.close()


def _credentials(where: Place, everyone: "Sequence[Known]") -> dict[str, list[dict[str, Any]]]:
    """List by officer the credentials that stand on this node's lines; none where there is no node yet."""
    from rabita.line.state import load
    from rabita.services.credentials import standing_of

    with opened(where) as store:
        states = [load(store.snapshot(each.line)) for each in store.lines()]
    return {
        known.officer.id: [
            {"line": state.line, "post": each.post, "roles": each.roles, "key": each.key, "passkey": passkey.id}
            for state in states
            for passkey, each in standing_of(state.facts, state.us, known)
        ]
        for known in everyone
    }


def _with_credentials(shown: "OfficerShown", credentials: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    import msgspec

    return {**msgspec.structs.asdict(shown), "credentials": credentials[shown.id]}


def _say(officer: "Officer", *, as_json: bool) -> None:
    if as_json:
        print_json({"officer": officer.id, "standing": officer.standing})
    else:
        typer.echo(f"{officer.name} is {officer.standing}.")
