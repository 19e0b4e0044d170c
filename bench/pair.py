"""Two sides as two processes, and what the bench does to both: start, ask, let one fail, stop."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import msgspec

from bench.asks import Ask, Gauge, Gauged, Meet, Moment, Stop
from bench.founding import PASSPHRASE, Founded
from rabita.app.home import Home

ROOT: Final = Path(__file__).parent.parent
T = TypeVar("T")


class Process:
    """A process that answers one JSON line to each."""

    def __init__(self, command: Sequence[str], errors: Path) -> None:
        self._errors = errors
        self.began_ns = time.monotonic_ns()
        with errors.open("ab") as stream:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                env=os.environ | {"RABITA_PASSPHRASE": PASSPHRASE},
            )

    def tell(self, ask: msgspec.Struct) -> None:
        """Ask without waiting for the answer."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(msgspec.json.encode(ask) + b"\n")
        stdin.flush()

    def hear(self, form: type[T]) -> T:
        """Wait for the next answer."""
        stdout = self._process.stdout
        assert stdout is not None
        raw = stdout.readline()
        if not raw:
            code = self._process.wait()
            raise RuntimeError(f"a side ended with {code}:\n{self._errors.read_text(encoding='utf-8')[-4000:]}")
        return msgspec.json.decode(raw, type=form)

    def ask(self, ask: msgspec.Struct, form: type[T]) -> T:
        """Ask and wait."""
        self.tell(ask)
        return self.hear(form)

    def end(self) -> None:
        """Hang up and wait for it to go."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Side:
    """One node's process; it may be stopped and started again on the same home."""

    def __init__(self, home: Home, prefix: Sequence[str], profile: Path | None) -> None:
        self.home = home
        self._prefix = prefix
        self._profile = profile
        self._process: Process | None = None
        self.ready_s = 0.0

    def start(self) -> None:
        """Start the process and wait until the node listens."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start the process."""
        folder = [] if self._profile is None else [str(self._profile)]
        command = [*self._prefix, sys.executable, "-m", "bench.side", str(self.home.folder), *folder]
        self._process = Process(command, self.home.folder / "errors.txt")

    def wait_ready(self) -> None:
        """Wait until the node listens."""
        assert self._process is not None
        self.ready_s = (self._process.hear(Moment).ns - self._process.began_ns) / 1e9

    def ask(self, ask: Ask, form: type[T]) -> T:
        """Ask and wait."""
        assert self._process is not None
        return self._process.ask(ask, form)

    def gauge(self) -> Gauged:
        """Read the gauges."""
        return self.ask(Gauge(), Gauged)

    def stop(self) -> None:
        """Close the node in good order and end the process."""
        if self._process is not None:
            self.ask(Stop(), Moment)
            self.drop()

    def drop(self) -> None:
        """End the process, if any."""
        if self._process is not None:
            self._process.end()
            self._process = None


class Pair:
    """Both sides of a line; used in a ``with`` block, stopped at its end."""

    def __init__(
        self,
        founded: Founded,
        prefixes: tuple[Sequence[str], Sequence[str]] = ((), ()),
        profiles: tuple[Path, Path] | None = None,
    ) -> None:
        self.line = founded.line
        kept = profiles or (None, None)
        self.a, self.b = (
            Side(home, prefix, profile) for home, prefix, profile in zip(founded.homes, prefixes, kept, strict=True)
        )

    def __enter__(self) -> Self:
        try:
            for each in (self.a, self.b):
                each.launch()
            for each in (self.a, self.b):
                each.wait_ready()
            self.meet()
        except BaseException:
            self.a.drop()
            self.b.drop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.a.stop()
                self.b.stop()
        finally:
            self.a.drop()
            self.b.drop()

    def meet(self) -> int:
        """Wait until both are in conversation; gives when."""
        return max(each.ask(Meet(), Moment).ns for each in (self.a, self.b))
