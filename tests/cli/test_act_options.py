"""What a person types for a coded field, and what the field becomes; whatever does not fit names its option."""

from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.cli.act_options import FieldOption, Given, fields_given, options_of, read_time
from rabita.line.errors import UserFault
from rabita.procedures.accreditation import ACCREDITATION
from rabita.procedures.catalogue import PROCEDURES
from rabita.procedures.incident import INCIDENT, Account

NOW_MS: Final = 1_705_426_200_000
EDITION: Final = "e" * 64
GIVEN: Final = Given(NOW_MS, EDITION, lambda text: {"X-PAK-F-0001": "a" * 64}.get(text, "b" * 64))


def options(act: str) -> list[FieldOption]:
    return options_of(INCIDENT.rules[act].fields, act, ("to", "help"))


def made(act: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - options of any kind
    by_flag = {each.flag.removeprefix("--").replace("-", "_"): each.name for each in options(act)}
    return fields_given(options(act), {by_flag[name]: value for name, value in values.items()}, GIVEN)


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("2024-01-16T17:30Z", NOW_MS),
        ("2024-01-16T17:30:00", NOW_MS),
        ("2024-01-16T22:30+05:00", NOW_MS),
        ("2024-01-16", NOW_MS - 63_000_000),
        ("now", NOW_MS),
        ("+30m", NOW_MS + 1_800_000),
        ("+8h", NOW_MS + 28_800_000),
        ("+7d", NOW_MS + 604_800_000),
    ],
)
def test_a_time_is_read_in_iso_8601_or_from_now(text: str, time_ms: int) -> None:
    assert read_time(text, NOW_MS) == time_ms


@given(st.text(max_size=30))
def test_no_text_does_more_than_be_refused_as_a_time(text: str) -> None:
    try:
        assert isinstance(read_time(text, NOW_MS), int)
    except ValueError as fault:
        assert str(fault)


def test_an_account_is_made_of_its_options_and_groups() -> None:
    fields = made(
        "report",
        what="strike",
        when="2024-01-16T17:25Z/2024-01-16T17:45Z",
        known_from="seen",
        where="26.9 N 64.0 E; 26.9 N 64.3 E; 27.1 N 64.3 E",
        means=["missile", "drone"],
        harm_killed="2",
        attribution_actor="responder",
        attribution_grade="b2/70",
    )
    assert fields["where"] == {
        "area": [[64_000_000, 26_900_000], [64_300_000, 26_900_000], [64_300_000, 27_100_000]],
        "edition": EDITION,
    }
    assert fields["harm"] == {"killed": 2}
    grade = {"source": "B", "information": "2", "probability_pct": 70}
    assert fields["attribution"] == {"actor": "responder", "grade": grade}
    assert fields["when"]["end_ms"] - fields["when"]["start_ms"] == 1_200_000
    assert isinstance(msgspec.convert(fields, INCIDENT.rules["report"].fields), Account)


def test_one_point_stands_for_ten_kilometres_around_it() -> None:
    place = made("report", where="27.0 N 64.1 E")["where"]
    lons, lats = zip(*place["area"], strict=True)
    assert min(lons) <= 64_100_000 <= max(lons)
    assert min(lats) <= 27_000_000 <= max(lats)
    assert max(lats) - min(lats) > 80_000


def test_an_act_named_by_its_reference_becomes_its_digest() -> None:
    assert made("sign finding", digest="X-PAK-F-0001") == {"digest": "a" * 64}


def test_a_field_named_like_a_common_option_has_the_acts_name_before_it() -> None:
    assert [each.flag for each in options("ask access")] == ["--ask-access-to", "--during"]


def test_a_post_named_by_code_or_a_place_both_fit() -> None:
    nominated = options_of(ACCREDITATION.rules["nominate"].fields, "nominate", ())
    at = next(each for each in nominated if each.flag == "--at")
    assert fields_given(nominated, {at.name: "zahedan"}, GIVEN) == {"at": "zahedan"}
    assert fields_given(nominated, {at.name: "29.5 N 60.9 E"}, GIVEN)["at"]["edition"] == EDITION


@pytest.mark.parametrize(
    ("act", "values", "said"),
    [
        ("report", {"what": "weather"}, "--what: allowed is "),
        ("report", {"when": "2024-01-16"}, "--when: from/until"),
        ("report", {"where": "27 N"}, "--where: "),
        ("report", {"where": ""}, "--where: an area"),
        ("report", {"harm_killed": "two"}, "--harm-killed: a whole number"),
        ("report", {"means": ["drone", "sword"]}, "--means: allowed is "),
        ("report", {"attribution_grade": "good"}, "--attribution-grade: source and information"),
        ("correct", {"fields": "{"}, "--fields: JSON"),
    ],
)
def test_what_does_not_fit_names_its_option(act: str, values: dict[str, Any], said: str) -> None:
    with pytest.raises(UserFault, match="field-invalid") as refused:
        made(act, **values)
    assert refused.value.detail.startswith(said)


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda each: each.slug)
def test_what_is_not_given_is_left_out(procedure: Any) -> None:  # noqa: ANN401 - a definition
    for name, rule in procedure.rules.items():
        found = options_of(rule.fields, name, ())
        assert fields_given(found, {each.name: None for each in found}, GIVEN) == {}
        assert len({each.flag for each in found}) == len(found)
