"""Tables, map files and calendars over HTTP: every list with its filters, cut where it says so, no formulas."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from rabita.client import calls
from rabita.desk import out_tables
from rabita.gateways.rest.access import Scope
from rabita.gateways.tables import CARRIED_OUT, write_csv
from rabita.services.officers import Role
from tests.desk.mapped import Mapped, mapped
from tests.gateways.browser import Browser, first_officer, told
from tests.gateways.people import DAY_MS, House, house

FORMULA = '=HYPERLINK("x")'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give nodes of which nobody else says anything, for whole lists are compared."""
    with house(tmp_path_factory.mktemp("out")) as found:
        yield found


@pytest.fixture(scope="module")
def said(home: House) -> Mapped:
    side = home.sides[0]
    with side.client() as client:
        words = [{"text": f"{FORMULA} \u202ereversed", "language": "en"}]
        client.ask(calls.say(side.line, "message", "send", portions=words, posts=["LO-ZAHEDAN"]))
    return mapped(home)


@pytest.fixture
def officer(home: House) -> Browser:
    return first_officer(home.sides[0]).invite(Role.DUTY_OFFICER, post="DUTY-ROOM")


def table(officer: Browser, name: str, **query: str) -> list[dict[str, str]]:
    answer = officer.get(f"/desk/csv/{name}", **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith("\ufeff".encode())
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.sockets
def test_a_table_has_what_its_page_has_with_the_same_filters(officer: Browser, said: Mapped) -> None:
    everything, flash = table(officer, "traffic"), table(officer, "traffic", lane="FLASH")
    assert {each["Precedence"] for each in flash} == {"FLASH"}
    assert len(flash) == 2 < len(everything)
    assert said.report in {each["Digest of the act (SHA-256)"] for each in flash}
    assert not [each for each in everything if each["Precedence"] == "CONTROL"]
    assert [each for each in table(officer, "traffic", own="true") if each["Precedence"] == "CONTROL"]


@pytest.mark.sockets
def test_nobody_s_words_are_a_formula_and_controls_are_spelled_out(officer: Browser, said: Mapped) -> None:
    assert said
    (message,) = table(officer, "search", text="hyperlink")
    assert message["What was found"] == f"'{FORMULA} U+202Ereversed"


@pytest.mark.sockets
@pytest.mark.parametrize("name", sorted(each.name for each in out_tables.TABLES))
def test_every_list_is_a_table(officer: Browser, said: Mapped, name: str) -> None:
    assert said
    month = {"at_ms": str(officer.side.now_ms + 20 * DAY_MS)} if name == "notices" else {}
    rows = table(officer, name, **month)
    rows += table(officer, name, by="them") if name == "duties" else []
    assert bool(rows) == (name not in ("search", "commitments", "measures", "roster"))
    assert all(None not in row for row in rows)


@pytest.mark.sockets
def test_a_table_that_is_cut_says_so_in_its_last_line(
    officer: Browser, said: Mapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said
    monkeypatch.setattr(out_tables, "ROWS_MAX", 2)
    rows = table(officer, "traffic")
    assert [len(rows), rows[-1]["Reference"]] == [3, "Cut after 2 rows: choose filters to see the rest."]


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_any_cell_is_read_back_and_none_is_carried_out(cells: list[str]) -> None:
    raw = write_csv(["a", *["b"] * len(cells)], [["", *cells]])
    row = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))[1][1:]
    assert [each.removeprefix("'") for each in row] == [each.removeprefix("'") for each in cells]
    assert not [each for each in row if each.startswith(CARRIED_OUT)]


@pytest.mark.sockets
def test_the_map_s_items_are_geojson_and_kml(officer: Browser, said: Mapped) -> None:
    shown = {each["id"] for each in told(officer.get("/desk/map/items"))["features"]}
    file = officer.get("/desk/map/file.geojson")
    whole = json.loads(file.content)
    assert file.headers["content-type"] == "application/geo+json"
    assert {each["id"] for each in whole["features"]} == shown >= {said.report, said.account}
    assert (whole["cut"], whole["name"].startswith("EXERCISE")) == (False, True)
    kml = officer.get("/desk/map/file.kml").text
    assert kml.count("<Placemark>") == len([each for each in whole["features"] if each["geometry"]])
    assert "<name>EXERCISE: " in kml
    crossings = officer.get("/desk/map/file.kml", procedure="crossing").text
    assert "<coordinates>61.54,28.95</coordinates>" in crossings
    assert crossings.count("<Placemark>") == 1


@pytest.mark.sockets
def test_deadlines_are_a_calendar_whose_events_keep_their_names(officer: Browser, said: Mapped) -> None:
    assert said
    path = "/desk/calendar.ics"
    one, two = events(officer.get(path).content), events(officer.get(path).content)
    assert one == two
    assert all(summary.startswith("EXERCISE: ") for _, summary, _ in one.values())
    windows = [end - start for start, summary, end in one.values() if "announced an activity" in summary]
    assert [each.days for each in windows] == [5]
    assert [summary for _, summary, _ in one.values() if "acknowledge the notice" in summary]


@pytest.mark.sockets
def test_a_program_reads_the_calendar_with_a_token_that_may_read(home: House, said: Mapped) -> None:
    assert said
    side = home.sides[0]
    path = f"/lines/{side.line}/calendar"
    with side.http(side.token(Scope.READ)) as http:
        answer = http.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert events(answer.content)
    with side.http(side.token(Scope.AUDIT)) as http:
        assert http.get(path).status_code == 403
    with side.http("") as http:
        assert http.get(path).status_code == 401


def events(raw: bytes) -> dict[str, Any]:
    """Each event's start, summary and end by its name."""
    found: Any = Calendar.from_ical(raw).walk("VEVENT")
    return {
        str(each["UID"]): (each.start, str(each["SUMMARY"]), each.get("DTEND", each["DTSTART"]).dt) for each in found
    }
