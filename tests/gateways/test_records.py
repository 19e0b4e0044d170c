"""What the gateway keeps, in its file: tokens and idempotency keys, durable, for the owner's eyes."""

import stat
from pathlib import Path

import pytest

from rabita.app.web_records import WebRecords
from rabita.gateways.rest.access import Scope, issue
from rabita.gateways.rest.records import Kept
from rabita.line.errors import LocalFault


def test_tokens_are_kept_by_their_hash(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    records = WebRecords(path)
    issued = issue("map server", Scope.DRAFT, ("line-a", "line-b"), 1, 2)
    records.put_token(issued.token)
    other = WebRecords(path)
    assert other.token(issued.token.id) == issued.token
    assert other.token("none") is None
    assert other.tokens() == (issued.token,)
    records.close()
    other.close()
    secret = issued.text.split("_", 2)[2].encode()
    assert all(secret not in each.read_bytes() for each in tmp_path.iterdir())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keys_are_kept_for_their_time_and_their_owner(tmp_path: Path) -> None:
    records = WebRecords(tmp_path / "web.db")
    kept = Kept("p", "k", b"digest", 1000, "line", b"act")
    records.keep(kept, 0)
    assert records.kept("p", "k") == kept
    assert records.kept("q", "k") is None
    done = Kept("p", "k", b"digest", 1000, "line", b"act", 201, b"{}", "/there")
    records.keep(done, 0)
    assert records.kept("p", "k") == done
    records.keep(Kept("p", "later", b"digest", 2000, "line", b"act"), 1500)
    assert records.kept("p", "k") is None
    records.close()


def test_a_file_that_cannot_be_had_is_a_fault_of_ours(tmp_path: Path) -> None:
    with pytest.raises(LocalFault, match="store-unavailable"):
        WebRecords(tmp_path / "nowhere" / "web.db")
    (tmp_path / "web.db").write_bytes(b"no database" * 100)
    with pytest.raises(LocalFault, match="store-unavailable"):
        WebRecords(tmp_path / "web.db")
