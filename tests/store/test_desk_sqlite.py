"""The file of what officers chose at the desk: kept over openings, and an older one brought to this version."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from rabita.line.ids import Lane
from rabita.services.handing_over import Handing
from rabita.services.left_off import LeftOff
from rabita.services.preferences import Preferences, SavedView, Switch, Theme
from rabita.services.snoozing import Snooze
from rabita.services.unhandled import Unhandled
from rabita.store.desk_sqlite import SqliteDesk

ROWS = (
    Preferences("one", language="ur", theme=Theme.DARK),
    SavedView("view", "one", "Ours", "/desk/traffic?party=PAK", Switch.ON),
    Snooze("off", "one", "line", "ab" * 32, "handle", "PAK-R-0001", "They call.", 1_000),
    Handing("hand", "one", "line", 1_000, b"{}", b""),
    Unhandled("mark", "one", "line", "ab" * 32, "message", Lane.FLASH, "PAK-F-0001", "Nobody was told.", 1_000),
    LeftOff("one.draft", "one", "draft", "said.portions.0.text", 3, 5, 700, 1_000),
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


@pytest.mark.parametrize(
    ("version", "lacks"), [(1, ("snoozes", "handings", "unhandled", "left_off")), (2, ("unhandled", "left_off"))]
)
def test_a_file_of_a_version_before_gains_what_it_lacks(tmp_path: Path, version: int, lacks: tuple[str, ...]) -> None:
    path = tmp_path / "desk.db"
    store = SqliteDesk(path)
    with store.transaction() as rows:
        rows.put(ROWS[0])
    store.close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for statement in (*[f"DROP TABLE {each}" for each in lacks], f"PRAGMA user_version={version}"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    store = SqliteDesk(path)
    with store.transaction() as rows:
        assert rows.get(Preferences, "one") == ROWS[0]
        for each in ROWS[2:]:
            rows.put(each)
            assert rows.of(type(each)) == (each,)
    store.close()
