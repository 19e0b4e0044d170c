"""The bill of materials: whole, of the standard it names, the same each time, and held to the lock file."""

import json
from importlib.metadata import requires, version
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply.sbom import LOCK, built_in, closure, locked, written

PINS: Final = locked(LOCK.read_text(encoding="utf-8"))
LOCK_TEXT: Final = f"""# written by a tool
one==1.0 \\
    --hash=sha256:{"ab" * 32} \\
    --hash=sha256:{"01" * 32}
    # via two
Two_b==2.0 ; python_full_version < '3.12' \\
    --hash=sha256:{"cd" * 32}
two-b==3.0 ; python_full_version >= '3.12' \\
    --hash=sha256:{"ef" * 32}
"""


def test_a_lock_file_gives_every_version_and_its_digests() -> None:
    assert locked(LOCK_TEXT) == {
        ("one", "1.0"): ("01" * 32, "ab" * 32),
        ("two-b", "2.0"): ("cd" * 32,),
        ("two-b", "3.0"): ("ef" * 32,),
    }


def test_the_bill_of_this_environment_is_whole_and_of_its_standard() -> None:
    graph = closure("rabita")
    pins = {**dict.fromkeys([(name, version(name)) for name in graph], ()), **PINS}
    text = written(pins)
    bill = json.loads(text)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    names = {each["name"] for each in bill["components"]}
    direct = {str(canonicalize_name(Requirement(each).name)) for each in requires("rabita") or ()}
    assert direct <= names
    built = {each["name"]: each["licenses"] for each in bill["components"] if each["purl"].startswith("pkg:npm/")}
    assert {"ol", "milsymbol", "mgrs"} <= built.keys()
    assert all(built.values())
    assert names == (graph.keys() - {"rabita"}) | built.keys()
    assert not names & {"pytest", "mypy", "ruff", "bandit", "hypothesis"}
    refs = {each["bom-ref"] for each in (bill["metadata"]["component"], *bill["components"])}
    assert {each["ref"] for each in bill["dependencies"]} == refs
    assert {ref for each in bill["dependencies"] for ref in each["dependsOn"]} <= refs
    assert text == written(pins)


def test_what_is_built_in_must_be_of_the_version_that_was_locked() -> None:
    lock = {"packages": {"node_modules/ol": {"version": "2.0", "license": "MIT", "integrity": "sha512-AA=="}}}
    assert [each["purl"] for each in built_in({"ol": "2.0"}, lock)] == ["pkg:npm/ol@2.0"]
    for made_of in ({"ol": "1.0"}, {"ol": "2.0", "rbush": "4.0"}):
        with pytest.raises(ValueError, match="does not pin"):
            built_in(made_of, lock)


def test_what_the_lock_file_does_not_pin_is_no_material() -> None:
    with pytest.raises(ValueError, match="does not pin"):
        written({key: digests for key, digests in PINS.items() if key[0] != "msgspec"})
