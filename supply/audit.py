"""Known vulnerabilities in what is installed, asked of a service on the network; never passed where none answers.

Rules kept here: ``pip-audit`` says "no known vulnerabilities" and ends well when the service knows none of the packages
asked about, so its report is read here: a package that was not looked up counts as not audited. A mirror may know every
package and nothing against any, so a service counts only if it knows what everybody knows of an old one. Three endings:
0 all were looked up and nothing is known; 1 something is known; 2 not audited.

``python -m supply.audit [REQUIREMENTS]`` looks up the lock file.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from supply.sbom import LOCK

CLEAN: Final = 0
KNOWN: Final = 1
NOT_AUDITED: Final = 2
SAYS: Final = {
    CLEAN: "Audited: nothing is known against {count} packages.",
    KNOWN: "Vulnerable: {names}",
    NOT_AUDITED: "NOT AUDITED, which is no pass: no vulnerability service answered for {names}. Run it where there is"
    " a network.",
}
SHOWN_MAX: Final = 8
OLD: Final = "pip==19.0\n"
"""A package against which something has been known for years."""
REACHED_WITHIN_S: Final = 10
AUDITED_WITHIN_S: Final = 600


def verdict(report: Mapping[str, Any] | None) -> tuple[int, str]:
    """Judge a report of ``pip-audit`` (its JSON form; None where it gave none): how to end, and what to say."""
    found = report["dependencies"] if report else []
    vulnerable = [f"{each['name']} {each['version']} ({each['vulns'][0]['id']})" for each in found if each.get("vulns")]
    passed_over = [each["name"] for each in found if "skip_reason" in each]
    if vulnerable:
        return KNOWN, SAYS[KNOWN].format(names=", ".join(vulnerable))
    if passed_over or not found:
        names = ", ".join(passed_over[:SHOWN_MAX]) or "any package"
        more = len(passed_over) - SHOWN_MAX
        return NOT_AUDITED, SAYS[NOT_AUDITED].format(names=f"{names} and {more} more" if more > 0 else names)
    return CLEAN, SAYS[CLEAN].format(count=len(found))


def ask(requirements: Path, within_s: float = AUDITED_WITHIN_S) -> Mapping[str, Any] | None:
    """Let ``pip-audit`` look up every pinned package; None where it could not in that time."""
    tool = Path(sys.executable).with_name("pip-audit")
    options = ["--disable-pip", "--no-deps", "--progress-spinner", "off", "--format", "json", "--timeout", "20"]
    command: list[str | Path] = [tool, "-r", requirements, *options]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=within_s)
        report: Mapping[str, Any] = json.loads(done.stdout)
    except (ValueError, subprocess.TimeoutExpired):
        return None
    return report


def audit(requirements: Path) -> tuple[int, str]:
    """Look up every pinned package, if a service is reached that knows anything: how to end, and what to say."""
    with TemporaryDirectory() as folder:
        old = Path(folder, "old.txt")
        old.write_text(OLD)
        reached, _ = verdict(ask(old, REACHED_WITHIN_S))
    return verdict(ask(requirements) if reached == KNOWN else None)


def main(requirements: Path) -> int:
    """Look up and say what was found."""
    code, said = audit(requirements)
    sys.stderr.write(said + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else LOCK))
