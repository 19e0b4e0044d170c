"""The exercise's last act: one officer writes, a second releases with a passkey, through the doors any browser uses.

Rules kept here: nothing is reached past; officers are invited, enrol, sign in and release over HTTP as people do, and
the node enforces all of it. What the second officer signs is what the other side verifies.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

import httpx

from rabita.app.outside import MachineClock
from rabita.cli.demo_house import Side
from rabita.keys.soft_passkey import SoftPasskey
from rabita.line.errors import SENTENCES, LocalFault, UserFault
from rabita.services.officers import Limits, Role
from rabita.services.people import People
from rabita.services.people import Wanted as Invitee
from rabita.store.officers_sqlite import SqliteOfficers

WAIT_S: Final = 30
LOOK_S: Final = 0.05
POST: Final = "EXERCISE-OPS"
TEXT: Final = "Exercise. This message was written by one officer and released by another with a passkey."
WRITER: Final = Invitee("Exercise officer one", (Role.DRAFTER,), POST)
RELEASER: Final = Invitee("Exercise officer two", (Role.REVIEWER, Role.RELEASER), POST)
_CSRF: Final = "X-Rabita-CSRF"


class Released(NamedTuple):
    """What was released: its telephone reference, and the digest of its act (hex)."""

    reference: str
    digest: str


class Desk:
    """An officer at a browser: one connection to a node, one passkey, and a session once signed in."""

    def __init__(self, side: Side, stack: ExitStack) -> None:
        """Connect to a side's own pages, as *stack* lasts."""
        headers = {"origin": side.origin}
        self._http = stack.enter_context(httpx.Client(base_url=side.address, headers=headers, timeout=WAIT_S))
        self._passkey = SoftPasskey(side.origin)

    def enrol(self, code: str) -> None:
        """Make a passkey with an invitation's code, and sign in with it; raises ``UserFault`` as the node refuses."""
        asked = self.post("/access/enrol/begin", {"code": code})
        self.post("/access/enrol", {"code": code, "answer": self._passkey.make(asked["public_key"])})
        asked = self.post("/access/sign-in/begin", {})
        told = self.post("/access/sign-in", {"answer": self.sign(asked["public_key"])})
        self._http.headers[_CSRF] = told["csrf"]

    def invite(self, wanted: Invitee) -> str:
        """Invite an officer, as an administrator; gives the one-time code. Raises as ``post``."""
        body = {"name": wanted.name, "roles": list(wanted.roles), "post": wanted.post}
        return str(self.post("/officers", {**body, "clearances": list(wanted.clearances)})["code"])

    def sign(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Show the passkey."""
        return self._passkey.show(options)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for something; raises ``UserFault`` by the node's code, ``LocalFault("node-unreachable")``."""
        try:
            answer = self._http.post(path, json=body)
        except httpx.HTTPError as fault:
            raise LocalFault("node-unreachable", type(fault).__name__) from fault
        told: dict[str, Any] = answer.json()
        if answer.is_error:
            code = str(told.get("code", ""))
            raise UserFault(code if code in SENTENCES else "node-unreachable", str(told.get("detail", path)))
        return told


def administrator(side: Side, stack: ExitStack) -> Desk:
    """Let a side's first administrator in, who invites all others; raises as ``Desk.post``."""
    chief = Desk(side, stack)
    chief.enrol(_first_code(side))
    return chief


def release(side: Side, chief: Desk) -> Released:
    """Have one officer of a side write a message and another release it; raises as ``Desk.post``."""
    with ExitStack() as stack:
        writer, releaser = (Desk(side, stack) for _ in range(2))
        for desk, wanted in ((writer, WRITER), (releaser, RELEASER)):
            desk.enrol(chief.invite(wanted))
        said = {"portions": [{"text": TEXT, "language": "en"}], "posts": ["duty officer"], "post": POST}
        about = {"line": side.state.line, "procedure": "message", "act": "send", "said": said}
        draft = writer.post("/drafts", about)
        path, version = f"/drafts/{draft['id']}", {"version": draft["version"]}
        writer.post(f"{path}/submit", version)
        releaser.post(f"{path}/review", version)
        begun = _begun(releaser, f"{path}/release/begin", {**version, "precedence": "ROUTINE"})
        shown = {"digest": begun["digest"], "answer": releaser.sign(begun["publicKey"])}
        told = releaser.post(f"{path}/release", shown)
        return Released(told["reference"], told["digest"])


def _begun(releaser: Desk, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Begin the release, once the node has published the new passkey on the line."""
    until_s = time.monotonic() + WAIT_S
    while True:
        try:
            return releaser.post(path, body)
        except UserFault as fault:
            if fault.code != "approval-key-missing" or time.monotonic() > until_s:
                raise
            time.sleep(LOOK_S)


def _first_code(side: Side) -> str:
    """Invite the first administrator, as ``rabita officer invite`` on the node's own machine does."""
    officers = SqliteOfficers(side.home.officers)
    try:
        people = People(officers, MachineClock(), Limits())
        return people.invite_first(Invitee("Exercise administrator", (Role.ADMINISTRATOR,))).code
    finally:
        officers.close()
