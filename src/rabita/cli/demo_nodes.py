"""The two nodes of the exercise, each a process of its own: ``rabita serve`` on its home folder.

Rules kept here: whatever ends the exercise ends both nodes, in order where that is possible; Ctrl-C reaches this
process alone, so that the nodes are told to stop and not torn down.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rabita.cli.demo_house import Side
from rabita.line.errors import LocalFault

PROGRAM: Final = (sys.executable, "-c", "from rabita.cli import main; main()")
FAREWELL_S: Final = 10


class Nodes:
    """Two running processes."""

    def __init__(self, running: dict[str, subprocess.Popen[bytes]]) -> None:
        """Use ``started``."""
        self._running = running

    @property
    def pids(self) -> dict[str, int]:
        """The process ids, by party."""
        return {code: process.pid for code, process in self._running.items()}

    def alive(self) -> None:
        """Raise ``LocalFault("node-unreachable")`` naming the party whose process has ended."""
        for code, process in self._running.items():
            if process.poll() is not None:
                raise LocalFault("node-unreachable", f"{code}, see its serve.log")


@contextmanager
def started(sides: Sequence[Side]) -> Iterator[Nodes]:
    """Start both nodes, and stop them at the end; each logs to ``serve.log`` in its home."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RABITA_")}
    try:
        for side in sides:
            with side.log.open("wb") as log:
                running[side.code] = subprocess.Popen(  # noqa: S603 - this program itself
                    [*PROGRAM, "serve", "--home", str(side.home.folder)],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        yield Nodes(running)
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        for process in running.values():
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(FAREWELL_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
