"""Known vulnerabilities in what is installed, asked of a service on the network; never passed where none answers.

Rules kept here: ``pip-audit`` says "no known vulnerabilities" and ends well when the service knows none of the packages
asked about, so its report is read here: a package that was not looked up counts as not audited. Three endings: 0 all
were looked up and nothing is known; 1 something is known; 2 not audited.

``python -m supply.audit [REQUIREMENTS]`` looks up the lock file.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
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


def ask(requirements: Path) -> Mapping[str, Any] | None:
    """Let ``pip-audit`` look up every pinned package; None where it could not."""
    tool = Path(sys.executable).with_name("pip-audit")
    options = ["--disable-pip", "--no-deps", "--progress-spinner", "off", "--format", "json", "--timeout", "20"]
    done = subprocess.run([tool, "-r", requirements, *options], check=False, capture_output=True, text=True)
    try:
        report: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        return None
    return report


def main(requirements: Path) -> int:
    """Look up and say what was found."""
    code, said = verdict(ask(requirements))
    sys.stderr.write(said + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else LOCK))
