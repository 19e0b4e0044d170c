"""What must not leave a node does not: random words in drafts, notes, withheld portions and secrets.

One scene on two running nodes, with a tap on everything that leaves the process: frames before any encryption, courier
frames before age, the log, HTTP answers to whoever may not know, events, metrics, exports, and every file of the home
folder. Beside each search stands one for a word that was meant to leave, so that no tap is deaf.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from typing import Any, Final

import httpx
import prometheus_client
import pytest

from rabita.app.backup import backup
from rabita.app.logs import Log, open_log
from rabita.bearers.channel import Channel
from rabita.gateways.rest.access import Scope
from rabita.line.events import Now
from rabita.services.courier import outgoing
from rabita.services.officers import Role
from tests.app.people import WORDS
from tests.canaries.canary import Aviary, forms
from tests.gateways import people
from tests.gateways.browser import Browser, first_officer, told
from tests.gateways.people import OFFICER_WORD, House, Side, house

pytestmark = pytest.mark.sockets

KEPT: Final = (
    *("withheld", "draft", "draft before", "review comment", "tried act", "officer's name", "refused word"),
    *("token", "session", "invitation", "node passphrase", "officer passphrase", "backup passphrase", "csrf"),
)
SECRETS: Final = ("token", "session", "invitation", "node passphrase", "officer passphrase", "backup passphrase")
SENT: Final = "sent"
LOG: Final = "log"
FRAMES: Final = "frames"
EVENTS: Final = 2


class Scene:
    """Two nodes, what was planted on the first, and what left it."""

    def __init__(self, home: House, birds: Aviary, log: io.StringIO) -> None:
        self.home, self.birds, self.log = home, birds, log
        self.side: Side = home.sides[0]
        self.reader = self.side.token(Scope.READ)

    def say(self, **more: object) -> httpx.Response:
        portions = [
            {"text": f"The post is closed. {self.birds.words[SENT]}", "language": "en"},
            {"text": f"Our source says so. {self.birds.words['withheld']}", "language": "en", "withheld": True},
        ]
        body = {"portions": portions, "fields": {}, "posts": ["LO-TURBAT"], **more}
        with self.side.http() as http:
            return http.post(f"/lines/{self.side.line}/procedures/message/send", json=body)

    def asked(self, tap: str, answer: httpx.Response) -> httpx.Response:
        """Note an answer, head and body."""
        self.birds.catch(
            tap, b"\n".join([*[name + b": " + value for name, value in answer.headers.raw], answer.content])
        )
        return answer


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Play everything once; the tests below look at what was caught."""
    birds, log, patch = Aviary(), io.StringIO(), pytest.MonkeyPatch()
    for each in (*KEPT, SENT):
        birds.plant(each)
    birds.keep("node passphrase", WORDS.node)
    birds.keep("officer passphrase", OFFICER_WORD)

    def tapped(self: Channel, frames: Sequence[bytes]) -> None:
        for frame in frames:
            birds.catch(FRAMES, frame)
        usual(self, frames)

    def debugging(_level: str, _form: str) -> Log:
        with redirect_stderr(log):
            return open_log("debug", "json")

    usual = Channel.send
    patch.setattr(Channel, "send", tapped)
    patch.setattr(people, "open_log", debugging)
    with house(tmp_path_factory.mktemp("canaries")) as home:
        found = Scene(home, birds, log)
        play(found)
        yield found
    patch.undo()


def play(scene: Scene) -> None:
    """Say, draft, review, refuse, and ask wherever nothing should be told."""
    side, birds = scene.side, scene.birds
    said = scene.say().json()
    scene.home.settle()
    with side.http() as http:
        http.post(f"/lines/{side.line}/procedures/message/send?check=true", json=words(birds, "tried act"))
    admin = first_officer(side, Role.SECURITY_OFFICER)
    drafter = invited(admin, birds)
    drafting(scene, drafter, admin.invite(Role.REVIEWER, post="HQ"), admin)
    birds.keep("session", drafter.cookie.partition("_")[2])
    birds.keep("csrf", drafter.csrf)
    birds.keep("token", scene.side.token(Scope.SEAL).rpartition("_")[2])
    refusals(scene, said["reference"])
    scene.home.settle()
    exports(scene)


def words(birds: Aviary, place: str) -> dict[str, Any]:
    return {"portions": [{"text": birds.words[place], "language": "en"}], "fields": {}}


def invited(admin: Browser, birds: Aviary) -> Browser:
    """Invite a drafter whose name and code nobody else learns."""
    body = {"name": birds.words["officer's name"], "roles": [Role.DRAFTER], "post": "LO-ZAHEDAN"}
    code = told(admin.post("/officers", body))["code"]
    birds.keep("invitation", code)
    return Browser(admin.side).enrol(code).enter()


def drafting(scene: Scene, drafter: Browser, reviewer: Browser, admin: Browser) -> None:
    """Write a draft in two versions, put it before a reviewer and take it back with a comment."""
    birds, side = scene.birds, scene.side
    body: dict[str, Any] = {
        "line": side.line,
        "procedure": "message",
        "act": "send",
        "said": {"post": "LO-ZAHEDAN", **words(birds, "draft before")},
    }
    made = drafter.post("/drafts", body)
    assert made.status_code == 201, made.text
    path = f"/drafts/{made.json()['id']}"
    saved = told(
        drafter.post(f"{path}/save", {"version": made.json()["version"], "said": body["said"] | words(birds, "draft")})
    )
    assert birds.words["draft"] in drafter.get(path).text, "its writer reads it"
    told(drafter.post(f"{path}/submit", {"version": saved["version"]}))
    told(reviewer.post(f"{path}/return", {"version": saved["version"], "comment": birds.words["review comment"]}))
    refused = {"version": 0, "said": {"marking": birds.words["refused word"]}}
    scene.asked("errors", admin.post(f"{path}/save", refused))
    with side.http(scene.reader) as http:
        scene.asked("errors", http.get(path))
        scene.asked("errors", http.get("/drafts"))


def refusals(scene: Scene, reference: str) -> None:
    """Ask for what is refused, with words in it that must not come back; and what whoever may only read is told."""
    side, word = scene.side, scene.birds.words["refused word"]
    body = {"portions": [{"text": word, "language": "en"}], "fields": {"wants": 1}}
    with side.http() as http:
        for answer in (
            http.post(f"/lines/{side.line}/procedures/message/acknowledge", json=body),
            http.post(
                f"/lines/{side.line}/procedures/message/send", json={"portions": [{"text": word, "withheld": 1}]}
            ),
            http.post(f"/lines/{side.line}/procedures/message/send", content=word.encode() + b"{"),
            http.post("/access/sign-in", json={"answer": {"id": word, "response": {"signature": word}}}),
            http.post("/access/enrol/begin", json={"code": word}),
            http.get("/me", headers={"authorization": f"Bearer rabita_{word}"}),
        ):
            assert answer.status_code >= 400
            scene.asked("errors", answer)
    with side.http("") as stranger:
        for path in ("/", "/health", "/sign-in", "/enrol", "/openapi.json", f"/lines/{side.line}/entries/{reference}"):
            scene.asked("strangers", stranger.get(path))
    with scene.home.sides[1].http() as theirs:
        for path in (
            f"/entries/{reference}",
            "/entries",
            "/cases",
            "/attachments",
            f"/search?text={scene.birds.words[SENT]}",
        ):
            scene.asked("the other side", theirs.get(f"/lines/{side.line}{path}"))


def exports(scene: Scene) -> None:
    """Take everything that can be taken away as a file or a stream."""
    side, birds = scene.side, scene.birds
    with side.http() as http:
        scene.asked("transcript", http.get(f"/lines/{side.line}/transcript"))
        with http.stream("GET", "/events") as stream:
            scene.say()
            heard = 0
            for line in stream.iter_lines():
                birds.catch("events", line.encode())
                heard += line.startswith("data:")
                if heard >= EVENTS:
                    break
    with side.http(side.token(Scope.AUDIT)) as http:
        scene.asked("audit", http.get("/audit/export"))
        scene.asked("audit", http.get("/audit", params={"count": "200"}))
    birds.catch("metrics", prometheus_client.generate_latest(side.node.metrics.registry))
    scene.home.run(people._stopped(scene.home.sides.pop()))  # noqa: SLF001 - what is sealed now goes by courier
    scene.say()
    state = side.node.link(side.line).exchange.state
    now = Now(side.node.clock.now_ms(), side.node.clock.monotonic_ms())
    for frame in outgoing(state, side.node.store, side.node.ring, now):
        birds.catch("courier", frame)
    target = side.node.home.folder.parent / "canaries.backup"
    backup(side.node.home, target, passphrase=birds.words["backup passphrase"])
    birds.catch("backup", target.read_bytes())
    birds.catch(LOG, scene.log.getvalue().encode())


def test_frames_hold_what_was_sent_and_nothing_else(scene: Scene) -> None:
    assert scene.birds.found([SENT], [FRAMES]) == {(SENT, FRAMES)}, "the tap hears"
    assert scene.birds.found(KEPT, [FRAMES]) == set()


def test_a_courier_bundle_holds_before_its_encryption_what_was_sent_and_nothing_else(scene: Scene) -> None:
    assert scene.birds.found([SENT], ["courier"]) == {(SENT, "courier")}
    assert scene.birds.found(KEPT, ["courier"]) == set()


def test_what_the_other_side_can_read_holds_what_was_sent_and_nothing_else(scene: Scene) -> None:
    assert scene.birds.found([SENT], ["the other side"])
    assert scene.birds.found(KEPT, ["the other side"]) == set()


def test_an_export_of_the_transcript_holds_what_was_sent_and_nothing_else(scene: Scene) -> None:
    assert scene.birds.found([SENT], ["transcript"])
    assert scene.birds.found(KEPT, ["transcript"]) == set()


@pytest.mark.parametrize("tap", ["errors", "strangers", "events", "audit", "metrics", "backup", LOG])
def test_no_word_of_anybody_is_in(scene: Scene, tap: str) -> None:
    assert len(b"".join(scene.birds.caught[tap])) > 200, "the tap hears"
    assert scene.birds.found([*KEPT, SENT], [tap]) == set()


def test_secrets_lie_nowhere_in_the_home_folder_and_words_do(scene: Scene) -> None:
    birds, folder = scene.birds, scene.side.node.home.folder
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            birds.catch("disk", path.read_bytes())
    assert birds.found([SENT, "withheld", "draft"], ["disk"]) >= {(SENT, "disk"), ("withheld", "disk")}
    assert birds.found(SECRETS, ["disk"]) == set()


def test_a_word_is_found_however_it_is_written() -> None:
    birds = Aviary()
    word = birds.plant("somewhere")
    for shift in range(3):
        for form in (word, (b"x" * shift + word.encode() + b"yy").hex()):
            birds.caught = {"tap": [b"..." + form.encode() + b"..."]}
            assert birds.found(["somewhere"])
    assert all(len(form) >= len(word) - 3 for form in forms(word))
    birds.caught = {"tap": [b"something else"]}
    assert not birds.found(["somewhere"])
