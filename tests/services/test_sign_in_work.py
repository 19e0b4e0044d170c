"""What fails takes the same work whoever there is: every call that is made is counted, and the counts are compared."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from rabita.line.errors import UserFault
from rabita.services.officers import OfficerStore, Role
from rabita.services.people import Wanted
from rabita.store.officers_sqlite import MemoryOfficers, SqliteOfficers
from tests.authenticator import Authenticator
from tests.services.officers_house import House

COSTLY = ("verify", "execute", "compare_digest", "digest", "_compute_digest", "sha256", "openssl_sha256")
"""What takes long enough to be told from afar: signatures, statements, hashes."""


def work(act: Callable[[], object], code: str) -> Counter[str]:
    """Count every call, by name, that an act makes until it is refused."""
    counts: Counter[str] = Counter()

    def seen(frame: FrameType, event: str, called: Any) -> None:  # noqa: ANN401 - as sys.setprofile gives it
        if event == "call":
            counts[f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"] += 1
        elif event == "c_call":
            counts[f"{called.__module__}.{called.__qualname__}"] += 1

    sys.setprofile(seen)
    try:
        with pytest.raises(UserFault) as refused:
            act()
    finally:
        sys.setprofile(None)
    assert refused.value.code == code
    return counts


def costly(counts: Counter[str]) -> Counter[str]:
    return Counter({name: count for name, count in counts.items() if name.rpartition(".")[2] in COSTLY})


def entering(house: House, device: Authenticator) -> Counter[str]:
    answer = house.shown(device)
    return work(lambda: house.sign_in.finish(answer), "passkey-refused")


@pytest.fixture(params=["memory", "file"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """Give a node that has refused somebody before, so that all that is loaded once is loaded."""
    store: OfficerStore = MemoryOfficers() if request.param == "memory" else SqliteOfficers(tmp_path / "officers.db")
    found = House(store)
    entering(found, Authenticator())
    return found


def test_a_passkey_that_nobody_has_costs_what_a_wrong_signature_costs(house: House) -> None:
    device = house.enrol(house.first().code)
    known = Authenticator(id=device.id, handle=device.handle)
    counts = [entering(house, each) for each in (known, Authenticator(handle=device.handle))]
    assert costly(counts[0]) == costly(counts[1])
    assert sum(costly(counts[0]).values()) > 1, "it was looked up and verified"
    if isinstance(house.store, MemoryOfficers):
        assert counts[0] == counts[1], "call by call"


def test_a_code_that_nobody_has_costs_what_a_wrong_secret_costs(house: House) -> None:
    code = house.first().code.replace("-", "")
    codes = [code[:8] + "A" * (len(code) - 8), "A" * len(code)]
    counts = [work(lambda text=each: house.enrolment.begin(text), "invitation-refused") for each in codes]  # type: ignore[misc]  # - a default binds it
    assert costly(counts[0]) == costly(counts[1])
    if isinstance(house.store, MemoryOfficers):
        assert counts[0] == counts[1], "call by call"


def test_a_session_that_nobody_has_costs_what_a_wrong_secret_costs(house: House) -> None:
    text = house.entered(house.enrol(house.first().code))
    session, _, secret = text.partition("_")
    wrong = [f"{session}_{'A' * len(secret)}", f"{'0' * len(session)}_{'A' * len(secret)}"]
    counts = [work(lambda each=each: house.sign_in.who(each), "session-over") for each in wrong]  # type: ignore[misc]  # - a default binds it
    assert costly(counts[0]) == costly(counts[1])
    if isinstance(house.store, MemoryOfficers):
        assert counts[0] == counts[1], "call by call"


def test_whose_passkey_it_is_changes_nothing(house: House) -> None:
    admin = house.who(house.enrol(house.first().code))
    other = house.enrol(house.people.invite(admin, Wanted("B", (Role.AUDITOR,))).code)
    house.people.suspend(house.who(other).officer.id)
    ended = Authenticator(id=other.id, handle=other.handle)
    assert costly(entering(house, ended)) == costly(entering(house, Authenticator(handle=other.handle)))
