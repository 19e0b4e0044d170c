"""Where officers left their drafts: each their own, the newest place, and so many drafts of one officer at most."""

from pathlib import Path

from rabita.services.left_off import KEPT_MAX, Spot, leave_off, left_off
from rabita.store.desk_sqlite import SqliteDesk

SPOT = Spot("said.portions.0.text", 4, 9, 1_200)


def test_a_place_is_one_s_own_and_the_newest_counts(tmp_path: Path) -> None:
    store = SqliteDesk(tmp_path / "desk.db")
    assert left_off(store, "one", "draft") == Spot()
    leave_off(store, "one", "draft", Spot("said.marking"), 1)
    leave_off(store, "one", "draft", SPOT, 2)
    assert left_off(store, "one", "draft") == SPOT
    assert left_off(store, "two", "draft") == Spot()
    store.close()


def test_of_many_drafts_the_one_longest_ago_is_forgotten(tmp_path: Path) -> None:
    store = SqliteDesk(tmp_path / "desk.db")
    leave_off(store, "two", "theirs", SPOT, 0)
    for number in range(KEPT_MAX + 2):
        leave_off(store, "one", str(number), SPOT, number)
    leave_off(store, "one", "2", SPOT, KEPT_MAX + 2)
    kept = [number for number in range(KEPT_MAX + 2) if left_off(store, "one", str(number)) == SPOT]
    assert kept == list(range(2, KEPT_MAX + 2))
    leave_off(store, "one", "new", SPOT, KEPT_MAX + 3)
    assert left_off(store, "one", "2") == SPOT
    assert left_off(store, "one", "3") == Spot()
    assert left_off(store, "two", "theirs") == SPOT
    store.close()
