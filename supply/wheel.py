"""The wheel, the same bytes wherever it is built: from what git tracks, with one mode and one time for every file.

Rules kept here: nothing that git does not track gets in; the build backend is the one the lock file pins and fetches
nothing. The backend writes one time for all files; modes are made alike here, since umask and file systems differ.

``python -m supply.wheel FOLDER`` builds it there, with its bill of materials and the digests of both beside it.
"""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from supply.sbom import LOCK, ROOT, locked, written

PARTS: Final = ("src", "pyproject.toml", "README.md", "LICENSE")
FILE_MODE: Final = 0o644
FOLDER_MODE: Final = 0o755
_BUILD: Final = "import sys, uv_build; print(uv_build.build_wheel(sys.argv[1]))"


def tracked(source: Path) -> list[str]:
    """List the files of a work tree that a wheel is made of."""
    done = subprocess.run(["git", "ls-files", "-z", *PARTS], check=True, capture_output=True, text=True, cwd=source)  # noqa: S607 - git is where the system has it
    return [each for each in done.stdout.split("\0") if each and (source / each).is_file()]


def stage(source: Path, names: list[str], folder: Path) -> None:
    """Copy files, each with the same mode and nothing else of where it came from."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((source / name).read_bytes())
        path.chmod(FILE_MODE)
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(FOLDER_MODE)


def build(source: Path, names: list[str], target: Path) -> Path:
    """Build a wheel from files of *source* into *target*, with the backend of this environment."""
    programs = Path(sys.executable).parent
    with TemporaryDirectory() as text:
        stage(source, names, Path(text))
        environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            [sys.executable, "-c", _BUILD, str(target.absolute())],
            check=True,
            capture_output=True,
            text=True,
            cwd=text,
            env=environment,
        )
    return target / done.stdout.strip().splitlines()[-1]


def main(folder: str) -> None:
    """Build the wheel, its bill of materials, and ``SHA256SUMS`` of both."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    wheel = build(ROOT, tracked(ROOT), target)
    materials = target / f"{wheel.name.removesuffix('.whl')}.cdx.json"
    materials.write_text(written(locked(LOCK.read_text(encoding="utf-8"))), encoding="utf-8")
    sums = [f"{sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in (wheel, materials)]
    (target / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    sys.stdout.write("".join(sums))


if __name__ == "__main__":
    main(sys.argv[1])
