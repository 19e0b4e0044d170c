"""Notices out, over real HTTP to a target that the test steers: when they go, what they hold, what if they fail."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rabita.app.doctor_settings import notice_targets, unsafe_settings
from rabita.app.home import Home
from rabita.app.node import Node
from rabita.app.notices import Waits, notice, read_targets
from rabita.app.settings import Settings
from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.services.casework import Wanted, Words
from rabita.services.duties_read import owed
from tests.app.people import new_pair, play
from tests.app.test_casework import officer, said, shows
from tests.app.test_timekeeping import Steered, clock, made

__all__ = ["clock"]
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
SECRET = "a-word-that-opens-the-pager"
MINUTE_MS = 60_000


class Pager:
    """Somebody's pager: takes what is sent while it works, and keeps it."""

    def __init__(self) -> None:
        self.works = True
        self.asked = 0
        self.heard: list[dict[str, Any]] = []
        pager = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                pager.asked += 1
                if pager.works:
                    pager.heard.append({"path": self.path, **json.loads(raw)})
                self.send_response(200 if pager.works else 503)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def file(self, folder: Path) -> str:
        """Write the file that names it."""
        path = folder / "notices"
        port = self.server.server_address[1]
        path.write_text(f"# the duty officer's pager\n\njson://127.0.0.1:{port}/{SECRET}\n")
        path.chmod(0o600)
        return str(path)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module", autouse=True)
def apprise_is_loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Load what sends, which takes its time, before a clock of ours runs."""
    path = tmp_path_factory.mktemp("loaded") / "notices"
    path.write_text("json://127.0.0.1/")
    assert len(read_targets(str(path))) == 1


@pytest.fixture
def pager() -> Iterator[Pager]:
    found = Pager()
    yield found
    found.close()


@pytest.fixture(autouse=True)
def no_looks_but_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rabita.app.notices.LOOK_S", 3_600)
    monkeypatch.setattr("rabita.app.timekeeping.TICK_S", 3_600)


def asked(line: str, text: str, lane: Lane) -> Wanted:
    wanted = Wanted(line, "message", "send", words=(Words(text),), precedence=lane)
    return msgspec.structs.replace(wanted, posts=("SECRET-POST",))


async def waits(node: Node, line: str, count: int) -> None:
    await shows(node, lambda: len({each.reference for each in owed(node.casebook, line, "us").rows}) == count)


@pytest.mark.sockets
def test_a_notice_says_how_much_waits_and_never_what(tmp_path: Path, clock: Steered, pager: Pager) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        pak, irn = made(pair, 0), made(pair, 1, notices_file=pager.file(tmp_path), notices_minutes=5)
        await pak.serve()
        await irn.serve()
        key = await officer(pak, pair.line)
        await irn.notices.tick()
        assert pager.heard == []
        await said(pak, key, asked(pair.line, "The canary sings.", Lane.IMMEDIATE))
        await waits(irn, pair.line, 1)
        await irn.notices.tick()
        await irn.notices.tick()
        await said(pak, key, asked(pair.line, "It sings again.", Lane.FLASH))
        await waits(irn, pair.line, 2)
        await irn.notices.tick()
        assert len(pager.heard) == 1, "no two within five minutes"
        clock.ahead_ms += 5 * MINUTE_MS
        await irn.notices.tick()
        await irn.notices.tick()
        assert [each["message"] for each in pager.heard] == [
            "EXERCISE. Rabita X-IRN: 1 item waits.",
            "EXERCISE. Rabita X-IRN: 2 items wait, 1 FLASH.",
        ]
        whole = json.dumps(pager.heard)
        assert not [
            each for each in ("canary", "sings", "SECRET-POST", "PAK", "message/", pair.line[:8]) if each in whole
        ]
        await asyncio.gather(pak.close(), irn.close())

    play(scene)


@pytest.mark.sockets
def test_a_target_that_fails_is_tried_again_later_each_time(
    tmp_path: Path, clock: Steered, pager: Pager, capfd: pytest.CaptureFixture[str]
) -> None:
    pair = new_pair(tmp_path)

    async def scene() -> None:
        pak, irn = made(pair, 0), made(pair, 1, notices_file=pager.file(tmp_path))
        await pak.serve()
        await irn.serve()
        key = await officer(pak, pair.line)
        await said(pak, key, asked(pair.line, "Answer.", Lane.IMMEDIATE))
        await waits(irn, pair.line, 1)
        pager.works, tried = False, []
        for seconds in (0, 29, 2, 31, 31):
            clock.ahead_ms += seconds * 1_000
            await irn.notices.tick()
            tried.append(pager.asked)
        assert tried == [1, 1, 2, 2, 3]
        pager.works = True
        clock.ahead_ms += 15 * MINUTE_MS
        await irn.notices.tick()
        await irn.notices.tick()
        assert len(pager.heard) == 1
        await asyncio.gather(pak.close(), irn.close())

    play(scene)
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("party", "found", "says"),
    [
        ("PAK", Waits(frozenset("a"), 0, rings=False), "Rabita PAK: 1 item waits."),
        ("PAK", Waits(frozenset("ab"), 1, rings=True), "Rabita PAK: 2 items wait, 1 FLASH."),
        ("X-IRN", Waits(frozenset("ab"), 2, rings=True), "EXERCISE. Rabita X-IRN: 2 items wait, 2 FLASH."),
    ],
)
def test_what_a_notice_says(party: str, found: Waits, says: str) -> None:
    assert notice(party, found) == says


def test_an_address_that_cannot_be_read_is_named_by_its_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "notices"
    path.write_text(f"# ours\nnothing://{SECRET}\n")
    with pytest.raises(UserFault) as found:
        read_targets(str(path))
    assert (found.value.code, SECRET in str(found.value), "line 2" in str(found.value)) == (
        "setting-invalid",
        False,
        True,
    )
    with pytest.raises(UserFault):
        read_targets(str(tmp_path / "none"))


def test_the_doctor_names_targets_without_tls_by_their_number(tmp_path: Path) -> None:
    path = tmp_path / "notices"
    path.write_text(
        f"jsons://h.example/{SECRET}\njson://h.example/{SECRET}\n"
        f"mailtos://{SECRET}:x@h.example\nntfy://topic\n"  # pragma: allowlist secret - a test's own
    )
    path.chmod(0o644)
    settings = Settings(home=tmp_path, notices_file=str(path))
    found = [*notice_targets(settings)]
    assert [each.ok for each in found] == [True, False, True, True]
    assert SECRET not in str(found)
    assert list(notice_targets(Settings(home=tmp_path))) == []
    loose = [each for each in unsafe_settings(Home(tmp_path), settings) if not each.ok]
    assert [each.what for each in loose] == ["mode of notices"]
