"""Brings a database to the schema of this version of Rabita, in one transaction, or refuses one it does not know."""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, inspect, text

from rabita.line.errors import UserFault

REVISIONS: Final = ("r0001", "r0002")
"""Every revision, oldest first, so that Alembic is imported only where a database is not at the newest."""
MIGRATIONS: Final = Path(__file__).parent / "migrations"


def is_current(connection: Connection) -> bool:
    """Tell whether the database is at the newest revision.

    Raises ``UserFault("store-foreign")`` for one with other tables, or at a revision that this version does not know.
    """
    if not (tables := inspect(connection).get_table_names()):
        return False
    if "alembic_version" not in tables:
        raise UserFault("store-foreign", "tables of another program")
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    if len(found) != 1 or found[0] not in REVISIONS:
        raise UserFault("store-foreign", repr(found))
    return bool(found[0] == REVISIONS[-1])


def migrate(connection: Connection) -> None:
    """Create the tables, or alter them up to the newest revision; the caller's transaction holds all of it."""
    from alembic.config import Config  # noqa: PLC0415 - half a second that a database up to date need not wait for
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415 - likewise
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - likewise

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(current: Any, _context: object) -> Any:  # noqa: ANN401 - Alembic's own steps
        return script._upgrade_revs(REVISIONS[-1], current)

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
