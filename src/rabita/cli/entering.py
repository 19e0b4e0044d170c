"""Every command that works in a home folder is entered in its audit log, by whom of this machine and with what outcome.

Rules kept here: a command that seals, exports or changes something is entered before it begins, and does not begin
where it cannot be; one that merely reads goes on, and says on standard error that it was not entered. ``serve`` enters
itself, as the node.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.main import (  # type: ignore[attr-defined]  # - Typer keeps click's to itself
    get_current_context,
)

from rabita.app.audit import this_user
from rabita.app.outside import MachineClock
from rabita.line.errors import LocalFault
from rabita.services.audit import FREE, UNNUMBERED, Action, Deed, Kind, Outcome, code_of, outcome_of, target_or_none
from rabita.store.audit_sqlite import SqliteAudit

if TYPE_CHECKING:
    from rabita.app.home import Home

COMMANDS: Final[dict[str, Action | None]] = {
    "attachment add": Action.ATTACH,
    "attachment list": Action.LIST,
    "attachment save": Action.EXPORT,
    "attachment show": Action.READ,
    "audit export": Action.EXPORT_AUDIT,
    "audit show": Action.READ_AUDIT,
    "audit verify": Action.READ_AUDIT,
    "backup": Action.BACKUP,
    "case": Action.READ,
    "cases": Action.LIST,
    "courier export": Action.CARRY,
    "courier import": Action.IMPORT,
    "doctor": Action.STATUS,
    "epoch accept": Action.EPOCH,
    "epoch open": Action.EPOCH,
    "inbox": Action.LIST,
    "keys revoke": Action.KEYS,
    "keys rotate": Action.KEYS,
    "line amend propose": Action.AMEND,
    "line amend seal": Action.AMEND,
    "line amend show": Action.READ,
    "line amend sign": Action.AMEND,
    "line propose": Action.PAIR,
    "line show": Action.READ,
    "line sign": Action.PAIR,
    "officer create": Action.KEYS,
    "officer invite": Action.ENROL,
    "officer link": Action.ENROL,
    "officer list": Action.LIST,
    "officer revoke": Action.SIGN_OUT,
    "officer revoke-key": Action.KEYS,
    "officer sessions": Action.LIST,
    "officer show": Action.READ,
    "officer suspend": Action.SIGN_OUT,
    "officer unlink": Action.SIGN_OUT,
    "owed": Action.LIST,
    "party confirm": Action.PAIR,
    "party create": Action.FOUND,
    "party import": Action.PAIR,
    "party show": Action.READ,
    "policy check": Action.STATUS,
    "policy explain": Action.STATUS,
    "policy show": Action.STATUS,
    "policy test": Action.STATUS,
    "restore": Action.RESTORE,
    "seal": Action.SEAL,
    "search": Action.SEARCH,
    "serve": None,
    "show": Action.READ,
    "status": Action.STATUS,
    "token create": Action.TOKEN_CREATE,
    "token list": Action.LIST,
    "token revoke": Action.TOKEN_REVOKE,
    "transcript export": Action.EXPORT,
    "watch directory": Action.READ,
    "watch handover": Action.SEAL,
    "watch handovers": Action.LIST,
    "watch keep": Action.CHANGE_SETTINGS,
}
"""What the audit log calls each command; one that is not here is the act of a procedure."""
_ENTERED: Final = "rabita.entered"


class Entering:
    """One command at work; it may name what it is about: a digest, a reference or a token's id."""

    def __init__(self, home: "Home", door: str, action: Action) -> None:
        """Begin with nothing entered."""
        self._home = home
        self._door = door
        self._action = action
        self._begun = UNNUMBERED
        self.target = ""

    def begin(self) -> None:
        """Enter an act or an export before it begins; raises ``LocalFault("audit-unavailable")``."""
        if self._action not in FREE and self._home.database.exists():
            self._begun = self._write(Outcome.BEGUN)

    def end(self, fault: BaseException | None) -> None:
        """Enter the outcome, where there is a home by now."""
        if not self._home.database.exists():
            return
        try:
            self._write(outcome_of(fault), code_of(fault))
        except LocalFault as unwritten:
            typer.echo(f"{unwritten.sentence} [{unwritten.code}]", err=True)

    def _write(self, outcome: Outcome, code: str = "") -> int:
        log = SqliteAudit(self._home.audit)
        try:
            return log.append(
                [
                    Deed(
                        number=UNNUMBERED,
                        time_ms=MachineClock().now_ms(),
                        kind=Kind.COMMAND,
                        actor=this_user(),
                        action=self._action,
                        door=self._door,
                        target=target_or_none(self.target),
                        outcome=outcome,
                        code=code,
                        begun=self._begun,
                    )
                ]
            )
        finally:
            log.close()


def enter(home: "Home") -> Entering | None:
    """Enter the command at work in the log of *home*, now and when it ends; None where none is, or it was before."""
    context: Any = get_current_context(silent=True)
    if context is None or _ENTERED in context.meta:
        return None
    path = context.command_path.partition(" ")[2]
    action = COMMANDS.get(path, Action.CHECK if context.params.get("check") else Action.SEAL)
    if action is None:
        return None
    entering = Entering(home, path, action)
    context.meta[_ENTERED] = True
    context.with_resource(_until_the_end(entering))
    return entering


@contextmanager
def _until_the_end(entering: Entering) -> Iterator[None]:
    entering.begin()
    try:
        yield
    except typer.Exit:
        entering.end(None)
        raise
    except BaseException as fault:
        entering.end(fault)
        raise
    entering.end(None)
