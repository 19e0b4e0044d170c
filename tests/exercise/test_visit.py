"""On a terminal: the live view is drawn, the nodes stay up, and every command printed for the visitor works."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.sockets

RABITA: Final = Path(sys.executable).with_name("rabita")
READY: Final = "then press Enter: the exercise begins."
INVITED: Final = "Enter ends the exercise."
ENDED_S: Final = 120
CONTROLS: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A visitor at a terminal of 140 columns."""

    def __init__(self, folder: Path) -> None:
        self._screen, theirs = pty.openpty()
        self.text = ""
        self.process = subprocess.Popen(
            [RABITA, "demo", "--home", folder.name, "--pace", "5"],
            cwd=folder.parent,
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "COLUMNS": "140", "LINES": "40", "TERM": "xterm-256color"},
        )
        os.close(theirs)

    def read_until(self, said: str) -> None:
        while said not in self.text:
            self.text += CONTROLS.sub("", os.read(self._screen, 65_536).decode("utf-8", "replace")).replace(
                "\r\n", "\n"
            )

    def press_enter(self) -> None:
        os.write(self._screen, b"\n")

    def close(self) -> None:
        os.close(self._screen)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    visitor = Terminal(tmp_path / "demo")
    yield visitor
    visitor.close()


def run(command: str, folder: Path) -> tuple[int, str]:
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, timeout=ENDED_S, check=False)  # noqa: S607 - the shell a visitor has
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def test_a_visitor_watches_tries_every_command_and_leaves(terminal: Terminal, tmp_path: Path) -> None:
    terminal.read_until(READY)
    rows = (tmp_path / "demo" / "links.txt").read_text(encoding="utf-8").splitlines()
    links = [row.split("\t")[2] for row in rows]
    assert len(links) == len(set(links)) == 16
    assert all(each in terminal.text for each in links)
    assert "✓ receipted" not in terminal.text
    terminal.press_enter()
    terminal.read_until(INVITED)
    for said in ("EXERCISE", "▲ FLASH", "→ in flight", "✓ receipted in", "← received", "90 days without an entry"):
        assert said in terminal.text
    assert "Both transcripts are genuine, and they agree." in terminal.text
    commands = re.findall(r"^\d+\. .*\n   (.+)$", terminal.text, re.MULTILINE)
    assert len(commands) == 9
    *plain, kill = commands
    answers = [run(command, tmp_path) for command in plain]
    assert [code for code, _ in answers] == [0] * 7 + [1], answers
    status, inbox, shown, kept, undisclosed, sealed, verified, forged = (text for _, text in answers)
    assert "up" in status
    assert "X-PAK-R-005" in inbox
    assert "verified: releaser" in shown
    assert "radar plot" in " ".join(kept.split())
    assert "radar plot" not in " ".join(undisclosed.split())
    assert "not disclosed" in undisclosed
    assert "X-IRN-F-0010" in sealed
    assert "Both transcripts hold the same entries." in verified
    assert "NOT genuine" in forged
    terminal.read_until("FLASH X-IRN-F-0010: receipted")
    code, _ = run(kill.partition(";")[0], tmp_path)
    assert code == 0
    terminal.read_until("X-IRN: its node is gone.")
    terminal.press_enter()
    assert terminal.process.wait(ENDED_S) == 0
