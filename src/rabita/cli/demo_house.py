"""Where the exercise lives: two parties on this machine, paired, and a line whose charter both roots have signed.

Rules kept here: only a folder that an exercise made is ever cleared; every key is fresh, every passphrase is random and
stands in one file of mode 0600. These keys are cheap to open and worth nothing: they belong to an exercise. Each side's
desk has a name of its own on this machine, so that a browser keeps its cookies and passkeys apart from the other's.
"""

import os
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rabita.app.founding import Names, Passphrases, create_party
from rabita.app.home import FILE_MODE, FOLDER_MODE, Home
from rabita.app.settings import write_settings
from rabita.keys.file import Cost, open_keys, save_keys
from rabita.keys.ring import KeyRing
from rabita.keys.sets import OfficerKey, RootKeys
from rabita.line.descriptor import read_descriptor
from rabita.line.errors import LocalFault, UserFault
from rabita.line.state import LineState, load
from rabita.services.exercise import Party, Scenario
from rabita.services.pairing import (
    accept_charter,
    confirm,
    confirmed_descriptor,
    import_descriptor,
    propose_charter,
    safety_number,
    sign_charter,
)
from rabita.services.terms import default_terms
from rabita.store.sqlite import SqliteStore, open_store

COST: Final = Cost(memory_kib=1024, passes=1, lanes=1)
"""What a guess at an exercise passphrase costs: a sixty-fourth of the memory of real keys, and quick."""
POSTS: Final = {"drafter": "duty officer", "releaser": "releasing officer"}
NONCE_BYTES: Final = 16
PASSPHRASE_BYTES: Final = 18
EASE: Final[Mapping[str, int]] = {
    "exercise_sign_in": True,
    "invitation_minutes": 1440,
    "session_idle_minutes": 720,
    "session_hours": 24,
}
"""Settings of an exercise's node: a visitor may look away for long, and come in without an authenticator."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Side:
    """One party: its node's home, its officers with their roles, the line as founded, its port for browsers."""

    party: Party
    home: Home
    officers: tuple[tuple[OfficerKey, str], ...]
    state: LineState
    web_port: int

    @property
    def code(self) -> str:
        """The party's code."""
        return self.party.code

    @property
    def transcript(self) -> Path:
        """Where this side's export is written."""
        return self.home.folder.parent / f"{self.code}.transcript"

    @property
    def log(self) -> Path:
        """Where the node's own log is written."""
        return self.home.folder / "serve.log"

    @property
    def origin(self) -> str:
        """Where a browser on this machine finds the node: a name under ``localhost`` is this machine (RFC 6761)."""
        return origin(self.code, self.web_port)

    @property
    def address(self) -> str:
        """Where a program finds it, which need not know such names."""
        return f"http://127.0.0.1:{self.web_port}"

    def officer_keys(self, role: str) -> Path:
        """Where the key of the officer in *role* is kept."""
        return officer_path(self.home, role)


@dataclass(frozen=True, slots=True)
class House:
    """The folder of one exercise. ``x-pak/`` and ``x-irn/`` are homes of nodes; ``passphrase`` opens all keys."""

    folder: Path

    @property
    def marker(self) -> Path:
        """The file by which a folder is known as an exercise's own."""
        return self.folder / "EXERCISE"

    @property
    def links(self) -> Path:
        """The file with the one-time links, one a line."""
        return self.folder / "links.txt"

    @property
    def passphrase(self) -> Path:
        """The file whose first line opens every key of this exercise."""
        return self.folder / "passphrase"

    def home(self, code: str) -> Home:
        """Give the home of a party's node."""
        return Home(self.folder / code.lower())

    def clear(self, codes: Sequence[str]) -> None:
        """Make the folder, empty; an earlier exercise is removed.

        Raises ``UserFault``: ``home-taken`` for a folder with anything else in it, ``node-running`` while a node of
        an earlier exercise runs; ``LocalFault("home-unavailable")``.
        """
        try:
            if self.folder.exists() and any(self.folder.iterdir()):
                self._remove(codes)
            self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self.folder.chmod(FOLDER_MODE)
            self.marker.write_text("This folder belongs to an exercise; the next one removes it.\n", encoding="utf-8")
            (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
        except OSError as fault:
            raise LocalFault("home-unavailable", str(self.folder)) from fault

    def _remove(self, codes: Sequence[str]) -> None:
        if not self.marker.exists():
            raise UserFault("home-taken", str(self.folder))
        for code in codes:
            home = self.home(code)
            if home.folder.exists():
                with home.locked():
                    pass
        shutil.rmtree(self.folder)

    def write_passphrase(self) -> str:
        """Make a passphrase and keep it where only this user reads it."""
        word = secrets.token_urlsafe(PASSPHRASE_BYTES)
        write_secret(self.passphrase, word + "\n")
        return word


def write_secret(path: Path, text: str) -> None:
    """Write a new file that only this user reads."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w") as stream:
        stream.write(text)


def origin(code: str, port: int) -> str:
    """Write where browsers find a party's desk, as in ``http://pak.localhost:8421`` for ``X-PAK``."""
    return f"http://{code.lower().removeprefix('x-')}.localhost:{port}"


def officer_path(home: Home, role: str) -> Path:
    """Give the path of the key of the officer in *role*."""
    return home.keys / f"officer-{role}.json"


def found(house: House, scenario: Scenario, say: Say, port: int = 0) -> tuple[Side, Side]:
    """Make both parties, pair them and found their exercise line; raises as the services that do it.

    The first desk is served on *port* and the second on the one after it; 0: wherever there is room.
    """
    codes = [party.code for party in scenario.head.parties]
    house.clear(codes)
    word = house.write_passphrase()
    ports = free_ports(2 * len(codes))
    endpoints = [f"tls://127.0.0.1:{port}" for port in ports[::2]]
    served = dict(zip(codes, (port, port + 1) if port else ports[1::2], strict=True))
    officers = {}
    for party, endpoint in zip(scenario.head.parties, endpoints, strict=True):
        say(f"Making the keys of {party.names['en']}: root, node, two recovery keys, two officers.")
        home = house.home(party.code)
        words = Passphrases(word, word, word, COST)
        create_party(home, party.code, Names(**party.names), (endpoint,), (), home.root_keys, words, _now_ms())
        settings = {"party": party.code, "passphrase_file": str(house.passphrase), "log_format": "console"}
        web_port = served[party.code]
        settings |= {"web_origin": origin(party.code, web_port)}
        write_settings(home.settings, {**settings, "web_port": web_port, **EASE})
        officers[party.code] = tuple([(_officer(home, party.code, role, word), role) for role in POSTS])
    stores = {code: open_store(house.home(code).database) for code in codes}
    try:
        _pair(house, stores, say)
        line = _found_line(house, stores, word, say)
        states = {code: load(store.snapshot(line)) for code, store in stores.items()}
    finally:
        for store in stores.values():
            store.close()
    one, two = (
        Side(party, house.home(party.code), officers[party.code], states[party.code], served[party.code])
        for party in scenario.head.parties
    )
    return one, two


def free_ports(count: int) -> list[int]:
    """Find ports of this machine on which nothing listens now."""
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


def _officer(home: Home, code: str, role: str, word: str) -> OfficerKey:
    key = OfficerKey.generate(code, POSTS[role])
    save_keys(officer_path(home, role), key, word, cost=COST)
    return key


def _pair(house: House, stores: dict[str, SqliteStore], say: Say) -> None:
    """Let each import the other's file and confirm the number that the other reads out."""
    codes = list(stores)
    for us, them in zip(codes, reversed(codes), strict=True):
        descriptor = import_descriptor(stores[us], house.home(them).descriptor(them).read_bytes())
        read_out = safety_number(read_descriptor(house.home(them).descriptor(them).read_bytes()))
        say(f"{them} reads out its safety number {read_out}; {us} computes {safety_number(descriptor)}: they agree.")
        confirm(stores[us], them, read_out)


def _found_line(house: House, stores: dict[str, SqliteStore], word: str, say: Say) -> str:
    """Let the first party propose the exercise charter and the second sign it; gives the line's name."""
    one, two = stores
    roots = {code: KeyRing(open_keys(house.home(code).root_keys, word, RootKeys)) for code in stores}
    ours, theirs = confirmed_descriptor(stores[one], one), confirmed_descriptor(stores[one], two)
    terms = default_terms(ours, theirs, secrets.token_bytes(NONCE_BYTES))
    proposed = propose_charter(stores[one], roots[one], one, terms)
    charter = sign_charter(roots[two], proposed, theirs, ours)
    names = [accept_charter(store, code, charter).line for code, store in stores.items()]
    say(f"Both roots have signed the exercise charter; its digest names the line: {names[0][:12]}…")
    return names[0]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
