"""Keeping a node: its folder and lock, backups that are refused or read back, and what the doctor finds."""

import io
import os
import sqlite3
import tarfile
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # pyrage - ships no types
import pytest

from rabita.app.backup import backup, restore
from rabita.app.doctor import examine
from rabita.app.home import Home
from rabita.keys.file import save_keys
from rabita.keys.sets import NodeKeys
from rabita.line.errors import LocalFault, UserFault
from rabita.line.ids import Lane
from rabita.line.state import load
from rabita.store.drafts_sqlite import SqliteDrafts
from rabita.store.officers_sqlite import SqliteOfficers
from rabita.store.sqlite import open_store
from tests.app.people import WORDS, Pair, found_pair, node_of, play, words

WORD = "backup word"
IDENTITY = pyrage.x25519.Identity.generate()


def a_pair_that_spoke(folder: Path) -> Pair:
    """Found a pair of which one side sealed something."""
    pair = found_pair(folder)

    async def scene() -> None:
        async with node_of(pair, 0, serve=False) as pak:
            for number in range(3):
                await pak.seal(pair.line, Lane.ROUTINE, words(pak, pair.line, f"act {number}"))

    play(scene)
    return pair


def test_one_process_holds_a_home(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with pytest.raises(LocalFault, match="home-unavailable"), home.locked():
        pass
    home.make()
    with home.locked(), pytest.raises(UserFault, match="node-running"), home.locked():
        pass
    with home.locked():
        pass
    with pytest.raises(UserFault, match="home-missing"):
        home.require()


def test_a_backup_holds_everything_but_the_root(tmp_path: Path) -> None:
    pair = a_pair_that_spoke(tmp_path)
    SqliteDrafts(pair.homes[0].drafts).close()
    SqliteOfficers(pair.homes[0].officers).close()
    by_word, by_key = tmp_path / "word.age", tmp_path / "key.age"
    backup(pair.homes[0], by_word, passphrase=WORD)
    backup(pair.homes[0], by_key, recipient=str(IDENTITY.to_public()))
    with pytest.raises(UserFault, match="backup-exists"):
        backup(pair.homes[0], by_word, passphrase=WORD)
    with pytest.raises(UserFault, match="backup-malformed"):
        backup(pair.homes[0], tmp_path / "other.age", recipient="age1nonsense")
    for name, source, opened in (("a", by_word, {"passphrase": WORD}), ("b", by_key, {"identity": str(IDENTITY)})):
        again = Home(tmp_path / name)
        restore(again, source, now_ms=1, **opened)
        files = {str(path.relative_to(again.folder)) for path in again.folder.rglob("*") if path.is_file()}
        kept = {"rabita.toml", "rabita.db", "X-PAK.descriptor", *(f"keys/{each.name}" for each in again.recovery_keys)}
        assert kept | {"keys/node.json", "drafts.db"} <= files
        assert "officers.db" not in files, "a restore lets nobody in again who was kept out since"
        assert not again.root_keys.exists()
        assert again.node_keys.stat().st_mode & 0o777 == 0o600
        store = open_store(again.database)
        state = load(store.snapshot(pair.line))
        store.close()
        assert state.behind, "nothing may be sealed before a new epoch"
        assert state.n == 3
        with pytest.raises(UserFault, match="home-taken"):
            restore(again, source, now_ms=1, **opened)


def archive(members: dict[str, bytes]) -> bytes:
    """Write a backup that holds what it likes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return seal(out.getvalue())


def seal(raw: bytes) -> bytes:
    """Encrypt to the key the tests open with."""
    sealed: bytes = pyrage.encrypt(raw, [IDENTITY.to_public()])
    return sealed


WHOLE = {"rabita.db": b"", "rabita.toml": b""}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not age at all",
        seal(b"no tar"),
        pyrage.encrypt(b"", [pyrage.x25519.Identity.generate().to_public()]),
        archive({"rabita.db": b""}),
        archive({**WHOLE, "../outside": b""}),
        archive({**WHOLE, "/etc/outside": b""}),
        archive({**WHOLE, "keys/../../outside": b""}),
        archive({**WHOLE, "keys/..": b""}),
    ],
)
def test_what_is_no_backup_writes_nothing(tmp_path: Path, raw: bytes) -> None:
    source = tmp_path / "given.age"
    source.write_bytes(raw)
    with pytest.raises(UserFault, match="backup-malformed"):
        restore(Home(tmp_path / "home"), source, identity=str(IDENTITY), now_ms=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given.age"]


def problems(pair: Pair, word: str = WORDS.node) -> set[str]:
    """Name what the doctor finds wrong, but for the other side, which is not running."""
    found = examine(pair.settings(0), lambda: word)
    return {each.what for each in found if not each.ok and not each.what.startswith("endpoint")}


@pytest.mark.sockets
def test_the_doctor_finds_what_is_wrong(tmp_path: Path) -> None:
    pair = a_pair_that_spoke(tmp_path)
    home = pair.homes[0]
    assert problems(pair) == {"root key apart"}
    assert [each.ok for each in examine(pair.settings(0), lambda: WORDS.node) if "endpoint" in each.what] == [False]
    home.root_keys.rename(tmp_path / "root.json")
    assert problems(pair) == set()
    home.node_keys.chmod(0o644)
    assert problems(pair, "not the word") == {"mode of node.json", "keys"}
    home.node_keys.chmod(0o600)
    save_keys(home.node_keys, NodeKeys.generate("X-PAK"), WORDS.node, cost=WORDS.cost, replace=True)
    assert problems(pair) == {"keys fit the descriptor"}


@pytest.mark.sockets
def test_the_doctor_recomputes_every_log(tmp_path: Path) -> None:
    pair = a_pair_that_spoke(tmp_path)
    home = pair.homes[0]
    with sqlite3.connect(home.database) as connection:
        (raw,) = connection.execute("SELECT leaf FROM entries WHERE seq = 2").fetchone()
        connection.execute("UPDATE entries SET leaf = ? WHERE seq = 2", (bytes([raw[0] ^ 1]) + raw[1:],))
    connection.close()
    assert f"log X-PAK/1/ROUTINE of {pair.line[:12]}" in problems(pair)
    os.truncate(home.database, home.database.stat().st_size // 2)
    assert "database" in problems(pair)
