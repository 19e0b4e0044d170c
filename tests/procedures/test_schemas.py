"""No schema of any procedure can hold a person: no biometrics, device identifiers or live positions, no free text.

1-mechanism: kept by code and charter, not by prose. The test reads the JSON Schemas that other systems are given.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

from rabita.line.entry import Act
from rabita.procedures.catalogue import CATALOGUE, PROCEDURES, VERSION, catalogue_digest, catalogue_json, fields_schema
from rabita.procedures.engine.definition import CORRECT, Procedure
from rabita.services.terms import CATALOGUE as CHARTER_CATALOGUE

STRING_CHARS_MAX: Final = 64
PERSONAL: Final = re.compile(
    r"(^|_)(names?|surname|person|persons|people|individual|officer|passport|identity|biometrics?|fingerprints?|faces?|facial|"
    r"dna|iris|retina|voice|gait|photo|imei|imsi|msisdn|mac|ip|sim|phone|telephone|device|devices|email|address|plate|"
    r"vehicle_registration|birth|born|age|gender|sex|religion|belief|ethnicity|tribe|track|tracking|gps|live_position|live_location)(_|$)"
)
OPEN_PATTERN: Final = re.compile(r"\.|\\w|\\S|\\D|\[\^| ")


def strings(schema: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 - JSON of any kind
    """Yield every part of a schema that says ``type``, with the path to it."""
    if isinstance(schema, dict):
        if "type" in schema and not isinstance(schema["type"], dict):
            yield where, schema
        for key, value in schema.items():
            if key not in ("default", "enum", "description", "title"):
                yield from strings(value, f"{where}.{key}")
    elif isinstance(schema, list):
        for at, value in enumerate(schema):
            yield from strings(value, f"{where}[{at}]")


def parts(procedure: Procedure) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, rule in procedure.rules.items():
        for where, part in strings(fields_schema(rule.fields)):
            yield f"{procedure.name}/{name}{where}", part


def is_correction(where: str) -> bool:
    """Say whether this is the field of a correction that holds the corrected act's fields, of that act's schema."""
    return f"/{CORRECT}." in where and where.endswith(".fields")


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda each: each.slug)
def test_no_coded_field_holds_free_text(procedure: Procedure) -> None:
    free = [
        where
        for where, part in parts(procedure)
        if part["type"] == "string"
        and "enum" not in part
        and (
            not part.get("pattern")
            or OPEN_PATTERN.search(part["pattern"])
            or part.get("maxLength", 0) > STRING_CHARS_MAX
        )
    ]
    assert free == []


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda each: each.slug)
def test_no_coded_field_is_about_a_person(procedure: Procedure) -> None:
    named = [
        f"{where}.{name}"
        for where, part in parts(procedure)
        for name in part.get("properties", {})
        if PERSONAL.search(name)
    ]
    assert named == []


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda each: each.slug)
def test_no_coded_field_is_a_float_or_without_bounds(procedure: Procedure) -> None:
    numbers = [
        where
        for where, part in parts(procedure)
        if part["type"] == "number" or (part["type"] == "integer" and not {"minimum", "maximum"} <= set(part))
    ]
    assert numbers == []


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda each: each.slug)
def test_no_schema_admits_fields_it_does_not_know(procedure: Procedure) -> None:
    loose = [
        where
        for where, part in parts(procedure)
        if part["type"] == "object" and part.get("additionalProperties") is not False and not is_correction(where)
    ]
    assert loose == []


@pytest.mark.parametrize("name", ["device_id", "face", "voice_sample", "full_name", "gps_track", "date_of_birth"])
def test_the_test_itself_knows_such_a_field(name: str) -> None:
    assert PERSONAL.search(name)
    assert OPEN_PATTERN.search("^.*$")
    assert is_correction("x/correct.$defs.Correction.properties.fields")


def test_the_catalogue_is_of_the_version_charters_name_and_says_all() -> None:
    assert VERSION == CHARTER_CATALOGUE
    body = msgspec.json.decode(catalogue_json())
    assert [each["name"] for each in body["procedures"]] == list(CATALOGUE.procedures)
    assert body["version"] in CATALOGUE.versions
    assert len(catalogue_digest()) == STRING_CHARS_MAX
    for each, procedure in zip(body["procedures"], PROCEDURES, strict=True):
        assert set(each["acts"]) == set(procedure.rules)


def test_the_engine_reads_nothing_that_an_act_does_not_have() -> None:
    assert {"procedure", "act", "basis", "fields", "portions", "precedence", "reply_by_ms"} <= set(
        Act.__struct_fields__
    )
