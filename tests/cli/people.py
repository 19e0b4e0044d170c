"""The program as a person or a script runs it: two home folders, real processes, real sockets."""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from rabita.cli import main
from rabita.services.reads import inbox
from rabita.store.sqlite import open_store
from tests.app.people import WORDS, free_ports, new_pair

PROGRAM: Final = [sys.executable, "-c", "from rabita.cli import main; main()"]
PATIENCE_S: Final = 60
PAUSE_S: Final = 0.1
SECRETS: Final = {
    "RABITA_PASSPHRASE": WORDS.node,
    "RABITA_PASSPHRASE_ROOT": WORDS.root,
    "RABITA_PASSPHRASE_RECOVERY": WORDS.recovery,
    "RABITA_PASSPHRASE_OFFICER": "officer word 4",
    "RABITA_PASSPHRASE_BACKUP": "backup word 5",
}


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command prints
        return json.loads(self.out)


@dataclass
class Side:
    """One party's home folder and its commands, each in a process of its own (*apart*) or, quicker, in ours."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    apart: bool = False

    def run(self, *arguments: str | Path, say: str = "", **changed: str) -> Answer:
        """Run a command to its end; *changed* variables of the environment, empty ones taken away."""
        environment = {**os.environ, **SECRETS, **self.environment, **changed, "RABITA_HOME": str(self.home)}
        environment = {name: value for name, value in environment.items() if value}
        run = _run_apart if self.apart else _run_here
        answer = run([str(each) for each in arguments], say, environment)
        assert "Traceback" not in answer.err, answer.err
        return answer

    def do(self, *arguments: str | Path, say: str = "") -> Any:  # noqa: ANN401 - whatever the command prints
        """Run a command that must succeed, and read its JSON."""
        answer = self.run(*arguments, "--json", say=say)
        assert answer.code == 0, answer.err
        return answer.json

    def seal(self, text: str, *options: str | Path) -> str:
        """Seal a text; gives its reference."""
        return str(self.do("seal", "-", *options, say=text)["reference"])

    def texts(self, party: str = "") -> list[str]:
        """Give the texts held, newest first, of the other side or of *party*; cheap to ask again and again."""
        store = open_store(self.home / "rabita.db")
        try:
            return [each.text for each in inbox(store, [each.line for each in store.lines()], party, 0, 100)]
        finally:
            store.close()

    def unreceipted(self) -> int:
        """Count own entries of the newest epoch that the other side has not receipted."""
        store = open_store(self.home / "rabita.db")
        try:
            (record,) = store.lines()
            rows = [row for row in store.logs(record.line) if row.log.party == record.us]
            newest = max(row.log.epoch for row in rows)
            return sum(row.frontier.size - row.receipted for row in rows if row.log.epoch == newest)
        finally:
            store.close()

    def status(self) -> Any:  # noqa: ANN401 - JSON
        """Give the state of the one line."""
        (status,) = self.do("status")
        return status

    def _answers(self) -> bool:
        """Say whether a node listens on the control socket; one that was killed leaves the file alone."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.home / "rabita.sock")) == 0

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """Run the node until the end of the block; it must end in good order unless it was killed."""
        environment = {**os.environ, **SECRETS, **self.environment, "RABITA_HOME": str(self.home)}
        log = self.home.with_suffix(".log")
        with log.open("a") as stream:
            node = subprocess.Popen([*PROGRAM, "serve"], env=environment, stderr=stream, text=True)
        try:
            wait_for(lambda: self._answers() or node.poll() is not None)
            yield node
        finally:
            if node.poll() is None:
                node.send_signal(signal.SIGTERM)
                assert node.wait(PATIENCE_S) == 0, log.read_text()


def _run_apart(arguments: list[str], say: str, environment: dict[str, str]) -> Answer:
    """Run the program as a shell would, without a terminal."""
    ended = subprocess.run(
        [*PROGRAM, *arguments],
        input=say,
        capture_output=True,
        text=True,
        env=environment,
        timeout=PATIENCE_S,
        start_new_session=True,
        check=False,
    )
    return Answer(ended.returncode, ended.stdout, ended.stderr)


def _run_here(arguments: list[str], say: str, environment: dict[str, str]) -> Answer:
    """Run the program's own ``main`` in this process."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(environment):
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["rabita", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(say.encode())))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
    return Answer(code, out.getvalue(), err.getvalue())


def wait_for(holds: Callable[[], object]) -> None:
    """Look again and again until *holds*; fails after a long time."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(PAUSE_S)


def kill(node: "subprocess.Popen[str]") -> None:
    """Kill a node as a power cut would."""
    node.kill()
    node.wait(PATIENCE_S)


def quickly_founded(folder: Path) -> tuple[Side, Side]:
    """Found the same within this process, for tests of what comes later."""
    one, other = new_pair(folder).homes
    return Side(one.folder), Side(other.folder)


def founded(folder: Path) -> tuple[Side, Side]:
    """Found two parties and a line between them, by commands alone, those of one side in processes of their own."""
    sides = (Side(folder / "pak", apart=True), Side(folder / "irn"))
    codes = ("X-PAK", "X-IRN")
    for side, code, port in zip(sides, codes, free_ports(2), strict=True):
        side.do("party", "create", code, "--endpoint", f"tls://127.0.0.1:{port}", "--name-en", f"{code} in English")
    for us, them, code in ((0, 1, "X-IRN"), (1, 0, "X-PAK")):
        sides[us].do("party", "import", sides[them].home / f"{code}.descriptor")
        (card,) = sides[them].do("party", "show", code)
        assert set(card["safety_words"]) == {"en", "ur", "fa"}
        assert sides[us].run("party", "confirm", code, card["safety_number"]).code == 0
    charter = folder / "line.charter"
    assert sides[0].run("line", "propose", "X-IRN", charter).code == 0
    assert sides[1].do("line", "sign", charter) == sides[1].do("line", "sign", charter)
    assert sides[0].do("line", "sign", charter)["peer"] == "X-IRN"
    return sides
