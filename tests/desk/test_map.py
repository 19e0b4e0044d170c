"""The map over HTTP: whose word each place is, what both share, what may not be seen, the guard's judgment, files."""

import re
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from rabita.desk.gazetteer import known_places
from rabita.desk.geojson import OTHER, SYMBOLS
from rabita.desk.map_ground import base
from rabita.desk.map_items import PLACED, STANDING
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.coded import Place
from rabita.services.officers import Role
from rabita.services.terms import BOUNDARY
from tests.desk.mapped import ACROSS, NEARER, OWN, PANJGUR, Mapped, account, mapped, place, posted, window
from tests.desk.mapped import told as said_by
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import DAY_MS, House, Side

STATIC = files("rabita.desk").joinpath("static")
ASSETS = Path(__file__).parents[2] / "assets"
SECRET = "SECRET//WHY source//REVIEW 2030-01-01"


@pytest.fixture(scope="module")
def said(home: House) -> Mapped:
    return mapped(home)


@pytest.fixture
def officer(side: Side) -> Browser:
    return first_officer(side).invite(Role.LIAISON_OFFICER, post="DUTY-ROOM")


def listed(officer: Browser, **query: str) -> dict[str, Any]:
    """Give the items by their ids, in the order of the list."""
    return {each["id"]: each for each in told(officer.get("/desk/map/items", **query))["features"]}


def judged(officer: Browser, area: list[list[int]], **more: object) -> dict[str, Any]:
    found: dict[str, Any] = told(officer.post("/desk/map/check", {"area": area, **more}))
    return found


def drawn(found: dict[str, Any]) -> set[str]:
    return {each["properties"]["kind"] for each in found["parts"]["features"]}


@pytest.mark.sockets
def test_each_account_has_its_own_place_and_what_both_share_stands_beside(officer: Browser, said: Mapped) -> None:
    found = listed(officer)
    ours, theirs = found[said.report], found[said.account]
    assert [each["properties"]["party"] for each in (ours, theirs)] == ["X-PAK", "X-IRN"]
    assert ours["properties"]["verdict"] == theirs["properties"]["verdict"] == "agreed"
    for each, area in ((ours, PANJGUR), (theirs, NEARER)):
        ring = each["geometry"]["coordinates"][0][0]
        assert ring == [[lon / 10**6, lat / 10**6] for lon, lat in (*area, area[0])]
    shared = found[f"{ours['properties']['case']}-agreed"]
    assert shared["properties"]["party"] == ""
    lons, lats = zip(*shared["geometry"]["coordinates"][0][0], strict=True)
    assert (min(lons), max(lons), min(lats), max(lats)) == (63.9, 64.1, 26.85, 27.0)
    disputed = found[said.disputed]["properties"]
    assert disputed["verdict"] == "disputed"
    assert f"{disputed['case']}-agreed" not in found


@pytest.mark.sockets
def test_a_correction_moves_a_place_and_a_withdrawal_takes_it_away(home: House, side: Side, officer: Browser) -> None:
    day_ms = side.now_ms // DAY_MS * DAY_MS
    words = [{"text": "What is known of it so far.", "language": "en"}]
    first = said_by(side, "incident", "report", fields=account(day_ms, OWN), precedence="FLASH", portions=words)
    assert listed(officer)[first]["geometry"]["coordinates"][0][0][0] == [63.2, 27.98]
    better = {"reason": "error", "fields": account(day_ms, NEARER)}
    said_by(side, "incident", "correct", (first,), fields=better, portions=words)
    home.settle()
    assert listed(officer)[first]["geometry"]["coordinates"][0][0][0] == [63.8, 26.8]
    said_by(side, "incident", "withdraw", (first,), fields={"reason": "error"})
    home.settle()
    assert first not in listed(officer)


@pytest.mark.sockets
def test_a_crossing_stands_once_with_both_halves_and_a_post_where_it_is(
    home: House, officer: Browser, said: Mapped
) -> None:
    digest = posted(home, "zahedan")
    found = listed(officer)
    crossing, post = found["crossing-mirjaveh-taftan"], found[digest]
    assert "restricted" in crossing["properties"]["says"]
    assert "open" in crossing["properties"]["says"]
    assert crossing["properties"]["kind"] == "restricted"
    known = known_places()
    assert (known.called("mirjaveh-taftan"), known.called("zahedan"), known.called("nowhere")) != (None, None, None)
    assert post["geometry"] == {"type": "Point", "coordinates": [60.86, 29.5]}
    only = listed(officer, procedure="accreditation")
    assert list(only) == [digest]
    assert said.crossing not in only


@pytest.mark.sockets
def test_an_area_that_announces_nothing_is_only_told_whose_soil_it_is(officer: Browser, said: Mapped) -> None:
    assert said.report
    found = judged(officer, ACROSS, announces=False)
    assert (found["code"], found["sentence"], found["allowed"]) == ("", "", True)
    assert drawn(found) == {"own", "other", "band"}
    assert found["near"]
    crossing = [ACROSS[0], ACROSS[2], ACROSS[1], ACROSS[3]]
    assert judged(officer, crossing, announces=False)["code"] == "area-self-crossing"


@pytest.mark.sockets
def test_the_table_lists_the_same_items_in_the_same_order(officer: Browser, said: Mapped) -> None:
    page = officer.get("/desk/map").text
    found = listed(officer)
    assert re.findall(r'data-item="([^"]+)"', page) == list(found)
    assert said.notice in found
    assert "Within 58 km of the line, indicative." in page
    assert page.count("The accounts differ on the place") == 2
    assert BOUNDARY.edition in page
    assert f"/desk/case/{found[said.report]['properties']['case']}" in page


@pytest.mark.sockets
def test_items_come_part_by_part_and_by_time_and_procedure(officer: Browser, side: Side, said: Mapped) -> None:
    whole = [each for each in listed(officer) if not each.endswith("-agreed")]
    rows: list[str] = []
    cursor = ""
    while True:
        answer = told(officer.get("/desk/map/items", count="2", cursor=cursor))
        rows += [each["id"] for each in answer["features"] if not each["id"].endswith("-agreed")]
        cursor = answer["next"]
        if not cursor:
            break
    assert sorted(rows) == sorted(whole)
    ahead = listed(officer, from_ms=str(side.now_ms + DAY_MS), procedure="notice")
    assert list(ahead) == [said.notice]
    assert "Earlier items" in officer.get("/desk/map", count="2").text
    assert set(listed(officer, procedure="incident")) <= set(listed(officer))
    assert code_of(officer.get("/desk/map/items", procedure="message")) == "procedure-unknown"
    assert "Nothing with a place" in officer.get("/desk/map", procedure="alert").text


@pytest.mark.sockets
def test_what_is_marked_above_ones_clearance_is_counted_and_not_shown(home: House, side: Side, said: Mapped) -> None:
    words = [{"text": "From a source.", "language": "en", "marking": SECRET}]
    fields = account(side.now_ms, OWN)
    digest = said_by(side, "incident", "report", fields=fields, marking=SECRET, precedence="FLASH", portions=words)
    home.settle()
    admin = first_officer(side)
    cleared, other = (
        admin.invite(Role.LIAISON_OFFICER, post="DUTY-ROOM", clearances=each) for each in (["SECRET"], [])
    )
    assert digest in listed(cleared)
    assert told(cleared.get("/desk/map/items"))["unseen"] == 0
    shown = told(other.get("/desk/map/items"))
    assert digest not in [each["id"] for each in shown["features"]]
    assert shown["unseen"] == 1
    assert "so not shown: 1." in other.get("/desk/map").text
    assert said.report in listed(other)


@pytest.mark.sockets
def test_a_stranger_is_sent_to_sign_in_and_told_nothing(side: Side) -> None:
    with side.http("") as http:
        assert http.get("/desk/map").headers["location"] == "/sign-in"
        for path in ("items", "ground"):
            assert http.get(f"/desk/map/{path}").status_code == 401
        assert http.post("/desk/map/check", json={"area": OWN}).status_code == 401


@pytest.mark.sockets
def test_the_guard_judges_what_is_drawn_and_says_whose_soil_each_part_is(officer: Browser) -> None:
    own = judged(officer, OWN)
    assert (own["allowed"], own["code"], drawn(own)) == (True, "territory-own", {"own"})
    assert own["near"] == [["", 45]]
    across = judged(officer, ACROSS)
    assert (across["allowed"], across["code"]) == (False, "territory-across")
    assert drawn(across) == {"own", "other", "band"}
    near = [[62_800_000, 27_980_000], [62_900_000, 27_980_000], [62_900_000, 28_080_000], [62_800_000, 28_080_000]]
    assert judged(officer, near)["code"] == "territory-assurance-needed"
    assert judged(officer, near, assured=True)["code"] == "territory-band"
    crossed = judged(officer, [OWN[0], OWN[2], OWN[1], OWN[3]])
    assert (crossed["code"], crossed["parts"]["features"], crossed["near"]) == ("area-self-crossing", [], [])
    sea = [[62_000_000, 23_600_000], [62_200_000, 23_600_000], [62_200_000, 23_800_000]]
    assert drawn(judged(officer, sea)) == {"outside"}
    assert officer.post("/desk/map/check", {"area": OWN * 65}).status_code == 422
    assert officer.post("/desk/map/check", {"area": OWN}, x_rabita_csrf="").status_code == 403


@pytest.mark.sockets
def test_what_lies_under_the_map_is_named_with_the_edition_of_the_charter(officer: Browser) -> None:
    under = told(officer.get("/desk/map/ground"))
    assert (under["edition"], under["held"]) == (BOUNDARY.digest, True)
    kinds = [each["properties"]["kind"] for each in under["features"]]
    assert {each: kinds.count(each) for each in ("line", "territory", "band", "crossing-point")} == {
        "line": 2,
        "territory": 2,
        "band": 1,
        "crossing-point": 4,
    }


@pytest.mark.parametrize("language", ["en", "fa", "ur"])
def test_provinces_and_towns_are_named_in_every_language(language: str) -> None:
    names = [each["properties"]["name"] for each in base(language)]
    assert all(names)
    assert any("\u0600" <= letter <= "\u06ff" for letter in "".join(names)) == (language != "en")


def test_every_procedure_with_places_is_on_the_map() -> None:
    def holds(kind: inspect.Type) -> Iterator[bool]:
        if isinstance(kind, inspect.StructType):
            yield kind.cls is Place
            for each in kind.fields:
                yield from holds(each.type)
        elif isinstance(kind, inspect.UnionType):
            for one in kind.types:
                yield from holds(one)
        elif isinstance(kind, inspect.VarTupleType):
            yield from holds(kind.item_type)

    found = {
        name
        for name, procedure in CATALOGUE.procedures.items()
        if any(any(holds(inspect.type_info(rule.fields))) for rule in procedure.rules.values())
    }
    assert found == {*PLACED, "accreditation"}
    assert {procedure for procedure, _ in SYMBOLS} <= {*PLACED, *STANDING}


def test_the_libraries_and_pictures_are_those_that_were_built() -> None:
    manifest = msgspec.json.decode(STATIC.joinpath("openlayers.json").read_bytes())
    for name, digest in manifest["sha256"].items():
        assert sha256(STATIC.joinpath(name).read_bytes()).hexdigest() == digest, name
    pinned = msgspec.json.decode((ASSETS / "package-lock.json").read_bytes())["packages"]
    licences = STATIC.joinpath("openlayers-licences.txt").read_text(encoding="utf-8")
    for name, version in manifest["made_of"].items():
        assert pinned[f"node_modules/{name}"]["version"] == version
        assert f"{name} {version} (" in licences
    assert {f"symbol-{each}.svg" for each in {*SYMBOLS.values(), OTHER}} <= set(manifest["sha256"])
    code = STATIC.joinpath("openlayers.mjs").read_text(encoding="utf-8")
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|new Worker", code)
        == []
    )


def test_no_picture_has_a_hostile_frame() -> None:
    """The fourth digit is the standard identity (MIL-STD-2525D, A.3): 1 is unknown, 4 neutral."""
    symbols = msgspec.json.decode((ASSETS / "symbols.json").read_bytes())
    assert {code[3] for code in symbols.values()} == {"1", "4"}


@pytest.mark.sockets
def test_a_consent_that_a_draft_names_counts_in_its_time(home: House, side: Side, officer: Browser) -> None:
    day_ms = side.now_ms // DAY_MS * DAY_MS
    when = window(day_ms + 20 * DAY_MS, 5)
    asked = said_by(side, "notice", "ask consent", fields={"purpose": "rescue", "area": place(ACROSS), "window": when})
    home.settle()
    given = said_by(home.sides[1], "notice", "consent", (asked,), fields={"area": place(ACROSS), "window": when})
    home.settle()
    basis = ["PAK-R-9999", "nothing", given]
    assert judged(officer, ACROSS, basis=basis, window=when)["code"] == "territory-consented"
    assert judged(officer, ACROSS, basis=basis, window=window(day_ms, 5))["code"] == "consent-time"
    assert judged(officer, ACROSS, window=when)["code"] == "territory-across"
