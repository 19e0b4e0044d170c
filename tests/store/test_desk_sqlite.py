"""The file of what officers chose at the desk: kept over openings, and an older one brought to this version."""

from pathlib import Path

from sqlalchemy import create_engine

from rabita.services.handing_over import Handing
from rabita.services.preferences import Preferences, SavedView, Switch, Theme
from rabita.services.snoozing import Snooze
from rabita.store.desk_sqlite import SqliteDesk

ROWS = (
    Preferences("one", language="ur", theme=Theme.DARK),
    SavedView("view", "one", "Ours", "/desk/traffic?party=PAK", Switch.ON),
    Snooze("off", "one", "line", "ab" * 32, "handle", "PAK-R-0001", "They call.", 1_000),
    Handing("hand", "one", "line", 1_000, b"{}", b""),
)


def test_what_is_kept_is_there_after_another_opening(tmp_path: Path) -> None:
    store = SqliteDesk(tmp_path / "desk.db")
    with store.transaction() as rows:
        for each in ROWS:
            rows.put(each)
    store.close()
    store = SqliteDesk(tmp_path / "desk.db")
    with store.reading() as rows:
        assert [rows.get(type(each), each.id) for each in ROWS] == list(ROWS)
        assert rows.of(Snooze, "one") == (ROWS[2],)
        assert rows.of(Snooze, "another") == ()
    store.close()


def test_a_file_of_the_version_before_gains_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    store = SqliteDesk(path)
    with store.transaction() as rows:
        rows.put(ROWS[0])
    store.close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for statement in ("DROP TABLE snoozes", "DROP TABLE handings", "PRAGMA user_version=1"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    store = SqliteDesk(path)
    with store.transaction() as rows:
        assert rows.get(Preferences, "one") == ROWS[0]
        rows.put(ROWS[2])
        assert rows.of(Snooze) == (ROWS[2],)
    store.close()
