"""Secrets that must not lie in the project: every tracked file is searched for what known secrets look like.

Rules kept here: the patterns are those of ``detect-secrets`` and the forms of this project's own (access tokens, age
identities, unencrypted keys); a whole file is searched at once, so that this is quick enough for every run of the
linter. What only resembles a secret is allowed on its own line alone, with ``pragma: allowlist secret - why``. What is
random without a form is judged in the product's own code, where nothing random belongs; elsewhere digests and test
vectors are the matter itself.

``python -m supply.secrets [FOLDER]`` exits 1 where it finds any, naming place and kind, never the secret.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import RegexBasedDetector

from supply.sbom import ROOT

OWN: Final[Mapping[str, re.Pattern[str]]] = {
    "Access token of Rabita": re.compile(r"\brabita_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\b"),
    "Identity of age": re.compile(r"\bAGE-SECRET-KEY-(?:PQ-)?1[02-9A-HJ-NP-Z]{50,}"),
    "Session cookie": re.compile(r"\b(?:__Host-)?rabita=[A-Za-z0-9_-]{43}\b"),
}
RANDOM: Final = re.compile(r"""(["'])(?=[^"']*[0-9])(?=[^"']*[A-Z])(?=[^"']*[a-z])[A-Za-z0-9+/_-]{40,}={0,2}\1""")
PASSED_OVER: Final = (
    *("IPPublicDetector", "KeywordDetector"),
    *("CloudantDetector", "IbmCloudIamDetector", "IbmCosHmacDetector", "SoftlayerDetector"),
)
"""Addresses are no secrets; words such as *token* are judged by the linter's S105 to S107, line by line. The others are
of one maker's services, which nothing here can use, and cost more time than all the rest."""
_ALLOWED: Final = re.compile(r"pragma: allowlist secret - \S")
_FORMLESS: Final = ("src/rabita/", ".py")


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Collect what secrets look like, by the kind of secret."""
    kinds: Mapping[str, type[Any]] = get_mapping_from_secret_type_to_class()
    found: dict[str, re.Pattern[str]] = {
        f"{kind} {number}": pattern
        for kind, detector in sorted(kinds.items())
        if issubclass(detector, RegexBasedDetector) and detector.__name__ not in PASSED_OVER
        for number, pattern in enumerate(cast("Iterable[re.Pattern[str]]", detector.denylist), 1)
    }
    return {**found, **OWN}


def findings(name: str, text: str) -> Iterator[str]:
    """Yield ``name:line: kind`` of all that looks like a secret in a file."""
    looks = patterns()
    if name.startswith(_FORMLESS[0]) and name.endswith(_FORMLESS[1]):
        looks = {**looks, "Random text": RANDOM}
    for kind, pattern in looks.items():
        for match in pattern.finditer(text):
            start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.start())
            if not _ALLOWED.search(text[start : end if end >= 0 else len(text)]):
                yield f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {kind}"


def tracked(folder: Path) -> Sequence[Path]:
    """List the files that git tracks, and those that it would."""
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(asked, check=True, capture_output=True, text=True, cwd=folder)
    return [path for each in done.stdout.split("\0") if each and (path := folder / each).is_file()]


def search(folder: Path) -> list[str]:
    """Search all files of a folder under git; what is no text is read as if it were."""
    return [
        found
        for path in tracked(folder)
        for found in findings(path.relative_to(folder).as_posix(), path.read_bytes().decode("latin-1"))
    ]


if __name__ == "__main__":
    told = search(Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT)
    sys.stderr.write("".join(f"{each}\n" for each in told))
    sys.exit(bool(told))
