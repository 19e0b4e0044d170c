"""Tests of policies as data: who does what about what, and whether it must be allowed.

Rules kept here: a table stands beside the policies it tries, as ``tests.toml``; its members are those of the questions
that the program asks, so that a row cannot try what nobody asks. ``self`` stands for the one who asks.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from rabita.line.errors import UserFault
from rabita.policy.files import TESTS, builtin
from rabita.services.policy import OFFICER, Circumstances, Decision, Matter, Policy, Subject, clears

SELF: Final = "self"
AND: Final = " + "


class Who(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who asks: an officer's tenures, each a role and a post, and clearances; or a token's scope and lines."""

    tenures: tuple[tuple[str, str], ...] = ()
    clearances: tuple[str, ...] = ()
    scope: str = ""
    lines: tuple[str, ...] = ()

    def subject(self, name: str) -> Subject:
        """Give the subject of this name."""
        if self.scope:
            return Subject(name, "token", lines=self.lines, scope=self.scope)
        roles = tuple(dict.fromkeys([role for role, _ in self.tenures]))
        posts = tuple(dict.fromkeys([post for _, post in self.tenures]))
        return Subject(name, OFFICER, roles, posts, self.clearances, tenures=self.tenures)


class Row(NamedTuple):
    """One test: *who* does *action*, *about* what (names joined by " + ", empty: nothing), and what must come of it.

    ``by`` names a policy that must be among those that decide it.
    """

    who: str
    action: str
    about: str
    expected: Literal["allow", "refuse"]
    why: str = ""
    by: str = ""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table; ``levels`` are those of the classification, low to high, by which clearances are judged."""

    levels: tuple[str, ...]
    who: dict[str, Who]
    about: dict[str, dict[str, Any]]
    rows: tuple[Row, ...]


class Tried(NamedTuple):
    """What came of a row."""

    row: Row
    decision: Decision

    @property
    def holds(self) -> bool:
        """Say whether it is what was expected."""
        by = self.row.by in ("", *self.decision.policies)
        return by and self.decision.allowed == (self.row.expected == "allow")


def read_table(folder: str) -> Table:
    """Read the tests of a folder, the built-in set's where it is empty.

    Raises ``UserFault("policy-invalid")`` where there are none, or they are not what a table is.
    """
    where: Traversable = (Path(folder) if folder else builtin()).joinpath(TESTS)
    try:
        table = msgspec.convert(tomllib.loads(where.read_text(encoding="utf-8")), Table)
    except (OSError, ValueError) as fault:
        raise UserFault("policy-invalid", f"{TESTS}: {fault}") from fault
    for row in table.rows:
        _question(table, row)
    return table


def stated(folder: str) -> bool:
    """Say whether a folder has tests of its own."""
    return bool(folder) and Path(folder, TESTS).exists()


def tried(policy: Policy, table: Table) -> Iterator[Tried]:
    """Try the rows of a table."""
    for row in table.rows:
        subject, matter, circumstances = _question(table, row)
        yield Tried(row, policy.decide(subject, row.action, matter, circumstances))


def laxer(policy: Policy, table: Table) -> Sequence[Tried]:
    """List what a set of policies allows though a table wants it refused."""
    return [each for each in tried(policy, table) if each.decision.allowed and each.row.expected == "refuse"]


def _question(table: Table, row: Row) -> tuple[Subject, Matter, Circumstances]:
    """Put a row as a question; raises ``UserFault("policy-invalid")`` for a name that the table does not have."""
    names = row.about.split(AND) if row.about else []
    unknown = [each for each in (row.who, *names) if each not in table.who and each not in table.about]
    if unknown or row.who not in table.who:
        raise UserFault("policy-invalid", f"{TESTS}: {', '.join(row)}: {(unknown or [row.who])[0]} is not in the table")
    subject = table.who[row.who].subject(row.who)
    told: dict[str, Any] = {name: value for each in names for name, value in table.about[each].items()}
    return question(subject, told, table.levels, row)


def question(
    subject: Subject, told: Mapping[str, Any], levels: Sequence[str], row: Sequence[str] = ()
) -> tuple[Subject, Matter, Circumstances]:
    """Make a question of members of ``Matter`` and ``Circumstances``; the clearance is judged from the markings.

    Raises ``UserFault("policy-invalid")`` naming what has no such member or not its type.
    """
    told = {name: _self(value, subject.id) for name, value in told.items()}
    matter = {name: told.pop(name) for name in Matter.__struct_fields__ if name in told}
    try:
        about = msgspec.convert(matter, Matter)
        suffices = clears(levels, subject.clearances, about.markings)
        return subject, about, msgspec.convert({"clearance_suffices": suffices, **told}, _Told).circumstances()
    except ValueError as fault:
        raise UserFault("policy-invalid", f"{', '.join(row)}: {fault}") from fault


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``Circumstances`` as a table tells them: nothing else may be there."""

    authenticated_ago_ms: int = 0
    accreditation: Literal["none", "in-force", "ended"] = "none"
    reviews: int = 0
    data_protection_reviewed: bool = False
    clearance_suffices: bool = True

    def circumstances(self) -> Circumstances:
        """Give them as they are asked with."""
        return Circumstances(**msgspec.structs.asdict(self))


def _self(value: Any, name: str) -> Any:  # noqa: ANN401 - as the table has it
    if isinstance(value, list):
        return [_self(each, name) for each in value]
    return name if value == SELF else value
