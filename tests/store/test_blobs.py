"""The port ``Blobs``, sentence by sentence, against both stores; then what only a folder has: files and restarts."""

from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.errors import InvariantBroken, LocalFault, UserFault
from rabita.ports.blobs import Blobs
from rabita.store.attachments import FolderBlobs
from rabita.store.blobs_memory import MemoryBlobs

LINE: Final = "a" * 52
ELSEWHERE: Final = "b" * 52
BLOB: Final = b"blob" * 1_000
DIGEST: Final = sha256(BLOB).hexdigest()
OTHER: Final = sha256(b"other").hexdigest()


@pytest.fixture(params=["memory", "folder"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return MemoryBlobs(6_000) if request.param == "memory" else FolderBlobs(tmp_path / "a", parts_bytes_max=6_000)


def test_what_was_put_is_read_by_its_digest_on_its_own_line_alone(blobs: Blobs) -> None:
    assert blobs.size_bytes(LINE, DIGEST) == 0
    assert blobs.put(LINE, BLOB) == blobs.put(LINE, BLOB) == DIGEST
    assert blobs.size_bytes(LINE, DIGEST) == len(BLOB)
    assert blobs.read(LINE, DIGEST, 2, 4) == BLOB[2:6]
    assert blobs.read(LINE, DIGEST, len(BLOB), 4) == b""
    assert blobs.size_bytes(ELSEWHERE, DIGEST) == 0
    with pytest.raises(UserFault, match="attachment-missing"):
        blobs.read(ELSEWHERE, DIGEST, 0, 4)


def test_a_part_becomes_whole_only_by_its_digest(blobs: Blobs) -> None:
    blobs.add(LINE, DIGEST, 0, BLOB[:1_500])
    assert (blobs.part_bytes(LINE, DIGEST), blobs.size_bytes(LINE, DIGEST)) == (1_500, 0)
    with pytest.raises(LocalFault, match="attachment-false"):
        blobs.add(LINE, DIGEST, 1_499, b"x")
    blobs.add(LINE, DIGEST, 1_500, BLOB[1_500:])
    assert blobs.finish(LINE, DIGEST)
    assert (blobs.part_bytes(LINE, DIGEST), blobs.size_bytes(LINE, DIGEST)) == (0, len(BLOB))
    blobs.add(LINE, OTHER, 0, b"else")
    assert not blobs.finish(LINE, OTHER)
    assert (blobs.part_bytes(LINE, OTHER), blobs.size_bytes(LINE, OTHER)) == (0, 0)


def test_a_part_can_be_dropped_and_begun_again(blobs: Blobs) -> None:
    blobs.add(LINE, DIGEST, 0, b"wrong")
    blobs.drop(LINE, DIGEST)
    blobs.drop(LINE, DIGEST)
    blobs.add(LINE, DIGEST, 0, BLOB)
    assert blobs.finish(LINE, DIGEST)


def test_parts_together_are_bounded_and_the_oldest_goes(blobs: Blobs) -> None:
    names = [sha256(b"%d" % number).hexdigest() for number in range(3)]
    for name in names:
        blobs.add(LINE, name, 0, b"x" * 2_500)
    assert [blobs.part_bytes(LINE, name) for name in names] == [0, 2_500, 2_500]
    blobs.add(ELSEWHERE, DIGEST, 0, b"x" * 1_000)
    assert [blobs.part_bytes(LINE, name) for name in names] == [0, 2_500, 2_500]


@pytest.mark.parametrize("digest", ["", "..", "../../x", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_a_name_that_is_no_digest_reaches_no_file(blobs: Blobs, digest: str) -> None:
    for call in (blobs.size_bytes, blobs.part_bytes, blobs.drop, blobs.finish):
        with pytest.raises(InvariantBroken):
            call(LINE, digest)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=8), st.booleans())
def test_any_cuts_and_restarts_give_the_same_blob(sizes: list[int], restarts: bool) -> None:  # noqa: FBT001 - drawn
    import tempfile  # noqa: PLC0415 - Hypothesis and fixtures of a function do not go together

    content = bytes(range(256)) * 4 * len(sizes)
    content = content[: sum(sizes)]
    digest = sha256(content).hexdigest()
    with tempfile.TemporaryDirectory() as folder:
        blobs = FolderBlobs(Path(folder))
        for size in sizes:
            offset = blobs.part_bytes(LINE, digest)
            blobs.add(LINE, digest, offset, content[offset : offset + size])
            blobs = FolderBlobs(Path(folder)) if restarts else blobs
        assert blobs.finish(LINE, digest)
        assert blobs.read(LINE, digest, 0, len(content)) == content


def test_files_are_for_their_owner_alone_and_what_a_cut_left_is_found_out(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "attachments")
    blobs.put(LINE, BLOB)
    blobs.add(LINE, OTHER, 0, b"oth")
    files = sorted((tmp_path / "attachments" / LINE).iterdir())
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "attachments").glob("**/")} == {0o700}
    part = next(path for path in files if path.suffix == ".part")
    part.write_bytes(b"\0\0\0")
    blobs = FolderBlobs(tmp_path / "attachments")
    blobs.add(LINE, OTHER, 3, b"er")
    assert not blobs.finish(LINE, OTHER)
    assert not part.exists()


def test_a_large_part_is_synced_on_the_way(tmp_path: Path) -> None:
    blobs, chunk = FolderBlobs(tmp_path), b"x" * 700_000
    content = chunk * 3
    digest = sha256(content).hexdigest()
    for number in range(3):
        blobs.add(LINE, digest, number * len(chunk), chunk)
    assert blobs.finish(LINE, digest)


def test_a_disk_that_fails_or_is_low_is_a_local_fault_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    broken = FolderBlobs(tmp_path / "file")
    for call in (lambda: broken.put(LINE, BLOB), lambda: broken.add(LINE, DIGEST, 0, b"x")):
        with pytest.raises(LocalFault, match="store-unavailable"):
            call()
    low = FolderBlobs(tmp_path / "low", reserve_bytes=2**62)
    for call in (lambda: low.put(LINE, BLOB), lambda: low.add(LINE, DIGEST, 0, b"x")):
        with pytest.raises(LocalFault, match="disk-low"):
            call()
    assert list((tmp_path / "low" / LINE).iterdir()) == []
    (tmp_path / "held" / LINE / DIGEST).mkdir(parents=True)
    (tmp_path / "held" / LINE / f"{OTHER}.part").mkdir()
    held = FolderBlobs(tmp_path / "held")
    with pytest.raises(LocalFault, match="store-unavailable"):
        held.read(LINE, DIGEST, 0, 1)
    with pytest.raises(LocalFault, match="store-unavailable"):
        held.drop(LINE, OTHER)
