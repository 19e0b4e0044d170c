"""What ``bandit`` finds in the shipped code, against what was looked at and why it stands.

Rules kept here: each kind of finding is accepted for the files it was reviewed in and for no other, with its reason;
what is accepted and no longer found is taken off the list. There is no list of checks that are off.

``python -m supply.findings`` exits 1 on any difference.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

from supply.sbom import ROOT

REVIEWED: Final[Mapping[tuple[str, str], str]] = {
    (
        "B105",
        "src/rabita/*",
    ): "names and sentences with the word *token* or *pass*; ruff's S105 asks each for its reason",
    ("B107", "src/rabita/*"): "likewise S107",
    ("B311", "src/rabita_sim/*"): "the simulation is seeded so that each run replays; the product never imports it",
    ("B404", "src/rabita/cli/demo_nodes.py"): "the exercise starts two nodes of this program",
    ("B404", "src/rabita/gateways/documents.py"): "documents are drawn in a process that holds no key",
    ("B603", "src/rabita/gateways/documents.py"): "its arguments are this program's own; no shell reads them",
    ("B603", "src/rabita/cli/demo_nodes.py"): "its arguments are this program's own; no shell reads them",
    (
        "B608",
        "src/rabita/store/index_queries.py",
    ): "statements of the module's own text; values are bound",
    ("B608", "src/rabita/store/index_sqlite.py"): "likewise",
}


def differences(found: Iterable[tuple[str, str, int, str]]) -> list[str]:
    """Compare findings (check, path, line, what it says) with what was reviewed: name what is new, and what is gone."""
    left, said = set(REVIEWED), []
    for check, path, line, text in found:
        known = [key for key in REVIEWED if key[0] == check and fnmatch(path, key[1])]
        left.difference_update(known)
        said += [] if known else [f"{path}:{line}: {check} {text}"]
    return said + [f"{path}: {check} is accepted and no longer found" for check, path in sorted(left)]


def scan(folder: Path) -> list[tuple[str, str, int, str]]:
    """Let ``bandit`` read every module below *folder*; a module it cannot read is a finding."""
    tool = Path(sys.executable).with_name("bandit")
    done = subprocess.run([tool, "-q", "-r", "src", "-f", "json"], check=False, capture_output=True, cwd=folder)
    report: Mapping[str, Any] = json.loads(done.stdout)
    unread = [("unread", each["filename"], 0, each["reason"]) for each in report["errors"]]
    return unread + [
        (each["test_id"], each["filename"], each["line_number"], each["issue_text"]) for each in report["results"]
    ]


if __name__ == "__main__":
    told = differences(scan(ROOT))
    sys.stderr.write("".join(f"{each}\n" for each in told))
    sys.exit(bool(told))
