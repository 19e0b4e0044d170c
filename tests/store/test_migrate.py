"""How a database gets its tables, and which databases are refused."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from rabita.line.errors import LocalFault, UserFault
from rabita.store.migrate import MIGRATIONS, REVISIONS
from rabita.store.schema import metadata
from rabita.store.sqlite import open_store


def execute(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    with connection:
        found = connection.execute(statement).fetchall()
    connection.close()
    return found


def test_the_migrated_schema_is_the_one_the_store_asks(tmp_path: Path) -> None:
    open_store(tmp_path / "node.db").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'node.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISIONS[-1]
    engine.dispose()


def test_the_revisions_are_those_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    found = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(found[::-1]) == REVISIONS


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "node.db").touch()
    open_store(f"sqlite:///{tmp_path / 'node.db'}").close()
    assert execute(tmp_path / "node.db", "SELECT version_num FROM alembic_version") == [(REVISIONS[-1],)]


@pytest.mark.parametrize(
    "change",
    ["UPDATE alembic_version SET version_num = 'r9999'", "DELETE FROM alembic_version"],
)
def test_a_database_of_another_version_is_refused_and_left_alone(tmp_path: Path, change: str) -> None:
    open_store(tmp_path / "node.db").close()
    execute(tmp_path / "node.db", change)
    before = (tmp_path / "node.db").read_bytes()
    with pytest.raises(UserFault, match="store-foreign"):
        open_store(tmp_path / "node.db")
    assert (tmp_path / "node.db").read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    execute(tmp_path / "node.db", "CREATE TABLE recipes (name TEXT)")
    with pytest.raises(UserFault, match="store-foreign"):
        open_store(tmp_path / "node.db")
    assert execute(tmp_path / "node.db", "SELECT name FROM sqlite_schema") == [("recipes",)]


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "node.db").write_bytes(b"a letter to the liaison officer\n" * 400)
    before = (tmp_path / "node.db").read_bytes()
    with pytest.raises(LocalFault, match="store-unavailable"):
        open_store(tmp_path / "node.db")
    assert (tmp_path / "node.db").read_bytes() == before


@pytest.mark.parametrize("name", ["", "missing/node.db"])
def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LocalFault, match="store-unavailable"):
        open_store(tmp_path / name)
