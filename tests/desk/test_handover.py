"""The handover over HTTP: drawn up, signed by two passkeys one after the other, kept, printed, and never half."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from rabita.client import calls
from rabita.desk.handover import PREVIEWED
from rabita.desk.languages import language
from rabita.desk.watch import OWED_SHOWN
from rabita.line.errors import PeerFault
from rabita.services.officers import Role
from rabita.services.watch import check_handover, handovers
from tests.desk.told import reads_so
from tests.gateways.browser import Browser, first_officer, told
from tests.gateways.people import House, house

pytestmark = pytest.mark.sockets

REMARKS = "Their colonel calls at 04:00."


@pytest.fixture(scope="module")
def admin(home: House) -> Browser:
    side, other = home.sides
    with other.client() as client:
        client.ask(calls.say(side.line, "message", "send", portions=[{"text": "Please answer."}]))
    home.settle()
    return first_officer(side, Role.SECURITY_OFFICER)


@pytest.fixture(scope="module")
def day(admin: Browser) -> Browser:
    return admin.invite(Role.DUTY_OFFICER, post="WATCH-DAY")


@pytest.fixture(scope="module")
def night(admin: Browser) -> Browser:
    return admin.invite(Role.DUTY_OFFICER, name="Night Officer", post="WATCH-NIGHT")


def drawn(by: Browser, to_post: str = "WATCH-NIGHT") -> str:
    body = {"from_post": "WATCH-DAY", "to_post": to_post, "remarks": REMARKS}
    return str(told(by.post(f"{address(by)}/draw-up", body))["id"])


def address(by: Browser) -> str:
    return f"/lines/{by.side.line}/handovers"


def signed(by: Browser, handing: str, signer: Browser) -> Any:  # noqa: ANN401 - JSON
    """Sign at the screen of *by* with the passkey of *signer*."""
    options = told(by.post(f"{address(by)}/{handing}/begin"))["public_key"]
    return by.post(f"{address(by)}/{handing}/sign", {"answer": signer.device.show(options)}).json()


def test_two_passkeys_sign_at_one_screen_and_the_record_is_kept(day: Browser, night: Browser) -> None:
    number = len(handovers(day.side.node.store, day.side.line)) + 1
    handing = drawn(day)
    shown = day.get("/desk/handover").text
    assert REMARKS in shown
    assert "Sign as the one who hands over" in shown
    assert "What both sign" in shown
    assert signed(day, handing, day) == {"id": handing, "number": number, "signatures": 1}
    assert "Sign as the one who takes over" in night.get("/desk/handover").text
    assert signed(day, handing, night) == {"id": handing, "number": number, "signatures": 2}
    record = night.get(f"/desk/handovers/{number}").text
    for said in (REMARKS, "WATCH-DAY", "WATCH-NIGHT", "Night Officer", "Both verify", "acknowledge the message"):
        assert said in record
    listed = night.get("/desk/handover").text
    assert "Draw up the handover" in listed
    assert "Both verify" in listed
    (plain,) = (each for each in told(night.get(address(night))) if each["number"] == number)
    assert (plain["from_post"], plain["to_post"]) == ("WATCH-DAY", "WATCH-NIGHT")


def test_what_is_open_and_what_was_drawn_up_are_said_in_the_reader_s_language(admin: Browser) -> None:
    reader = admin.invite(Role.DUTY_OFFICER, post="WATCH-DAY")
    reads_so(admin.side, reader, language="fa")
    owes = language("fa").translate("acknowledge the message")
    assert owes in reader.get("/desk/handover").text
    handing = drawn(reader)
    assert owes in reader.get("/desk/handover").text
    told(reader.post(f"{address(reader)}/{handing}/drop"))


def test_what_was_signed_and_changed_since_shows(day: Browser, night: Browser) -> None:
    side = day.side
    before = len(handovers(side.node.store, side.line))
    handing = drawn(day)
    signed(day, handing, day)
    signed(night, handing, night)
    kept = handovers(side.node.store, side.line)[before]
    check_handover(kept)
    first, second = kept.signatures
    for changed in (
        msgspec.structs.replace(kept, record=kept.record.replace(b"04:00", b"05:00")),
        msgspec.structs.replace(kept, signatures=(first, msgspec.structs.replace(second, public=first.public))),
        msgspec.structs.replace(kept, signatures=(first, msgspec.structs.replace(second, origin="https://else.test"))),
    ):
        with pytest.raises(PeerFault, match="signature-false"):
            check_handover(changed)


def test_only_who_holds_the_post_signs_and_no_one_twice(admin: Browser, day: Browser, night: Browser) -> None:
    handing = drawn(day)
    assert signed(day, handing, night)["code"] == "handover-officer"
    assert signed(day, handing, day)["signatures"] == 1
    assert signed(day, handing, day)["code"] == "handover-officer"
    assert signed(day, handing, Browser(admin.side))["code"] == "passkey-refused"
    alone = drawn(day, to_post="WATCH-DAY")
    assert signed(day, alone, day)["signatures"] == 1
    assert signed(day, alone, day)["code"] == "handover-officer"
    assert day.post(f"{address(day)}/{handing}/begin").json()["code"] == "handover-unknown"
    assert day.post(f"{address(day)}/{alone}/drop").status_code == 200
    assert day.post(f"{address(day)}/{alone}/begin").json()["code"] == "handover-unknown"


def test_a_signature_is_over_this_record_alone(day: Browser, night: Browser) -> None:
    other = drawn(day)
    options = told(day.post(f"{address(day)}/{other}/begin"))["public_key"]
    answer = day.device.show(options)
    handing = drawn(day)
    assert day.post(f"{address(day)}/{handing}/sign", {"answer": answer}).json()["code"] == "passkey-refused"
    assert night.get("/desk/handovers/99").status_code == 404
    day.post(f"{address(day)}/{handing}/drop")


def test_a_handover_of_one_s_own_post_goes_to_another_officer(admin: Browser, day: Browser) -> None:
    relief = admin.invite(Role.DUTY_OFFICER, name="Relief Officer", post="WATCH-DAY")
    handing = drawn(day, to_post="WATCH-DAY")
    assert signed(day, handing, day)["signatures"] == 1
    assert signed(day, handing, relief)["signatures"] == 2


def test_much_that_is_owed_is_listed_in_part_and_counted_whole(tmp_path: Path) -> None:
    with house(tmp_path) as busy:
        side, other = busy.sides
        with other.client() as client:
            for _ in range(PREVIEWED + 1):
                client.ask(calls.say(side.line, "message", "send", portions=[{"text": "Please answer."}]))
        busy.settle()
        duty = first_officer(side, Role.SECURITY_OFFICER).invite(Role.DUTY_OFFICER, post="WATCH-DAY")
        assert listed(PREVIEWED) in duty.get("/desk/handover").text
        assert listed(OWED_SHOWN) in duty.get("/desk").text
        drawn(duty)
        assert "that are due first" not in duty.get("/desk/handover").text


def listed(count: int) -> str:
    return f"Listed are the {count} that are due first, of {PREVIEWED + 1}."


def test_whoever_reads_nothing_hands_nothing_over(admin: Browser, day: Browser) -> None:
    body = {"from_post": "WATCH-DAY", "to_post": "WATCH-NIGHT"}
    assert admin.post(f"{address(day)}/draw-up", body).status_code == 403
    assert day.post(f"{address(day)}/draw-up", {**body, "to_post": ""}).status_code == 422
