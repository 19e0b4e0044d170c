"""The bill of materials: what a Rabita that was installed from its lock file brings with it, as CycloneDX 1.6.

Rules kept here: what is listed is what Rabita's own requirements lead to in this environment, and nothing that only
developers need; every component is of the version that ``requirements.lock`` pins, with the digests it allows; names,
licences and requirements are the packages' own metadata. What the map's built libraries are made of is listed by the
lock file they were built from. Nothing is fetched, and the same environment and lock files give the same bytes, checked
against the schema of the standard.

``python -m supply.sbom FILE`` writes it.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any, Final

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = ROOT / "requirements.lock"
BUILT_FROM: Final = ROOT / "assets" / "package-lock.json"
BUILT: Final = ROOT / "src" / "rabita" / "desk" / "static" / "openlayers.json"
PRODUCT: Final = "rabita"
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LICENCE: Final = "License :: OSI Approved :: "

Pins = Mapping[tuple[str, str], tuple[str, ...]]


def locked(text: str) -> Pins:
    """Read a lock file: by name and version, the SHA-256 digests of the files that may be installed."""
    starts = list(_PIN.finditer(text))
    ends = [each.start() for each in starts[1:]] + [len(text)]
    return {
        (canonicalize_name(each[1]), each[2]): tuple(sorted(_HASH.findall(text, each.end(), end)))
        for each, end in zip(starts, ends, strict=True)
    }


def needs(name: str, extras: frozenset[str] = frozenset()) -> Iterator[Requirement]:
    """Yield what a package needs on this machine, with these of its extras."""
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*sorted(extras), "")):
            yield requirement


def closure(root: str) -> dict[str, list[str]]:
    """Follow requirements from *root*: every package that is reached, and the packages it needs itself."""
    graph: dict[str, set[str]] = {}
    ahead, seen = [(root, frozenset[str]())], set[tuple[str, frozenset[str]]]()
    while ahead:
        name, extras = ahead.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found = [(str(canonicalize_name(each.name)), frozenset(each.extras)) for each in needs(name, extras)]
        graph.setdefault(name, set()).update(needed for needed, _ in found)
        ahead += found
    return {name: sorted(graph[name]) for name in sorted(graph)}


def component(found: Distribution, kind: str, digests: tuple[str, ...]) -> dict[str, Any]:
    """Write one component from a package's own metadata."""
    about = found.metadata.json
    name = str(canonicalize_name(found.name))
    classifiers = [each.removeprefix(_LICENCE) for each in about.get("classifier", ()) if each.startswith(_LICENCE)]
    expression = about.get("license_expression", "")
    licences = [{"expression": expression}] if expression else [{"license": {"name": each}} for each in classifiers]
    written: dict[str, Any] = {
        "bom-ref": f"pkg:pypi/{name}@{found.version}",
        "name": name,
        "purl": f"pkg:pypi/{name}@{found.version}",
        "type": kind,
        "version": found.version,
        "description": about.get("summary", ""),
        "properties": [{"name": "rabita:locked:sha256", "value": digest} for digest in digests],
    }
    return written | ({"licenses": licences} if licences else {})


def built_in(made_of: Mapping[str, str], lock: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write the packages that the map's libraries were built of, by name and version, from the lock file of npm.

    Raises ``ValueError`` where one is of a version that the lock file does not pin.
    """
    packages = {name: lock["packages"].get(f"node_modules/{name}", {}) for name in sorted(made_of)}
    if strange := [name for name, about in packages.items() if about.get("version") != made_of[name]]:
        raise ValueError(f"the lock file of what is built in does not pin {strange}")
    return [
        {
            "bom-ref": f"pkg:npm/{name}@{about['version']}",
            "name": name,
            "purl": f"pkg:npm/{name}@{about['version']}",
            "type": "library",
            "version": about["version"],
            "licenses": [{"license": {"id": about["license"]}}],
            "properties": [{"name": "rabita:locked:integrity", "value": about["integrity"]}],
        }
        for name, about in packages.items()
    ]


def bill(pins: Pins) -> dict[str, Any]:
    """Write the bill of materials of this environment.

    Raises ``ValueError`` where a component is of a version that the lock file does not pin.
    """
    graph = closure(PRODUCT)
    found = {name: distribution(name) for name in graph}
    versions = {name: each.version for name, each in found.items() if name != PRODUCT}
    if strange := sorted(versions.items() - pins.keys()):
        raise ValueError(f"the lock file does not pin {strange}")
    parts = {name: component(found[name], "library", pins[name, version]) for name, version in versions.items()}
    product = component(found[PRODUCT], "application", ())
    refs = {name: part["bom-ref"] for name, part in (*parts.items(), (PRODUCT, product))}
    carried = built_in(json.loads(BUILT.read_text())["made_of"], json.loads(BUILT_FROM.read_text()))
    graph_of = {refs[name]: [refs[each] for each in needed] for name, needed in graph.items()}
    graph_of[refs[PRODUCT]] += [each["bom-ref"] for each in carried]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": product},
        "components": [*parts.values(), *carried],
        "dependencies": [{"ref": ref, "dependsOn": needed} for ref, needed in graph_of.items()]
        + [{"ref": each["bom-ref"], "dependsOn": []} for each in carried],
    }


def written(pins: Pins) -> str:
    """Give the bill as text; raises ``ValueError`` where it breaks the schema of CycloneDX 1.6."""
    text = json.dumps(bill(pins), indent=1, sort_keys=True) + "\n"
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(str(fault))
    return text


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(written(locked(LOCK.read_text(encoding="utf-8"))), encoding="utf-8")
