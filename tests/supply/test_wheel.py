"""The wheel: the same bytes wherever and whenever it is built, and nothing in it but the packages."""

import os
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from supply.sbom import ROOT
from supply.wheel import build, tracked

LONG_AGO_S: Final = 1_000_000_000
PARTS: Final = ("src", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def names() -> list[str]:
    return tracked(ROOT)


def copied(names: list[str], folder: Path, umask: int, mode: int, time_s: int) -> Path:
    """Copy the work tree as another machine might have it."""
    before = os.umask(umask)
    try:
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((ROOT / name).read_bytes())
            path.chmod(mode & ~umask)
            os.utime(path, (time_s, time_s))
    finally:
        os.umask(before)
    return folder


def test_two_builds_in_other_folders_at_other_times_give_the_same_bytes(names: list[str], tmp_path: Path) -> None:
    one = copied(names, tmp_path / "one", 0o022, 0o644, LONG_AGO_S)
    other = copied(list(reversed(names)), tmp_path / "a longer way" / "other", 0o077, 0o777, LONG_AGO_S + 86_400)
    digests = set()
    for number, (source, order) in enumerate(((one, names), (other, list(reversed(names))))):
        target = tmp_path / f"dist-{number}"
        target.mkdir()
        digests.add(sha256(build(source, order, target).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_the_wheel_holds_the_packages_and_nothing_else(names: list[str], tmp_path: Path) -> None:
    with zipfile.ZipFile(build(ROOT, names, tmp_path)) as wheel:
        inside = {each for each in wheel.namelist() if not each.endswith("/")}
        modes = {each.external_attr >> 16 & 0o777 for each in wheel.infolist() if not each.is_dir()}
    sources = {each.removeprefix("src/") for each in names if each.startswith("src/")}
    about = {each for each in inside if each.startswith("rabita-")}
    assert inside - about == sources
    assert {each.rpartition("/")[2] for each in about} == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "LICENSE"}
    assert modes == {0o644}
    assert not [each for each in inside if ".git" in each or "tests/" in each or each.endswith((".pem", ".key", ".db"))]
